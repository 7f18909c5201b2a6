import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAwsPrincipal, parseCanonicalUser } from "../../../src/policy/principals.ts";

for (const [text, names] of [
  ["111122223333", ["111122223333", "arn:aws:iam::111122223333:root"]],
  ["arn:aws:iam::111122223333:root", ["111122223333", "arn:aws:iam::111122223333:root"]],
  ["arn:aws-cn:iam::lab_1.a-b:root", ["lab_1.a-b", "arn:aws:iam::lab_1.a-b:root"]],
  ["arn:aws:iam::1:user/a", ["arn:aws:iam::1:user/a"]],
  ["arn:aws-us-gov:iam::1:role/path/b", ["arn:aws:iam::1:role/path/b"]],
  ["arn:aws:iam:::user/u:sub", ["arn:aws:iam:::user/u:sub"]],
  ["arn:aws:sts::1:assumed-role/r/s", ["arn:aws:sts::1:assumed-role/r/s"]],
  ["arn:aws:sts:::federated-user/name", ["arn:aws:sts:::federated-user/name"]],
] as const) {
  test(`parseAwsPrincipal() reads ${text}`, () => {
    assert.deepEqual(parseAwsPrincipal(text), { ok: true, value: names });
  });
}

for (const text of [
  "",
  "*",
  "1 1",
  "1111*",
  "xarn:aws:iam::1:root",
  "arn:aws:iam::1:root/x",
  "arn:aws:iam::1:rootx",
  "arn:aws:iam:::root",
  "arn:aws:iam::1*:root",
  "arn:aws-xx:iam::1:root",
  "xarn:aws:iam::1:user/a",
  "arn:aws:iam::1:user/",
  "arn:aws:iam::1:user/a*",
  "arn:aws:iam::1:user/a?b",
  "arn:aws:iam::1:user/a b",
  "arn:aws:iam::*:user/a",
  "arn:aws:iam::1:group/a",
  "arn:aws:sts::1:assumed-role/",
  "arn:aws:sts::1:assumed-role/r*",
  "arn:aws:sts::1:assumed-role/r s",
  "arn:aws:sts::*:assumed-role/r",
  "arn:aws:sts::1:user/a",
  "arn:aws:iam::1:assumed-role/r",
]) {
  test(`parseAwsPrincipal() refuses "${text}"`, () => {
    const principal = parseAwsPrincipal(text);
    assert.ok(!principal.ok);
    assert.equal(principal.error.message, `Invalid principal in policy: got "${text}"`);
  });
}

test("parseCanonicalUser() reads an id, and nothing with a wildcard or space in it", () => {
  for (const text of ["79a59df900b949e5", "tenant$user", "a.b_c-d"]) {
    assert.deepEqual(parseCanonicalUser(text), { ok: true, value: [text] });
  }
  for (const text of ["", "*", "a*", "*a", "a b", " a", "a\n", "a:b"]) {
    assert.equal(parseCanonicalUser(text).ok, false, JSON.stringify(text));
  }
});
