import { bodyChecksums, objectChecksums, type Checksums } from "../checksum/checks.ts";
import { firstValue, hasHeader, valuesOf, type HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { awsFault, fault, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import { operationNamed } from "../s3/operations.ts";
import type { Payload } from "../signature/payload.ts";
import type { BodyPlan } from "./body-plan.ts";
import type { Subject } from "./subject.ts";

/** The SHA-256 of no bytes at all. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const DIGITS = /^\d{1,15}$/;

/**
 * Plans how the body of a request must travel and be proved, from its head alone (the design's
 * "Body plan"). `bytesMax`: the most that the content may have. Errors: MissingContentLength,
 * EntityTooLarge, InvalidRequest, InvalidArgument, InvalidDigest, XAmzContentSHA256Mismatch.
 */
export function planBody(subject: Subject, bytesMax: number): Result<BodyPlan, Fault> {
  const { headers, payload } = subject;
  if (payload.kind !== "chunked" && isFramed(headers)) {
    // Taken at its word the store would keep the framing as the object's content.
    const message = "aws-chunked framing needs a STREAMING- value in x-amz-content-sha256";
    return err(fault("InvalidRequest", message));
  }
  if (operationNamed(subject.operation).body === "none") return noBody(headers, payload);
  return payload.kind === "chunked"
    ? deframing(subject, payload, bytesMax)
    : passing(subject, payload, bytesMax);
}

function isFramed(headers: HeaderList): boolean {
  if (hasHeader(headers, "x-amz-decoded-content-length")) return true;
  if (hasHeader(headers, "x-amz-trailer")) return true;
  return valuesOf(headers, "content-encoding").some((value) =>
    contentCodings(value).includes("aws-chunked"),
  );
}

/** The tokens of a Content-Encoding value (RFC 9110 section 8.4), in lower case. */
function contentCodings(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  return value
    .toLowerCase()
    .split(",")
    .map((token) => token.trim());
}

/** The same without `aws-chunked`, which is no coding of the content but framing on its way. */
export function codingsOfContent(value: string | undefined): readonly string[] {
  return contentCodings(value).filter((token) => token !== "aws-chunked");
}

function noBody(headers: HeaderList, payload: Payload): Result<BodyPlan, Fault> {
  const length = firstValue(headers, "content-length") ?? "0";
  if (length !== "0" || hasHeader(headers, "transfer-encoding") || payload.kind === "chunked") {
    return err(awsFault("BodyUnexpected", { why: "This operation does not take a request body" }));
  }
  const wrong = missingBody(payload);
  return wrong === undefined ? ok({ kind: "none" }) : err(wrong);
}

/** Returns the fault of a missing body; `undefined` if the request needs none. */
function missingBody(payload: Payload): Fault | undefined {
  if (payload.kind !== "digest" || payload.sha256 === EMPTY_SHA256) return undefined;
  const elements = [
    ["ClientComputedContentSHA256", payload.sha256],
    ["S3ComputedContentSHA256", EMPTY_SHA256],
  ] as const;
  return awsFault("XAmzContentSHA256Mismatch", { elements });
}

function passing(subject: Subject, payload: Payload, bytesMax: number): Result<BodyPlan, Fault> {
  const length = lengthIn(subject.headers, "content-length", bytesMax);
  if (!length.ok) return length;
  const checksums = checksumsOf(subject);
  if (!checksums.ok) return checksums;
  const { checks } = checksums.value;
  // RGW 16 proves the digest of an object only where it has bytes: a signed upload could be sent again
  // without its body, and empty the object.
  const wrong = length.value === 0 ? missingBody(payload) : undefined;
  if (wrong !== undefined) return err(wrong);
  // The store proves the digest of an object; a document that we read, we prove ourselves.
  if (payload.kind === "digest" && operationNamed(subject.operation).body !== "object") {
    const check = {
      algorithm: "sha256",
      field: "x-amz-content-sha256",
      expectedBase64: payload.sha256,
    } as const;
    return ok({ kind: "pass", length: length.value, checks: [...checks, check] });
  }
  return ok({ kind: "pass", length: length.value, checks });
}

function deframing(
  subject: Subject,
  payload: Payload & { readonly kind: "chunked" },
  bytesMax: number,
): Result<BodyPlan, Fault> {
  const { headers, caller } = subject;
  const decodedLength = lengthIn(headers, "x-amz-decoded-content-length", bytesMax);
  if (!decodedLength.ok) return decodedLength;
  const checksums = checksumsOf(subject);
  if (!checksums.ok) return checksums;
  const { checks, trailers } = checksums.value;
  // If there is no trailer, S3 computes a checksum of its own choice.
  if (trailers.length > 0 && !payload.trailer) {
    const message = "x-amz-trailer needs an x-amz-content-sha256 that ends in -TRAILER";
    return err(fault("InvalidRequest", message));
  }
  const proof =
    payload.signed && caller.kind === "known" && "proof" in caller.proved
      ? caller.proved.proof
      : undefined;
  return ok({
    kind: "deframe",
    decodedLength: decodedLength.value,
    proof,
    trailers,
    checks,
  });
}

/**
 * Reads the checksums. In CompleteMultipartUpload a checksum header is about the finished object,
 * not the body.
 */
function checksumsOf({ operation, headers }: Subject): Result<Checksums, Fault> {
  return operation === "CompleteMultipartUpload"
    ? objectChecksums(headers)
    : bodyChecksums(headers);
}

/** Reads the length. Stores need it before the body, and RGW takes no other word for it. */
function lengthIn(
  headers: HeaderList,
  field: "content-length" | "x-amz-decoded-content-length",
  bytesMax: number,
): Result<number, Fault> {
  const text = firstValue(headers, field);
  if (text === undefined) {
    return field === "content-length" && !hasHeader(headers, "transfer-encoding")
      ? ok(0)
      : err(awsFault("MissingContentLength", { why: `${field} is missing` }));
  }
  if (!DIGITS.test(text)) {
    const why = `${field} must be a number of bytes: got "${text}"`;
    return err(awsFault("MissingContentLength", { why }));
  }
  const length = Number(text);
  return length <= bytesMax ? ok(length) : err(tooLarge(length, bytesMax));
}

/** S3's own answer, with the elements that its clients show ("Error responses", S3 API Reference). */
export function tooLarge(length: number, bytesMax: number): Fault {
  const elements = [
    ["ProposedSize", String(length)],
    ["MaxSizeAllowed", String(bytesMax)],
  ] as const;
  return limitFault("body_bytes", { elements });
}
