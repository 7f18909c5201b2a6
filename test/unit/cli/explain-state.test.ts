/** `explain` of what owners have put through a gateway, or `adopt` has remembered. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runExplain, type ExplainOptions } from "../../../src/cli/explain.ts";
import type { StoredRecord } from "../../../src/state/record.ts";
import { openDirectory } from "../../../src/state/directory.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran } from "../../support/terminal.ts";

const KEY = (name: string): string =>
  `{ accessKey: AKID${name.toUpperCase()}, secretKey: "5501234567" }`;
const ACCOUNTS = `accounts:
  - { name: lab, keys: [${KEY("lab")}], upstream: ${KEY("store")} }
  - { name: other, keys: [${KEY("other")}] }
`;
const GATEWAY = {
  upstream: { endpoints: ["http://store:7480"], store: "ceph" },
  identities: [{ accounts: "accounts.yaml" }],
  policy: { bucketPolicies: "gateway", anonymous: "policy" },
  state: { directory: "records" },
};
const PUBLIC = JSON.stringify(
  {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: "*",
        Action: "s3:GetObject",
        Resource: "arn:aws:s3:::data/*",
      },
    ],
  },
  undefined,
  2,
);

/** A folder with a configuration, whose state has these records. */
async function folderWith(records: Readonly<Record<string, Partial<StoredRecord>>>) {
  const folder = scratchFolder("explain-state");
  writeFileSync(join(folder, "accounts.yaml"), ACCOUNTS);
  writeFileSync(join(folder, "gateway.yaml"), JSON.stringify(GATEWAY));
  const state = join(folder, "records");
  if (Object.keys(records).length === 0) return { folder, state };
  const store = openDirectory(state);
  assert(store.ok);
  const plain = { owner: "lab", policy: undefined, at: 1, by: "lab" };
  for (const [name, record] of Object.entries(records)) {
    await store.value.write(name, { ...plain, ...record }, undefined);
  }
  return { folder, state };
}

async function explained(folder: string, options: Partial<ExplainOptions>) {
  const config = join(folder, "gateway.yaml");
  return ran((terminal) => runExplain({ config, ip: "198.51.100.1", ...options }, terminal));
}

test("explain names the statement of a policy that the owner has put", async () => {
  const { folder } = await folderWith({ data: { policy: PUBLIC } });
  const { code, out } = await explained(folder, { anonymous: true, request: "GET /data/k" });
  assert.match(out, /s3:GetObject on arn:aws:s3:::data\/k \(allowed by policy of data:4\)/);
  assert.equal(code, 0);
  const action = { action: "s3:GetObject", resource: "arn:aws:s3:::data/k" };
  assert.equal((await explained(folder, { as: "other", ...action })).code, 0);
  const refused = await explained(folder, { as: "other", request: "PUT /data/k" });
  assert.match(refused.out, /allow +refused/);
  assert.equal(refused.code, 1);
});

test("explain knows the records of both buckets of a copy", async () => {
  const { folder } = await folderWith({ data: { policy: PUBLIC }, mine: { owner: "other" } });
  const header = ["x-amz-copy-source: /data/k"];
  const copy = { as: "other", request: "PUT /mine/k", header };
  const { out } = await explained(folder, copy);
  assert.match(out, /s3:GetObject on arn:aws:s3:::data\/k \(allowed by policy of data:4\)/);
  assert.match(out, /s3:PutObject on arn:aws:s3:::mine\/k \(allowed by account\)/);
});

test("explain changes nothing: a state that is not there yet has no records and is not made", async () => {
  const { folder, state } = await folderWith({});
  const { code } = await explained(folder, { anonymous: true, request: "GET /data/k" });
  assert.equal(code, 1);
  assert.equal(existsSync(state), false);
});

test("explain does not guess where a record cannot be read", async () => {
  const { folder, state } = await folderWith({ data: { policy: PUBLIC } });
  const [file = ""] = readdirSync(state);
  writeFileSync(join(state, file), "{");
  const torn = await explained(folder, { as: "lab", request: "GET /data/k" });
  assert.equal(torn.code, 2);
  assert.match(torn.err, /^Cannot read the state: /);
  const useless = await folderWith({ data: { policy: "{}" } });
  const refused = await explained(useless.folder, { as: "lab", request: "GET /data/k" });
  assert.equal(refused.code, 2);
  assert.match(refused.err, /^Cannot use the record of "data": /);
});

test("explain says that another account's bucket cannot be made, and the own one can again", async () => {
  const { folder } = await folderWith({ data: {} });
  const taken = await explained(folder, { as: "other", request: "PUT /data" });
  assert.match(taken.out, /Denied: The requested bucket name is not available/);
  assert.equal(taken.code, 1);
  assert.equal((await explained(folder, { as: "lab", request: "PUT /data" })).code, 0);
  assert.equal((await explained(folder, { as: "other", request: "PUT /fresh" })).code, 0);
});
