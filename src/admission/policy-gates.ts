import { evaluate, type Evaluation } from "../policy/evaluate.ts";
import { isEmpty, type PolicySet } from "../policy/policy-set.ts";
import type { Caller as Principal } from "../policy/principals.ts";
import { arnOf, type Ask } from "../s3/asks.ts";
import { contextOf } from "./condition-context.ts";
import type { Key } from "./principal.ts";
import { holderOf, refusal, type Question, type Refusal } from "./question.ts";

/** Gate 7: a Deny in a policy of the account or the user decides, whoever asks. */
export function explicitDeny(question: Question): Refusal | undefined {
  const { key } = question;
  if (key === undefined || isEmpty(policiesOf(key))) return undefined;
  const evaluationOf = evaluator(question, policiesOf(key));
  for (const ask of question.asks) {
    const evaluation = evaluationOf(ask);
    if (evaluation.effect !== "deny") continue;
    const { file, line, sid } = evaluation.statement;
    const rule = `${file}:${line}${sid === undefined ? "" : ` ${sid}`}`;
    const message = `A policy explicitly denies ${ask.action} on ${arnOf(ask)}`;
    return refusal("explicit-deny", rule, message);
  }
  return undefined;
}

/**
 * Gate 8: an account has everything of its own, and a subuser what its tier has; who has no tier
 * needs an Allow for every pair of action and resource.
 */
export function allow(question: Question): Refusal | undefined {
  const { key } = question;
  if (key?.subuser === undefined || key.subuser.tier !== undefined) return undefined;
  const evaluationOf = evaluator(question, policiesOf(key));
  for (const ask of question.asks) {
    if (evaluationOf(ask).effect === "allow") continue;
    const message = `No policy of this user allows ${ask.action} on ${arnOf(ask)}`;
    return refusal("allow", `${holderOf(key)}: no policy`, message);
  }
  return undefined;
}

function policiesOf({ subuser, account }: Key): PolicySet {
  return subuser?.policies ?? account.policies;
}

/**
 * How a set judges what the request asks. In Ceph `bucket`, `:bucket` and `tenant:bucket` can be one
 * bucket. Who names a tenant is therefore also denied by what is said of the bare name; allowed only
 * by what names the tenant too.
 */
function evaluator(question: Question, set: PolicySet): (ask: Ask) => Evaluation {
  const context = contextOf(question.snapshot, question.subject, question.nowMs);
  return ({ action, operation, bucket, key }) => {
    const asked = { action, operation, principal: NOBODY, context };
    const bare = evaluate(set, { ...asked, resource: resourceOf(bucket?.name, key) });
    if (bucket?.tenant === undefined || bare.effect === "deny") return bare;
    const full = `${bucket.tenant}:${bucket.name}`;
    return evaluate(set, { ...asked, resource: resourceOf(full, key) });
  };
}

function resourceOf(bucket: string | undefined, key: string | undefined): string {
  if (bucket === undefined) return "*";
  return key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`;
}

/** Identity policies are about whoever has them: they name no principal. */
const NOBODY: Principal = { kind: "anonymous" };
