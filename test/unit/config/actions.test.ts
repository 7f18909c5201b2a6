import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBlockedAction, parseTierAction } from "../../../src/config/actions.ts";

const ANY_REMEDY = "Name an S3 action such as s3:GetObject; * and ? are wildcards";

const BLOCKED = [
  ["a slip in an operation's name", "s3:HeadObjct", 'Did you mean "s3:HeadObject"?'],
  ["a slip in an alias", "s3:PutBucketLifecycl", 'Did you mean "s3:PutBucketLifecycle"?'],
  ["an action of AWS that no request here asks for", "s3:CreateJob", ANY_REMEDY],
] as const;

for (const [what, text, remedy] of BLOCKED) {
  test(`parseBlockedAction() refuses ${what}, and suggests only what it would take`, () => {
    const parsed = parseBlockedAction(text);
    assert.deepEqual(parsed, { ok: false, error: { message: "Unknown action", remedy } });
  });
}

test("parseTierAction() suggests an action for a slip in one", () => {
  const error = { message: "Unknown action", remedy: 'Did you mean "s3:GetObject"?' };
  assert.deepEqual(parseTierAction("s3:GetObjct"), { ok: false, error });
});
