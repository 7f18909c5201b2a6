/** Who may change the policy of a bucket that the gateway keeps, and to what (docs/policy.md, docs/providers.md). */

import { ROWS } from "../../src/s3/operation-table.ts";
import { ALL_ACTIONS } from "./asks.ts";
import { decide, meansAction, meansResource, type Answer } from "./decide.ts";
import { isActionLike, type Variables } from "./patterns.ts";
import { isAimedAt, nameOf, whoAsks } from "./people.ts";
import {
  words,
  type Asked,
  type PolicyFile,
  type Statement,
  type Who,
  type World,
} from "./world.ts";

/** Decides on a PUT or DELETE of the policy of a bucket, whose record is in `state`. */
export function decideChange(world: World, asked: Asked): Answer {
  const answer = decide(world, asked);
  if (answer.gates[0] !== undefined) return answer;
  const fault = changeFault(world, asked);
  return { gates: [fault === undefined ? undefined : `fault ${fault}`], signer: undefined };
}

function changeFault(world: World, asked: Asked): string | undefined {
  const who = whoAsks(world, asked);
  const isAdopted = world.buckets.some(({ name }) => name === asked.bucket);
  if (who === "anonymous" || !isAdopted) return "MethodNotAllowed";
  const { policy } = asked;
  if (policy === undefined) return undefined;
  const isRefused = isMalformed(policy, asked.bucket ?? "") || isLockedOut(policy, world, asked);
  return isRefused ? "MalformedPolicy" : undefined;
}

/** A policy is about its own bucket, and about actions that there are. */
function isMalformed({ Statement }: PolicyFile, bucket: string): boolean {
  return Statement.some(({ Action, NotAction, Resource, NotResource }) => {
    const buckets = [...words(Resource), ...words(NotResource)].map(
      (arn) => arn.split(":").slice(5).join(":").split("/")[0] ?? "",
    );
    const isOdd = (pattern: string): boolean => !NAMES.some((name) => isActionLike(name, pattern));
    return (
      [...words(Action), ...words(NotAction)].some(isOdd) ||
      buckets.some((name) => name !== bucket && !/[*?$]/u.test(name))
    );
  });
}

/** Actions, and operations by their names, which a Deny may have. */
const NAMES: readonly string[] = [
  ...ALL_ACTIONS,
  "s3:BypassGovernanceRetention",
  ...Object.keys(ROWS).map((operation) => `s3:${operation}`),
];

/**
 * A policy keeps its author out if, whatever the request, the author could neither put nor delete
 * it: it denies both, or does not allow them where nothing else does.
 */
function isLockedOut(policy: PolicyFile, world: World, asked: Asked): boolean {
  const who = whoAsks(world, asked);
  if (who === "anonymous" || asked.headers[CONFIRM] === "true") return false;
  const { ownerPolicyEscape, policyManagers, privileges = {} } = world.model;
  if (ownerPolicyEscape && who.kind === "account") return false;
  const held =
    (who.user ?? who.account).privileges?.flatMap((name) => privileges[name] ?? []) ?? [];
  if (CHANGES.some((change) => held.includes(`s3:${change}`))) return false;
  return CHANGES.every((change) => {
    const said = policy.Statement.filter((one) => isCertain(one, policy, world, asked, change));
    if (said.some((one) => one.Effect === "Deny" && isAimedAt(one, who, world))) return true;
    return policyManagers === "privilege" && !said.some((one) => isAllowedBy(one, who, world));
  });
}

const CONFIRM = "x-amz-confirm-remove-self-bucket-access";
const CHANGES = ["PutBucketPolicy", "DeleteBucketPolicy"] as const;

/** Whether a statement is about the change whoever asks from wherever: it has no condition. */
function isCertain(
  statement: Statement,
  { Version }: PolicyFile,
  world: World,
  asked: Asked,
  operation: string,
): boolean {
  if (Object.keys(statement.Condition ?? {}).length > 0) return false;
  const ask = { action: `s3:${operation}`, operation, bucket: asked.bucket ?? "" };
  const nothing: Variables = () => undefined;
  const variables = Version === "2012-10-17" ? nothing : undefined;
  const situation = { world, asked, who: "anonymous", ask, owner: undefined } as const;
  return meansAction(statement, situation) && meansResource(statement, ask, variables);
}

function isAllowedBy(
  { Effect: effect, Principal: named }: Statement,
  who: Who,
  world: World,
): boolean {
  return effect === "Allow" && named !== undefined && nameOf(named, who, world) !== undefined;
}
