import type { QueryParameter } from "../http/target.ts";
import type { Action } from "./actions.ts";
import type { Address, BucketName } from "./address.ts";
import type { Ask } from "./asks.ts";
import type { OperationName } from "./operations.ts";

/** A query parameter that a kind of store adds to an operation of S3, and that is let through to it. */
type Extension = {
  readonly operation: OperationName;
  readonly name: string;
  /** The values that are allowed: exactly these, since stores read yes and no in many spellings. */
  readonly values: RegExp;
  /**
   * The actions needed besides the operation's own, on every object that the answer may reveal:
   * those below its prefix.
   */
  readonly reads?: readonly Action[];
  /** Actions needed besides on the bucket itself. */
  readonly asks?: readonly Action[];
  /** Header fields of the answer, in lower case, that pass although they are the vendor's. */
  readonly answers?: readonly string[];
  /** True if it only belongs to a request that listens: see watchedBy(). */
  readonly ofWatch?: true;
  /** True if the answer names buckets, and so cannot go to a caller who sees only some of them. */
  readonly namesBuckets?: true;
};

const YES_NO = /^(?:true|false)$/;
const YES = /^true$/;
const NOTHING = /^$/;
const ANYTHING = /^/;
const LISTINGS = ["ListObjects", "ListObjectsV2", "ListObjectVersions"] as const;

/**
 * The extensions of Ceph RGW ("Bucket operations" and "Service operations", its S3 API; measured on
 * 16.2.15). `read-stats` is of Tentacle; earlier releases answer the same without it.
 */
const OF_CEPH: readonly Extension[] = [
  // The same keys in another order, by the same permission.
  ...LISTINGS.map((operation) => ({ operation, name: "allow-unordered", values: YES_NO })),
  // The number and size of objects: a caller who may list can count them.
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
  { operation: "ListBuckets", name: "usage", values: NOTHING, namesBuckets: true },
];

/** The extensions of MinIO (its router and handlers; measured on the one of 2026-02-12). */
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
    values: YES,
    reads: ["s3:GetObject", "s3:GetObjectTagging"],
  },
  {
    operation: "ListObjectVersions",
    name: "metadata",
    values: YES,
    reads: [
      "s3:GetObject",
      "s3:GetObjectTagging",
      "s3:GetObjectVersion",
      "s3:GetObjectVersionTagging",
    ],
  },
  // The same keys in another order; this version passes over it.
  ...LISTINGS.map((operation) => ({ operation, name: "unsorted", values: YES })),
];

/**
 * MinIO's listening to what happens in a bucket (`mc watch`, minio-go's ListenBucketNotification): an
 * answer without end, a line for each event. It has `events`, once or more, in place of `notification`.
 * An event has the key of its object and its metadata.
 */
const WATCHED = "GetBucketNotificationConfiguration";
const WATCH = "events";
const OF_WATCH: readonly Extension[] = [
  {
    operation: WATCHED,
    name: WATCH,
    values: /^s3:[A-Za-z:*]{1,64}$/,
    asks: ["s3:ListBucket"],
    reads: ["s3:GetObject"],
    ofWatch: true,
  },
  { operation: WATCHED, name: "ping", values: /^[0-9]{1,4}$/, ofWatch: true },
  { operation: WATCHED, name: "prefix", values: ANYTHING, ofWatch: true },
  { operation: WATCHED, name: "suffix", values: ANYTHING, ofWatch: true },
];

/** The extensions of a kind of store, by idOf(). */
export const CEPH_EXTENSIONS: ReadonlySet<string> = new Set(OF_CEPH.map(idOf));
export const MINIO_EXTENSIONS: ReadonlySet<string> = new Set([...OF_MINIO, ...OF_WATCH].map(idOf));
export const NO_EXTENSIONS: ReadonlySet<string> = new Set();

/**
 * All extensions by operation and name. Most operations have none, and a request asks for each of
 * its parameters.
 */
const ALL: ReadonlyMap<OperationName, ReadonlyMap<string, Extension>> = new Map(
  [...Map.groupBy([...OF_CEPH, ...OF_MINIO, ...OF_WATCH], ({ operation }) => operation)].map(
    ([operation, own]) => [operation, new Map(own.map((extension) => [extension.name, extension]))],
  ),
);

function idOf({ operation, name }: Pick<Extension, "operation" | "name">): string {
  return `${operation}?${name}`;
}

/**
 * The extension that `name` is to `operation`, of whatever kind of store. `undefined` if it is none.
 * That the store has it was seen when the request was classified.
 */
export function extensionNamed(operation: OperationName, name: string): Extension | undefined {
  return ALL.get(operation)?.get(name);
}

/** Returns true if `extensions` of a store have `name` for `operation`. */
export function isUnderstood(
  extensions: ReadonlySet<string>,
  operation: OperationName,
  name: string,
): boolean {
  return extensions.has(idOf({ operation, name }));
}

/**
 * The operation that a GET of a bucket with `query` is, if it listens to what happens there, and the
 * store has `extensions` for that. `undefined` if it does not listen.
 */
export function watchedBy(
  extensions: ReadonlySet<string>,
  query: readonly QueryParameter[],
): OperationName | undefined {
  if (!isUnderstood(extensions, WATCHED, WATCH)) return undefined;
  return query.some(({ name }) => name === WATCH) ? WATCHED : undefined;
}

/**
 * Returns true if `query`, of an operation that watchedBy() returned, may have `name` more than
 * once.
 */
export function isListOfWatch(name: string): boolean {
  return name === WATCH;
}

/** The extensions among the parameters of a request that was classified as `operation`. */
export function extensionsIn(
  operation: OperationName,
  query: readonly QueryParameter[],
): readonly Extension[] {
  const named = ALL.get(operation);
  if (named === undefined || query.length === 0) return NONE;
  return query.flatMap(({ name }) => named.get(name) ?? NONE);
}

const NONE: readonly Extension[] = [];

/** Returns the permissions that the extensions in `query` need besides those of asksOf(). */
export function asksOfExtensions<B extends BucketName>(
  operation: OperationName,
  address: Address<B>,
  query: readonly QueryParameter[],
): readonly Ask<B>[] {
  if (address.kind !== "bucket") return [];
  const { bucket } = address;
  const key = query.find(({ name }) => name === "prefix")?.value ?? "";
  // One that is a list stands there several times and asks once.
  return [...new Set(extensionsIn(operation, query))].flatMap(({ asks = [], reads = [] }) => [
    ...asks.map((action) => ({ action, operation, bucket, key: undefined })),
    ...reads.map((action) => ({ action, operation, bucket, key, below: true })),
  ]);
}
