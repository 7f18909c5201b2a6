import assert from "node:assert/strict";
import { test } from "node:test";
import { identifiersOf } from "../../../src/provider/principals.ts";
import { sharePolicy } from "../../../src/provider/shares.ts";
import { operationNamed, type OperationName } from "../../../src/s3/operations.ts";
import {
  anonymous,
  bucketPolicy,
  caller,
  effect,
  may,
  shipped,
  statements,
  wrong,
} from "./providers.ts";

/** "User and permission management in Atman Object Storage", row by row. */

const atman = shipped("atman");

const TIERS = ["READ", "WRITE", "READWRITE", "FULL"] as const;

/** "Access types": the document's table, and the operations that each of its rows stands for. */
const MATRIX: readonly (readonly [
  row: string,
  marks: string,
  operations: readonly OperationName[],
])[] = [
  ["creation of buckets", "✓✓✓✓", ["CreateBucket"]],
  ["bucket list", "✓✓✓✓", ["ListBuckets"]],
  [
    "listing the contents of buckets",
    "✓✗✓✓",
    ["HeadBucket", "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads"],
  ],
  ["removal of buckets", "✗✓✓✓", ["DeleteBucket"]],
  [
    "reading of objects",
    "✓✓✓✓",
    ["GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "ListParts"],
  ],
  [
    "saving of objects",
    "✗✓✓✓",
    [
      "PutObject",
      "CreateMultipartUpload",
      "UploadPart",
      "CompleteMultipartUpload",
      "AbortMultipartUpload",
      "PutObjectTagging",
      "RestoreObject",
    ],
  ],
  ["removal of objects", "✗✓✓✓", ["DeleteObject", "DeleteObjectTagging"]],
  [
    "preview of bucket policies (ACLs and bucket policies)",
    "✗✗✗✓",
    ["GetBucketPolicy", "GetBucketPolicyStatus", "GetBucketAcl", "GetObjectAcl"],
  ],
  [
    "assignment of access policies to buckets (ACLs and bucket policies)",
    "✗✗✗✓",
    ["PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "PutObjectAcl"],
  ],
];

for (const [row, marks, operations] of MATRIX) {
  for (const [i, tier] of TIERS.entries()) {
    test(`Atman, access types: ${row}, ${tier} ${marks[i]}`, () => {
      for (const operation of operations) {
        assert.equal(may(atman, tier, operation), marks[i] === "✓", operation);
      }
    });
  }
}

test("Atman, access types: versions of objects are read, removed and protected as the objects are", () => {
  const versioned: readonly (readonly [OperationName, string])[] = [
    ["GetObject", "✓✓✓✓"],
    ["DeleteObject", "✗✓✓✓"],
    ["GetObjectAcl", "✗✗✗✓"],
    ["PutObjectAcl", "✗✗✗✓"],
  ];
  for (const [operation, marks] of versioned) {
    for (const [i, tier] of TIERS.entries()) {
      assert.equal(
        may(atman, tier, operation, "version"),
        marks[i] === "✓",
        `${tier} ${operation}`,
      );
    }
  }
});

test("Atman, not in the table: only FULL sees or changes the configuration of buckets", () => {
  const configuration: readonly OperationName[] = [
    "GetBucketCors",
    "PutBucketCors",
    "GetBucketLifecycleConfiguration",
    "PutBucketLifecycleConfiguration",
    "GetBucketLogging",
    "PutBucketLogging",
    "GetBucketWebsite",
    "PutBucketWebsite",
    "PutBucketVersioning",
    "GetBucketNotificationConfiguration",
    "PutBucketNotificationConfiguration",
    "GetBucketTagging",
    "PutBucketTagging",
    "GetBucketReplication",
    "PutBucketReplication",
    "GetObjectLockConfiguration",
    "PutObjectLockConfiguration",
    "GetBucketEncryption",
    "PutBucketEncryption",
    "GetBucketRequestPayment",
    "PutBucketRequestPayment",
    "GetBucketAccelerateConfiguration",
    "PutBucketAccelerateConfiguration",
  ];
  for (const operation of configuration) {
    for (const tier of TIERS)
      assert.equal(may(atman, tier, operation), tier === "FULL", `${tier} ${operation}`);
  }
});

test("Atman, not in the table: every tier may ask where a bucket is and whether it is versioned", () => {
  for (const tier of TIERS) {
    assert.equal(may(atman, tier, "GetBucketLocation"), true, tier);
    assert.equal(may(atman, tier, "GetBucketVersioning"), true, tier);
  }
});

test("Atman: the master account has full rights to the created resources (FULL)", () => {
  assert.equal(atman.accountTier, undefined);
  assert.equal(atman.tierMode, "union");
});

const USER = { AWS: ["arn:aws:iam:::user/username01", "arn:aws:iam:::user/username01:subuser01"] };
const READ = {
  Effect: "Allow",
  Principal: USER,
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::bucket/*",
};
const KEY = "arn:aws:s3:::bucket/key";

test("Atman, Principal: the document's two ARNs are a principal", () => {
  assert.deepEqual(wrong(atman, statements(READ)), []);
});

test("Atman, Principal: user/username01 names the master and its subusers, no one else", () => {
  const policy = bucketPolicy(
    atman,
    statements({ ...READ, Principal: { AWS: "arn:aws:iam:::user/username01" } }),
  );
  const ask = (who: ReturnType<typeof caller>) => effect(atman, policy, who, "s3:GetObject", KEY);
  assert.equal(ask(caller(atman, "username01")), "allow");
  assert.equal(ask(caller(atman, "username01", "subuser01")), "allow");
  assert.equal(ask(caller(atman, "username02")), "none");
  assert.equal(ask(caller(atman, "username02", "username01")), "none");
  assert.equal(ask(anonymous(atman)), "none");
});

test("Atman, Principal: user/username01:subuser01 names that subuser only", () => {
  const policy = bucketPolicy(
    atman,
    statements({ ...READ, Principal: { AWS: "arn:aws:iam:::user/username01:subuser01" } }),
  );
  const ask = (who: ReturnType<typeof caller>) => effect(atman, policy, who, "s3:GetObject", KEY);
  assert.equal(ask(caller(atman, "username01", "subuser01")), "allow");
  assert.equal(ask(caller(atman, "username01", "subuser02")), "none");
  assert.equal(ask(caller(atman, "username01")), "none");
});

test("Atman, NotPrincipal: a Deny spares whom it names, under either of their names", () => {
  const deny = {
    Effect: "Deny",
    NotPrincipal: { AWS: "arn:aws:iam:::user/username01" },
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::bucket/*",
  };
  const policy = bucketPolicy(atman, statements(deny));
  assert.equal(
    effect(atman, policy, caller(atman, "username01", "subuser01"), "s3:GetObject", KEY),
    "none",
  );
  assert.equal(effect(atman, policy, caller(atman, "username02"), "s3:GetObject", KEY), "deny");
  assert.equal(effect(atman, policy, anonymous(atman), "s3:GetObject", KEY), "deny");
});

test("Atman, NotPrincipal: an Allow is for all whom it does not name", () => {
  const { Principal: _, ...rest } = READ;
  const NotPrincipal = { AWS: "arn:aws:iam:::user/username01" };
  const policy = bucketPolicy(atman, statements({ ...rest, NotPrincipal }));
  const ask = (who: ReturnType<typeof caller>) => effect(atman, policy, who, "s3:GetObject", KEY);
  assert.equal(ask(caller(atman, "username01")), "none");
  assert.equal(ask(caller(atman, "username01", "subuser01")), "none");
  assert.equal(ask(caller(atman, "username02")), "allow");
  assert.equal(ask(anonymous(atman)), "allow");
});

test("Atman, NotPrincipal: strict definition of users is required there as well", () => {
  const { Principal: _, ...rest } = READ;
  const deny = { ...rest, Effect: "Deny", NotPrincipal: { AWS: "111122223333" } };
  assert.match(wrong(atman, statements(deny)).join(), /Invalid principal in policy/);
});

test("Atman, Principal: * alone is everybody, in each of its three spellings", () => {
  for (const Principal of ["*", { AWS: "*" }, { AWS: ["*"] }]) {
    const policy = bucketPolicy(atman, statements({ ...READ, Principal }));
    assert.equal(effect(atman, policy, anonymous(atman), "s3:GetObject", KEY), "allow");
    assert.equal(effect(atman, policy, caller(atman, "username09"), "s3:GetObject", KEY), "allow");
  }
});

const NO_PRINCIPAL: readonly (readonly [string, unknown])[] = [
  ["a wildcard for the user", { AWS: "arn:aws:iam:::user/*" }],
  ["a wildcard in the user", { AWS: "arn:aws:iam:::user/user*" }],
  ["a question mark in the user", { AWS: "arn:aws:iam:::user/username0?" }],
  ["a wildcard for the subuser", { AWS: "arn:aws:iam:::user/username01:*" }],
  ["a text that begins with *", "*:user"],
  ["two stars", { AWS: "**" }],
  ["an account", { AWS: "111122223333" }],
  ["an account's root", { AWS: "arn:aws:iam::111122223333:root" }],
  ["a user of an account", { AWS: "arn:aws:iam::111122223333:user/username01" }],
  ["a role", { AWS: "arn:aws:iam:::role/username01" }],
  ["a user with a path", { AWS: "arn:aws:iam:::user/path/username01" }],
  ["three names", { AWS: "arn:aws:iam:::user/a:b:c" }],
  ["no name", { AWS: "arn:aws:iam:::user/" }],
  ["no subuser's name", { AWS: "arn:aws:iam:::user/username01:" }],
  ["a canonical user", { CanonicalUser: "username01" }],
  ["a service", { Service: "s3.amazonaws.com" }],
];
for (const [name, Principal] of NO_PRINCIPAL) {
  test(`Atman, Principal: "strict definition of users is required" refuses ${name}`, () => {
    assert.match(
      wrong(atman, statements({ ...READ, Principal })).join(),
      /Invalid principal in policy/,
    );
  });
}

test("identifiersOf() names an Atman master by one ARN and its subuser by two", () => {
  const who = { account: "username01", groups: [], tenant: undefined };
  assert.deepEqual(identifiersOf(atman.principals, { ...who, subuser: undefined }), {
    identifiers: ["arn:aws:iam:::user/username01"],
    accountIdentifiers: [],
  });
  assert.deepEqual(identifiersOf(atman.principals, { ...who, subuser: "subuser01" }), {
    identifiers: ["arn:aws:iam:::user/username01", "arn:aws:iam:::user/username01:subuser01"],
    accountIdentifiers: [],
  });
});

/** "List of supported actions", as the document spells them. */
const ACTIONS = `
s3:AbortMultipartUpload s3:CreateBucket s3:DeleteBucketPolicy s3:DeleteBucket s3:DeleteBucketWebsite
s3:DeleteObject s3:DeleteObjectVersion s3:DeleteReplicationConfiguration s3:GetAccelerateConfiguration
s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLocation s3:GetBucketLogging s3:GetBucketNotification
s3:GetBucketPolicy s3:GetBucketRequestPayment s3:GetBucketTagging s3:GetBucketVersioning
s3:GetBucketWebsite s3:GetLifecycleConfiguration s3:GetObjectAcl s3:GetObject s3:GetObjectTorrent
s3:GetObjectVersionAcl s3:GetObjectVersion s3:GetObjectVersionTorrent s3:GetReplicationConfiguration
s3:ListAllMyBuckets s3:ListBucketMultiPartUploads s3:ListBucket s3:ListBucketVersions
s3:ListMultipartUploadParts s3:PutAccelerateConfiguration s3:PutBucketAcl s3:PutBucketCORS
s3:PutBucketLogging s3:PutBucketNotification s3:PutBucketPolicy s3:PutBucketRequestPayment
s3:PutBucketTagging s3:PutBucketVersioning s3:PutBucketWebsite s3:PutLifecycleConfiguration
s3:PutObjectAcl s3:PutObject s3:PutObjectVersionAcl s3:RestoreObject`
  .trim()
  .split(/\s+/);

test("Atman, supported actions: there are 47", () => {
  assert.equal(ACTIONS.length, 47);
  assert.deepEqual(atman.dialect.knownActions, ACTIONS);
});

/** So that every action has something to apply to. */
const EVERYTHING = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"];

for (const Action of ACTIONS) {
  test(`Atman, supported actions: a policy may name ${Action}`, () => {
    assert.deepEqual(wrong(atman, statements({ ...READ, Action, Resource: EVERYTHING })), []);
    assert.deepEqual(
      wrong(atman, statements({ ...READ, Effect: "Deny", Action, Resource: EVERYTHING })),
      [],
    );
  });
}

test("Atman, supported actions: DeleteReplicationConfiguration is DELETE ?replication and no PUT", () => {
  const statement = {
    ...READ,
    Action: "s3:DeleteReplicationConfiguration",
    Resource: "arn:aws:s3:::bucket",
  };
  const policy = bucketPolicy(atman, statements(statement));
  for (const [operation, expected] of [
    ["DeleteBucketReplication", "allow"],
    ["PutBucketReplication", "none"],
  ] as const) {
    const [action = ""] = operationNamed(operation).actions;
    assert.equal(
      effect(
        atman,
        policy,
        caller(atman, "username01"),
        action,
        "arn:aws:s3:::bucket",
        {},
        operation,
      ),
      expected,
    );
  }
});

test("Atman, supported actions: ListBucketMultiPartUploads is AWS's ListBucketMultipartUploads", () => {
  const statement = {
    ...READ,
    Action: "s3:ListBucketMultiPartUploads",
    Resource: "arn:aws:s3:::bucket",
  };
  const policy = bucketPolicy(atman, statements(statement));
  const who = caller(atman, "username01");
  assert.equal(
    effect(atman, policy, who, "s3:ListBucketMultipartUploads", "arn:aws:s3:::bucket"),
    "allow",
  );
});

const NOT_SUPPORTED = [
  "s3:PutReplicationConfiguration",
  "s3:PutObjectTagging",
  "s3:GetObjectTagging",
  "s3:DeleteObjectTagging",
  "s3:PutObjectRetention",
  "s3:PutEncryptionConfiguration",
  "s3:BypassGovernanceRetention",
  "s3:*Retention",
];
for (const Action of NOT_SUPPORTED) {
  test(`Atman, supported actions: a policy may not name ${Action}`, () => {
    for (const field of ["Action", "NotAction"]) {
      const statement = { Effect: "Allow", Principal: "*", [field]: Action, Resource: EVERYTHING };
      assert.match(
        wrong(atman, statements(statement)).join(),
        /the provider does not support/,
        field,
      );
    }
  });
}

test("Atman, supported actions: a name of an operation allows nothing", () => {
  const found = wrong(atman, statements({ ...READ, Action: "s3:HeadObject" })).join();
  assert.match(found, /is the name of an operation/);
});

const CONDITIONS: readonly (readonly [string, string, string, string, string])[] = [
  [
    "aws:CurrentTime",
    "DateLessThan",
    "2027-01-01T00:00:00Z",
    "2026-06-01T00:00:00Z",
    "2027-06-01T00:00:00Z",
  ],
  ["aws:EpochTime", "DateLessThan", "2027-01-01T00:00:00Z", "1780272000", "1811808000"],
  ["aws:SourceIp", "IpAddress", "192.0.2.0/24", "192.0.2.1", "198.51.100.1"],
  ["aws:username", "StringEquals", "username01", "username01", "username02"],
];
for (const [key, operator, value, fits, fails] of CONDITIONS) {
  test(`Atman, supported conditions: ${key}`, () => {
    const policy = bucketPolicy(
      atman,
      statements({ ...READ, Condition: { [operator]: { [key]: value } } }),
    );
    const who = caller(atman, "username01");
    assert.equal(effect(atman, policy, who, "s3:GetObject", KEY, { [key]: fits }), "allow");
    assert.equal(effect(atman, policy, who, "s3:GetObject", KEY, { [key]: fails }), "none");
  });
}

for (const key of [
  "aws:SecureTransport",
  "aws:Referer",
  "s3:prefix",
  "s3:ExistingObjectTag/a",
  "rgw:subuser",
]) {
  test(`Atman, supported conditions: ${key} is none of them`, () => {
    const Condition = { StringEquals: { [key]: "true" } };
    const found = wrong(atman, statements({ ...READ, Condition }));
    assert.match(found.join(), /the provider does not support/);
  });
}

test("Atman, Sid: characters a-z, A-Z and 0-9, unique within the policy", () => {
  assert.deepEqual(wrong(atman, statements({ ...READ, Sid: "Rule01" })), []);
  for (const Sid of ["Rule 01", "rule-1", "réad"]) {
    assert.match(wrong(atman, statements({ ...READ, Sid })).join(), /letters and digits only/);
  }
  const twice = wrong(atman, statements({ ...READ, Sid: "a1" }, { ...READ, Sid: "a1" }));
  assert.match(twice.join(), /must be unique/);
});

test("Atman, Effect: Allow or Deny", () => {
  assert.deepEqual(wrong(atman, statements({ ...READ, Effect: "Deny" })), []);
  assert.match(wrong(atman, statements({ ...READ, Effect: "allow" })).join(), /Invalid effect/);
});

test("Atman, elements of an instruction: NotAction is one, NotResource is none", () => {
  const { Action, ...rest } = READ;
  assert.deepEqual(wrong(atman, statements({ ...rest, NotAction: Action })), []);
  const { Resource, ...other } = READ;
  assert.match(
    wrong(atman, statements({ ...other, NotResource: Resource })).join(),
    /does not support NotResource/,
  );
});

test("Atman, default: access to the resource is denied", () => {
  const policy = bucketPolicy(atman, statements(READ));
  assert.equal(effect(atman, policy, caller(atman, "username01"), "s3:PutObject", KEY), "none");
});

/** "Public bucket", the document's example word for word. */
const PUBLIC = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: ["s3:ListBucket", "s3:GetObject"],
      Resource: ["arn:aws:s3:::przykladowy-bucket", "arn:aws:s3:::przykladowy-bucket/*"],
    },
  ],
};

test("Atman, public bucket: objects are listed and retrieved, including by an anonymous user", () => {
  const policy = bucketPolicy(atman, PUBLIC, "przykladowy-bucket");
  assert.equal(atman.anonymous.access, "policy");
  for (const who of [anonymous(atman), caller(atman, "anyone"), caller(atman, "anyone", "sub")]) {
    assert.equal(
      effect(atman, policy, who, "s3:ListBucket", "arn:aws:s3:::przykladowy-bucket"),
      "allow",
    );
    assert.equal(
      effect(atman, policy, who, "s3:GetObject", "arn:aws:s3:::przykladowy-bucket/a"),
      "allow",
    );
    assert.equal(
      effect(atman, policy, who, "s3:PutObject", "arn:aws:s3:::przykladowy-bucket/a"),
      "none",
    );
    assert.equal(effect(atman, policy, who, "s3:GetObject", "arn:aws:s3:::other/a"), "none");
  }
});

test("Atman: a share with a subuser names that subuser only", () => {
  const subuser = { account: "username01", subuser: "subuser01", groups: [], tenant: undefined };
  const shares = [{ with: subuser, permissions: "READ", line: 1 }];
  const policy = sharePolicy(atman, "bucket", shares, "accounts.yaml");
  assert.ok(policy.ok);
  const ask = (who: ReturnType<typeof caller>) =>
    effect(atman, policy.value, who, "s3:GetObject", KEY);
  assert.equal(ask(caller(atman, "username01", "subuser01")), "allow");
  assert.equal(ask(caller(atman, "username01", "subuser02")), "none");
  assert.equal(ask(caller(atman, "username01")), "none");
});
