import { valuesOf, type HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { ChecksumAlgorithm, ChecksumCheck } from "./checksum.ts";

/** One row per algorithm: the header or trailer that carries its value, and the value's length. */
const FIELDS = [
  { field: "content-md5", algorithm: "md5", bytes: 16 },
  { field: "x-amz-checksum-crc32", algorithm: "crc32", bytes: 4 },
  { field: "x-amz-checksum-crc32c", algorithm: "crc32c", bytes: 4 },
  { field: "x-amz-checksum-crc64nvme", algorithm: "crc64nvme", bytes: 8 },
  { field: "x-amz-checksum-sha1", algorithm: "sha1", bytes: 20 },
  { field: "x-amz-checksum-sha256", algorithm: "sha256", bytes: 32 },
] as const satisfies readonly Row[];

type Row = {
  readonly field: string;
  readonly algorithm: ChecksumAlgorithm;
  readonly bytes: number;
};

const PREFIX = "x-amz-checksum-";

/** Fields with the prefix of a checksum that speak about checksums but carry no value. */
const NOT_VALUES: ReadonlySet<string> = new Set([
  "x-amz-checksum-algorithm",
  "x-amz-checksum-mode",
  "x-amz-checksum-type",
]);

/**
 * What the headers promise of the body: `content-md5` and at most one `x-amz-checksum-<algorithm>`
 * (S3 API, "Checking object integrity").
 *
 * Only for operations whose body is what the checksum speaks of. In CompleteMultipartUpload the
 * same headers speak of the finished object: the caller must not ask there.
 *
 * Errors: InvalidDigest for Content-MD5; InvalidRequest for a value that is not the base64 of the
 * algorithm's length, for two checksum headers, and for an algorithm that nobody can verify here.
 */
export function checksumChecks(headers: HeaderList): Result<readonly ChecksumCheck[], Fault> {
  const checks: ChecksumCheck[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const field = headers[i] ?? "";
    if (field !== "content-md5" && !isValueField(field)) continue;
    const check = checkOf(field, headers[i + 1] ?? "");
    if (!check.ok) return check;
    checks.push(check.value);
  }
  return refuseSeveral(checks);
}

function isValueField(field: string): boolean {
  return field.startsWith(PREFIX) && !NOT_VALUES.has(field);
}

function refuseSeveral(checks: readonly ChecksumCheck[]): Result<readonly ChecksumCheck[], Fault> {
  const md5 = checks.filter((check) => check.field === "content-md5").length;
  if (md5 > 1) return err(fault("InvalidDigest", "Content-MD5 occurs more than once"));
  if (checks.length - md5 > 1) {
    return err(
      fault(
        "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed",
      ),
    );
  }
  return ok(checks);
}

/**
 * The check that a header or trailer `field` (lower-case) with `value` asks for.
 * Errors as for `checksumChecks`.
 */
export function checkOf(field: string, value: string): Result<ChecksumCheck, Fault> {
  const row = FIELDS.find((row) => row.field === field);
  if (row === undefined) {
    return err(fault("InvalidRequest", `Cannot verify ${field}: unknown checksum algorithm`));
  }
  if (isBase64Of(value, row.bytes)) {
    return ok({ algorithm: row.algorithm, field, expectedBase64: value });
  }
  return err(
    row.algorithm === "md5"
      ? fault("InvalidDigest", "The Content-MD5 you specified was invalid")
      : fault("InvalidRequest", `Value for ${field} header is invalid`),
  );
}

/**
 * The lower-case names that `x-amz-trailer` announces: none without the header, else exactly one
 * `x-amz-checksum-*` of a known algorithm, which is what S3 allows and SDKs send.
 * Error: InvalidRequest.
 */
export function trailerNames(headers: HeaderList): Result<readonly string[], Fault> {
  const values = valuesOf(headers, "x-amz-trailer");
  const [value] = values;
  if (value === undefined) return ok([]);
  const name = value.trim().toLowerCase();
  if (values.length === 1 && name.startsWith(PREFIX) && FIELDS.some((row) => row.field === name)) {
    return ok([name]);
  }
  const got = values.join(", ");
  return err(
    fault(
      "InvalidRequest",
      `The value specified in the x-amz-trailer header is not supported: got "${got}"`,
    ),
  );
}

/** The algorithm whose value the header or trailer `field` (lower-case) carries, if any. */
export function algorithmOf(field: string): ChecksumAlgorithm | undefined {
  return FIELDS.find((row) => row.field === field)?.algorithm;
}

/** Whether the digest of the body, in base64, is what `check` promised; undefined if it is. */
export function digestMismatch(check: ChecksumCheck, actualBase64: string): Fault | undefined {
  if (check.field === "x-amz-content-sha256") return sha256Mismatch(check, actualBase64);
  if (check.expectedBase64 === actualBase64) return undefined;
  const what = check.algorithm === "md5" ? "Content-MD5" : check.algorithm.toUpperCase();
  return fault("BadDigest", `The ${what} you specified did not match the calculated checksum`);
}

/** `x-amz-content-sha256` is the one field that speaks hex. */
function sha256Mismatch(check: ChecksumCheck, actualBase64: string): Fault | undefined {
  const actualHex = Buffer.from(actualBase64, "base64").toString("hex");
  if (check.expectedBase64 === actualHex) return undefined;
  return fault("XAmzContentSHA256Mismatch", undefined, {
    elements: [
      ["ClientComputedContentSHA256", check.expectedBase64],
      ["S3ComputedContentSHA256", actualHex],
    ],
  });
}

/** Exactly the canonical base64 of `bytes` bytes: no other spelling of the same value. */
function isBase64Of(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, "base64");
  return decoded.length === bytes && decoded.toString("base64") === text;
}
