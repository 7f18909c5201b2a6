import { checkAcl } from "./acl-document.ts";
import { child, closed, LEAF, open, type Shape } from "./document-shape.ts";
import type { Fault } from "./faults.ts";
import type { OperationName } from "./operations.ts";
import { tagsIn, tagsOfTagging } from "./tags.ts";
import type { Result } from "../lib/result.ts";
import type { XmlBounds } from "./xml-bounds.ts";
import type { XmlElement } from "./xml.ts";

/** A kind of document. */
export type DocumentRow = {
  readonly root: string;
  readonly shape: Shape;
  /** The bounds; SMALL if absent. */
  readonly bounds?: XmlBounds;
  /** No body at all is a document too. */
  readonly optional?: true;
  /** True if `x-amz-acl` and `x-amz-grant-*` can say the same instead. */
  readonly alsoInHeaders?: true;
  /** Checks the rest of the document, once it has the shape. */
  readonly check?: (root: XmlElement) => Fault | undefined;
};

/**
 * The bounds of documents without long lists: S3 has at most 100 grants of an ACL, 50 tags of a
 * bucket and 10 of an object. No text of theirs is longer than a key (1,024 bytes, each ten
 * characters if it is written as a reference).
 */
export const SMALL: XmlBounds = { elements: 1_000, children: 100, textLength: 64 * 1024 };

/** "Lifecycle configuration", "Replication configuration", S3 User Guide: at most 1,000 rules. */
const RULES: XmlBounds = { elements: 50_000, children: 1_001, textLength: 64 * 1024 };

/** "SQL reference for Amazon S3 Select", S3 User Guide: an expression has at most 256 KB. */
const SELECTION: XmlBounds = { ...SMALL, textLength: 512 * 1024 };

const DURATION = closed({ Days: LEAF, Years: LEAF });
const DESTINATION = open({ S3BucketDestination: open({ Bucket: LEAF, Prefix: LEAF }) });
/** `Type`: MinIO's, see checkAcl(). */
const GRANTEE = closed({ DisplayName: LEAF, EmailAddress: LEAF, ID: LEAF, Type: LEAF, URI: LEAF });
const TAG_LIST = closed({ "Tag*": closed({ Key: LEAF, Value: LEAF }) });
const TAGGING = closed({ TagSet: TAG_LIST });
const TAGGED: DocumentRow = {
  root: "Tagging",
  shape: TAGGING,
  check: (root) => errorOf(tagsOfTagging(root)),
};
const ACL: DocumentRow = {
  root: "AccessControlPolicy",
  shape: closed({
    Owner: closed({ DisplayName: LEAF, ID: LEAF }),
    AccessControlList: closed({ "Grant*": closed({ Grantee: GRANTEE, Permission: LEAF }) }),
  }),
  alsoInHeaders: true,
  check: checkAcl,
};

/**
 * The documents that carry security or name other resources. Closed are those whose every element
 * decides who may do what or what is kept: an element that we do not know there might undo what we
 * read. The others are open, because newer SDKs add elements to them; what decides in them is
 * listed, stands at most once, and can have no double elsewhere (see wrongIn).
 */
export const DOCUMENTS: Partial<Record<OperationName, DocumentRow>> = {
  CreateBucket: {
    root: "CreateBucketConfiguration",
    shape: open({
      Bucket: open({}),
      Location: open({}),
      LocationConstraint: LEAF,
      Tags: TAG_LIST,
    }),
    optional: true,
    check: wrongTags,
  },
  PutBucketAcl: ACL,
  PutBucketAnalyticsConfiguration: {
    root: "AnalyticsConfiguration",
    shape: open({
      StorageClassAnalysis: open({ DataExport: open({ Destination: DESTINATION }) }),
    }),
  },
  PutBucketInventoryConfiguration: {
    root: "InventoryConfiguration",
    shape: open({ Destination: DESTINATION, OptionalFields: closed({ "Field*": LEAF }) }),
  },
  PutBucketLifecycleConfiguration: {
    root: "LifecycleConfiguration",
    shape: open({}),
    bounds: RULES,
  },
  PutBucketLogging: {
    root: "BucketLoggingStatus",
    shape: open({
      LoggingEnabled: open({ TargetBucket: LEAF, TargetGrants: open({}), TargetPrefix: LEAF }),
    }),
  },
  // Topics, queues and functions are no buckets, and the store asks their owners itself.
  PutBucketNotificationConfiguration: {
    root: "NotificationConfiguration",
    shape: open({}),
    bounds: RULES,
  },
  PutBucketReplication: {
    root: "ReplicationConfiguration",
    shape: open({
      "Rule*": open({
        DeleteMarkerReplication: open({ Status: LEAF }),
        DeleteReplication: open({ Status: LEAF }),
        Destination: open({ Bucket: LEAF }),
        Filter: open({ And: open({ Prefix: LEAF }), Prefix: LEAF }),
        Prefix: LEAF,
      }),
    }),
    bounds: RULES,
  },
  PutBucketTagging: TAGGED,
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
  PutObjectTagging: TAGGED,
  RestoreObject: {
    root: "RestoreRequest",
    shape: open({
      OutputLocation: open({
        S3: open({
          AccessControlList: open({}),
          BucketName: LEAF,
          CannedACL: LEAF,
          Prefix: LEAF,
          Tagging: TAGGING,
        }),
      }),
      SelectParameters: open({}),
    }),
    bounds: SELECTION,
    optional: true,
  },
};

/** Returns the fault of the tags of a new bucket, which may have none. */
function wrongTags(root: XmlElement): Fault | undefined {
  const tags = child(root, "Tags");
  return tags && errorOf(tagsIn(tags));
}

function errorOf(result: Result<unknown, Fault>): Fault | undefined {
  return result.ok ? undefined : result.error;
}
