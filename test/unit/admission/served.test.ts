/** What a store must not be sent, because it could take it for something else. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { STORE_KINDS } from "../../../src/s3/store-kinds.ts";
import { storeTraits } from "../../../src/s3/stores.ts";
import { word } from "../../support/decided.ts";
import { judge, world } from "./world.ts";

const AS_LAB = { as: "lab" } as const;

for (const kind of STORE_KINDS) {
  test(`CreateSession is not sent to ${kind}: its answer is a credential of the store`, () => {
    const verdict = judge(world("{}", "", kind), "GET /photos?session", AS_LAB);
    assert.equal(word(verdict), "NotImplemented");
  });
}

describe("a generic store", () => {
  const generic = world("{}", "", "generic");
  const versioned = world("{}", ", operations: [ListObjectVersions]", "generic");

  const refused = [
    "DELETE /photos?cors",
    "DELETE /photos?website",
    "DELETE /photos?tagging",
    "DELETE /photos?replication",
    "DELETE /photos?publicAccessBlock",
    "PUT /photos?versioning",
    "GET /photos?versions",
    "PUT /photos/a?legal-hold",
    "DELETE /photos/a?tagging",
    "GET /photos/a?uploadId=u",
  ];
  for (const line of refused) {
    test(`is not sent ${line}, and the client reads what to set`, () => {
      const verdict = judge(generic, line, AS_LAB);
      assert(verdict.kind === "refuse");
      assert.equal(verdict.fault.code, "NotImplemented");
      assert.match(verdict.fault.message, /: see upstream\.store and upstream\.operations$/);
    });
  }

  const copying = (source: string) => ({ ...AS_LAB, headers: { "x-amz-copy-source": source } });
  const versions = [
    ["GET /photos/a?versionId=v", AS_LAB],
    ["DELETE /photos/a?versionId=v", AS_LAB],
    ["PUT /photos/b", copying("/photos/a?versionId=v")],
  ] as const;
  for (const [line, ask] of versions) {
    const name = "headers" in ask ? `${line} of ${ask.headers["x-amz-copy-source"]}` : line;
    test(`is asked for no version: ${name}`, () => {
      assert.match(text(judge(generic, line, ask)), /^NotImplemented .*not known to have versions/);
      assert.equal(word(judge(versioned, line, ask)), "forward");
    });
  }
  test("has the version null, which is the object itself", () => {
    assert.equal(word(judge(generic, "DELETE /photos/a?versionId=null", AS_LAB)), "forward");
  });

  const ENTRIES = (version: string): string =>
    `<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>${version}</VersionId></Object></Delete>`;
  const cases = [
    ["v", generic, "NotImplemented"],
    ["null", generic, "forward"],
    ["v", versioned, "forward"],
  ] as const;
  for (const [version, snapshot, expected] of cases) {
    const name = snapshot === generic ? "" : " with versions";
    test(`is asked to delete the version ${version}${name}: ${expected}`, () => {
      const body = ENTRIES(version);
      const line = "POST /photos?delete";
      assert.equal(word(judge(snapshot, line, { ...AS_LAB, body }, { body })), expected);
    });
  }

  function text(verdict: ReturnType<typeof judge>): string {
    assert(verdict.kind === "refuse");
    return `${verdict.fault.code} ${verdict.fault.message}`;
  }
});

const FOLDED = ["a//b", "/a", "a/./b", "x/../a/b", "./a", "..", "a/.."] as const;
const KEPT = ["a", "a/", "a/b", ".a/b..", "a/...", "a/.b/c."] as const;
const folding = STORE_KINDS.filter((kind) => storeTraits(kind).foldsKeys);

test("only AWS and Ceph are assumed to keep keys apart", () => {
  assert.deepEqual(folding, ["generic", "minio", "versitygw"]);
});

for (const kind of folding) {
  describe(`a store of the kind ${kind}, which takes some keys for others`, () => {
    const store = world("{}", "", kind);
    const deleting = (key: string) =>
      `<Delete><Object><Key>kept</Key></Object><Object><Key>${key}</Key></Object></Delete>`;
    for (const key of FOLDED) {
      test(`is asked nothing about ${key}: not by path, as a source, or in a document`, () => {
        for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
          assert.equal(word(judge(store, `${method} /photos/${key}`, AS_LAB)), "InvalidArgument");
        }
        const headers = { "x-amz-copy-source": `/photos/${key}` };
        const copy = judge(store, "PUT /photos/copy", { ...AS_LAB, headers });
        assert.equal(word(copy), "InvalidArgument");
        const body = deleting(key);
        const line = "POST /photos?delete";
        assert.equal(word(judge(store, line, { ...AS_LAB, body }, { body })), "InvalidArgument");
      });
    }
    for (const key of KEPT) {
      test(`is asked about ${key}`, () => {
        assert.equal(word(judge(store, `GET /photos/${key}`, AS_LAB)), "forward");
        const headers = { "x-amz-copy-source": `/photos/${key}` };
        assert.equal(word(judge(store, "PUT /photos/copy", { ...AS_LAB, headers })), "forward");
        const body = deleting(key);
        const line = "POST /photos?delete";
        assert.equal(word(judge(store, line, { ...AS_LAB, body }, { body })), "forward");
      });
    }
  });
}

describe("a store that has no ACLs", () => {
  const without = STORE_KINDS.filter((kind) => storeTraits(kind).acls === "none");
  test("is one of those that are known", () => assert.ok(without.length > 0));
  /** "Canned ACL", S3 User Guide: the two that give nobody else anything. */
  const rows = [
    ["x-amz-acl", "private", "forward"],
    ["x-amz-acl", "bucket-owner-full-control", "forward"],
    ["x-amz-acl", "public-read", "NotImplemented"],
    ["x-amz-acl", "authenticated-read", "NotImplemented"],
    ["x-amz-grant-read", 'id="1234"', "NotImplemented"],
    ["x-amz-grant-full-control", 'id="1234"', "NotImplemented"],
    ["x-amz-meta-acl", "public-read", "forward"],
  ] as const;
  for (const kind of without) {
    for (const [name, value, expected] of rows) {
      test(`${kind}: ${name}: ${value} of an upload: ${expected}, also where the rest may pass`, () => {
        for (const upstream of ["", ", withoutEffect: pass"]) {
          const ask = { ...AS_LAB, headers: { "content-type": "a/b", [name]: value } };
          const verdict = judge(world("{}", upstream, kind), "PUT /photos/a", ask);
          assert.equal(word(verdict), expected);
          if (verdict.kind !== "refuse") continue;
          assert.deepEqual(verdict.fault.elements, [["Header", name]]);
        }
      });
    }
  }
  test("is no other: an ACL goes to a store that keeps it", () => {
    const headers = { "x-amz-acl": "public-read" };
    assert.equal(word(judge(world(), "PUT /photos/a", { ...AS_LAB, headers })), "forward");
  });
});

test("the header that a store does nothing of is named to the client", () => {
  const name = "x-amz-server-side-encryption";
  const verdict = judge(world(), "PUT /photos/a", { ...AS_LAB, headers: { [name]: "AES256" } });
  assert(verdict.kind === "refuse");
  assert.deepEqual(verdict.fault.elements, [["Header", name]]);
});

test("a whole object of parts is refused for its checksum also where versions are unknown", () => {
  const headers = {
    "x-amz-checksum-type": "FULL_OBJECT",
    "x-amz-checksum-algorithm": "XXHASH3",
  };
  const generic = world("{}", ", trailers: true", "generic");
  const verdict = judge(generic, "POST /photos/a?uploads", { ...AS_LAB, headers });
  assert.equal(word(verdict), "NotImplemented");
});

describe("an extension of a store", () => {
  const STATE = "{ bucketPolicies: gateway }";
  const hidden = (store: string, policy = STATE) => ({
    ...world(policy, "", store),
    stateBucket: "records",
  });
  const filtered = (store: string) =>
    world("{ bucketPolicies: gateway, listBuckets: filtered }", "", store);
  const rows = [
    ["that names buckets, where all are shown", world(), "GET /?usage", "forward"],
    ["that names buckets, where one is hidden", hidden("ceph"), "GET /?usage", "NotImplemented"],
    [
      "that names buckets, where some are hidden",
      filtered("ceph"),
      "GET /?usage",
      "NotImplemented",
    ],
    [
      "that names keys, where a bucket is hidden",
      hidden("ceph"),
      "GET /photos?allow-unordered=true",
      "forward",
    ],
    [
      "that reads below a prefix that is another's",
      world("{}", "", "minio"),
      "GET /photos?list-type=2&metadata=true&prefix=a%2F%2Fb&unsorted=true",
      "InvalidArgument",
    ],
    [
      "that reads below a prefix",
      world("{}", "", "minio"),
      "GET /photos?list-type=2&metadata=true&prefix=a%2Fb",
      "forward",
    ],
    [
      "that reads nothing below a prefix that is another's",
      world("{}", "", "minio"),
      "GET /photos?list-type=2&prefix=a%2F%2Fb&unsorted=true",
      "forward",
    ],
  ] as const;
  for (const [what, snapshot, line, expected] of rows) {
    test(`${what}: ${expected}`, () => {
      assert.equal(word(judge(snapshot, line, AS_LAB)), expected);
    });
  }
});
