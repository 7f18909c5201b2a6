import type { HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Action } from "./actions.ts";
import type { Address } from "./address.ts";
import { putActions, type Ask } from "./asks.ts";
import { writesTo, type DocumentAsk, type Needs } from "./document-needs.ts";
import { child } from "./document-shape.ts";
import type { S3Document } from "./document-reader.ts";
import type { Fault } from "./faults.ts";
import type { OperationName } from "./operations.ts";
import { malformed, type XmlElement } from "./xml.ts";

/**
 * Returns the permissions that the document of a request needs besides those of its head. The store
 * writes to the buckets it names with the store's own rights, so a caller who names one must be
 * allowed to write there. Follows the request syntax of each operation in the S3 API Reference. A
 * document that nothing here reads needs nothing. Errors: MalformedXML if it names no destination
 * and must; InvalidBucketName and KeyTooLongError for an invalid one.
 */
export function asksOfDocument(
  operation: OperationName,
  address: Address,
  document: S3Document,
): Result<readonly Ask[], Fault> {
  if (document.kind !== "xml") return NO_ASKS;
  const needs = NEEDS[operation]?.(document.root, address);
  if (needs === undefined) return NO_ASKS;
  return needs.ok ? ok(needs.value.map((need) => ({ ...need, operation }))) : needs;
}

/** Returns true if a document of `operation` can need more than its head does. */
export function needsOfDocument(operation: OperationName): boolean {
  return NEEDS[operation] !== undefined;
}

const NO_ASKS = ok<readonly Ask[]>([]);
const NO_NEEDS = ok<readonly DocumentAsk[]>([]);

/** The documents that name other resources or ask for more than their operation. */
const NEEDS: Partial<Record<OperationName, (root: XmlElement, address: Address) => Needs>> = {
  CreateBucket: needsOfCreation,
  PutBucketAnalyticsConfiguration: needsOfAnalytics,
  PutBucketInventoryConfiguration: needsOfExport,
  PutBucketLogging: needsOfLogging,
  PutBucketReplication: needsOfReplication,
  RestoreObject: needsOfRestore,
};

/** Tags of the new bucket ("CreateBucket", S3 API Reference: `Tags`). */
function needsOfCreation(root: XmlElement, address: Address): Needs {
  if (child(root, "Tags") === undefined || address.kind === "service") return NO_NEEDS;
  return ok([{ action: "s3:TagResource", bucket: address.bucket, key: undefined }]);
}

/** An empty BucketLoggingStatus ends logging and names nothing. */
function needsOfLogging(root: XmlElement): Needs {
  const enabled = child(root, "LoggingEnabled");
  if (enabled === undefined) return NO_NEEDS;
  const grants = child(enabled, "TargetGrants")?.children.length ?? 0;
  const actions: Action[] = grants === 0 ? [] : ["s3:PutObjectAcl"];
  return writesTo(child(enabled, "TargetBucket"), child(enabled, "TargetPrefix"), actions);
}

function needsOfAnalytics(root: XmlElement): Needs {
  const analysis = child(root, "StorageClassAnalysis");
  const dataExport = analysis && child(analysis, "DataExport");
  return dataExport === undefined ? NO_NEEDS : needsOfExport(dataExport);
}

/** `<Destination>` of an inventory or an analysis. */
function needsOfExport(parent: XmlElement): Needs {
  const destination = child(parent, "Destination");
  const place = destination && child(destination, "S3BucketDestination");
  if (place === undefined) return err(malformed(`"${parent.name}" names no destination`));
  return writesTo(child(place, "Bucket"), child(place, "Prefix"), []);
}

/** "Replication configuration", S3 User Guide. */
const RULES_MAX = 1000;

function needsOfReplication(root: XmlElement): Needs {
  const rules = root.children.filter(({ name }) => name === "Rule");
  if (rules.length > RULES_MAX) return err(malformed(`it has more than ${RULES_MAX} rules`));
  const needs: DocumentAsk[] = [];
  for (const rule of rules) {
    const destination = child(rule, "Destination");
    const written = writesTo(
      destination && child(destination, "Bucket"),
      replicatedPrefix(rule),
      replicatedDeletions(rule),
    );
    if (!written.ok) return written;
    needs.push(...written.value);
  }
  return ok(needs);
}

/**
 * Returns the element with the prefix of the keys of a rule, at both ends; `undefined` for any key.
 * Tags in a filter narrow nothing that could be told beforehand. If a rule names a prefix twice,
 * none of them narrows it.
 */
function replicatedPrefix(rule: XmlElement): XmlElement | undefined {
  const filter = child(rule, "Filter");
  const and = filter && child(filter, "And");
  const [prefix, ...more] = [rule, filter, and]
    .map((place) => place && child(place, "Prefix"))
    .filter((named) => named !== undefined);
  return more.length === 0 ? prefix : undefined;
}

/**
 * Returns the deletions that a rule will make at its destination. Markers are replicated unless
 * that is disabled: so it is in rules without a filter, and in the others the element must be
 * there. `DeleteReplication` is MinIO's, off unless named. Only the bare word counts: a store might
 * read another status of one with space around it.
 */
function replicatedDeletions(rule: XmlElement): readonly Action[] {
  const actions: Action[] = [];
  if (statusOf(rule, "DeleteMarkerReplication") !== "Disabled") actions.push("s3:DeleteObject");
  const versions = statusOf(rule, "DeleteReplication") ?? "Disabled";
  if (versions !== "Disabled") actions.push("s3:DeleteObjectVersion");
  return actions;
}

function statusOf(rule: XmlElement, name: string): string | undefined {
  const element = child(rule, name);
  return element && (child(element, "Status")?.text ?? "");
}

/**
 * Returns the needs of a restore to another place: the object's content, or the result of a query
 * on it, is written as objects there. The head says which version that is, so both ways of reading
 * are needed.
 */
function needsOfRestore(root: XmlElement, address: Address): Needs {
  const output = child(root, "OutputLocation");
  if (output === undefined && child(root, "SelectParameters") === undefined) return NO_NEEDS;
  if (address.kind !== "object") throw new Error("RestoreObject addresses an object");
  const place = output && child(output, "S3");
  if (place === undefined) return err(malformed(`"${root.name}" names no output location`));
  const written = writesTo(
    child(place, "BucketName"),
    child(place, "Prefix"),
    putActions(asHeaders(place)),
  );
  if (!written.ok) return written;
  const { bucket, key } = address;
  return ok([
    ...written.value,
    { action: "s3:GetObject", bucket, key },
    { action: "s3:GetObjectVersion", bucket, key },
  ]);
}

/**
 * Returns ACL and tags of the objects to be written, as the headers of PutObject that say the same.
 */
function asHeaders(place: XmlElement): HeaderList {
  const headers: string[] = [];
  const canned = child(place, "CannedACL");
  if (canned !== undefined) headers.push("x-amz-acl", canned.text);
  if (child(place, "AccessControlList") !== undefined) headers.push("x-amz-grant-full-control", "");
  if (child(place, "Tagging") !== undefined) headers.push("x-amz-tagging", "");
  return headers;
}
