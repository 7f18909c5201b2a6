import assert from "node:assert/strict";
import { test } from "node:test";
import { coversResources } from "../../../src/policy/resource-cover.ts";
import { policyOf } from "./policies.ts";

const ARN = "arn:aws:s3:::";

/** The resources of a statement; a `!` in front of the patterns means NotResource. */
function resourcesOf(text: string) {
  const negated = text.startsWith("!");
  const patterns = text.slice(negated ? 1 : 0).split(" ");
  const field = negated ? "NotResource" : "Resource";
  const resources = patterns.map((pattern) => (pattern === "*" ? "*" : ARN + pattern));
  const policy = policyOf("identity", { Effect: "Allow", Action: "s3:*", [field]: resources });
  const [statement] = policy.statements;
  assert.ok(statement !== undefined);
  return statement.resources;
}

for (const [wide, narrow, expected] of [
  ["*", "b/k", true],
  ["*", "!b/k", true],
  ["b/*", "b/k", true],
  ["b/*", "b/*", true],
  ["b/*", "b/?", true],
  ["b/?", "b/*", false],
  ["b/k*", "b/*", false],
  ["b/", "b/*", false],
  ["b/?*", "b/*", false],
  ["b/?", "b/?", true],
  ["b/??", "b/?", false],
  ["b/?", "b/??", false],
  ["b/*", "b/??", true],
  ["b/*", "c/k b/k", false],
  ["b/* c/*", "c/k b/k", true],
  ["b/*", "!c/*", false],
  // All but some is more than all but these and others.
  ["!b/*", "!b/* c/*", true],
  ["!b/* c/*", "!b/*", false],
  ["!b/k", "!b/*", true],
  ["!b/*", "!b/k", false],
  // Not compared, though it is so.
  ["!b/*", "c/*", false],
  ["!b/*", "b/*", false],
  ["b/${aws:username}/*", "b/${aws:username}/k", true],
  ["b/${aws:username}/*", "b/${aws:userid}/k", false],
  ["b/${aws:username}/*", "b/alice/k", false],
  ["b/*", "b/${aws:username}/k", true],
  ["b/${aws:username}/*", "b/*", false],
] as const) {
  test(`coversResources(): ${wide} ${expected ? "has" : "may not have"} all of ${narrow}`, () => {
    assert.equal(coversResources(resourcesOf(wide), resourcesOf(narrow)), expected);
  });
}

test("coversResources() trusts no pattern that has the probing character in it", () => {
  const probing = "\u{e000}";
  assert.equal(coversResources(resourcesOf(`b/*${probing}`), resourcesOf("b/*")), false);
  assert.equal(coversResources(resourcesOf(`b/${probing}`), resourcesOf("b/?")), false);
  assert.equal(coversResources(resourcesOf(`b/${probing}*`), resourcesOf("b/?")), false);
  assert.equal(coversResources(resourcesOf(`b/${probing} b/*`), resourcesOf("b/?")), true);
});
