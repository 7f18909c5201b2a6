import type { HeaderList } from "../http/headers.ts";
import { hasBody } from "../wire/answer-head.ts";

/** The facts about a request that decide the form of its answer. */
export type AnswerTo = {
  /** True if the request is a HEAD, whose answer has no body. */
  readonly isHead: boolean;
  /** The client's minor version, HTTP/1.`minor`. */
  readonly minor: 0 | 1;
  /** True if another request may follow. */
  readonly goesOn: boolean;
  /** The time for which the client is told that its connection is kept, in milliseconds. */
  readonly idleTimeoutMs: number;
};

/** The delivery of an answer: its body, and whether its connection goes on after it. */
export type Delivered = {
  readonly body: "none" | "length" | "chunked" | "until-close";
  /** Bytes, of a body with a length. */
  readonly bytes: number;
  readonly goesOn: boolean;
};

/**
 * Adds to `fields` the facts that an answer of `status` must state about itself and its connection
 * (RFC 9110 section 6.6.1, RFC 9112 sections 6 and 9), and returns them. `fields`: names in lower
 * case; without those about a connection.
 */
export function deliver(status: number, fields: string[], to: AnswerTo): Delivered {
  const { length, dated } = saidIn(fields);
  if (!dated) fields.push("Date", dateText());
  const bodied = hasBody(to.isHead, status);
  const chunked = bodied && length === undefined && to.minor === 1;
  // A client of HTTP/1.0 reads without a length to the end of the connection.
  const goesOn = to.goesOn && (to.minor === 1 || length !== undefined);
  if (goesOn) {
    fields.push("Connection", "keep-alive");
    fields.push("Keep-Alive", `timeout=${Math.floor(to.idleTimeoutMs / 1000)}`);
  } else fields.push("Connection", "close");
  if (chunked) fields.push("Transfer-Encoding", "chunked");
  if (!bodied) return { body: "none", bytes: 0, goesOn };
  if (length !== undefined) return { body: "length", bytes: length, goesOn };
  return { body: chunked ? "chunked" : "until-close", bytes: 0, goesOn };
}

function saidIn(fields: HeaderList): { length: number | undefined; dated: boolean } {
  let length: number | undefined;
  let dated = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name === "content-length") length = lengthOf(fields[i + 1] ?? "");
    else if (name === "date") dated = true;
  }
  return { length, dated };
}

/** Returns the length. Throws if it is invalid: its author does not know where the body ends. */
function lengthOf(text: string): number {
  const length = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(length)) {
    throw new TypeError(`An answer's Content-Length is "${text}"`);
  }
  return length;
}

let knownDate = "";
/** The end of the time for which the text is right, in milliseconds since the epoch. */
let knownUntil = 0;

/** Returns the present time, as a Date field has it. It is the same for a second. */
function dateText(): string {
  const nowMs = Date.now();
  if (nowMs >= knownUntil || nowMs < knownUntil - 1000) {
    knownDate = new Date(nowMs).toUTCString();
    knownUntil = nowMs - (nowMs % 1000) + 1000;
  }
  return knownDate;
}
