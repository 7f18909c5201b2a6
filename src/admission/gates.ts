import { networkDecision, type NetworkRule } from "../policy/network.ts";
import { blockingAction, type Provider } from "../provider/provider.ts";
import { tierGrants } from "../provider/tier.ts";
import { matchesAction } from "../s3/action-names.ts";
import type { BucketName } from "../s3/address.ts";
import { arnOf, type Ask } from "../s3/asks.ts";
import type { Bucket } from "../s3/bucket.ts";
import { fault } from "../s3/faults.ts";
import { endangersHistory, entryEndangersHistory } from "../s3/version-guard.ts";
import type { Tagged } from "./ask-context.ts";
import type { Gate, Actor } from "./facts.ts";
import { allow, allowanceOf, evaluateAsks, explicitDeny, actorOf } from "./policy-gates.ts";
import { holderName, holderOf, whyNotInForce, type ActionPattern, type Key } from "./principal.ts";
import { memoSlot, refusal, type MemoSlot, type Question, type Refusal } from "./question.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/**
 * The gates in the design's order. Each can only take away, so no mistake in one opens what
 * another closed. The last two judge by what policies say of each ask; between them comes what no
 * policy can rest on, see ineffective().
 */
const GATES: readonly (readonly [name: Gate, gate: (question: Question) => Refusal | undefined])[] =
  [
    ["key-state", keyState],
    ["networks", networks],
    ["blocked-actions", blockedActions],
    ["version-guard", versionGuard],
    ["unsupported", unsupported],
    ["tier", tier],
  ];
/** The result of the gates for a request. */
export type Judgement =
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** Policies depend on what only the store knows: nothing is decided yet. */
  | { readonly kind: "wanted"; readonly wanted: readonly Tagged[] }
  /**
   * The request is allowed. `actor`: in whose name the store may be asked; `undefined` if nothing
   * was asked for.
   */
  | { readonly kind: "allowed"; readonly actor: Actor | undefined };

/**
 * Runs the gates: the first one that refuses decides. `asks`: every (action, resource) pair of the
 * request; `document`: the content of its body, if that has been read; `memo`: shared by all that
 * is judged of this very request.
 */
export function judge(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask<Bucket>[],
  nowMs: number,
  document?: Question["document"],
  memo?: MemoSlot,
): Judgement {
  const question = questionOf(snapshot, subject, asks, nowMs, document, memo);
  const refusal = firstRefusal(question);
  return refusal === undefined ? judgePolicies(question) : { kind: "refused", refusal };
}

/** The gates that ask no policy, for a request whose policies must see its document. */
export function judgeWithoutPolicies(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask<Bucket>[],
  nowMs: number,
): Refusal | undefined {
  return firstRefusal(questionOf(snapshot, subject, asks, nowMs, undefined));
}

function firstRefusal(question: Question): Refusal | undefined {
  for (const [, gate] of GATES) {
    const refused = gate(question);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function judgePolicies(question: Question): Judgement {
  const { evaluated, wanted, ignoredByStore } = evaluateAsks(question);
  if (wanted.length > 0) return { kind: "wanted", wanted };
  const refusal =
    explicitDeny(question, evaluated) ?? ineffective(ignoredByStore) ?? allow(question, evaluated);
  if (refusal !== undefined) return { kind: "refused", refusal };
  const actor = actorOf(question, evaluated);
  return actor === undefined ? ALLOWED : { kind: "allowed", actor };
}

const ALLOWED: Judgement = { kind: "allowed", actor: undefined };

/**
 * Returns the result of each gate, even after one that refused, and the rule that allows each ask
 * (`undefined` if none does), for explanations.
 */
export function judgeEach(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask<Bucket>[],
  nowMs: number,
): {
  readonly gates: readonly { readonly gate: Gate; readonly refusal: Refusal | undefined }[];
  readonly allowed: readonly (string | undefined)[];
} {
  const question = questionOf(snapshot, subject, asks, nowMs, undefined);
  const { evaluated, ignoredByStore } = evaluateAsks(question);
  const noEffect = ineffective(ignoredByStore);
  const gates = [
    ...GATES.map(([name, gate]) => {
      const refused = gate(question);
      return { gate: name, refusal: name === "unsupported" ? (refused ?? noEffect) : refused };
    }),
    { gate: "explicit-deny" as const, refusal: explicitDeny(question, evaluated) },
    { gate: "allow" as const, refusal: allow(question, evaluated) },
  ];
  return { gates, allowed: evaluated.map((one) => allowanceOf(question, one)?.by) };
}

/** Returns the question that every gate is asked about a request. */
export function questionOf(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask<Bucket>[],
  nowMs: number,
  document: Question["document"],
  memo: MemoSlot = memoSlot(),
): Question {
  const key = subject.caller.kind === "known" ? subject.caller.key : undefined;
  const { provider } = snapshot.policy;
  return { snapshot, subject, key, asks: judgedAsks(provider, asks), document, nowMs, memo };
}

/** Returns the permissions needed for `asks` under the rules of `provider`. */
export function judgedAsks<B extends BucketName>(
  { deleteVersionMode }: Provider,
  asks: readonly Ask<B>[],
): readonly Ask<B>[] {
  return deleteVersionMode === "both" ? asks.flatMap(withDelete) : asks;
}

/** Adds the permission for deletes, if deleting a version needs it as well (section 1.5). */
function withDelete<B extends BucketName>(ask: Ask<B>): readonly Ask<B>[] {
  return ask.action === "s3:DeleteObjectVersion"
    ? [ask, { ...ask, action: "s3:DeleteObject" }]
    : [ask];
}

/**
 * Returns the refusal of a holder of `key` who may ask for nothing at all; `undefined` if it may.
 * The gates of key states and networks.
 */
export function judgeKey(
  snapshot: Snapshot,
  key: Key | undefined,
  sourceAddress: string | undefined,
  nowMs: number,
): Refusal | undefined {
  return keyStateOf(key, nowMs) ?? networksOf(snapshot, key, sourceAddress);
}

function keyState({ key, nowMs }: Question): Refusal | undefined {
  return keyStateOf(key, nowMs);
}

function keyStateOf(key: Key | undefined, nowMs: number): Refusal | undefined {
  const revokedBy = key?.session?.revokedBy;
  if (revokedBy !== undefined) {
    return refusal("key-state", `revoked: ${revokedBy}`, "This session has been revoked");
  }
  const why = key && whyNotInForce(key, nowMs);
  return why && refusal("key-state", `${key.accessKeyId}: ${why}`, KEY_STATES[why]);
}

const KEY_STATES = {
  disabled: "This access key is disabled",
  notBefore: "This access key is not valid yet",
  expires: "This access key has expired",
} as const;

function networks({ snapshot, subject, key }: Question): Refusal | undefined {
  return networksOf(snapshot, key, subject.head.sourceAddress);
}

function networksOf(
  snapshot: Snapshot,
  key: Key | undefined,
  sourceAddress: string | undefined,
): Refusal | undefined {
  return (
    network(snapshot.policy.networks, sourceAddress, "policy.networks", "this gateway's") ??
    network(key?.account.networks, sourceAddress, "account networks", "this account's") ??
    network(
      key?.subuser?.networks,
      sourceAddress,
      `${kindOf(key)} networks`,
      `this ${kindOf(key)}'s`,
    ) ??
    network(key?.networks, sourceAddress, "key networks", "this key's")
  );
}

/** Returns the kind of holder that has the rights of `key.subuser`. */
function kindOf(key: Question["key"]): "role" | "subuser" {
  return key?.session?.role === undefined ? "subuser" : "role";
}

function network(
  networks: NetworkRule | undefined,
  sourceAddress: string | undefined,
  rule: string,
  whose: string,
): Refusal | undefined {
  if (networks === undefined) return undefined;
  const decision = networkDecision(networks, sourceAddress);
  if (decision === "allowed") return undefined;
  const message = `The source address is not in ${whose} allowed networks`;
  return refusal("networks", `${rule}: ${decision}`, message);
}

function blockedActions(question: Question): Refusal | undefined {
  const { snapshot, key, asks } = question;
  const { account, subuser } = key ?? {};
  return (
    blockedByProvider(question) ??
    blocked(snapshot.policy.blockedActions, asks, "policy.blockedActions", "on this gateway") ??
    blocked(account?.blockedActions, asks, "account blockedActions", "for this account") ??
    blocked(
      subuser?.blockedActions,
      asks,
      `${kindOf(key)} blockedActions`,
      `for this ${kindOf(key)}`,
    )
  );
}

function blockedByProvider({ snapshot, key, asks }: Question): Refusal | undefined {
  const { provider } = snapshot.policy;
  if (provider.blockedActions.length === 0) return undefined;
  const tierName = key && holderOf(key).tier?.name;
  for (const ask of asks) {
    const row = blockingAction(provider, tierName, ask.action, ask.operation);
    if (row === undefined) continue;
    const message = `${ask.action} on ${arnOf(ask)} is blocked on this gateway`;
    return refusal("blocked-actions", `provider ${provider.name}: ${row.text}`, message);
  }
  return undefined;
}

function blocked(
  patterns: readonly ActionPattern[] | undefined,
  asks: readonly Ask<Bucket>[],
  rule: string,
  where: string,
): Refusal | undefined {
  const match = firstMatch(patterns ?? NO_PATTERNS, asks);
  if (match === undefined) return undefined;
  const message = `${match.ask.action} on ${arnOf(match.ask)} is blocked ${where}`;
  return refusal("blocked-actions", `${rule}: ${match.pattern.text}`, message);
}

function versionGuard({ snapshot, subject, document }: Question): Refusal | undefined {
  if (!snapshot.policy.versionGuard) return undefined;
  const { operation, query, headers } = subject;
  const reason =
    document?.kind === "entry"
      ? entryEndangersHistory(document.entry, headers)
      : endangersHistory(operation, query, headers, document);
  return reason === undefined
    ? undefined
    : refusal("version-guard", "policy.versionGuard: true", reason);
}

function unsupported({ snapshot, asks }: Question): Refusal | undefined {
  const match = firstMatch(snapshot.policy.unsupported, asks);
  if (match === undefined) return undefined;
  const message = `${match.ask.action} has no effect on the store behind this gateway`;
  return {
    fault: fault("NotImplemented", message),
    denial: {
      gate: "unsupported",
      rule: `policy.unsupported: ${match.pattern.text}`,
      place: undefined,
    },
  };
}

/**
 * Refuses if policies came to depend on a header that the store accepts and ignores: they would
 * have judged what nobody does. A Deny that holds has already refused.
 */
function ineffective(ignoredByStore: ReadonlySet<string> | undefined): Refusal | undefined {
  const [name] = ignoredByStore ?? [];
  if (name === undefined) return undefined;
  const message = `A policy depends on the header "${name}", which has no effect on the store behind this gateway`;
  const elements = [["Header", name]] as const;
  return {
    fault: fault("NotImplemented", message, { elements }),
    denial: { gate: "unsupported", rule: `upstream.store: ${name}`, place: undefined },
  };
}

const NO_PATTERNS: readonly ActionPattern[] = [];

function firstMatch(
  patterns: readonly ActionPattern[],
  asks: readonly Ask<Bucket>[],
): { readonly pattern: ActionPattern; readonly ask: Ask<Bucket> } | undefined {
  for (const pattern of patterns) {
    const ask = asks.find(({ action, operation }) =>
      matchesAction(pattern.matches, action, operation),
    );
    if (ask !== undefined) return { pattern, ask };
  }
  return undefined;
}

/**
 * Refuses actions that a tier does not have. A tier that only is a ceiling is one in either mode;
 * in `union` a policy may lift any other. No session of a role has, in either mode, what the role's
 * tier or its account's does not have.
 */
function tier(question: Question): Refusal | undefined {
  const { snapshot, key, asks } = question;
  if (key === undefined) return guestCeiling(question);
  const own = holderOf(key).tier;
  const isRole = key.session?.role !== undefined;
  const lifts = snapshot.policy.tierMode === "union" && !isRole;
  const ofKey = lifts && own?.kind === "access" ? undefined : own;
  for (const ceiling of [ofKey, isRole ? key.account.tier : undefined]) {
    if (ceiling === undefined) continue;
    const ask = asks.find(({ action, operation }) => !tierGrants(ceiling, action, operation));
    if (ask === undefined) continue;
    const message = `The tier ${ceiling.name} of this key does not include ${ask.action} on ${arnOf(ask)}`;
    return refusal("tier", `${holderName(key)}: ${ceiling.name}`, message);
  }
  return undefined;
}

/** Refuses more than policies may open to callers without credentials. */
function guestCeiling({ snapshot, asks }: Question): Refusal | undefined {
  const { anonymous, provider } = snapshot.policy;
  const { ceiling } = provider.anonymous;
  if (anonymous !== "policy" || ceiling === undefined) return undefined;
  const ask = asks.find(({ action, operation }) => !tierGrants(ceiling, action, operation));
  if (ask === undefined) return undefined;
  const message = `Anonymous requests cannot do ${ask.action} on ${arnOf(ask)}: sign the request`;
  return refusal("tier", `anonymous: ${ceiling.name}`, message);
}
