import assert from "node:assert/strict";
import { test } from "node:test";
import { STORE_KINDS } from "../../../src/s3/store-kinds.ts";
import { storeTraits } from "../../../src/s3/stores.ts";
import { GATEWAY, goodConfig, problemsOf, warningsOf } from "../../support/config.ts";

/** The least gateway.yaml with `written` in the place of `, store: ceph`. */
const withStore = (written: string): { readonly "gateway.yaml": string } => ({
  "gateway.yaml": GATEWAY.replace(", store: ceph", written),
});

test("parseConfig() takes a store that nobody names for a generic one, and warns", () => {
  const unnamed = withStore("");
  assert.deepEqual(warningsOf(unnamed), [
    "gateway.yaml:1:1 upstream.store: upstream.store is not named: only operations that every S3 store has are served | Name ceph, minio, versitygw or aws, or generic if it is none of them",
  ]);
  const { operations, tenants, trailers } = goodConfig(unnamed).upstream;
  assert.deepEqual({ operations, tenants, trailers }, pick("generic"));
});

for (const kind of STORE_KINDS) {
  test(`parseConfig() knows of ${kind} what its row says, without a word`, () => {
    const named = withStore(`, store: ${kind}`);
    assert.deepEqual(warningsOf(named), []);
    const { operations, tenants, trailers, ignoredHeaders } = goodConfig(named).upstream;
    assert.deepEqual({ operations, tenants, trailers }, pick(kind));
    assert.equal(ignoredHeaders, storeTraits(kind).ignoredHeaders);
  });
}

function pick(kind: (typeof STORE_KINDS)[number]): object {
  const { operations, tenants, trailers } = storeTraits(kind);
  return { operations, tenants, trailers };
}

for (const written of ["false", "true"]) {
  test(`parseConfig() puts trailers: ${written} over what the kind says`, () => {
    const { upstream } = goodConfig(withStore(`, store: minio, trailers: ${written}`));
    assert.equal(String(upstream.trailers), written);
  });
}

test("parseConfig() refuses trailers that are neither", () => {
  assert.deepEqual(problemsOf(withStore(", trailers: maybe")), [
    'gateway.yaml:1:57 upstream.trailers: Expected true, false or auto: got "maybe"',
  ]);
});

for (const operation of ["CreateSession", "WriteGetObjectResponse"]) {
  test(`parseConfig() refuses to send ${operation} to any store`, () => {
    assert.deepEqual(problemsOf(withStore(`, store: aws, operations: [${operation}]`)), [
      `gateway.yaml:1:72 upstream.operations[0]: The operation is never sent to a store: got "${operation}" | Remove it: CreateSession hands out a credential of the store, and WriteGetObjectResponse needs a host name that no gateway has`,
    ]);
  });
}

for (const written of ["", ", store: generic"]) {
  test(`parseConfig() refuses users of a Ceph with "${written}": their tenants would be one`, () => {
    const { "gateway.yaml": text } = withStore(written);
    const ceph = "{ ceph: { endpoint: http://rgw, accessKey: A, secretKey: s } }";
    const problems = problemsOf({ "gateway.yaml": text.replace("]\n", `, ${ceph}]\n`) });
    assert.equal(problems.length, 1);
    assert.match(
      problems[0] ?? "",
      / upstream\.store: The users of identities\[1\]\.ceph have tenants, which a generic store does not have.* \| Set upstream\.store to ceph$/,
    );
  });
}

test("parseConfig() serves bucket policies that the gateway keeps, whatever the store has", () => {
  const { "gateway.yaml": text } = withStore(", store: generic");
  const kept = goodConfig({ "gateway.yaml": `${text}policy: { bucketPolicies: gateway }\n` });
  const left = goodConfig({ "gateway.yaml": text });
  assert(kept.upstream.operations.has("PutBucketPolicy"));
  assert(!left.upstream.operations.has("PutBucketPolicy"));
});

for (const [written, version, learnt] of [
  ["", "16", []],
  ["16", "16", []],
  ["17", "17", ["GetBucketEncryption"]],
  ['"18.2.7"', "18.2.7", ["GetBucketEncryption"]],
  ["20", "20", ["GetBucketEncryption", "GetObjectAttributes"]],
] as const) {
  test(`parseConfig() takes a Ceph of version "${written}" for ${version}, with what it knows`, () => {
    const named = withStore(`, store: ceph${written === "" ? "" : `, version: ${written}`}`);
    assert.deepEqual(warningsOf(named), []);
    const { upstream } = goodConfig(named);
    assert.equal(upstream.version, version);
    const asked = ["GetBucketEncryption", "GetObjectAttributes"] as const;
    assert.deepEqual(
      asked.filter((operation) => upstream.operations.has(operation)),
      learnt,
    );
    assert.equal(upstream.trailers, version === "20");
  });
}

for (const written of ["15", "21", '"18."', '"quincy"', '"018"', '"18.2.7.1"', '"-18"', '""']) {
  test(`parseConfig() refuses a Ceph of version ${written}`, () => {
    const problems = problemsOf(withStore(`, store: ceph, version: ${written}`));
    assert.equal(problems.length, 1);
    assert.match(
      problems[0] ?? "",
      / upstream\.version: Expected a version of Ceph from 16 to 20, such as "18\.2\.7": got /,
    );
  });
}

for (const written of ["18.2", "[18]", "true"]) {
  test(`parseConfig() refuses ${written} for a version: a number with a dot would lose its end`, () => {
    const problems = problemsOf(withStore(`, store: ceph, version: ${written}`));
    assert.equal(problems.length, 1);
    assert.match(
      problems[0] ?? "",
      / upstream\.version: Expected a version such as 19 or "19\.2\.3"/,
    );
  });
}

for (const kind of STORE_KINDS.filter((each) => each !== "ceph")) {
  test(`parseConfig() refuses a version of ${kind}, on which nothing depends`, () => {
    const problems = problemsOf(withStore(`, store: ${kind}, version: 19`));
    assert.equal(problems.length, 1);
    assert.match(
      problems[0] ?? "",
      / upstream\.version: The setting has no effect: only Ceph has versions \| Remove it, or set upstream\.store to ceph$/,
    );
  });
}

for (const kind of STORE_KINDS) {
  test(`parseConfig() takes foldsPaths: auto as ${kind} does`, () => {
    const { upstream } = goodConfig(withStore(`, store: ${kind}`));
    assert.equal(upstream.foldsPaths, storeTraits(kind).foldsKeys);
    const folding = goodConfig(withStore(`, store: ${kind}, foldsPaths: true`));
    assert.equal(folding.upstream.foldsPaths, true);
  });
}

for (const kind of ["generic", "aws", "ceph"] as const) {
  test(`parseConfig() believes the operator that ${kind} keeps keys apart`, () => {
    const { upstream } = goodConfig(withStore(`, store: ${kind}, foldsPaths: false`));
    assert.equal(upstream.foldsPaths, false);
  });
}

for (const kind of ["minio", "versitygw"] as const) {
  test(`parseConfig() does not believe that ${kind} keeps keys apart`, () => {
    const problems = problemsOf(withStore(`, store: ${kind}, foldsPaths: false`));
    assert.equal(problems.length, 1);
    assert.match(
      problems[0] ?? "",
      / upstream\.foldsPaths: A store of the kind \w+ maps keys such as a\/\/b to other keys, which bypasses policies \| Remove it$/,
    );
  });
}
