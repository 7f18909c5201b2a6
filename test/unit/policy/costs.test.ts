import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Context } from "../../../src/policy/condition-keys.ts";
import { evaluate, type PolicyQuestion } from "../../../src/policy/evaluate.ts";
import { EVALUATION_STEPS_MAX, contextFacts } from "../../../src/policy/facts.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { compilePolicies, type PolicySet } from "../../../src/policy/policy-set.ts";
import { CLIENT_PROBLEMS_MAX } from "../../../src/policy/report.ts";
import { requestMemo } from "../../../src/policy/request-memo.ts";
import { matchesTemplate, parseTemplate } from "../../../src/policy/template.ts";
import { parseDecimal } from "../../../src/policy/values.ts";
import { contextOf, type Json, policyOf, user, type Values } from "./policies.ts";

const LIKE = { wildcards: true, variables: true, clientVariables: true, fold: false };

/** The steps that it takes to hold `pattern` against `text`. */
function stepsOf(pattern: string, text: string): number {
  const template = parseTemplate(pattern, LIKE);
  assert.ok(template.ok);
  const facts = contextFacts(contextOf({}));
  matchesTemplate(template.value, text, facts, false);
  return EVALUATION_STEPS_MAX - facts.budget.stepsLeft;
}

const HOSTILE = [
  ["the same letter, then another", `*${"a".repeat(2046)}b*`, "a".repeat(16_384)],
  ["another letter, then the same", `*b${"a".repeat(2046)}*`, "a".repeat(16_384)],
  ["many pieces", `*${"a*".repeat(1023)}b*`, "a".repeat(16_384)],
  ["pieces with ? in them", `*${"a?*".repeat(682)}b*`, "a".repeat(16_384)],
  ["a piece that is half ?", `*${"a?".repeat(127)}b*`, "a".repeat(16_384)],
] as const;

for (const [name, pattern, text] of HOSTILE) {
  test(`a pattern of ${name} costs a few steps for each character of the text`, () => {
    assert.ok(stepsOf(pattern, text) <= 8 * text.length, `${stepsOf(pattern, text)} steps`);
  });
}

test("a pattern with ? is refused if more than 256 characters stand between two *", () => {
  assert.ok(parseTemplate(`*${"a?".repeat(128)}*`, LIKE).ok);
  assert.ok(!parseTemplate(`*${"a?".repeat(128)}b*`, LIKE).ok);
  assert.ok(parseTemplate(`${"a?".repeat(500)}b*${"a".repeat(500)}*${"?a".repeat(500)}`, LIKE).ok);
});

function setOf(...statements: readonly Json[]): PolicySet {
  return compilePolicies([policyOf("identity", statements)]);
}

function questionOf(context: Context): PolicyQuestion {
  return {
    action: "s3:GetObject",
    resource: "arn:aws:s3:::bucket/key",
    principal: user("alice"),
    context,
  };
}

/** Values that have nothing of each other in them, so that each search goes to the end. */
const MANY = Array.from({ length: 150 }, (_, i) => `*${i}-?x*`);
const AGENT = { "aws:UserAgent": "a".repeat(15_000) };

test("a Deny whose patterns cost too much denies", () => {
  const set = setOf(
    { Effect: "Allow", Action: "*", Resource: "*" },
    {
      Effect: "Deny",
      Action: "*",
      Resource: "*",
      Condition: { StringLike: { "aws:UserAgent": MANY } },
    },
  );
  assert.equal(evaluate(set, questionOf(contextOf(AGENT))).effect, "deny");
  const short = { "aws:UserAgent": "aws-cli/2.31" };
  assert.equal(evaluate(set, questionOf(contextOf(short))).effect, "allow");
});

test("an Allow whose patterns cost too much allows nothing, negated or not", () => {
  for (const operator of ["StringLike", "StringNotLike"]) {
    const set = setOf({
      Effect: "Allow",
      Action: "*",
      Resource: "*",
      Condition: { [operator]: { "aws:UserAgent": MANY } },
    });
    assert.equal(evaluate(set, questionOf(contextOf(AGENT))).effect, "none");
  }
});

test("the evaluations of one request share what they may cost", () => {
  const patterns = Array.from({ length: 150 }, (_, i) => `arn:aws:s3:::bucket/*${i}-?x*`);
  const set = setOf({ Effect: "Deny", Action: "*", Resource: patterns });
  const memo = requestMemo();
  const effects = Array.from({ length: 200 }, (_, i) => {
    const resource = `arn:aws:s3:::bucket/${"a".repeat(1020)}${i}`;
    return evaluate(set, { ...questionOf(contextOf({})), resource, memo }).effect;
  });
  assert.equal(effects[0], "none");
  assert.equal(effects.at(-1), "deny");
});

/** A context that counts how often each key is looked up. */
function counting(values: Values): { context: () => Context; counts: Map<string, number> } {
  const counts = new Map<string, number>();
  const context = (): Context => (key, tag) => {
    const name = tag === "" ? key : `${key}/${tag}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return values[name];
  };
  return { context, counts };
}

const OF_MANY_KEYS: readonly Json[] = [
  {
    Effect: "Deny",
    Action: "*",
    Resource: "*",
    Condition: {
      StringLike: { "aws:UserAgent": ["*curl*", "${aws:username}"], "aws:PrincipalTag/team": "x*" },
      StringEquals: { "s3:ExistingObjectTag/kind": ["secret", "${aws:PrincipalTag/team}"] },
    },
  },
  {
    Effect: "Deny",
    Action: "*",
    Resource: "*",
    Condition: { StringNotLike: { "aws:UserAgent": "*curl*", "aws:username": "a*" } },
  },
  {
    Effect: "Allow",
    Action: "*",
    Resource: "arn:aws:s3:::bucket/${aws:username}/*",
    Condition: { StringLike: { "s3:ExistingObjectTag/kind": "*", "aws:PrincipalTag/team": "*" } },
  },
];

const VALUES = {
  "aws:UserAgent": "curl/8",
  "aws:username": "alice",
  "aws:PrincipalTag/team": "x-ray",
  "s3:ExistingObjectTag/kind": "plain",
};

test("one evaluation looks up no key twice, no tag either", () => {
  const { context, counts } = counting(VALUES);
  const resource = "arn:aws:s3:::bucket/alice/a";
  assert.equal(
    evaluate(setOf(...OF_MANY_KEYS), { ...questionOf(context()), resource }).effect,
    "allow",
  );
  assert.deepEqual([...new Set(counts.values())], [1]);
});

test("a thousand questions of one request look up what is the request's own once", () => {
  const { context, counts } = counting(VALUES);
  const memo = requestMemo();
  const set = setOf(...OF_MANY_KEYS);
  for (let i = 0; i < 1000; i++) {
    const own = context();
    const resource = `arn:aws:s3:::bucket/alice/${i}`;
    // Twice, as the caller's policies and the bucket's are.
    for (let policies = 0; policies < 2; policies++) {
      assert.equal(evaluate(set, { ...questionOf(own), resource, memo }).effect, "allow");
    }
  }
  assert.deepEqual(Object.fromEntries(counts), {
    "aws:UserAgent": 1,
    "aws:username": 1,
    "aws:PrincipalTag/team": 1,
    "s3:ExistingObjectTag/kind": 1000,
  });
});

test("a condition on what is the request's own is judged once for all its keys", () => {
  const memo = requestMemo();
  const set = setOf(...OF_MANY_KEYS);
  for (let i = 0; i < 10; i++) {
    const resource = `arn:aws:s3:::bucket/alice/${i}`;
    evaluate(set, { ...questionOf(contextOf(VALUES)), resource, memo });
  }
  const names = [...memo.held.keys()].map(({ operator, keyText }) => `${operator} ${keyText}`);
  assert.ok(names.length > 0);
  assert.ok(!names.some((name) => name.includes("ExistingObjectTag")), names.join());
});

test("questions with a memo are answered as those without", () => {
  const value = fc.constantFrom("a", "b", "ab", undefined);
  const pattern = fc.constantFrom(
    "a*",
    "*b",
    "?",
    "${aws:username}",
    "${s3:ExistingObjectTag/t}",
    "${aws:ResourceAccount}*",
  );
  const key = fc.constantFrom(
    "aws:UserAgent",
    "aws:username",
    "s3:versionid",
    "s3:ExistingObjectTag/t",
    "aws:PrincipalTag/t",
  );
  const statement = fc.record({
    Effect: fc.constantFrom("Allow", "Deny"),
    Action: fc.constant("*"),
    Resource: fc.constantFrom("*", "arn:aws:s3:::bucket/a*", "arn:aws:s3:::bucket/${aws:username}"),
    Condition: fc.dictionary(
      fc.constantFrom("StringLike", "StringNotLike", "StringEqualsIfExists"),
      fc.dictionary(key, fc.array(pattern, { minLength: 1, maxLength: 2 }), {
        minKeys: 1,
        maxKeys: 2,
      }),
    ),
  });
  const own = fc.record({ agent: value, user: value, team: value });
  const question = fc.record({
    key: fc.constantFrom("a", "b", "ab"),
    version: value,
    tag: value,
    owner: value,
  });
  fc.assert(
    fc.property(
      fc.array(statement, { minLength: 1, maxLength: 5 }),
      own,
      fc.array(question, { maxLength: 6 }),
      (statements, request, questions) => {
        const set = setOf(...statements);
        const memo = requestMemo();
        for (const one of questions) {
          const values: Record<string, string | undefined> = {
            "aws:UserAgent": request.agent,
            "aws:username": request.user,
            "aws:PrincipalTag/t": request.team,
            "s3:versionid": one.version,
            "s3:ExistingObjectTag/t": one.tag,
            "aws:ResourceAccount": one.owner,
          };
          const context: Context = (name, tag) => values[tag === "" ? name : `${name}/${tag}`];
          const asked = { ...questionOf(context), resource: `arn:aws:s3:::bucket/${one.key}` };
          assert.deepEqual(evaluate(set, { ...asked, memo }), evaluate(set, asked));
        }
      },
    ),
    { numRuns: 3_000 },
  );
});

const UNKNOWN_ACTIONS = JSON.stringify({
  Version: "2012-10-17",
  Statement: Array.from({ length: 3 }, (_, n) => ({
    Effect: "Deny",
    Principal: "*",
    Action: Array.from({ length: 196 }, (_, i) => `s3:GetObjectVersionTaggin${n}${i}`),
    Resource: "arn:aws:s3:::bucket/*",
  })),
});

test("588 unknown actions of a client's policy are ten problems", () => {
  const policy = parsePolicy(UNKNOWN_ACTIONS, "policy", "bucket", {
    problemsMax: CLIENT_PROBLEMS_MAX,
  });
  assert.ok(!policy.ok);
  assert.equal(policy.error.length, CLIENT_PROBLEMS_MAX);
});

test("588 unknown actions of an operator's policy are all reported, five with a suggestion", () => {
  const policy = parsePolicy(UNKNOWN_ACTIONS, "policy", "bucket");
  assert.ok(!policy.ok);
  assert.equal(policy.error.length, 588);
  const suggested = policy.error.filter(({ remedy }) => remedy.startsWith("Did you mean"));
  assert.equal(suggested.length, 5);
});

test("a number may have any zeros in front, and nothing after it", () => {
  const zeros = "0".repeat(10_000);
  assert.deepEqual(parseDecimal(`${zeros}12`), parseDecimal("12"));
  assert.deepEqual(parseDecimal(`-${zeros}`), parseDecimal("0"));
  assert.equal(parseDecimal(`${zeros}x`), undefined);
});

test("a number in a policy has at most 64 characters", () => {
  const policy = (value: string): string => {
    const Condition = { NumericLessThan: { "s3:max-keys": value } };
    const Statement = { Effect: "Deny", Action: "s3:*", Resource: "*", Condition };
    return JSON.stringify({ Version: "2012-10-17", Statement });
  };
  assert.ok(parsePolicy(policy("9".repeat(64)), "policy", "identity").ok);
  for (const value of ["9".repeat(65), `${"0".repeat(10_000)}1`]) {
    assert.ok(!parsePolicy(policy(value), "policy", "identity").ok);
  }
});
