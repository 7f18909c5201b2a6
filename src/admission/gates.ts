import type { Context } from "../policy/condition-keys.ts";
import { evaluate, type Evaluation } from "../policy/evaluate.ts";
import { networkDecision, type NetworkDecision } from "../policy/network.ts";
import type { StatementRef } from "../policy/policy.ts";
import { isEmpty, type PolicySet } from "../policy/policy-set.ts";
import type { Caller as Principal } from "../policy/principals.ts";
import { tierAllows } from "../policy/tier.ts";
import { arnOf, type Ask } from "../s3/asks.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { contextOf } from "./condition-context.ts";
import type { Denial } from "./facts.ts";
import type { Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/** A gate's no: what the client reads, and what the operator reads. */
export type Refusal = { readonly fault: Fault; readonly denial: Denial };

/**
 * The gates in the design's order; the first that refuses decides. Each can only take away, so no
 * mistake in one opens what another closed. `asks`: every (action, resource) pair of the request.
 */
export function judge(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask[],
  nowMs: number,
): Refusal | undefined {
  const { caller, head } = subject;
  const key = caller.kind === "known" ? caller.key : undefined;
  return (
    (key && keyState(key, nowMs)) ??
    networks(snapshot, key, head.sourceAddress) ??
    blockedActions(snapshot, key, asks) ??
    unsupported(snapshot, asks) ??
    (key && tier(key, asks)) ??
    (key && policies(snapshot, subject, key, asks, nowMs))
  );
}

function keyState(key: Key, nowMs: number): Refusal | undefined {
  if (key.disabled) {
    return refusal("key-state", `${key.accessKeyId}: disabled`, "This access key is disabled");
  }
  if (key.notBeforeMs !== undefined && nowMs < key.notBeforeMs) {
    return refusal(
      "key-state",
      `${key.accessKeyId}: notBefore`,
      "This access key is not valid yet",
    );
  }
  if (key.expiresMs !== undefined && nowMs >= key.expiresMs) {
    return refusal("key-state", `${key.accessKeyId}: expires`, "This access key has expired");
  }
  return undefined;
}

function networks(
  snapshot: Snapshot,
  key: Key | undefined,
  sourceAddress: string | undefined,
): Refusal | undefined {
  const rules = [
    ["policy.networks", "this gateway's", snapshot.policy.networks],
    ["account networks", "this account's", key?.account.networks],
    ["subuser networks", "this subuser's", key?.subuser?.networks],
    ["key networks", "this key's", key?.networks],
  ] as const;
  for (const [rule, whose, networks] of rules) {
    if (networks === undefined) continue;
    const decision: NetworkDecision = networkDecision(networks, sourceAddress);
    if (decision === "allowed") continue;
    const message = `The source address is not in ${whose} allowed networks`;
    return refusal("networks", `${rule}: ${decision}`, message);
  }
  return undefined;
}

function blockedActions(
  snapshot: Snapshot,
  key: Key | undefined,
  asks: readonly Ask[],
): Refusal | undefined {
  const rules = [
    ["policy.blockedActions", "on this gateway", snapshot.policy.blockedActions],
    ["account blockedActions", "for this account", key?.account.blockedActions],
    ["subuser blockedActions", "for this subuser", key?.subuser?.blockedActions],
  ] as const;
  for (const [rule, where, patterns] of rules) {
    for (const pattern of patterns ?? []) {
      const ask = asks.find(({ action, operation }) => pattern.matches(action, operation));
      if (ask === undefined) continue;
      const message = `${ask.action} on ${arnOf(ask)} is blocked ${where}`;
      return refusal("blocked-actions", `${rule}: ${pattern.text}`, message);
    }
  }
  return undefined;
}

function unsupported(snapshot: Snapshot, asks: readonly Ask[]): Refusal | undefined {
  for (const pattern of snapshot.policy.unsupported) {
    const ask = asks.find(({ action, operation }) => pattern.matches(action, operation));
    if (ask === undefined) continue;
    const message = `${ask.action} has no effect on the store behind this gateway`;
    return {
      fault: fault("NotImplemented", message),
      denial: { gate: "unsupported", rule: `policy.unsupported: ${pattern.text}` },
    };
  }
  return undefined;
}

function tier(key: Key, asks: readonly Ask[]): Refusal | undefined {
  const { subuser } = key;
  const ceiling = subuser?.tier;
  if (ceiling === undefined) return undefined;
  const ask = asks.find(({ action }) => !tierAllows(ceiling, action));
  if (ask === undefined) return undefined;
  const message = `The tier ${ceiling.name} of this key does not include ${ask.action} on ${arnOf(ask)}`;
  return refusal("tier", `${holder(key)}: ${ceiling.name}`, message);
}

/**
 * Gates 7 and 8. A Deny decides whoever asks. An account has everything of its own, and a subuser
 * what its tier has; who has no tier needs an Allow for every ask.
 */
function policies(
  snapshot: Snapshot,
  subject: Subject,
  key: Key,
  asks: readonly Ask[],
  nowMs: number,
): Refusal | undefined {
  const { subuser, account } = key;
  const set = subuser?.policies ?? account.policies;
  const needsAllow = subuser !== undefined && subuser.tier === undefined;
  if (isEmpty(set) && !needsAllow) return undefined;
  const context = contextOf(snapshot, subject, nowMs);
  for (const ask of asks) {
    const evaluation = judgeAsk(set, ask, context);
    if (evaluation.effect === "deny") return explicitlyDenied(ask, evaluation.statement);
    if (evaluation.effect === "none" && needsAllow) {
      const message = `No policy of this user allows ${ask.action} on ${arnOf(ask)}`;
      return refusal("allow", `${holder(key)}: no policy`, message);
    }
  }
  return undefined;
}

function explicitlyDenied(ask: Ask, { file, line, sid }: StatementRef): Refusal {
  const message = `A policy explicitly denies ${ask.action} on ${arnOf(ask)}`;
  return refusal("explicit-deny", `${file}:${line}${sid === undefined ? "" : ` ${sid}`}`, message);
}

/**
 * In Ceph `bucket`, `:bucket` and `tenant:bucket` can be one bucket. Who names a tenant is therefore
 * also denied by what is said of the bare name; allowed only by what names the tenant too.
 */
function judgeAsk(set: PolicySet, ask: Ask, context: Context): Evaluation {
  const { action, operation, bucket, key } = ask;
  const question = { action, operation, principal: NOBODY, context };
  const bare = resourceOf(bucket?.name, key);
  if (bucket?.tenant === undefined) return evaluate(set, { ...question, resource: bare });
  const denied = evaluate(set, { ...question, resource: bare });
  if (denied.effect === "deny") return denied;
  return evaluate(set, {
    ...question,
    resource: resourceOf(`${bucket.tenant}:${bucket.name}`, key),
  });
}

function resourceOf(bucket: string | undefined, key: string | undefined): string {
  if (bucket === undefined) return "*";
  return key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`;
}

/** Identity policies are about whoever has them: they name no principal. */
const NOBODY: Principal = { kind: "anonymous" };

/** `account` or `account:subuser`. */
function holder({ account, subuser }: Key): string {
  return subuser === undefined ? account.name : `${account.name}:${subuser.name}`;
}

function refusal(gate: Denial["gate"], rule: string, message: string): Refusal {
  return { fault: fault("AccessDenied", message), denial: { gate, rule } };
}
