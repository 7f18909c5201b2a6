/** What stores add to S3: understood of the kind that has it, judged like what it reads. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { answerFields } from "../../../src/gateway/answer-fields.ts";
import { STORE_KINDS } from "../../../src/s3/store-kinds.ts";
import { goodConfig } from "../../support/config.ts";
import { decided, word, type Decided } from "../../support/decided.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { signV4 } from "../../support/signed.ts";
import { judge, KEYS, NOW, world } from "./world.ts";

/** What becomes of `line`, signed by one that signs each of several parameters of one name. */
function listening(snapshot: Snapshot, line: string): Decided {
  const [method = "", target = ""] = line.split(" ");
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const request = { method, target, headers: [["host", "h"]] as const, body: Buffer.alloc(0) };
  const scope = { timestamp: "20261122T120000Z" };
  const { headers } = signV4(request, { accessKey: KEYS.lab, secretKey: "secret-lab" }, scope);
  const head = { method, target: parsed.value, headers: headers.flat() };
  return decided(snapshot, { ...head, sourceAddress: "192.0.2.1", secure: false }, NOW);
}

/** What the store is asked for, or the error code. */
function outcome(verdict: Decided): string {
  return verdict.kind === "forward" ? verdict.request.head.target : word(verdict);
}

/** Line, the kind of store that has it, and what that is asked for. */
const EXTENSIONS = [
  ["GET /photos?allow-unordered=true", "ceph", "/photos?allow-unordered=true"],
  [
    "GET /photos?list-type=2&allow-unordered=false",
    "ceph",
    "/photos?allow-unordered=false&list-type=2",
  ],
  ["GET /photos?versions&allow-unordered=true", "ceph", "/photos?allow-unordered=true&versions="],
  ["HEAD /photos?read-stats=true", "ceph", "/photos?read-stats=true"],
  ["GET /?usage", "ceph", "/?usage="],
  ["GET /photos?lifecycle&withUpdatedAt=true", "minio", "/photos?lifecycle=&withUpdatedAt=true"],
  ["GET /photos?list-type=2&metadata=true", "minio", "/photos?list-type=2&metadata=true"],
  ["GET /photos?versions&metadata=true", "minio", "/photos?metadata=true&versions="],
  [
    `GET /photos?events=s3%3A${"a".repeat(64)}&ping=9999`,
    "minio",
    `/photos?events=s3%3A${"a".repeat(64)}&ping=9999`,
  ],
  ["GET /photos?list-type=2&unsorted=true", "minio", "/photos?list-type=2&unsorted=true"],
  [
    "GET /photos?ping=10&prefix=a%2F&suffix=.jpg&events=s3%3AObjectRemoved%3A%2A&events=s3%3AObjectCreated%3A%2A",
    "minio",
    "/photos?events=s3%3AObjectCreated%3A%2A&events=s3%3AObjectRemoved%3A%2A&ping=10&prefix=a%2F&suffix=.jpg",
  ],
] as const;

describe("admit() sends an extension to the kind of store that has it, and to no other:", () => {
  for (const [line, kind, sent] of EXTENSIONS) {
    for (const store of STORE_KINDS) {
      test(`${line} to ${store}`, () => {
        const got = outcome(listening(world("{}", "", store), line));
        if (store === kind) assert.equal(got, sent);
        else assert.match(got, /^(?:InvalidArgument|NotImplemented)$/);
      });
    }
  }
});

describe("admit() refuses of extensions", () => {
  const rows = [
    ["another value", "GET /photos?allow-unordered=yes", "ceph"],
    ["a value with more in front", "GET /photos?allow-unordered=untrue", "ceph"],
    ["a value with more behind", "GET /photos?allow-unordered=falsehood", "ceph"],
    ["no value", "GET /photos?allow-unordered", "ceph"],
    ["another case", "GET /photos?Allow-Unordered=true", "ceph"],
    ["one of two", "GET /photos?allow-unordered=true&allow-unordered=false", "ceph"],
    ["one on another operation", "GET /photos?acl&allow-unordered=true", "ceph"],
    ["one on an object", "GET /photos/cat.jpg?allow-unordered=true&acl", "ceph"],
    ["statistics of an object", "HEAD /photos/cat.jpg?usage", "ceph"],
    ["usage of a bucket", "GET /photos?usage", "ceph"],
    ["usage with a value", "GET /?usage=all", "ceph"],
    ["metadata of the old listing", "GET /photos?metadata=true", "minio"],
    ["metadata with another value", "GET /photos?list-type=2&metadata=TRUE", "minio"],
    ["metadata with more in front", "GET /photos?list-type=2&metadata=untrue", "minio"],
    ["metadata with more behind", "GET /photos?list-type=2&metadata=truest", "minio"],
    ["metadata on an upload", "PUT /photos/cat.jpg?metadata=true", "minio"],
    ["withUpdatedAt on a change", "PUT /photos?lifecycle&withUpdatedAt=true", "minio"],
    ["events of the server", "GET /?events=s3:*", "minio"],
    ["events of an object", "GET /photos/cat.jpg?events=s3:*", "minio"],
    ["events by HEAD", "HEAD /photos?events=s3:*", "minio"],
    ["events by PUT", "PUT /photos?events=s3:*", "minio"],
    ["events by DELETE", "DELETE /photos?events=s3:*", "minio"],
    ["events beside a list", "GET /photos?list-type=2&events=s3:*", "minio"],
    ["events beside notification", "GET /photos?notification&events=s3:*", "minio"],
    ["events with a further parameter", "GET /photos?events=s3:*&max-keys=1", "minio"],
    ["events with an unknown parameter", "GET /photos?events=s3:*&v=1", "minio"],
    ["events of no name", "GET /photos?events=", "minio"],
    ["events of another service", "GET /photos?events=sqs:*", "minio"],
    ["events with more in front", "GET /photos?events=xs3:*", "minio"],
    ["events with more behind", "GET /photos?events=s3:*%20", "minio"],
    ["events of too long a name", `GET /photos?events=s3:${"a".repeat(65)}`, "minio"],
    ["events in another case", "GET /photos?Events=s3:*", "minio"],
    ["a ping in letters", "GET /photos?events=s3:*&ping=ten", "minio"],
    ["a ping with more in front", "GET /photos?events=s3:*&ping=s10", "minio"],
    ["a ping with more behind", "GET /photos?events=s3:*&ping=10s", "minio"],
    ["a ping of five digits", "GET /photos?events=s3:*&ping=10000", "minio"],
    ["two prefixes of events", "GET /photos?events=s3:*&prefix=a&prefix=b", "minio"],
    ["what belongs to events elsewhere", "GET /photos?notification&prefix=a", "minio"],
    ["a suffix without events", "GET /photos?notification&suffix=a", "minio"],
    ["a ping without events", "GET /photos?notification&ping=10", "minio"],
    ["a suffix of a list", "GET /photos?suffix=a", "minio"],
  ] as const;
  for (const [what, line, store] of rows) {
    test(what, () => {
      const got = outcome(judge(world("{}", "", store), line, { as: "lab" }));
      assert.match(got, /^(?:InvalidArgument|NotImplemented)$/);
    });
  }
});

test("a caller who sees only some buckets of an account does not learn its usage", () => {
  const filtered = world("{ listBuckets: filtered }");
  assert.equal(outcome(judge(filtered, "GET /?usage", { as: "lab" })), "NotImplemented");
  assert.equal(outcome(judge(filtered, "GET /", { as: "lab" })), "/");
  assert.equal(outcome(judge(world(), "GET /?usage", { as: "reader" })), "/?usage=");
  const blocked = world('{ blockedActions: ["s3:ListAllMyBuckets"] }');
  assert.equal(outcome(judge(blocked, "GET /?usage", { as: "lab" })), "AccessDenied");
});

/** A MinIO with one user of these statements. */
function minio(...statements: readonly object[]): Snapshot {
  return compileSnapshot(
    goodConfig({
      "gateway.yaml": `upstream: { endpoints: ["http://store:9000"], store: minio }
identities: [{ accounts: accounts.yaml }]
`,
      "accounts.yaml": `accounts:
  - name: lab
    upstream: { accessKey: STOREKEY000000000000, secretKey: the-stores-secret }
    subusers:
      - name: lab
        policies: [some.json]
        keys: [{ accessKey: ${KEYS.lab}, secretKey: secret-lab }]
`,
      "some.json": JSON.stringify({ Version: "2012-10-17", Statement: statements }),
    }),
    1,
  );
}

const allow = (Action: string | readonly string[], Resource: string): object => {
  return { Effect: "Allow", Action, Resource };
};
const ALL = allow("s3:*", "*");
const LIST = allow(["s3:ListBucket", "s3:ListBucketVersions"], "arn:aws:s3:::photos");
const READ = ["s3:GetObject", "s3:GetObjectTagging"];
const READ_VERSIONS = [...READ, "s3:GetObjectVersion", "s3:GetObjectVersionTagging"];
const OBJECTS = "arn:aws:s3:::photos/*";
const PUBLIC = "arn:aws:s3:::photos/public/*";
const deny = (Action: string, Resource: string, more: object = {}): object => {
  return { Effect: "Deny", Action, Resource, ...more };
};
const BY_TAG = { Condition: { StringEquals: { "s3:ExistingObjectTag/secret": "yes" } } };

describe("admit() judges a list with metadata by all that it reads:", () => {
  const V2 = "GET /photos?list-type=2&metadata=true";
  const VERSIONS = "GET /photos?versions&metadata=true";
  const WATCH = "GET /photos?events=s3%3A%2A&events=s3%3AObjectCreated%3A%2A";
  const SETTINGS = allow("s3:GetBucketNotification", "arn:aws:s3:::photos");
  const rows = [
    ["whoever may do all", [ALL], V2, "forward"],
    ["a list alone", [LIST], V2, "AccessDenied"],
    ["a list and objects", [LIST, allow("s3:GetObject", OBJECTS)], V2, "AccessDenied"],
    ["a list and tags", [LIST, allow("s3:GetObjectTagging", OBJECTS)], V2, "AccessDenied"],
    ["a list, objects and tags", [LIST, allow(READ, OBJECTS)], V2, "forward"],
    ["those of a prefix, for the whole", [LIST, allow(READ, PUBLIC)], V2, "AccessDenied"],
    ["those of a prefix, for it", [LIST, allow(READ, PUBLIC)], `${V2}&prefix=public%2F`, "forward"],
    [
      "a prefix that begins alike",
      [LIST, allow(READ, PUBLIC)],
      `${V2}&prefix=public`,
      "AccessDenied",
    ],
    ["a prefix encoded", [LIST, allow(READ, PUBLIC)], `${V2}&prefix=public%2Fa`, "forward"],
    [
      "all but one key",
      [ALL, deny("s3:GetObject", "arn:aws:s3:::photos/public/secret")],
      `${V2}&prefix=public%2F`,
      "AccessDenied",
    ],
    [
      "all but one key, for the whole",
      [ALL, deny("s3:GetObject", "arn:aws:s3:::photos/private/secret")],
      V2,
      "AccessDenied",
    ],
    [
      "all but one key elsewhere",
      [ALL, deny("s3:GetObject", "arn:aws:s3:::photos/private/secret")],
      `${V2}&prefix=public%2F`,
      "forward",
    ],
    ["all but tags", [ALL, deny("s3:GetObjectTagging", "*")], V2, "AccessDenied"],
    ["what depends on tags", [ALL, deny("s3:GetObject", OBJECTS, BY_TAG)], V2, "NotImplemented"],
    [
      "a prefix that MinIO folds",
      [ALL, deny("s3:GetObject", "arn:aws:s3:::photos/private/*")],
      `${V2}&prefix=%2Fprivate%2F`,
      "InvalidArgument",
    ],
    [
      "a prefix that climbs",
      [LIST, allow(READ, PUBLIC)],
      `${V2}&prefix=public%2F..%2Fprivate%2F`,
      "InvalidArgument",
    ],
    ["versions without theirs", [LIST, allow(READ, OBJECTS)], VERSIONS, "AccessDenied"],
    ["versions with theirs", [LIST, allow(READ_VERSIONS, OBJECTS)], VERSIONS, "forward"],
    ["a watch by who may do all", [ALL], WATCH, "forward"],
    [
      "a watch by who may read its settings",
      [allow("s3:GetBucketNotification", "*")],
      WATCH,
      "AccessDenied",
    ],
    ["a watch by who may list and read", [LIST, allow(READ, OBJECTS)], WATCH, "AccessDenied"],
    [
      "a watch by who may read all, and not list",
      [SETTINGS, allow(READ, OBJECTS)],
      WATCH,
      "AccessDenied",
    ],
    ["a watch by who may all three", [LIST, SETTINGS, allow(READ, OBJECTS)], WATCH, "forward"],
    [
      "a watch of what is read in part",
      [LIST, SETTINGS, allow(READ, PUBLIC)],
      WATCH,
      "AccessDenied",
    ],
    [
      "a watch of a prefix",
      [LIST, SETTINGS, allow(READ, PUBLIC)],
      `${WATCH}&prefix=public%2F`,
      "forward",
    ],
    [
      "a watch where tags decide",
      [ALL, deny("s3:GetObject", OBJECTS, BY_TAG)],
      WATCH,
      "NotImplemented",
    ],
    ["a list without metadata", [LIST], "GET /photos?list-type=2", "forward"],
  ] as const;
  for (const [what, statements, line, expected] of rows) {
    test(`${what}: ${line}`, () => {
      assert.equal(word(listening(minio(...statements), line)), expected);
    });
  }
});

test("fields of a vendor pass with the answer to their extension only", () => {
  const plan = (line: string): unknown => {
    const verdict = judge(world(), line, { as: "lab" });
    return verdict.kind === "forward" ? verdict.reply : undefined;
  };
  assert.deepEqual(plan("HEAD /photos"), { kind: "relay" });
  const extended = judge(world(), "HEAD /photos?read-stats=true", { as: "lab" });
  assert.ok(extended.kind === "forward" && extended.reply.kind === "extended");
  // All that RGW answers: dump_bucket_metadata() in its rgw_rest_s3.cc.
  const statistics = [
    "object-count",
    "bytes-used",
    "quota-user-size",
    "quota-user-objects",
    "quota-max-buckets",
    "quota-bucket-size",
    "quota-bucket-objects",
  ].flatMap((name) => [`x-rgw-${name}`, "9"]);
  const common = ["x-amz-request-id", "1"];
  const fields = [...statistics, "x-rgw-other", "a", ...common];
  assert.deepEqual(answerFields(fields, extended.reply.fields), [...statistics, ...common]);
  assert.deepEqual(answerFields(fields), common);
  const lifecycle = judge(world("{}", "", "minio"), "GET /photos?lifecycle&withUpdatedAt=true", {
    as: "lab",
  });
  assert.ok(lifecycle.kind === "forward" && lifecycle.reply.kind === "extended");
  const updated = ["x-minio-lifecycleconfig-updatedat", "20261122T120000Z"];
  assert.deepEqual(answerFields(updated, lifecycle.reply.fields), updated);
});
