import { valuesOf, type HeaderList } from "../http/headers.ts";
import type { QueryParameter } from "../http/target.ts";
import type { DeleteEntry } from "./delete-objects.ts";
import type { S3Document } from "./document-reader.ts";
import { operationNamed, type OperationName } from "./operations.ts";
import type { XmlElement } from "./xml.ts";

/**
 * Returns the reason why a request could destroy the history of objects, as a sentence for the
 * client; `undefined` if it could not. It is for buckets whose older versions must outlive a stolen
 * key, even the owner's (Coscine disabled s3:DeleteObjectVersion "to prevent a compromised account
 * from deleting both files and all their backups"). `headers` are those of liftHeaders().
 * `document` is `undefined` if it has not been read: then the head alone decides, and for
 * BODY_RULES the question must be asked again. The entries of DeleteObjects are
 * entryEndangersHistory()'s. An unknown operation that writes counts as a danger.
 *
 * Not seen here, since a request does not tell it: whether the bucket keeps versions at all. In one
 * that does not, overwriting and plain deleting destroy.
 */
export function endangersHistory(
  operation: OperationName,
  query: readonly QueryParameter[],
  headers: HeaderList,
  document: S3Document | undefined,
): string | undefined {
  if (bypassesGovernance(headers)) return sentence("Bypassing governance retention");
  const { method } = operationNamed(operation);
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return undefined;
  if (HARMLESS.has(operation)) return undefined;
  const rule = RULES[operation];
  if (rule === undefined) return sentence(operation);
  if (document === undefined && BODY_RULES.has(operation)) return undefined;
  const root = document?.kind === "xml" ? document.root : undefined;
  return rule.applies(query, root) ? sentence(rule.what) : undefined;
}

/**
 * The same for one `<Object>` of a DeleteObjects body; `headers` are the request's. Without a
 * version only a delete marker is added.
 */
export function entryEndangersHistory(entry: DeleteEntry, headers: HeaderList): string | undefined {
  if (bypassesGovernance(headers)) return sentence("Bypassing governance retention");
  return entry.versionId === undefined ? undefined : sentence("Deleting a version");
}

type Rule = {
  /** Begins the sentence. */
  readonly what: string;
  readonly applies: (query: readonly QueryParameter[], root: XmlElement | undefined) => boolean;
};

/** The operations whose danger only the body tells. */
const BODY_RULES: ReadonlySet<OperationName> = new Set<OperationName>([
  "PutBucketLifecycleConfiguration",
  "PutBucketVersioning",
  "PutObjectLegalHold",
  "PutObjectRetention",
]);

/** The operations that endanger history, always or on a condition. */
const RULES: Partial<Record<OperationName, Rule>> = {
  DeleteBucket: { what: "Deleting a bucket", applies: always },
  // A PUT that expires nothing is let through, although nobody knows what it replaces: it can only
  // keep more. Removing the rules is an operator's decision all the same.
  DeleteBucketLifecycle: { what: "Removing the lifecycle rules", applies: always },
  // A replica is where history survives, and a PUT replaces what was there.
  DeleteBucketReplication: { what: "Removing replication", applies: always },
  DeleteObject: { what: "Deleting a version", applies: namesVersion },
  DeleteObjectAnnotation: { what: "Deleting an annotation of a version", applies: namesVersion },
  PutBucketLifecycleConfiguration: {
    what: "A lifecycle rule that may expire objects",
    applies: (_, root) => mayExpire(root),
  },
  PutBucketReplication: { what: "Changing replication", applies: always },
  PutBucketVersioning: {
    what: "Anything but enabling versioning",
    applies: (_, root) => !onlyEnables(root),
  },
  PutObjectAnnotation: { what: "Replacing an annotation of a version", applies: namesVersion },
  PutObjectLegalHold: {
    what: "Releasing a legal hold",
    applies: (_, root) => !saysOnly(root, "Status", "ON"),
  },
  // The earlier configuration is not known here, so every change may be a shorter one.
  PutObjectLockConfiguration: { what: "Changing the object lock configuration", applies: always },
  // Stores shorten a retention only with the bypass, which is refused above; an event hold is
  // released without one.
  PutObjectRetention: {
    what: "Releasing an event hold",
    applies: (_, root) =>
      root === undefined || (has(root, "EventHold") && !saysOnly(root, "EventHold", "ON")),
  },
  // Encrypts what is there anew, a version too: with a key of somebody else it is lost.
  UpdateObjectEncryption: { what: "Encrypting an existing object anew", applies: always },
};

/**
 * Writes that leave every version as it is. A list of its own, so that an operation that is new in
 * the table is refused until somebody has thought about it.
 */
const HARMLESS: ReadonlySet<OperationName> = new Set<OperationName>([
  "AbortMultipartUpload",
  "CompleteMultipartUpload",
  "CopyObject",
  "CreateBucket",
  "CreateBucketMetadataConfiguration",
  "CreateBucketMetadataTableConfiguration",
  "CreateMultipartUpload",
  "DeleteBucketAnalyticsConfiguration",
  "DeleteBucketCors",
  "DeleteBucketEncryption",
  "DeleteBucketIntelligentTieringConfiguration",
  "DeleteBucketInventoryConfiguration",
  "DeleteBucketMetadataConfiguration",
  "DeleteBucketMetadataTableConfiguration",
  "DeleteBucketMetricsConfiguration",
  "DeleteBucketOwnershipControls",
  "DeleteBucketPolicy",
  "DeleteBucketTagging",
  "DeleteBucketWebsite",
  "DeleteObjectTagging",
  // Judged entry by entry.
  "DeleteObjects",
  "DeletePublicAccessBlock",
  "PostObject",
  "PutBucketAbac",
  "PutBucketAccelerateConfiguration",
  "PutBucketAcl",
  "PutBucketAnalyticsConfiguration",
  "PutBucketCors",
  "PutBucketEncryption",
  "PutBucketIntelligentTieringConfiguration",
  "PutBucketInventoryConfiguration",
  "PutBucketLogging",
  "PutBucketMetricsConfiguration",
  "PutBucketNotificationConfiguration",
  "PutBucketOwnershipControls",
  // The callers it lets in come through this guard as well.
  "PutBucketPolicy",
  "PutBucketRequestPayment",
  "PutBucketTagging",
  "PutBucketWebsite",
  "PutObject",
  "PutObjectAcl",
  "PutObjectTagging",
  "PutPublicAccessBlock",
  "RenameObject",
  "RestoreObject",
  "SelectObjectContent",
  "UpdateBucketMetadataAnnotationTableConfiguration",
  "UpdateBucketMetadataInventoryTableConfiguration",
  "UpdateBucketMetadataJournalTableConfiguration",
  "UploadPart",
  "UploadPartCopy",
  "WriteGetObjectResponse",
]);

function sentence(what: string): string {
  return `${what} is not allowed here, because it could destroy the history of objects`;
}

/** Returns true for any value but no: stores differ in what they take for a yes. */
function bypassesGovernance(headers: HeaderList): boolean {
  return valuesOf(headers, "x-amz-bypass-governance-retention").some(
    (value) => value.toLowerCase() !== "false",
  );
}

function always(): boolean {
  return true;
}

/**
 * Returns true for a version of any value: `null` is a version too, and an empty one is for the
 * store to refuse.
 */
function namesVersion(query: readonly QueryParameter[]): boolean {
  return query.some(({ name }) => name === "versionId");
}

/**
 * The elements of a rule that delete nothing. All others count as a danger: Expiration,
 * NoncurrentVersionExpiration, and MinIO's own (DelMarkerExpiration).
 */
const KEEPING: ReadonlySet<string> = new Set([
  "AbortIncompleteMultipartUpload",
  "Filter",
  "ID",
  "NoncurrentVersionTransition",
  "Prefix",
  "Status",
  "Transition",
]);

function mayExpire(root: XmlElement | undefined): boolean {
  if (root === undefined) return true;
  return !root.children.every(
    ({ name, children }) => name === "Rule" && children.every((part) => KEEPING.has(part.name)),
  );
}

/**
 * Returns true if the document only enables versions. Beside the status may stand MfaDelete or, in
 * MinIO, prefixes that are left without versions.
 */
function onlyEnables(root: XmlElement | undefined): boolean {
  const [status, ...more] = root?.children ?? [];
  return more.length === 0 && status?.name === "Status" && status.text.trim() === "Enabled";
}

/** Returns true if there is an element `name` and every one of that name says `text`. */
function saysOnly(root: XmlElement | undefined, name: string, text: string): boolean {
  const found = elementsNamed(root, name);
  return found.length > 0 && found.every((element) => element.text.trim() === text);
}

function has(root: XmlElement, name: string): boolean {
  return elementsNamed(root, name).length > 0;
}

/**
 * Returns the elements of that name, at any depth and with any prefix, because stores differ in
 * where and how they look.
 */
function elementsNamed(root: XmlElement | undefined, name: string): readonly XmlElement[] {
  if (root === undefined) return [];
  const inside = root.children.flatMap((child) => elementsNamed(child, name));
  return root.name.slice(root.name.indexOf(":") + 1) === name ? [root, ...inside] : inside;
}
