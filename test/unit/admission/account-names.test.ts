/**
 * Buckets that are named after their accounts at the store (`policy.bucketNames`), of which no record
 * tells whose they are: the name tells it, and the store, which has one space of names, would not.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, gatewayOf, word, type Sent } from "./people.ts";

const gateway = gatewayOf({
  store: { store: "minio" },
  policy: {
    provider: "aws",
    bucketPolicies: "gateway",
    bucketNames: { prefix: "{account}-" },
    anonymous: "policy",
  },
  accounts: { one: {}, two: {} },
});

const from = (source: string): Sent => ({ headers: { "x-amz-copy-source": source } });
const LINES: readonly (readonly [line: string, sent?: Sent])[] = [
  ["GET /two%3Aold"],
  ["HEAD /two%3Aold"],
  ["PUT /two%3Aold"],
  ["DELETE /two%3Aold"],
  ["GET /two%3Aold?acl"],
  ["GET /two:old/k"],
  ["PUT /two%3Aold/k", { headers: { "content-length": "0" } }],
  ["DELETE /two%3Aold/k"],
  ["POST /two%3Aold/k?uploads"],
  ["PUT /mine/k", from("/two:old/k")],
  ["PUT /mine/k", from("two%3Aold%2Fk")],
  ["PUT /mine/k?partNumber=1&uploadId=u", from("/two%3Aold/k")],
];

for (const [line, sent = {}] of LINES) {
  const source = sent.headers?.["x-amz-copy-source"] ?? "";
  test(`a missing record lets nobody into another account's bucket: ${line} ${source}`, () => {
    for (const who of ["one", undefined]) {
      const { kind } = decide(gateway, who, line, sent);
      assert.equal(kind, "refuse", who);
    }
    const own = (text: string): string => text.replace(/two(?=:|%3A)/u, "one");
    const mine = {
      headers: { ...sent.headers, ...(source && { "x-amz-copy-source": own(source) }) },
    };
    const verdict = decide(gateway, "one", own(line), mine);
    assert.notEqual(verdict.kind, "refuse", word(verdict));
  });
}
