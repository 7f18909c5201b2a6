/** What a client reads of a credential that does not hold, and what the record says. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, gatewayOf, type Sent } from "./people.ts";

const WRONG: readonly (readonly [string, string, Sent])[] = [
  ["InvalidAccessKeyId", "B", {}],
  ["SignatureDoesNotMatch", "A", { secret: "another" }],
  ["InvalidToken", "A", { headers: { "x-amz-security-token": "any" } }],
];

for (const [code, who, sent] of WRONG) {
  test(`${code} is told by a store that tells it, and only recorded of one that does not`, () => {
    const read = (provider: string): readonly [string, string | undefined] => {
      const snapshot = gatewayOf({ policy: { provider }, accounts: { A: {} } });
      const verdict = decide(snapshot, who, "GET /photos/k", sent);
      assert(verdict.kind === "refuse");
      const { denial } = verdict.facts;
      assert.equal(denial?.gate, "authentication");
      return [verdict.fault.code, denial.rule];
    };
    assert.deepEqual(read("aws"), [code, code]);
    assert.deepEqual(read("lumi-o"), ["AccessDenied", code]);
  });
}

test("what is wrong with the use of a credential is told by every store", () => {
  for (const provider of ["aws", "lumi-o"]) {
    const snapshot = gatewayOf({ policy: { provider }, accounts: { A: {} } });
    const presigned = { presignedSeconds: 8 * 24 * 3600 };
    const verdict = decide(snapshot, "A", "GET /photos/k", presigned);
    assert.equal(
      verdict.kind === "refuse" && verdict.fault.code,
      "AuthorizationQueryParametersError",
    );
  }
});
