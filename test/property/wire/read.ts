import { ANSWER_HEADS, readAnswerHead } from "../../../src/wire/answer-head.ts";
import { ChunkedReader } from "../../../src/wire/chunked.ts";
import type { Framing } from "../../../src/wire/fields.ts";
import { HeadGatherer } from "../../../src/wire/head-gatherer.ts";
import { readRequestHead, REQUEST_HEADS } from "../../../src/wire/request-head.ts";

/** One message as one of the readers read it. */
export type Message = {
  /** Method and target, or status and reason. */
  readonly start: string;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** True if another message may follow on the connection. */
  readonly goesOn: boolean;
};

/** The result of our own readers. `rest`: the bytes after the message. */
export type Reading =
  | { readonly kind: "message"; readonly message: Message; readonly rest: string }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "unfinished" };

const HEAD_BYTES_MAX = 8 * 1024;

/** Reads one request that comes in pieces: one up to each of `cuts`, and the rest. */
export function readRequest(bytes: Buffer, cuts: readonly number[] = []): Reading {
  return read(new HeadGatherer(REQUEST_HEADS), bytes, cuts, (text) => {
    const head = readRequestHead(text);
    if (!head.ok) return head.error;
    const { method, target, fields, framing, goesOn } = head.value;
    return { start: `${method} ${target}`, fields, framing, goesOn };
  });
}

/** Reads one answer to `method`; the connection ends after the last byte. */
export function readAnswer(method: string, bytes: Buffer, cuts: readonly number[] = []): Reading {
  return read(new HeadGatherer(ANSWER_HEADS), bytes, cuts, (text) => {
    const head = readAnswerHead(text, method);
    if (!head.ok) return head.error;
    const { status, reason, fields, framing, goesOn } = head.value;
    return { start: `${status} ${reason}`, fields, framing, goesOn };
  });
}

type Head = Omit<Message, "body" | "trailers"> & {
  readonly framing: Framing | { readonly kind: "until-close" };
};

function read(
  gatherer: HeadGatherer,
  bytes: Buffer,
  cuts: readonly number[],
  headOf: (text: string) => Head | string,
): Reading {
  const ends = [...cuts, bytes.length];
  let from = 0;
  for (const [i, to] of ends.entries()) {
    const text = gatherer.take(bytes.subarray(0, to), from, HEAD_BYTES_MAX);
    if (gatherer.problem !== undefined) return { kind: "refused", problem: gatherer.problem };
    from = to;
    if (text === undefined) continue;
    const head = headOf(text);
    if (typeof head === "string") return { kind: "refused", problem: head };
    return readBody(head, bytes, gatherer.next, ends.slice(i));
  }
  return { kind: "unfinished" };
}

function readBody(head: Head, bytes: Buffer, from: number, ends: readonly number[]): Reading {
  const { framing, start, fields, goesOn } = head;
  const whole = (to: number, body: string, trailers: readonly string[] = []): Reading => {
    const message = { start, fields, body, trailers, goesOn };
    return { kind: "message", message, rest: bytes.toString("latin1", to) };
  };
  switch (framing.kind) {
    case "none":
      return whole(from, "");
    case "until-close":
      return whole(bytes.length, bytes.toString("latin1", from));
    case "length": {
      const to = from + framing.bytes;
      return to > bytes.length
        ? { kind: "unfinished" }
        : whole(to, bytes.toString("latin1", from, to));
    }
    case "chunked":
      return readChunks(bytes, from, ends, whole);
  }
}

function readChunks(
  bytes: Buffer,
  from: number,
  ends: readonly number[],
  whole: (to: number, body: string, trailers: readonly string[]) => Reading,
): Reading {
  const reader = new ChunkedReader(HEAD_BYTES_MAX);
  let body = "";
  let at = from;
  for (const to of ends) {
    for (let more = true; more;) {
      const what = reader.step(bytes, at, to);
      if (what === "bad") return { kind: "refused", problem: reader.problem };
      at = reader.at;
      if (what === "end") return whole(at, body, reader.trailers);
      if (what === "data") body += bytes.toString("latin1", reader.dataFrom, at);
      more = what === "data";
    }
  }
  return { kind: "unfinished" };
}
