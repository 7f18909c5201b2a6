import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { reset } from "./reset.ts";

/** An answer as it was received. */
export type RawAnswer = {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case, in the order received. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body without chunk framing. */
  readonly body: Buffer;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** True if the body reached the end that its head announced. */
  readonly whole: boolean;
};

const ANSWER_MS_MAX = 60_000;

/**
 * One TCP connection on which a test writes what it likes, HTTP or not, and reads what comes back
 * byte for byte. No HTTP library stands between, which would correct what must be wrong.
 */
export class RawClient {
  readonly #socket: Socket;
  /**
   * The events that tests wait for. Not the socket itself: its errors would be taken for the
   * test's.
   */
  readonly #events = new EventEmitter<{ progress: [] }>();
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #broken = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#events.emit("progress");
    });
    // A reset is an end like any other: the bytes before it count.
    socket.on("error", () => (this.#broken = true));
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#ended = true;
        this.#events.emit("progress");
      });
    }
  }

  /** Connects to `address`, as `host:port`. */
  static async connect(address: string): Promise<RawClient> {
    const colon = address.lastIndexOf(":");
    const port = Number(address.slice(colon + 1));
    const socket = connect({ host: address.slice(0, colon), port, allowHalfOpen: true });
    await once(socket, "connect");
    return new RawClient(socket.setNoDelay());
  }

  /** The bytes received and not yet taken as an answer. */
  get pending(): Buffer {
    return this.#received;
  }

  /** True if the other side has ended the connection. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True if the other side has reset the connection, so that nothing more can be sent. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Sends `bytes`. `flushed`: called when the operating system has all of them. */
  write(bytes: string | Buffer, flushed?: () => void): void {
    const all = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    this.#socket.write(all, () => flushed?.());
  }

  /** Sends a FIN: nothing more will come from here, but answers can still be read. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Sends a RST: the other side learns that nobody is left to read. */
  break(): void {
    reset(this.#socket);
  }

  /**
   * The next answer, interim ones (1xx) included; `method` is that of its request, since a HEAD's
   * answer has no body. Throws if none has begun after a minute or at the connection's end.
   */
  async answer(method = "GET"): Promise<RawAnswer> {
    const deadline = Date.now() + ANSWER_MS_MAX;
    for (;;) {
      const parsed = parseAnswer(this.#received, method, this.#ended);
      if (parsed !== undefined) {
        this.#received = parsed.rest;
        return parsed.answer;
      }
      if (this.#ended) throw new Error("The connection ended without an answer");
      await this.#progress(deadline - Date.now());
    }
  }

  /** Returns the next answer that is not interim. */
  async finalAnswer(method = "GET"): Promise<RawAnswer> {
    let answer = await this.answer(method);
    while (answer.status < 200) answer = await this.answer(method);
    return answer;
  }

  /** Resolves when the other side has ended the connection. */
  async closed(): Promise<void> {
    while (!this.#ended) await this.#progress(ANSWER_MS_MAX);
  }

  async #progress(ms: number): Promise<void> {
    await once(this.#events, "progress", { signal: AbortSignal.timeout(Math.max(ms, 1)) });
  }
}

/** Sends `bytes` on a connection of their own and returns the first final answer. */
export async function rawExchange(
  address: string,
  bytes: string | Buffer,
  options: { readonly method?: string; readonly end?: boolean } = {},
): Promise<RawAnswer> {
  const client = await RawClient.connect(address);
  client.write(bytes);
  if (options.end === true) client.end();
  try {
    return await client.finalAnswer(options.method);
  } finally {
    client.destroy();
  }
}

/** Returns the value of header `name` (lower-case); `undefined` unless it came exactly once. */
export function headerOf(answer: RawAnswer, name: string): string | undefined {
  const values = answer.headers.filter(([known]) => known === name);
  return values.length === 1 ? values[0]?.[1] : undefined;
}

/**
 * Returns the S3 error code of an answer, from its document or, for HEAD, its header; "" if there
 * is none.
 */
export function codeOf(answer: RawAnswer): string {
  const document = /<Code>([^<]*)<\/Code>/.exec(answer.body.toString())?.[1];
  return document ?? headerOf(answer, "x-amz-error-code") ?? "";
}

type Parsed = { readonly answer: RawAnswer; readonly rest: Buffer };

/** Returns the answer at the start of `bytes`; `undefined` until it is complete. */
function parseAnswer(bytes: Buffer, method: string, ended: boolean): Parsed | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const [, status = "", reason = ""] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (status === "") throw new Error(`Not an answer: ${JSON.stringify(first)}`);
  const head = { status: Number(status), reason, headers: lines.map(field) };
  const content = bytes.subarray(end + 4);
  const body = parseBody(head, content, method, ended);
  if (body === undefined) return undefined;
  const { rest, ...found } = body;
  return { answer: { ...head, ...found }, rest };
}

type Head = Pick<RawAnswer, "status" | "headers">;
type Body = Pick<RawAnswer, "body" | "trailers" | "whole"> & { readonly rest: Buffer };

function parseBody(head: Head, content: Buffer, method: string, ended: boolean): Body | undefined {
  const valueOf = (name: string): string | undefined =>
    head.headers.find(([known]) => known === name)?.[1];
  const bodiless = head.status < 200 || head.status === 204 || head.status === 304;
  if (bodiless || method === "HEAD") return lengthBody(content, 0, ended);
  if (valueOf("transfer-encoding") === "chunked") return chunkedBody(content, ended);
  const length = valueOf("content-length");
  if (length !== undefined) return lengthBody(content, Number(length), ended);
  return ended ? { body: content, rest: NOTHING, trailers: [], whole: true } : undefined;
}

const NOTHING = Buffer.alloc(0);

function lengthBody(content: Buffer, length: number, ended: boolean): Body | undefined {
  if (content.length < length) return ended ? brokenOff(content) : undefined;
  const body = content.subarray(0, length);
  return { body, rest: content.subarray(length), trailers: [], whole: true };
}

function chunkedBody(content: Buffer, ended: boolean): Body | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = content.indexOf("\r\n", at);
    const size = lineEnd < 0 ? -1 : Number.parseInt(content.toString("latin1", at, lineEnd), 16);
    if (size === 0) return trailerSection(Buffer.concat(chunks), content, lineEnd, ended);
    const data = lineEnd + 2;
    if (size < 0 || data + size + 2 > content.length) {
      return ended ? brokenOff(Buffer.concat(chunks)) : undefined;
    }
    chunks.push(content.subarray(data, data + size));
    at = data + size + 2;
  }
}

function trailerSection(
  body: Buffer,
  content: Buffer,
  at: number,
  ended: boolean,
): Body | undefined {
  const end = content.indexOf("\r\n\r\n", at);
  if (end < 0) return ended ? brokenOff(body) : undefined;
  const lines = content.toString("latin1", at, end).split("\r\n").slice(1);
  return { body, rest: content.subarray(end + 4), trailers: lines.map(field), whole: true };
}

function brokenOff(body: Buffer): Body {
  return { body, rest: NOTHING, trailers: [], whole: false };
}

function field(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
