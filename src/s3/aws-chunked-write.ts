import { checksumCharacters, checksumOf } from "./checksums.ts";

/**
 * The bytes of data in each chunk that we write: large, since the line between two chunks is
 * written by itself. S3 asks for at least 8 KiB in all but the last, and MinIO takes 16 MiB at
 * most.
 */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Returns the number of bytes that `decodedLength` bytes take once `frame` has framed them with the
 * checksum `trailer`: a store learns the length of the body before it begins.
 */
export function framedLength(decodedLength: number, trailer: string): number {
  const algorithm = checksumOf(trailer);
  if (algorithm === undefined) throw new RangeError(`Cannot frame with the trailer "${trailer}"`);
  const value = checksumCharacters(algorithm);
  const whole = Math.floor(decodedLength / CHUNK_BYTES);
  const rest = decodedLength % CHUNK_BYTES;
  const chunks = whole * chunkLength(CHUNK_BYTES) + (rest === 0 ? 0 : chunkLength(rest));
  return chunks + "0\r\n".length + trailer.length + 1 + value + "\r\n\r\n".length;
}

function chunkLength(bytes: number): number {
  return bytes.toString(16).length + 2 + bytes + 2;
}

/**
 * Frames `data`, of `decodedLength` bytes, as STREAMING-UNSIGNED-PAYLOAD-TRAILER ("Using chunked
 * uploads with trailing headers", S3 User Guide). `data` returns the trailer's value when it ends.
 *
 * The length is known, so each chunk's size is written before its data has come: no byte is copied,
 * and a piece of `data` need only stand until the next one is asked for. Throws a RangeError for
 * more data.
 */
export async function* frame(
  data: AsyncGenerator<Buffer, string, undefined>,
  trailer: string,
  decodedLength: number,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    let left = decodedLength;
    /** The bytes of the chunk that began last. */
    let open = 0;
    let next = await data.next();
    while (next.done !== true) {
      for (let piece = next.value; piece.length > 0;) {
        if (open === 0) {
          open = Math.min(CHUNK_BYTES, left);
          if (open === 0) throw new RangeError("A body is longer than was announced");
          const before = left === decodedLength ? "" : "\r\n";
          yield Buffer.from(before + chunkHead(open));
        }
        const part = piece.length > open ? piece.subarray(0, open) : piece;
        open -= part.length;
        left -= part.length;
        yield part;
        piece = piece.subarray(part.length);
      }
      next = await data.next();
    }
    const before = decodedLength === 0 ? "" : "\r\n";
    yield Buffer.from(before + end(trailer, next.value));
  } finally {
    // A reader that stops also releases the source.
    await data.return("");
  }
}

/**
 * `content` framed in the same way at once, as one chunk, with `value` for `trailer`. Throws a
 * RangeError for more than one chunk takes.
 */
export function frameWhole(content: Buffer, trailer: string, value: string): Buffer {
  const { length } = content;
  if (length > CHUNK_BYTES) throw new RangeError(`Cannot frame ${length} bytes as one chunk`);
  const [before, behind] = length === 0 ? ["", ""] : [chunkHead(length), "\r\n"];
  const parts = [Buffer.from(before), content, Buffer.from(behind + end(trailer, value))];
  return Buffer.concat(parts);
}

/** Returns the line before the `bytes` of a chunk. */
function chunkHead(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

/** The chunk of no bytes and the trailer section, behind all data. */
function end(trailer: string, value: string): string {
  return `0\r\n${trailer}:${value}\r\n\r\n`;
}
