import { createHash, createHmac } from "node:crypto";

/**
 * aws-chunked bodies written independently of src/, with `createHmac` and string templates, as the
 * pages "Transferring payload in multiple chunks" and "… with trailing headers" describe them.
 */

/** The credential, date and scope of the examples on both pages. */
export const EXAMPLE = {
  secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  timestamp: "20130524T000000Z",
  scope: "20130524/us-east-1/s3/aws4_request",
} as const;

const EMPTY_SHA256 = createHash("sha256").digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();
const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** The raw signing key of the examples. */
function exampleKey(): Buffer {
  let key: string | Buffer = `AWS4${EXAMPLE.secret}`;
  for (const part of EXAMPLE.scope.split("/")) key = hmac(key, part);
  return Buffer.from(key);
}

const KEY = exampleKey();

function signature(kind: "PAYLOAD" | "TRAILER", previous: string, ...digests: string[]): string {
  const lines = [
    `AWS4-HMAC-SHA256-${kind}`,
    EXAMPLE.timestamp,
    EXAMPLE.scope,
    previous,
    ...digests,
  ];
  return hmac(KEY, lines.join("\n")).toString("hex");
}

type Signatures = { readonly chunks: readonly string[]; readonly trailer: string };

/** The body with a signature on every chunk and, if `trailer` is given, on the trailer. */
export function signedBody(
  seed: string,
  chunks: readonly Buffer[],
  trailer?: readonly [name: string, value: string],
): { readonly body: Buffer; readonly signatures: Signatures } {
  const parts: Buffer[] = [];
  const proved: string[] = [];
  let previous = seed;
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    previous = signature("PAYLOAD", previous, EMPTY_SHA256, sha256(chunk));
    proved.push(previous);
    parts.push(Buffer.from(`${chunk.length.toString(16)};chunk-signature=${previous}\r\n`), chunk);
    if (chunk.length > 0) parts.push(Buffer.from("\r\n"));
  }
  let last = "";
  if (trailer !== undefined) {
    last = signature("TRAILER", previous, sha256(`${trailer[0]}:${trailer[1]}\n`));
    parts.push(Buffer.from(`${trailer[0]}:${trailer[1]}\r\nx-amz-trailer-signature:${last}\r\n`));
  }
  parts.push(Buffer.from("\r\n"));
  return { body: Buffer.concat(parts), signatures: { chunks: proved, trailer: last } };
}

/** The body without signatures; `trailer` is a whole `name:value`. */
export function unsignedBody(chunks: readonly Buffer[], trailer?: string): Buffer {
  const parts = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from("\r\n"),
  ]);
  const end = trailer === undefined ? "0\r\n\r\n" : `0\r\n${trailer}\r\n\r\n`;
  return Buffer.concat([...parts, Buffer.from(end)]);
}

/** Yields `bytes` as a stream would deliver them, cut at the given offsets. */
export async function* cut(bytes: Buffer, ...offsets: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const to of [...offsets, bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}
