import { gateHead } from "../http/field-gate.ts";
import type { AnswerHandler, Sending } from "./answer-handler.ts";
import { storeErrorKind } from "./upstream-error.ts";
import type { Endpoint } from "./endpoint.ts";

/** The receiver of what becomes known of endpoints. */
export type Findings = {
  readonly answered: (endpoint: Endpoint) => void;
  readonly silent: (endpoint: Endpoint, why: Error) => void;
};

/** The interval of looking at endpoints, and of asking again one that does not answer. */
const INTERVAL_MS = 1_000;
/** An endpoint that no request has shown to be alive for so many of these is asked, too. */
const QUIET_INTERVALS_MAX = 5;
const ANSWER_MS_MAX = 5_000;
/** A connection may break for once: that says nothing of an endpoint that lived. */
const FAILURES_MAX = 2;

type Probe = {
  readonly endpoint: Endpoint;
  /** True while one is under way: never two at a time, however long the first takes. */
  underWay: boolean;
  readonly request: Sending;
  /** The number of failures in a row. */
  failures: number;
};

/**
 * Asks endpoints whether they are there: at once, so that nobody is ready whose store is not; and
 * then those that are dead, and those to which no request goes. Any answer at all, also 403, shows
 * that the store is there.
 */
export class Probes {
  readonly #probes: readonly Probe[];
  readonly #findings: Findings;
  readonly #timer: NodeJS.Timeout;
  /** Resolves when something is known of each endpoint. */
  readonly first: Promise<void>;
  #stopped = false;

  constructor(endpoints: readonly Endpoint[], findings: Findings) {
    this.#findings = findings;
    this.#probes = endpoints.map((endpoint) => ({
      endpoint,
      request: requestTo(endpoint),
      underWay: false,
      failures: 0,
    }));
    const asked = this.#probes.map((probe) => this.#ask(probe));
    this.first = Promise.all(asked).then(() => undefined);
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS).unref();
  }

  /** Stops: probes under way report nothing any more. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const probe of this.#probes) {
      const { endpoint, failures } = probe;
      endpoint.quietIntervals++;
      const quiet = endpoint.quietIntervals >= QUIET_INTERVALS_MAX;
      if (endpoint.up !== true || failures > 0 || quiet) void this.#ask(probe);
    }
  }

  /** Asks once. Never rejects. */
  #ask(probe: Probe): Promise<void> {
    if (probe.underWay) return Promise.resolve();
    probe.underWay = true;
    return new Promise((resolve) => {
      const ended = (): void => {
        probe.underWay = false;
        resolve();
      };
      const answered = (): void => {
        probe.failures = 0;
        this.#findings.answered(probe.endpoint);
      };
      const handler: AnswerHandler = {
        onStart: () => undefined,
        onInterim: answered,
        onAnswer: answered,
        onData: (_control, _bytes, release) => release(),
        onEnd: ended,
        onError: (error) => {
          if (!this.#stopped) this.#failed(probe, error);
          ended();
        },
      };
      probe.endpoint.pool.send(probe.request, handler);
    });
  }

  #failed(probe: Probe, why: Error): void {
    // A bug of ours says nothing of the endpoint.
    if (storeErrorKind(why) === undefined) return;
    probe.failures++;
    const lived = probe.endpoint.up === true;
    if (!lived || probe.failures >= FAILURES_MAX) this.#findings.silent(probe.endpoint, why);
  }
}

/** The agent by which a store's own log can tell probes from requests. */
export const PROBE_AGENT = "s3warden-probe";

function requestTo({ origin }: Endpoint): Sending {
  const headers = ["host", new URL(origin).host, "user-agent", PROBE_AGENT];
  const head = gateHead({ method: "HEAD", target: "/", headers });
  if (!head.ok) throw new Error(`No probe can be sent to ${origin}`);
  // On a connection of its own where none is free, and kept for nobody.
  return { head: head.value, body: undefined, last: true, headersTimeoutMs: ANSWER_MS_MAX };
}
