import { networkDecision } from "../policy/network.ts";
import { tierAllows } from "../policy/tier.ts";
import { arnOf, type Ask } from "../s3/asks.ts";
import { fault } from "../s3/faults.ts";
import type { Gate } from "./facts.ts";
import { allow, explicitDeny } from "./policy-gates.ts";
import type { ActionPattern } from "./principal.ts";
import { holderOf, refusal, type Question, type Refusal } from "./question.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/**
 * The gates in the design's order. Each can only take away, so no mistake in one opens what
 * another closed.
 */
const GATES: readonly (readonly [name: Gate, gate: (question: Question) => Refusal | undefined])[] =
  [
    ["key-state", keyState],
    ["networks", networks],
    ["blocked-actions", blockedActions],
    ["unsupported", unsupported],
    ["tier", tier],
    ["explicit-deny", explicitDeny],
    ["allow", allow],
  ];

/** The first gate that refuses decides. `asks`: every (action, resource) pair of the request. */
export function judge(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask[],
  nowMs: number,
): Refusal | undefined {
  const question = questionOf(snapshot, subject, asks, nowMs);
  for (const [, gate] of GATES) {
    const refused = gate(question);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** What each gate says, also behind one that refused, for explanations. */
export function judgeEach(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask[],
  nowMs: number,
): readonly { readonly gate: Gate; readonly refusal: Refusal | undefined }[] {
  const question = questionOf(snapshot, subject, asks, nowMs);
  return GATES.map(([name, gate]) => ({ gate: name, refusal: gate(question) }));
}

function questionOf(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask[],
  nowMs: number,
): Question {
  const key = subject.caller.kind === "known" ? subject.caller.key : undefined;
  return { snapshot, subject, key, asks, nowMs };
}

function keyState({ key, nowMs }: Question): Refusal | undefined {
  if (key === undefined) return undefined;
  const { accessKeyId, disabled, notBeforeMs, expiresMs } = key;
  if (disabled) {
    return refusal("key-state", `${accessKeyId}: disabled`, "This access key is disabled");
  }
  if (notBeforeMs !== undefined && nowMs < notBeforeMs) {
    return refusal("key-state", `${accessKeyId}: notBefore`, "This access key is not valid yet");
  }
  if (expiresMs !== undefined && nowMs >= expiresMs) {
    return refusal("key-state", `${accessKeyId}: expires`, "This access key has expired");
  }
  return undefined;
}

function networks({ snapshot, subject, key }: Question): Refusal | undefined {
  const rules = [
    ["policy.networks", "this gateway's", snapshot.policy.networks],
    ["account networks", "this account's", key?.account.networks],
    ["subuser networks", "this subuser's", key?.subuser?.networks],
    ["key networks", "this key's", key?.networks],
  ] as const;
  for (const [rule, whose, networks] of rules) {
    if (networks === undefined) continue;
    const decision = networkDecision(networks, subject.head.sourceAddress);
    if (decision === "allowed") continue;
    const message = `The source address is not in ${whose} allowed networks`;
    return refusal("networks", `${rule}: ${decision}`, message);
  }
  return undefined;
}

function blockedActions({ snapshot, key, asks }: Question): Refusal | undefined {
  const rules = [
    ["policy.blockedActions", "on this gateway", snapshot.policy.blockedActions],
    ["account blockedActions", "for this account", key?.account.blockedActions],
    ["subuser blockedActions", "for this subuser", key?.subuser?.blockedActions],
  ] as const;
  for (const [rule, where, patterns] of rules) {
    const match = firstMatch(patterns ?? NO_PATTERNS, asks);
    if (match === undefined) continue;
    const message = `${match.ask.action} on ${arnOf(match.ask)} is blocked ${where}`;
    return refusal("blocked-actions", `${rule}: ${match.pattern.text}`, message);
  }
  return undefined;
}

function unsupported({ snapshot, asks }: Question): Refusal | undefined {
  const match = firstMatch(snapshot.policy.unsupported, asks);
  if (match === undefined) return undefined;
  const message = `${match.ask.action} has no effect on the store behind this gateway`;
  return {
    fault: fault("NotImplemented", message),
    denial: { gate: "unsupported", rule: `policy.unsupported: ${match.pattern.text}` },
  };
}

const NO_PATTERNS: readonly ActionPattern[] = [];

function firstMatch(
  patterns: readonly ActionPattern[],
  asks: readonly Ask[],
): { readonly pattern: ActionPattern; readonly ask: Ask } | undefined {
  for (const pattern of patterns) {
    const ask = asks.find(({ action, operation }) => pattern.matches(action, operation));
    if (ask !== undefined) return { pattern, ask };
  }
  return undefined;
}

function tier({ key, asks }: Question): Refusal | undefined {
  const ceiling = key?.subuser?.tier;
  if (key === undefined || ceiling === undefined) return undefined;
  const ask = asks.find(({ action }) => !tierAllows(ceiling, action));
  if (ask === undefined) return undefined;
  const message = `The tier ${ceiling.name} of this key does not include ${ask.action} on ${arnOf(ask)}`;
  return refusal("tier", `${holderOf(key)}: ${ceiling.name}`, message);
}
