import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runAdopt } from "../../../src/cli/adopt.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran } from "../../support/terminal.ts";

const GATEWAY = {
  upstream: { endpoints: ["http://store"], store: "ceph" },
  identities: [{ accounts: "accounts.yaml" }],
  policy: { bucketPolicies: "gateway" },
};

/** A folder with a configuration; its `state` is the directory `records`. */
function folderWith(gateway: object): string {
  const folder = scratchFolder("adopt");
  const accounts = [{ name: "lab" }, { name: "other" }];
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts }));
  writeFileSync(join(folder, "gateway.yaml"), JSON.stringify(gateway));
  return folder;
}

async function adopt(folder: string, bucket: string, account: string) {
  const config = join(folder, "gateway.yaml");
  return ran((terminal) => runAdopt(bucket, { config, account }, terminal));
}

test("runAdopt() remembers whose a bucket is, and never takes it from another", async () => {
  const folder = folderWith({ ...GATEWAY, state: { directory: "records" } });
  assert.deepEqual(await adopt(folder, "data", "lab"), {
    code: 0,
    out: 'The bucket "data" is the account "lab"\'s\n',
    err: "",
  });
  const [file = ""] = readdirSync(join(folder, "records"));
  const record: unknown = JSON.parse(readFileSync(join(folder, "records", file), "utf8"));
  assert.ok(typeof record === "object" && record !== null && "owner" in record);
  assert.equal(record.owner, "lab");
  assert.match((await adopt(folder, "data", "lab")).out, /is already the account "lab"'s/);
  const stolen = await adopt(folder, "data", "other");
  assert.equal(stolen.code, 1);
  assert.equal(stolen.err, 'Cannot adopt "data": The bucket belongs to the account "lab"\n');
});

const REFUSED = [
  ["no bucket's name", "a/b", "lab", GATEWAY, /Expected the name of a bucket/],
  ["an unknown account", "data", "lba", GATEWAY, /there is no account "lba". Known: lab, other/],
] as const;
for (const [what, bucket, account, gateway, expected] of REFUSED) {
  test(`runAdopt() refuses ${what}`, async () => {
    const folder = folderWith({ ...gateway, state: { directory: "records" } });
    const { code, err } = await adopt(folder, bucket, account);
    assert.equal(code, 1);
    assert.match(err, expected);
  });
}

test("runAdopt() refuses where nothing is remembered", async () => {
  const { err } = await adopt(folderWith(GATEWAY), "data", "lab");
  assert.match(err, /the configuration has no state/);
});

test("runAdopt() tells the problems of a configuration", async () => {
  const { code, err } = await adopt(folderWith({ ...GATEWAY, listn: {} }), "data", "lab");
  assert.equal(code, 1);
  assert.match(err, /Unknown key "listn"/);
});
