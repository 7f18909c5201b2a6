import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { gateHead } from "../../../src/http/field-gate.ts";
import type { Release } from "../../../src/lend/lender.ts";
import type { AnswerHandler, Control, Sending } from "../../../src/store/answer-handler.ts";
import { StorePool, type PoolOptions } from "../../../src/store/pool.ts";
import { StoreError } from "../../../src/store/store-error.ts";
import type { WireAnswer } from "../../../src/wire/answer-head.ts";

/** A pool that is destroyed when the test ends. */
export function poolFor(
  t: TestContext,
  endpoint: string,
  options: Partial<PoolOptions> = {},
): StorePool {
  const pool = new StorePool(endpoint, {
    connectionsMax: 2,
    connectTimeoutMs: 5_000,
    headersTimeoutMs: 5_000,
    bodyTimeoutMs: 5_000,
    tls: { ca: undefined, serverName: undefined, clientCertificate: undefined },
    ...options,
  });
  t.after(() => pool.destroy());
  return pool;
}

/** A request to path `/` of host `s`, whose body has the length that its head says. */
export function sendingOf(
  method: string,
  body?: Sending["body"],
  bytes = Buffer.isBuffer(body) ? body.length : 0,
): Sending {
  const length = body === undefined ? [] : ["content-length", String(bytes)];
  const head = gateHead({ method, target: "/", headers: ["host", "s", ...length] });
  assert.ok(head.ok);
  return { head: head.value, body };
}

/** One request and everything that was heard of it. */
export class Asked implements AnswerHandler {
  readonly ended: Promise<void>;
  /** `start`, the status, `data`, `end` or the error, as they came. */
  readonly events: string[] = [];
  readonly trailers: string[] = [];
  control: Control | undefined;
  answer: WireAnswer | undefined;
  error: Error | undefined;
  body = "";
  /** Bytes of the body. */
  bytes = 0;
  /** Whether pieces are kept as they are, and not released, until `release`. */
  holds = false;
  readonly #held: { readonly bytes: Buffer; readonly release: Release }[] = [];
  readonly #react: (asked: Asked, event: string) => void;
  #resolve = (): void => {};

  /** `react` is called with each event. */
  constructor(react: (asked: Asked, event: string) => void = () => {}) {
    this.#react = react;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  onStart(control: Control): void {
    this.control = control;
    this.#note("start");
  }

  onInterim(status: number): void {
    this.#note(String(status));
  }

  onAnswer(_control: Control, answer: WireAnswer): void {
    this.answer = answer;
    this.#note(String(answer.status));
  }

  onData(_control: Control, bytes: Buffer, release: Release): void {
    this.bytes += bytes.length;
    if (this.holds) this.#held.push({ bytes, release });
    else {
      if (this.bytes < 10_000) this.body += bytes.toString("latin1");
      release();
    }
    this.#note("data");
  }

  onEnd(trailers: readonly string[]): void {
    this.trailers.push(...trailers);
    this.#note("end");
    this.#resolve();
  }

  onError(error: Error): void {
    this.error = error;
    this.#note(error instanceof StoreError ? error.kind : error.message);
    this.#resolve();
  }

  /** What was held, as it is now; it is released. */
  release(): Buffer {
    const bytes = Buffer.concat(this.#held.map((piece) => piece.bytes));
    for (const { release } of this.#held) release();
    this.#held.length = 0;
    return bytes;
  }

  #note(event: string): void {
    this.events.push(event);
    this.#react(this, event);
  }
}

/** Sends, and waits for the end. */
export async function ask(
  pool: StorePool,
  sending: Sending = sendingOf("GET"),
  react?: (asked: Asked, event: string) => void,
): Promise<Asked> {
  const asked = new Asked(react);
  pool.send(sending, asked);
  await asked.ended;
  return asked;
}

/** Pieces as an iteration that does not wait. */
export async function* piecesOf(...pieces: readonly string[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}
