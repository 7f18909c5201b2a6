/**
 * Returns true if `name` is AWS's name for something else than a bucket, which reaches buckets that
 * no policy here is about. That is an alias of an access point (`-s3alias`, and `--op-s3` on
 * Outposts) or of an Object Lambda access point (`--ol-s3`). It can also be a multi-region access
 * point (`.mrap`), or the bucket behind an S3 table (`--table-s3`). "Bucket naming rules" (S3 User
 * Guide) reserves these endings, but that of Outposts, so no bucket has one. Letter case does not
 * matter: host names have none.
 */
export function isBucketAlias(name: string): boolean {
  const lower = name.toLowerCase();
  return ENDINGS.some((ending) => lower.endsWith(ending));
}

const ENDINGS = ["-s3alias", "--op-s3", "--ol-s3", ".mrap", "--table-s3"] as const;
