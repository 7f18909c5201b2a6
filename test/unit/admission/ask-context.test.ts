/** The values of the resource that an ask is about: its owner, its version, its tags in the store. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { contextFor, type Tagged } from "../../../src/admission/ask-context.ts";
import { NOTHING_KNOWN, type Subject } from "../../../src/admission/subject.ts";
import { ACTIONS, type Action } from "../../../src/s3/actions.ts";
import { canonicalBucket } from "../../../src/s3/bucket.ts";
import type { Tags } from "../../../src/s3/tags.ts";
import type { Decided } from "../../support/decided.ts";
import { decide, gatewayOf, word, type People } from "./people.ts";

/** The actions with the key `s3:ExistingObjectTag` ("Actions, resources, and condition keys for Amazon S3"). */
const SEE_TAGS: ReadonlySet<string> = new Set([
  "s3:DeleteObjectAnnotation",
  "s3:DeleteObjectTagging",
  "s3:DeleteObjectVersionAnnotation",
  "s3:DeleteObjectVersionTagging",
  "s3:GetObject",
  "s3:GetObjectAcl",
  "s3:GetObjectAnnotation",
  "s3:GetObjectAttributes",
  "s3:GetObjectTagging",
  "s3:GetObjectVersion",
  "s3:GetObjectVersionAcl",
  "s3:GetObjectVersionAnnotation",
  "s3:GetObjectVersionAttributes",
  "s3:GetObjectVersionTagging",
  "s3:ListObjectAnnotations",
  "s3:ListObjectVersionAnnotations",
  "s3:PutObjectAcl",
  "s3:PutObjectAnnotation",
  "s3:PutObjectTagging",
  "s3:PutObjectVersionAcl",
  "s3:PutObjectVersionAnnotation",
  "s3:PutObjectVersionTagging",
  "s3:UpdateObjectEncryption",
]);

/** What is asked of the store if a policy for this action asks for the tags of its object. */
function wantedFor(action: Action, below = false): readonly Tagged[] {
  const naming = {
    tenants: false,
    tenantsKnown: false,
    aliases: false,
    addressing: "path",
    prefix: undefined,
  } as const;
  const bucket = canonicalBucket({ tenant: undefined, name: "bucket" }, "", naming);
  assert(bucket.ok);
  const address = { kind: "object", bucket: bucket.value, key: "k" } as const;
  const subject: Subject = {
    head: {
      method: "GET",
      target: { raw: "/bucket/k", path: "/bucket/k", query: [] },
      headers: [],
      sourceAddress: undefined,
      secure: false,
    },
    operation: "GetObject",
    address,
    source: undefined,
    versionId: undefined,
    query: [],
    headers: [],
    caller: { kind: "anonymous" },
    payload: { kind: "unsigned" },
    values: undefined,
    known: NOTHING_KNOWN,
  };
  const wanted: Tagged[] = [];
  const ask = { action, operation: "GetObject", bucket: bucket.value, key: "k" } as const;
  const all = below ? { ...ask, below: true } : ask;
  const context = contextFor(all, undefined, () => undefined, subject, wanted);
  assert.equal(context("s3:ExistingObjectTag", "a"), undefined);
  return wanted;
}

test("exactly those actions of which S3 says so see the tags of their object", () => {
  const found = ACTIONS.filter((action) => wantedFor(action).length > 0);
  assert.deepEqual(new Set(found), SEE_TAGS);
});

test("the tags of all objects below a prefix are many, and of those to be written there are none", () => {
  assert.deepEqual(
    wantedFor("s3:GetObject", true).map(({ many }) => many),
    [true],
  );
  assert.deepEqual(wantedFor("s3:PutObjectAcl", true), []);
  assert.deepEqual(wantedFor("s3:GetBucketTagging", true), []);
});

const OBJECT = { Effect: "Allow", Resource: "arn:aws:s3:::bucket/*" };
const ANY: object = { ...OBJECT, Action: "s3:*" };
const tagged = (value: string): object => ({
  Condition: { StringEquals: { "s3:ExistingObjectTag/a": value } },
});
const ofUser = (...policy: readonly object[]): People => ({
  accounts: { A: { users: { ann: { policy } } } },
});

type Sent = {
  readonly headers?: Readonly<Record<string, string>>;
  /** The value of the tag `a` by the name of the need; those that are not here stay open. */
  readonly tags?: Readonly<Record<string, string>>;
};

function ask(people: People, who: string | undefined, line: string, sent: Sent = {}): Decided {
  const { headers = {}, tags = {} } = sent;
  const told = new Map<string, Tags>(
    Object.entries(tags).map(([name, value]) => [name, new Map([["a", value]])]),
  );
  return decide(gatewayOf(people), who, line, { headers }, { tags: told });
}

/** The gate that refused, or what is asked of the store for its tags. */
function outcome(decision: Decided): string {
  if (decision.kind !== "asking" || decision.need.kind !== "tags") return word(decision);
  const { name, request } = decision.need;
  return `${name} = ${request.head.method} ${request.head.target}`;
}

const COPY = { "x-amz-copy-source": "/bucket/j" };
const COPY_OF_VERSION = { "x-amz-copy-source": "/bucket/j?versionId=s1" };
const WRITES = { ...OBJECT, Action: "s3:PutObject" };
const reads = (...actions: readonly string[]): object => ({
  ...OBJECT,
  Action: actions,
  ...tagged("1"),
});
const BUCKET_TAG = { Condition: { StringEquals: { "aws:ResourceTag/A": "1" } } };
const ROWS: readonly (readonly [string, readonly object[], string, Sent, string])[] = [
  [
    "of the object",
    [{ ...ANY, ...tagged("1") }],
    "GET /bucket/k",
    {},
    "bucket//k = GET /bucket/k?tagging=",
  ],
  [
    "that are as they should be",
    [{ ...ANY, ...tagged("1") }],
    "GET /bucket/k",
    { tags: { "bucket//k": "1" } },
    "forward",
  ],
  [
    "that are others",
    [{ ...ANY, ...tagged("1") }],
    "GET /bucket/k",
    { tags: { "bucket//k": "2" } },
    "allow",
  ],
  [
    "of a version",
    [{ ...ANY, ...tagged("1") }],
    "GET /bucket/k?versionId=v1",
    { tags: { "bucket//k": "1" } },
    "bucket/2:v1/k = GET /bucket/k?tagging=&versionId=v1",
  ],
  [
    "of a version, as they should be",
    [{ ...ANY, ...tagged("1") }],
    "GET /bucket/k?versionId=v1",
    { tags: { "bucket/2:v1/k": "1" } },
    "forward",
  ],
  ["of an object that is written", [{ ...ANY, ...tagged("1") }], "PUT /bucket/k", {}, "allow"],
  ["of an object that is deleted", [{ ...ANY, ...tagged("1") }], "DELETE /bucket/k", {}, "allow"],
  [
    "of a copy's source",
    [WRITES, reads("s3:GetObject", "s3:GetObjectTagging")],
    "PUT /bucket/k",
    { headers: COPY },
    "bucket//j = GET /bucket/j?tagging=",
  ],
  [
    "of a copy's source's version",
    [WRITES, reads("s3:GetObjectVersion", "s3:GetObjectVersionTagging")],
    "PUT /bucket/k",
    { headers: COPY_OF_VERSION },
    "bucket/2:s1/j = GET /bucket/j?tagging=&versionId=s1",
  ],
  [
    "of the bucket",
    [{ ...ANY, ...BUCKET_TAG }],
    "GET /bucket/k",
    {},
    "bucket = GET /bucket?tagging=",
  ],
  [
    "of the bucket, whatever their case",
    [{ ...ANY, ...BUCKET_TAG }],
    "GET /bucket/k",
    { tags: { bucket: "1" } },
    "forward",
  ],
  [
    "of a bucket, where the request is for none: there are none",
    [
      {
        Effect: "Allow",
        Action: "s3:ListAllMyBuckets",
        Resource: "*",
        Condition: { Null: { "aws:ResourceTag/a": "true", "s3:ExistingObjectTag/a": "true" } },
      },
    ],
    "GET /",
    {},
    "forward",
  ],
  [
    "of the bucket, by S3's name",
    [{ ...ANY, Condition: { StringEquals: { "s3:BucketTag/a": "1" } } }],
    "GET /bucket/k",
    { tags: { bucket: "1" } },
    "forward",
  ],
];

describe("a policy that asks for tags", () => {
  for (const [name, policy, line, sent, expected] of ROWS) {
    test(`${name}: ${expected}`, () => {
      assert.equal(outcome(ask(ofUser(...policy), "A:ann", line, sent)), expected);
    });
  }

  test("in several places has the store asked once", () => {
    const condition = {
      StringEquals: {
        "aws:ResourceTag/a": "1",
        "aws:ResourceTag/b": "1",
        "s3:BucketTag/a": "1",
        "s3:ExistingObjectTag/a": "1",
        "s3:ExistingObjectTag/b": "1",
      },
    };
    const deny = { Effect: "Deny", Action: "s3:GetObject", Resource: "*", Condition: condition };
    const asked: string[] = [];
    const tags = new Map<string, Tags>();
    tags.get = (name) => {
      asked.push(name);
      return new Map([
        ["a", "1"],
        ["b", "1"],
      ]);
    };
    const other = { ...deny, Condition: { StringEquals: { "s3:BucketTag/b": "2" } } };
    const people = ofUser(ANY, other, deny, { ...deny, Action: "s3:*" });
    const found = decide(gatewayOf(people), "A:ann", "GET /bucket/k", {}, { tags });
    assert.equal(word(found), "explicit-deny");
    assert.deepEqual(asked.toSorted(), ["bucket", "bucket//k"]);
  });
});

const when = (key: string, value: string): object => ({
  Condition: { StringEquals: { [key]: value } },
});
const VERSIONED: readonly (readonly [string, object, string, Sent, string])[] = [
  ["of the object", when("s3:versionid", "v1"), "GET /bucket/k?versionId=v1", {}, "forward"],
  ["of another", when("s3:versionid", "v2"), "GET /bucket/k?versionId=v1", {}, "allow"],
  ["of none", { Condition: { Null: { "s3:versionid": "true" } } }, "GET /bucket/k", {}, "forward"],
];
for (const [name, condition, line, sent, expected] of VERSIONED) {
  test(`a policy that asks for the version ${name}: ${expected}`, () => {
    assert.equal(word(ask(ofUser({ ...ANY, ...condition }), "A:ann", line, sent)), expected);
  });
}

test("a copy's version is that of its source for what is read, and none for what is written", () => {
  const read = { ...OBJECT, Action: ["s3:GetObjectVersion", "s3:GetObjectVersionTagging"] };
  const written = { Condition: { Null: { "s3:versionid": "true" } } };
  const copy = (version: string): string =>
    word(
      ask(
        ofUser({ ...read, ...when("s3:versionid", version) }, { ...WRITES, ...written }),
        "A:ann",
        "PUT /bucket/k",
        { headers: COPY_OF_VERSION },
      ),
    );
  assert.equal(copy("s1"), "forward");
  assert.equal(copy("s2"), "allow");
});

test("a rename's tags are those of its source, where the store can tell them", () => {
  const policy = [WRITES, { ...WRITES, Action: "s3:DeleteObject" }, reads("s3:GetObject")];
  const rename = (tags: Readonly<Record<string, string>>): string => {
    const headers = { "x-amz-rename-source": "/bucket/j" };
    const people = { ...ofUser(...policy), store: { store: "aws" } };
    return outcome(ask(people, "A:ann", "PUT /bucket/k?renameObject", { headers, tags }));
  };
  assert.equal(rename({}), "bucket//j = GET /bucket/j?tagging=");
  assert.equal(rename({ "bucket//j": "1" }), "forward");
  assert.equal(rename({ "bucket//j": "2", "bucket//k": "1" }), "allow");
});

test("no version of an object is renamed", () => {
  const people = { ...ofUser(ANY), store: { store: "aws" } };
  const rename = (source: string): string => {
    const headers = { "x-amz-rename-source": source };
    return word(ask(people, "A:ann", "PUT /bucket/k?renameObject", { headers }));
  };
  assert.equal(rename("/bucket/j"), "forward");
  assert.equal(rename("/bucket/j?versionId=s1"), "InvalidArgument");
});

for (const key of ["aws:ResourceAccount", "s3:ResourceAccount"]) {
  test(`${key} is the owner of the bucket that is asked about`, () => {
    const people = (account: string): People => ({
      ...ofUser({ ...ANY, ...when(key, account) }),
      buckets: { bucket: { account: "A" } },
    });
    assert.equal(word(ask(people("A"), "A:ann", "GET /bucket/k")), "forward");
    assert.equal(word(ask(people("B"), "A:ann", "GET /bucket/k")), "allow");
  });
}

test("a list of many is not judged by the tags of each, whatever else is asked for", () => {
  const deny = { Effect: "Deny", Action: "s3:*", Resource: "*" };
  const ofBucket = { ...deny, Condition: { StringEquals: { "s3:BucketTag/a": "1" } } };
  const all = { Effect: "Allow", Action: "s3:*", Resource: "*" };
  const people = {
    ...ofUser(all, ofBucket, { ...deny, ...tagged("1") }),
    store: { store: "minio" },
  };
  const list = "GET /bucket?list-type=2&metadata=true";
  assert.equal(outcome(ask(people, "A:ann", list)), "NotImplemented");
});

test("no store is asked for tags that is not known to tell them", () => {
  const snapshot = gatewayOf(ofUser({ ...ANY, ...tagged("1") }));
  const { store } = snapshot;
  const operations = new Set(store.operations);
  operations.delete("GetObjectTagging");
  const found = decide({ ...snapshot, store: { ...store, operations } }, "A:ann", "GET /bucket/k");
  assert.equal(word(found), "NotImplemented");
});
