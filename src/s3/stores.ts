import { CEPH_EXTENSIONS, MINIO_EXTENSIONS, NO_EXTENSIONS } from "./extensions.ts";
import { CEPH_MEASURED, laterFeatures } from "./ceph-versions.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from "./checksums.ts";
import { IGNORED, type IgnoredHeaders } from "./ignored-headers.ts";
import type { OperationName } from "./operations.ts";
import type { StoreKind } from "./store-kinds.ts";
import { AWS, CEPH, GENERIC, MINIO, VERSITYGW } from "./store-operations.ts";

export type StoreAcls = "kept" | "none" | "unknown";

/** All that the gateway must know of a kind of store. */
export type StoreTraits = {
  /**
   * The operations that such a store understands as what they are. Any other operation must not
   * reach it: stores ignore a query parameter that they do not know, and so execute `DELETE
   * /b?encryption` as DeleteBucket and `PUT /b/k?renameObject` as PutObject.
   */
  readonly operations: ReadonlySet<OperationName>;
  /** True if the store itself knows `tenant:bucket`. */
  readonly tenants: boolean;
  /**
   * True if the store takes a key for another one, if the key has an empty segment or one that is a
   * dot or two. MinIO reads `/a` as `a` and deletes `a/b` for `x/../a/b` in a DeleteObjects
   * document. No such key reaches it, for what was judged is not what it would do.
   */
  readonly foldsKeys: boolean;
  /** True if aliases of access points can stand for buckets: see isBucketAlias(). */
  readonly aliases: boolean;
  /**
   * The way in which the store keeps ACLs and judges by them; `none`: it accepts a few in headers
   * and ignores them.
   */
  readonly acls: StoreAcls;
  /** True if the store understands aws-chunked trailers. */
  readonly trailers: boolean;
  /** The version of the store that all this is true of; `undefined` if no row depends on one. */
  readonly version: string | undefined;
  /**
   * True if the store answers part numbers beyond S3's (0, 10,001), and a DeleteObjects of no keys,
   * otherwise than AWS: then it is asked. RGW 16 takes both, MinIO has an error of its own for part
   * 0, versitygw takes a deletion of no keys.
   */
  readonly beyondBounds: boolean;
  /**
   * The algorithms of `x-amz-checksum-*` that the store knows. Headers with another one are left
   * out for it: some stores refuse them, others would ignore them.
   */
  readonly checksums: ReadonlySet<ChecksumAlgorithm>;
  /** Query parameters that it adds to S3 and that are let through: see extensions.ts. */
  readonly extensions: ReadonlySet<string>;
  /** Headers that it accepts and does not act on: no rule may rest on them. */
  readonly ignoredHeaders: IgnoredHeaders;
};

/**
 * Returns the row of `kind`. `version`: of a Ceph, as parseCephVersion() reads it; `undefined` for
 * the one that was measured. Other kinds have one row, whatever their version is.
 */
export function storeTraits(kind: StoreKind, version?: string): StoreTraits {
  const traits = TRAITS[kind];
  if (kind !== "ceph" || version === undefined) return traits;
  const { operations, trailers } = laterFeatures(version);
  return {
    ...traits,
    operations: new Set([...traits.operations, ...operations]),
    trailers: traits.trailers || trailers,
    version,
  };
}

/**
 * Returns true if a store that understands `operations` has versions of objects. A store without
 * versions takes `DELETE /b/k?versionId=v` for DeleteObject, and reads the object for a request of
 * a version.
 */
export function knowsVersions(operations: ReadonlySet<OperationName>): boolean {
  return operations.has("ListObjectVersions");
}

const ALL_CHECKSUMS: ReadonlySet<ChecksumAlgorithm> = new Set(CHECKSUM_ALGORITHMS);

/** The algorithms that S3 had before 2026. */
const FIRST_CHECKSUMS: ReadonlySet<ChecksumAlgorithm> = new Set([
  "crc32",
  "crc32c",
  "crc64nvme",
  "sha1",
  "sha256",
]);

const TRAITS: Readonly<Record<StoreKind, StoreTraits>> = {
  // Nothing is known of it, so each answer is the one that can do no harm.
  generic: {
    operations: new Set(GENERIC),
    tenants: false,
    foldsKeys: true,
    aliases: true,
    acls: "unknown",
    trailers: false,
    version: undefined,
    beyondBounds: false,
    checksums: FIRST_CHECKSUMS,
    extensions: NO_EXTENSIONS,
    ignoredHeaders: IGNORED.generic,
  },
  aws: {
    operations: new Set(AWS),
    tenants: false,
    foldsKeys: false,
    aliases: true,
    acls: "kept",
    trailers: true,
    version: undefined,
    beyondBounds: false,
    checksums: ALL_CHECKSUMS,
    extensions: NO_EXTENSIONS,
    ignoredHeaders: IGNORED.aws,
  },
  ceph: {
    operations: new Set(CEPH),
    tenants: true,
    foldsKeys: false,
    aliases: false,
    acls: "kept",
    trailers: false,
    version: CEPH_MEASURED,
    beyondBounds: true,
    checksums: FIRST_CHECKSUMS,
    extensions: CEPH_EXTENSIONS,
    ignoredHeaders: IGNORED.ceph,
  },
  minio: {
    operations: new Set(MINIO),
    tenants: false,
    foldsKeys: true,
    aliases: false,
    acls: "none",
    trailers: true,
    version: undefined,
    beyondBounds: true,
    checksums: FIRST_CHECKSUMS,
    extensions: MINIO_EXTENSIONS,
    ignoredHeaders: IGNORED.minio,
  },
  versitygw: {
    operations: new Set(VERSITYGW),
    tenants: false,
    foldsKeys: true,
    aliases: false,
    acls: "unknown",
    trailers: true,
    version: undefined,
    beyondBounds: true,
    checksums: ALL_CHECKSUMS,
    extensions: NO_EXTENSIONS,
    ignoredHeaders: IGNORED.versitygw,
  },
};
