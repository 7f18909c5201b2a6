/** Tests the question about all keys below a prefix against the questions about each single key. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { evaluate } from "../../src/policy/evaluate.ts";
import { compilePolicies, type PolicySet } from "../../src/policy/policy-set.ts";
import { ANONYMOUS, contextOf, policyOf } from "../unit/policy/policies.ts";

const LETTERS = ["a", "b", "/"];
/** Every text of up to five letters: more than the patterns below can tell apart. */
const TAILS = tails(5);

function tails(length: number): readonly string[] {
  if (length === 0) return [""];
  const shorter = tails(length - 1);
  const longest = shorter.filter((text) => text.length === length - 1);
  return [...shorter, ...longest.flatMap((text) => LETTERS.map((letter) => text + letter))];
}

const part = fc.constantFrom("*", "?", ...LETTERS);
const pattern = fc
  .array(part, { maxLength: 4 })
  .map((parts) => `arn:aws:s3:::bucket/${parts.join("")}`);
const statement = fc.record({
  Effect: fc.constantFrom("Allow", "Deny"),
  Action: fc.constant("s3:PutObject"),
  names: fc.constantFrom("Resource", "NotResource"),
  patterns: fc.array(pattern, { minLength: 1, maxLength: 2 }),
});
const prefix = fc.array(fc.constantFrom(...LETTERS), { maxLength: 3 }).map((all) => all.join(""));

function effect(set: PolicySet, key: string, below: boolean): string {
  const resource = `arn:aws:s3:::bucket/${key}`;
  const context = contextOf({});
  const question = { action: "s3:PutObject", resource, below, principal: ANONYMOUS, context };
  return evaluate(set, question).effect;
}

test("an action allowed below a prefix is allowed for every key, and denied if it is for any", () => {
  const run = fc.property(
    fc.array(statement, { minLength: 1, maxLength: 3 }),
    prefix,
    (all, start) => {
      const statements = all.map(({ Effect, Action, names, patterns }) => ({
        Effect,
        Action,
        [names]: patterns,
      }));
      const set = compilePolicies([policyOf("identity", statements)]);
      const whole = effect(set, start, true);
      const each = new Set(TAILS.map((tail) => effect(set, start + tail, false)));
      if (each.has("deny")) assert.equal(whole, "deny");
      if (whole === "allow") assert.deepEqual([...each], ["allow"]);
    },
  );
  fc.assert(run, { numRuns: 1500 });
});

test("one pattern is judged exactly", () => {
  const run = fc.property(pattern, prefix, (one, start) => {
    const allow = { Effect: "Allow", Action: "s3:PutObject", Resource: one };
    const fits = (below: boolean, tail: string, Effect: string): boolean => {
      const set = compilePolicies([policyOf("identity", { ...allow, Effect })]);
      return effect(set, start + tail, below) !== "none";
    };
    // A pattern ends in a star or fits no text of its own length or more.
    const allowed = TAILS.every((tail) => fits(false, tail, "Allow"));
    assert.equal(fits(true, "", "Allow"), allowed);
    assert.equal(
      fits(true, "", "Deny"),
      TAILS.some((tail) => fits(false, tail, "Deny")),
    );
  });
  fc.assert(run, { numRuns: 150 });
});
