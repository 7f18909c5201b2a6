/**
 * Tags and other values of a request are read if any policy asks for them: one of the configuration,
 * one that came with the caller's key, or one of its session.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Key } from "../../../src/admission/principal.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { firstValue } from "../../../src/http/headers.ts";
import { decide, gatewayOf, word } from "./people.ts";
import { PLAIN_SESSION } from "../../support/sessions.ts";

const tagged = {
  Effect: "Allow",
  Action: "s3:PutObject*",
  Resource: "*",
  Condition: { StringEquals: { "s3:RequestObjectTag/a": "b" } },
};
const gateway = gatewayOf({ accounts: { A: { users: { U: { policy: [tagged] } } } } });
const key = gateway.keys.get("AKID.A.U") ?? assert.fail();
/** The same gateway, where nobody but this key may ask. */
function asking(more: Partial<Key>, asksValues = false): Snapshot {
  const keys = new Map([...gateway.keys, [key.accessKeyId, { ...key, ...more }] as const]);
  return { ...gateway, keys, policy: { ...gateway.policy, asksValues } };
}

const put = (snapshot: Snapshot, tagging: string, who: string | undefined = "A:U"): string =>
  word(decide(snapshot, who, "PUT /bucket/k", { headers: { "x-amz-tagging": tagging } }));

describe("values are read", () => {
  const session = (asksValues: boolean) => ({ session: { ...PLAIN_SESSION, asksValues } });
  const rows = [
    ["for a policy of the configuration", asking({}, true), true],
    ["for a policy that came with the key", asking({ asksValues: true }), true],
    ["for the policy of its session", asking(session(true)), true],
    ["for nobody who does not ask", asking({}), false],
    ["for no key that does not ask", asking({ asksValues: false, ...session(false) }), false],
  ] as const;
  for (const [what, snapshot, reads] of rows) {
    test(what, () => {
      assert.equal(put(snapshot, "a=b"), reads ? "forward" : "allow");
      assert.equal(put(snapshot, "a=c"), "allow");
    });
  }

  test("for nobody without a key, unless the configuration asks", () => {
    const taggingOf = (asksValues: boolean): string | undefined => {
      const { policy, ...snapshot } = asking({ asksValues: true }, asksValues);
      const open: Snapshot = { ...snapshot, policy: { ...policy, anonymous: "upstream" } };
      const headers = { "x-amz-tagging": "a=b+c" };
      const verdict = decide(open, undefined, "PUT /bucket/k", { headers });
      assert(verdict.kind === "forward");
      return firstValue(verdict.request.head.headers, "x-amz-tagging");
    };
    assert.equal(taggingOf(false), "a=b+c");
    // What was read is written in one way for the store.
    assert.equal(taggingOf(true), "a=b%20c");
  });
});

describe("a document", () => {
  const line = "PUT /bucket/k?tagging";
  const ofTags = { ...tagged, Action: "s3:PutObjectTagging" };
  const headers = { "content-length": "1" };
  const outcomes = [
    ["is read if a policy depends on its tags", [ofTags], "document"],
    [
      "is not read for who may do nothing with it",
      [{ ...tagged, Action: "s3:PutObject" }],
      "allow",
    ],
    [
      "is not read for whom a policy denies it, whatever its tags",
      [ofTags, { ...ofTags, Effect: "Deny", Condition: {} }],
      "explicit-deny",
    ],
  ] as const;
  for (const [what, policy, expected] of outcomes) {
    test(what, () => {
      const snapshot = gatewayOf({ accounts: { A: { users: { U: { policy } } } } });
      assert.equal(word(decide(snapshot, "A:U", line, { headers })), expected);
    });
  }
});
