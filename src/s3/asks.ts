import { firstValue, hasHeader, type HeaderList } from "../http/headers.ts";
import type { Action } from "./actions.ts";
import type { Address, BucketName } from "./address.ts";
import type { CopySource } from "./copy-source.ts";
import type { DeleteEntry } from "./delete-objects.ts";
import { operationNamed, type OperationName } from "./operations.ts";

/**
 * A permission that the request needs: an action on a resource. Without a key it is on the bucket
 * itself. `B`: as for Address.
 */
export type Ask<B extends BucketName = BucketName> = {
  readonly action: Action;
  readonly operation: OperationName;
  /** The bucket; `undefined` for the service as a whole. */
  readonly bucket: B | undefined;
  readonly key: string | undefined;
  /** `key` is only what keys begin with: each of them must be allowed. */
  readonly below?: boolean;
};

/** The resource of an ask; for a source it is not the addressed one. */
type Resource<B extends BucketName> = {
  readonly bucket: B | undefined;
  readonly key: string | undefined;
};

/**
 * Returns the permissions that the head of a request needs: all must be allowed before anything is
 * sent. Follows "Required permissions" in each operation's page of the S3 API, with what its
 * headers add. `headers` is the list that also the store gets (see liftHeaders), free of repeated
 * deciding headers (see classify). `source` is the source of a copy or rename that they name.
 * DeleteObjects and PostObject need nothing *of their heads*: their asks are made from the body,
 * and an empty list must not be taken for an allowance there.
 */
export function asksOf<B extends BucketName>(
  operation: OperationName,
  address: Address<B>,
  versionId: string | undefined,
  headers: HeaderList,
  source: CopySource<B> | undefined,
): readonly Ask<B>[] {
  const row = operationNamed(operation);
  const target = resourceOf(address);
  const actions = versionId === undefined ? row.actions : row.versionedActions;
  const asks = actions.map(asker(operation, target));
  const ancillary = ANCILLARY[operation]?.(headers) ?? NONE;
  if (ancillary.length === 0 && source === undefined) return asks;
  const more = ancillary.map(asker(operation, target));
  if (source === undefined) return [...asks, ...more];
  const ofSource = sourceActions(operation, source, headers).map(asker(operation, source));
  return [...asks, ...more, ...ofSource];
}

/**
 * Returns the permissions to delete `entry` of a DeleteObjects body; `headers` are the request's.
 */
export function asksOfDelete<B extends BucketName>(
  bucket: B,
  entry: DeleteEntry,
  headers: HeaderList,
): readonly Ask<B>[] {
  const ask = asker("DeleteObjects", { bucket, key: entry.key });
  const action: Action =
    entry.versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  return [action, ...bypassActions(headers)].map(ask);
}

/**
 * Returns the actions that form or header fields add to writing an object. Its ACL, tags and locks
 * are permissions of their own (PutObject in the S3 API, "Permissions"). `fields` are names and
 * values, as headers.
 */
export function putActions(fields: HeaderList): readonly Action[] {
  const actions: Action[] = [];
  if (setsAcl(fields, HARMLESS_OBJECT_ACLS)) actions.push("s3:PutObjectAcl");
  if (hasHeader(fields, "x-amz-tagging")) actions.push("s3:PutObjectTagging");
  if (fields.some(isRetentionName)) actions.push("s3:PutObjectRetention");
  if (hasHeader(fields, "x-amz-object-lock-legal-hold")) actions.push("s3:PutObjectLegalHold");
  return actions;
}

/**
 * Returns the ARN of the resource of `ask`; a tenant stands where AWS has the account, as in Ceph.
 */
export function arnOf(ask: Ask): string {
  if (ask.bucket === undefined) return "arn:aws:s3:::*";
  const bucket = `arn:aws:s3::${ask.bucket.tenant ?? ""}:${ask.bucket.name}`;
  if (ask.key === undefined) return bucket;
  return ask.below === true ? `${bucket}/${ask.key}*` : `${bucket}/${ask.key}`;
}

function resourceOf<B extends BucketName>(address: Address<B>): Resource<B> {
  return {
    bucket: address.kind === "service" ? undefined : address.bucket,
    key: address.kind === "object" ? address.key : undefined,
  };
}

function asker<B extends BucketName>(
  operation: OperationName,
  { bucket, key }: Resource<B>,
): (action: Action) => Ask<B> {
  return (action) => ({ action, operation, bucket, key });
}

/** The actions that headers demand on the addressed resource besides the operation's row. */
const ANCILLARY: Partial<Record<OperationName, (headers: HeaderList) => readonly Action[]>> = {
  CopyObject: copyTargetActions,
  CreateBucket: createBucketActions,
  CreateMultipartUpload: putActions,
  DeleteObject: bypassActions,
  PutObject: putActions,
  PutObjectRetention: bypassActions,
};

const NONE: readonly Action[] = [];

/** "Canned ACL" values that grant nobody but the owner of the object or bucket anything. */
const HARMLESS_OBJECT_ACLS: ReadonlySet<string> = new Set(["private", "bucket-owner-full-control"]);
const HARMLESS_BUCKET_ACLS: ReadonlySet<string> = new Set(["private"]);

function copyTargetActions(headers: HeaderList): readonly Action[] {
  const actions = putActions(headers);
  return copiesAnnotations(headers) ? [...actions, "s3:PutObjectAnnotation"] : actions;
}

function createBucketActions(headers: HeaderList): readonly Action[] {
  const actions: Action[] = [];
  if (setsAcl(headers, HARMLESS_BUCKET_ACLS)) actions.push("s3:PutBucketAcl");
  if (isOn(headers, "x-amz-bucket-object-lock-enabled")) {
    actions.push("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning");
  }
  if (hasHeader(headers, "x-amz-object-ownership")) actions.push("s3:PutBucketOwnershipControls");
  return actions;
}

/** Returns the actions on the second resource of a copy or rename. */
function sourceActions(
  operation: OperationName,
  { versionId }: CopySource,
  headers: HeaderList,
): readonly Action[] {
  if (operation === "RenameObject") return ["s3:GetObject", "s3:DeleteObject"];
  const versioned = versionId !== undefined;
  const actions: Action[] = [versioned ? "s3:GetObjectVersion" : "s3:GetObject"];
  if (operation !== "CopyObject") return actions;
  // Unless they are replaced, the source's tags are copied, and so made readable elsewhere.
  if (firstValue(headers, "x-amz-tagging-directive") !== "REPLACE") {
    actions.push(versioned ? "s3:GetObjectVersionTagging" : "s3:GetObjectTagging");
  }
  if (copiesAnnotations(headers)) {
    actions.push(versioned ? "s3:GetObjectVersionAnnotation" : "s3:GetObjectAnnotation");
  }
  return actions;
}

function copiesAnnotations(headers: HeaderList): boolean {
  const directive = firstValue(headers, "x-amz-object-annotation-directive");
  return directive !== undefined && directive !== "EXCLUDE";
}

/** Returns true if a canned ACL or a grant gives a right to somebody. */
function setsAcl(fields: HeaderList, harmless: ReadonlySet<string>): boolean {
  const canned = firstValue(fields, "x-amz-acl");
  if (canned !== undefined && !harmless.has(canned)) return true;
  return fields.some((text, i) => i % 2 === 0 && text.startsWith("x-amz-grant-"));
}

function isRetentionName(text: string, index: number): boolean {
  if (index % 2 !== 0) return false;
  return (
    text === "x-amz-object-lock-mode" ||
    text === "x-amz-object-lock-retain-until-date" ||
    text.startsWith("x-amz-object-lock-event-hold")
  );
}

/** Returns the action that deleting asks for besides, if a header wants a lock passed by. */
export function bypassActions(headers: HeaderList): readonly Action[] {
  return isOn(headers, "x-amz-bypass-governance-retention") ? BYPASS : NONE;
}

const BYPASS: readonly Action[] = ["s3:BypassGovernanceRetention"];

/**
 * Returns true if a yes-or-no header has any value but no: stores differ in what they take for a
 * yes.
 */
function isOn(headers: HeaderList, name: string): boolean {
  const value = firstValue(headers, name);
  return value !== undefined && value.toLowerCase() !== "false";
}
