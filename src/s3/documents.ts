import type { HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { checkAcl } from "./acl-document.ts";
import { child, closed, LEAF, open, wrongIn, type Shape } from "./document-shape.ts";
import { fault, type Fault } from "./faults.ts";
import type { OperationName } from "./operations.ts";
import { tagsIn, tagsOfTagging } from "./tags.ts";
import { malformed, parseXml, type XmlElement } from "./xml.ts";

/**
 * The root of a request's document, once nothing in it can be understood in two ways. Follows the
 * request syntax of each operation in the S3 API Reference. Undefined: there is none, or it is one
 * that nothing here reads. `headers` are the request's (see liftHeaders); `body` is the whole
 * document, of which the caller has bounded the size.
 * Errors: MalformedXML; InvalidRequest for an ACL given twice; InvalidTag.
 */
export function readDocument(
  operation: OperationName,
  headers: HeaderList,
  body: Buffer,
): Result<XmlElement | undefined, Fault> {
  const row = DOCUMENTS[operation];
  if (row === undefined) return NONE;
  const inHeaders = row.alsoInHeaders === true && setsAcl(headers);
  if (body.length === 0 && (row.optional === true || inHeaders)) return NONE;
  if (inHeaders) {
    const message = "The ACL must be given in headers or in the body, not in both";
    return err(fault("InvalidRequest", message));
  }
  const root = parseXml(body);
  if (!root.ok) return root;
  const wrong = wrongRoot(root.value, row) ?? row.check?.(root.value);
  return wrong === undefined ? root : err(wrong);
}

const NONE = ok<XmlElement | undefined>(undefined);

/** One kind of document. */
type DocumentRow = {
  readonly root: string;
  readonly shape: Shape;
  /** No body at all is a document too. */
  readonly optional?: true;
  /** What it says may instead stand in `x-amz-acl` and `x-amz-grant-*`. */
  readonly alsoInHeaders?: true;
  /** What else is wrong with it, once it has the shape. */
  readonly check?: (root: XmlElement) => Fault | undefined;
};

const DURATION = closed({ Days: LEAF, Years: LEAF });
const DESTINATION = open({ S3BucketDestination: open({ Bucket: LEAF, Prefix: LEAF }) });
const GRANTEE = closed({ DisplayName: LEAF, EmailAddress: LEAF, ID: LEAF, URI: LEAF });
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
const DOCUMENTS: Partial<Record<OperationName, DocumentRow>> = {
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
  PutBucketLifecycleConfiguration: { root: "LifecycleConfiguration", shape: open({}) },
  PutBucketLogging: {
    root: "BucketLoggingStatus",
    shape: open({
      LoggingEnabled: open({ TargetBucket: LEAF, TargetGrants: open({}), TargetPrefix: LEAF }),
    }),
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
        Filter: open({ And: open({ Prefix: LEAF }), Prefix: LEAF }),
        Prefix: LEAF,
      }),
    }),
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
    optional: true,
  },
};

function wrongRoot(root: XmlElement, row: DocumentRow): Fault | undefined {
  if (root.name === row.root) return wrongIn(root, row.shape);
  return malformed(`its root is "${root.name}", not "${row.root}"`);
}

/** Of a new bucket, which may have none. */
function wrongTags(root: XmlElement): Fault | undefined {
  const tags = child(root, "Tags");
  return tags && errorOf(tagsIn(tags));
}

function errorOf(result: Result<unknown, Fault>): Fault | undefined {
  return result.ok ? undefined : result.error;
}

function setsAcl(headers: HeaderList): boolean {
  return headers.some(
    (text, i) => i % 2 === 0 && (text === "x-amz-acl" || text.startsWith("x-amz-grant-")),
  );
}
