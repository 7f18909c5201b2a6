import { err, ok, type Result } from "../lib/result.ts";
import { argument, awsFault, fault, type Fault } from "../s3/faults.ts";
import type { Payload } from "./payload.ts";

/** The values of `x-amz-content-sha256` that are words ("Authenticating Requests", SigV4). */
const WORDS: ReadonlyMap<string, Payload> = new Map([
  ["UNSIGNED-PAYLOAD", { kind: "unsigned" }],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { kind: "chunked", signed: false, trailer: true }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { kind: "chunked", signed: true, trailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { kind: "chunked", signed: true, trailer: true }],
]);

const DIGEST = /^[0-9a-f]{64}$/;

/**
 * Reads the meaning of an `x-amz-content-sha256` value for the body. NotImplemented for SigV4A's
 * values, InvalidArgument for any other value that S3 does not know.
 */
export function parseContentSha256(text: string): Result<Payload, Fault> {
  // The usual one first: looking for a word would hash all its digits.
  if (DIGEST.test(text)) return ok({ kind: "digest", sha256: text });
  const word = WORDS.get(text);
  if (word !== undefined) return ok(word);
  if (text.startsWith("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")) {
    return err(
      fault(
        "NotImplemented",
        `Signature version 4A is not supported: x-amz-content-sha256 is "${text}"`,
      ),
    );
  }
  return err(awsFault("PayloadHashInvalid", { elements: argument("x-amz-content-sha256", text) }));
}
