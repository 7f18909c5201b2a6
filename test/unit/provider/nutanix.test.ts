import assert from "node:assert/strict";
import { test } from "node:test";
import aws4 from "aws4";
import { sharePolicy } from "../../../src/provider/shares.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import { EXAMPLE, headOf, judge, RULES, type Judged } from "../signature/heads.ts";
import { caller, effect, may, shipped } from "./providers.ts";

/** "Sharing Objects data with anonymous/IAM users" of Nutanix, rule by rule. */

const nutanix = shipped("nutanix");

const identity = (account: string, subuser?: string) => ({
  account,
  subuser,
  groups: [],
  tenant: undefined,
});

function shared(permissions: string, account: string, subuser?: string) {
  const policy = sharePolicy(
    nutanix,
    "testbucket",
    [{ with: identity(account, subuser), permissions, line: 3 }],
    "accounts.yaml",
  );
  assert.ok(policy.ok);
  return policy.value;
}
const FILE = "arn:aws:s3:::testbucket/linux_commands.txt";

test("Nutanix, sharing: by default only the owner has full access to bucket or object", () => {
  const none = sharePolicy(nutanix, "testbucket", [], "accounts.yaml");
  assert.ok(none.ok);
  assert.equal(compilePolicies([none.value]).statements.length, 0);
  assert.equal(nutanix.accountTier, undefined);
  assert.equal(nutanix.bucketPolicyRole, "grant");
});

test("Nutanix, sharing: admin can share any bucket with any valid IAM user", () => {
  const policy = shared("READ", "team", "ann");
  assert.equal(
    effect(nutanix, policy, caller(nutanix, "team", "ann"), "s3:GetObject", FILE),
    "allow",
  );
  assert.equal(
    effect(
      nutanix,
      policy,
      caller(nutanix, "team", "ann"),
      "s3:ListBucket",
      "arn:aws:s3:::testbucket",
    ),
    "allow",
  );
  for (const other of [
    caller(nutanix, "team", "bob"),
    caller(nutanix, "team"),
    caller(nutanix, "ann"),
    caller(nutanix, "other", "ann"),
  ]) {
    assert.equal(effect(nutanix, policy, other, "s3:GetObject", FILE), "none");
  }
  assert.equal(
    effect(
      nutanix,
      policy,
      caller(nutanix, "team", "ann"),
      "s3:GetObject",
      "arn:aws:s3:::testbucket2/a",
    ),
    "none",
  );
  assert.deepEqual(policy.statements[0]?.place, {
    file: "accounts.yaml",
    line: 3,
    sid: undefined,
    index: 0,
  });
});

test("Nutanix, sharing: a bucket can be shared with a whole account", () => {
  const policy = shared("READ", "team");
  assert.equal(effect(nutanix, policy, caller(nutanix, "team"), "s3:GetObject", FILE), "allow");
  assert.equal(effect(nutanix, policy, caller(nutanix, "other"), "s3:GetObject", FILE), "none");
});

const PERMISSIONS = [
  ["READ", "allow", "none", "none"],
  ["WRITE", "none", "allow", "none"],
  ["READWRITE", "allow", "allow", "none"],
  ["FULL", "allow", "allow", "allow"],
] as const;
for (const [permissions, get, put, policyOf] of PERMISSIONS) {
  test(`Nutanix, sharing: based on the permissions, user can perform certain operations (${permissions})`, () => {
    const policy = shared(permissions, "team", "ann");
    const ann = caller(nutanix, "team", "ann");
    assert.equal(effect(nutanix, policy, ann, "s3:GetObject", FILE), get);
    assert.equal(effect(nutanix, policy, ann, "s3:PutObject", FILE), put);
    assert.equal(effect(nutanix, policy, ann, "s3:DeleteObject", FILE), put);
    assert.equal(
      effect(nutanix, policy, ann, "s3:PutBucketPolicy", "arn:aws:s3:::testbucket"),
      policyOf,
    );
    assert.equal(may(nutanix, permissions, "PutBucketPolicy"), policyOf === "allow");
  });
}

test("Nutanix, sharing: permissions that are not there are refused", () => {
  const policy = sharePolicy(
    nutanix,
    "testbucket",
    [{ with: identity("team"), permissions: "OWN", line: 1 }],
    "accounts.yaml",
  );
  assert.deepEqual(policy, { ok: false, error: 'Unknown permissions: got "OWN"' });
});

test("Nutanix, sharing with anonymous user: only presigned URLs", () => {
  assert.equal(nutanix.anonymous.access, "deny");
});

const SIGNED = "20191124T035800Z";

/** `aws s3 presign s3://testbucket/linux_commands.txt --expires-in SECONDS`, by an independent signer. */
function presign(expiresIn: number, secret: string = EXAMPLE.secret) {
  const request = aws4.sign(
    {
      service: "s3",
      region: "us-east-1",
      method: "GET",
      host: "objects.example.org",
      path: `/testbucket/linux_commands.txt?X-Amz-Date=${SIGNED}&X-Amz-Expires=${expiresIn}`,
      signQuery: true,
    },
    { accessKeyId: EXAMPLE.accessKeyId, secretAccessKey: secret },
  );
  return headOf("GET", request.path ?? "", "Host: objects.example.org");
}

const rules = { ...RULES, presignedExpiryMaxMs: nutanix.presigned.expirySecondsMax * 1000 };
const codeOf = (head: ReturnType<typeof presign>, now: string, options: Judged = {}): string => {
  const proved = judge(head, now, { rules, ...options });
  return proved.ok ? "ok" : proved.error.code;
};

test("Nutanix, creating pre-signed URL: with --expires-in 60 any user who has it can access the data", () => {
  assert.equal(codeOf(presign(60), "2019-11-24T03:58:00Z"), "ok");
  assert.equal(codeOf(presign(60), "2019-11-24T03:58:59Z"), "ok");
});

test("Nutanix, creating pre-signed URL: above URL is valid only for 60 seconds, without any tolerance", () => {
  assert.equal(codeOf(presign(60), "2019-11-24T03:59:01Z"), "AccessDenied");
});

test("Nutanix, creating pre-signed URL: --expires-in from 0 to 7 days", () => {
  assert.equal(nutanix.presigned.expirySecondsMin, 0);
  assert.equal(nutanix.presigned.expirySecondsMax, 604_800);
  assert.equal(codeOf(presign(1), "2019-11-24T03:58:00Z"), "ok");
  assert.equal(codeOf(presign(604_800), "2019-12-01T03:57:59Z"), "ok");
  assert.equal(
    codeOf(presign(604_801), "2019-11-24T03:58:00Z"),
    "AuthorizationQueryParametersError",
  );
  assert.equal(codeOf(presign(-1), "2019-11-24T03:58:00Z"), "AuthorizationQueryParametersError");
});

test("Nutanix, creating pre-signed URL: version 2 ends after 7 days as well", () => {
  assert.equal(nutanix.presigned.v2, true);
  assert.equal(nutanix.presigned.v2SecondsMax, 604_800);
});

test("Nutanix, creating pre-signed URL: it is for one method and one object", () => {
  const head = presign(60);
  assert.equal(codeOf({ ...head, method: "PUT" }, "2019-11-24T03:58:00Z"), "SignatureDoesNotMatch");
  const path = "/testbucket/other.txt";
  assert.equal(
    codeOf({ ...head, target: { ...head.target, path } }, "2019-11-24T03:58:00Z"),
    "SignatureDoesNotMatch",
  );
});

test("Nutanix: if the user's IAM keys are revoked, the pre-signed URL is refused with 403", () => {
  assert.equal(
    codeOf(presign(60), "2019-11-24T03:58:00Z", { secret: undefined }),
    "InvalidAccessKeyId",
  );
});

test("Nutanix: if the user's IAM keys are changed, the pre-signed URL is refused with 403", () => {
  const changed = { secret: "another-secret" };
  assert.equal(codeOf(presign(60), "2019-11-24T03:58:00Z", changed), "SignatureDoesNotMatch");
  assert.equal(codeOf(presign(60, "another-secret"), "2019-11-24T03:58:00Z", changed), "ok");
});

test("sharePolicy() shares with nobody whom it cannot name alone", () => {
  const shares = [{ with: identity("team", "ann"), permissions: "READ", line: 1 }];
  assert.equal(sharePolicy(shipped("qumulo"), "testbucket", shares, "accounts.yaml").ok, false);
  const guest = [{ with: identity("team"), permissions: "GUEST", line: 1 }];
  assert.equal(sharePolicy(shipped("qumulo"), "testbucket", guest, "accounts.yaml").ok, false);
});

test("sharePolicy() under a grammar of names lets the account in, and nobody else", () => {
  const qumulo = shipped("qumulo");
  const shares = [{ with: identity("Team"), permissions: "READ", line: 1 }];
  const policy = sharePolicy(qumulo, "testbucket", shares, "accounts.yaml");
  assert.ok(policy.ok);
  assert.equal(effect(qumulo, policy.value, caller(qumulo, "team"), "s3:GetObject", FILE), "allow");
  assert.equal(effect(qumulo, policy.value, caller(qumulo, "bob"), "s3:GetObject", FILE), "none");
});
