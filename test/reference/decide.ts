/**
 * The decision on a request, as docs/policy.md and docs/providers.md tell it: naive, one function a
 * rule, nothing shared with `src` but the table of operations. It is what the engine is compared with.
 */

import {
  ALL_ACTIONS,
  asksOf,
  asksOfEntry,
  isOwnAsk,
  operationNames,
  valuesOf,
  type Situation,
} from "./asks.ts";
import { conditionHolds } from "./conditions.ts";
import { formFault, lengthFault, putOf } from "./forms.ts";
import { isAimedAt, isOver, isRevoked, nameOf, whoAsks, type Naming } from "./people.ts";
import { isActionLike, isArnLike, isIn, plainText, type Variables } from "./patterns.ts";
import {
  words,
  type Ask,
  type Asked,
  type Form,
  type Known,
  type Networks,
  type PolicyFile,
  type Statement,
  type Who,
  type World,
  type WrittenBucket,
} from "./world.ts";

export type Answer = {
  /** The gate that says no first; undefined: none does. Of a DeleteObjects, for each of its entries. */
  readonly gates: readonly (string | undefined)[];
  /** The account in whose name the store is asked for what passes, or `nobody`. */
  readonly signer: string | undefined;
};

/** Decides on a request in a world. */
export function decide(world: World, asked: Asked): Answer {
  const who = whoAsks(world, asked);
  const { entries, form } = asked;
  if (form !== undefined) return decideForm(world, putOf(asked, form), form, who);
  const asks = entries?.map((entry) => asksOfEntry(asked, entry)) ?? [asksOf(asked, world)];
  const parts = asks.map((together) => situationsOf(world, asked, who, together));
  const gates = parts.map((part) => unproved(world, asked, who) ?? gateOf(part));
  const passing = parts.filter((_, i) => gates[i] === undefined).flat();
  return { gates, signer: signersOf(passing)[0] };
}

/** Proved and within its own policy, a form is a PutObject; its file's length is known last. */
function decideForm(world: World, put: Asked, form: Form, who: Who): Answer {
  const asks = asksOf(put, world).map((ask) => ({ ...ask, operation: "PostObject" }));
  const situations = situationsOf(world, put, who, asks);
  const gate =
    unproved(world, put, who) ?? formFault(form, put) ?? gateOf(situations) ?? lengthFault(form);
  return { gates: [gate], signer: gate === undefined ? signersOf(situations)[0] : undefined };
}

function situationsOf(
  world: World,
  asked: Asked,
  who: Who,
  asks: readonly Ask[],
): readonly Situation[] {
  return asks.map((ask) => ({ world, asked, who, ask, owner: ownerOf(world, who, ask) }));
}

function unproved(world: World, asked: Asked, who: Who): string | undefined {
  const isNobody = who === "anonymous" && anonymousAccess(world) === "deny";
  return isNobody || isOver(who, asked) ? "authentication" : undefined;
}

/** All that one part of a request asks for must be allowed; each gate is asked about all of it. */
function gateOf(situations: readonly Situation[]): string | undefined {
  const gate = GATES.find(([, refuses]) => situations.some((situation) => refuses(situation)))?.[0];
  if (gate !== undefined) return gate;
  for (const situation of situations) {
    const fault = POLICY_ACTIONS.has(situation.ask.action) ? keptPolicyFault(situation) : undefined;
    if (fault !== undefined) return `fault ${fault}`;
  }
  // No one credential of the store reaches the buckets of two accounts.
  return signersOf(situations).length > 1 ? "fault AccessDenied" : undefined;
}

/** The policy of a bucket is its account's to see, unless the model passes that on. */
function keptPolicyFault(situation: Situation): string | undefined {
  const { world, who, owner, asked } = situation;
  const { policyDelegation } = world.model;
  if (who === "anonymous") {
    if (!policyDelegation || !isOpened(situation)) return "AccessDenied";
  } else if (!policyDelegation && owner !== who.account.name) return "MethodNotAllowed";
  // Qumulo shows "{}" of a bucket without a policy.
  if (restricts(situation) || asked.method !== "GET") return undefined;
  return bucketPolicy(situation) === undefined ? "NoSuchBucketPolicy" : undefined;
}

const POLICY_ACTIONS = new Set([
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

const GATES: readonly (readonly [name: string, refuses: (situation: Situation) => boolean])[] = [
  ["key-state", isKeyNotInForce],
  ["networks", isFromElsewhere],
  ["blocked-actions", isBlocked],
  ["version-guard", isGuarded],
  ["unsupported", isUnsupported],
  ["tier", isAboveTier],
  ["explicit-deny", isDenied],
  ["allow", (situation) => !isAllowed(situation)],
];

function anonymousAccess({ policy, model }: World): "deny" | "policy" | "upstream" {
  return policy.anonymous ?? model.anonymous.access;
}

/** A bucket without a record is the caller's own, as far as the gateway knows. */
function ownerOf(world: World, who: Who, { bucket }: Ask): string | undefined {
  const record = recordOf(world, bucket);
  if (record !== undefined) return record.account;
  return who === "anonymous" ? undefined : who.account.name;
}

function recordOf({ buckets }: World, name: string | undefined): WrittenBucket | undefined {
  return buckets.find((bucket) => bucket.name === name);
}

function isKeyNotInForce({ world, who, asked: { nowMs } }: Situation): boolean {
  if (who === "anonymous") return false;
  if (who.account.disabled === true || isRevoked(world, who)) return true;
  const { disabled = false, notBefore, expires } = who.key ?? {};
  if (disabled) return true;
  if (notBefore !== undefined && nowMs < Date.parse(notBefore)) return true;
  return expires !== undefined && nowMs >= Date.parse(expires);
}

/** The lists of the gateway, the account, the subuser and the key must all let the address in. */
function isFromElsewhere({ world, who, asked }: Situation): boolean {
  const known = who === "anonymous" ? [] : [who.account, who.user, who.key];
  const lists = [world.policy, ...known].map((holder) => holder?.networks);
  return lists.some((list) => list !== undefined && !letsIn(list, asked.ip));
}

function letsIn({ allow = [], deny = [] }: Networks, ip: string): boolean {
  if (deny.some((network) => isIn(ip, network))) return false;
  return allow.length === 0 || allow.some((network) => isIn(ip, network));
}

/** Lists of blocked actions can only take away, so that every name of the operation counts as well. */
function isNamed({ action, operation }: Ask, patterns: readonly string[]): boolean {
  const names = [action, `s3:${operation}`];
  return patterns.some((pattern) => names.some((name) => isActionLike(name, pattern)));
}

function isBlocked({ world, who, ask }: Situation): boolean {
  const holders = who === "anonymous" ? [] : [who.account, who.user];
  const lists = [world.policy, ...holders].flatMap((holder) => holder?.blockedActions ?? []);
  if (isNamed(ask, lists)) return true;
  const tier = who === "anonymous" ? undefined : tierOf(world, who);
  return (world.model.blockedActions ?? []).some(
    ({ action, exceptTiers = [] }) =>
      isNamed(ask, [action]) && (tier === undefined || !exceptTiers.includes(tier)),
  );
}

/** What could destroy the history of objects, as far as these requests go. */
function isGuarded({ world, ask }: Situation): boolean {
  if (world.policy.versionGuard !== true) return false;
  const { action, operation } = ask;
  if (["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"].includes(action)) return true;
  return ["DeleteBucket", "DeleteBucketLifecycle", "DeleteBucketReplication"].includes(operation);
}

function isUnsupported({ world, ask }: Situation): boolean {
  return isNamed(ask, [...(world.policy.unsupported ?? []), ...(world.model.unsupported ?? [])]);
}

/** The name of the tier that the caller has. */
function tierOf({ model }: World, { user }: Known): string | undefined {
  return user === undefined ? model.accountTier : user.tier;
}

function includes({ model }: World, name: string, ask: Ask): boolean {
  const { action, operation } = ask;
  const tier = model.tiers[name];
  if (tier === undefined) throw new Error(`No tier ${name}`);
  const groups = (tier.groups ?? []).flatMap((group) => model.actionGroups[group] ?? []);
  const all = [...groups, ...(tier.actions ?? [])];
  if (tier.operations !== undefined && !tier.operations.includes(operation)) return false;
  const byOperation = model.operationNames && isOwnAsk(ask);
  const names = byOperation ? [action, ...operationNames(ask)] : [action];
  return all.some((pattern) => names.some((one) => isActionLike(one, pattern)));
}

/** As a ceiling, nothing lifts a caller above its tier; as a union, a policy may, but no session. */
function isAboveTier({ world, who, ask }: Situation): boolean {
  if (who === "anonymous") {
    // What no policy may open is not refused where the store judges what none allows.
    if (anonymousAccess(world) === "upstream") return false;
    const { ceiling } = world.model.anonymous;
    return ceiling !== undefined && !includes(world, ceiling, ask);
  }
  const isLifted = (world.policy.tierMode ?? world.model.tierMode) === "union";
  const isRole = who.kind === "session";
  // A role has no more than its account's own keys, whatever the mode.
  const ceilings = [isLifted && !isRole ? undefined : tierOf(world, who)];
  if (isRole) ceilings.push(world.model.accountTier);
  return ceilings.some((tier) => tier !== undefined && !includes(world, tier, ask));
}

/** Where bucket policies restrict, each caller reaches the store as itself. */
function restricts({ world }: Situation): boolean {
  return world.model.bucketPolicyRole === "restrict";
}

/** A privilege permits its holder its actions, whatever policies say. */
function isPrivileged({ world, who, ask }: Situation): boolean {
  if (who === "anonymous") return false;
  const { privileges: names = [] } = who.user ?? who.account;
  const actions = names.flatMap((name) => world.model.privileges?.[name] ?? []);
  return actions.includes(ask.action);
}

/** A privilege passes every policy but that of a session, which is the session's own ceiling. */
function isDenied(situation: Situation): boolean {
  const denies = (policy: PolicyFile): boolean => says("Deny", policy, situation);
  if (sessionPolicy(situation).some(denies)) return true;
  if (isPrivileged(situation)) return false;
  if (identityPolicies(situation).some(denies)) return true;
  return !isEscape(situation) && bucketDenies(situation);
}

/** An owner's own key is not kept from the policy of its bucket by that policy. */
function isEscape({ world, who, ask, owner }: Situation): boolean {
  if (!world.model.ownerPolicyEscape || who === "anonymous" || who.kind !== "account") return false;
  return owner === who.account.name && POLICY_ACTIONS.has(ask.action);
}

/** The policies of the account, for everybody of it, and those of the subuser or role. */
function identityPolicies({ world, who }: Situation): readonly PolicyFile[] {
  if (who === "anonymous") return [];
  const names = [...(who.account.policies ?? []), ...(who.user?.policies ?? [])];
  return names.flatMap((name) => world.files[name] ?? []);
}

function sessionPolicy({ world, who }: Situation): readonly PolicyFile[] {
  const file = world.files[(who !== "anonymous" && who.session?.policy) || ""];
  return file === undefined ? [] : [file];
}

function bucketPolicy({ world, ask }: Situation): PolicyFile | undefined {
  return world.files[recordOf(world, ask.bucket)?.policy ?? ""];
}

/** Whether a policy without principals has a statement of that effect. */
function says(effect: Statement["Effect"], policy: PolicyFile, situation: Situation): boolean {
  return policy.Statement.some(
    (statement) => statement.Effect === effect && speaksOf(statement, policy, situation),
  );
}

function bucketDenies(situation: Situation): boolean {
  const { who, world } = situation;
  const policy = bucketPolicy(situation);
  return (policy?.Statement ?? []).some(
    (statement) =>
      statement.Effect === "Deny" &&
      isAimedAt(statement, who, world) &&
      policy !== undefined &&
      speaksOf(statement, policy, situation),
  );
}

/** Whether actions, resources and conditions of a statement hold; who is meant is not asked here. */
function speaksOf(statement: Statement, policy: PolicyFile, situation: Situation): boolean {
  const values = valuesOf(situation);
  const single: Variables = (name) => {
    const value = values(name);
    return typeof value === "string" ? value : undefined;
  };
  const variables = policy.Version === "2012-10-17" ? single : undefined;
  return (
    meansAction(statement, situation) &&
    meansResource(statement, situation.ask, variables) &&
    conditionHolds(statement, values, variables)
  );
}

/**
 * An operation's name counts where it makes a statement stricter, whatever the operation asks for;
 * elsewhere if the model has it, for what the operation is about. A pattern that fits some action
 * speaks of actions alone, as on AWS.
 */
export function meansAction(
  { Effect: effect, Action, NotAction }: Statement,
  situation: Situation,
): boolean {
  const { ask, world } = situation;
  const named = (patterns: readonly string[], isStricter: boolean): boolean =>
    patterns.some(
      (pattern) =>
        isActionLike(ask.action, pattern) ||
        ((isStricter || (world.model.operationNames && isOwnAsk(ask))) &&
          operationNames(ask).some((name) => isActionLike(name, pattern)) &&
          !ALL_ACTIONS.some((action) => isActionLike(action, pattern))),
    );
  if (Action !== undefined) return named(words(Action), effect === "Deny");
  return !named(words(NotAction), effect === "Allow");
}

export function meansResource(
  { Effect: effect, Resource, NotResource }: Statement,
  ask: Ask,
  variables: Variables | undefined,
): boolean {
  const arn = `arn:aws:s3:::${ask.bucket ?? "*"}${ask.key === undefined ? "" : `/${ask.key}`}`;
  const isOf = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => isArnLike(arn, pattern, variables));
  // Qumulo's policies are about all of their bucket.
  if (Resource === undefined && NotResource === undefined) return true;
  if (NotResource === undefined) return isOf(words(Resource));
  // To whom a variable says nothing, all but nothing is not opened.
  const isVoid = words(NotResource).some((pattern) => plainText(pattern, variables) === undefined);
  return !isOf(words(NotResource)) && !(effect === "Allow" && isVoid);
}

function isAllowed(situation: Situation): boolean {
  const { who, world, owner } = situation;
  const byBucket = bucketAllows(situation);
  // A session policy only takes away, also from what a bucket's policy gives to the session itself.
  if (!sessionPolicy(situation).every((policy) => says("Allow", policy, situation))) return false;
  if (who === "anonymous") return isOpened(situation) || anonymousAccess(world) === "upstream";
  if (restricts(situation)) return isAllowedUnderRestriction(situation, who, byBucket);
  if (owner === who.account.name) return isAllowedAtHome(situation, who, byBucket);
  return isAllowedAbroad(situation, who, byBucket);
}

/** The best that an Allow of the bucket's policy says of the caller. */
function bucketAllows(situation: Situation): Naming {
  const policy = bucketPolicy(situation);
  const allows = (policy?.Statement ?? [])
    .filter((statement) => statement.Effect === "Allow" && policy !== undefined)
    .filter((statement) => policy !== undefined && speaksOf(statement, policy, situation));
  const namings = new Set(
    allows.map(({ Principal: named }) => named && nameOf(named, situation.who, situation.world)),
  );
  if (namings.has("direct")) return "direct";
  return namings.has("delegated") ? "delegated" : undefined;
}

/** Without a policy by its own rights, in whatever bucket; with one only if that allows it as well. */
function isAllowedUnderRestriction(situation: Situation, who: Known, byBucket: Naming): boolean {
  if (isPrivileged(situation)) return true;
  if (!hasOwnRight(situation, who)) return false;
  const { action } = situation.ask;
  const manages = action === "s3:PutBucketPolicy" || action === "s3:DeleteBucketPolicy";
  if (bucketPolicy(situation) === undefined) return !manages;
  return byBucket !== undefined;
}

/** By its being the account, by its tier or by its policies. */
function hasOwnRight(situation: Situation, who: Known): boolean {
  const tier = tierOf(situation.world, who);
  if (who.kind === "account" && tier === undefined) return true;
  return (
    (tier !== undefined && includes(situation.world, tier, situation.ask)) || hasOwnAllow(situation)
  );
}

/** In its account's own buckets: by tier, by its policies, or by the bucket's naming it. */
function isAllowedAtHome(situation: Situation, who: Known, byBucket: Naming): boolean {
  return hasOwnRight(situation, who) || byBucket === "direct";
}

function hasOwnAllow(situation: Situation): boolean {
  return identityPolicies(situation).some((policy) => says("Allow", policy, situation));
}

/** In another account's bucket: by that bucket's policy or share, and what `crossAccount` adds. */
function isAllowedAbroad(situation: Situation, who: Known, byBucket: Naming): boolean {
  const { world, ask } = situation;
  const granted = byBucket === "direct" ? byBucket : (shareFor(situation, who) ?? byBucket);
  if (granted === undefined) return false;
  if (who.kind === "account") return true;
  if (world.model.crossAccount === "both") return hasOwnAllow(situation);
  if (granted === "direct") return true;
  const tier = tierOf(world, who);
  return (tier !== undefined && includes(world, tier, ask)) || hasOwnAllow(situation);
}

/** A share names its account's subusers as the model's name of an account does. */
function shareFor({ world, ask }: Situation, { kind, account, user }: Known): Naming {
  const granting = (recordOf(world, ask.bucket)?.shares ?? []).filter(({ permissions }) =>
    includes(world, permissions, ask),
  );
  const shares = new Set(granting.map((share) => share.with));
  if (kind === "account" && shares.has(account.name)) return "direct";
  if (kind === "subuser" && shares.has(`${account.name}:${user?.name}`)) return "direct";
  if (!shares.has(account.name)) return undefined;
  const { forms = [] } = world.model.principals;
  const reachesUsers = forms.some(
    ({ direct }) => direct.includes("account") && direct.includes(kind),
  );
  return reachesUsers ? "direct" : "delegated";
}

/** In whose names the store would be asked: the owners', or nobody's where it is to judge by itself. */
function signersOf(situations: readonly Situation[]): readonly string[] {
  const isLeft = situations.some((one) => one.who === "anonymous" && !isOpened(one));
  if (isLeft) return ["nobody"];
  const all = [...new Set(situations.map(senderOf))];
  // Nobody's request that no one owner can send goes on unsigned, where the store judges such requests.
  const [{ who, world } = {}] = situations;
  const isUnsigned = world !== undefined && anonymousAccess(world) === "upstream";
  return all.length > 1 && who === "anonymous" && isUnsigned ? ["nobody"] : all;
}

function senderOf(situation: Situation): string {
  const { who, owner = "nobody" } = situation;
  return restricts(situation) && who !== "anonymous" ? who.account.name : owner;
}

/** A policy opens to everybody what the model's ceiling for them includes. */
function isOpened(situation: Situation): boolean {
  const { ceiling } = situation.world.model.anonymous;
  const includesIt = ceiling === undefined || includes(situation.world, ceiling, situation.ask);
  return includesIt && bucketAllows(situation) === "direct";
}
