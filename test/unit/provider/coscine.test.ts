import assert from "node:assert/strict";
import { test } from "node:test";
import { blockingAction } from "../../../src/provider/provider.ts";
import { tierGrants } from "../../../src/provider/tier.ts";
import { parseProvider } from "../../../src/provider/parse.ts";
import { asksOfDelete } from "../../../src/s3/asks.ts";
import { operationNamed, type OperationName } from "../../../src/s3/operations.ts";
import {
  bucketPolicy,
  caller,
  effect,
  may,
  mayAsk,
  providerText,
  shipped,
  statements,
  wrong,
} from "./providers.ts";

/** "S3-Policies" of Coscine, table by table. */

const coscine = shipped("coscine");

const isBlocked = (...asked: Parameters<typeof blockingAction>): boolean =>
  blockingAction(...asked) !== undefined;

/** A provider whose tier `one` has only this permission. */
function only(permission: string) {
  const text = providerText("coscine").replace(
    /^tiers:$/m,
    `tiers:\n  one: { actions: ["${permission}"] }`,
  );
  const provider = parseProvider(text, "one.yaml");
  assert.ok(provider.ok, JSON.stringify(provider));
  return provider.value;
}

type Case = readonly [
  permission: string,
  grants: readonly OperationName[],
  not: readonly OperationName[],
];

/** "Active Policies": what each permission is for, and what it must not bring along. */
const ACTIVE: readonly Case[] = [
  [
    "s3:ListBucket",
    ["HeadBucket", "ListObjects", "ListObjectsV2"],
    ["ListObjectVersions", "ListMultipartUploads", "GetObject", "ListBuckets"],
  ],
  ["s3:HeadBucket", ["HeadBucket"], ["ListObjects", "ListObjectsV2", "HeadObject"]],
  ["s3:HeadObject", ["HeadObject"], ["GetObject", "GetObjectAttributes", "SelectObjectContent"]],
  ["s3:ListObjects", ["ListObjects", "ListObjectsV2"], ["HeadBucket", "ListObjectVersions"]],
  [
    "s3:GetObject",
    ["GetObject", "HeadObject", "SelectObjectContent"],
    ["GetObjectAttributes", "GetObjectAcl", "GetObjectTagging"],
  ],
  ["s3:GetObjectAcl", ["GetObjectAcl"], ["GetObject", "PutObjectAcl", "GetBucketAcl"]],
  [
    "s3:PutObject",
    ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"],
    ["AbortMultipartUpload", "PutObjectAcl", "PutObjectTagging", "DeleteObject"],
  ],
  ["s3:DeleteObject", ["DeleteObject"], ["PutObject", "DeleteBucket", "DeleteObjectTagging"]],
  [
    "s3:CreateMultipartUpload",
    ["CreateMultipartUpload"],
    ["UploadPart", "CompleteMultipartUpload", "PutObject", "ListMultipartUploads"],
  ],
  ["s3:AbortMultipartUpload", ["AbortMultipartUpload"], ["CreateMultipartUpload", "DeleteObject"]],
  ["s3:ListBucketMultipartUploads", ["ListMultipartUploads"], ["ListParts", "ListObjects"]],
  ["s3:ListMultipartUploadParts", ["ListParts"], ["ListMultipartUploads", "GetObject"]],
  [
    "s3:CompleteMultipartUpload",
    ["CompleteMultipartUpload"],
    ["UploadPart", "CreateMultipartUpload", "PutObject"],
  ],
];
for (const [permission, grants, not] of ACTIVE) {
  test(`Coscine, active policies: ${permission} is in coscine-user and allows ${grants.join(", ")}`, () => {
    for (const operation of grants)
      assert.equal(may(coscine, "coscine-user", operation), true, operation);
    const provider = only(permission);
    for (const operation of grants) assert.equal(may(provider, "one", operation), true, operation);
    for (const operation of not) assert.equal(may(provider, "one", operation), false, operation);
  });
}

test("Coscine, active policies: s3:GetObjectVersion is for the versioned copies", () => {
  const provider = only("s3:GetObjectVersion");
  for (const operation of ["GetObject", "HeadObject"] as const) {
    assert.equal(may(provider, "one", operation, "version"), true, operation);
    assert.equal(may(provider, "one", operation), false, operation);
    assert.equal(may(coscine, "coscine-user", operation, "version"), true, operation);
  }
});

test("Coscine, active policies: s3:HeadObject and s3:GetObject reach no versioned copies", () => {
  for (const permission of ["s3:HeadObject", "s3:GetObject"]) {
    assert.equal(may(only(permission), "one", "HeadObject", "version"), false, permission);
  }
});

test("Coscine, active policies: s3:ListAllMyBuckets is only for Coscine admins", () => {
  assert.equal(may(coscine, "coscine-user", "ListBuckets"), false);
  assert.equal(may(coscine, "coscine-admin", "ListBuckets"), true);
  assert.equal(may(coscine, "coscine-system", "ListBuckets"), true);
});

test("Coscine, active policies: the name of an operation allows nothing that its headers add", () => {
  const cases: readonly (readonly [string, OperationName, string, readonly string[]])[] = [
    [
      "s3:CreateMultipartUpload",
      "CreateMultipartUpload",
      "/bucket/k?uploads",
      ["x-amz-acl", "public-read"],
    ],
    [
      "s3:CreateMultipartUpload",
      "CreateMultipartUpload",
      "/bucket/k?uploads",
      ["x-amz-tagging", "a=b"],
    ],
    [
      "s3:CreateMultipartUpload",
      "CreateMultipartUpload",
      "/bucket/k?uploads",
      ["x-amz-object-lock-mode", "GOVERNANCE"],
    ],
    ["s3:HeadObject", "HeadObject", "/bucket/k?versionId=1", []],
  ];
  for (const [permission, operation, target, headers] of cases) {
    assert.equal(
      mayAsk(only(permission), "one", operation, target, headers),
      false,
      headers.join(),
    );
  }
  assert.equal(
    mayAsk(only("s3:CreateMultipartUpload"), "one", "CreateMultipartUpload", "/bucket/k?uploads"),
    true,
  );
});

test("Coscine, active policies: a copy needs its source as well as s3:PutObject", () => {
  const copy = ["x-amz-copy-source", "/bucket/source", "x-amz-tagging-directive", "REPLACE"];
  assert.equal(mayAsk(coscine, "coscine-user", "CopyObject", "/bucket/k", copy), true);
  assert.equal(mayAsk(only("s3:PutObject"), "one", "CopyObject", "/bucket/k", copy), false);
});

const BUCKET = { tenant: undefined, name: "bucket" };
const versionOf = (key: string, versionId: string | undefined) => ({
  key,
  versionId,
  eTag: undefined,
  lastModifiedTime: undefined,
  size: undefined,
});

function mayDelete(tierName: string, versionId: string | undefined, provider = coscine): boolean {
  const tier = provider.tiers.get(tierName);
  assert.ok(tier);
  const asks = asksOfDelete(BUCKET, versionOf("k", versionId), []);
  return asks.every(
    ({ action }) =>
      tierGrants(tier, action, "DeleteObjects") &&
      !isBlocked(provider, tierName, action, "DeleteObjects"),
  );
}

test("Coscine, active policies: s3:DeleteObject deletes files, one or many, and no versions", () => {
  assert.equal(mayDelete("coscine-user", undefined), true);
  assert.equal(mayDelete("coscine-user", "3HL4kqtJlcpXroDTDmJ"), false);
  assert.equal(mayDelete("coscine-user", "null"), false);
  assert.equal(may(coscine, "coscine-user", "DeleteObject", "version"), false);
});

test("Coscine, system policy actions: s3:DeleteObjectVersion is not exposed to users", () => {
  for (const tier of ["coscine-user", "coscine-admin", "coscine-testing", undefined]) {
    assert.equal(isBlocked(coscine, tier, "s3:DeleteObjectVersion", "DeleteObject"), true, tier);
    assert.equal(isBlocked(coscine, tier, "s3:DeleteObjectVersion", "DeleteObjects"), true, tier);
    assert.equal(isBlocked(coscine, tier, "s3:DeleteObject", "DeleteObject"), false, tier);
  }
  assert.equal(mayDelete("coscine-system", "3HL4kqtJlcpXroDTDmJ"), true);
});

test("Coscine, system policy actions: naming s3:DeleteObjects opens no version", () => {
  const provider = only("s3:DeleteObjects");
  const tier = provider.tiers.get("one");
  assert.ok(tier);
  assert.equal(tierGrants(tier, "s3:DeleteObject", "DeleteObjects"), true);
  assert.equal(tierGrants(tier, "s3:DeleteObjectVersion", "DeleteObjects"), false);
  assert.equal(tierGrants(tier, "s3:DeleteObject", "DeleteObject"), false);
});

test("Coscine, rejected policies: s3:PutLifecycleConfiguration is blocked for everybody", () => {
  for (const tier of ["coscine-user", "coscine-admin", "coscine-system", undefined]) {
    for (const operation of ["PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"] as const) {
      assert.equal(
        isBlocked(coscine, tier, "s3:PutLifecycleConfiguration", operation),
        true,
        operation,
      );
    }
  }
});

test("Coscine, rejected policies: no policy can name s3:PutLifecycleConfiguration", () => {
  const statement = { Effect: "Allow", Action: "s3:PutLifecycleConfiguration", Resource: "*" };
  assert.match(wrong(coscine, statements(statement), "identity").join(), /does not support/);
});

/** "In implementation or testing". */
const TESTING: readonly (readonly [string, OperationName])[] = [
  ["s3:GetLifecycleConfiguration", "GetBucketLifecycleConfiguration"],
  ["s3:ListBucketVersions", "ListObjectVersions"],
  ["s3:GetBucketPolicy", "GetBucketPolicy"],
];
for (const [permission, operation] of TESTING) {
  test(`Coscine, in implementation or testing: ${permission} is in no tier but coscine-testing`, () => {
    for (const tier of ["coscine-user", "coscine-admin", "coscine-system"]) {
      assert.equal(may(coscine, tier, operation), false, tier);
    }
    assert.equal(may(coscine, "coscine-testing", operation), true);
  });
}

test("Coscine, exceptions: the operation ListObjectVersions needs s3:ListBucketVersions", () => {
  assert.deepEqual(operationNamed("ListObjectVersions").actions, ["s3:ListBucketVersions"]);
  assert.equal(may(only("s3:ListBucketVersions"), "one", "ListObjectVersions"), true);
});

/** "policy actions of the past". */
const PAST: readonly (readonly [string, string, OperationName, string])[] = [
  [
    "s3:ListMultipartUploads",
    "s3:ListBucketMultipartUploads",
    "ListMultipartUploads",
    "s3:ListBucketMultipartUploads",
  ],
  ["s3:ListObjectVersions", "s3:ListBucketVersions", "ListObjectVersions", "s3:ListBucketVersions"],
];
for (const [name, replacement, operation, action] of PAST) {
  test(`Coscine, policy actions of the past: an Allow of ${name} is refused and names ${replacement}`, () => {
    const statement = { Effect: "Allow", Action: name, Resource: "*" };
    assert.match(wrong(coscine, statements(statement), "identity").join(), /no longer valid/);
  });

  test(`Coscine, policy actions of the past: an Allow of all but ${name} is stricter by it, so it stands`, () => {
    const statement = { Effect: "Allow", NotAction: name, Resource: "*" };
    assert.deepEqual(wrong(coscine, statements(statement), "identity"), []);
  });

  test(`Coscine, policy actions of the past: a Deny of ${name} keeps people from the operation`, () => {
    const deny = { Effect: "Deny", Principal: "*", Action: name, Resource: "arn:aws:s3:::bucket" };
    const policy = bucketPolicy(coscine, statements(deny));
    const who = caller(coscine, "resource");
    assert.equal(
      effect(coscine, policy, who, action, "arn:aws:s3:::bucket", {}, operation),
      "deny",
    );
    assert.equal(
      effect(coscine, policy, who, "s3:ListBucket", "arn:aws:s3:::bucket", {}, "ListObjectsV2"),
      "none",
    );
  });
}

test("Coscine, active policies: an Allow in a policy may name operations", () => {
  const allow = {
    Effect: "Allow",
    Principal: "*",
    Action: "s3:HeadObject",
    Resource: "arn:aws:s3:::bucket/*",
  };
  const policy = bucketPolicy(coscine, statements(allow));
  const ask = (operation: OperationName) =>
    effect(
      coscine,
      policy,
      caller(coscine, "resource"),
      "s3:GetObject",
      "arn:aws:s3:::bucket/k",
      {},
      operation,
    );
  assert.equal(ask("HeadObject"), "allow");
  assert.equal(ask("GetObject"), "none");
});

/** "Coscine supports only a limited set of API Operations". */
test("Coscine, users: everything that no permission is for is denied", () => {
  const denied: readonly OperationName[] = [
    "CreateBucket",
    "DeleteBucket",
    "GetBucketAcl",
    "PutBucketAcl",
    "PutObjectAcl",
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketVersioning",
    "GetBucketVersioning",
    "GetBucketLocation",
    "PutBucketCors",
    "GetObjectTagging",
    "PutObjectTagging",
    "PutObjectRetention",
    "PutObjectLegalHold",
    "RestoreObject",
    "GetObjectAttributes",
  ];
  for (const tier of ["coscine-user", "coscine-admin", "coscine-system"]) {
    for (const operation of denied)
      assert.equal(may(coscine, tier, operation), false, `${tier} ${operation}`);
  }
  assert.equal(coscine.accountTier?.name, "coscine-user");
  assert.equal(coscine.anonymous.access, "deny");
});

test("Coscine, users: a wildcard in a policy is refused, since permissions are written out", () => {
  for (const Action of ["*", "s3:*", "s3:Get*"]) {
    assert.match(
      wrong(coscine, statements({ Effect: "Allow", Action, Resource: "*" }), "identity").join(),
      /wildcards are not supported/,
    );
  }
});

test("Coscine, s3:ListBucket and s3:ListBucketVersions: 1 000 entries, clamped", () => {
  assert.deepEqual(coscine.maxKeys, { cap: 1000, excess: "clamp" });
});

// An operation is granted by its name, but not what its headers or a version ask besides.
const WIDER: readonly (readonly [string, string, OperationName])[] = [
  ["s3:CreateMultipartUpload", "s3:PutObjectAcl", "CreateMultipartUpload"],
  ["s3:CreateMultipartUpload", "s3:PutObjectTagging", "CreateMultipartUpload"],
  ["s3:HeadObject", "s3:GetObjectVersion", "HeadObject"],
];
for (const [Action, asks, operation] of WIDER) {
  test(`Coscine: an Allow of ${Action} in a policy does not grant ${asks}`, () => {
    const Resource = "arn:aws:s3:::bucket/*";
    const allow = { Effect: "Allow", Principal: "*", Action, Resource };
    const policy = bucketPolicy(coscine, statements(allow));
    const who = caller(coscine, "resource");
    const said = effect(coscine, policy, who, asks, "arn:aws:s3:::bucket/k", {}, operation);
    assert.equal(said, "none");
  });
}
