import type { StatementRef } from "../policy/policy.ts";
import type { DeleteEntry } from "../s3/delete-objects.ts";
import type { OperationName } from "../s3/operations.ts";
import type { Caller } from "./caller.ts";
import type { KeySession } from "./principal.ts";

/**
 * The gates in the order of decision (the design's "Decision order"). `request` is the part before
 * all of them: it refuses a request that is not one S3 request.
 */
export const GATE_NAMES = [
  "request",
  "authentication",
  "key-state",
  "networks",
  "blocked-actions",
  "version-guard",
  "unsupported",
  "tier",
  "explicit-deny",
  "allow",
] as const;

export type Gate = (typeof GATE_NAMES)[number];

/**
 * The reason why a gate refused. The name of the setting is for the operator and never reaches the
 * client.
 */
export type Denial = {
  readonly gate: Gate;
  readonly rule: string;
  /** The place of the rule in a policy's file; `undefined` if it is in none. */
  readonly place: Pick<StatementRef, "file" | "line"> | undefined;
};

/**
 * Returns the denial whose gate comes first, so that one request has one reason, in whatever order its
 * parts are judged; `undefined` if nothing was denied.
 */
export function firstDenial(
  one: Denial | undefined,
  other: Denial | undefined,
): Denial | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return GATE_NAMES.indexOf(other.gate) < GATE_NAMES.indexOf(one.gate) ? other : one;
}

/** The actions of STS that are served. */
export const STS_ACTIONS = [
  "AssumeRole",
  "AssumeRoleWithWebIdentity",
  "GetCallerIdentity",
  "GetSessionToken",
] as const;

export type StsActionName = (typeof STS_ACTIONS)[number];

/** The facts of a request for the access record, as far as the decision came. */
export type Facts = {
  /** `Passthrough`: not S3 at all, see passthrough.ts. Or an action of STS. */
  readonly operation: OperationName | StsActionName | "Unknown" | "Passthrough";
  readonly bucket: string | undefined;
  /** The tenant of the bucket, as far as the request or its host names one. */
  readonly tenant: string | undefined;
  readonly key: string | undefined;
  readonly versionId: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly account: string | undefined;
  readonly subuser: string | undefined;
  /** The session of a temporary key; `undefined` if it was none. */
  readonly session: KeySession | undefined;
  readonly denial: Denial | undefined;
  /** Every gate that was asked about any part of it let that pass. */
  readonly passed: boolean;
  /** The proof of the caller; `undefined` if anonymous, or not proved. */
  readonly proved: (Caller & { readonly kind: "known" })["proved"] | undefined;
  /** The entries of DeleteObjects, once its document was read. */
  readonly entries: readonly DeleteEntry[] | undefined;
  /** The numbers, from 0, of those `entries` that are refused although others are not. */
  readonly entriesDenied: readonly number[] | undefined;
  /**
   * The actor in whose name the store may be asked for what was judged so far; `undefined` for the
   * caller.
   */
  readonly actor: Actor | undefined;
  /** True in report mode if `denial` was recorded but not enforced. */
  readonly reported: boolean;
};

/**
 * The name in which the store is asked. `owner`: the bucket's policy lets the caller in, whom the
 * store would not. `both`: for one part the caller's own rights are needed, for another the
 * owner's.
 */
export type Actor = "caller" | "owner" | "both";

export const NO_FACTS: Facts = {
  operation: "Unknown",
  bucket: undefined,
  tenant: undefined,
  key: undefined,
  versionId: undefined,
  accessKeyId: undefined,
  account: undefined,
  subuser: undefined,
  session: undefined,
  denial: undefined,
  passed: false,
  proved: undefined,
  entries: undefined,
  entriesDenied: undefined,
  actor: undefined,
  reported: false,
};

/** The facts when a further part of the request passed the gates. */
export function withPassed(facts: Facts, actor: Actor | undefined): Facts {
  const { actor: before, passed } = facts;
  const same = actor === undefined || actor === before;
  if (same && passed) return facts;
  const all = same ? before : before === undefined ? actor : "both";
  return { ...facts, passed: true, actor: all };
}

/**
 * The result of the rules for a request, even if report mode does not enforce it: `deny` if they
 * refuse any part of it, `none` if none was asked.
 */
export type Decision = "allow" | "deny" | "none";

export function decisionOf({ denial, passed }: Facts): Decision {
  if (denial !== undefined) return "deny";
  return passed ? "allow" : "none";
}

/** Returns the facts with the caller that the request was proved to come from. */
export function withCaller(facts: Facts, caller: Caller): Facts {
  if (caller.kind === "anonymous") return facts;
  const { accessKeyId, account, subuser, session } = caller.key;
  const { operation, bucket, tenant, key, versionId, denial, passed, entries } = facts;
  const { entriesDenied, actor, reported } = facts;
  return {
    operation,
    bucket,
    tenant,
    key,
    versionId,
    accessKeyId,
    account: account.name,
    subuser: session?.role === undefined ? subuser?.name : undefined,
    session,
    denial,
    passed,
    proved: caller.proved,
    entries,
    entriesDenied,
    actor,
    reported,
  };
}
