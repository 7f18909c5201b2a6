import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { KeyRing } from "../../../src/signature/key-ring.ts";
import { parseFormClaim, verifyFormClaim } from "../../../src/signature/v4-form.ts";
import { NOBODYS_SECRET } from "../../../src/signature/signature-faults.ts";
import { EXAMPLE, RULES } from "./heads.ts";

const V4 = {
  policy: "cG9saWN5",
  "x-amz-algorithm": "AWS4-HMAC-SHA256",
  "x-amz-credential": "AKID/20151229/us-east-1/s3/aws4_request",
  "x-amz-date": "20151229T000000Z",
  // Computed with Python's hmac.
  "x-amz-signature": "e111a490e8a950717d8db19d106c47897aedddfde15e06f5e03bb6c108f2f942",
} as const;
const V2 = { policy: "cG9saWN5", awsaccesskeyid: "AKID", signature: "sig" } as const;

const without = (fields: Readonly<Record<string, string>>, name: string) =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

test("parseFormClaim() takes a form without policy and credential for anonymous", () => {
  assert.deepEqual(parseFormClaim(new Map([["key", "k"]]), RULES), {
    ok: true,
    value: { kind: "anonymous" },
  });
});

test("parseFormClaim() reads a session token", () => {
  for (const fields of [V4, V2]) {
    const claim = parseFormClaim(
      new Map(Object.entries({ ...fields, "x-amz-security-token": "t" })),
      RULES,
    );
    assert.ok(claim.ok && claim.value.kind !== "anonymous");
    assert.equal(claim.value.sessionToken, "t");
  }
});

const refused: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ...Object.keys(V4).map((name) => [`no ${name}`, without(V4, name)] as const),
  ...Object.keys(V2).map((name) => [`version 2 and no ${name}`, without(V2, name)] as const),
  ["a policy without a credential", { policy: "cG9saWN5" }],
  ["credentials of both versions", { ...V4, ...V2 }],
  ["another algorithm", { ...V4, "x-amz-algorithm": "AWS4-HMAC-SHA1" }],
  ["another service", { ...V4, "x-amz-credential": "AKID/20151229/us-east-1/sts/aws4_request" }],
  ["a date of another day", { ...V4, "x-amz-date": "20151230T000000Z" }],
  ["a day that does not exist", { ...V4, "x-amz-date": "20151229T250000Z" }],
];

for (const [name, fields] of refused) {
  test(`parseFormClaim() refuses ${name}`, () => {
    const claim = parseFormClaim(new Map(Object.entries(fields)), RULES);
    assert.equal(claim.ok ? "read" : claim.error.code, "InvalidArgument");
  });
}

test("parseFormClaim() refuses version 2 where the operator did not allow it", () => {
  const claim = parseFormClaim(new Map(Object.entries(V2)), { ...RULES, v2: false });
  assert.equal(claim.ok ? "read" : claim.error.code, "InvalidRequest");
});

const verified = [
  ["the policy as signed", V4.policy, EXAMPLE.secret, "proved"],
  ["another policy", "cG9saWN6", EXAMPLE.secret, "SignatureDoesNotMatch"],
  ["another secret", V4.policy, "other", "SignatureDoesNotMatch"],
  ["an unknown access key", V4.policy, undefined, "InvalidAccessKeyId"],
] as const;

for (const [name, policy, secret, outcome] of verified) {
  test(`verifyFormClaim() judges ${name}: ${outcome}`, () => {
    const claim = parseFormClaim(new Map(Object.entries(V4)), RULES);
    assert.ok(claim.ok && claim.value.kind === "v4");
    const proved = verifyFormClaim(claim.value, policy, secret, { ring: new KeyRing(1) });
    assert.equal(proved.ok ? "proved" : proved.error.code, outcome);
    if (proved.ok) assert.equal(proved.value, claim.value);
  });
}

test("verifyFormClaim() does not accept the stand-in of unknown keys' secret", () => {
  const signature = createHmac("sha1", NOBODYS_SECRET).update(V2.policy).digest("base64");
  const claim = parseFormClaim(new Map(Object.entries({ ...V2, signature })), RULES);
  assert.ok(claim.ok && claim.value.kind === "v2");
  const proved = verifyFormClaim(claim.value, V2.policy, undefined, { ring: new KeyRing(1) });
  assert.equal(proved.ok ? "proved" : proved.error.code, "InvalidAccessKeyId");
});
