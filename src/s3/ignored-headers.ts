import type { OperationName } from "./operations.ts";

/**
 * Headers that a kind of store accepts and does not act on: what the request says there does not
 * come to pass. By operation; "*": whatever the operation. Names are in lower case; `name: value`
 * stands for that one value. Where a rule depends on such a header, the request is not done (501), for
 * the rule would judge what nobody does.
 */
export type IgnoredHeaders = ReadonlyMap<OperationName | "*", ReadonlySet<string>>;

const CONDITIONS = ["if-match", "if-none-match"] as const;
/** Whether a store of these `ignored` headers passes over `value` in `header`, in lower case, here. */
export function isIgnored(
  ignored: IgnoredHeaders,
  operation: OperationName,
  header: string,
  value: string,
): boolean {
  return holds(ignored.get("*"), header, value) || holds(ignored.get(operation), header, value);
}

function holds(names: ReadonlySet<string> | undefined, header: string, value: string): boolean {
  return names !== undefined && (names.has(header) || names.has(`${header}: ${value}`));
}

/** It refuses any other where it has no key server. */
const ENCRYPTION = ["x-amz-server-side-encryption: AES256"] as const;
const OWNERS = ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"] as const;

const LOCKS = [
  "x-amz-object-lock-legal-hold",
  "x-amz-object-lock-mode",
  "x-amz-object-lock-retain-until-date",
] as const;
/** Of 2026. */
const EVENT_HOLDS = [
  "x-amz-object-lock-event-hold",
  "x-amz-object-lock-event-hold-duration-days",
  "x-amz-object-lock-event-hold-duration-years",
] as const;
const ANNOTATIONS = ["x-amz-object-annotation-directive"] as const;

/** Measured on RGW 16.2 (test/stores/values.test.ts). A copy always gets its source's tags there. */
const CEPH = ignoring([
  ["*", [...OWNERS, ...ENCRYPTION, ...EVENT_HOLDS, ...ANNOTATIONS]],
  ["CompleteMultipartUpload", CONDITIONS],
  [
    "CopyObject",
    [
      ...CONDITIONS,
      ...LOCKS,
      "x-amz-tagging",
      "x-amz-tagging-directive",
      "x-amz-website-redirect-location",
    ],
  ],
  ["CreateBucket", ["x-amz-bucket-namespace", "x-amz-object-ownership"]],
  // Its tags are kept in a form that nobody can read.
  ["CreateMultipartUpload", [...LOCKS, "x-amz-tagging"]],
  ["DeleteObject", CONDITIONS],
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
