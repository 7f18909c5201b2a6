/**
 * Whether `name` is AWS's name for something else than a bucket, with which buckets are reached that no
 * policy here speaks of: an alias of an access point (`-s3alias`, and `--op-s3` on Outposts), of an
 * Object Lambda access point (`--ol-s3`), a multi-region access point (`.mrap`), or the bucket behind
 * an S3 table (`--table-s3`). "Bucket naming rules" (S3 User Guide) reserves these endings, but that of
 * Outposts, so no bucket has one. Letter case does not matter: host names have none.
 */
export function isBucketAlias(name: string): boolean {
  const lower = name.toLowerCase();
  return ENDINGS.some((ending) => lower.endsWith(ending));
}

const ENDINGS = ["-s3alias", "--op-s3", "--ol-s3", ".mrap", "--table-s3"] as const;
