import type { HeaderList } from "../http/headers.ts";
import type { OperationName } from "./operations.ts";

/**
 * Names of headers, in lower case, that a kind of store accepts and does not act on: the request
 * has them without effect. By operation; "*": whatever the operation. If a rule depends on such a
 * header, the request is not done (501), for the rule would judge what nobody does.
 */
export type IgnoredHeaders = ReadonlyMap<OperationName | "*", ReadonlySet<string>>;

/**
 * Returns true if a store of these `ignored` headers ignores `header`, in lower case, for this
 * operation.
 */
export function isIgnored(
  ignored: IgnoredHeaders,
  operation: OperationName,
  header: string,
): boolean {
  return ignored.get("*")?.has(header) === true || ignored.get(operation)?.has(header) === true;
}

/**
 * Returns true if the store ignores some values of `header`, in lower case, and acts on others: an
 * entry then has one of them behind a colon.
 */
export function isIgnoredByValue(
  ignored: IgnoredHeaders,
  operation: OperationName,
  header: string,
): boolean {
  const start = `${header}: `;
  for (const entries of [ignored.get("*"), ignored.get(operation)]) {
    for (const entry of entries ?? []) if (entry.startsWith(start)) return true;
  }
  return false;
}

/** Returns true if the store is known to ignore these headers; false if nobody measured it. */
export function isMeasured(ignored: IgnoredHeaders): boolean {
  return ignored !== GENERIC;
}

/**
 * Returns the header, in lower case, by which a request asks a store with these `ignored` headers
 * for something that it would silently not do: encryption, a redirect, an ACL, a lock, a condition
 * under which nothing may be overwritten or deleted. `undefined` if there is none, or nobody has
 * measured the store.
 */
export function withoutEffect(
  ignored: IgnoredHeaders,
  operation: OperationName,
  headers: HeaderList,
): string | undefined {
  if (!isMeasured(ignored)) return undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!PROMISES.has(name) || !isIgnored(ignored, operation, name)) continue;
    if (!ASK_NOTHING.has(headers[i + 1] ?? "")) return name;
  }
  return undefined;
}

const CONDITIONS = ["if-match", "if-none-match"] as const;
const ACL = [
  "x-amz-acl",
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write",
  "x-amz-grant-write-acp",
] as const;
const LOCK = [
  "x-amz-object-lock-event-hold",
  "x-amz-object-lock-event-hold-duration-days",
  "x-amz-object-lock-event-hold-duration-years",
  "x-amz-object-lock-legal-hold",
  "x-amz-object-lock-mode",
  "x-amz-object-lock-retain-until-date",
] as const;
const ENCRYPTION = [
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-customer-algorithm",
] as const;
const PROMISES: ReadonlySet<string> = new Set([
  ...CONDITIONS,
  ...ACL,
  ...LOCK,
  ...ENCRYPTION,
  "x-amz-website-redirect-location",
]);
/** The values of a legal hold and of ACLs that only state the default. */
const ASK_NOTHING: ReadonlySet<string> = new Set(["OFF", "private", "bucket-owner-full-control"]);
/** The headers that only AWS has, or has had since the other stores were made. */
const AWS_ALONE = [
  "x-amz-bucket-namespace",
  "x-amz-expected-bucket-owner",
  "x-amz-object-annotation-directive",
  "x-amz-object-ownership",
  "x-amz-source-expected-bucket-owner",
] as const;

/** The ignored headers of an unnamed store: one that acts on none of these is an S3 store, too. */
const GENERIC = ignoring([
  [
    "*",
    [
      ...CONDITIONS,
      ...ACL,
      ...LOCK,
      ...ENCRYPTION,
      ...AWS_ALONE,
      "x-amz-bucket-object-lock-enabled",
      "x-amz-storage-class",
      "x-amz-tagging",
      "x-amz-tagging-directive",
      "x-amz-website-redirect-location",
    ],
  ],
]);

/**
 * Measured on RGW 16.2.15. AES256 is accepted everywhere, and nothing is encrypted; the other two are
 * refused but by copies.
 */
const CEPH = ignoring([
  ["*", [...AWS_ALONE, "x-amz-server-side-encryption"]],
  ["CompleteMultipartUpload", CONDITIONS],
  [
    "CopyObject",
    [
      ...CONDITIONS,
      ...LOCK,
      ...ENCRYPTION,
      "x-amz-tagging",
      "x-amz-tagging-directive",
      "x-amz-website-redirect-location",
    ],
  ],
  ["CreateMultipartUpload", [...LOCK, "x-amz-tagging"]],
  ["DeleteObject", ["if-match"]],
]);

/** Measured on MinIO of 2026-02-12. It has no ACLs, and refuses encryption that it cannot do. */
const MINIO = ignoring([
  ["*", [...ACL, ...AWS_ALONE, "x-amz-website-redirect-location"]],
  ["CopyObject", CONDITIONS],
  ["DeleteObject", ["if-match"]],
]);

/**
 * Measured on versitygw 1.8.0. It has ACLs of buckets alone, and no encryption, storage classes or
 * event holds.
 */
const VERSITYGW = ignoring([
  [
    "*",
    [
      ...ENCRYPTION,
      "x-amz-bucket-namespace",
      "x-amz-object-annotation-directive",
      "x-amz-object-lock-event-hold",
      "x-amz-object-lock-event-hold-duration-days",
      "x-amz-object-lock-event-hold-duration-years",
      "x-amz-storage-class",
    ],
  ],
  ["CopyObject", [...ACL, ...CONDITIONS]],
  ["CreateMultipartUpload", ACL],
  ["PutObject", ACL],
]);

export const IGNORED = {
  generic: GENERIC,
  aws: ignoring([]),
  ceph: CEPH,
  minio: MINIO,
  versitygw: VERSITYGW,
} as const;

function ignoring(
  rows: readonly (readonly [OperationName | "*", readonly string[]])[],
): IgnoredHeaders {
  return new Map(rows.map(([operation, names]) => [operation, new Set(names)]));
}
