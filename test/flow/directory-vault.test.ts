/**
 * The example in front of Vault's KV, version 2. The Vault is a stand-in of the test's: it answers as
 * "KV secrets engine - version 2 (API)" of Vault's documentation describes it. A real OpenBao is in
 * test/tools/directory-vault.test.ts.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test, type TestContext } from "node:test";
import { startRecordingStore } from "../stores/recording.ts";
import { DEPLOY } from "../support/deploy.ts";
import { DIRECTORY_TOKEN, startExample } from "../support/directory-example.ts";
import { startFlow, until, type Flow } from "../support/flow.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import type { KeyPair } from "../support/signed.ts";

const BOB: KeyPair = { accessKey: "AKIABOB", secretKey: "theSecretOfBob" };
const VAULT_TOKEN = "hvs.of-the-directory";
const LAB = { name: "lab", upstream: { accessKey: "LABSTORE", secretKey: "of-the-lab" } };

/** Secrets by their path; `null`: the newest version is deleted. */
type Secrets = Map<string, Readonly<Record<string, unknown>> | null>;

async function startVault(
  t: TestContext,
): Promise<{ readonly address: string; readonly secrets: Secrets; readonly asked: string[] }> {
  const secrets: Secrets = new Map();
  const asked: string[] = [];
  const server = await startHttpStore((request, response) => {
    const path = decodeURIComponent((request.url ?? "").replace(/^\/v1\//, ""));
    asked.push(path);
    const answer = (status: number, body: unknown): void =>
      void response.writeHead(status).end(JSON.stringify(body));
    if (request.headers["x-vault-token"] !== VAULT_TOKEN) {
      return answer(403, { errors: ["permission denied"] });
    }
    const data = secrets.get(path);
    if (data === undefined) return answer(404, { errors: [] });
    const metadata = {
      created_time: "2026-11-30T08:00:00.000000000Z",
      custom_metadata: null,
      deletion_time: data === null ? "2026-11-30T09:00:00.000000000Z" : "",
      destroyed: false,
      version: 1,
    };
    return answer(data === null ? 404 : 200, {
      request_id: "0ab1e04c-0000-0000-0000-000000000000",
      lease_id: "",
      renewable: false,
      lease_duration: 0,
      data: { data, metadata },
      wrap_info: null,
      warnings: null,
      auth: null,
    });
  });
  t.after(() => server.stop());
  return { address: server.endpoint, secrets, asked };
}

const BOBS = "secret/data/s3warden/AKIABOB";

async function begin(
  t: TestContext,
): Promise<{ readonly flow: Flow; readonly secrets: Secrets; readonly asked: string[] }> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const { address, secrets, asked } = await startVault(t);
  const source = await startExample(t, "vault.ts", { VAULT_ADDR: address, VAULT_TOKEN });
  const directories = [{ ...source, accounts: ["lab"], cache: "1s", stale: "0s" }];
  secrets.set(BOBS, { secretKey: BOB.secretKey, account: "lab", subuser: "bob", tier: "READ" });
  return {
    flow: await startFlow(t, store.endpoint, { accounts: [LAB], directories }),
    secrets,
    asked,
  };
}

const get = (flow: Flow, key: KeyPair): Promise<RawAnswer> =>
  flow.exchange("GET", "/bucket/key", { key });

test("a secret of Vault's KV is a key: it reads, and its tier keeps it from writing", async (t) => {
  const { flow, asked } = await begin(t);
  assert.equal((await get(flow, BOB)).status, 200);
  assert.deepEqual(asked, [BOBS]);
  const put = await flow.exchange("PUT", "/bucket/key", { key: BOB, body: "x" });
  assert.equal(codeOf(put), "AccessDenied");
  const unknown = await get(flow, { ...BOB, accessKey: "AKIANOBODY" });
  assert.equal(codeOf(unknown), "InvalidAccessKeyId");
});

test("a new version of the secret rotates the key, and a deleted one ends it", async (t) => {
  const { flow, secrets } = await begin(t);
  assert.equal((await get(flow, BOB)).status, 200);
  const next = { ...BOB, secretKey: "theNextOfBob" };
  secrets.set(BOBS, { secretKey: next.secretKey, account: "lab", subuser: "bob", tier: "READ" });
  await until(async () => (await get(flow, next)).status === 200);
  secrets.set(BOBS, null);
  await until(async () => codeOf(await get(flow, next)) === "InvalidAccessKeyId");
});

test("a secret with a field that no key has is as no answer", async (t) => {
  const { flow, secrets } = await begin(t);
  secrets.set(BOBS, { secretKey: BOB.secretKey, account: "lab", role: "admin" });
  assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
});

test("the example answers nobody without the token, and leads to no other path of Vault", async (t) => {
  const { address, secrets, asked } = await startVault(t);
  secrets.set("secret/data/root", { secretKey: "x", account: "lab" });
  const { url } = await startExample(t, "vault.ts", { VAULT_ADDR: address, VAULT_TOKEN });
  const statusOf = async (path: string, token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${String(url)}/${path}`, { headers })).status;
  };
  assert.equal(await statusOf("AKIABOB", "another"), 401);
  for (const path of ["%2E%2E%2Froot", "..%2Froot", "a%2Fb", "", "AKIA%00", "%ff"]) {
    assert.equal(await statusOf(path, DIRECTORY_TOKEN), 400, path);
  }
  assert.deepEqual(asked, []);
  assert.equal(await statusOf("a%3Fb%23c", DIRECTORY_TOKEN), 404);
  assert.deepEqual(asked, ["secret/data/s3warden/a?b#c"]);
});

test("without a setting the example says which one, and ends", () => {
  for (const [env, missing] of [
    [{ DIRECTORY_TOKEN, VAULT_TOKEN }, "VAULT_ADDR"],
    [{ DIRECTORY_TOKEN, VAULT_ADDR: "http://127.0.0.1:9", VAULT_TOKEN: "" }, "VAULT_TOKEN"],
    [{ VAULT_ADDR: "http://127.0.0.1:9", VAULT_TOKEN }, "DIRECTORY_TOKEN"],
  ] as const) {
    const program = `${DEPLOY}examples/identities/vault.ts`;
    const { status, stderr } = spawnSync(process.execPath, [program], { env, encoding: "utf8" });
    assert.equal(status, 1);
    assert.equal(stderr, `Set the environment variable ${missing}\n`);
  }
});

test("a Vault that refuses the example's token, or is away, is as a directory that is away", async (t) => {
  const { address } = await startVault(t);
  const store = await startRecordingStore();
  t.after(() => store.stop());
  for (const [at, token] of [
    [address, "hvs.wrong"],
    ["http://127.0.0.1:9", VAULT_TOKEN],
  ] as const) {
    const source = await startExample(t, "vault.ts", { VAULT_ADDR: at, VAULT_TOKEN: token });
    const directories = [{ ...source, accounts: ["lab"] }];
    const flow = await startFlow(t, store.endpoint, { accounts: [LAB], directories });
    assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
  }
});
