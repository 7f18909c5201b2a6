import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { KeyTree, LEVELS_MAX } from "../../../src/cli/suggest-keys.ts";
import { runSuggest, type SuggestOptions } from "../../../src/cli/suggest.ts";
import { writeConfig } from "../../support/config-files.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran } from "../../support/terminal.ts";

const FOLDER = scratchFolder("suggest");

type Fields = Readonly<Record<string, unknown>>;

function line(fields: Fields): string {
  return JSON.stringify({
    time: "2026-11-22T12:00:00.000Z",
    requestId: "R",
    method: "GET",
    operation: "GetObject",
    bucket: "photos",
    key: "a",
    account: "lab",
    subuser: "reader",
    accessKeyId: "AKIDREADER",
    decision: "allow",
    request: { auth: "header", signature: "v4" },
    ...fields,
  });
}

async function suggested(lines: readonly Fields[], options: Partial<SuggestOptions> = {}) {
  const file = join(FOLDER, "audit.jsonl");
  writeFileSync(file, lines.map((fields) => `${line(fields)}\n`).join(""));
  return ran((terminal) => runSuggest([file], { as: "lab:reader", ...options }, terminal));
}

test("suggest grants nothing that the store refused, and says what it left out", async () => {
  const lines = [
    { key: "mine", outcome: "forwarded", status: 200 },
    { key: "secret", outcome: "forwarded", status: 403 },
    { key: "gone", outcome: "forwarded", status: 404 },
  ];
  const { code, out, err } = await suggested(lines);
  assert.equal(code, 0);
  assert.match(out, /photos\/mine/);
  assert.match(out, /photos\/gone/);
  assert.doesNotMatch(out, /secret/);
  assert.match(err, /^1 request that the store refused \(403\) left out/m);
  assert.match((await suggested(lines, { includeDenied: true })).out, /photos\/secret/);
  const alone = await suggested([{ key: "secret", outcome: "forwarded", status: 403 }]);
  assert.equal(alone.code, 1);
  assert.match(alone.err, /^The store refused all that "lab:reader" did \(1 request\)/);
});

const many = (count: number, name: (i: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, i) => name(i));

for (const [name, keys, expected] of [
  ["few keys by their names", ["a", "b/c", "b/d"], ["a", "b/c", "b/d"]],
  ["three keys of a folder", ["f/1", "f/2", "f/3"], ["f/1", "f/2", "f/3"]],
  ["four keys of a folder as the folder", ["f/1", "f/2", "f/3", "f/4", "a"], ["a", "f/*"]],
  ["four keys at the top as everything", ["1", "2", "3", "4", "f/1"], ["*"]],
  ["eight folders", many(8, (i) => `f${i}/k`), many(8, (i) => `f${i}/k`)],
  ["nine folders in a folder as that folder", ["a", ...many(9, (i) => `d/f${i}/k`)], ["a", "d/*"]],
  ["deep folders no deeper than four", many(4, (i) => `a/b/c/d/e${i}/f/k`), ["a/b/c/d/*"]],
  ["keys with empty folders", ["//", "/a", "a//b"], ["/a", "//", "a//b"]],
] as const) {
  test(`suggest names ${name}, whatever their order`, () => {
    for (const order of [keys, [...keys].reverse(), [...keys, ...keys]]) {
      const tree = new KeyTree(false);
      for (const key of order) tree.add(key);
      const patterns = tree
        .patterns(LEVELS_MAX)
        .map(({ text, wildcard }) => text + (wildcard ? "*" : ""));
      assert.deepEqual(new Set(patterns), new Set(expected));
    }
  });
}

for (const [levels, expected] of [
  [5, ["a/b/c/d/1", "a/b/c/d/2", "a/b/c/e/1", "a/x/y/z/1", "b/1", "b/2"]],
  [4, ["a/b/c/d/*", "a/b/c/e/1", "a/x/y/z/1", "b/1", "b/2"]],
  [3, ["a/b/c/*", "a/x/y/z/1", "b/1", "b/2"]],
  [2, ["a/b/c/*", "a/x/y/z/1", "b/1", "b/2"]],
  [1, ["a/*", "b/*"]],
  [0, ["*"]],
] as const) {
  test(`suggest can tell keys apart ${levels} levels deep`, () => {
    const tree = new KeyTree(false);
    const keys = ["a/b/c/d/1", "a/b/c/d/2", "a/b/c/e/1", "a/x/y/z/1", "b/1", "b/2"];
    for (const key of keys) tree.add(key);
    const patterns = tree
      .patterns(levels)
      .map(({ text, wildcard }) => text + (wildcard ? "*" : ""));
    assert.deepEqual(patterns, expected);
  });
}

test("suggest joins the deepest folders where a policy would be too long, whatever the order", async () => {
  const folders = many(8 ** 4, (i) => i.toString(8).padStart(4, "0").split("").join("/"));
  const lines = folders.map((folder) => ({ key: `${folder}/a-file.log` }));
  const kept = { bucket: "other", key: "a/b/c/d/e", operation: "PutObject", method: "PUT" };
  const first = await suggested([...lines, kept]);
  assert.equal(first.code, 0, first.err);
  assert.ok(first.out.length < 65_536);
  assert.match(first.err, /^widened: arn:aws:s3:::photos\/0\/0\/0\/\* /m);
  assert.match(first.out, /other\/a\/b\/c\/d\/e"/);
  assert.equal((await suggested([kept, ...lines.toReversed()])).out, first.out);
  const exact = await suggested(lines, { exact: true });
  assert.deepEqual([exact.code, exact.out], [2, ""]);
  assert.match(exact.err, /^Cannot write it as one policy: .*maximum allowed size/);
});

test("suggest says that no policy names so many buckets", async () => {
  const { code, out, err } = await suggested(
    many(1_001, (i) => `b${i}-name`).map((bucket) => ({ bucket })),
  );
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /^Cannot write it as one policy: it names more than 1000 buckets/);
});

const DAY: readonly Fields[] = [
  {
    operation: "ListObjectsV2",
    key: undefined,
    request: { auth: "header", signature: "v4", query: { "list-type": "2", prefix: null } },
  },
  ...many(5, (i) => `2026/${i}`).map((key) => ({ key })),
  { key: "a *?${x}" },
  {
    operation: "PutObject",
    method: "PUT",
    key: "2026/new",
    request: { auth: "header", signature: "v4", headers: { "x-amz-acl": "public-read" } },
  },
  {
    operation: "DeleteObjects",
    method: "POST",
    key: undefined,
    request: {
      auth: "header",
      signature: "v4",
      query: { delete: null },
      deletes: [["old"], ["old", "v1"]],
    },
  },
  { operation: "ListBuckets", bucket: undefined, key: undefined },
  { operation: "PutObject", method: "PUT", decision: "deny", gate: "allow" },
  { subuser: "other", operation: "DeleteBucket", method: "DELETE", key: undefined },
];

const POLICY = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: ["s3:ListAllMyBuckets"], Resource: ["*"] },
    { Effect: "Allow", Action: ["s3:ListBucket"], Resource: ["arn:aws:s3:::photos"] },
    {
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Resource: ["arn:aws:s3:::photos/2026/*", "arn:aws:s3:::photos/a ${*}${?}${$}{x}"],
    },
    {
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:PutObjectAcl"],
      Resource: ["arn:aws:s3:::photos/2026/new"],
    },
    {
      Effect: "Allow",
      Action: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
      Resource: ["arn:aws:s3:::photos/old"],
    },
  ],
};

test("suggest writes what was done as one small policy, the same in whatever order it was done", async () => {
  for (const order of [DAY, DAY.toReversed(), [...DAY, ...DAY]]) {
    const { code, out, err } = await suggested(order);
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(out), POLICY);
    assert.match(err, /^widened: arn:aws:s3:::photos\/2026\/\* /m);
    assert.match(err, /^\d denied requests? left out/m);
  }
});

test("suggest --exact widens nothing, --include-denied takes what was refused too", async () => {
  const exact = await suggested(DAY, { exact: true });
  assert.doesNotMatch(exact.err, /widened/);
  assert.match(exact.out, /photos\/2026\/4"/);
  const denied = await suggested(DAY, { includeDenied: true });
  assert.deepEqual(JSON.parse(denied.out).Statement.at(-1).Resource, ["arn:aws:s3:::photos/old"]);
  assert.match(denied.out, /"s3:PutObject"\s*\],\s*"Resource": \[\s*"arn:aws:s3:::photos\/a"/);
});

test("suggest takes what report mode let through, since it was done", async () => {
  const { out } = await suggested([{ decision: "deny", gate: "allow", reported: true }]);
  assert.match(out, /photos\/a/);
});

const deletion = (fields: Fields, request: Fields): Fields => ({
  operation: "DeleteObjects",
  method: "POST",
  key: undefined,
  ...fields,
  request: { auth: "header", signature: "v4", query: { delete: null }, ...request },
});

test("suggest takes of a list of deletions what was not denied of it", async () => {
  const lines = [
    deletion(
      { decision: "deny", outcome: "forwarded" },
      { deletes: [["a"], ["b"], ["c", "v"]], denied: [0, 2] },
    ),
    deletion({ decision: "deny", outcome: "answered" }, { deletes: [["d"]] }),
  ];
  const { code, out, err } = await suggested(lines);
  assert.equal(code, 0, err);
  assert.deepEqual(JSON.parse(out).Statement, [
    { Effect: "Allow", Action: ["s3:DeleteObject"], Resource: ["arn:aws:s3:::photos/b"] },
  ]);
  assert.match(err, /^1 list of deletions without what was denied/m);
  assert.match(err, /^1 denied request left out/m);
  const all = await suggested(lines, { includeDenied: true });
  for (const key of ["a", "b", "c", "d"]) assert.ok(all.out.includes(`photos/${key}"`), key);
  assert.doesNotMatch(all.err, /denied/);
});

test("suggest says that it leaves out lists that were allowed in part", async () => {
  const line = deletion({ decision: "deny", outcome: "forwarded" }, { clipped: true });
  const { code, err } = await suggested([line]);
  assert.equal(code, 1);
  assert.match(err, /^What "lab:reader" did cannot be told$/m);
  assert.match(err, /^1 list of deletions allowed in part left out/m);
});

test("suggest allows every deletion in the bucket where a list was too long for its line", async () => {
  const { code, out, err } = await suggested([deletion({}, { clipped: true })]);
  assert.equal(code, 0, err);
  assert.match(out, /"s3:DeleteObject"\s*\],\s*"Resource": \[\s*"arn:aws:s3:::photos\/\*"/);
  assert.match(err, /^1 form or list of deletions not recorded whole$/m);
});

test("suggest says what it cannot know", async () => {
  const { code, out, err } = await suggested([
    {
      operation: "DeleteObjects",
      method: "POST",
      key: undefined,
      request: { auth: "header", signature: "v4" },
    },
    {
      operation: "PostObject",
      method: "POST",
      key: "form",
      request: { auth: "form", signature: "v4" },
    },
    { operation: "PutBucketLogging", method: "PUT", key: undefined },
    { key: "x…", request: { auth: "header", signature: "v4", clipped: true } },
    { request: undefined },
  ]);
  assert.equal(code, 0, err);
  assert.match(out, /"s3:DeleteObject"\s*\],\s*"Resource": \[\s*"arn:aws:s3:::photos\/\*"/);
  assert.match(out, /photos\/form/);
  for (const said of [
    /^1 document may/m,
    /^2 forms and lists/m,
    /^1 left out: .*too long/m,
    /^1 left out: .*older/m,
  ]) {
    assert.match(err, said);
  }
});

test("suggest leaves out what a provider's policies cannot name, and says so", async () => {
  const requests = [
    {},
    { operation: "GetObjectTagging", request: { auth: "header", query: { tagging: null } } },
  ];
  const { code, out, err } = await suggested(requests, { provider: "atman" });
  assert.equal(code, 0, err);
  assert.doesNotMatch(out, /Tagging/);
  assert.match(err, /^left out: s3:GetObjectTagging, which policies of atman cannot name$/m);
  const config = writeConfig({ accounts: [], policy: { provider: "atman" } });
  assert.equal((await suggested(requests, { config })).out, out);
});

for (const [name, options, code, expected] of [
  ["a name that is nearly right", { as: "lab:raeder" }, 1, /Did you mean "lab:reader"\?/],
  ["a name of nobody", { as: "somebody" }, 1, /These do: lab, lab:reader, lab:writer/],
  [
    "who did nothing but what was refused",
    { as: "lab:writer" },
    1,
    /was only denied.*--include-denied/,
  ],
  ["who has no name", { as: "anonymous" }, 1, /policy of a bucket/],
  ["a provider that is none", { provider: "qumolo" }, 2, /Did you mean "qumulo"\?/],
] as const) {
  test(`suggest answers ${name}`, async () => {
    const lines = [{}, { subuser: undefined }, { subuser: "writer", decision: "deny" }];
    const result = await suggested(lines, options);
    assert.equal(result.code, code);
    assert.equal(result.out, "");
    assert.match(result.err, expected);
  });
}

test("suggest says that it has read no audit log", async () => {
  const file = join(FOLDER, "other.jsonl");
  writeFileSync(file, '{"level":30,"msg":"listening"}\n');
  const { code, out, err } = await ran((terminal) => runSuggest([file], { as: "lab" }, terminal));
  assert.deepEqual([code, out], [2, ""]);
  assert.equal(err, "There is no line of an audit log in what was read\n");
});

test("suggest says which file it cannot read", async () => {
  const file = join(FOLDER, "none.jsonl");
  const { code, err } = await ran((terminal) => runSuggest([file], { as: "lab" }, terminal));
  assert.equal(code, 2);
  assert.match(err, /Cannot read the audit log: .*none\.jsonl/);
});
