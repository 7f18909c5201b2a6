import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { identifiersOf } from "../../../src/provider/principals.ts";
import { matchesAction } from "../../../src/s3/action-names.ts";
import { parseAddress, storePath } from "../../../src/s3/address.ts";
import { operationNamed, type OperationName } from "../../../src/s3/operations.ts";
import { decide, gatewayOf, word } from "../admission/people.ts";
import { EXAMPLE, headOf, judge } from "../signature/heads.ts";
import {
  anonymous,
  answersUnsupported,
  bucketPolicy,
  caller,
  effect,
  shipped,
  statements,
  wrong,
} from "./providers.ts";

/** "Advanced usage of LUMI-O", example by example. */

const lumio = shipped("lumi-o");

const PARTNER = { AWS: ["arn:aws:iam::465000002:user/465000002"] };

/** "The full policy", with the principal that the page's text lost but its prose gives. */
const SHARED = {
  Version: "2012-10-17",
  Statement: [
    {
      Action: ["s3:GetObject"],
      Effect: "Allow",
      Resource: "arn:aws:s3:::fortheauthenticated/out.json",
      Principal: PARTNER,
    },
    {
      Action: ["s3:ListBucket"],
      Effect: "Allow",
      Resource: "arn:aws:s3:::fortheauthenticated",
      Principal: PARTNER,
    },
    {
      Action: ["s3:PutObject"],
      Effect: "Allow",
      Resource: "arn:aws:s3:::fortheauthenticated/upload.json",
      Principal: PARTNER,
    },
  ],
};
const BUCKET = "arn:aws:s3:::fortheauthenticated";

const SHARES: readonly (readonly [string, string, string, string])[] = [
  ["downloads out.json", "s3:GetObject", `${BUCKET}/out.json`, "allow"],
  ["downloads no other object", "s3:GetObject", `${BUCKET}/other.json`, "none"],
  ["lists the bucket", "s3:ListBucket", BUCKET, "allow"],
  ["creates and overwrites upload.json", "s3:PutObject", `${BUCKET}/upload.json`, "allow"],
  ["does not download upload.json", "s3:GetObject", `${BUCKET}/upload.json`, "none"],
  ["does not overwrite out.json", "s3:PutObject", `${BUCKET}/out.json`, "none"],
  ["deletes nothing", "s3:DeleteObject", `${BUCKET}/upload.json`, "none"],
];
for (const [name, action, resource, expected] of SHARES) {
  test(`LUMI-O, the full policy: project 465000002 ${name}`, () => {
    const policy = bucketPolicy(lumio, SHARED, "fortheauthenticated");
    assert.equal(effect(lumio, policy, caller(lumio, "465000002"), action, resource), expected);
    assert.equal(effect(lumio, policy, caller(lumio, "465000003"), action, resource), "none");
    assert.equal(effect(lumio, policy, anonymous(lumio), action, resource), "none");
  });
}

/** "a restriction on incoming IP:s", with an address for the one that the page's text lost. */
const almostPublic = (address: string) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "IPAllow",
      Effect: "Allow",
      Principal: "*",
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::almostpublic/data*",
      Condition: { IpAddress: { "aws:SourceIp": address } },
    },
  ],
});

test("LUMI-O, restriction on incoming IPs: any one from there uploads objects starting with data", () => {
  const policy = bucketPolicy(lumio, almostPublic("192.0.2.7"), "almostpublic");
  const ask = (who: ReturnType<typeof anonymous>, action: string, resource: string, from: string) =>
    effect(lumio, policy, who, action, resource, { "aws:SourceIp": from });
  for (const who of [anonymous(lumio), caller(lumio, "465000009")]) {
    assert.equal(ask(who, "s3:PutObject", "arn:aws:s3:::almostpublic/data1", "192.0.2.7"), "allow");
    assert.equal(
      ask(who, "s3:PutObject", "arn:aws:s3:::almostpublic/data/a/b", "192.0.2.7"),
      "allow",
    );
    assert.equal(ask(who, "s3:PutObject", "arn:aws:s3:::almostpublic/other", "192.0.2.7"), "none");
    assert.equal(ask(who, "s3:PutObject", "arn:aws:s3:::almostpublic/data1", "192.0.2.8"), "none");
  }
});

test("LUMI-O, restriction on incoming IPs: (but not download or list them)", () => {
  const policy = bucketPolicy(lumio, almostPublic("192.0.2.0/24"), "almostpublic");
  const values = { "aws:SourceIp": "192.0.2.7" };
  assert.equal(
    effect(
      lumio,
      policy,
      anonymous(lumio),
      "s3:GetObject",
      "arn:aws:s3:::almostpublic/data1",
      values,
    ),
    "none",
  );
  assert.equal(
    effect(lumio, policy, anonymous(lumio), "s3:ListBucket", "arn:aws:s3:::almostpublic", values),
    "none",
  );
});

test("LUMI-O, restriction on incoming IPs: an address that is not known opens nothing", () => {
  const policy = bucketPolicy(lumio, almostPublic("192.0.2.0/24"), "almostpublic");
  assert.equal(
    effect(lumio, policy, anonymous(lumio), "s3:PutObject", "arn:aws:s3:::almostpublic/data1"),
    "none",
  );
});

test("LUMI-O, restriction on incoming IPs: the empty address of the page is refused", () => {
  assert.notDeepEqual(wrong(lumio, almostPublic(""), "bucket", "almostpublic"), []);
});

const GRANT = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
const NO_PRINCIPAL: readonly (readonly [string, unknown])[] = [
  ["two different project ids", { AWS: "arn:aws:iam::465000001:user/465000002" }],
  ["no account", { AWS: "arn:aws:iam:::user/465000001" }],
  ["an ARN with a wildcard", { AWS: "arn:aws:iam::465000001:user/*" }],
  ["a role", { AWS: "arn:aws:iam::465000001:role/465000001" }],
  ["a project id alone", { AWS: "465000001$465000001" }],
  ["a canonical id of two projects", { CanonicalUser: "465000001$465000002" }],
];
for (const [name, Principal] of NO_PRINCIPAL) {
  test(`LUMI-O, format of the Principal: refuses ${name}`, () => {
    assert.match(
      wrong(lumio, statements({ ...GRANT, Principal })).join(),
      /Invalid principal in policy/,
    );
  });
}

const PRINCIPALS: readonly (readonly [string, unknown])[] = [
  ["arn:aws:iam::P:user/P", { AWS: "arn:aws:iam::465000001:user/465000001" }],
  ["arn:aws:iam::P:root", { AWS: "arn:aws:iam::465000001:root" }],
  ["P$P, the id of grants", { CanonicalUser: "465000001$465000001" }],
];
for (const [name, Principal] of PRINCIPALS) {
  test(`LUMI-O, format of the Principal: ${name} names the project and nobody else`, () => {
    const policy = bucketPolicy(lumio, statements({ ...GRANT, Principal }));
    const ask = (who: ReturnType<typeof caller>) =>
      effect(lumio, policy, who, "s3:GetObject", "arn:aws:s3:::bucket/k");
    assert.equal(ask(caller(lumio, "465000001")), "allow");
    assert.equal(ask(caller(lumio, "46500000")), "none");
    assert.equal(ask(anonymous(lumio)), "none");
  });
}

test("LUMI-O, projects: single user tenants, whose members have the exact same rights", () => {
  const who = { account: "465000001", groups: [], tenant: "465000001" };
  assert.deepEqual(identifiersOf(lumio.principals, { ...who, subuser: undefined }), {
    identifiers: [
      "arn:aws:iam::465000001:user/465000001",
      "arn:aws:iam::465000001:root",
      "465000001$465000001",
    ],
    accountIdentifiers: [],
  });
  const member = identifiersOf(lumio.principals, { ...who, subuser: "ann" }).identifiers;
  assert.ok(member.includes("arn:aws:iam::465000001:user/465000001"));
});

test("LUMI-O, policies: nothing spares an owner its own Deny (you can lock yourself out)", () => {
  assert.equal(lumio.ownerPolicyEscape, false);
  const deny = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
  };
  const policy = bucketPolicy(lumio, statements(deny));
  assert.equal(
    effect(lumio, policy, caller(lumio, "465000001"), "s3:PutBucketPolicy", "arn:aws:s3:::bucket"),
    "deny",
  );
});

/** "s3://<proj_id>:<bucket>/" on the wire, as s3cmd and rclone send it, and percent-encoded. */
for (const path of [
  "/465000001:bucket/key",
  "/465000001%3Abucket/key",
  "/465000001%3abucket/key",
]) {
  test(`LUMI-O, sharing data with other projects: ${path} is the other project's bucket`, () => {
    const located = parseAddress(path, undefined, { domains: [], accountDomains: [] });
    assert.ok(located.ok);
    assert.deepEqual(located.value.address, {
      kind: "object",
      bucket: { tenant: "465000001", name: "bucket" },
      key: "key",
    });
    assert.equal(storePath(located.value.address, "path"), "/465000001%3Abucket/key");
    assert.equal(lumio.tenantAddressing, true);
  });
}

test("LUMI-O, data path: public buckets are reached at https://<proj_id>.<domain>/<bucket>/<object>", () => {
  const gateway = gatewayOf({
    policy: { provider: "lumi-o" },
    listen: { accountDomains: ["*.public.example.org"] },
    accounts: { "465000001": {}, "465000002": {} },
  });
  const host = "465000001.public.example.org";
  const asked = (who: string | undefined, line: string, at?: string): string => {
    const verdict = decide(gateway, who, line, at === undefined ? {} : { host: at });
    return verdict.kind === "forward" ? verdict.request.head.target : word(verdict);
  };
  const named = "/465000001%3Abucket/object";
  assert.equal(asked(undefined, "GET /bucket/object", host), named);
  // "For public objects the above two URLs are equivalent."
  assert.equal(asked(undefined, "GET /465000001:bucket/object", host), named);
  assert.equal(asked(undefined, "GET /465000001:bucket/object"), named);
  // "the same url while authenticated will try to fetch <bucket> from your own project"
  assert.equal(asked("465000002", "GET /bucket/object", host), "/bucket/object");
  assert.equal(asked("465000002", "GET /465000001:bucket/object", host), named);
});

test("LUMI-O, sharing data with other projects: the project id is included when generating the signature", () => {
  // The page's shell script: `openssl sha1 -hmac`, its string to sign ending in the resource.
  const date = "Tue, 27 Mar 2007 19:36:42 +0000";
  const sign = (resource: string): string =>
    createHmac("sha1", EXAMPLE.secret)
      .update(`GET\n\napplication/octet-stream\n${date}\n${resource}`)
      .digest("base64");
  const send = (resource: string) =>
    judge(
      headOf(
        "GET",
        "/465000001:bucket/object",
        "Host: lumidata.example.org",
        `Date: ${date}`,
        "Content-Type: application/octet-stream",
        `Authorization: AWS ${EXAMPLE.accessKeyId}:${sign(resource)}`,
      ),
      "2007-03-27T19:36:42Z",
    );
  assert.equal(send("/465000001:bucket/object").ok, true);
  assert.equal(send("/bucket/object").ok, false);
  assert.equal(send("/465000002:bucket/object").ok, false);
});

const signed = (expires: number): string =>
  encodeURIComponent(
    createHmac("sha1", EXAMPLE.secret)
      .update(`GET\n\n\n${expires}\n/bucket/file.txt`)
      .digest("base64"),
  );
const presigned = (expires: number) =>
  headOf(
    "GET",
    `/bucket/file.txt?AWSAccessKeyId=${EXAMPLE.accessKeyId}&Expires=${expires}&Signature=${signed(expires)}`,
    "Host: lumidata.example.org",
  );

test("LUMI-O, read-only presigned URLs: s3cmd signurl is valid until the given unix epoch time", () => {
  assert.equal(lumio.presigned.v2, true);
  assert.equal(lumio.presigned.v2SecondsMax, undefined);
  const until = Date.parse("2026-03-01T12:00:00Z") / 1000;
  assert.equal(judge(presigned(until), "2026-03-01T12:00:00Z").ok, true);
  const late = judge(presigned(until), "2026-03-01T12:00:01Z");
  assert.ok(!late.ok);
  assert.equal(late.error.code, "AccessDenied");
});

test("LUMI-O, writable presigned URLs: a URL for GET is none for PUT", () => {
  const until = Date.parse("2026-03-01T12:00:00Z") / 1000;
  const put = { ...presigned(until), method: "PUT" };
  assert.equal(judge(put, "2026-03-01T11:00:00Z").ok, false);
});

const NO_EFFECT: readonly (readonly [string, OperationName, string, readonly string[]])[] = [
  ["a bucket's object lock", "PutObjectLockConfiguration", "/bucket?object-lock", []],
  ["an object's retention", "PutObjectRetention", "/bucket/k?retention", []],
  ["an object's legal hold", "PutObjectLegalHold", "/bucket/k?legal-hold", []],
  [
    "a bucket with object locks",
    "CreateBucket",
    "/bucket",
    ["x-amz-bucket-object-lock-enabled", "true"],
  ],
  ["an object with retention", "PutObject", "/bucket/k", ["x-amz-object-lock-mode", "GOVERNANCE"]],
  [
    "an upload with a legal hold",
    "CreateMultipartUpload",
    "/bucket/k?uploads",
    ["x-amz-object-lock-legal-hold", "ON"],
  ],
  ["lifecycle configuration", "PutBucketLifecycleConfiguration", "/bucket?lifecycle", []],
];
for (const [name, operation, target, headers] of NO_EFFECT) {
  test(`LUMI-O, "complete successfully … but will actually have no effect": ${name} is unsupported`, () => {
    assert.equal(answersUnsupported(lumio, operation, target, headers), true);
  });
}

test("LUMI-O: what the page shows how to do is supported", () => {
  const shown: readonly OperationName[] = [
    "PutBucketPolicy",
    "GetBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketAcl",
    "GetBucketAcl",
    "PutObjectAcl",
    "GetObjectAcl",
    "ListBuckets",
    "ListObjectsV2",
    "GetObject",
    "PutObject",
    "DeleteObject",
  ];
  for (const operation of shown) {
    for (const action of operationNamed(operation).actions) {
      assert.equal(
        lumio.unsupported.some(({ matches }) => matchesAction(matches, action, operation)),
        false,
        operation,
      );
    }
  }
});
