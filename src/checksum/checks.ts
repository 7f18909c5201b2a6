import { valuesOf, type HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  CHECKSUM_BYTES,
  checksumCharacters,
  checksumNamed,
  checksumOf,
  isChecksumField,
  type ChecksumAlgorithm,
} from "../s3/checksums.ts";
import { awsFault, fault, type Fault } from "../s3/faults.ts";
import type { ChecksumCheck } from "./checksum.ts";

const CONTENT_MD5 = "content-md5";
const SDK_ALGORITHM = "x-amz-sdk-checksum-algorithm";

/** The checksums of its body that a request declares. */
export type Checksums = {
  /** The checks of values that stand in headers. */
  readonly checks: readonly ChecksumCheck[];
  /** Lower-case names of the trailers that will carry one: at most one. */
  readonly trailers: readonly string[];
};

/**
 * Returns the promises of the headers about the body: `content-md5`, and at most one checksum,
 * either as `x-amz-checksum-<algorithm>` or announced as a trailer (S3 API, "Checking object
 * integrity").
 *
 * Only for operations whose checksum is about their body. In CompleteMultipartUpload the same
 * headers are about the finished object: do not call it there.
 *
 * Errors: those of `checksumChecks` and `trailerNames`; InvalidRequest for a header beside a
 * trailer, and for an `x-amz-sdk-checksum-algorithm` that is not the algorithm of what was sent.
 */
export function bodyChecksums(headers: HeaderList): Result<Checksums, Fault> {
  const checks = checksumChecks(headers);
  if (!checks.ok) return checks;
  const trailers = trailerNames(headers);
  if (!trailers.ok) return trailers;
  const found = { checks: checks.value, trailers: trailers.value };
  const header = found.checks.find(({ field }) => field !== CONTENT_MD5);
  if (header !== undefined && found.trailers.length > 0) {
    return err(awsFault("ChecksumsTwice"));
  }
  const wrong = wrongAlgorithm(headers, found, header);
  return wrong === undefined ? ok(found) : err(wrong);
}

/**
 * Returns the checksums of CompleteMultipartUpload. Its checksum headers are about the finished
 * object, which only the store can verify, so only their form is read; trailers are about its
 * document.
 *
 * A composite value may end in the number of parts, as in `AAAAAA==-3` ("Checking object
 * integrity"). Errors: InvalidRequest for a value that its algorithm cannot have, for two, and for
 * an unknown `x-amz-checksum-type`; those of `trailerNames`.
 */
export function objectChecksums(headers: HeaderList): Result<Checksums, Fault> {
  const [type = "COMPOSITE"] = valuesOf(headers, "x-amz-checksum-type");
  if (type !== "COMPOSITE" && type !== "FULL_OBJECT") {
    return err(fault("InvalidRequest", "Value for x-amz-checksum-type header is invalid."));
  }
  let count = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const field = headers[i] ?? "";
    if (!isChecksumField(field)) continue;
    if (++count > 1) return err(severalChecksums());
    const value = headers[i + 1] ?? "";
    const check = checkOf(field, type === "COMPOSITE" ? value.replace(PARTS, "") : value);
    if (!check.ok) return check;
  }
  const trailers = trailerNames(headers);
  return trailers.ok ? ok({ checks: [], trailers: trailers.value }) : trailers;
}

/** An object has 10,000 parts at most. */
const PARTS = /-(?:[1-9]\d{0,3}|10000)$/;

/**
 * Refuses an `x-amz-sdk-checksum-algorithm` that does not name the algorithm that was sent
 * ("PutObject", S3 API Reference).
 */
function wrongAlgorithm(
  headers: HeaderList,
  { checks, trailers }: Checksums,
  header: ChecksumCheck | undefined,
): Fault | undefined {
  const [value, ...more] = valuesOf(headers, SDK_ALGORITHM);
  if (value === undefined) return undefined;
  const named = checksumNamed(value);
  const sent = header?.algorithm ?? checksumOf(trailers[0] ?? "");
  if (sent === undefined) {
    // The SDK for JavaScript sends an MD5 as Content-MD5.
    if (named === "md5" && checks.length > 0) return undefined;
    const message =
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.";
    return fault("InvalidRequest", message);
  }
  if (more.length === 0 && named === sent) return undefined;
  return fault("InvalidRequest", `Value for ${SDK_ALGORITHM} header is invalid.`);
}

/**
 * The values of `content-md5` and `x-amz-checksum-*` among `headers`.
 *
 * Errors: InvalidDigest for Content-MD5; InvalidRequest for a value that is not the base64 of the
 * algorithm's length, for two checksum headers, and for an unknown algorithm.
 */
export function checksumChecks(headers: HeaderList): Result<readonly ChecksumCheck[], Fault> {
  const checks: ChecksumCheck[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const field = headers[i] ?? "";
    if (field !== CONTENT_MD5 && !isChecksumField(field)) continue;
    const check = checkOf(field, headers[i + 1] ?? "");
    if (!check.ok) return check;
    checks.push(check.value);
  }
  return refuseSeveral(checks);
}

function refuseSeveral(checks: readonly ChecksumCheck[]): Result<readonly ChecksumCheck[], Fault> {
  if (checks.length < 2) return ok(checks);
  const md5 = checks.filter((check) => check.field === CONTENT_MD5).length;
  if (md5 > 1) return err(fault("InvalidDigest", "Content-MD5 occurs more than once"));
  return checks.length - md5 > 1 ? err(severalChecksums()) : ok(checks);
}

function severalChecksums(): Fault {
  return awsFault("ChecksumsTwice");
}

/**
 * Returns the check that a header or trailer `field` (lower-case) with `value` asks for. `place`:
 * the header or trailer. Errors as for `checksumChecks`.
 */
export function checkOf(
  field: string,
  value: string,
  place: "header" | "trailer" = "header",
): Result<ChecksumCheck, Fault> {
  const algorithm = algorithmOf(field);
  if (algorithm === undefined) {
    return err(fault("InvalidRequest", `Cannot verify ${field}: unknown checksum algorithm`));
  }
  if (isValueOf(algorithm, value)) {
    return ok({ algorithm, field, expectedBase64: value });
  }
  if (field === CONTENT_MD5) {
    return err(awsFault("InvalidDigest", { elements: [["Content-MD5", value]] }));
  }
  const name = place === "header" ? "ChecksumValue" : "TrailerValue";
  return err(awsFault(name, { values: [field] }));
}

/**
 * The lower-case names that `x-amz-trailer` announces: none without the header, else exactly one
 * `x-amz-checksum-*` of a known algorithm, which is what S3 allows and SDKs send.
 * Error: InvalidRequest.
 */
export function trailerNames(headers: HeaderList): Result<readonly string[], Fault> {
  const values = valuesOf(headers, "x-amz-trailer");
  if (values.length === 0) return ok([]);
  const names = values
    .flatMap((value) => value.split(","))
    .map((name) => name.trim().toLowerCase());
  if (!names.every((name) => checksumOf(name) !== undefined)) {
    const got = values.join(", ");
    return err(awsFault("TrailerName", { why: `got "${got}"` }));
  }
  return names.length === 1 ? ok(names) : err(severalChecksums());
}

/** The algorithm whose value the header or trailer `field` (lower-case) carries, if any. */
export function algorithmOf(field: string): ChecksumAlgorithm | undefined {
  return field === CONTENT_MD5 ? "md5" : checksumOf(field);
}

/**
 * Returns the fault if the digest of the body, in base64, differs from the promise of `check`;
 * `undefined` if it does not.
 */
export function digestMismatch(check: ChecksumCheck, actualBase64: string): Fault | undefined {
  if (check.field === "x-amz-content-sha256") return sha256Mismatch(check, actualBase64);
  if (check.expectedBase64 === actualBase64) return undefined;
  if (check.field !== CONTENT_MD5) {
    return awsFault("ChecksumMismatch", { values: [check.algorithm.toUpperCase()] });
  }
  const elements = [
    ["ExpectedDigest", check.expectedBase64],
    ["CalculatedDigest", actualBase64],
  ] as const;
  return awsFault("BadDigest", { elements });
}

/** `x-amz-content-sha256` is the one field that speaks hex. */
function sha256Mismatch(check: ChecksumCheck, actualBase64: string): Fault | undefined {
  const actualHex = Buffer.from(actualBase64, "base64").toString("hex");
  if (check.expectedBase64 === actualHex) return undefined;
  return awsFault("XAmzContentSHA256Mismatch", {
    elements: [
      ["ClientComputedContentSHA256", check.expectedBase64],
      ["S3ComputedContentSHA256", actualHex],
    ],
  });
}

/** Returns true for exactly the canonical base64 of a value, and for no other spelling of it. */
function isValueOf(algorithm: ChecksumAlgorithm, text: string): boolean {
  if (text.length !== checksumCharacters(algorithm)) return false;
  const decoded = Buffer.from(text, "base64");
  return decoded.length === CHECKSUM_BYTES[algorithm] && decoded.toString("base64") === text;
}
