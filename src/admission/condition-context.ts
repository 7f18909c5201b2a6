import { firstValue, hasHeader } from "../http/headers.ts";
import { queryValue } from "../http/target.ts";
import { type ConditionKey, type Context, OTHER_NAME } from "../policy/condition-keys.ts";
import { bucketText } from "../s3/address.ts";
import { isIgnored, isIgnoredByValue } from "../s3/ignored-headers.ts";
import type { LockValues } from "../s3/lock-values.ts";
import { operationNamed } from "../s3/operations.ts";
import type { RequestValues } from "../s3/request-values.ts";
import { valueIgnoringCase } from "../s3/tags.ts";
import { holderName, holderOf, type Key } from "./principal.ts";
import { LISTINGS } from "./provider-rules.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";
import { tenantOf, type Caller } from "./caller.ts";

/** The sources of values; there are no others. */
type Sources = { readonly snapshot: Snapshot; readonly subject: Subject; readonly nowMs: number };
type Extractor = (sources: Sources, tag: string) => string | undefined;

/**
 * The source of a key's value. The values that are allowed are in s3/said-values.ts, for every
 * request.
 */
type Row = {
  readonly value: Extractor;
  /** The headers that the store must act on, so that it does what was judged. */
  readonly acts: readonly string[];
};

/**
 * Returns the values of condition keys for one request, each from the one place that the key is
 * about (S3-AUTHORIZATION section 2.1). A closed table: whatever a client sends can only become the
 * value of the key that owns it. A key without a row has no value here. The values of a resource,
 * which differ between the asks of one request, are added by contextFor(); nothing here ever has
 * the others.
 *
 * `noted.ignoredByStore` receives the name of each header that a rule came to depend on and that
 * the store would ignore: the store would then not do what was judged. `noted.ofDocument` becomes
 * true as soon as a rule depends on what a document can say.
 */
export function contextOf(
  snapshot: Snapshot,
  subject: Subject,
  nowMs: number,
  noted?: Noted,
): Context {
  const sources = { snapshot, subject, nowMs };
  const { values } = subject;
  return (key, tag) => {
    const row = ROWS.get(key);
    if (row !== undefined) {
      note(row.acts, snapshot, subject, noted);
      return row.value(sources, tag);
    }
    const valueRow = OF_VALUES.get(key);
    if (valueRow === undefined) return undefined;
    note(valueRow.acts, snapshot, subject, noted);
    if (noted !== undefined) noted.ofDocument = true;
    return values && valueRow.value(values, tag, nowMs);
  };
}

/** The notes made of a request while its policies were evaluated. */
export type Noted = { ignoredByStore: Set<string> | undefined; ofDocument: boolean };

/** Notes those of the headers that are sent and that the store passes over. */
function note(
  headers: readonly string[],
  { store: { ignoredHeaders } }: Snapshot,
  { operation, headers: sent }: Subject,
  noted: Noted | undefined,
): void {
  if (noted === undefined) return;
  for (const name of headers) {
    const whole = isIgnored(ignoredHeaders, operation, name);
    // Most headers are acted on, and are not looked for once more.
    if (!whole && !isIgnoredByValue(ignoredHeaders, operation, name)) continue;
    const value = firstValue(sent, name);
    if (value === undefined) continue;
    if (whole || isIgnored(ignoredHeaders, operation, `${name}: ${value}`)) {
      noted.ignoredByStore ??= new Set();
      noted.ignoredByStore.add(name);
    }
  }
}

/** Returns true if requests give the value of `key` inside headers and documents. */
export function isOfValues(key: ConditionKey): boolean {
  return OF_VALUES.has(key);
}

const NO_HEADERS: readonly string[] = [];

/** A value that the gateway itself makes or that says nothing to the store. */
const own = (value: Extractor): Row => ({ value, acts: NO_HEADERS });
const header = (name: string): Row => ({
  value: ({ subject }) => firstValue(subject.headers, name),
  acts: [name],
});
const parameter = (name: string): Row => own(({ subject }) => queryValue(subject.query, name));
/** Open uploads have a prefix as well, but not these keys ("Actions", Service Authorization Reference). */
const listing = (name: string): Row =>
  own(({ subject }) =>
    LISTINGS.has(subject.operation) ? queryValue(subject.query, name) : undefined,
  );
/** Returns the row of an account's value, as its owner; `undefined` for an anonymous caller. */
const known = (value: (caller: Caller & { readonly kind: "known" }) => string | undefined): Row =>
  own(({ subject: { caller } }) => (caller.kind === "known" ? value(caller) : undefined));

/** The number that S3 returns if `max-keys` is missing ("ListObjectsV2", S3 API Reference). */
const MAX_KEYS = "1000";

const LOCK = "x-amz-object-lock-";
const TAGGING = ["x-amz-tagging", "x-amz-tagging-directive"];
const RETENTION = [`${LOCK}retain-until-date`];
const EVENT_HOLD_DAYS = [`${LOCK}event-hold-duration-days`, `${LOCK}event-hold-duration-years`];
const ACL = ["", "full-control", "read", "read-acp", "write", "write-acp"].map((grant) =>
  grant === "" ? "x-amz-acl" : `x-amz-grant-${grant}`,
);

/** The keys of requestValues(); from a document if the operation has one, else from headers. */
const OF_VALUES: ReadonlyMap<ConditionKey, ValueRow> = new Map<ConditionKey, ValueRow>([
  ["aws:RequestTag", said(({ bucketTags }, tag) => valueIgnoringCase(bucketTags, tag))],
  ["aws:TagKeys", said(({ bucketTags }) => bucketTags && [...bucketTags.keys()])],
  ["gw:AclGrantsPublic", said(({ grantsPublic }) => grantsPublic?.toString(), ACL)],
  ["s3:InventoryAccessibleOptionalFields", said(({ inventoryFields }) => inventoryFields)],
  ["s3:RequestObjectTag", said(({ objectTags }, tag) => objectTags?.get(tag), TAGGING)],
  [
    "s3:RequestObjectTagKeys",
    said(({ objectTags }) => objectTags && [...objectTags.keys()], TAGGING),
  ],
  ["s3:locationconstraint", said(({ locationConstraint }) => locationConstraint)],
  ["s3:object-lock-event-hold", said(({ lock }) => lock.eventHold, [`${LOCK}event-hold`])],
  [
    "s3:object-lock-event-hold-duration-days",
    said(({ lock }) => lock.eventHoldDays?.toString(), EVENT_HOLD_DAYS),
  ],
  ["s3:object-lock-legal-hold", said(({ lock }) => lock.legalHold, [`${LOCK}legal-hold`])],
  ["s3:object-lock-mode", said(({ lock }) => lock.mode, [`${LOCK}mode`])],
  [
    "s3:object-lock-remaining-retention-days",
    said(({ lock }, _, nowMs) => remainingDays(lock, nowMs), RETENTION),
  ],
  ["s3:object-lock-retain-until-date", said(({ lock }) => lock.retainUntil, RETENTION)],
]);

type ValueRow = { readonly value: ValueExtractor; readonly acts: readonly string[] };

function said(value: ValueExtractor, acts: readonly string[] = NO_HEADERS): ValueRow {
  return { value, acts };
}

type ValueExtractor = (
  values: RequestValues,
  tag: string,
  nowMs: number,
) => string | readonly string[] | undefined;

/** Begun days until the end of the retention ("Amazon S3 condition keys", S3 User Guide). */
function remainingDays({ retainUntil }: LockValues, nowMs: number): string | undefined {
  if (retainUntil === undefined) return undefined;
  return String(Math.ceil((Date.parse(retainUntil) - nowMs) / DAY_MS));
}

const DAY_MS = 86_400_000;

const ROWS: ReadonlyMap<ConditionKey, Row> = new Map<ConditionKey, Row>([
  ["aws:SourceIp", own(({ subject }) => subject.head.sourceAddress)],
  ["aws:SecureTransport", own(({ subject }) => String(subject.head.secure))],
  ["aws:CurrentTime", own(({ nowMs }) => new Date(nowMs).toISOString())],
  ["aws:EpochTime", own(({ nowMs }) => String(Math.floor(nowMs / 1000)))],
  ["aws:PrincipalArn", known(({ key }) => principalArn(key))],
  ["aws:PrincipalAccount", known(({ key }) => key.account.name)],
  ["aws:PrincipalType", own(({ subject }) => principalType(subject.caller))],
  ["aws:userid", own(({ subject }) => userId(subject.caller))],
  ["aws:PrincipalTag", own(principalTag)],
  ["aws:username", own(userName)],
  ["rgw:subuser", known(({ key }) => subuserName(key))],
  [
    "aws:TokenIssueTime",
    known(({ key: { session } }) => session && new Date(session.issuedMs).toISOString()),
  ],
  ["aws:SourceIdentity", known(({ key }) => key.session?.sourceIdentity)],
  ["aws:FederatedProvider", known(({ key }) => key.session?.federated?.issuer)],
  // Only temporary keys have it, and none of them begins with a second factor here.
  ["aws:MultiFactorAuthPresent", known(({ key }) => key.session && "false")],
  ["aws:Referer", own(({ subject }) => firstValue(subject.headers, "referer"))],
  ["aws:UserAgent", own(({ subject }) => firstValue(subject.headers, "user-agent"))],
  [
    "aws:RequestedRegion",
    own(({ snapshot, subject }) => signedRegion(subject) ?? snapshot.store.region),
  ],
  ["s3:authType", known(authType)],
  [
    "s3:signatureversion",
    known(({ proved }) => (proved.kind === "v4" ? "AWS4-HMAC-SHA256" : "AWS")),
  ],
  ["s3:signatureAge", own(signatureAge)],
  ["s3:x-amz-content-sha256", own(contentSha256)],
  ["s3:prefix", listing("prefix")],
  ["s3:delimiter", listing("delimiter")],
  ["s3:max-keys", own(maxKeys)],
  ["s3:x-amz-acl", header("x-amz-acl")],
  ["s3:x-amz-grant-read", header("x-amz-grant-read")],
  ["s3:x-amz-grant-write", header("x-amz-grant-write")],
  ["s3:x-amz-grant-read-acp", header("x-amz-grant-read-acp")],
  ["s3:x-amz-grant-write-acp", header("x-amz-grant-write-acp")],
  ["s3:x-amz-grant-full-control", header("x-amz-grant-full-control")],
  ["s3:x-amz-copy-source", { value: copySource, acts: ["x-amz-copy-source"] }],
  ["s3:x-amz-metadata-directive", header("x-amz-metadata-directive")],
  ["s3:x-amz-object-annotation-directive", header("x-amz-object-annotation-directive")],
  ["s3:x-amz-server-side-encryption", header("x-amz-server-side-encryption")],
  [
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    header("x-amz-server-side-encryption-aws-kms-key-id"),
  ],
  [
    "s3:x-amz-server-side-encryption-customer-algorithm",
    header("x-amz-server-side-encryption-customer-algorithm"),
  ],
  ["s3:x-amz-storage-class", header("x-amz-storage-class")],
  ["s3:x-amz-website-redirect-location", header("x-amz-website-redirect-location")],
  ["s3:x-amz-object-ownership", header("x-amz-object-ownership")],
  ["s3:x-amz-bucket-namespace", header("x-amz-bucket-namespace")],
  ["s3:if-match", header("if-match")],
  ["s3:if-none-match", header("if-none-match")],
  ["s3:ObjectCreationOperation", own(({ subject }) => CREATIONS.get(subject.operation))],
  ["s3:x-amz-object-if-match", header("x-amz-object-if-match")],
  ["s3:annotation-prefix", parameter("annotation-prefix")],
  ["s3:max-annotation-results", parameter("max-annotation-results")],
  ["s3:TlsVersion", own(({ subject }) => subject.head.tlsVersion)],
  ["gw:KeyId", known(({ key }) => key.accessKeyId)],
  ["gw:Tier", known(({ key }) => holderOf(key).tier?.name)],
  ["gw:Operation", own(({ subject }) => subject.operation)],
  ["gw:ContentLength", own(contentLength)],
  ["gw:Upstream", own(({ snapshot }) => snapshot.store.authority)],
]);

/** "true" if the operation makes an object visible; "false" if it only prepares one. */
const CREATIONS: ReadonlyMap<string, string> = new Map([
  ["PutObject", "true"],
  ["CopyObject", "true"],
  ["CompleteMultipartUpload", "true"],
  ["PostObject", "true"],
  ["CreateMultipartUpload", "false"],
  ["UploadPart", "false"],
  ["UploadPartCopy", "false"],
]);

/**
 * Returns the principal's ARN: for a session its role's, and never its own ("aws:PrincipalArn", IAM
 * User Guide).
 */
export function principalArn({ account, subuser, session }: Key): string {
  if (session?.role !== undefined) return session.role.arn;
  return subuser === undefined
    ? `arn:aws:iam::${account.name}:root`
    : `arn:aws:iam::${account.name}:user/${subuser.name}`;
}

/** A role is no subuser. */
function subuserName({ subuser, session }: Key): string | undefined {
  return session?.role === undefined ? subuser?.name : undefined;
}

function principalType(caller: Caller): string {
  if (caller.kind === "anonymous") return "Anonymous";
  if (caller.key.session?.role !== undefined) return "AssumedRole";
  return caller.key.subuser === undefined ? "Account" : "User";
}

function userId(caller: Caller): string {
  if (caller.kind === "anonymous") return "anonymous";
  return holderName(caller.key);
}

function principalTag({ subject: { caller } }: Sources, tag: string): string | undefined {
  return caller.kind === "anonymous" ? undefined : holderOf(caller.key).tags.get(tag);
}

/**
 * Returns the user's name. On AWS only users have one; Ceph says the account's, also for its
 * subusers.
 */
function userName({ snapshot, subject: { caller } }: Sources): string | undefined {
  if (caller.kind === "anonymous") return undefined;
  const { account } = caller.key;
  return snapshot.policy.provider.username === "account" ? account.name : subuserName(caller.key);
}

function signedRegion({ caller }: Subject): string | undefined {
  if (caller.kind === "anonymous" || !("claim" in caller.proved)) return undefined;
  const { claim } = caller.proved;
  return claim.kind === "v4" ? claim.region : undefined;
}

function authType({ proved }: Caller & { readonly kind: "known" }): string {
  if (!("claim" in proved)) return "POST";
  return proved.claim.via === "header" ? "REST-HEADER" : "REST-QUERY-STRING";
}

/** Milliseconds since a presigned URL of version 4 was made; absent for everything else. */
function signatureAge({ subject: { caller }, nowMs }: Sources): string | undefined {
  if (caller.kind === "anonymous" || !("claim" in caller.proved)) return undefined;
  const { claim } = caller.proved;
  return claim.kind === "v4" && claim.via === "query" ? String(nowMs - claim.timeMs) : undefined;
}

/**
 * Returns the signature's word on the body ("Amazon S3 Signature Version 4 authentication specific
 * policy keys": presigned URLs "always have an UNSIGNED_PAYLOAD"). In version 2 and forms nothing
 * signs the body either, nor in an upload without credentials.
 */
function contentSha256({ subject: { caller, headers, operation } }: Sources): string | undefined {
  if (caller.kind === "known" && "claim" in caller.proved && caller.proved.claim.kind === "v4") {
    return caller.proved.claim.payloadText;
  }
  const sent = firstValue(headers, "x-amz-content-sha256");
  if (sent !== undefined) return sent;
  const bodiless = operationNamed(operation).body === "none";
  return caller.kind === "anonymous" && bodiless ? undefined : "UNSIGNED-PAYLOAD";
}

/** Bytes of the content, without aws-chunked's framing; of a form, of its file. */
function contentLength({ subject: { headers, operation, payload } }: Sources): string | undefined {
  if (operationNamed(operation).body === "none") return undefined;
  const chunked = payload.kind === "chunked";
  const said = firstValue(headers, chunked ? "x-amz-decoded-content-length" : "content-length");
  // A client that states neither a length nor a body sends none.
  return said ?? (chunked || hasHeader(headers, "transfer-encoding") ? undefined : "0");
}

/** The effective value, which always exists for a listing. */
function maxKeys({ subject }: Sources): string | undefined {
  if (!LISTINGS.has(subject.operation)) return undefined;
  return queryValue(subject.query, "max-keys") ?? MAX_KEYS;
}

/**
 * Returns `bucket/key`, decoded, without a leading slash and without the version. The bucket has
 * the name that the caller gives its own, however it was spelled: else `:bucket/key` would slip
 * past a rule about it. Its other name is that with the tenant, or without another's, as of every
 * resource (`policyNames`).
 */
function copySource({ snapshot, subject }: Sources, tag: string): string | undefined {
  const { source, caller } = subject;
  if (source === undefined) return undefined;
  const { name, home } = source.bucket;
  const isOther = tag === OTHER_NAME;
  if (isOther && !snapshot.policy.provider.tenantAddressing) return undefined;
  const isBare = (home === tenantOf(caller)) !== isOther;
  return `${bucketText({ tenant: isBare ? undefined : home, name })}/${source.key}`;
}
