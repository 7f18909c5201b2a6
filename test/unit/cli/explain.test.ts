import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { runExplain, type ExplainOptions } from "../../../src/cli/explain.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran } from "../../support/terminal.ts";
import { shipped } from "../provider/providers.ts";

const ACCOUNTS = `accounts:
  - name: lab
    tenant: ""
    keys: [{ accessKey: AKIDLAB, secretKey: "5501234567" }]
    subusers:
      - name: reader
        tier: READ
        networks: { allow: [198.51.100.0/24] }
        keys: [{ accessKey: AKIDREADER, secretKey: "5501234567" }]
      - name: user
        policies: [user.json]
        keys: [{ accessKey: AKIDUSER, secretKey: "5501234567", sessionToken: token }]
      - name: renewed
        tier: READ
        keys:
          - { accessKey: AKIDOLD, secretKey: "5501234567", expires: 2026-01-01T00:00:00Z }
          - { accessKey: AKIDNEW, secretKey: "5501234567", notBefore: 2025-12-01T00:00:00Z }
      - { name: keyless, tier: READ }
`;
const POLICY = `{ "Version": "2012-10-17", "Statement": [
  { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
  { "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::photos/kept/*" },
  { "Sid": "NotOnSundays", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*",
    "Condition": { "DateGreaterThan": { "aws:CurrentTime": "2030-01-01T00:00:00Z" } } }
] }`;

const FOLDER = scratchFolder("explain");
/** A file with `text`, for --body. */
function bodyOf(name: string, text: string): string {
  const file = join(FOLDER, name);
  writeFileSync(file, text);
  return file;
}
const KEPT = bodyOf(
  "kept.xml",
  "<Delete><Object><Key>a</Key></Object><Object><Key>kept/b</Key></Object></Delete>",
);
const FREE = bodyOf("free.xml", "<Delete><Object><Key>a</Key></Object></Delete>");
const CUT = bodyOf("cut.xml", "<Delete><Object>");
const OPEN = bodyOf(
  "acl.xml",
  '<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="x" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>',
);
writeFileSync(join(FOLDER, "accounts.yaml"), ACCOUNTS);
writeFileSync(join(FOLDER, "user.json"), POLICY);
const config = join(FOLDER, "gateway.yaml");
writeFileSync(
  config,
  'upstream: { endpoints: ["http://store:7480"], store: ceph }\nidentities: [{ accounts: accounts.yaml }]\n',
);

async function said(options: Partial<ExplainOptions>) {
  return ran((terminal) => runExplain({ config, ...options }, terminal));
}

const rows = [
  ["an account's request", { as: "lab", request: "DELETE /photos/a?versionId=v" }, 0, /^Allowed$/m],
  [
    "a tier's refusal",
    { as: "lab:reader", ip: "198.51.100.1", request: "PUT /photos/a" },
    1,
    /tier +refused {2}\(lab:reader: READ\)/,
  ],
  [
    "an unknown address",
    { as: "lab:reader", request: "GET /photos/a" },
    1,
    /networks +refused {2}\(subuser networks: unknown-address\)/,
  ],
  [
    "every pair of a copy",
    { as: "lab", request: "PUT /b-1/k", header: ["x-amz-copy-source: /b-2/s"] },
    0,
    /Needs +s3:GetObject on arn:aws:s3:::b-2\/s/,
  ],
  [
    "an Allow at a given time",
    { as: "lab:user", request: "DELETE /photos/a", at: "2029-12-31T00:00:00Z" },
    0,
    /^Allowed$/m,
  ],
  [
    "a Deny by its file, line and Sid",
    { as: "lab:user", request: "DELETE /photos/a", at: "2030-01-02T00:00:00Z" },
    1,
    /explicit-deny +refused {2}\(.*user\.json:4 NotOnSundays\)/,
  ],
  [
    "an operation that the store does not know",
    { as: "lab", request: "DELETE /photos?encryption" },
    1,
    /Denied: The store behind this gateway is not known to implement/,
  ],
  ["a request that is none", { as: "lab", request: "GET /photos?acl&policy" }, 1, /^Denied: /m],
  [
    "that a document decides which was not given",
    { as: "lab", request: "POST /photos?delete" },
    3,
    /^Undecided$[^]*each key of a DeleteObjects by itself: give it with --body/m,
  ],
  [
    "a document all of whose keys may go",
    { as: "lab:user", request: "POST /photos?delete", body: FREE, at: "2029-12-31T00:00:00Z" },
    0,
    /^Allowed$/m,
  ],
  [
    "a document one of whose keys may not go",
    { as: "lab:user", request: "POST /photos?delete", body: KEPT, at: "2029-12-31T00:00:00Z" },
    1,
    /^Denied: Access Denied\n1 of 2 keys are refused, the others are deleted: kept\/b$/m,
  ],
  [
    "a document that is cut off, and where",
    { as: "lab", request: "POST /photos?delete", body: CUT },
    1,
    /^Denied: The XML you provided was not well-formed[^\n]*\n\S/m,
  ],
  [
    "a document that is missing where it is the request",
    { as: "lab", request: "PUT /photos?versioning", body: bodyOf("empty", "") },
    1,
    /^Denied: Request Body is empty$/m,
  ],
  ["an ACL in the body", { as: "lab", request: "PUT /photos?acl", body: OPEN }, 0, /^Allowed$/m],
  ["an ACL that is not given", { as: "lab", request: "PUT /photos?acl" }, 3, /^Undecided$/m],
  [
    "an ACL in the headers, which leaves no document to give",
    { as: "lab", request: "PUT /photos?acl", header: ["x-amz-acl: private"] },
    0,
    /^Allowed$/m,
  ],
  ["a bucket that is made without a document", { as: "lab", request: "PUT /b-1" }, 0, /^Allowed$/m],
  [
    "what is refused before any document is read",
    { as: "lab:reader", ip: "198.51.100.1", request: "PUT /photos?acl" },
    1,
    /tier +refused/,
  ],
  [
    "an anonymous request",
    { anonymous: true, request: "GET /photos/a" },
    1,
    /authentication +refused/,
  ],
  ["a key that is in force", { as: "lab:renewed", request: "GET /b-1/k" }, 0, /key AKIDNEW$/m],
  [
    "a key that was in force then",
    { as: "lab:renewed", request: "GET /b-1/k", at: "2025-11-01T00:00:00Z" },
    0,
    /key AKIDOLD$/m,
  ],
  [
    "the very key that is named",
    { as: "AKIDOLD", request: "GET /b-1/k" },
    1,
    /^As +lab:renewed, key AKIDOLD$[^]*key-state +refused {2}\(AKIDOLD: expires\)/m,
  ],
  [
    "an action on a resource",
    {
      as: "lab:reader",
      ip: "198.51.100.1",
      action: "s3:getobject",
      resource: "arn:aws:s3:::photos/a",
    },
    0,
    /Needs +s3:GetObject on arn:aws:s3:::photos\/a/,
  ],
  [
    "an action on a tenant's object, which it takes as it prints it",
    { as: "lab", action: "s3:GetObject", resource: "arn:aws:s3::ten:photos/k" },
    0,
    /Needs +s3:GetObject on arn:aws:s3::ten:photos\/k /,
  ],
  [
    "an action on a key with signs of its own",
    { as: "lab", action: "s3:GetObject", resource: "arn:aws:s3:::photos/a:b//c" },
    0,
    /Needs +s3:GetObject on arn:aws:s3:::photos\/a:b\/\/c /,
  ],
] as const;
for (const [name, options, code, expected] of rows) {
  test(`explain prints ${name}`, async () => {
    const { code: actual, out, err } = await said(options);
    assert.match(out, expected, err);
    assert.equal(actual, code);
    assert.doesNotMatch(out, /5501234567/);
  });
}

const wrong = [
  [
    "somebody and nobody",
    { as: "lab", anonymous: true, request: "GET /" },
    /either an identity or anonymous/,
  ],
  ["nobody", { request: "GET /" }, /Say whose request it is/],
  [
    "an unknown identity",
    { as: "lab:nobody", request: "GET /" },
    /Nobody with a key is called "lab:nobody"/,
  ],
  ["an identity without a key", { as: "lab:keyless", request: "GET /" }, /Nobody with a key/],
  ["no request", { as: "lab" }, /Give either a request/],
  [
    "both kinds",
    { as: "lab", request: "GET /", action: "s3:GetObject", resource: "*" },
    /Give either a request/,
  ],
  ["a target that is none", { as: "lab", request: "GET photos" }, /Cannot read the request/],
  ...["soon", "1", "March 7", "2026-02-30", "2026-11-22T12:00:00", "1969-12-31"].map(
    (at) =>
      [`the time ${at}`, { as: "lab", request: "GET /", at }, /^Cannot read the time/] as const,
  ),
  ...["foo", "192.0.2.0/24", "192.0.2.1:443", "[::1]"].map(
    (ip) =>
      [
        `the address ${ip}`,
        { as: "lab", request: "GET /", ip },
        /^Cannot read the source/,
      ] as const,
  ),
  [
    "an object's action on a bucket",
    { as: "lab", action: "s3:GetObject", resource: "arn:aws:s3:::photos" },
    /expected arn:aws:s3:::bucket\/key$/m,
  ],
  [
    "a bucket's action on an object",
    { as: "lab", action: "s3:ListBucket", resource: "arn:aws:s3:::photos/k" },
    /expected arn:aws:s3:::bucket$/m,
  ],
  [
    "a host that no request can have",
    { as: "lab", request: "GET /", header: ["host: oth:r.s3.test"] },
    /The Host header is not a host and port: got "oth:r\.s3\.test"/,
  ],
  [
    "a header that is none",
    { as: "lab", request: "GET /", header: ["x"] },
    /Cannot read the header/,
  ],
  [
    "a document that cannot be read",
    { as: "lab", request: "PUT /photos?acl", body: join(FOLDER, "nothing.xml") },
    /Cannot read the document: ENOENT/,
  ],
  [
    "a document without a request",
    { as: "lab", action: "s3:GetObject", resource: "arn:aws:s3:::b/k", body: FREE },
    /--body is the document of a --request/,
  ],
  ["an unknown action", { as: "lab", action: "s3:GetObjekt", resource: "*" }, /Unknown action/],
  [
    "a resource that is none",
    { as: "lab", action: "s3:GetObject", resource: "photos/a" },
    /Cannot read the resource/,
  ],
] as const;
for (const [name, options, expected] of wrong) {
  test(`explain says what is wrong with ${name}`, async () => {
    const { code, err } = await said(options);
    assert.equal(code, 2);
    assert.match(err, expected);
  });
}

test("explain --json prints the same for tools", async () => {
  const { out } = await said({
    as: "lab:reader",
    ip: "198.51.100.1",
    request: "PUT /photos/a",
    json: true,
  });
  const explanation: unknown = JSON.parse(out);
  assert(typeof explanation === "object" && explanation !== null);
  const { decision, operation, code } = { decision: "", operation: "", code: "", ...explanation };
  assert.deepEqual(
    { decision, operation, code },
    { decision: "deny", operation: "PutObject", code: "AccessDenied" },
  );
});

describe("each of Atman's 47 actions", () => {
  const known = shipped("atman").dialect.knownActions ?? [];
  test("are 47", () => assert.equal(known.length, 47));
  for (const action of known) {
    test(action, async () => {
      const isObject = /Object|MultipartUpload(Parts)?$/.test(action) && !/Bucket/.test(action);
      const resource = /ListAllMyBuckets/.test(action)
        ? "*"
        : `arn:aws:s3:::photos${isObject ? "/a" : ""}`;
      const answer = await said({ as: "lab", action, resource });
      assert.equal(answer.code, 0, `${answer.out}${answer.err}`);
    });
  }
});
