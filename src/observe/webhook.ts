import { Client } from "undici";
import { messageOf } from "../lib/words.ts";
import { SINK_CLOSE_MS_MAX, type AuditSink, type SinkEvents } from "./audit-sink.ts";
import { WaitingLines } from "./waiting-lines.ts";

/** The receiver of audit lines by HTTP. */
export type WebhookPlace = {
  readonly url: string;
  /** The token that is sent as a bearer token; `undefined` if none is. */
  readonly token: string | undefined;
};

/** Lines are sent together: so many, of so many characters, or what has come in so long. */
const BATCH_LINES = 1_000;
const BATCH_CHARACTERS = 512 * 1024;
const BATCH_MS = 1_000;
/** A receiver that has not answered in this time will not. */
const ANSWER_MS_MAX = 10_000;
/** Between two attempts: twice as long each time. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 30_000;
/** A batch that the receiver itself refuses (4xx) so often would be refused for ever. */
const REFUSALS_MAX = 5;

/** POSTs batches of lines (application/x-ndjson), one at a time, until they are accepted by a 2xx. */
export function openWebhook(place: WebhookPlace, events: SinkEvents): AuditSink {
  return new Webhook(place, events);
}

class Webhook implements AuditSink {
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #client: Client;
  readonly #events: SinkEvents;
  readonly #waiting = new WaitingLines();
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #attempts = 0;
  #refusals = 0;
  #closing = false;
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor({ url, token }: WebhookPlace, events: SinkEvents) {
    const { origin, pathname, search } = new URL(url);
    this.#path = `${pathname}${search}`;
    this.#headers = {
      "content-type": "application/x-ndjson",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const timeouts = { headersTimeout: ANSWER_MS_MAX, bodyTimeout: ANSWER_MS_MAX };
    this.#client = new Client(origin, { ...timeouts, connect: { timeout: ANSWER_MS_MAX } });
    this.#events = events;
  }

  append(line: string): void {
    if (this.#closing || !this.#waiting.add(line)) return this.#events.dropped(1);
    if (this.#waiting.count >= BATCH_LINES && this.#attempts === 0) this.#send();
    else this.#later(BATCH_MS);
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#waiting.count > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        setTimeout(resolve, SINK_CLOSE_MS_MAX).unref();
        this.#send();
      });
    }
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#waiting.count > 0) this.#events.dropped(this.#waiting.count);
    await this.#client.destroy();
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => this.#send(), ms).unref();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending || this.#closed) return;
    const lines = this.#waiting.peek(BATCH_LINES, BATCH_CHARACTERS);
    if (lines.length === 0) this.#onIdle?.();
    else void this.#sendAll(lines);
  }

  async #sendAll(lines: readonly string[]): Promise<void> {
    this.#sending = true;
    const failure = await this.#post(`${lines.join("\n")}\n`);
    this.#sending = false;
    if (this.#closed) return;
    if (failure === undefined) this.#accepted(lines.length);
    else this.#failed(failure, lines.length);
  }

  /** Returns the reason why the receiver did not take it; `undefined` if it did. */
  async #post(body: string): Promise<Failure | undefined> {
    try {
      const answer = await this.#client.request({
        method: "POST",
        path: this.#path,
        headers: this.#headers,
        body,
      });
      // The text of the answer is not kept, but the connection is.
      await answer.body.dump();
      const { statusCode: status } = answer;
      if (status >= 200 && status < 300) return undefined;
      const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
      return { why: `the receiver answered ${status}`, isRefusal };
    } catch (error) {
      return { why: messageOf(error), isRefusal: false };
    }
  }

  #accepted(lines: number): void {
    this.#waiting.drop(lines);
    if (this.#attempts > 0) this.#events.recovered();
    this.#attempts = 0;
    this.#refusals = 0;
    const atOnce = this.#closing || this.#waiting.count >= BATCH_LINES;
    if (atOnce) this.#send();
    else if (this.#waiting.count > 0) this.#later(BATCH_MS);
  }

  #failed({ why, isRefusal }: Failure, lines: number): void {
    this.#events.failed(why);
    this.#attempts++;
    this.#refusals = isRefusal ? this.#refusals + 1 : 0;
    if (this.#refusals >= REFUSALS_MAX) {
      this.#refusals = 0;
      this.#waiting.drop(lines);
      this.#events.dropped(lines);
    }
    // Lines that came meanwhile have asked for an earlier attempt.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#later(Math.min(RETRY_MS * 2 ** (this.#attempts - 1), RETRY_MS_MAX));
  }
}

type Failure = { readonly why: string; readonly isRefusal: boolean };
