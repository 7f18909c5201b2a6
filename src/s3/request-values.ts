import { firstValue, type HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { child } from "./document-shape.ts";
import type { S3Document } from "./document-reader.ts";
import { fault, type Fault } from "./faults.ts";
import {
  lockInHeaders,
  lockInLegalHold,
  lockInRetention,
  NO_LOCK,
  type LockValues,
} from "./lock-values.ts";
import type { OperationName } from "./operations.ts";
import { grantsPublic, headersGrantPublic, isPublicAcl } from "./public-grants.ts";
import { parseTagging, tagsIn, tagsOfTagging, type Tags } from "./tags.ts";
import { malformed, type XmlElement } from "./xml.ts";

/** The values of a request that only the inside of its headers or its document tells. */
export type RequestValues = {
  /**
   * The tags that an object is to have. `undefined` if the request does not set them; empty if it
   * sets none.
   */
  readonly objectTags: Tags | undefined;
  /** The tags that a bucket is to have. No two keys differ in letter case alone. */
  readonly bucketTags: Tags | undefined;
  /** The place of a new bucket, as sent; "" is the store's default place. */
  readonly locationConstraint: string | undefined;
  readonly lock: LockValues;
  /** The optional fields of an inventory. Undefined: not spoken of. */
  readonly inventoryFields: readonly string[] | undefined;
  /** True if an ACL that is set lets everyone in. `undefined` if none is set. */
  readonly grantsPublic: boolean | undefined;
};

/**
 * Reads the tags, locks, places and grants of a request, each from the header or the document that
 * its operation's page in the S3 API Reference names. `headers` are those of liftHeaders(), or of a
 * form's PutObject (see putFromForm). `document` is `undefined` if it has not been read. Then only
 * the headers count, and if speaksInDocument() says so the question must be asked again. Errors:
 * InvalidArgument and MalformedXML for what stores could read differently; InvalidTag.
 */
export function requestValues(
  operation: OperationName,
  headers: HeaderList,
  document: S3Document | undefined,
): Result<RequestValues, Fault> {
  const row = ROWS[operation];
  const inHead = row?.head?.(headers) ?? NOTHING;
  if (!inHead.ok) return inHead;
  const inDocument = documentValues(operation, document);
  if (!inDocument.ok) return inDocument;
  return ok({ ...NO_VALUES, ...inHead.value, ...inDocument.value });
}

/** Returns true if the document of `operation` has values besides those of the headers. */
export function speaksInDocument(operation: OperationName): boolean {
  return ROWS[operation]?.document !== undefined;
}

type Values = Result<Partial<RequestValues>, Fault>;

/** The places of the values of one operation. No operation has the same value in both places. */
type ValuesRow = {
  readonly head?: (headers: HeaderList) => Values;
  readonly document?: (root: XmlElement) => Values;
};

const NOTHING = ok<Partial<RequestValues>>({});
const NO_VALUES: RequestValues = {
  objectTags: undefined,
  bucketTags: undefined,
  locationConstraint: undefined,
  lock: NO_LOCK,
  inventoryFields: undefined,
  grantsPublic: undefined,
};

const ACL: ValuesRow = {
  head: aclHeaders,
  document: (root) => ok({ grantsPublic: grantsPublic(root) }),
};

const ROWS: Partial<Record<OperationName, ValuesRow>> = {
  CopyObject: { head: copyHeaders },
  CreateBucket: { head: aclHeaders, document: creation },
  CreateMultipartUpload: { head: objectHeaders },
  PutBucketAcl: ACL,
  PutBucketInventoryConfiguration: { document: inventory },
  PutBucketLogging: { document: logging },
  PutBucketTagging: { document: (root) => bucketTags(tagsOfTagging(root)) },
  PutObject: { head: objectHeaders },
  PutObjectAcl: ACL,
  PutObjectLegalHold: { document: (root) => lock(lockInLegalHold(root)) },
  PutObjectRetention: { document: (root) => lock(lockInRetention(root)) },
  PutObjectTagging: { document: (root) => objectTags(tagsOfTagging(root)) },
  RestoreObject: { document: restore },
};

function documentValues(operation: OperationName, document: S3Document | undefined): Values {
  const read = ROWS[operation]?.document;
  return read === undefined || document?.kind !== "xml" ? NOTHING : read(document.root);
}

function aclHeaders(headers: HeaderList): Values {
  return ok({ grantsPublic: headersGrantPublic(headers) });
}

/** Reads the values of an object that is written from headers. */
function objectHeaders(headers: HeaderList): Values {
  const tagging = firstValue(headers, "x-amz-tagging");
  const tags = tagging === undefined ? NO_TAGS : parseTagging(tagging);
  if (!tags.ok) return tags;
  const locked = lockInHeaders(headers);
  if (!locked.ok) return locked;
  return ok({
    objectTags: tags.value,
    lock: locked.value,
    grantsPublic: headersGrantPublic(headers),
  });
}

const NO_TAGS = ok<Tags | undefined>(undefined);

/**
 * Reads the tags of a copy. They are only replaced if `x-amz-tagging-directive` says so; without it
 * S3 ignores `x-amz-tagging`, and the object gets its source's tags. To judge tags that are not
 * applied would let anyone meet a condition that asks for them. Not to judge them would let anyone
 * avoid one that forbids them at another store, which applies them. So they are refused.
 */
function copyHeaders(headers: HeaderList): Values {
  const replaces = firstValue(headers, "x-amz-tagging-directive") === "REPLACE";
  if (!replaces && firstValue(headers, "x-amz-tagging") !== undefined) {
    const message = 'x-amz-tagging on a copy needs the x-amz-tagging-directive "REPLACE"';
    return err(fault("InvalidArgument", message));
  }
  return objectHeaders(headers);
}

function objectTags(tags: Result<Tags, Fault>): Values {
  return tags.ok ? ok({ objectTags: tags.value }) : tags;
}

/** The condition keys of bucket tags ignore letter case: of two such twins, which would count? */
function bucketTags(tags: Result<Tags, Fault>): Values {
  if (!tags.ok) return tags;
  const folded = new Set([...tags.value.keys()].map((key) => key.toLowerCase()));
  if (folded.size === tags.value.size) return ok({ bucketTags: tags.value });
  return err(fault("InvalidTag", "The keys of two tags must differ in more than letter case"));
}

function lock(values: Result<LockValues, Fault>): Values {
  return values.ok ? ok({ lock: values.value }) : values;
}

function creation(root: XmlElement): Values {
  const locationConstraint = child(root, "LocationConstraint")?.text;
  if (locationConstraint !== locationConstraint?.trim()) {
    return err(malformed(`the location "${locationConstraint}" has outer spaces`));
  }
  const list = child(root, "Tags");
  const tags = list === undefined ? NOTHING : bucketTags(tagsIn(list));
  return tags.ok ? ok({ ...tags.value, locationConstraint }) : tags;
}

function inventory(root: XmlElement): Values {
  const inventoryFields = child(root, "OptionalFields")?.children.map(({ text }) => text);
  const spaced = inventoryFields?.find((field) => field !== field.trim());
  if (spaced === undefined) return ok({ inventoryFields });
  return err(malformed(`the field "${spaced}" has outer spaces`));
}

/** Reads who may read the logs. */
function logging(root: XmlElement): Values {
  const enabled = child(root, "LoggingEnabled");
  const grants = enabled && child(enabled, "TargetGrants");
  return ok({ grantsPublic: grants && grantsPublic(grants) });
}

/**
 * Reads the values of a restore: an object restored to another place gets an ACL and tags of its
 * own.
 */
function restore(root: XmlElement): Values {
  const output = child(root, "OutputLocation");
  const place = output && child(output, "S3");
  if (place === undefined) return NOTHING;
  const tagging = child(place, "Tagging");
  const tags = tagging === undefined ? NOTHING : objectTags(tagsOfTagging(tagging));
  return tags.ok ? ok({ ...tags.value, grantsPublic: aclOfRestored(place) }) : tags;
}

function aclOfRestored(place: XmlElement): boolean | undefined {
  const canned = child(place, "CannedACL");
  const list = child(place, "AccessControlList");
  if (canned === undefined && list === undefined) return undefined;
  return (
    (canned !== undefined && isPublicAcl(canned.text)) || (list !== undefined && grantsPublic(list))
  );
}
