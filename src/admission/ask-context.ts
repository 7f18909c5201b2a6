import type { Context } from "../policy/condition-keys.ts";
import type { Ask } from "../s3/asks.ts";
import type { Address } from "../s3/address.ts";
import type { Bucket } from "../s3/bucket.ts";
import { valueIgnoringCase, type Tags } from "../s3/tags.ts";
import type { Subject } from "./subject.ts";

/** A bucket or object whose tags the store has. `versionId` only of objects. */
export type Tagged = {
  /** The name by which its tags are known, see Known. */
  readonly name: string;
  readonly address: Address<Bucket>;
  readonly versionId: string | undefined;
  /** Set if it is more than one object: then nobody can tell its tags. */
  readonly many?: true;
};

/**
 * Returns the request's values with those of the one resource that `ask` is about: the account of
 * its bucket (`owner`), its version, its stored tags. Tags that are asked for and not known yet are
 * added to `wanted`, and have no value meanwhile: such an evaluation decides nothing.
 */
export function contextFor(
  ask: Ask<Bucket>,
  owner: string | undefined,
  context: Context,
  subject: Subject,
  wanted: Tagged[],
): Context {
  return (key, tag) => {
    switch (key) {
      case "aws:ResourceAccount":
      case "s3:ResourceAccount":
        return owner;
      case "gw:Operation":
        // A form is judged as the PutObject that it becomes, and is PostObject all the same.
        return ask.operation;
      case "s3:versionid":
        // For an entry of DeleteObjects, too: its subject is that entry's own.
        return (isOfSource(ask.action, subject) ? subject.source : subject)?.versionId;
      case "s3:ExistingObjectTag":
        return known(taggedObject(ask, subject), subject, wanted)?.get(tag);
      case "aws:ResourceTag":
      case "s3:BucketTag":
        return valueIgnoringCase(known(taggedBucket(ask.bucket), subject, wanted), tag);
      default:
        return context(key, tag);
    }
  };
}

function known(
  tagged: Tagged | undefined,
  { known: { tags } }: Subject,
  wanted: Tagged[],
): Tags | undefined {
  if (tagged === undefined) return undefined;
  const found = tags.get(tagged.name);
  if (found === undefined && !wanted.some(({ name }) => name === tagged.name)) wanted.push(tagged);
  return found;
}

function taggedBucket(bucket: Bucket | undefined): Tagged | undefined {
  if (bucket === undefined) return undefined;
  return { name: bucket.id, address: { kind: "bucket", bucket }, versionId: undefined };
}

/**
 * Returns the object whose tags count; `undefined` if this action has no such key, as writing and
 * deleting (section 2.2).
 */
function taggedObject(
  { action, bucket, key, below }: Ask<Bucket>,
  subject: Subject,
): Tagged | undefined {
  if (bucket === undefined || key === undefined || !SEES_TAGS.test(action)) return undefined;
  if (below === true) {
    // An object that is still to be written does not exist yet.
    if (!action.startsWith("s3:Get")) return undefined;
    const address = { kind: "object", bucket, key } as const;
    return { name: `${bucket.id}/${key}*`, address, versionId: undefined, many: true };
  }
  const { versionId } = isOfSource(action, subject) ? (subject.source ?? NO_VERSION) : subject;
  // The version's length before it: no two of bucket, version and key come to the same name.
  const version = versionId === undefined ? "" : `${versionId.length}:${versionId}`;
  const name = `${bucket.id}/${version}/${key}`;
  return { name, address: { kind: "object", bucket, key }, versionId };
}

const NO_VERSION = { versionId: undefined };

/** The actions of section 2.2 with s3:ExistingObjectTag. */
const SEES_TAGS =
  /^s3:(?:GetObject(?:Version)?(?:Acl|Annotation|Attributes|Tagging)?|(?:Put|Delete)Object(?:Version)?(?:Annotation|Tagging)|PutObject(?:Version)?Acl|ListObject(?:Version)?Annotations|UpdateObjectEncryption)$/;

/**
 * Returns true if the action is on the source: a copy reads its source only, and writes its target
 * only; a rename also deletes its source.
 */
function isOfSource(action: string, { operation, source }: Subject): boolean {
  if (source === undefined) return false;
  const isRead = action.startsWith("s3:Get");
  return operation === "RenameObject" ? isRead || action === "s3:DeleteObject" : isRead;
}
