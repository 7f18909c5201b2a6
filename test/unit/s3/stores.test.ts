import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATION_LIST, operationNamed } from "../../../src/s3/operations.ts";
import { NEVER_SENT } from "../../../src/s3/store-operations.ts";
import { isIgnored } from "../../../src/s3/ignored-headers.ts";
import { STORE_KINDS } from "../../../src/s3/store-kinds.ts";
import { CHECKSUM_ALGORITHMS } from "../../../src/s3/checksums.ts";
import { knowsVersions, storeTraits } from "../../../src/s3/stores.ts";
import { pageOf, section, table } from "../docs/page.ts";

for (const kind of STORE_KINDS) {
  const { operations } = storeTraits(kind);
  test(`a store of the kind ${kind} is never asked for its credentials`, () => {
    assert.deepEqual(
      [...NEVER_SENT].filter((operation) => operations.has(operation)),
      [],
    );
    assert.equal(operations.has("CreateSession"), false);
  });
  test(`a store of the kind ${kind} has all that every store has`, () => {
    for (const operation of storeTraits("generic").operations) assert(operations.has(operation));
  });
}

test("a store of the kind aws has all that goes to any store", () => {
  assert.equal(storeTraits("aws").operations.size, OPERATION_LIST.length - NEVER_SENT.size);
});

test("at a generic store, subresources delete and put only parts of uploads", () => {
  const told = [...storeTraits("generic").operations]
    .map(operationNamed)
    .filter(
      ({ method, required }) => (method === "DELETE" || method === "PUT") && required.length > 0,
    );
  assert.deepEqual(
    told.map(({ name }) => name),
    ["AbortMultipartUpload", "UploadPart"],
  );
});

test("nothing is assumed of a generic store: tenants, trailers, versions, headers", () => {
  const { operations, tenants, trailers, ignoredHeaders } = storeTraits("generic");
  assert.deepEqual([tenants, trailers, knowsVersions(operations)], [false, false, false]);
  assert(isIgnored(ignoredHeaders, "PutObject", "x-amz-tagging"));
  assert(!isIgnored(ignoredHeaders, "CopyObject", "x-amz-metadata-directive"));
});

test("only Ceph has tenants", () => {
  const having = STORE_KINDS.filter((kind) => storeTraits(kind).tenants);
  assert.deepEqual(having, ["ceph"]);
});

const PAGE = pageOf("stores.md");

test("docs/stores.md has the rows of all kinds of store", () => {
  const rows = table(PAGE.split(/^## /m)[0] ?? "", "`store`");
  const said = rows.map(([kind = "", , tenants, keys, trailers]) => [
    kind.replaceAll("`", ""),
    { tenants: tenants === "yes", foldsKeys: keys === "refused", trailers: trailers === "true" },
  ]);
  const ours = STORE_KINDS.map((kind) => {
    const { tenants, foldsKeys, trailers } = storeTraits(kind);
    return [kind, { tenants, foldsKeys, trailers }];
  });
  assert.deepEqual(Object.fromEntries(said), Object.fromEntries(ours));
});

test("docs/stores.md names the operations that go to no store", () => {
  const [operations = ""] = section(PAGE, "Sent to no store").split("\n\n").slice(1);
  const named = [...operations.matchAll(/`([A-Z]\w+)`/g)].map(([, name = ""]) => name);
  assert.deepEqual(named.toSorted(), [...NEVER_SENT].toSorted());
  assert.match(PAGE, /all, but the three that go to no store/);
  assert.equal(NEVER_SENT.size, 3);
});

test("docs/stores.md has what each release of Ceph knows besides", () => {
  const rows = table(section(PAGE, "The version of a Ceph"), "from");
  assert.equal(rows.length, 3);
  const known = new Set(storeTraits("ceph").operations);
  for (const [version = "", operations = "", trailers = ""] of rows) {
    const named = [...operations.matchAll(/`([A-Z]\w+)`/g)].map(([, name = ""]) => name);
    const traits = storeTraits("ceph", version);
    const learnt = [...traits.operations].filter((operation) => !known.has(operation));
    assert.deepEqual(learnt.toSorted(), named.toSorted(), version);
    assert.equal(String(traits.trailers), trailers, version);
    assert.equal(traits.version, version);
    for (const operation of learnt) known.add(operation);
  }
});

test("only a Ceph has a version", () => {
  for (const kind of STORE_KINDS.filter((one) => one !== "ceph")) {
    assert.equal(storeTraits(kind, "20"), storeTraits(kind));
    assert.equal(storeTraits(kind).version, undefined);
  }
});

test("docs/stores.md has the operations of a generic store, but the form and the preflight", () => {
  const [named = ""] = section(PAGE, "generic").split("browser forms");
  const names = [...named.matchAll(/`([A-Z]\w+)`/g)].map(([, name = ""]) => name);
  const ours = [...storeTraits("generic").operations];
  assert.deepEqual([...names, "PostObject", "Preflight"].toSorted(), ours.toSorted());
  assert.match(PAGE, new RegExp(`the ${ours.length} that every S3 store has`));
});

test("all ten checksums go to aws and versitygw, those that S3 had first to the others", () => {
  const first = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
  for (const kind of STORE_KINDS) {
    const all = kind === "aws" || kind === "versitygw";
    const sent = [...storeTraits(kind).checksums].toSorted();
    assert.deepEqual(sent, all ? CHECKSUM_ALGORITHMS.toSorted() : first, kind);
  }
});

test("a bucket can be an alias of an access point at AWS, and at a store that may be AWS", () => {
  const having = STORE_KINDS.filter((kind) => storeTraits(kind).aliases);
  assert.deepEqual(having, ["generic", "aws"]);
});

test("ACLs are taken for kept by AWS and Ceph alone, and by MinIO for nothing", () => {
  const kept = STORE_KINDS.map((kind) => [kind, storeTraits(kind).acls]);
  assert.deepEqual(Object.fromEntries(kept), {
    generic: "unknown",
    aws: "kept",
    ceph: "kept",
    minio: "none",
    versitygw: "unknown",
  });
});

test("numbers of parts beyond S3's go to stores that were seen to answer them otherwise", () => {
  const asked = STORE_KINDS.filter((kind) => storeTraits(kind).beyondBounds);
  assert.deepEqual(asked, ["ceph", "minio", "versitygw"]);
});

test("a store has versions if it lists them", () => {
  const having = STORE_KINDS.filter((kind) => knowsVersions(storeTraits(kind).operations));
  assert.deepEqual(having, ["aws", "ceph", "minio", "versitygw"]);
  assert(knowsVersions(new Set(["ListObjectVersions"])));
  assert(!knowsVersions(new Set(["ListObjects", "GetObject"])));
});
