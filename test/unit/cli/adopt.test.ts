import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runAdopt } from "../../../src/cli/adopt.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { startHttpStore } from "../../support/scripted-store.ts";
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

async function adopt(folder: string, bucket: string, account: string, from?: string, policy = "") {
  const options = { config: join(folder, "gateway.yaml"), account };
  const file = policy === "" ? {} : { policy: join(folder, policy) };
  const all = { ...options, ...(from !== undefined && { from }), ...file };
  return ran((terminal) => runAdopt(bucket, all, terminal));
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
  assert.equal(
    stolen.err,
    'Cannot adopt "data": The bucket belongs to the account "lab". To take it from that account, add --from lab\n',
  );
});

test("runAdopt() takes a bucket from the account that is named, and from no other", async () => {
  const folder = folderWith({ ...GATEWAY, state: { directory: "records" } });
  const early = await adopt(folder, "data", "other", "lab");
  assert.equal(early.err, 'Cannot adopt "data": No account owns it: leave out --from\n');
  await adopt(folder, "data", "lab");
  const wrong = await adopt(folder, "data", "other", "others");
  assert.match(wrong.err, /belongs to the account "lab"/);
  const taken = await adopt(folder, "data", "other", "lab");
  assert.equal(
    taken.out,
    'The bucket "data" is now the account "other"\'s, without the policy that it had\n',
  );
  assert.match((await adopt(folder, "data", "other", "lab")).out, /is already the account "other"/);
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

test("runAdopt() prints the problems of a configuration", async () => {
  const { code, err } = await adopt(folderWith({ ...GATEWAY, listn: {} }), "data", "lab");
  assert.equal(code, 1);
  assert.match(err, /Unknown key "listn"/);
});

test("runAdopt() sets the named policy on a bucket without one, and replaces none", async () => {
  const policy = { provider: "qumulo", bucketPolicies: "gateway" };
  const folder = folderWith({ ...GATEWAY, policy, state: { directory: "records" } });
  const open = `{"Statements":[{"Effect":"Allow","Action":["s3:*"],"Principal":{"Qumulo":["Everyone"]}}]}\n`;
  writeFileSync(join(folder, "open.json"), open);
  writeFileSync(join(folder, "wrong.json"), open.replace("Statements", "Statement"));
  const wrong = await adopt(folder, "data", "lab", undefined, "wrong.json");
  assert.match(wrong.err, /wrong\.json:1: .*Statement/);
  assert.match((await adopt(folder, "data", "lab", undefined, "none.json")).err, /cannot read/);
  assert.equal((await adopt(folder, "data", "lab")).code, 0);
  assert.equal((await adopt(folder, "data", "lab", undefined, "open.json")).code, 0);
  const [file = ""] = readdirSync(join(folder, "records"));
  const record: unknown = JSON.parse(readFileSync(join(folder, "records", file), "utf8"));
  assert.ok(typeof record === "object" && record !== null && "policy" in record);
  assert.equal(record.policy, open);
  const again = await adopt(folder, "data", "lab", undefined, "open.json");
  assert.match(again.err, /It has a policy already/);
});

test("runAdopt() exits 1 of a bucket that the store does not have, and of no other", async (t) => {
  const asked: string[] = [];
  const store = await startHttpStore((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const isThere = request.url?.startsWith("/data?") === true;
    response.writeHead(isThere ? 403 : 404);
    response.end(`<Error><Code>${isThere ? "AccessDenied" : "NoSuchBucket"}</Code></Error>`);
  });
  t.after(() => store.stop());
  const upstream = { endpoints: [store.endpoint], store: "ceph" };
  const folder = folderWith({ ...GATEWAY, upstream, state: { directory: "records" } });
  const keys = [{ accessKey: "AKIALAB", secretKey: "theSecretOfLab00" }];
  const accounts = [{ name: "lab" }, { name: "other", keys }];
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts }));
  const missing = await adopt(folder, "nowhere", "lab");
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^Cannot adopt "nowhere": the store has no such bucket/);
  assert.deepEqual(asked, ["GET /nowhere?location"]);
  assert.equal((await adopt(folder, "data", "lab")).code, 0);
  assert.equal(readdirSync(join(folder, "records")).length, 1);
});
