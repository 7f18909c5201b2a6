import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { HeaderList } from "../http/headers.ts";

/**
 * A request as http-proxy takes it, made of the parts that were read and decided on here. It is not
 * read a second time, so that there is no second opinion on where it ends. Its socket is nobody's.
 */
export class PassedRequest extends IncomingMessage {
  readonly #fields: HeaderList;
  readonly #body: AsyncIterator<Buffer>;
  #reading = false;

  /** `fields`: name, value, …; the framing among them is that of `body`. */
  constructor(method: string, target: string, fields: HeaderList, body: AsyncIterable<Buffer>) {
    super(new Socket());
    this.method = method;
    this.url = target;
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.httpVersion = "1.1";
    this.#fields = fields;
    this.#body = body[Symbol.asyncIterator]();
    this.putHead();
  }

  /** Puts the fields in their place again, whatever was made of them. */
  putHead(): void {
    putFields(this, this.#fields);
  }

  /** Ends reading: the request has been answered, or its client is gone. */
  leave(): void {
    void this.#body.return?.();
  }

  override _read(): void {
    if (!this.#reading) void this.#pass();
  }

  async #pass(): Promise<void> {
    this.#reading = true;
    try {
      for (let more = true; more;) {
        const next = await this.#body.next();
        if (next.done === true) {
          this.complete = true;
          this.push(null);
          return;
        }
        more = this.push(next.value);
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error("The body was lost"));
      return;
    } finally {
      this.#reading = false;
    }
  }
}

/** Returns a response for http-proxy that it does not write to, since its options forbid it. */
export function unusedResponse(request: IncomingMessage): ServerResponse {
  return new ServerResponse(request);
}

/** The fields of a message that Node has read, names in lower case. */
export function messageFields({ rawHeaders }: IncomingMessage): HeaderList {
  return rawHeaders.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
}

/**
 * Puts `fields` in place of what came, for a library that reads a message of Node's itself. A field
 * that stands there several times becomes a list.
 */
export function putFields(message: IncomingMessage, fields: HeaderList): void {
  // Not an object, which has a `constructor` and a `__proto__` from the start: both may be names.
  const headers = new Map<string, string | string[]>();
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    const value = fields[i + 1] ?? "";
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : [before, value].flat());
  }
  message.headers = Object.fromEntries(headers);
}
