/** The names by which a user's own policies find a bucket: with its tenant or, if that is its own, bare. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, gatewayOf, word } from "./people.ts";

const LINES = ["GET /bucket/k", "GET /T:bucket/k", "GET /O:bucket/k"];

/** For a user of tenant T: its own bucket by both names, and tenant O's of the same name. */
function outcomes(Effect: string, resource: string, provider = "aws", tenant = "T") {
  const all = { Effect: "Allow", Action: "s3:*", Resource: "*" };
  const row = { Effect, Action: "s3:*", Resource: `arn:aws:s3:::${resource}` };
  const policy = Effect === "Deny" ? [all, row] : [row];
  const gateway = gatewayOf({
    policy: { provider },
    accounts: { T: { tenant, users: { U: { policy } } }, O: { tenant: tenant && "O" } },
  });
  return LINES.map((line) => word(decide(gateway, "T:U", line)));
}

const OK = "forward";
const DENIED = "explicit-deny";
const NO = "allow";

const rows = [
  ["its bare name, which is its own", "Allow", "bucket/*", [OK, OK, NO]],
  ["its own tenant's name", "Allow", "T:bucket/*", [OK, OK, NO]],
  ["another tenant's name", "Allow", "O:bucket/*", [NO, NO, OK]],
  ["any tenant's name", "Allow", "*:bucket/*", [OK, OK, OK]],
  ["any name", "Allow", "*", [OK, OK, OK]],
  ["any bucket", "Allow", "*/k", [OK, OK, OK]],
  // A wildcard that stands for the tenant without a word of it opens nothing of the caller's own.
  ["a wildcard for its own tenant", "Allow", "T*/k", [NO, NO, NO]],
  ["a wildcard for another tenant", "Allow", "O*/k", [NO, NO, OK]],
  // But it shuts: also the other tenant's, as who that is may not be known.
  ["its bare name", "Deny", "bucket/*", [DENIED, DENIED, DENIED]],
  ["its own tenant's name", "Deny", "T:bucket/*", [DENIED, DENIED, OK]],
  ["another tenant's name", "Deny", "O:bucket/*", [OK, OK, DENIED]],
  ["a wildcard for its own tenant", "Deny", "T*/k", [DENIED, DENIED, OK]],
  ["a wildcard for another tenant", "Deny", "O*/k", [OK, OK, DENIED]],
  ["a wildcard before the name", "Deny", "*bucket/k", [DENIED, DENIED, DENIED]],
] as const;

describe("a user's own policy", () => {
  for (const [what, effect, resource, expected] of rows) {
    test(`${effect} by ${what}: ${resource}`, () => {
      assert.deepEqual(outcomes(effect, resource), expected);
    });
  }

  test("finds nothing by a tenant where the provider has none", () => {
    const [bare] = outcomes("Deny", "?bucket/k", "atman", "");
    assert.equal(bare, OK);
    const [open] = outcomes("Allow", "?bucket/k", "atman", "");
    assert.equal(open, NO);
    assert.deepEqual(outcomes("Deny", "bucket/k", "atman", "")[0], DENIED);
  });
});
