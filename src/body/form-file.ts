import { awsFault, type Fault } from "../s3/faults.ts";
import { BodyError } from "./body.ts";

/** A part that must be the last of its form, with all that was read of the request. */
export type LastPart = {
  /** The pieces after `first`. */
  readonly iterator: AsyncIterator<Buffer>;
  readonly first: Buffer;
  /** The delimiter: CRLF, two dashes, the boundary. */
  readonly delimiter: Buffer;
  /** The closing delimiter with its line break, which must be the end of the request. */
  readonly closing: Buffer;
  /** Bytes of the part, without `closing`. */
  readonly length: number;
};

/**
 * Yields the content of `part`, which is exactly `part.length` bytes. Its last piece is held back
 * until the closing boundary was seen just where it must be, so that a form with anything else can
 * never complete an upload. `bufferBytesMax` is for the message. Throws `BodyError`.
 */
export async function* lastPart(
  part: LastPart,
  bufferBytesMax: number,
): AsyncGenerator<Buffer, void, undefined> {
  const { iterator, delimiter, closing, length } = part;
  const notLast = (): BodyError =>
    new BodyError(
      malformedForm(
        `in a request above ${bufferBytesMax} bytes the field "file" must be the last; with formSpool the gateway takes fields behind it`,
      ),
    );
  let offset = 0;
  let carry: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  let held: Buffer | undefined;
  try {
    for (
      let bytes: Buffer | undefined = part.first;
      bytes !== undefined;
      bytes = await next(iterator)
    ) {
      const end = Math.max(0, Math.min(bytes.length, length - offset));
      if (endsBefore(bytes, carry, delimiter, length - offset)) throw notLast();
      if (end > 0) {
        if (held !== undefined) yield held;
        held = bytes.subarray(0, end);
      }
      tail = Buffer.concat([tail, bytes.subarray(end)]);
      if (tail.length > closing.length) throw notLast();
      offset += bytes.length;
      carry = lastBytes(carry, bytes, delimiter.length - 1);
    }
    if (offset < length + closing.length)
      throw new BodyError(awsFault("IncompleteBody", { why: "The form ended too early" }));
    if (!tail.equals(closing)) throw notLast();
    if (held !== undefined) yield held;
  } finally {
    await iterator.return?.();
  }
}

export function malformedForm(why: string): Fault {
  return awsFault("MalformedPOSTRequest", { why });
}

async function next(iterator: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const result = await iterator.next();
  return result.done === true ? undefined : result.value;
}

/**
 * Returns true if a delimiter begins before offset `limit` of `bytes`. It may begin in `carry`, the
 * bytes just before; one that continues beyond `bytes` is found when they are the carry.
 */
function endsBefore(bytes: Buffer, carry: Buffer, delimiter: Buffer, limit: number): boolean {
  const edge = Buffer.concat([carry, bytes.subarray(0, delimiter.length - 1)]);
  const acrossEdge = edge.indexOf(delimiter);
  if (acrossEdge >= 0 && acrossEdge - carry.length < limit) return true;
  const inside = bytes.indexOf(delimiter);
  return inside >= 0 && inside < limit;
}

function lastBytes(carry: Buffer, bytes: Buffer, count: number): Buffer {
  if (bytes.length >= count) return bytes.subarray(bytes.length - count);
  const both = Buffer.concat([carry, bytes]);
  return both.subarray(Math.max(0, both.length - count));
}
