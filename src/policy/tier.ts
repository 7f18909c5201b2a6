import { ok, type Result } from "../lib/result.ts";
import { compileActions, type ActionFault } from "./actions.ts";

/** `READ`, `WRITE`, `READWRITE`, `FULL`, or a name of the operator's own. */
export type TierName = string;

/** The ceiling of a subuser: what it may do at most. */
export type Tier = {
  readonly name: TierName;
  /** Canonical names such as `s3:GetObject`, patterns already expanded. */
  readonly actions: ReadonlySet<string>;
};

/** Whether `tier` includes the canonical `action` (S3-AUTHORIZATION section 4.3, gate 6). */
export function tierAllows(tier: Tier, action: string): boolean {
  return tier.actions.has(action);
}

/**
 * A tier from action patterns such as `s3:Get*`, expanded so that a decision is one look-up. A
 * pattern grants the actions it matches and nothing else; one that names only operations
 * (`s3:HeadObject`) grants nothing. The error is that of compileActions().
 */
export function compileTier(
  name: TierName,
  patterns: readonly string[],
): Result<Tier, ActionFault> {
  const set = compileActions(patterns);
  return set.ok ? ok({ name, actions: set.value.actions }) : set;
}

/**
 * What clients ask of any bucket before they read or write in it: SDKs, s3cmd and rclone call
 * both, and neither shows or changes data (section 5.3, the row "not in matrix").
 */
const PREPARE: readonly string[] = ["s3:GetBucketLocation", "s3:GetBucketVersioning"];

/**
 * RGW's bit READ (section 4.1): objects with their tags and lock state, and every listing.
 * Annotations, which RGW does not know, are parts of an object and go with it.
 */
const READ: readonly string[] = [
  ...PREPARE,
  "s3:GetObject",
  "s3:GetObjectVersion",
  "s3:GetObjectAttributes",
  "s3:GetObjectVersionAttributes",
  "s3:GetObjectTagging",
  "s3:GetObjectVersionTagging",
  "s3:GetObjectAnnotation",
  "s3:GetObjectVersionAnnotation",
  "s3:GetObjectRetention",
  "s3:GetObjectLegalHold",
  "s3:ListAllMyBuckets",
  "s3:ListBucket",
  "s3:ListBucketVersions",
  "s3:ListBucketMultipartUploads",
  "s3:ListMultipartUploadParts",
  "s3:ListObjectAnnotations",
  "s3:ListObjectVersionAnnotations",
];

/**
 * RGW's bit WRITE (section 4.1): objects and buckets are made and removed, nothing is read, and
 * how a bucket works (versioning, policy, ACL) stays as it is. Left out, unlike in RGW:
 * BypassGovernanceRetention, since a key that may destroy retained data is no mere writer.
 */
const WRITE: readonly string[] = [
  ...PREPARE,
  "s3:CreateBucket",
  "s3:DeleteBucket",
  "s3:PutObject",
  "s3:AbortMultipartUpload",
  "s3:RestoreObject",
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:PutObjectTagging",
  "s3:PutObjectVersionTagging",
  "s3:DeleteObjectTagging",
  "s3:DeleteObjectVersionTagging",
  "s3:PutObjectAnnotation",
  "s3:PutObjectVersionAnnotation",
  "s3:DeleteObjectAnnotation",
  "s3:DeleteObjectVersionAnnotation",
  "s3:PutObjectRetention",
  "s3:PutObjectLegalHold",
];

/**
 * The tiers of the `aws` provider: for each name the action patterns it allows. Policies, ACLs
 * and the configuration of buckets are FULL's alone, to see and to change (section 5.3: a plain
 * writer who may write policies grants itself the rest, pitfall 6.5).
 */
export const DEFAULT_TIERS = {
  READ,
  WRITE,
  READWRITE: [...new Set([...READ, ...WRITE])],
  FULL: ["*"],
} as const satisfies Record<TierName, readonly string[]>;
