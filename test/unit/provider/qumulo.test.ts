import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import type { Principal } from "../../../src/policy/principals.ts";
import { tierGrants } from "../../../src/provider/tier.ts";
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

/** "Managing Access Policies for S3 Buckets" of Qumulo, table by table. */

const qumulo = shipped("qumulo");

const BUCKET = "arn:aws:s3:::bucket";
const KEY = "arn:aws:s3:::bucket/dir/key";

/** A policy with these statements; what a test does not say lets everyone read. */
function document(...list: readonly Readonly<Record<string, unknown>>[]) {
  const filled = list.map((statement, i) => ({
    Action: ["s3:GetObject"],
    Effect: "Allow",
    Index: i + 1,
    Principal: { Qumulo: ["Everyone"] },
    Sid: "",
    ...statement,
  }));
  return { Id: "", Statements: filled, Version: "2012-10-17" };
}

const naming = (...names: readonly string[]) =>
  bucketPolicy(qumulo, document({ Principal: { Qumulo: names } }));
const reads = (policy: ReturnType<typeof naming>, who: Principal) =>
  effect(qumulo, policy, who, "s3:GetObject", KEY);

test("Qumulo, how policy statements are structured: the document's example", () => {
  const example = {
    Id: "Example overall access policy description",
    Statements: [
      {
        Action: ["s3:GetBucketPolicy"],
        Effect: "Allow",
        Index: 1,
        Principal: { Qumulo: ["Everyone"] },
        Sid: "Example policy statement description",
      },
    ],
    Version: "2012-10-17",
  };
  const policy = bucketPolicy(qumulo, example);
  assert.equal(policy.id, "Example overall access policy description");
  assert.deepEqual(
    policy.statements.map(({ place }) => place),
    [{ file: "policy.json", line: 1, sid: "Example policy statement description", index: 0 }],
  );
  for (const who of [anonymous(qumulo), caller(qumulo, "jane")]) {
    assert.equal(effect(qumulo, policy, who, "s3:GetBucketPolicy", BUCKET), "allow");
    assert.equal(effect(qumulo, policy, who, "s3:PutBucketPolicy", BUCKET), "none");
    assert.equal(effect(qumulo, policy, who, "s3:GetBucketPolicy", "arn:aws:s3:::other"), "none");
  }
});

test("Qumulo, how policy statements are structured: Id, Version, Sid and Index are optional", () => {
  const statement = { Action: "s3:GetObject", Effect: "Allow", Principal: { Qumulo: "Everyone" } };
  assert.deepEqual(wrong(qumulo, { Statements: [statement] }), []);
});

test("Qumulo, how policy statements are structured: the order of the fields has no effect", () => {
  const allow = { Effect: "Allow", Action: "s3:*", Principal: { Qumulo: ["Everyone"] } };
  const deny = {
    Effect: "Deny",
    Action: ["s3:DeleteObject"],
    Principal: { Qumulo: ["local:Jane"] },
  };
  for (const list of [
    [
      { ...allow, Index: 1 },
      { ...deny, Index: 2 },
    ],
    [
      { ...deny, Index: 2 },
      { ...allow, Index: 1 },
    ],
    [
      { ...deny, Index: 1 },
      { ...allow, Index: 2 },
    ],
  ]) {
    const policy = bucketPolicy(qumulo, document(...list));
    assert.equal(effect(qumulo, policy, caller(qumulo, "jane"), "s3:DeleteObject", KEY), "deny");
    assert.equal(effect(qumulo, policy, caller(qumulo, "joe"), "s3:DeleteObject", KEY), "allow");
  }
});

const REFUSED: readonly (readonly [string, unknown, RegExp])[] = [
  ["AWS's Statement", { Statement: document().Statements }, /unknown field "Statement"/],
  ["no statements", {}, /expected statements in Statements/],
  ["an empty list of statements", { Statements: [] }, /expected statements in Statements/],
  ["another Version", { ...document({}), Version: "2008-10-17" }, /valid version/],
  ["a Resource", document({ Resource: BUCKET }), /unknown field "Resource"/],
  [
    "a Condition",
    document({ Condition: { IpAddress: { "aws:SourceIp": "192.0.2.1" } } }),
    /unknown field "Condition"/,
  ],
  ["a NotAction", document({ NotAction: "s3:GetObject" }), /unknown field "NotAction"/],
  [
    "a NotPrincipal",
    document({ NotPrincipal: { Qumulo: "Everyone" } }),
    /unknown field "NotPrincipal"/,
  ],
  ["AWS's principals", document({ Principal: { AWS: "*" } }), /unknown field "AWS"/],
  ["a principal without its kind", document({ Principal: "Everyone" }), /expected an object/],
  ["no principals", document({ Principal: { Qumulo: [] } }), /empty list/],
  ["an effect in lower case", document({ Effect: "allow" }), /Invalid effect/],
  ["no actions", document({ Action: [] }), /empty list/],
  ["an Index that is no number", document({ Index: "1" }), /Index must be a number/],
  ["a Sid that is no text", document({ Sid: 1 }), /Sid must be text/],
  [
    "a doubled field",
    '{"Statements":[{"Action":"s3:*","Action":"s3:GetObject","Effect":"Allow","Principal":{"Qumulo":"Everyone"}}]}',
    /written twice/,
  ],
  ["text that is no JSON", "{", /valid JSON/],
  ["a document above 20,480 bytes", document({ Sid: "a".repeat(20_480) }), /20480 bytes/],
];
for (const [name, policy, expected] of REFUSED) {
  test(`Qumulo, how policy statements are structured: refuses ${name}`, () => {
    assert.match(wrong(qumulo, policy).join("; "), expected);
  });
}

/** "Actions Supported in Qumulo Core". */
const ACTIONS: readonly (readonly [action: string, operation: OperationName])[] = [
  ["s3:AbortMultipartUpload", "AbortMultipartUpload"],
  ["s3:DeleteBucket", "DeleteBucket"],
  ["s3:DeleteBucketPolicy", "DeleteBucketPolicy"],
  ["s3:DeleteObject", "DeleteObject"],
  ["s3:DeleteObjectTagging", "DeleteObjectTagging"],
  ["s3:DeleteObjectVersion", "DeleteObject"],
  ["s3:GetBucketAcl", "GetBucketAcl"],
  ["s3:GetBucketLocation", "GetBucketLocation"],
  ["s3:GetBucketNotification", "GetBucketNotificationConfiguration"],
  ["s3:GetBucketObjectLockConfiguration", "GetObjectLockConfiguration"],
  ["s3:GetBucketPolicy", "GetBucketPolicy"],
  ["s3:GetBucketReplication", "GetBucketReplication"],
  ["s3:GetBucketVersioning", "GetBucketVersioning"],
  ["s3:GetEncryptionConfiguration", "GetBucketEncryption"],
  ["s3:GetLifecycleConfiguration", "GetBucketLifecycleConfiguration"],
  ["s3:GetObject", "GetObject"],
  ["s3:GetObjectAcl", "GetObjectAcl"],
  ["s3:GetObjectAttributes", "GetObjectAttributes"],
  ["s3:GetObjectTagging", "GetObjectTagging"],
  ["s3:ListBucket", "ListObjectsV2"],
  ["s3:ListBucketMultipartUploads", "ListMultipartUploads"],
  ["s3:ListMultipartUploadParts", "ListParts"],
  ["s3:PutBucketPolicy", "PutBucketPolicy"],
  ["s3:PutBucketVersioning", "PutBucketVersioning"],
  ["s3:PutObject", "PutObject"],
  ["s3:PutObjectTagging", "PutObjectTagging"],
];

test("Qumulo, actions supported: there are 26", () => {
  assert.deepEqual(
    qumulo.dialect.knownActions,
    ACTIONS.map(([action]) => action),
  );
  assert.equal(ACTIONS.length, 26);
});

for (const [action, operation] of ACTIONS) {
  test(`Qumulo, actions supported: ${action} lets the principal do ${operation}`, () => {
    const { level, actions, versionedActions } = operationNamed(operation);
    const resource = level === "bucket" ? BUCKET : KEY;
    const policy = bucketPolicy(qumulo, document({ Action: [action] }));
    const needed = action === "s3:DeleteObjectVersion" ? versionedActions : actions;
    // GetObjectAttributes reads the object as well (S3 API), so that one action is not enough.
    for (const asked of needed.filter(
      (each) => operation !== "GetObjectAttributes" || each === action,
    )) {
      assert.equal(
        effect(qumulo, policy, caller(qumulo, "jane"), asked, resource, {}, operation),
        "allow",
        asked,
      );
    }
    assert.equal(effect(qumulo, policy, caller(qumulo, "jane"), "s3:PutObjectAcl", KEY), "none");
  });
}

test("Qumulo, actions supported: s3:* matches all S3 API actions", () => {
  const policy = bucketPolicy(qumulo, document({ Action: ["s3:*"] }));
  for (const action of [
    "s3:PutObject",
    "s3:PutBucketPolicy",
    "s3:GetObjectVersion",
    "s3:PutObjectAcl",
  ]) {
    assert.equal(
      effect(
        qumulo,
        policy,
        caller(qumulo, "jane"),
        action,
        action.includes("Bucket") ? BUCKET : KEY,
      ),
      "allow",
      action,
    );
  }
});

for (const Action of [
  "s3:CreateBucket",
  "s3:ListAllMyBuckets",
  "s3:ListBucketVersions",
  "s3:PutObjectAcl",
  "s3:HeadObject",
  "s3:Get*",
  "*",
  "s3:?etObject",
  "Get",
]) {
  test(`Qumulo, actions supported: ${Action} is none`, () => {
    assert.match(wrong(qumulo, document({ Action })).join(), /invalid action/);
  });
}

type Row = readonly [form: string, names: readonly Principal[], not: readonly Principal[]];
const GUEST = anonymous(qumulo);
const JANE = caller(qumulo, "jane");
const member = (...groups: readonly string[]): Principal =>
  caller(qumulo, "joe", undefined, groups);

/** "Principals Supported in Qumulo Core". */
const PRINCIPALS: readonly Row[] = [
  [
    "Mary Lou",
    [
      member("Mary Lou"),
      member("local:mary lou"),
      member("EXAMPLE_DOMAIN\\Mary Lou"),
      member("ad:Mary Lou"),
    ],
    [JANE, GUEST, member("Mary")],
  ],
  [
    "local:Jane",
    [JANE, caller(qumulo, "jane", "joe"), member("local:Jane")],
    [caller(qumulo, "lab", "jane"), GUEST, member("ad:Jane"), member("EXAMPLE_DOMAIN\\Jane")],
  ],
  [
    "local:guest",
    [GUEST],
    [JANE, member("guest"), caller(qumulo, "guest"), caller(qumulo, "Guest")],
  ],
  ["world:Everyone", [GUEST, JANE, member("physics")], []],
  [
    "Authenticated Users",
    [JANE, member("physics"), caller(qumulo, "guest")],
    [GUEST, anonymous(qumulo, ["Authenticated Users"])],
  ],
  [
    "EXAMPLE_DOMAIN\\Jose Ramirez",
    [member("EXAMPLE_DOMAIN\\Jose Ramirez"), member("example_domain\\jose ramirez")],
    [member("OTHER\\Jose Ramirez"), member("ad:Jose Ramirez"), member("Jose Ramirez"), GUEST],
  ],
  [
    "ad:Company Name",
    [member("ad:Company Name"), member("EXAMPLE_DOMAIN\\Company Name")],
    [member("Company Name"), member("local:Company Name"), GUEST],
  ],
  [
    "uid:1234",
    [member("uid:1234")],
    [member("gid:1234"), member("auth_id:1234"), member("uid:12345"), GUEST],
  ],
  ["gid:1234", [member("gid:1234")], [member("uid:1234"), GUEST]],
  ["auth_id:12345678", [member("auth_id:12345678")], [member("uid:12345678"), GUEST]],
  [
    "S-1-5-21-1004336348-1177238915-682003330-512",
    [
      member("sid:S-1-5-21-1004336348-1177238915-682003330-512"),
      member("S-1-5-21-1004336348-1177238915-682003330-512"),
    ],
    [member("S-1-5-21-1004336348-1177238915-682003330-513"), GUEST],
  ],
  [
    "sid:S-1-5-21-1004336348-1177238915-682003330-512",
    [member("s-1-5-21-1004336348-1177238915-682003330-512")],
    [JANE, GUEST],
  ],
];
for (const [form, names, not] of PRINCIPALS) {
  test(`Qumulo, principals supported: ${form}`, () => {
    const policy = naming(form);
    for (const who of names) assert.equal(reads(policy, who), "allow", JSON.stringify(who));
    for (const who of not) assert.equal(reads(policy, who), "none", JSON.stringify(who));
  });
}

test("Qumulo, principals supported: names compare without letter case, as in Windows", () => {
  for (const form of ["JANE", "Local:JANE", "LOCAL:jane"])
    assert.equal(reads(naming(form), JANE), "allow", form);
  for (const form of ["everyone", "WORLD:EVERYONE"])
    assert.equal(reads(naming(form), GUEST), "allow", form);
});

test("Qumulo, principals supported: Windows' own ids of Everyone and Authenticated Users", () => {
  assert.equal(reads(naming("S-1-1-0"), GUEST), "allow");
  assert.equal(reads(naming("sid:S-1-5-11"), JANE), "allow");
  assert.equal(reads(naming("sid:S-1-5-11"), GUEST), "none");
});

test("Qumulo, principals supported: a group in several directories is denied by each of its names", () => {
  const everyone = { Effect: "Allow", Principal: { Qumulo: ["Everyone"] } };
  for (const form of ["DOMAIN\\Temps", "ad:temps", "temps", "gid:77"]) {
    const policy = bucketPolicy(
      qumulo,
      document(everyone, { Effect: "Deny", Principal: { Qumulo: [form] } }),
    );
    assert.equal(reads(policy, member("DOMAIN\\Temps", "gid:77")), "deny", form);
  }
});

for (const form of [
  "*",
  "",
  " Jane",
  "Jane*",
  "uid:",
  "uid:-1",
  "uid:01",
  "uid:x",
  "gid:1e3",
  "sid:Jane",
  "S-1-5-",
  "world:Jane",
  "local:",
  "ad:",
  "\\Jane",
  "DOMAIN\\",
  "a\\b\\c",
  "other:Jane",
  "sid:everyone",
  "arn:aws:iam::1:user/u",
]) {
  test(`Qumulo, principals supported: refuses ${JSON.stringify(form)}`, () => {
    assert.match(
      wrong(qumulo, document({ Principal: { Qumulo: [form] } })).join(),
      /Invalid principal in policy/,
    );
  });
}

test("Qumulo, anonymous access: no policy disallows unsigned requests, and only those", () => {
  assert.equal(qumulo.anonymous.access, "policy");
  assert.equal(qumulo.bucketPolicyRole, "restrict");
  assert.equal(compilePolicies([]).statements.length, 0);
});

for (const [form, groups] of [
  ["Everyone", []],
  ["Guest", []],
  ["Visitors", ["Visitors"]],
] as const) {
  test(`Qumulo, anonymous access: permitted by granting access to ${form}`, () => {
    assert.equal(reads(naming(form), anonymous(qumulo, groups)), "allow");
  });
}

test("Qumulo, anonymous access: not permitted by granting access to a group without the Guest account", () => {
  assert.equal(reads(naming("Visitors"), anonymous(qumulo, ["Others"])), "none");
});

const READ_ONLY: readonly OperationName[] = [
  "GetObject",
  "HeadObject",
  "ListObjectsV2",
  "HeadBucket",
  "GetBucketAcl",
  "GetObjectAcl",
  "GetObjectTagging",
  "GetBucketPolicy",
  "ListMultipartUploads",
  "ListParts",
];
const WRITING: readonly OperationName[] = [
  "PutObject",
  "DeleteObject",
  "AbortMultipartUpload",
  "CreateMultipartUpload",
  "UploadPart",
  "CompleteMultipartUpload",
  "PutObjectTagging",
  "DeleteObjectTagging",
  "PutBucketPolicy",
  "DeleteBucketPolicy",
  "PutBucketVersioning",
  "DeleteBucket",
  "CreateBucket",
];

test("Qumulo, anonymous access: the Guest account is restricted to read-only S3 API actions", () => {
  const { ceiling } = qumulo.anonymous;
  assert.equal(ceiling?.kind, "ceiling");
  for (const operation of READ_ONLY)
    assert.equal(may(qumulo, ceiling.name, operation), true, operation);
  for (const operation of WRITING)
    assert.equal(may(qumulo, ceiling.name, operation), false, operation);
  assert.equal(may(qumulo, ceiling.name, "DeleteObject", "version"), false);
});

test("Qumulo, version 7.1.1: the default policy permits all actions to all principals, and leaves Guest read-only", () => {
  const policy = bucketPolicy(qumulo, document({ Action: ["s3:*"] }));
  for (const who of [GUEST, JANE]) {
    assert.equal(effect(qumulo, policy, who, "s3:PutObject", KEY), "allow");
    assert.equal(effect(qumulo, policy, who, "s3:GetBucketPolicy", BUCKET), "allow");
  }
  assert.equal(may(qumulo, "GUEST", "PutObject"), false);
});

test("Qumulo, prerequisites: managing the policy is delegated by s3:PutBucketPolicy and s3:DeleteBucketPolicy", () => {
  const policy = bucketPolicy(
    qumulo,
    document({
      Action: ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
      Principal: { Qumulo: ["local:Jane"] },
    }),
  );
  for (const action of ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]) {
    assert.equal(effect(qumulo, policy, JANE, action, BUCKET), "allow");
    assert.equal(effect(qumulo, policy, caller(qumulo, "joe"), action, BUCKET), "none");
  }
});

/** "Role-Based Access Control (RBAC) Overrides"; the cells of the first three are empty in the page. */
const PRIVILEGES: readonly (readonly [string, readonly OperationName[]])[] = [
  [
    "S3_BUCKETS_READ",
    [
      "ListBuckets",
      "GetBucketPolicy",
      "GetBucketVersioning",
      "GetBucketAcl",
      "GetBucketReplication",
    ],
  ],
  [
    "S3_BUCKETS_WRITE",
    [
      "CreateBucket",
      "DeleteBucket",
      "PutBucketPolicy",
      "DeleteBucketPolicy",
      "PutBucketVersioning",
    ],
  ],
  ["S3_UPLOADS_READ", ["ListMultipartUploads", "ListParts"]],
  ["S3_UPLOADS_WRITE", ["AbortMultipartUpload"]],
];
const has = (privileges: readonly string[], operation: OperationName): boolean =>
  operationNamed(operation).actions.every((action) =>
    privileges.some((name) => {
      const privilege = qumulo.privileges.get(name);
      return privilege !== undefined && tierGrants(privilege, action, operation);
    }),
  );

for (const [privilege, operations] of PRIVILEGES) {
  test(`Qumulo, RBAC overrides: ${privilege} permits ${operations.join(", ")}`, () => {
    for (const operation of operations) assert.equal(has([privilege], operation), true, operation);
    const others = PRIVILEGES.filter(([name]) => name !== privilege).map(([name]) => name);
    for (const operation of operations) assert.equal(has(others, operation), false, operation);
  });
}

test("Qumulo, RBAC overrides: no privilege reaches the data of objects, and an unknown one nothing", () => {
  const all = PRIVILEGES.map(([name]) => name);
  for (const operation of [
    "GetObject",
    "HeadObject",
    "PutObject",
    "DeleteObject",
    "ListObjectsV2",
    "UploadPart",
  ] as const) {
    assert.equal(has(all, operation), false, operation);
  }
  assert.equal(has(["S3_EVERYTHING"], "GetBucketPolicy"), false);
});

test("Qumulo: the gateway's own identity policies stay in AWS's form", () => {
  const allow = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
  assert.deepEqual(wrong(qumulo, statements(allow), "identity"), []);
});

const FORMS = [
  ["Mary Lou", ["Mary Lou", "mary lou", "local:Mary Lou"], ["ad:Mary Lou", "DOMAIN\\Mary Lou"]],
  ["local:Jane", ["Jane", "local:jane"], ["ad:Jane"]],
  ["EXAMPLE_DOMAIN\\Jose Ramirez", ["ad:Jose Ramirez", "Jose Ramirez"], ["local:Jose Ramirez"]],
  ["ad:Company Name", ["Company Name"], ["OTHER\\Company Name", "local:Company Name"]],
  ["uid:1234", [], ["gid:1234", "1234", "auth_id:1234", "uid:12345"]],
  ["auth_id:12345678", [], ["uid:12345678"]],
  ["S-1-5-21-1-2-3-1001", ["sid:S-1-5-21-1-2-3-1001"], ["S-1-5-21-1-2-3-100"]],
  ["sid:S-1-5-21-1-2-3-1001", ["S-1-5-21-1-2-3-1001"], ["S-1-5-21-1-2-3-10011"]],
] as const;
for (const [account, more, others] of FORMS) {
  test(`Qumulo, principals supported: the account "${account}" is named by its forms alone`, () => {
    const who = caller(qumulo, account);
    for (const name of [account, account.toUpperCase(), ...more]) {
      assert.equal(reads(naming(name), who), "allow", name);
    }
    for (const name of others) assert.equal(reads(naming(name), who), "none", name);
    assert.equal(reads(naming("local:guest"), who), "none");
    assert.equal(reads(naming("Authenticated Users"), who), "allow");
  });
}

test("Qumulo, principals supported: an account called as a group is one user all the same", () => {
  for (const name of ["gid:1234", "world:Everyone", "local:guest"]) {
    const who = caller(qumulo, name);
    assert.equal(reads(naming("gid:1234"), who), "none");
    assert.equal(reads(naming("local:guest"), who), "none");
  }
});
