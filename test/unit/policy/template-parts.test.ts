import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../../src/policy/condition-keys.ts";
import { contextFacts, isSpent } from "../../../src/policy/facts.ts";
import {
  isResolvable,
  matchesTemplate,
  parseTemplate,
  templatePrefix,
  type TemplateReading,
} from "../../../src/policy/template.ts";
import { compileTrustActions } from "../../../src/policy/trust-rules.ts";

const LIKE: TemplateReading = {
  wildcards: true,
  variables: true,
  clientVariables: true,
  fold: false,
};

function templateOf(text: string, reading: Partial<TemplateReading> = {}) {
  const template = parseTemplate(text, { ...LIKE, ...reading });
  assert.ok(template.ok, text);
  return template.value;
}

const named: Context = (key) => (key === "aws:username" ? "Alice" : undefined);

test("templatePrefix() is the text that everything matching begins with", () => {
  for (const [text, prefix] of [
    ["a/b*", "a/b"],
    ["a/b", "a/b"],
    ["a?b", "a"],
    ["*a", ""],
    ["", ""],
    ["a/${aws:username}/b", "a/"],
    ["${aws:username}", ""],
  ] as const) {
    assert.equal(templatePrefix(templateOf(text)), prefix, text);
  }
});

test("a pattern with ? is refused if more than 256 characters stand between two *", () => {
  const long = parseTemplate(`*${"a?".repeat(128)}b*`, LIKE);
  assert.ok(!long.ok);
  assert.deepEqual(long.error, {
    message: "Invalid pattern: a part with ? between two * can have at most 256 characters",
    remedy: "Shorten it, or write a * for some of its ?",
  });
  assert.ok(parseTemplate(`*${"a?".repeat(128)}*`, LIKE).ok);
});

test("looking for a pattern with a variable costs the text's length at least", () => {
  const text = "x".repeat(1000);
  for (const [stepsLeft, spent] of [
    [1_000_000, false],
    [999, true],
  ] as const) {
    const facts = contextFacts(named, undefined, { stepsLeft });
    assert.equal(matchesTemplate(templateOf("*a${aws:username}*"), text, facts, false), false);
    assert.ok(facts.budget.stepsLeft <= stepsLeft - text.length);
    assert.equal(isSpent(facts), spent);
  }
});

test("a pattern with a variable matches exactly what it stands for", () => {
  const facts = contextFacts(named);
  const matches = (pattern: string, text: string) =>
    matchesTemplate(templateOf(pattern), text, facts, false);
  for (const [pattern, text, expected] of [
    ["${aws:username}", "Alice", true],
    ["${aws:username}", "alice", false],
    ["${aws:username}", "", false],
    ["//${aws:username}", "//Alice", true],
    ["//${aws:username}", "/Alice", false],
    ["a${aws:username}b", "aAliceb", true],
    ["a${aws:username}b", "aAlice", false],
    [`${"k".repeat(100)}\${aws:username}`, `${"k".repeat(100)}Alice`, true],
    [`${"k".repeat(100)}\${aws:username}`, `${"k".repeat(99)}xAlice`, false],
    ["${aws:userid}", "", false],
    ["${aws:userid, 'x'}", "x", true],
  ] as const) {
    assert.equal(matches(pattern, text), expected, `${pattern} for ${text}`);
  }
});

test("a list is no value for a variable", () => {
  for (const list of [["Alice"], [], ["Alice", "Bob"]]) {
    const facts = contextFacts(() => list);
    const template = templateOf("${aws:username}");
    assert.equal(isResolvable(template, facts), false);
    assert.equal(matchesTemplate(template, "Alice", facts, false), false);
  }
});

test("the default of a variable is folded where everything is", () => {
  const facts = contextFacts(() => undefined);
  const folded = templateOf("X${aws:username, 'ABC'}", { fold: true });
  assert.equal(matchesTemplate(folded, "xabc", facts, true), true);
  assert.equal(matchesTemplate(templateOf("X${aws:username, 'ABC'}"), "XABC", facts, false), true);
});

test("compileTrustActions() wants the service written out", () => {
  for (const pattern of ["*sts:AssumeRole", "?ts:AssumeRole", "st*:AssumeRole", "*"]) {
    assert.equal(compileTrustActions([pattern]).ok, false, pattern);
  }
});
