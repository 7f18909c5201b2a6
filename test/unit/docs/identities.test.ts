import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compileDirectory } from "../../../src/config/directory.ts";
import { readDirectoryAnswer } from "../../../src/config/directory-answer.ts";
import { compileForeign } from "../../../src/config/foreign.ts";
import { networkDecision } from "../../../src/policy/network.ts";
import { goodConfig } from "../../support/config.ts";
import { at, readContract } from "../../support/directory-contract.ts";

const PAGE = readFileSync(new URL("../../../docs/identities.md", import.meta.url), "utf8");
const [GATEWAY = "", TENANT = "", OVERLAY = "", DIRECTORY = ""] = [
  ...PAGE.matchAll(/^```yaml\n([\s\S]*?)^```$/gm),
].map(([, text = ""]) => text);

test("docs/identities.md: its configuration is good, and its defaults are those of the code", () => {
  const { ceph } = goodConfig({ "gateway.yaml": GATEWAY }, { RGW_ADMIN_SECRET: "secret" });
  assert.equal(ceph[0]?.cacheMs, 60_000);
  assert.equal(ceph[0]?.staleMs, 600_000);
  assert.equal(ceph[0]?.entries, 100_000);
  assert.match(PAGE, /`cache` \(60 s\).*[\s\S]*`stale` \(10 minutes\)/);
});

test("docs/identities.md: the account of a key in a tenant passes check, which says whose buckets it means", () => {
  const gateway = GATEWAY.replace("identities:", "identities:\n  - accounts: accounts.yaml");
  const files = { "gateway.yaml": gateway, "accounts.yaml": TENANT };
  const { accounts } = goodConfig(files, { RGW_ADMIN_SECRET: "secret", LAB_SECRET: "secret" });
  assert.deepEqual(
    accounts.map(({ name, tenant }) => [name, tenant]),
    [["lab", "465000001"]],
  );
});

test("docs/identities.md: the account of the same name adds its networks", () => {
  const gateway = GATEWAY.replace("identities:", "identities:\n  - accounts: accounts.yaml");
  const files = { "gateway.yaml": gateway, "accounts.yaml": OVERLAY };
  const keyOf = compileForeign(goodConfig(files, { RGW_ADMIN_SECRET: "secret" }));
  const key = { accessKeyId: "AK", secret: "SK", subuser: "reader", disabled: false };
  const user = { tenant: "", name: "alice", suspended: false, subusers: new Map(), keys: [key] };
  const networks = keyOf(user, "AK")?.subuser?.networks;
  assert(networks !== undefined);
  assert.equal(networkDecision(networks, "192.0.2.7"), "allowed");
  assert.equal(networkDecision(networks, "192.0.2.8"), "denied");
});

test("docs/identities.md: the directory's configuration is good, and its answer is understood", () => {
  const files = {
    "gateway.yaml": `upstream: { endpoints: ["http://127.0.0.1:9000"], store: minio }\n${DIRECTORY}`,
    "accounts.yaml": "accounts: [{ name: lab, upstream: { accessKey: AK, secretKey: SK } }]\n",
  };
  const config = goodConfig(files, { DIRECTORY_TOKEN: "token" });
  const [directory] = config.directories;
  assert(directory !== undefined);
  assert.deepEqual(directory.token, { kind: "text", text: "token" });
  const [, json = ""] = /^```json\n([\s\S]*?)^```$/m.exec(PAGE) ?? [];
  const answer = readDirectoryAnswer(json);
  assert(answer.ok);
  const key = compileDirectory(config, directory)(answer.value);
  assert(key.ok);
  const { account, subuser, networks, expiresMs } = key.value;
  assert.deepEqual([account.name, subuser?.name, subuser?.tier?.name], ["lab", "bob", "READ"]);
  assert.equal(networkDecision(networks, "192.0.2.7"), "allowed");
  assert.equal(expiresMs, Date.parse("2027-01-31T00:00:00Z"));
});

test("docs/identities.md: its table has every field of the contract, and no other", () => {
  const [, table = ""] = /^\| field [\s\S]*?\n\|[ -|]*\n([\s\S]*?)\n\n/m.exec(PAGE) ?? [];
  const named = table.split("\n").flatMap((row) => {
    const [, first = ""] = row.split("|");
    return [...first.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  });
  const fields = at(readContract().document, "components", "schemas", "Key", "properties");
  assert(typeof fields === "object" && fields !== null);
  assert.deepEqual(named.toSorted(), Object.keys(fields).toSorted());
});
