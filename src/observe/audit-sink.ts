/** Somewhere else where audit lines go. It never makes a request wait, and loses what it cannot keep. */
export type AuditSink = {
  /** `line`: without a newline. */
  readonly append: (line: string) => void;
  /** Ends the sink: waiting lines are sent, as far as that is possible in SINK_CLOSE_MS_MAX. */
  readonly close: () => Promise<void>;
};

/** The receiver of what happens to lines. */
export type SinkEvents = {
  /** Something could not be sent; told at each attempt. */
  readonly failed: (why: string) => void;
  /** It can be sent again. */
  readonly recovered: () => void;
  /** So many are lost. */
  readonly dropped: (lines: number) => void;
};

/** At the end nobody waits longer for a sink that does not answer. */
export const SINK_CLOSE_MS_MAX = 5_000;
