import type { Context } from "../policy/condition-keys.ts";
import { evaluate, type Evaluation, type ResourceAlias } from "../policy/evaluate.ts";
import type { StatementRef } from "../policy/policy.ts";
import { isEmpty, type PolicySet } from "../policy/policy-set.ts";
import type { Principal } from "../policy/principals.ts";
import { requestMemo } from "../policy/request-memo.ts";
import { isOwnAction, tierGrants } from "../provider/tier.ts";
import { arnOf, type Ask } from "../s3/asks.ts";
import type { Bucket } from "../s3/bucket.ts";
import { fault } from "../s3/faults.ts";
import { isOwnedBy, keepsRecords, recordOf } from "./buckets.ts";
import type { BucketRecord } from "./record.ts";
import { contextFor, type Tagged } from "./ask-context.ts";
import { contextOf } from "./condition-context.ts";
import type { Actor } from "./facts.ts";
import { policyNames } from "./policy-names.ts";
import { holderName, holderOf, type Account } from "./principal.ts";
import { refusal, type Question, type Refusal } from "./question.ts";
import type { Snapshot } from "./snapshot.ts";

/** An ask, and the results of all policies for it. */
export type Evaluated = {
  readonly ask: Ask<Bucket>;
  /** The record; `undefined` if the gateway knows nothing of the bucket. */
  readonly record: BucketRecord | undefined;
  /** The result of the caller's own policies. */
  readonly identity: Evaluation;
  /** The result of the bucket's policy. */
  readonly bucket: Evaluation;
  /** The result of the policy of the caller's session; `undefined` if it has none. */
  readonly session: Evaluation | undefined;
  /** A privilege of the caller permits it, whatever policies say (section 5.2). */
  readonly privileged: boolean;
};

/**
 * Evaluates every policy that can be about the request, once for both gates. `wanted`: the tags
 * that the store must be asked for first; then the evaluation has no meaning. `ignoredByStore`: headers
 * that it came to depend on and that the store ignores.
 */
export function evaluateAsks(question: Question): {
  readonly evaluated: readonly Evaluated[];
  readonly wanted: readonly Tagged[];
  readonly ignoredByStore: ReadonlySet<string> | undefined;
} {
  const { snapshot, subject, key, nowMs, memo } = question;
  const holder = key && holderOf(key);
  const principal = holder?.principal ?? snapshot.policy.guest;
  const wanted: Tagged[] = [];
  let context: Context | undefined;
  const evaluated = question.asks.map((ask) => {
    const { action, operation } = ask;
    const known = ask.bucket && recordOf(subject, ask.bucket);
    const record = known && isOfState(ask, known, key?.account) ? undefined : known;
    const privileged =
      holder?.privileges.some((privilege) => tierGrants(privilege, action, operation)) ?? false;
    const policies = holder === undefined || isEmpty(holder.policies) ? undefined : holder.policies;
    const session = key?.session?.policy;
    if (policies === undefined && record?.policy === undefined && session === undefined) {
      const [identity, bucket] = [NOTHING_SAID, NOTHING_SAID];
      return { ask, record, identity, bucket, session: undefined, privileged };
    }
    context ??= contextOf(snapshot, subject, nowMs, memo);
    memo.shared ??= requestMemo();
    const owner = record?.owner.name ?? key?.account.name;
    const own = contextFor(ask, owner, context, subject, wanted);
    const asked: Asked = { question, ask, context: own };
    return {
      ask,
      record,
      identity: policies === undefined ? NOTHING_SAID : ofIdentity(policies, asked),
      bucket:
        record?.policy === undefined ? NOTHING_SAID : ofBucket(record.policy, principal, asked),
      session: session && ofIdentity(session, asked),
      privileged,
    };
  });
  return { evaluated, wanted, ignoredByStore: memo.ignoredByStore };
}

/** Runs gate 7: a Deny in a policy of the account, the user or the bucket decides, whoever asks. */
export function explicitDeny(
  question: Question,
  evaluated: readonly Evaluated[],
): Refusal | undefined {
  for (const one of evaluated) {
    const ofSession = one.session?.effect === "deny" ? one.session : undefined;
    if (one.privileged && ofSession === undefined) continue;
    const deny = ofSession ?? denyOf(question, one);
    if (deny === undefined) continue;
    const message = `A policy explicitly denies ${one.ask.action} on ${arnOf(one.ask)}`;
    return refusal("explicit-deny", placeOf(deny.statement), message, deny.statement);
  }
  return undefined;
}

/**
 * The reason why an ask is allowed, and the actor in whose name the store may therefore be asked.
 */
export type AllowedBy = {
  /**
   * The reason in the operator's words: the account, a tier, or a statement with its file and line.
   */
  readonly by: string;
  readonly actor: "caller" | "owner";
};

/** Runs gate 8: each ask needs something that allows it (section 4.3, step 8). */
export function allow(question: Question, evaluated: readonly Evaluated[]): Refusal | undefined {
  for (const one of evaluated) {
    if (allowanceOf(question, one) !== undefined) continue;
    if (isUnrecordedAndShared(question, one)) return UNRECORDED;
    const { key } = question;
    const who = key === undefined ? "anonymous" : holderName(key);
    return refusal("allow", `${who}: no policy`, whyNot(question, one));
  }
  return undefined;
}

/**
 * Returns the actor in whose name all of it may be asked; `undefined` if there is nothing to ask.
 */
export function actorOf(question: Question, evaluated: readonly Evaluated[]): Actor | undefined {
  if (!keepsRecords(question.snapshot)) return undefined;
  let all: Actor | undefined;
  for (const one of evaluated) {
    const actor = allowanceOf(question, one)?.actor;
    all = all === undefined || all === actor ? actor : "both";
  }
  return all;
}

/** Returns what allows the ask; `undefined` if nothing does. */
export function allowanceOf(question: Question, one: Evaluated): AllowedBy | undefined {
  const { snapshot, key } = question;
  const { provider } = snapshot.policy;
  if (isUnrecordedAndShared(question, one)) return undefined;
  // A session policy is a ceiling over everything, also over what a bucket's policy gives to the very
  // session ("Session policies", IAM User Guide, has it give that all the same).
  if (one.session !== undefined && one.session.effect !== "allow") return undefined;
  if (one.privileged) return PRIVILEGE;
  if (key === undefined) return byPublic(question, one);
  if (provider.bucketPolicyRole === "restrict") {
    const own = byOwn(question, one);
    const named = one.record?.policy !== undefined || isManaged(question, one);
    // Policies only take away there: who comes in comes as who it is, for the store to judge too.
    return own !== undefined && named ? byBucket(one, "caller") : own;
  }
  if (isManaged(question, one)) return byBucket(one, "caller");
  if (isOwn(question, one)) return byOwn(question, one) ?? byBucket(one, "caller");
  return byOther(question, one);
}

/**
 * Returns true if an account's key is not enough for it: changing a bucket's policy needs a
 * privilege, or a policy that names the caller for it. No store judges after the gateway there, and
 * without this the first to put a policy takes the bucket from everybody else.
 */
function isManaged({ snapshot }: Question, { ask }: Evaluated): boolean {
  const { provider, bucketPolicies } = snapshot.policy;
  if (provider.policyManagers === "account" || bucketPolicies === "upstream") return false;
  return CHANGES_POLICY.has(ask.action);
}

const CHANGES_POLICY: ReadonlySet<string> = new Set([
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

const PRIVILEGE: AllowedBy = { by: "privilege", actor: "caller" };
const UPSTREAM: AllowedBy = { by: "anonymous: upstream", actor: "caller" };

/**
 * Allows as the owner what the ceiling allows at most; the store may judge the rest as it comes.
 */
function byPublic({ snapshot }: Question, one: Evaluated): AllowedBy | undefined {
  const { ceiling } = snapshot.policy.provider.anonymous;
  const { action, operation } = one.ask;
  const isBelow = ceiling === undefined || tierGrants(ceiling, action, operation);
  const opened = isBelow ? byBucket(one, "owner") : undefined;
  return opened ?? (snapshot.policy.anonymous === "upstream" ? UPSTREAM : undefined);
}

/**
 * Returns the allowance of an account, a tier or an identity policy in the caller's own buckets.
 */
function byOwn({ key }: Question, { ask, identity }: Evaluated): AllowedBy | undefined {
  if (key === undefined) return undefined;
  const { tier } = holderOf(key);
  if (tier === undefined && key.subuser === undefined) return ACCOUNT;
  if (tier?.kind === "access" && tierGrants(tier, ask.action, ask.operation)) {
    return { by: tier.name, actor: "caller" };
  }
  return identity.effect === "allow"
    ? { by: placeOf(identity.statement), actor: "caller" }
    : undefined;
}

const ACCOUNT: AllowedBy = { by: "account", actor: "caller" };

/** Returns the allowance of the bucket's policy for the caller by name. */
function byBucket({ bucket }: Evaluated, actor: AllowedBy["actor"]): AllowedBy | undefined {
  if (bucket.effect !== "allow" || bucket.grip !== "direct") return undefined;
  return { by: placeOf(bucket.statement), actor };
}

/**
 * Returns the allowance in another account's bucket. Its policy must allow, and if the provider
 * says so the caller's own as well ("Cross-account policy evaluation logic", IAM User Guide). A
 * caller who is only named through an account needs that account to pass it on in any case.
 */
function byOther(question: Question, one: Evaluated): AllowedBy | undefined {
  const { key, snapshot } = question;
  const { bucket, identity, ask } = one;
  if (key === undefined) return undefined;
  if (bucket.effect === "none") return byStore(question, one);
  if (bucket.effect !== "allow") return undefined;
  const allowed: AllowedBy = { by: placeOf(bucket.statement), actor: "owner" };
  const { crossAccount } = snapshot.policy.provider;
  if (crossAccount === "resource" && bucket.grip === "direct") return allowed;
  const { tier } = holderOf(key);
  const passedOn =
    key.subuser === undefined ||
    identity.effect === "allow" ||
    (crossAccount === "resource" &&
      tier?.kind === "access" &&
      tierGrants(tier, ask.action, ask.operation));
  return passedOn ? allowed : undefined;
}

/**
 * Returns true for a bucket of which nothing is known, if the store takes the caller for other
 * accounts as well: the store would open it, whoever of them made it.
 */
function isUnrecordedAndShared({ key }: Question, { ask, record }: Evaluated): boolean {
  if (record !== undefined || key?.account.shares !== true || ask.bucket === undefined)
    return false;
  return ask.action !== "s3:CreateBucket";
}

/**
 * The refusal of such a bucket: it does not exist for this account; its operator can give it to the
 * account (`adopt`).
 */
const UNRECORDED: Refusal = {
  fault: fault("NoSuchBucket"),
  denial: { gate: "allow", rule: "no record of a bucket of a shared upstream", place: undefined },
};

/**
 * Lets the store's ACLs decide if no kept policy does: the request goes on as the caller, who must
 * be somebody else than the owner there. What the caller's own account does not allow a user stays
 * refused, and so does what ACLs never grant: policies, which no store has here, and the bucket's
 * end.
 */
function byStore(question: Question, one: Evaluated): AllowedBy | undefined {
  const { snapshot, key } = question;
  const { provider } = snapshot.policy;
  if (!provider.storeAcls || snapshot.store.acls !== "kept" || key?.account.shares !== false)
    return undefined;
  if (!isOfAnotherTenant(snapshot, one, key.account)) return undefined;
  if (one.identity.effect === "deny" || NOT_BY_ACLS.has(one.ask.action)) return undefined;
  return byOwn(question, one) === undefined ? undefined : STORES_ACLS;
}

/**
 * Returns true if the bucket is another tenant's. Only then is the caller surely another user of
 * the store: two keys may be one user's, who owns the bucket there, and of whom no ACL is asked.
 */
function isOfAnotherTenant({ store }: Snapshot, { ask }: Evaluated, { tenant }: Account): boolean {
  if (store.naming.prefix !== undefined) return false;
  return store.naming.tenants && ask.bucket !== undefined && ask.bucket.home !== tenant;
}

const STORES_ACLS: AllowedBy = { by: "the store's ACLs", actor: "caller" };

const NOT_BY_ACLS: ReadonlySet<string> = new Set([
  "s3:CreateBucket",
  "s3:DeleteBucket",
  "s3:DeleteBucketPolicy",
  "s3:GetBucketPolicy",
  "s3:GetBucketPolicyStatus",
  "s3:PutBucketPolicy",
]);

/**
 * Returns true if the bucket is the caller's own. So is one of which nothing is known, as far as
 * its name and the store agree.
 */
function isOwn({ snapshot, key }: Question, { ask, record }: Evaluated): boolean {
  if (ask.bucket === undefined) return true;
  if (record === undefined) return !isNamedAfterAnother(snapshot, ask.bucket, key?.account);
  return key !== undefined && isOwnedBy(snapshot, ask.bucket, record, key.account);
}

/**
 * Returns true if the bucket's name at the store says that it is another account's, whom no store
 * tells apart.
 */
function isNamedAfterAnother(
  { store }: Snapshot,
  { home }: Bucket,
  account: Account | undefined,
): boolean {
  return store.naming.prefix !== undefined && home !== account?.tenant;
}

/**
 * Returns true if only the state can tell that this bucket cannot be made, since another account
 * has it: it is asked then, and answers BucketAlreadyExists (see `beginChange` in state/).
 */
function isOfState(
  { action }: Ask,
  { owner, configured }: BucketRecord,
  account: Account | undefined,
): boolean {
  if (action !== "s3:CreateBucket" || configured || account === undefined) return false;
  return owner.name !== account.name;
}

function denyOf(
  question: Question,
  one: Evaluated,
): (Evaluation & { readonly effect: "deny" }) | undefined {
  if (one.identity.effect === "deny") return one.identity;
  if (one.bucket.effect !== "deny" || mayEscape(question, one)) return undefined;
  return one.bucket;
}

/** "GetBucketPolicy", S3 API Reference: an owner cannot be locked out of its bucket's policy. */
function mayEscape(question: Question, one: Evaluated): boolean {
  const { key, snapshot } = question;
  if (!snapshot.policy.provider.ownerPolicyEscape) return false;
  if (key === undefined || key.subuser !== undefined || !isOwn(question, one)) return false;
  return POLICY_ACTIONS.has(one.ask.action);
}

const POLICY_ACTIONS: ReadonlySet<string> = new Set([
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

function whyNot(question: Question, one: Evaluated): string {
  const what = `${one.ask.action} on ${arnOf(one.ask)}`;
  if (question.key === undefined) return `No policy allows anonymous requests ${what}`;
  if (one.session?.effect === "none") return `The session's policy does not allow ${what}`;
  if (isManaged(question, one)) {
    return `${what} needs a privilege, or a statement of the bucket's policy that allows it to you`;
  }
  if (!isOwn(question, one)) return `The bucket's account does not allow ${what}`;
  return `No policy of this user allows ${what}`;
}

/** A statement in the operator's words. */
function placeOf({ file, line, sid }: StatementRef): string {
  return `${file}:${line}${sid === undefined ? "" : ` ${sid}`}`;
}

/** The input of a policy for one ask. */
type Asked = { readonly question: Question; readonly ask: Ask<Bucket>; readonly context: Context };

/** Evaluates under the names of `policyNames`. */
function ofIdentity(set: PolicySet, asked: Asked): Evaluation {
  const { bucket, key } = asked.ask;
  if (bucket === undefined) return ofResource(set, NOBODY, asked, resourceOf(undefined, key));
  const { snapshot, subject } = asked.question;
  const { name, alias } = policyNames(snapshot, subject.caller, bucket, set);
  const other = alias && { resource: resourceOf(alias.name, key), sure: alias.sure };
  return ofResource(set, NOBODY, asked, resourceOf(name, key), other);
}

/** A bucket's policy never names its tenant, which goes without saying (section 5.1). */
function ofBucket(set: PolicySet, principal: Principal, asked: Asked): Evaluation {
  const { bucket, key } = asked.ask;
  return ofResource(set, principal, asked, resourceOf(bucket?.name, key));
}

function ofResource(
  set: PolicySet,
  principal: Principal,
  { question, ask, context }: Asked,
  resource: string,
  alias?: ResourceAlias,
): Evaluation {
  const { action, operation } = ask;
  const { switches } = question.snapshot.policy.provider;
  const ancillary = switches.operationNames && !isOwnAction(operation, action);
  const { below } = ask;
  const memo = question.memo.shared;
  const asked = { action, operation, ancillary, resource, alias, below, principal, context, memo };
  return evaluate(set, asked, switches);
}

function resourceOf(bucket: string | undefined, key: string | undefined): string {
  if (bucket === undefined) return "*";
  return key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`;
}

/** The principal of identity policies, which are about their holder: they name none. */
const NOBODY: Principal = { kind: "anonymous" };
const NOTHING_SAID: Evaluation = { effect: "none" };
