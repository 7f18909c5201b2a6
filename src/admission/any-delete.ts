import type { Evaluation } from "../policy/evaluate.ts";
import type { PolicySet } from "../policy/policy-set.ts";
import type { Principal } from "../policy/principals.ts";
import { couldAllow, denialOfAll, type Reach } from "../policy/reach.ts";
import { tierGrants } from "../provider/tier.ts";
import type { Action } from "../s3/actions.ts";
import { bypassActions, type Ask } from "../s3/asks.ts";
import type { Bucket } from "../s3/bucket.ts";
import { recordOf } from "./buckets.ts";
import { firstDenial } from "./facts.ts";
import { questionOf, judgeWithoutPolicies } from "./gates.ts";
import { allow, explicitDeny, type Evaluated } from "./policy-gates.ts";
import { policyNames, type PolicyNames } from "./policy-names.ts";
import { holderOf } from "./principal.ts";
import type { Question, Refusal } from "./question.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/** The actions that a DeleteObjects can do to a key. */
const ACTIONS = ["s3:DeleteObject", "s3:DeleteObjectVersion"] as const satisfies readonly Action[];

/**
 * Returns the refusal of a DeleteObjects that can delete nothing, whatever its document will name.
 * So a document is not even read if its caller may do nothing with it. `undefined` if some key
 * could pass. Policies are taken for what suits best: an Allow holds if it could for some key, a
 * Deny only if it is certain for every key. The gates themselves are those of every request.
 */
export function refusalOfAnyDelete(
  snapshot: Snapshot,
  subject: Subject,
  nowMs: number,
): Refusal | undefined {
  const { address } = subject;
  if (address.kind !== "bucket") throw new Error("DeleteObjects addresses a bucket");
  let first = ofBypass(snapshot, subject, address.bucket, nowMs);
  for (const action of ACTIONS) {
    const ask = askOf(action, address.bucket);
    const refusal =
      judgeWithoutPolicies(snapshot, subject, [ask], nowMs) ??
      byPolicies(questionOf(snapshot, subject, [ask], nowMs, undefined), ask, address.bucket);
    if (refusal === undefined) return undefined;
    // The reason is that of the first gate, as it would be with the document.
    first = firstDenial(first?.denial, refusal.denial) === refusal.denial ? refusal : first;
  }
  return first;
}

/** Returns the refusal of what a header asks for besides, for each key alike. */
function ofBypass(
  snapshot: Snapshot,
  subject: Subject,
  bucket: Bucket,
  nowMs: number,
): Refusal | undefined {
  const asks = bypassActions(subject.headers).map((action) => askOf(action, bucket));
  return asks.length === 0 ? undefined : judgeWithoutPolicies(snapshot, subject, asks, nowMs);
}

function askOf(action: Action, bucket: Bucket): Ask<Bucket> {
  return { action, operation: "DeleteObjects", bucket, key: "", below: true };
}

function byPolicies(question: Question, ask: Ask<Bucket>, bucket: Bucket): Refusal | undefined {
  const { snapshot, subject, key } = question;
  const holder = key && holderOf(key);
  const record = recordOf(subject, bucket);
  const { action, operation } = ask;
  const principal = holder?.principal ?? snapshot.policy.guest;
  const own = holder?.policies;
  const session = key?.session?.policy;
  const evaluated: Evaluated = {
    ask,
    record,
    identity:
      own === undefined
        ? NOTHING_SAID
        : bestCase(
            question,
            action,
            own,
            NOBODY,
            policyNames(snapshot, subject.caller, bucket, own),
          ),
    bucket:
      record?.policy === undefined
        ? NOTHING_SAID
        : bestCase(question, action, record.policy, principal, {
            name: bucket.name,
            alias: undefined,
          }),
    session:
      session &&
      bestCase(
        question,
        action,
        session,
        NOBODY,
        policyNames(snapshot, subject.caller, bucket, session),
      ),
    privileged:
      holder?.privileges.some((privilege) => tierGrants(privilege, action, operation)) ?? false,
  };
  return explicitDeny(question, [evaluated]) ?? allow(question, [evaluated]);
}

/** The principal of identity policies, which are about their holder: they name none. */
const NOBODY: Principal = { kind: "anonymous" };

function bestCase(
  { snapshot }: Question,
  action: Action,
  set: PolicySet,
  principal: Principal,
  { name, alias }: PolicyNames,
): Evaluation {
  const [some] = set.statements;
  if (some === undefined) return NOTHING_SAID;
  const { switches } = snapshot.policy.provider;
  const reach: Reach = {
    actions: [{ action, operation: "DeleteObjects" }],
    principal,
    buckets: alias?.sure === true ? [name, alias.name] : [name],
    alsoDenied: alias?.sure === false ? [alias.name] : [],
  };
  const denial = denialOfAll(set, reach, switches);
  if (denial !== undefined) return { effect: "deny", statement: denial };
  return couldAllow(set, reach, switches)
    ? { effect: "allow", statement: some.place, grip: "direct" }
    : NOTHING_SAID;
}

const NOTHING_SAID: Evaluation = { effect: "none" };
