/**
 * Requests whose success would be without effect at a store that accepts and ignores a header of theirs;
 * `test/stores/without-effect.test.ts` sends the same to real stores.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { word } from "../../support/decided.ts";
import { decide, gatewayOf, type People } from "./people.ts";

const people = (store: string, more: object = {}): People => ({
  store: { store, ...more },
  policy: { bucketPolicies: "gateway" },
  accounts: { lab: {}, other: {} },
  buckets: { photos: { account: "lab" }, theirs: { account: "other" } },
});
const told = (store: string, line: string, headers: Readonly<Record<string, string>>, more = {}) =>
  word(decide(gatewayOf(people(store, more)), "lab", line, { headers }));

const PUT = "PUT /photos/k";
const COPY = { "x-amz-copy-source": "photos/source" };

describe("admit() answers 501 where the store ignores", () => {
  for (const [store, line, headers] of [
    ["ceph", PUT, { "x-amz-server-side-encryption": "AES256" }],
    ["ceph", "POST /photos/k?uploads", { "x-amz-server-side-encryption": "AES256" }],
    ["ceph", PUT, { ...COPY, "x-amz-website-redirect-location": "/there" }],
    ["ceph", PUT, { ...COPY, "if-none-match": "*" }],
    ["ceph", "DELETE /photos/k", { "if-match": '"0"' }],
    ["ceph", "POST /photos/k?uploads", { "x-amz-object-lock-legal-hold": "ON" }],
    ["minio", PUT, { "x-amz-website-redirect-location": "/there" }],
    ["minio", PUT, { ...COPY, "if-none-match": "*" }],
    ["versitygw", PUT, { "x-amz-server-side-encryption": "AES256" }],
  ] as const) {
    const names = Object.keys(headers).join(", ");
    test(`${names} of ${line}, at ${store}`, () => {
      assert.equal(told(store, line, headers), "NotImplemented");
      assert.equal(told(store, line, headers, { withoutEffect: "pass" }), "forward");
    });
  }
});

describe("admit() forwards", () => {
  for (const [what, store, line, headers] of [
    ["what the store acts on", "ceph", PUT, { "x-amz-website-redirect-location": "/there" }],
    ["a condition that it keeps", "ceph", PUT, { "if-none-match": "*" }],
    [
      "a lock that is none",
      "ceph",
      "POST /photos/k?uploads",
      { "x-amz-object-lock-legal-hold": "OFF" },
    ],
    ["a storage class that it has not", "versitygw", PUT, { "x-amz-storage-class": "STANDARD_IA" }],
    ["encryption to AWS", "aws", PUT, { "x-amz-server-side-encryption": "AES256" }],
    ["encryption to who knows", "generic", PUT, { "x-amz-server-side-encryption": "AES256" }],
    ["conditions of reading", "ceph", "GET /photos/k", { "if-none-match": '"0"' }],
  ] as const) {
    test(what, () => assert.equal(told(store, line, headers), "forward"));
  }
});

describe("x-amz-expected-bucket-owner, where the store ignores it,", () => {
  const expecting = (owner: string) => ({ "x-amz-expected-bucket-owner": owner });
  for (const [what, store, line, headers, expected] of [
    ["of the owner", "ceph", "GET /photos/k", expecting("lab"), "forward"],
    ["of another account", "ceph", "GET /photos/k", expecting("other"), "AccessDenied"],
    ["of an AWS account", "minio", PUT, expecting("111122223333"), "AccessDenied"],
    [
      "of another account, at a list",
      "ceph",
      "GET /photos?list-type=2",
      expecting("x"),
      "AccessDenied",
    ],
    [
      "of another account, at a deletion",
      "ceph",
      "DELETE /photos/k",
      expecting("x"),
      "AccessDenied",
    ],
    [
      "of another account, at a document",
      "ceph",
      "PUT /photos?cors",
      expecting("x"),
      "AccessDenied",
    ],
    [
      "of a bucket of which nothing is known",
      "ceph",
      "GET /new/k",
      expecting("lab"),
      "NotImplemented",
    ],
    ["of the owner, in a generic store", "generic", "GET /photos/k", expecting("lab"), "forward"],
    ["of another, in a generic store", "generic", "GET /photos/k", expecting("x"), "AccessDenied"],
    ["of a bucket that a generic store knows", "generic", "GET /new/k", expecting("x"), "forward"],
    [
      "of another account, at AWS, which looks itself",
      "aws",
      "GET /photos/k",
      expecting("x"),
      "forward",
    ],
    [
      "of a copy's source, of another account",
      "ceph",
      PUT,
      { ...COPY, "x-amz-source-expected-bucket-owner": "other" },
      "AccessDenied",
    ],
    [
      "of another account, at a copy",
      "ceph",
      PUT,
      { ...COPY, ...expecting("other"), "x-amz-source-expected-bucket-owner": "lab" },
      "AccessDenied",
    ],
    [
      "of a copy's source, of the owner",
      "ceph",
      PUT,
      { ...COPY, "x-amz-source-expected-bucket-owner": "lab" },
      "forward",
    ],
  ] as const) {
    test(`${what}: ${expected}`, () => {
      const got = told(store, line, headers);
      assert.equal(got, expected);
    });
  }

  test("is left to the store if the operator says so", () => {
    const pass = { withoutEffect: "pass" };
    assert.equal(told("ceph", "GET /photos/k", expecting("other"), pass), "forward");
  });

  test("is only recorded in report mode, if the owner is known", () => {
    const snapshot = gatewayOf({
      ...people("ceph"),
      policy: { bucketPolicies: "gateway", mode: "report" },
    });
    const get = (bucket: string): string =>
      word(decide(snapshot, "lab", `GET /${bucket}/k`, { headers: expecting("other") }));
    assert.equal(get("photos"), "forward");
    assert.equal(get("new"), "NotImplemented");
  });

  test("is of a bucket, and not of the list of all", () => {
    assert.equal(told("ceph", "GET /", expecting("other")), "forward");
  });

  test("is named in the answer", () => {
    for (const bucket of ["photos", "new"]) {
      const sent = { headers: expecting("other") };
      const verdict = decide(gatewayOf(people("ceph")), "lab", `GET /${bucket}/k`, sent);
      assert(verdict.kind === "refuse");
      assert.deepEqual(verdict.fault.elements, [["Header", "x-amz-expected-bucket-owner"]]);
    }
  });
});
