import { err, ok, type Result } from "../lib/result.ts";
import type { OperationName } from "./operations.ts";

/** A version of Ceph as `ceph --version` has it, such as `18.2.7`; `18` alone is `18.0.0`. */
export type CephVersion = string;

/** The release that the rows of operations and headers were measured on. */
export const CEPH_MEASURED: CephVersion = "16";
/** The newest release whose sources were read. */
const NEWEST = 20;

/** The features that RGW has from the first version of a release on. */
type LaterFeatures = {
  readonly from: number;
  readonly operations: readonly OperationName[];
  /** True if RGW verifies and keeps the fields of aws-chunked trailers. */
  readonly trailers?: true;
};

/**
 * Read from RGW's sources, `src/rgw/rgw_rest_s3.cc`: the methods `op_get`, `op_put`, `op_delete` and
 * `op_post` of RGWHandler_REST_Bucket_S3 and RGWHandler_REST_Obj_S3, of 17.2.5 and of the branch before
 * 20. For 19.2.6 and 20.2.4 a table of others was read that names their lines. No later release of
 * these drops an operation that an earlier one has.
 *
 * Not in this table: bucket ownership controls, which even 20.2.4 does not route (its
 * `DELETE ?ownershipControls` deletes the bucket).
 */
const LATER_FEATURES: readonly LaterFeatures[] = [
  {
    // is_bucket_encryption_op; before, DELETE ?encryption deleted the bucket.
    from: 17,
    operations: ["DeleteBucketEncryption", "GetBucketEncryption", "PutBucketEncryption"],
  },
  {
    // is_attributes_op; before, GET ?attributes showed the object.
    from: 20,
    operations: ["GetObjectAttributes"],
    // 18.2.5 and 19 read trailers, too, but neither verify nor keep the checksum in them
    // (rgw_auth_s3.cc, ceph pull request 54856): a plain body is worth as much there.
    trailers: true,
  },
];

/** Returns the features that a Ceph of `version` has beyond release 16. */
export function laterFeatures(version: CephVersion): {
  readonly operations: readonly OperationName[];
  readonly trailers: boolean;
} {
  const release = Number.parseInt(version, 10);
  const learnt = LATER_FEATURES.filter(({ from }) => release >= from);
  return {
    operations: learnt.flatMap(({ operations }) => operations),
    trailers: learnt.some(({ trailers }) => trailers === true),
  };
}

/**
 * Reads `16` to `20`, with or without the two numbers after it. Error: the expected form. A version
 * that is not written in full is taken for its first one. A later release is refused: nobody has
 * read what it knows.
 */
export function parseCephVersion(text: string): Result<CephVersion, string> {
  const release = Number(/^(\d{2})(?:\.\d{1,2}){0,2}$/.exec(text)?.[1]);
  if (release >= Number(CEPH_MEASURED) && release <= NEWEST) return ok(text);
  return err(`Expected a version of Ceph from ${CEPH_MEASURED} to ${NEWEST}, such as "18.2.7"`);
}
