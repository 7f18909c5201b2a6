import { firstValue } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { locksOut } from "../policy/locks-out.ts";
import type { Policy } from "../policy/policy.ts";
import { gripOn, type Principals } from "../policy/principals.ts";
import { CLIENT_PROBLEMS_MAX } from "../policy/report.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import { permitsPolicyChanges } from "../provider/provider.ts";
import type { BucketName } from "../s3/address.ts";
import type { Bucket } from "../s3/bucket.ts";
import type { S3Document } from "../s3/document-reader.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { OperationName } from "../s3/operations.ts";
import { xmlElement } from "../s3/xml.ts";
import { isOwnedBy, recordOf } from "./buckets.ts";
import type { BucketRecord } from "./record.ts";
import type { Facts } from "./facts.ts";
import { holderName, holderOf, type Account } from "./principal.ts";
import { presenceRequest } from "./presence.ts";
import type { StoreChange } from "./record-change.ts";
import type { Snapshot } from "./snapshot.ts";
import { NO_KEY } from "./store-signer.ts";
import type { Subject } from "./subject.ts";
import type { Caller } from "./caller.ts";
import type { Verdict } from "./verdict.ts";

/**
 * The answer to an admitted request about a bucket policy that the gateway keeps, so that it never
 * reaches the store ("GetBucketPolicy", "GetBucketPolicyStatus", "PutBucketPolicy",
 * "DeleteBucketPolicy", S3 API Reference). `document`: undefined if it has not been read. Undefined: the request is about something else, or the store keeps policies.
 */
export function answerPolicy(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  document: S3Document | undefined,
): Verdict | undefined {
  const { address, operation, caller } = subject;
  if (snapshot.policy.bucketPolicies === "upstream" || address.kind !== "bucket") return undefined;
  if (!OF_POLICIES.has(operation)) return undefined;
  const { bucket } = address;
  const record = recordOf(subject, bucket);
  const refused = policyAccessFault(snapshot, caller, facts, bucket, record);
  if (refused !== undefined) return refuse(facts, refused);
  switch (operation) {
    case "GetBucketPolicy":
      return shown(facts, record?.policyText ?? snapshot.policy.provider.dialect.noPolicy);
    case "GetBucketPolicyStatus":
      return record?.policyText === undefined
        ? refuse(facts, fault("NoSuchBucketPolicy"))
        : { kind: "answer", facts, contentType: "application/xml", body: status(record) };
    case "PutBucketPolicy":
      if (document?.kind !== "policy") return undefined;
      return changed(
        snapshot,
        subject,
        facts,
        record,
        policyIn(snapshot, subject, bucket, record, document.text),
      );
    case "DeleteBucketPolicy":
      return changed(snapshot, subject, facts, record, ok(undefined));
    default:
      return undefined;
  }
}

/**
 * The operations that are answered here if the gateway keeps policies, whatever the store knows of
 * them.
 */
export const OF_POLICIES: ReadonlySet<OperationName> = new Set<OperationName>([
  "GetBucketPolicy",
  "GetBucketPolicyStatus",
  "PutBucketPolicy",
  "DeleteBucketPolicy",
]);

/**
 * Returns true if the request shows or changes the record of its bucket. Then it is judged by the
 * present state: by what memory holds, somebody could replace a policy that forbids them to. An
 * anonymous caller can change none, and must not be able to have the state read for each request.
 */
export function isAboutRecord({ operation, caller }: Subject): boolean {
  return caller.kind === "known" && ABOUT_RECORD.has(operation);
}

const ABOUT_RECORD: ReadonlySet<OperationName> = new Set<OperationName>([
  ...OF_POLICIES,
  "CreateBucket",
  "DeleteBucket",
]);

/**
 * Refuses what the gates cannot, since no store judges after them. An anonymous request or report
 * mode leaves to the store what it knows nothing of. Another account's caller may be let into a
 * bucket but not to its policy ("GetBucketPolicy", S3 API Reference: 405).
 */
function policyAccessFault(
  snapshot: Snapshot,
  caller: Caller,
  facts: Facts,
  bucket: Bucket,
  record: BucketRecord | undefined,
): Fault | undefined {
  if (facts.reported) return fault("AccessDenied");
  if (caller.kind === "anonymous") {
    // The same as for other accounts' callers: an Allow for everybody opens no policy that it
    // cannot open to them.
    const isOpened = facts.actor === "owner" && snapshot.policy.provider.policyDelegation;
    return isOpened ? undefined : fault("AccessDenied");
  }
  const isOwn = record === undefined || isOwnedBy(snapshot, bucket, record, caller.key.account);
  return isOwn || snapshot.policy.provider.policyDelegation ? undefined : fault("MethodNotAllowed");
}

function shown(facts: Facts, text: string | undefined): Verdict {
  if (text === undefined) return refuse(facts, fault("NoSuchBucketPolicy"));
  return { kind: "answer", facts, contentType: "application/json", body: text };
}

function status({ isPublic }: BucketRecord): string {
  const inside = xmlElement("IsPublic", String(isPublic));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<PolicyStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</PolicyStatus>`;
}

function refuse(facts: Facts, refused: Fault): Verdict {
  return { kind: "refuse", facts, fault: refused };
}

/** The change to make, unless the record is not there to be changed. */
function changed(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  record: BucketRecord | undefined,
  policy: Result<string | undefined, Fault>,
): Verdict {
  const { address, caller } = subject;
  if (!snapshot.keepsState || record?.configured === true) return refuse(facts, FIXED);
  if (caller.kind === "anonymous" || address.kind === "service") return refuse(facts, FIXED);
  if (record === undefined)
    return refuse(facts, notAdopted(address.bucket, holderName(caller.key)));
  if (!policy.ok) return refuse(facts, policy.error);
  const change = {
    kind: "policy",
    name: record.id,
    owner: record.owner.name,
    by: holderName(caller.key),
    judged: record.policyText,
    policy: policy.value,
  } as const;
  return { kind: "keep", facts, change };
}

const FIXED = fault(
  "MethodNotAllowed",
  "The policy of this bucket is kept in the gateway's configuration: ask its operator",
);

function notAdopted({ name }: BucketName, who: string): Fault {
  const account = who.split(":", 1)[0] ?? who;
  const message = `The gateway does not know whose the bucket is: its operator can adopt it by "s3warden adopt ${name} --account ${account}"`;
  return fault("MethodNotAllowed", message);
}

/**
 * Returns the policy exactly as put, if it is one. Errors: MalformedPolicy with the place of the
 * first problem, also for a policy that locks its author out without saying that this is meant;
 * MethodNotAllowed for one that would let others in, if the gateway has no key to let them in by.
 */
function policyIn(
  snapshot: Snapshot,
  subject: Subject,
  bucket: Bucket,
  record: BucketRecord | undefined,
  text: string,
): Result<string, Fault> {
  const { name, home } = bucket;
  const { provider } = snapshot.policy;
  const problemsMax = CLIENT_PROBLEMS_MAX;
  // The bucket gets its one name, however it was spelled. recordReader() will read it so; with
  // another name nobody could read it again.
  const tenant = snapshot.store.naming.tenants ? { tenant: home } : {};
  const rules = { bucket: name, problemsMax, ...tenant };
  const policy = parseProviderPolicy(provider, text, "policy", "bucket", rules);
  if (!policy.ok) {
    const [first] = policy.error;
    const place = first?.line === undefined ? "" : ` (line ${first.line}, ${first.path || "root"})`;
    const remedy = first?.remedy === "" ? "" : `. ${first?.remedy}`;
    return err(fault("MalformedPolicy", `${first?.message}${place}${remedy}`));
  }
  if (lacksOwnerKey(snapshot, subject, bucket, record, policy.value)) {
    return err(fault("MethodNotAllowed", NO_KEY));
  }
  return keepsOut(snapshot, subject, name, policy.value) ? err(LOCKED_OUT) : ok(text);
}

/**
 * Returns true if the policy lets somebody in as the owner, but the gateway has no key of the owner
 * to sign with.
 */
function lacksOwnerKey(
  snapshot: Snapshot,
  { known }: Subject,
  bucket: Bucket,
  record: BucketRecord | undefined,
  policy: Policy,
): boolean {
  const owner = record?.owner;
  if (owner === undefined || owner.upstream !== undefined) return false;
  if (known.owners?.get(bucket.id) !== undefined) return false;
  const { provider, guest } = snapshot.policy;
  return policy.statements.some(({ effect, principals }) => {
    if (effect === "Deny" || principals === undefined) return false;
    // Known callers come as themselves there.
    if (provider.bucketPolicyRole === "restrict") return gripOn(principals, guest) !== "none";
    return includesOthers(principals, owner);
  });
}

/**
 * Returns true if `principals` has anybody but `owner` and its subusers, who come by keys of its
 * own.
 */
function includesOthers(
  { negated, everyone, names }: Principals,
  { name, principal }: Account,
): boolean {
  if (negated || everyone) return true;
  if (principal.kind === "anonymous") return true;
  const own = [...principal.identifiers, ...principal.accountIdentifiers];
  return [...names].some(
    (one) =>
      !one.startsWith(`arn:aws:iam::${name}:`) &&
      !own.some((id) => one === id || one.startsWith(`${id}:`)),
  );
}

/** "PutBucketPolicy", S3 API Reference: ConfirmRemoveSelfBucketAccess. */
const CONFIRM = "x-amz-confirm-remove-self-bucket-access";
const LOCKED_OUT = fault(
  "MalformedPolicy",
  `The policy would keep you from changing it again: to put it all the same, send ${CONFIRM}: true`,
);

function keepsOut(
  snapshot: Snapshot,
  { caller, headers }: Subject,
  bucket: string,
  policy: Policy,
): boolean {
  if (caller.kind === "anonymous" || firstValue(headers, CONFIRM)?.toLowerCase() === "true")
    return false;
  const { key } = caller;
  const holder = holderOf(key);
  const { ownerPolicyEscape, policyManagers } = snapshot.policy.provider;
  const escapes = ownerPolicyEscape && key.subuser === undefined;
  if (escapes || permitsPolicyChanges(holder.privileges)) return false;
  return locksOut(policy, holder.principal, bucket, policyManagers === "privilege");
}

/**
 * Returns the change to remember once the store has made or removed the bucket; `undefined` if
 * there is none.
 */
export function changeByStore(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  nowMs: number,
): StoreChange | undefined {
  const { address, operation, caller } = subject;
  if (!snapshot.keepsState || address.kind !== "bucket" || caller.kind === "anonymous") {
    return undefined;
  }
  const { account } = caller.key;
  const by = holderName(caller.key);
  const name = address.bucket.id;
  if (operation === "DeleteBucket") {
    const record = recordOf(subject, address.bucket);
    const owner = record?.owner.name ?? account.name;
    return { kind: "removed", name, owner, by, judged: record?.policyText };
  }
  if (operation !== "CreateBucket") return undefined;
  const presence = presenceRequest(snapshot, subject, facts, nowMs);
  return { kind: "created", name, owner: account.name, by, presence };
}
