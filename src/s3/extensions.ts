import type { QueryParameter } from "../http/target.ts";
import type { Action } from "./actions.ts";
import type { Address, BucketName } from "./address.ts";
import type { Ask } from "./asks.ts";
import type { OperationName } from "./operations.ts";

/** A query parameter that a kind of store adds to an operation of S3, and that is let through to it. */
type Extension = {
  readonly operation: OperationName;
  readonly name: string;
  /** What it may say: exactly so, since stores read yes and no in many spellings. */
  readonly values: readonly string[];
  /**
   * Actions needed besides the operation's own, on every object that the request may tell of: those
   * below its prefix.
   */
  readonly reads?: readonly Action[];
  /** Header fields of the answer, in lower case, that pass although they are the vendor's. */
  readonly answers?: readonly string[];
  /** Whether the answer names buckets, and so cannot go to who is shown some of them only. */
  readonly namesBuckets?: true;
};

const YES_NO = ["true", "false"] as const;
const LISTINGS = ["ListObjects", "ListObjectsV2", "ListObjectVersions"] as const;

/**
 * Of Ceph RGW ("Bucket operations" and "Service operations", its S3 API; measured on 16.2.15).
 * `read-stats` is of Tentacle, earlier ones tell the same unasked.
 */
const OF_CEPH: readonly Extension[] = [
  // The same keys in another order, by the same permission.
  ...LISTINGS.map((operation) => ({ operation, name: "allow-unordered", values: YES_NO })),
  // How many objects there are, and how large: whoever may list can count them.
  {
    operation: "HeadBucket",
    name: "read-stats",
    values: YES_NO,
    answers: [
      "x-rgw-bytes-used",
      "x-rgw-object-count",
      "x-rgw-quota-bucket-objects",
      "x-rgw-quota-bucket-size",
      "x-rgw-quota-max-buckets",
      "x-rgw-quota-user-objects",
      "x-rgw-quota-user-size",
    ],
  },
  // The buckets of the account with their sizes, instead of their list.
  { operation: "ListBuckets", name: "usage", values: [""], namesBuckets: true },
];

/** Of MinIO (its router and handlers; measured on the one of 2026-02-12). */
const OF_MINIO: readonly Extension[] = [
  {
    operation: "GetBucketLifecycleConfiguration",
    name: "withUpdatedAt",
    values: YES_NO,
    answers: ["x-minio-lifecycleconfig-updatedat"],
  },
  // The metadata and tags of each object stand in the list. MinIO asks for the same actions.
  {
    operation: "ListObjectsV2",
    name: "metadata",
    values: ["true"],
    reads: ["s3:GetObject", "s3:GetObjectTagging"],
  },
  {
    operation: "ListObjectVersions",
    name: "metadata",
    values: ["true"],
    reads: [
      "s3:GetObject",
      "s3:GetObjectTagging",
      "s3:GetObjectVersion",
      "s3:GetObjectVersionTagging",
    ],
  },
  // The same keys in another order; this version passes over it.
  ...LISTINGS.map((operation) => ({ operation, name: "unsorted", values: ["true"] })),
];

/** Those of a kind of store, by idOf(). */
export const CEPH_EXTENSIONS: ReadonlySet<string> = new Set(OF_CEPH.map(idOf));
export const MINIO_EXTENSIONS: ReadonlySet<string> = new Set(OF_MINIO.map(idOf));
export const NO_EXTENSIONS: ReadonlySet<string> = new Set();

const ALL: ReadonlyMap<string, Extension> = new Map(
  [...OF_CEPH, ...OF_MINIO].map((extension) => [idOf(extension), extension]),
);

function idOf({ operation, name }: Pick<Extension, "operation" | "name">): string {
  return `${operation}?${name}`;
}

/**
 * The extension that `name` is to `operation`, of whatever kind of store. `undefined` if it is none.
 * That the store has it was seen when the request was classified.
 */
export function extensionNamed(operation: OperationName, name: string): Extension | undefined {
  return ALL.get(idOf({ operation, name }));
}

/** Whether a store with `extensions` has the one that `name` is to `operation`. */
export function isUnderstood(
  extensions: ReadonlySet<string>,
  operation: OperationName,
  name: string,
): boolean {
  return extensions.has(idOf({ operation, name }));
}

/** The extensions among the parameters of a request that was classified as `operation`. */
export function extensionsIn(
  operation: OperationName,
  query: readonly QueryParameter[],
): readonly Extension[] {
  if (query.length === 0) return NONE;
  return query.flatMap(({ name }) => extensionNamed(operation, name) ?? NONE);
}

const NONE: readonly Extension[] = [];

/** What the extensions in `query` need besides what asksOf() gives. */
export function asksOfExtensions<B extends BucketName>(
  operation: OperationName,
  address: Address<B>,
  query: readonly QueryParameter[],
): readonly Ask<B>[] {
  if (address.kind !== "bucket") return [];
  const { bucket } = address;
  const key = query.find(({ name }) => name === "prefix")?.value ?? "";
  return extensionsIn(operation, query).flatMap(({ reads = [] }) =>
    reads.map((action) => ({ action, operation, bucket, key, below: true })),
  );
}
