import type { Context } from "../../../src/policy/condition-keys.ts";
import { evaluate, type Evaluation, type Switches } from "../../../src/policy/evaluate.ts";
import { parsePolicy, type PolicyRules } from "../../../src/policy/parse.ts";
import type { Policy, PolicyKind } from "../../../src/policy/policy.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import type { Principal } from "../../../src/policy/principals.ts";

export type Json = Readonly<Record<string, unknown>>;
export type Values = Readonly<Record<string, string | readonly string[]>>;

export const ANONYMOUS: Principal = { kind: "anonymous" };

/** A user of the account 111122223333, or of another one. */
export function user(name: string, account = "111122223333"): Principal {
  return {
    kind: "known",
    identifiers: [`arn:aws:iam::${account}:user/${name}`],
    accountIdentifiers: [account, `arn:aws:iam::${account}:root`],
  };
}

/** A context that knows `values`, under `key` or `key/tag`. */
export function contextOf(values: Values): Context {
  return (key, tag) => values[tag === "" ? key : `${key}/${tag}`];
}

/** A good policy with these statements. */
export function policyOf(
  kind: PolicyKind,
  statements: Json | readonly Json[],
  rules: PolicyRules = {},
  version = "2012-10-17",
): Policy {
  const text = JSON.stringify({ Version: version, Statement: statements });
  const policy = parsePolicy(text, "policy.json", kind, rules);
  if (!policy.ok) throw new Error(JSON.stringify(policy.error));
  return policy.value;
}

export type Asked = {
  readonly action?: string;
  readonly operation?: string;
  readonly resource?: string;
  readonly principal?: Principal;
  readonly values?: Values;
  readonly switches?: Partial<Switches>;
};

/** What the policies say; where the test does not care, alice reads arn:aws:s3:::bucket/key. */
export function decide(policies: readonly Policy[], asked: Asked = {}): Evaluation {
  return evaluate(
    compilePolicies(policies),
    {
      action: asked.action ?? "s3:GetObject",
      operation: asked.operation,
      resource: asked.resource ?? "arn:aws:s3:::bucket/key",
      principal: asked.principal ?? user("alice"),
      context: contextOf(asked.values ?? {}),
    },
    { missingKeyNegated: "aws", operationNames: false, ...asked.switches },
  );
}

/** The effect that one identity statement has, its fields added to an Allow of everything. */
export function effectOf(statement: Json, asked: Asked = {}, rules: PolicyRules = {}): string {
  const whole = { Effect: "Allow", ...statement };
  const action = "Action" in whole || "NotAction" in whole ? {} : { Action: "s3:*" };
  const resource = "Resource" in whole || "NotResource" in whole ? {} : { Resource: "*" };
  const policy = policyOf("identity", { ...whole, ...action, ...resource }, rules);
  return decide([policy], asked).effect;
}
