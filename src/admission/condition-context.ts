import { firstValue } from "../http/headers.ts";
import { queryValue } from "../http/target.ts";
import type { ConditionKey, Context } from "../policy/condition-keys.ts";
import { bucketText } from "../s3/address.ts";
import type { LockValues } from "../s3/lock-values.ts";
import type { RequestValues } from "../s3/request-values.ts";
import { valueIgnoringCase } from "../s3/tags.ts";
import { holderName, holderOf } from "./principal.ts";
import { LISTINGS } from "./provider-rules.ts";
import type { Snapshot } from "./snapshot.ts";
import { tenantOf, type Caller, type Subject } from "./subject.ts";

/** What a value can be taken from, and nothing else. */
type Sources = { readonly snapshot: Snapshot; readonly subject: Subject; readonly nowMs: number };
type Extractor = (sources: Sources, tag: string) => string | undefined;

/**
 * The values of condition keys for one request, each from the one place that the key is about
 * (S3-AUTHORIZATION section 2.1). A closed table: whatever a client sends can only become the
 * value of the key that owns it. A key without a row has no value here: those of a resource, which
 * differ between the asks of one request, are added by contextFor(); others nothing here ever has.
 */
export function contextOf(snapshot: Snapshot, subject: Subject, nowMs: number): Context {
  const sources = { snapshot, subject, nowMs };
  const { values } = subject;
  return (key, tag) => {
    const extract = EXTRACTORS.get(key);
    if (extract !== undefined) return extract(sources, tag);
    return values && OF_VALUES.get(key)?.(values, tag, nowMs);
  };
}

/** Whether the value of `key` is one of what requests say inside headers and documents. */
export function isOfValues(key: ConditionKey): boolean {
  return OF_VALUES.has(key);
}

const header = (name: string): Extractor => {
  return ({ subject }) => firstValue(subject.headers, name);
};
const parameter = (name: string): Extractor => {
  return ({ subject }) => queryValue(subject.query, name);
};
/** Of the account, as its owner; undefined for who is anonymous. */
const known = (value: (caller: Caller & { readonly kind: "known" }) => string | undefined) => {
  return ({ subject: { caller } }: Sources): string | undefined =>
    caller.kind === "known" ? value(caller) : undefined;
};

/** What S3 returns where `max-keys` is not said ("ListObjectsV2", S3 API Reference). */
const MAX_KEYS = "1000";

/** Of what requestValues() reads. */
const OF_VALUES: ReadonlyMap<ConditionKey, ValueExtractor> = new Map<ConditionKey, ValueExtractor>([
  ["aws:RequestTag", ({ bucketTags }, tag) => valueIgnoringCase(bucketTags, tag)],
  ["aws:TagKeys", ({ bucketTags }) => bucketTags && [...bucketTags.keys()]],
  ["gw:AclGrantsPublic", ({ grantsPublic }) => grantsPublic?.toString()],
  ["s3:InventoryAccessibleOptionalFields", ({ inventoryFields }) => inventoryFields],
  ["s3:RequestObjectTag", ({ objectTags }, tag) => objectTags?.get(tag)],
  ["s3:RequestObjectTagKeys", ({ objectTags }) => objectTags && [...objectTags.keys()]],
  ["s3:locationconstraint", ({ locationConstraint }) => locationConstraint],
  ["s3:object-lock-event-hold", ({ lock }) => lock.eventHold],
  ["s3:object-lock-event-hold-duration-days", ({ lock }) => lock.eventHoldDays?.toString()],
  ["s3:object-lock-legal-hold", ({ lock }) => lock.legalHold],
  ["s3:object-lock-mode", ({ lock }) => lock.mode],
  ["s3:object-lock-remaining-retention-days", ({ lock }, _, nowMs) => remainingDays(lock, nowMs)],
  ["s3:object-lock-retain-until-date", ({ lock }) => lock.retainUntil],
]);

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

const EXTRACTORS: ReadonlyMap<ConditionKey, Extractor> = new Map<ConditionKey, Extractor>([
  ["aws:SourceIp", ({ subject }) => subject.head.sourceAddress],
  ["aws:SecureTransport", ({ subject }) => String(subject.head.secure)],
  ["aws:CurrentTime", ({ nowMs }) => new Date(nowMs).toISOString()],
  ["aws:EpochTime", ({ nowMs }) => String(Math.floor(nowMs / 1000))],
  ["aws:PrincipalArn", known(({ key }) => principalArn(key.account.name, key.subuser?.name))],
  ["aws:PrincipalAccount", known(({ key }) => key.account.name)],
  ["aws:PrincipalType", ({ subject }) => principalType(subject.caller)],
  ["aws:userid", ({ subject }) => userId(subject.caller)],
  ["aws:PrincipalTag", principalTag],
  ["aws:username", userName],
  ["rgw:subuser", known(({ key }) => key.subuser?.name)],
  ["aws:Referer", header("referer")],
  ["aws:UserAgent", header("user-agent")],
  [
    "aws:RequestedRegion",
    ({ snapshot, subject }) => signedRegion(subject) ?? snapshot.store.region,
  ],
  ["s3:authType", known(authType)],
  [
    "s3:signatureversion",
    known(({ proved }) => (proved.kind === "v4" ? "AWS4-HMAC-SHA256" : "AWS")),
  ],
  ["s3:signatureAge", signatureAge],
  ["s3:x-amz-content-sha256", header("x-amz-content-sha256")],
  ["s3:prefix", parameter("prefix")],
  ["s3:delimiter", parameter("delimiter")],
  ["s3:max-keys", maxKeys],
  ["s3:versionid", versionId],
  ["s3:x-amz-acl", header("x-amz-acl")],
  ["s3:x-amz-grant-read", header("x-amz-grant-read")],
  ["s3:x-amz-grant-write", header("x-amz-grant-write")],
  ["s3:x-amz-grant-read-acp", header("x-amz-grant-read-acp")],
  ["s3:x-amz-grant-write-acp", header("x-amz-grant-write-acp")],
  ["s3:x-amz-grant-full-control", header("x-amz-grant-full-control")],
  ["s3:x-amz-copy-source", copySource],
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
  ["s3:ObjectCreationOperation", ({ subject }) => CREATIONS.get(subject.operation)],
  ["s3:x-amz-object-if-match", header("x-amz-object-if-match")],
  ["s3:annotation-prefix", parameter("annotation-prefix")],
  ["s3:max-annotation-results", parameter("max-annotation-results")],
  ["s3:TlsVersion", ({ subject }) => subject.head.tlsVersion],
  ["gw:KeyId", known(({ key }) => key.accessKeyId)],
  ["gw:Tier", known(({ key }) => holderOf(key).tier?.name)],
  ["gw:Operation", ({ subject }) => subject.operation],
  ["gw:ContentLength", header("content-length")],
  ["gw:Upstream", ({ snapshot }) => snapshot.store.authority],
]);

/** Whether the operation makes an object visible, or only prepares one. */
const CREATIONS: ReadonlyMap<string, string> = new Map([
  ["PutObject", "true"],
  ["CopyObject", "true"],
  ["CompleteMultipartUpload", "true"],
  ["PostObject", "true"],
  ["CreateMultipartUpload", "false"],
  ["UploadPart", "false"],
  ["UploadPartCopy", "false"],
]);

function principalArn(account: string, subuser: string | undefined): string {
  return subuser === undefined
    ? `arn:aws:iam::${account}:root`
    : `arn:aws:iam::${account}:user/${subuser}`;
}

function principalType(caller: Caller): string {
  if (caller.kind === "anonymous") return "Anonymous";
  return caller.key.subuser === undefined ? "Account" : "User";
}

function userId(caller: Caller): string {
  if (caller.kind === "anonymous") return "anonymous";
  return holderName(caller.key);
}

function principalTag({ subject: { caller } }: Sources, tag: string): string | undefined {
  return caller.kind === "anonymous" ? undefined : holderOf(caller.key).tags.get(tag);
}

/** On AWS only users have one; Ceph says the account's, also of its subusers. */
function userName({ snapshot, subject: { caller } }: Sources): string | undefined {
  if (caller.kind === "anonymous") return undefined;
  const { account, subuser } = caller.key;
  return snapshot.policy.provider.username === "account" ? account.name : subuser?.name;
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

/** The effective value, which always exists for a listing. */
function maxKeys({ subject }: Sources): string | undefined {
  if (!LISTINGS.has(subject.operation)) return undefined;
  return queryValue(subject.query, "max-keys") ?? MAX_KEYS;
}

/** Also of an entry of DeleteObjects, whose subject is that entry's own. */
function versionId({ subject }: Sources): string | undefined {
  return subject.versionId ?? subject.source?.versionId;
}

/**
 * `bucket/key`, decoded, without a leading slash and without the version. The bucket as the caller
 * names its own, however it was spelled: else `:bucket/key` would slip past what is said of it.
 */
function copySource({ subject }: Sources): string | undefined {
  const { source, caller } = subject;
  if (source === undefined) return undefined;
  const { name, home } = source.bucket;
  const own = home === tenantOf(caller);
  return `${bucketText({ tenant: own ? undefined : home, name })}/${source.key}`;
}
