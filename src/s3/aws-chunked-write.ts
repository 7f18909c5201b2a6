import { checksumCharacters, checksumOf } from "./checksums.ts";

/** Bytes of data in each chunk that we write; S3 asks for at least 8 KiB in all but the last. */
const CHUNK_BYTES = 64 * 1024;
const CRLF = Buffer.from("\r\n");

/**
 * Bytes that `decodedLength` bytes take once `frame` has framed them with the checksum `trailer`:
 * a store is told the length of the body before it begins.
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
 * Frames `data` as STREAMING-UNSIGNED-PAYLOAD-TRAILER ("Using chunked uploads with trailing
 * headers", S3 User Guide). `data` returns the trailer's value when it ends.
 */
export async function* frame(
  data: AsyncGenerator<Buffer, string, undefined>,
  trailer: string,
): AsyncGenerator<Buffer, void, undefined> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let next = await data.next();
  while (next.done !== true) {
    let piece = next.value;
    while (bytes + piece.length >= CHUNK_BYTES) {
      const cut = CHUNK_BYTES - bytes;
      yield chunk([...pieces, piece.subarray(0, cut)], CHUNK_BYTES);
      piece = piece.subarray(cut);
      pieces = [];
      bytes = 0;
    }
    if (piece.length > 0) pieces.push(piece);
    bytes += piece.length;
    next = await data.next();
  }
  const end = Buffer.from(`0\r\n${trailer}:${next.value}\r\n\r\n`);
  yield bytes === 0 ? end : Buffer.concat([chunk(pieces, bytes), end]);
}

function chunk(pieces: readonly Buffer[], bytes: number): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.toString(16)}\r\n`), ...pieces, CRLF]);
}
