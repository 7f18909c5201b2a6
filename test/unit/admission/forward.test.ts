/** How an admitted request travels: its body to the store, and the store's answer back. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Verdict } from "../../../src/admission/verdict.ts";
import { firstValue, valuesOf } from "../../../src/http/headers.ts";
import { word, type Told } from "../../support/decided.ts";
import { decide, gatewayOf, type People } from "./people.ts";
import { judge, world, type Ask } from "./world.ts";

type Forward = Verdict & { readonly kind: "forward" };

function forwarded(verdict: ReturnType<typeof judge>): Forward {
  assert(verdict.kind === "forward", word(verdict));
  return verdict;
}

const CEPH = world();
const REFRAMING = world("{}", ", trailers: true");
const KIB_64 = 64 * 1024;

const chunked = (bytes: number, more: Readonly<Record<string, string>> = {}): Ask => ({
  as: "lab",
  headers: {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": String(bytes),
    "x-amz-trailer": "x-amz-checksum-crc32",
    "content-encoding": "aws-chunked",
    "transfer-encoding": "chunked",
    ...more,
  },
});

test("a small body with a trailer is read first, and its trailer becomes a header", () => {
  const whole = { content: Buffer.from("meow"), trailer: "y/Q5Jg==" };
  const verdict = forwarded(judge(CEPH, "PUT /photos/a", chunked(4), { whole }));
  assert.equal(verdict.content, whole.content);
  assert.deepEqual(verdict.body, { kind: "none" });
  assert.equal(verdict.reframe, false);
  assert.deepEqual(verdict.reply, { kind: "relay" });
  const { headers } = verdict.request.head;
  assert.equal(firstValue(headers, "x-amz-checksum-crc32"), "y/Q5Jg==");
  assert.equal(firstValue(headers, "content-length"), "4");
  assert.equal(firstValue(headers, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  assert.deepEqual(valuesOf(headers, "content-encoding"), []);
});

/** `body`: it is read before its head is written. */
const TRAILERS: readonly (readonly [string, ReturnType<typeof world>, string, Ask, string])[] = [
  ["of 64 KiB", CEPH, "PUT /photos/a", chunked(KIB_64), "body"],
  ["of a byte more", CEPH, "PUT /photos/a", chunked(KIB_64 + 1), "forward"],
  ["to a store that reads trailers", REFRAMING, "PUT /photos/a", chunked(4), "forward"],
  [
    "with a checksum that the store does not know",
    CEPH,
    "PUT /photos/a",
    chunked(4, { "x-amz-trailer": "x-amz-checksum-xxhash64" }),
    "forward",
  ],
  [
    "that completes an upload, where the header would be about the object",
    CEPH,
    "POST /photos/a?uploadId=u",
    chunked(4),
    "forward",
  ],
];
for (const [name, snapshot, line, ask, expected] of TRAILERS) {
  test(`a body with a trailer ${name}: ${expected}`, () => {
    assert.equal(word(judge(snapshot, line, ask)), expected);
  });
}

test("a framed body without a trailer goes on without its framing, to every store", () => {
  const { "x-amz-trailer": _, ...headers } = chunked(4).headers ?? {};
  for (const snapshot of [CEPH, REFRAMING]) {
    const verdict = forwarded(judge(snapshot, "PUT /photos/a", { as: "lab", headers }));
    assert.equal(verdict.reframe, false);
    assert.equal(verdict.body.kind, "deframe");
  }
});

test("what no digest covers is signed as such for the store, and no body as no body", () => {
  const snapshot = gatewayOf({ accounts: { A: {} } });
  const sent = (line: string): string | undefined => {
    const verdict = forwarded(decide(snapshot, "A", line, { presignedSeconds: 60 }));
    return firstValue(verdict.request.head.headers, "x-amz-content-sha256");
  };
  assert.equal(sent("PUT /photos/k"), "UNSIGNED-PAYLOAD");
  assert.equal(sent("GET /photos/k"), createHash("sha256").digest("hex"));
});

test("a trailer that the store does not know is not framed again for it", () => {
  const unknown = chunked(KIB_64 * 2, { "x-amz-trailer": "x-amz-checksum-xxhash64" });
  assert.equal(forwarded(judge(REFRAMING, "PUT /photos/a", unknown)).reframe, false);
  assert.equal(forwarded(judge(REFRAMING, "PUT /photos/a", chunked(KIB_64 * 2))).reframe, true);
  const known = forwarded(judge(CEPH, "PUT /photos/a", chunked(KIB_64 * 2)));
  assert.equal(known.reframe, false);
});

const TAGGING = "<Tagging><TagSet/></Tagging>";

test("a document keeps its codings as they were sent, but for the framing", () => {
  const plain = { as: "lab", body: TAGGING, headers: { "content-encoding": "X-Own, BR" } } as const;
  const told: Told = { body: TAGGING };
  const sent = forwarded(judge(CEPH, "PUT /photos/a?tagging", plain, told));
  assert.equal(firstValue(sent.request.head.headers, "content-encoding"), "X-Own, BR");
  assert.deepEqual(sent.body, { kind: "none" });
  assert.equal(sent.reframe, false);
  const framed = forwarded(judge(CEPH, "PUT /photos/a?tagging", chunked(TAGGING.length), told));
  assert.deepEqual(valuesOf(framed.request.head.headers, "content-encoding"), []);
  assert.equal(framed.content?.toString(), TAGGING);
});

test("a finished upload is told under the address at which the client reached the gateway", () => {
  const ask = { as: "lab", body: "<CompleteMultipartUpload/>" } as const;
  const { reply } = forwarded(judge(CEPH, "POST /photos/a%20b?uploadId=u", ask));
  assert.deepEqual(reply, { kind: "location", url: "http://gateway.example.org/photos/a%20b" });
});

test("a bucket is where the provider says that all are", () => {
  const located = (provider: string): string => {
    const snapshot = world(`{ provider: ${provider} }`);
    const { reply } = forwarded(judge(snapshot, "GET /photos?location", { as: "lab" }));
    return reply.kind === "region" ? reply.region : reply.kind;
  };
  assert.equal(located("qumulo"), "local");
  assert.equal(located("aws"), "relay");
  const other = judge(world("{ provider: qumulo }"), "GET /photos?versioning", { as: "lab" });
  assert.equal(forwarded(other).reply.kind, "relay");
});

const READ = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::photos/*" };
const list = (prefix: string): object => ({
  Effect: "Allow",
  Action: "s3:ListBucket",
  Resource: "arn:aws:s3:::photos",
  Condition: { StringLike: { "s3:prefix": prefix } },
});
const ofUser = (...policy: readonly object[]): People => ({
  accounts: { A: { users: { ann: { policy } } } },
});

/** "GetObject", S3 API Reference: who may not list a bucket reads 403, not 404, of a missing key. */
const MISSING: readonly (readonly [string, People, string | undefined, string, string])[] = [
  ["an account", { accounts: { A: {} } }, "A", "GET /photos/k", "relay"],
  ["a user who may not list", ofUser(READ), "A:ann", "GET /photos/k", "hide-missing"],
  ["a user who may list all", ofUser(READ, list("*")), "A:ann", "GET /photos/k", "relay"],
  ["a user who may list this key", ofUser(READ, list("k")), "A:ann", "GET /photos/k", "relay"],
  [
    "a user who may list others",
    ofUser(READ, list("l*")),
    "A:ann",
    "GET /photos/k",
    "hide-missing",
  ],
  [
    "a user who may write and not list, as its writing finds nothing missing",
    ofUser({ ...READ, Action: "s3:PutObject" }),
    "A:ann",
    "PUT /photos/k",
    "relay",
  ],
  [
    "a user of a tier that lists",
    { accounts: { A: { users: { ann: { tier: "READ" } } } } },
    "A:ann",
    "GET /photos/k",
    "relay",
  ],
  [
    "an account with a policy that denies it lists",
    {
      accounts: {
        A: {
          policy: [{ Effect: "Deny", Action: "s3:ListBucket", Resource: "arn:aws:s3:::photos" }],
        },
      },
    },
    "A",
    "GET /photos/k",
    "hide-missing",
  ],
  [
    "a bucket's list, which is no object",
    ofUser(READ, list("*")),
    "A:ann",
    "GET /photos?prefix=k",
    "relay",
  ],
  [
    "whatever report mode lets pass",
    { ...ofUser(READ), policy: { mode: "report" } },
    "A:ann",
    "GET /photos/k",
    "relay",
  ],
  [
    "nobody, whom the store judges",
    { accounts: { A: {} }, policy: { anonymous: "upstream" } },
    undefined,
    "GET /photos/k",
    "relay",
  ],
];
for (const [name, people, who, line, expected] of MISSING) {
  test(`a missing key to ${name}: ${expected}`, () => {
    const { reply } = forwarded(decide(gatewayOf(people), who, line));
    assert.equal(reply.kind, expected);
  });
}

test("nobody whom a bucket's policy lets read learns that a key is missing", () => {
  const people: People = {
    policy: { anonymous: "policy", bucketPolicies: "gateway" },
    accounts: { A: {} },
    buckets: {
      photos: {
        account: "A",
        policy: { Version: "2012-10-17", Statement: [{ ...READ, Principal: "*" }] },
      },
    },
  };
  const { reply } = forwarded(decide(gatewayOf(people), undefined, "GET /photos/k"));
  assert.deepEqual(reply, { kind: "hide-missing", operation: "GetObject" });
});

test("the answer to an extension has its vendor's fields, and no other answer has", () => {
  const minio = world("{}", "", "minio");
  const plan = (query: string): object =>
    forwarded(judge(minio, `GET /photos?lifecycle${query}`, { as: "lab" })).reply;
  const field = "x-minio-lifecycleconfig-updatedat";
  assert.deepEqual(plan("&withUpdatedAt=true"), { kind: "extended", fields: [field] });
  assert.deepEqual(plan(""), { kind: "relay" });
  const list = judge(minio, "GET /photos?list-type=2&metadata=true", { as: "lab" });
  assert.deepEqual(forwarded(list).reply, { kind: "relay" });
});

test("a list of buckets is filtered if that is wanted, and its tokens sealed for a key", () => {
  const listed = (policy: object, who: string | undefined): string => {
    const snapshot = gatewayOf({ accounts: { A: {} }, policy });
    const { reply } = forwarded(decide(snapshot, who, "GET /"));
    if (reply.kind !== "filter-buckets") return reply.kind;
    const sealed = reply.filter.seals?.("next");
    return sealed === undefined ? "unsealed" : String(sealed !== "" && sealed !== "next");
  };
  assert.equal(listed({ listBuckets: "filtered" }, "A"), "true");
  assert.equal(listed({ listBuckets: "all" }, "A"), "relay");
  const nobody = { anonymous: "upstream" };
  assert.equal(listed({ listBuckets: "filtered", ...nobody }, undefined), "unsealed");
});

test("a list of directory buckets is filtered as that of others is", () => {
  const policy = { listBuckets: "filtered" };
  const snapshot = gatewayOf({ store: { store: "aws" }, accounts: { A: {} }, policy });
  const verdict = decide(snapshot, "A", "GET /?max-directory-buckets=9");
  assert.equal(forwarded(verdict).reply.kind, "filter-buckets");
});

test("a list of buckets that have other names at the store is always filtered, and renamed", () => {
  const snapshot = gatewayOf({
    store: { store: "minio" },
    policy: { bucketPolicies: "gateway", bucketNames: { prefix: "{account}-" } },
    accounts: { one: {} },
  });
  const shown = (line: string, name: string): string | undefined => {
    const { reply } = forwarded(decide(snapshot, "one", line));
    assert(reply.kind === "filter-buckets");
    return reply.filter.shows?.(name);
  };
  assert.equal(shown("GET /", "one-data"), "data");
  assert.equal(shown("GET /", "two-data"), undefined);
  assert.equal(shown("GET /?prefix=da", "one-data"), "data");
  assert.equal(shown("GET /?prefix=de", "one-data"), undefined);
});
