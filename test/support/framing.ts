import { crc32 } from "node:zlib";
import {
  hmacHex,
  scopeText,
  sha256,
  signatureOf,
  signingKey,
  signV4,
  type KeyPair,
  type Outgoing,
  type V4Scope,
} from "./signed.ts";

/** The way to frame a body; the framing is text, one character a byte, so that it can be edited. */
export type Framing = {
  readonly kind: "signed" | "signed-trailer" | "unsigned-trailer";
  readonly chunks: readonly string[];
  /**
   * The trailer, for the kinds that have one: `x-amz-checksum-crc32` with the right value if
   * absent.
   */
  readonly trailer?: readonly [name: string, value: string];
  readonly edit?: (framing: string) => string;
};

const KINDS = {
  signed: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "signed-trailer": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
  "unsigned-trailer": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
} as const;

/**
 * Returns `request` with the aws-chunked body of `framing` and all headers about it. `request` must
 * be unsigned and have no headers of a body. A header that `request` has already stays as it is; an
 * empty one is left out.
 */
export function streamed(
  request: Outgoing,
  key: KeyPair,
  scope: V4Scope,
  framing: Framing,
): Outgoing {
  const { kind, chunks, trailer = crc32Trailer(chunks) } = framing;
  const own = new Set(request.headers.map(([name]) => name));
  const wanted: readonly (readonly [string, string])[] = [
    ["content-encoding", "aws-chunked"],
    ["x-amz-content-sha256", KINDS[kind]],
    ["x-amz-decoded-content-length", String(chunks.join("").length)],
    ...(kind === "signed" ? [] : [["x-amz-trailer", trailer[0]] as const]),
  ];
  const headers = [...request.headers, ...wanted.filter(([name]) => !own.has(name))];
  const present = headers.filter(([name, value]) => value !== "" || name === "host");
  const head = signV4({ ...request, headers: present }, key, scope);
  const text =
    kind === "unsigned-trailer"
      ? unsigned(chunks, trailer)
      : signed(head, key, scope, chunks, kind === "signed" ? undefined : trailer);
  const body = Buffer.from((framing.edit ?? same)(text), "latin1");
  const length: Outgoing["headers"] = own.has("transfer-encoding")
    ? []
    : [["content-length", String(body.length)]];
  return { ...head, headers: [...head.headers, ...length], body };
}

/** The trailer that SDKs send by default. */
export function crc32Trailer(chunks: readonly string[]): readonly [string, string] {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(Buffer.from(chunks.join(""), "latin1")));
  return ["x-amz-checksum-crc32", value.toString("base64")];
}

function same(text: string): string {
  return text;
}

function unsigned(chunks: readonly string[], trailer: readonly [string, string]): string {
  const data = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return `${data.join("")}0\r\n${trailer.join(":")}\r\n\r\n`;
}

function signed(
  head: Outgoing,
  key: KeyPair,
  scope: V4Scope,
  chunks: readonly string[],
  trailer: readonly [string, string] | undefined,
): string {
  const signing = signingKey(key.secretKey, scope);
  const lines = `${scope.timestamp}\n${scopeText(scope)}\n`;
  let previous = signatureOf(head);
  let text = "";
  for (const chunk of [...chunks, ""]) {
    const digests = `${previous}\n${sha256("")}\n${sha256(Buffer.from(chunk, "latin1"))}`;
    previous = hmacHex(signing, `AWS4-HMAC-SHA256-PAYLOAD\n${lines}${digests}`);
    text += `${chunk.length.toString(16)};chunk-signature=${previous}\r\n`;
    if (chunk !== "") text += `${chunk}\r\n`;
  }
  if (trailer === undefined) return `${text}\r\n`;
  const digest = sha256(`${trailer.join(":")}\n`);
  const signature = hmacHex(signing, `AWS4-HMAC-SHA256-TRAILER\n${lines}${previous}\n${digest}`);
  return `${text}${trailer.join(":")}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`;
}
