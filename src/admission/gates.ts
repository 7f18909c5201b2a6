import type { NetworkDecision } from "../policy/network.ts";
import { networkDecision } from "../policy/network.ts";
import { tierAllows } from "../policy/tier.ts";
import { arnOf, type Ask } from "../s3/asks.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Denial } from "./facts.ts";
import type { Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Caller } from "./subject.ts";

/** A gate's no: what the client reads, and what the operator reads. */
export type Refusal = { readonly fault: Fault; readonly denial: Denial };

/**
 * The gates in the design's order; the first that refuses decides. Each can only take away, so no
 * mistake in one opens what another closed. `asks`: every (action, resource) pair of the request.
 */
export function judge(
  snapshot: Snapshot,
  caller: Caller,
  sourceAddress: string | undefined,
  asks: readonly Ask[],
  nowMs: number,
): Refusal | undefined {
  const key = caller.kind === "known" ? caller.key : undefined;
  return (
    (key && keyState(key, nowMs)) ??
    networks(snapshot, key, sourceAddress) ??
    blockedActions(snapshot, key, asks) ??
    unsupported(snapshot, asks) ??
    (key && tier(key, asks))
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
  if (subuser === undefined) return undefined;
  const ask = asks.find(({ action }) => !tierAllows(subuser.tier, action));
  if (ask === undefined) return undefined;
  const message = `The tier ${subuser.tier.name} of this key does not include ${ask.action} on ${arnOf(ask)}`;
  return refusal("tier", `${key.account.name}:${subuser.name}: ${subuser.tier.name}`, message);
}

function refusal(gate: Denial["gate"], rule: string, message: string): Refusal {
  return { fault: fault("AccessDenied", message), denial: { gate, rule } };
}
