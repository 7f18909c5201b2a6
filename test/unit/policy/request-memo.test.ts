import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../../src/policy/evaluate.ts";
import { EVALUATION_STEPS_MAX } from "../../../src/policy/facts.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import { factsIn, requestMemo, stepsTaken } from "../../../src/policy/request-memo.ts";
import { contextOf, type Json, policyOf, user, type Values } from "./policies.ts";

const setOf = (...statements: readonly Json[]) =>
  compilePolicies([
    policyOf(
      "identity",
      statements.map((one) => ({ Action: "*", Resource: "*", ...one })),
    ),
  ]);

const questionOf = (values: Values, memo = requestMemo()) => {
  const question = { action: "s3:GetObject", resource: "arn:aws:s3:::bucket/key" };
  return { ...question, principal: user("alice"), context: contextOf(values), memo };
};

// Together they take more steps than an evaluation may.
const MANY = Array.from({ length: 150 }, (_, i) => `*${i}-?x*`);
const COSTLY = { StringLike: { "aws:UserAgent": MANY } };
const AGENT = { "aws:UserAgent": "a".repeat(15_000) };

test("a condition that could not be judged is not taken for one that does not hold", () => {
  const set = setOf({ Effect: "Allow" }, { Effect: "Deny", Condition: COSTLY });
  const memo = requestMemo();
  for (let question = 0; question < 3; question += 1) {
    const evaluation = evaluate(set, questionOf(AGENT, memo));
    assert.equal(evaluation.effect, "deny");
    // It is the statement in doubt that denies.
    assert.ok(evaluation.effect === "deny" && evaluation.statement.index === 1);
  }
});

test("values that the questions of one request share are the request's own", () => {
  const networks = { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } };
  const set = setOf({ Effect: "Allow", Condition: networks });
  const memo = requestMemo();
  assert.equal(evaluate(set, questionOf({ "aws:SourceIp": "192.0.2.1" }, memo)).effect, "allow");
  assert.equal(evaluate(set, questionOf({ "aws:SourceIp": "192.0.3.1" })).effect, "none");
});

test("a condition is judged anew for each resource if its value or a variable is the resource's", () => {
  for (const condition of [
    { StringEquals: { "s3:ExistingObjectTag/kind": "open" } },
    { StringEquals: { "aws:username": ["${s3:ExistingObjectTag/kind}", "nobody"] } },
    { StringEquals: { "aws:username": "${aws:userid}-${s3:ExistingObjectTag/kind}" } },
    { StringEquals: { "aws:username": "${s3:ExistingObjectTag/kind}${aws:userid}" } },
  ]) {
    const set = setOf({ Effect: "Allow", Condition: condition });
    const memo = requestMemo();
    const effectOf = (kind: string) => {
      const values = { "aws:userid": "", "s3:ExistingObjectTag/kind": kind };
      const names = ["open", "-open"].map((name) => ({ ...values, "aws:username": name }));
      // Each name with a memo of its own, as it is the request's.
      return names.map((one, i) => evaluate(set, questionOf(one, memos[i])).effect);
    };
    const memos = [memo, requestMemo()];
    assert.ok(effectOf("open").includes("allow"), JSON.stringify(condition));
    assert.deepEqual(effectOf("closed"), ["none", "none"], JSON.stringify(condition));
    assert.ok(effectOf("open").includes("allow"), JSON.stringify(condition));
  }
});

test("stepsTaken() adds up what the questions of a request took", () => {
  const memo = requestMemo();
  assert.equal(stepsTaken(memo), 0);
  const take = (steps: number) => {
    factsIn(memo, contextOf({})).budget.stepsLeft -= steps;
  };
  take(10);
  assert.equal(stepsTaken(memo), 10);
  take(5);
  assert.equal(stepsTaken(memo), 15);
  const context = contextOf({});
  factsIn(memo, context).budget.stepsLeft -= 1;
  factsIn(memo, context).budget.stepsLeft -= 1;
  assert.equal(stepsTaken(memo), 17);
});

test("the questions of a request may take fifty times what one may, and no more", () => {
  const memo = requestMemo();
  for (let question = 0; question < 50; question += 1) {
    const { budget } = factsIn(memo, contextOf({}));
    assert.equal(budget.stepsLeft, EVALUATION_STEPS_MAX);
    budget.stepsLeft = 0;
  }
  assert.equal(factsIn(memo, contextOf({})).budget.stepsLeft, 0);
  assert.equal(stepsTaken(memo), 50 * EVALUATION_STEPS_MAX);
});
