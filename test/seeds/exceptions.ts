import type { Configuration } from "./row.ts";

/** Sentences of a document that do not hold in some configurations, all for the same reason. */
export type Exception = {
  /** The title of the document. */
  readonly document: string;
  readonly on: readonly Configuration[];
  /**
   * `differs`: the gateway does not fulfil it yet; `cannot`: the store lacks a feature that it
   * needs.
   */
  readonly kind: "differs" | "cannot";
  /** The reason; of kind `differs`, it begins with the number of the open point. */
  readonly reason: string;
  /** The sentences, as their rows have them. */
  readonly rows: readonly string[];
};

/** Returns the exception of a row in a configuration; `undefined` if the row must hold there. */
export function exceptionOf(
  document: string,
  says: string,
  configuration: Configuration,
): Exception | undefined {
  return EXCEPTIONS.find(
    (one) => one.document === document && one.on.includes(configuration) && one.rows.includes(says),
  );
}

/** The exceptions. Each row of them is tried, and must fail: a row that holds by now is removed. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    document: "LUMI-O",
    on: ["minio"],
    kind: "cannot",
    reason: "MinIO has no ACLs, and what would have no effect is refused",
    rows: [
      "s3cmd setacl --recursive --acl-public s3://<bucket_name>/",
      "Public buckets / objects are available using the url https://<proj_id><bucket>/<object>",
      "the format <proj_id>:<bucket>/<object> – For public objects the above two URLs are equivalent.",
      "readable by everyone – by another project's key, too",
      "s3cmd setacl --acl-public s3://<bucket_name>/ – Only possible to list the objects but not download them.",
      "aws s3api put-bucket-acl --acl public-read --bucket <bucket_name>",
      "aws s3api put-object-acl --acl public-read --bucket <bucket_name> --key <object_name> – files / object can be retrieved …, but it's not possible to list the content",
      "ACL:s are not inherited, e.g new objects created in a bucket with an ACL will not have any ACLs.",
      "the same goes for s3cmd put -P",
      "The lumi-pub rlcone remotes … uses acl settings to make created objects and buckets public",
      "s3cmd setacl --recursive --acl-grant=read:'<proj_id>$<proj_id>' s3://<bucket_name>/ – Would grant read access to all objects",
      "Permissions granted with --acl-grant are not revoked automatically when running --acl-private",
      "aws s3api put-object-acl --grant-read id='<proj_id>$<proj_id>' --bucket <bucket_name> --key <object_name>",
      "aws s3api put-bucket-acl --bucket <bucket_name> --grant-read id='<proj_id>$<proj_id>'",
      "aws s3api put-bucket-acl --bucket <bucket_name> --acl authenticated-read – all authenticated users of LUMI-O, the bucket itself not any of the objects",
    ],
  },
  {
    document: "Qumulo",
    on: ["ceph-users"],
    kind: "cannot",
    reason:
      "each user of Ceph owns its buckets, and a policy that only restricts lets nobody into those of another user; with accounts.yaml all are one user of the store, as they share one file system in the document",
    rows: [
      "further restrictions to those of access keys – without a policy, whoever has a key",
      "further restrictions to those of access keys – with a policy, only whom it names",
      "Everyone – those with a key, too",
      "Authenticated Users – who has a key, and not the Guest",
      "a default S3 bucket policy that permits all S3 API actions to all principals – is understood",
      "Principal – the name of an account",
      "Principal – local:Jane",
      "Principal – a group",
      "Principal – local: and a group",
      "Principal – ad:Company Name",
      "Principal – EXAMPLE_DOMAIN\\Jose Ramirez",
      "Principal – uid:1234",
      "Principal – gid:5678",
      "Principal – auth_id:12345678",
      "Principal – A Windows-style security identifier (SID)",
      "Principal – optionally prefixed by sid:",
      "names are those of a directory – without regard to case",
      "(Optional) Id, (Optional) Version",
      "s3:* matches all S3 API actions.",
      "To delegate the management of an access policy … grant the s3:PutBucketPolicy and s3:DeleteBucketPolicy",
      "S3_UPLOADS_WRITE | s3:AbortMultipartUpload",
      "because Qumulo Core doesn’t use regions, the system always returns local.",
      "Actions Supported in Qumulo Core: s3:AbortMultipartUpload",
      "Actions Supported in Qumulo Core: s3:DeleteBucket",
      "Actions Supported in Qumulo Core: s3:DeleteObject",
      "Actions Supported in Qumulo Core: s3:DeleteObjectTagging",
      "Actions Supported in Qumulo Core: s3:DeleteObjectVersion",
      "Actions Supported in Qumulo Core: s3:GetBucketAcl",
      "Actions Supported in Qumulo Core: s3:GetBucketLocation",
      "Actions Supported in Qumulo Core: s3:GetBucketNotification",
      "Actions Supported in Qumulo Core: s3:GetBucketObjectLockConfiguration",
      "Actions Supported in Qumulo Core: s3:GetBucketReplication",
      "Actions Supported in Qumulo Core: s3:GetBucketVersioning",
      "Actions Supported in Qumulo Core: s3:GetEncryptionConfiguration",
      "Actions Supported in Qumulo Core: s3:GetLifecycleConfiguration",
      "Actions Supported in Qumulo Core: s3:GetObject",
      "Actions Supported in Qumulo Core: s3:GetObjectAcl",
      "Actions Supported in Qumulo Core: s3:GetObjectAttributes",
      "Actions Supported in Qumulo Core: s3:GetObjectTagging",
      "Actions Supported in Qumulo Core: s3:ListBucket",
      "Actions Supported in Qumulo Core: s3:ListBucketMultipartUploads",
      "Actions Supported in Qumulo Core: s3:ListMultipartUploadParts",
      "Actions Supported in Qumulo Core: s3:PutBucketVersioning",
      "Actions Supported in Qumulo Core: s3:PutObject",
      "Actions Supported in Qumulo Core: s3:PutObjectTagging",
    ],
  },
  {
    document: "Qumulo",
    on: ["ceph-accounts"],
    kind: "cannot",
    reason: "the store has no such operation",
    rows: [
      "Actions Supported in Qumulo Core: s3:GetEncryptionConfiguration",
      "Actions Supported in Qumulo Core: s3:GetObjectAttributes",
    ],
  },
  {
    document: "Atman",
    on: ["ceph-users", "ceph-accounts"],
    kind: "cannot",
    reason: "the store has no such operation",
    rows: [
      "List of supported actions: s3:DeleteBucketWebsite",
      "List of supported actions: s3:GetAccelerateConfiguration",
      "List of supported actions: s3:GetBucketWebsite",
      "List of supported actions: s3:RestoreObject",
    ],
  },
  {
    document: "Atman",
    on: ["ceph-users", "ceph-accounts", "minio"],
    kind: "cannot",
    reason: "the store has no such operation",
    rows: [
      "List of supported actions: s3:PutAccelerateConfiguration",
      "List of supported actions: s3:PutBucketLogging",
      "List of supported actions: s3:PutBucketWebsite",
    ],
  },
  {
    document: "Atman",
    on: ["minio"],
    kind: "cannot",
    reason: "the store has no such operation",
    rows: [
      "List of supported actions: s3:PutBucketCORS",
      "List of supported actions: s3:PutBucketRequestPayment",
    ],
  },
  {
    document: "Atman",
    on: ["ceph-users", "ceph-accounts", "minio"],
    kind: "cannot",
    reason: "the store offers no torrents",
    rows: ["List of supported actions: s3:GetObjectTorrent"],
  },
];
