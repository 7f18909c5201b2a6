import assert from "node:assert/strict";
import { test } from "node:test";
import { didYouMean, nearest } from "../../../src/lib/suggestion.ts";

const NAMES = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];

const NEAREST = [
  ["a letter too few", "s3:GetObjct", "s3:GetObject"],
  ["a letter too many", "s3:PutObjects", "s3:PutObject"],
  ["another case", "S3:DELETEOBJECT", "s3:DeleteObject"],
  ["the nearer of two", "s3:FutObject", "s3:PutObject"],
  ["nothing like it", "s3:CreateBucket", undefined],
  ["a short name, of which too much is wrong", "abc", undefined],
  ["nothing", "", undefined],
] as const;

for (const [what, name, expected] of NEAREST) {
  test(`nearest() of ${what} is ${expected ?? "nothing"}`, () => {
    assert.equal(nearest(name, NAMES), expected);
  });
}

test("didYouMean() asks, or says the other thing where nothing is near", () => {
  assert.equal(didYouMean("s3:GetObjct", NAMES, "Add it"), 'Did you mean "s3:GetObject"?');
  assert.equal(didYouMean("x", NAMES, "Add it"), "Add it");
});
