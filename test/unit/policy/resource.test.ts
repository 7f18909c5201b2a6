import assert from "node:assert/strict";
import { test } from "node:test";
import { mayApply, parseResource } from "../../../src/policy/resource.ts";

/** The levels of actions at which a resource of a bucket's policy could ever match. */
function levelsOf(resource: string): readonly string[] {
  const rules = { kind: "bucket", bucket: "bucket", tenant: undefined, variables: true } as const;
  const pattern = parseResource(`arn:aws:s3:::${resource}`, rules);
  assert(pattern.ok, pattern.ok ? "" : pattern.error.message);
  return (["bucket", "object", "other"] as const).filter((level) => mayApply(pattern.value, level));
}

// S3-AUTHORIZATION section 3.1: a statement that can never apply is refused.
const ROWS: readonly (readonly [resource: string, levels: readonly string[]])[] = [
  ["bucket", ["bucket"]],
  ["bucket/", ["object"]],
  ["bucket/key", ["object"]],
  ["bucket/ke?", ["object"]],
  ["bucket/*", ["object", "other"]],
  ["bucket*", ["bucket", "object", "other"]],
  ["bucke?", ["bucket", "object"]],
  ["bucket/${aws:username}", ["object"]],
];

for (const [resource, levels] of ROWS) {
  test(`${resource} can match at: ${levels.join(", ")}`, () => {
    assert.deepEqual(levelsOf(resource), levels);
  });
}
