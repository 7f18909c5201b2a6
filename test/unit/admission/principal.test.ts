import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  holderName,
  holderOf,
  roleArn,
  whyNotInForce,
  type Key,
} from "../../../src/admission/principal.ts";
import { gatewayOf } from "./people.ts";
import { NOW } from "./world.ts";

const { keys } = gatewayOf({ accounts: { A: { users: { U: { tier: "READ" } } } } });
const keyOf = (id: string): Key => keys.get(id) ?? assert.fail(id);

describe("whyNotInForce()", () => {
  const rows = [
    ["a key without times", {}, undefined],
    ["a key from now on", { notBeforeMs: NOW }, undefined],
    ["a key since long ago", { notBeforeMs: 0 }, undefined],
    ["a key from the next millisecond on", { notBeforeMs: NOW + 1 }, "notBefore"],
    ["a key that lives one more millisecond", { expiresMs: NOW + 1 }, undefined],
    ["a key in the millisecond it expires", { expiresMs: NOW }, "expires"],
    ["a key of the past", { notBeforeMs: 0, expiresMs: 1 }, "expires"],
    ["a key in its time", { notBeforeMs: NOW - 1, expiresMs: NOW + 1 }, undefined],
    ["a disabled key in its time", { disabled: true, notBeforeMs: 0 }, "disabled"],
  ] as const;
  for (const [what, more, expected] of rows) {
    test(`of ${what}: ${expected ?? "nothing"}`, () => {
      assert.equal(whyNotInForce({ ...keyOf("AKID.A"), ...more }, NOW), expected);
    });
  }
});

test("a key is its subuser's, else its account's", () => {
  assert.equal(holderName(keyOf("AKID.A")), "A");
  assert.equal(holderOf(keyOf("AKID.A")), keyOf("AKID.A").account);
  assert.equal(holderName(keyOf("AKID.A.U")), "A:U");
  assert.equal(holderOf(keyOf("AKID.A.U")).name, "U");
});

test("roleArn() is the ARN that IAM gives a role", () => {
  assert.equal(roleArn("lab", "writer"), "arn:aws:iam::lab:role/writer");
});
