import type { OperationName } from "./operations.ts";

/**
 * Names of headers, in lower case, that a kind of store accepts and does not act on: what the
 * request says there does not come to pass. By operation; "*": whatever the operation. Where a rule
 * depends on such a header, the request is not done (501), for the rule would judge what nobody does.
 */
export type IgnoredHeaders = ReadonlyMap<OperationName | "*", ReadonlySet<string>>;

const IF_ABSENT = ["if-none-match"] as const;

/** Whether a store of these `ignored` headers passes over `header`, in lower case, here. */
export function isIgnored(
  ignored: IgnoredHeaders,
  operation: OperationName,
  header: string,
): boolean {
  return ignored.get("*")?.has(header) === true || ignored.get(operation)?.has(header) === true;
}

const ENCRYPTION = ["x-amz-server-side-encryption"] as const;
const OWNERS = ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"] as const;

/** Measured on RGW 16.2. */
const CEPH = ignoring([
  ["*", [...OWNERS, ...ENCRYPTION]],
  ["CompleteMultipartUpload", IF_ABSENT],
  ["CopyObject", [...IF_ABSENT, "x-amz-tagging-directive"]],
]);

export const IGNORED = {
  generic: ignoring([]),
  aws: ignoring([]),
  ceph: CEPH,
  minio: ignoring([]),
} as const;

function ignoring(
  rows: readonly (readonly [OperationName | "*", readonly string[]])[],
): IgnoredHeaders {
  return new Map(rows.map(([operation, names]) => [operation, new Set(names)]));
}
