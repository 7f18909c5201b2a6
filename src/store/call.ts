import type { AnswerHandler, Control, Sending } from "./answer-handler.ts";
import { hostOf, requestText } from "./request-text.ts";

/** The place where a call has its connection. */
type Line = {
  readonly pause: (call: Call) => void;
  readonly resume: (call: Call) => void;
  readonly abort: (call: Call, error: Error) => void;
};

/** A request, from `send` to its answer's end. */
export class Call implements Control {
  readonly handler: AnswerHandler;
  readonly method: string;
  /** The host that it asks; `undefined` if it names none. */
  readonly host: string | undefined;
  /** The head as it is written, and how many bytes follow it. */
  readonly text: string;
  readonly bodyBytes: number;
  readonly body: Sending["body"];
  /** True if its connection is not kept afterwards. */
  readonly last: boolean;
  /** All of its answer's body must come within the time that others may stand still. */
  readonly short: boolean;
  readonly headersTimeoutMs: number | undefined;
  /** The connection that it is on, or waits for. */
  line: Line | undefined;
  #over = false;

  /** Throws as `requestText`. */
  constructor(sending: Sending, handler: AnswerHandler) {
    const { text, bodyBytes } = requestText(sending);
    this.handler = handler;
    this.method = sending.head.method;
    this.host = hostOf(sending.head);
    this.text = text;
    this.bodyBytes = bodyBytes;
    this.body = sending.body;
    this.last = sending.last === true;
    this.short = sending.short === true;
    this.headersTimeoutMs = sending.headersTimeoutMs;
  }

  /** True if nothing is reported to it any more. */
  get over(): boolean {
    return this.#over;
  }

  pause(): void {
    this.line?.pause(this);
  }

  resume(): void {
    this.line?.resume(this);
  }

  abort(error: Error): void {
    this.line?.abort(this, error);
  }

  end(trailers: readonly string[]): void {
    this.#over = true;
    this.handler.onEnd(trailers);
  }

  fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.handler.onError(error);
  }
}
