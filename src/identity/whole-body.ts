/** Reads a body up to `bytesMax`; `undefined` if it is longer, and the rest is not read. */
export async function readUpTo(
  body: AsyncIterable<unknown>,
  bytesMax: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("undici gave something but bytes");
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
