import { hasHeader } from "../http/headers.ts";
import type { QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { parseBucketName } from "../config/scalars.ts";
import { bucketText, type Address } from "../s3/address.ts";
import { isOperationName, operationNamed, type OperationName } from "../s3/operations.ts";
import type { AuditEntry } from "./audit-entry.ts";

/** A request as its line records it: without secrets, and without parts that no rule asks for. */
export type RecordedRequest = {
  readonly operation: OperationName;
  readonly address: Address;
  readonly query: readonly QueryParameter[];
  readonly headers: readonly string[];
  readonly inputs: NonNullable<AuditEntry["request"]>;
};

/** The reasons why a request cannot be decided again. */
export const WHY_NOT = {
  authentication: "their credentials did not hold",
  unknown: "they were not one S3 request",
  old: "their lines do not say what rules ask (an older version's)",
  clipped: "they were too long for a line",
  form: "a browser's form: its fields are not recorded",
  session:
    "temporary keys of users: their lines do not say which key began them (an older version's)",
  document: "their documents are not recorded",
  tags: "they depend on tags that only the store has",
  elsewhere: "they depend on what cannot be read now",
} as const;

export type WhyNot = keyof typeof WHY_NOT;

/** SHA-256 of nothing, for a digest that is not recorded. */
const SOME_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** The value in place of one that is not recorded, since no rule asks for it. */
const SOME_VALUE = "-";

/**
 * Returns the recorded facts of the request of `entry`; the error says why they are not enough to
 * decide it.
 */
export function recordedRequest(entry: AuditEntry): Result<RecordedRequest, WhyNot> {
  const { operation, request: inputs } = entry;
  if (!isOperationName(operation)) return err("unknown");
  if (inputs === undefined) return err("old");
  if (inputs.clipped) return err("clipped");
  const address = addressOf(entry);
  if (address === undefined) return err("unknown");
  const query = queryOf(operation, inputs.query);
  return ok({ operation, address, query, headers: headersOf(entry, inputs), inputs });
}

function addressOf({ bucket, tenant, key }: AuditEntry): Address | undefined {
  if (bucket === undefined) return { kind: "service" };
  const named = parseBucketName(bucketText({ tenant, name: bucket }));
  if (!named.ok) return undefined;
  if (key === undefined) return { kind: "bucket", bucket: named.value };
  return { kind: "object", bucket: named.value, key };
}

function queryOf(
  operation: OperationName,
  inputs: RecordedRequest["inputs"]["query"],
): readonly QueryParameter[] {
  const { required } = operationNamed(operation);
  return Object.entries(inputs).map(([name, recorded]) => {
    const fixed = required.find((parameter) => parameter.name === name)?.value;
    return { name, value: recorded ?? fixed ?? SOME_VALUE, rawName: "", rawValue: "" };
  });
}

function headersOf(
  { userAgent }: AuditEntry,
  inputs: RecordedRequest["inputs"],
): readonly string[] {
  const headers = ["host", "localhost"];
  if (userAgent !== undefined) headers.push("user-agent", userAgent);
  for (const [name, recorded] of Object.entries(inputs.headers)) {
    headers.push(name, name === PAYLOAD ? payload(recorded) : (recorded ?? SOME_VALUE));
  }
  headers.push(...framing(inputs.headers));
  if (inputs.auth === "header" && inputs.signature === "v4" && !hasHeader(headers, PAYLOAD)) {
    headers.push(PAYLOAD, "UNSIGNED-PAYLOAD");
  }
  return headers;
}

const PAYLOAD = "x-amz-content-sha256";

function payload(recorded: string | null): string {
  return recorded === null || recorded === "digest" ? SOME_DIGEST : recorded;
}

/** Returns the headers that a chunked body needs besides, so that a document in it can be read. */
function framing({
  [PAYLOAD]: kind,
  "content-length": length,
}: Readonly<Record<string, string | null>>): readonly string[] {
  if (!kind?.startsWith("STREAMING-")) return [];
  const decoded = ["x-amz-decoded-content-length", length ?? "0"];
  return kind.endsWith("-TRAILER")
    ? [...decoded, "x-amz-trailer", "x-amz-checksum-crc32"]
    : decoded;
}
