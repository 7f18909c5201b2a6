import type { HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { checkAcl } from "./acl-document.ts";
import type { Action } from "./actions.ts";
import type { Address } from "./address.ts";
import { putActions, type Ask } from "./asks.ts";
import { writesTo, type Need, type Needs } from "./document-needs.ts";
import { child, closed, LEAF, open, wrongIn, type Shape } from "./document-shape.ts";
import { fault, type Fault } from "./faults.ts";
import type { OperationName } from "./operations.ts";
import { malformed, parseXml, type XmlElement } from "./xml.ts";

/**
 * What the document of a request needs besides what its head does: the buckets it names are
 * written by the store, with the store's rights, so whoever names one must be allowed to write
 * there. `headers` are the request's (see liftHeaders); `body` is the whole document, of which the
 * caller has bounded the size. Follows the request syntax of each operation in the S3 API
 * Reference. A document that no row reads needs nothing.
 * Errors: MalformedXML, also where two readers could understand a document differently or where it
 * names no destination and must; InvalidBucketName and KeyTooLongError for one that cannot be;
 * InvalidRequest for an ACL given twice.
 */
export function asksOfDocument(
  operation: OperationName,
  address: Address,
  headers: HeaderList,
  body: Buffer,
): Result<readonly Ask[], Fault> {
  const row = DOCUMENTS[operation];
  if (row === undefined) return NOTHING;
  const inHeaders = row.alsoInHeaders === true && setsAcl(headers);
  if (body.length === 0 && (row.optional === true || inHeaders)) return NOTHING;
  if (inHeaders) {
    const message = "The ACL must be given in headers or in the body, not in both";
    return err(fault("InvalidRequest", message));
  }
  const root = parseXml(body);
  if (!root.ok) return root;
  const wrong = wrongRoot(root.value, row);
  if (wrong !== undefined) return err(wrong);
  const needs = row.needs?.(root.value, address) ?? NO_NEEDS;
  return needs.ok ? ok(needs.value.map((need) => ({ ...need, operation }))) : needs;
}

const NOTHING = ok<readonly Ask[]>([]);
const NO_NEEDS = ok<readonly Need[]>([]);

/** One kind of document. */
type DocumentRow = {
  readonly root: string;
  readonly shape: Shape;
  /** No body at all is a document too. */
  readonly optional?: true;
  /** What it says may instead stand in `x-amz-acl` and `x-amz-grant-*`. */
  readonly alsoInHeaders?: true;
  readonly needs?: (root: XmlElement, address: Address) => Needs;
};

const DURATION = closed({ Days: LEAF, Years: LEAF });
const DESTINATION = open({ S3BucketDestination: open({ Bucket: LEAF, Prefix: LEAF }) });
const GRANTEE = closed({ DisplayName: LEAF, EmailAddress: LEAF, ID: LEAF, URI: LEAF });
const ACL: DocumentRow = {
  root: "AccessControlPolicy",
  shape: closed({
    Owner: closed({ DisplayName: LEAF, ID: LEAF }),
    AccessControlList: closed({ "Grant*": closed({ Grantee: GRANTEE, Permission: LEAF }) }),
  }),
  alsoInHeaders: true,
  needs: needsOfAcl,
};

/**
 * The documents that carry security or name other resources. Closed are those whose every element
 * decides who may do what or what is kept: an element that we do not know there might undo what we
 * read. The others are open, because newer SDKs add elements to them; what decides in them is
 * listed, stands at most once, and can have no double elsewhere (see wrongIn).
 */
const DOCUMENTS: Partial<Record<OperationName, DocumentRow>> = {
  CreateBucket: {
    root: "CreateBucketConfiguration",
    shape: open({
      Bucket: open({}),
      Location: open({}),
      LocationConstraint: LEAF,
      Tags: open({ "Tag*": open({}) }),
    }),
    optional: true,
    needs: needsOfCreation,
  },
  PutBucketAcl: ACL,
  PutBucketAnalyticsConfiguration: {
    root: "AnalyticsConfiguration",
    shape: open({
      StorageClassAnalysis: open({ DataExport: open({ Destination: DESTINATION }) }),
    }),
    needs: needsOfAnalytics,
  },
  PutBucketInventoryConfiguration: {
    root: "InventoryConfiguration",
    shape: open({ Destination: DESTINATION }),
    needs: (root) => needsOfExport(root),
  },
  PutBucketLifecycleConfiguration: { root: "LifecycleConfiguration", shape: open({}) },
  PutBucketLogging: {
    root: "BucketLoggingStatus",
    shape: open({
      LoggingEnabled: open({ TargetBucket: LEAF, TargetGrants: open({}), TargetPrefix: LEAF }),
    }),
    needs: needsOfLogging,
  },
  // Topics, queues and functions are no buckets, and the store asks their owners itself.
  PutBucketNotificationConfiguration: { root: "NotificationConfiguration", shape: open({}) },
  PutBucketReplication: {
    root: "ReplicationConfiguration",
    shape: open({
      "Rule*": open({
        DeleteMarkerReplication: open({ Status: LEAF }),
        DeleteReplication: open({ Status: LEAF }),
        Destination: open({ Bucket: LEAF }),
      }),
    }),
    needs: needsOfReplication,
  },
  PutBucketVersioning: {
    root: "VersioningConfiguration",
    shape: closed({
      // MinIO's own: what is left without versions.
      ExcludeFolders: LEAF,
      "ExcludedPrefixes*": closed({ Prefix: LEAF }),
      MfaDelete: LEAF,
      Status: LEAF,
    }),
  },
  PutObjectAcl: ACL,
  PutObjectLegalHold: { root: "LegalHold", shape: closed({ Status: LEAF }) },
  PutObjectLockConfiguration: {
    root: "ObjectLockConfiguration",
    shape: closed({
      ObjectLockEnabled: LEAF,
      Rule: closed({
        DefaultRetention: closed({
          Days: LEAF,
          DefaultEventHold: DURATION,
          Mode: LEAF,
          Years: LEAF,
        }),
      }),
    }),
  },
  PutObjectRetention: {
    root: "Retention",
    shape: closed({
      EventHold: LEAF,
      EventHoldDuration: DURATION,
      Mode: LEAF,
      RetainUntilDate: LEAF,
    }),
  },
  RestoreObject: {
    root: "RestoreRequest",
    shape: open({
      OutputLocation: open({
        S3: open({
          AccessControlList: open({}),
          BucketName: LEAF,
          CannedACL: LEAF,
          Prefix: LEAF,
          Tagging: open({}),
        }),
      }),
      SelectParameters: open({}),
    }),
    optional: true,
    needs: needsOfRestore,
  },
};

function wrongRoot(root: XmlElement, row: DocumentRow): Fault | undefined {
  if (root.name === row.root) return wrongIn(root, row.shape);
  return malformed(`its root is "${root.name}", not "${row.root}"`);
}

function setsAcl(headers: HeaderList): boolean {
  return headers.some(
    (text, i) => i % 2 === 0 && (text === "x-amz-acl" || text.startsWith("x-amz-grant-")),
  );
}

/** It needs nothing beyond the action of its operation, but must be readable in one way only. */
function needsOfAcl(root: XmlElement): Needs {
  const wrong = checkAcl(root);
  return wrong === undefined ? NO_NEEDS : err(wrong);
}

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
  const needs: Need[] = [];
  for (const rule of rules) {
    const destination = child(rule, "Destination");
    const written = writesTo(destination && child(destination, "Bucket"), undefined, [
      ...replicatedDeletions(rule),
    ]);
    if (!written.ok) return written;
    needs.push(...written.value);
  }
  return ok(needs);
}

/**
 * What a rule will delete at its destination. Markers are replicated unless that is disabled: so
 * it is in rules without a filter, and in the others the element must be there. `DeleteReplication`
 * is MinIO's, off unless named.
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
  return element && (child(element, "Status")?.text.trim() ?? "");
}

/**
 * A restore to another place: the object's content, or what a query selects of it, is written as
 * objects there. Which version that is stands in the head, so both ways of reading are needed.
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

/** ACL and tags of the objects to be written, as the headers of PutObject that say the same. */
function asHeaders(place: XmlElement): HeaderList {
  const headers: string[] = [];
  const canned = child(place, "CannedACL");
  if (canned !== undefined) headers.push("x-amz-acl", canned.text);
  if (child(place, "AccessControlList") !== undefined) headers.push("x-amz-grant-full-control", "");
  if (child(place, "Tagging") !== undefined) headers.push("x-amz-tagging", "");
  return headers;
}
