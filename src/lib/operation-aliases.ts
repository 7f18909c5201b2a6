/**
 * Names that stand for operations of the S3 API and are not the operation's own, spelled as their
 * inventors do (S3-AUTHORIZATION section 1.6). Here, because rules about operations (s3/) and
 * statements (policy/) read them and know nothing of each other.
 */
export const OPERATION_ALIASES: ReadonlyMap<string, readonly string[]> = new Map([
  ["s3:DeleteMultipleObjects", ["DeleteObjects"]], // Coscine, Scaleway
  // One permission under two versions of the API (section 5.4).
  ["s3:ListObjects", ["ListObjects", "ListObjectsV2"]],
  // AWS's own, from before filters came into the document.
  ["s3:GetBucketLifecycle", ["GetBucketLifecycleConfiguration"]],
  ["s3:PutBucketLifecycle", ["PutBucketLifecycleConfiguration"]],
  // AWS's action for a version's torrent, which the API has no operation of its own for.
  ["s3:GetObjectVersionTorrent", ["GetObjectTorrent"]],
]);

/**
 * Actions of other systems that are narrower than AWS's and fit one operation. Unlike the names
 * above they are actions there, so that a statement may name them without a switch.
 */
export const NARROWER_ACTIONS: ReadonlyMap<string, string> = new Map([
  // Ceph and Atman split the DELETE from PutReplicationConfiguration.
  ["s3:DeleteReplicationConfiguration", "DeleteBucketReplication"],
]);
