import { argument, awsFault, fault, type Fault } from "./faults.ts";
import { isLockInstant } from "./lock-values.ts";
import { parseTagging } from "./tags.ts";

/**
 * The check of a header's or parameter's value, for names that rules can name: exactly S3's values,
 * in S3's own spelling. Stores are more lenient (RGW reads `max-keys=10%20` as 10, `replace` as
 * REPLACE and `ID=` as `id=`), and then a rule would judge another value than the one that counts.
 * So any value with a second reading is refused before anything is judged, as S3 refuses it too.
 */
type Grammar = (value: string, name: string) => Fault | undefined;

/**
 * Returns the fault of a `value` that S3 does not know for the header `name` (lower-case);
 * `undefined` if S3 knows it.
 */
export function wrongHeaderValue(name: string, value: string): Fault | undefined {
  return HEADERS.get(name)?.(value, name);
}

/**
 * The same of a query parameter's decoded value. `beyondBounds`: numbers of parts may be beyond S3's, for
 * the store to answer.
 */
export function wrongParameterValue(
  name: string,
  value: string,
  beyondBounds: boolean,
): Fault | undefined {
  if (beyondBounds && name === "partNumber" && /^[0-9]{1,5}$/.test(value)) return undefined;
  const grammar = PARAMETERS.get(name);
  if (grammar !== undefined) return grammar(value, name);
  return name.startsWith("response-") ? headerText(value, name) : undefined;
}

/** "PutObject", S3 API Reference: a write takes `*`, or one entity tag, and no list. */
export function wrongCondition(
  name: "if-match" | "if-none-match",
  value: string,
): Fault | undefined {
  if (value === "*" || (name === "if-match" && ETAG.test(value))) return undefined;
  // RGW takes any other text for an entity tag that nothing has, and overwrites what is there.
  return awsFault("NotImplemented", { elements: [["Header", name]] });
}

const ETAG = /^(?:"[^"\s,]+"|[^"\s,]+)$/;

/** The canned ACLs of objects and buckets ("Canned ACL", S3 User Guide). */
const CANNED_ACLS = [
  "authenticated-read",
  "aws-exec-read",
  "bucket-owner-full-control",
  "bucket-owner-read",
  "log-delivery-write",
  "private",
  "public-read",
  "public-read-write",
];

const DIRECTIVES = ["COPY", "REPLACE"];

const ENCRYPTIONS = ["AES256", "aws:backup", "aws:fsx", "aws:kms", "aws:kms:dsse"];

const HEADERS: ReadonlyMap<string, Grammar> = new Map<string, Grammar>([
  ["x-amz-acl", oneOf(CANNED_ACLS)],
  ["x-amz-bucket-namespace", oneOf(["account-regional", "global"])],
  ["x-amz-copy-source-server-side-encryption-customer-algorithm", customerAlgorithm],
  ["x-amz-grant-full-control", grantees],
  ["x-amz-grant-read", grantees],
  ["x-amz-grant-read-acp", grantees],
  ["x-amz-grant-write", grantees],
  ["x-amz-grant-write-acp", grantees],
  ["x-amz-metadata-directive", oneOf(DIRECTIVES, "Unknown metadata directive.")],
  ["x-amz-object-annotation-directive", oneOf(["COPY", "EXCLUDE"])],
  ["x-amz-object-lock-event-hold", oneOf(["ON", "OFF"])],
  ["x-amz-object-lock-event-hold-duration-days", duration],
  ["x-amz-object-lock-event-hold-duration-years", duration],
  [
    "x-amz-object-lock-legal-hold",
    oneOf(["ON", "OFF"], "Legal Hold must be either of 'ON' or 'OFF'"),
  ],
  ["x-amz-object-lock-mode", oneOf(["COMPLIANCE", "GOVERNANCE"], "Unknown wormMode directive.")],
  ["x-amz-object-lock-retain-until-date", instant],
  [
    "x-amz-object-ownership",
    oneOf(["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]),
  ],
  [
    "x-amz-server-side-encryption",
    oneOf(ENCRYPTIONS, "The encryption method specified is not supported"),
  ],
  ["x-amz-server-side-encryption-aws-kms-key-id", word],
  ["x-amz-server-side-encryption-customer-algorithm", customerAlgorithm],
  ["x-amz-storage-class", storageClass],
  ["x-amz-tagging", tagging],
  ["x-amz-tagging-directive", oneOf(DIRECTIVES, "Unknown tagging directive.")],
  ["x-amz-website-redirect-location", redirect],
]);

const PARAMETERS: ReadonlyMap<string, Grammar> = new Map<string, Grammar>([
  ["encoding-type", oneOf(["url"], "Invalid Encoding Method specified in Request")],
  ["max-annotation-results", integer],
  ["max-buckets", integer],
  ["max-keys", integer],
  ["max-parts", integer],
  ["max-uploads", integer],
  ["part-number-marker", integer],
  ["partNumber", partNumber],
  ["uploadId", upload],
  ["versionId", version],
]);

/** Accepts one of `values`. `message`: S3's own, if it has one. */
function oneOf(values: readonly string[], message?: string): Grammar {
  const known = new Set(values);
  return (value, name) => {
    if (known.has(value)) return undefined;
    return wrong(name, value, message ?? `${name} must be one of ${values.join(", ")}`);
  };
}

/** The largest of S3's 32-bit integers; a sign, a space or nothing at all is read in many ways. */
const INTEGER_MAX = 2_147_483_647;

function integer(value: string, name: string): Fault | undefined {
  if (/^[0-9]{1,10}$/.test(value) && Number(value) <= INTEGER_MAX) return undefined;
  return wrong(name, value, `Provided ${name} not an integer or within integer range`);
}

const PART_NUMBER_MAX = 10_000;

function partNumber(value: string, name: string): Fault | undefined {
  const number = Number(value);
  if (/^[0-9]{1,5}$/.test(value) && number >= 1 && number <= PART_NUMBER_MAX) return undefined;
  return wrong(
    name,
    value,
    `Part number must be an integer between 1 and ${PART_NUMBER_MAX}, inclusive`,
  );
}

/** A UUID in any form but the usual one is one of MinIO's version ids all the same. */
const ODD_UUID =
  /^(?:urn:uuid:|\{)|^(?=.*[A-F])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;
/** Far above any store's version ids, which are 32 to 64 characters. */
const VERSION_CHARACTERS_MAX = 1024;

/**
 * Returns the fault of a `value` that is no version id, in a query, a copy's source, or a document.
 */
export function wrongVersionId(value: string): Fault | undefined {
  return version(value, "versionId");
}

function version(value: string, name: string): Fault | undefined {
  const elements = argument(name, value);
  if (value === "") return awsFault("VersionIdEmpty", { elements });
  const odd =
    value.length > VERSION_CHARACTERS_MAX || /\s|\p{Cc}/u.test(value) || leavesFolder(value);
  return odd || ODD_UUID.test(value) ? awsFault("VersionId", { elements }) : undefined;
}

/**
 * Checks an upload id. MinIO and versitygw keep an upload in a folder of its id. An id that leads
 * out of there would have them end or fill another key's upload than was judged, or remove
 * something else.
 */
function upload(value: string, name: string): Fault | undefined {
  const inside = minioFolder(value);
  if (!leavesFolder(value) && (inside === "." || !leavesFolder(inside))) return undefined;
  return wrong(name, value, "Invalid upload id specified");
}

/** Returns true if `id`, as a part of a path, is the folder it stands in, or leads out of there. */
function leavesFolder(id: string): boolean {
  return id === "." || /(?:^|[/\\])\.\.(?:[/\\]|$)/.test(id);
}

/**
 * Returns the text that MinIO takes for the folder's name: of decoded base64 the part after its
 * first dot. The dot alone is all uploads of the very key, and other stores' ids happen to say that
 * once in a few hundred.
 */
function minioFolder(id: string): string {
  const text = Buffer.from(id, "base64url").toString("latin1");
  return text.slice(text.indexOf(".") + 1);
}

/** `id="a", uri="b"`, with or without quotes ("PutObjectAcl", S3 API Reference). */
const GRANTEE = /^ ?(?:id|uri|emailAddress)=(?:"[^"=,\s]*"|[^"=,\s]*)$/;

function grantees(value: string, name: string): Fault | undefined {
  if (value.split(",").every((grantee) => GRANTEE.test(grantee))) return undefined;
  return wrong(name, value, `${name} must be a list such as id="…", uri="…"`);
}

function storageClass(value: string): Fault | undefined {
  // Ceph's classes are its operator's to name.
  if (/^[A-Za-z0-9_.-]{1,128}$/.test(value)) return undefined;
  return awsFault("InvalidStorageClass", { elements: [["StorageClassRequested", value]] });
}

function customerAlgorithm(value: string, name: string): Fault | undefined {
  if (value === "AES256") return undefined;
  return awsFault("InvalidEncryptionAlgorithmError", { elements: argument(name, value) });
}

function redirect(value: string, name: string): Fault | undefined {
  if (/^(?:\/|https?:\/\/)/.test(value)) return undefined;
  return awsFault("InvalidRedirectLocation", { elements: argument(name, value) });
}

function instant(value: string, name: string): Fault | undefined {
  if (isLockInstant(value)) return undefined;
  const why = "A date in UTC is expected, such as 2030-01-01T00:00:00Z";
  return {
    ...wrong(name, value, "The retain until date must be provided in ISO 8601 format"),
    why,
  };
}

function duration(value: string, name: string): Fault | undefined {
  if (/^[1-9][0-9]{0,4}$/.test(value)) return undefined;
  return wrong(name, value, `${name} must be a number above 0`);
}

function word(value: string, name: string): Fault | undefined {
  return /^[\x21-\x7e]{1,2048}$/.test(value)
    ? undefined
    : wrong(name, value, `${name} must be the id of a key`);
}

function tagging(value: string): Fault | undefined {
  const tags = parseTagging(value);
  return tags.ok ? undefined : tags.error;
}

/**
 * Returns the fault of a value that becomes a header of the store's answer: RGW writes a line end
 * out as it came.
 */
function headerText(value: string, name: string): Fault | undefined {
  return /\p{Cc}/u.test(value)
    ? wrong(name, value, `${name} must not contain control characters`)
    : undefined;
}

function wrong(name: string, value: string, message: string): Fault {
  return fault("InvalidArgument", message, { elements: argument(name, value) });
}
