import type { StatementRef } from "../policy/policy.ts";
import type { OperationName } from "../s3/operations.ts";
import type { Caller } from "./subject.ts";

/**
 * The gates in the order of decision (the design's "Decision order"); `request` is what comes
 * before all of them: a request that is not one S3 request.
 */
export type Gate =
  | "request"
  | "authentication"
  | "key-state"
  | "networks"
  | "blocked-actions"
  | "version-guard"
  | "unsupported"
  | "tier"
  | "explicit-deny"
  | "allow";

/** Why a gate said no. What names the setting is for the operator and never reaches the client. */
export type Denial = {
  readonly gate: Gate;
  readonly rule: string;
  /** Where the rule stands in a policy's file; undefined: in none. */
  readonly place: Pick<StatementRef, "file" | "line"> | undefined;
};

/** What the access record says of a request, as far as the decision came. */
export type Facts = {
  /** `Passthrough`: not S3 at all, see passthrough.ts. */
  readonly operation: OperationName | "Unknown" | "Passthrough";
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly versionId: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly account: string | undefined;
  readonly subuser: string | undefined;
  readonly denial: Denial | undefined;
  /** In whose name what was judged so far may be asked of the store; undefined: the caller's. */
  readonly actor: Actor | undefined;
  /** Report mode: `denial` was recorded but not enforced. */
  readonly reported: boolean;
};

/**
 * `owner`: the bucket's policy lets the caller in, whom the store would not. `both`: for one part the
 * caller's own rights are needed, for another the owner's.
 */
export type Actor = "caller" | "owner" | "both";

export const NO_FACTS: Facts = {
  operation: "Unknown",
  bucket: undefined,
  key: undefined,
  versionId: undefined,
  accessKeyId: undefined,
  account: undefined,
  subuser: undefined,
  denial: undefined,
  actor: undefined,
  reported: false,
};

/** The facts when a further part of the request was judged. */
export function withActor(facts: Facts, actor: Actor | undefined): Facts {
  const before = facts.actor;
  if (actor === undefined || actor === before) return facts;
  return { ...facts, actor: before === undefined ? actor : "both" };
}

/** The facts with whom the request was proved to come from. */
export function withCaller(facts: Facts, caller: Caller): Facts {
  if (caller.kind === "anonymous") return facts;
  const { accessKeyId, account, subuser } = caller.key;
  const { operation, bucket, key, versionId, denial, actor, reported } = facts;
  return {
    operation,
    bucket,
    key,
    versionId,
    accessKeyId,
    account: account.name,
    subuser: subuser?.name,
    denial,
    actor,
    reported,
  };
}
