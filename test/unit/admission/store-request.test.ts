/** The head that the store gets: where it goes, what it asks for, and what no head can say. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { sealPageToken } from "../../../src/admission/page-token.ts";
import { firstValue, hasHeader } from "../../../src/http/headers.ts";
import { word, type Decided } from "../../support/decided.ts";
import { decide, gatewayOf } from "./people.ts";
import { judge, KEYS, world } from "./world.ts";

const AS_LAB = { as: "lab" } as const;

/** The host and target that the store gets, else the word of the verdict. */
function sent(verdict: Decided): string {
  if (verdict.kind !== "forward") return word(verdict);
  const { headers, target } = verdict.request.head;
  return `${firstValue(headers, "host")} ${target}`;
}

test("a request whose Connection names a field that counts is refused", () => {
  for (const named of ["range", "close, x-amz-acl", "host"]) {
    const headers = { connection: named, range: "bytes=0-1" };
    const verdict = judge(world(), "GET /photos/a", { ...AS_LAB, headers });
    assert.equal(word(verdict), "InvalidRequest", named);
  }
  const headers = { connection: "keep-alive", range: "bytes=0-1" };
  assert.equal(word(judge(world(), "GET /photos/a", { ...AS_LAB, headers })), "forward");
});

describe("a bucket stands", () => {
  const rows = [
    ["GET /photos/a", "store:7480 /photos/a", "photos.store:7480 /a"],
    ["GET /photos?acl", "store:7480 /photos?acl=", "photos.store:7480 /?acl="],
    ["GET /", "store:7480 /", "store:7480 /"],
    ["GET /photos/a%2Fb%20c", "store:7480 /photos/a/b%20c", "photos.store:7480 /a/b%20c"],
  ] as const;
  for (const [line, path, virtual] of rows) {
    test(`in the path or in the host, as the store needs it: ${line}`, () => {
      assert.equal(sent(judge(world(), line, AS_LAB)), path);
      assert.equal(sent(judge(world("{}", ", addressing: virtual"), line, AS_LAB)), virtual);
    });
  }
});

test("length, date and digest are written anew, and only where they belong", () => {
  const get = judge(world(), "GET /photos/a", AS_LAB);
  const put = judge(world(), "PUT /photos/a", { ...AS_LAB, body: "meow" });
  const unsigned = judge(world("{ anonymous: upstream }"), "GET /photos/a");
  assert.ok(get.kind === "forward" && put.kind === "forward" && unsigned.kind === "forward");
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
  assert.equal(firstValue(get.request.head.headers, "content-length"), undefined);
  assert.equal(firstValue(put.request.head.headers, "content-length"), "4");
  assert.equal(firstValue(get.request.head.headers, "x-amz-content-sha256"), digest(""));
  assert.equal(firstValue(put.request.head.headers, "x-amz-content-sha256"), digest("meow"));
  assert.equal(firstValue(put.request.head.headers, "x-amz-date"), "20261122T120000Z");
  for (const name of ["x-amz-date", "x-amz-content-sha256", "authorization"]) {
    assert.equal(hasHeader(unsigned.request.head.headers, name), false, name);
  }
});

describe("the continuation of a list of buckets", () => {
  const filtered = world("{ bucketPolicies: gateway, listBuckets: filtered }");
  const key = filtered.keys.get(KEYS.lab);
  assert.ok(key !== undefined);
  const token = sealPageToken("photos", key);
  const other = filtered.keys.get(KEYS.own);
  assert.ok(other !== undefined);
  const rows = [
    ["goes on as it came where all buckets are shown", world(), "t", "/?continuation-token=t"],
    ["is opened where some are hidden", filtered, token, "/?continuation-token=photos"],
    ["that was never given to anybody", filtered, "photos", "InvalidArgument"],
    ["of another account", filtered, sealPageToken("photos", other), "InvalidArgument"],
    ["that is empty", filtered, "", "/?continuation-token="],
  ] as const;
  for (const [what, snapshot, given, expected] of rows) {
    test(what, () => {
      const verdict = judge(snapshot, `GET /?continuation-token=${given}`, AS_LAB);
      assert.equal(sent(verdict).replace(/^store:7480 /, ""), expected);
    });
  }
  test("keeps what else was asked for", () => {
    const verdict = judge(filtered, `GET /?continuation-token=${token}&max-buckets=7`, AS_LAB);
    assert.equal(sent(verdict), "store:7480 /?continuation-token=photos&max-buckets=7");
  });
  test("means nothing in a list of objects, which is the store's own", () => {
    const verdict = judge(filtered, "GET /photos?continuation-token=t&list-type=2", AS_LAB);
    assert.equal(sent(verdict), "store:7480 /photos?continuation-token=t&list-type=2");
  });
  test("is not made up for the first page", () => {
    assert.equal(
      sent(judge(filtered, "GET /?max-buckets=7", AS_LAB)),
      "store:7480 /?max-buckets=7",
    );
  });
  test("is opened in a list of directory buckets, too", () => {
    const policy = "{ bucketPolicies: gateway, listBuckets: filtered }";
    const aws = world(policy, ", operations: [ListDirectoryBuckets]", "aws");
    const line = "GET /?max-directory-buckets=1&x-id=ListDirectoryBuckets&continuation-token=";
    const page = judge(aws, `${line}${token}`, AS_LAB);
    assert.match(sent(page), /[?&]continuation-token=photos(?:&|$)/);
    assert.equal(sent(judge(aws, `${line}photos`, AS_LAB)), "InvalidArgument");
  });
  test("is nobody's without a credential", () => {
    const open = world("{ bucketPolicies: gateway, listBuckets: filtered, anonymous: upstream }");
    assert.equal(sent(judge(open, `GET /?continuation-token=${token}`)), "InvalidArgument");
  });
});

describe("buckets that are named after their accounts", () => {
  const gateway = gatewayOf({
    store: { store: "minio" },
    policy: { bucketNames: { prefix: "{account}-" }, bucketPolicies: "gateway" },
    accounts: { one: {} },
  });
  const rows = [
    ["GET /", "store:7480 /?prefix=one-"],
    ["GET /?prefix=ab&max-buckets=5", "store:7480 /?max-buckets=5&prefix=one-ab"],
    ["GET /?continuation-token=t", "store:7480 /?continuation-token=t&prefix=one-"],
    ["GET /mine/k", "store:7480 /one-mine/k"],
    ["GET /mine?prefix=ab", "store:7480 /one-mine?prefix=ab"],
  ] as const;
  for (const [line, expected] of rows) {
    test(`are asked for by their names there: ${line}`, () => {
      assert.equal(sent(decide(gateway, "one", line)), expected);
    });
  }
  test("are all that the store's continuation token can name, which passes as it is", () => {
    const verdict = decide(gateway, "one", "GET /");
    assert.ok(verdict.kind === "forward" && verdict.reply.kind === "filter-buckets");
    assert.equal(verdict.reply.filter.seals, undefined);
  });
  test("are asked for by no prefix in a list of directory buckets, which has none", () => {
    const directories = gatewayOf({
      store: { store: "minio", operations: ["ListDirectoryBuckets"] },
      policy: { bucketNames: { prefix: "{account}-" }, bucketPolicies: "gateway" },
      accounts: { one: {} },
    });
    const line = "GET /?max-directory-buckets=1&x-id=ListDirectoryBuckets";
    const verdict = decide(directories, "one", line);
    assert.doesNotMatch(sent(verdict), /prefix/);
    assert.ok(verdict.kind === "forward" && verdict.reply.kind === "filter-buckets");
    assert.equal(verdict.reply.filter.shows?.("one-mine"), "mine");
    assert.equal(verdict.reply.filter.shows?.("two-theirs"), undefined);
    const sealed = verdict.reply.filter.seals?.("two-theirs");
    assert(sealed !== undefined && !sealed.includes("theirs"), "the store's token is told");
    const next = decide(directories, "one", `${line}&continuation-token=${sealed}`);
    assert.match(sent(next), /[?&]continuation-token=two-theirs(?:&|$)/);
    const guessed = decide(directories, "one", `${line}&continuation-token=two-theirs`);
    assert.equal(sent(guessed), "InvalidArgument");
  });
  test("are the only ones whose answers are rewritten", () => {
    for (const line of ["GET /photos?list-type=2", "GET /photos/k", "GET /"]) {
      const verdict = judge(world(), line, AS_LAB);
      assert.ok(verdict.kind === "forward", word(verdict));
      assert.equal(verdict.request.renamed, undefined, line);
    }
  });
  test("are not the one that is the gateway's own", () => {
    const own = { ...gateway, stateBucket: "one-mine" };
    assert.equal(sent(decide(own, "one", "GET /mine/k")), "InvalidBucketName");
    assert.equal(sent(decide(own, "one", "GET /other/k")), "store:7480 /one-other/k");
    const headers = { "x-amz-copy-source": "/mine/k" };
    assert.equal(sent(decide(own, "one", "PUT /other/k", { headers })), "InvalidBucketName");
  });
});

describe("a tenant of the store", () => {
  const people = { accounts: { lab: { tenant: "t1" } }, policy: { provider: "lumi-o" } };
  const path = gatewayOf(people);
  const virtual = gatewayOf({ ...people, store: { addressing: "virtual" } });
  const rows = [
    ["GET /data/k", "store:7480 /data/k", "data.store:7480 /k"],
    ["GET /t1:data/k", "store:7480 /t1:data/k", "InvalidBucketName"],
    ["GET /t2:data/k", "store:7480 /t2:data/k", "InvalidBucketName"],
  ] as const;
  for (const [line, inPath, inHost] of rows) {
    test(`stands in the path as the client wrote it, and in no host: ${line}`, () => {
      assert.equal(sent(decide(path, "lab", line)).replace("%3A", ":"), inPath);
      assert.equal(sent(decide(virtual, "lab", line)), inHost);
    });
  }
});
