/**
 * The example in front of Vault's KV, version 2: a real OpenBao, which has kept Vault's API. What the
 * example does with faulty secrets and paths stands in test/flow/directory-vault.test.ts.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, test, type TestContext } from "node:test";
import { startRecordingStore } from "../stores/recording.ts";
import { startExample } from "../support/directory-example.ts";
import { startFlow, until, type Flow } from "../support/flow.ts";
import { freePorts } from "../support/ports.ts";
import { SYSTEM_PATH } from "../support/program.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { KeyPair } from "../support/signed.ts";
import { ownProgram, succeeds } from "./programs.ts";

const BAO = ownProgram("bao");
const ROOT_TOKEN = "of-the-administrator";
const BOB: KeyPair = { accessKey: "AKIABOB", secretKey: "theSecretOfBob" };
const LAB = { name: "lab", upstream: { accessKey: "LABSTORE", secretKey: "of-the-lab" } };
/** The policy that the head of the example names. */
const READER = `path "secret/data/s3warden/*" { capabilities = ["read"] }`;

/** An OpenBao of a test. `bao` runs its command line as the administrator. */
type Vault = {
  readonly address: string;
  readonly bao: (args: readonly string[], input?: string) => Promise<string>;
};

/** Starts an OpenBao in memory that ends with the test. */
async function startVault(t: TestContext): Promise<Vault> {
  const [port = 0] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  const env = { PATH: SYSTEM_PATH, HOME: scratchFolder("bao") };
  const listen = `-dev-listen-address=127.0.0.1:${port}`;
  const quiet = ["-dev-no-store-token", "-log-level=error"];
  const args = ["server", "-dev", `-dev-root-token-id=${ROOT_TOKEN}`, listen, ...quiet];
  const child = spawn(BAO.path, args, {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const bao = (command: readonly string[], input?: string): Promise<string> =>
    succeeds(BAO.path, command, {
      env: { ...env, BAO_ADDR: address, BAO_TOKEN: ROOT_TOKEN },
      ...(input !== undefined && { input: Buffer.from(input) }),
    });
  // Read to its end: a pipe that nobody reads would hold the server up.
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => void (line.includes("server started") && resolve()));
    lines.once("close", () => reject(new Error("bao ended before it served")));
  });
  return { address, bao };
}

async function begin(t: TestContext): Promise<{ readonly flow: Flow; readonly vault: Vault }> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const vault = await startVault(t);
  await vault.bao(["policy", "write", "s3warden", "-"], READER);
  const created = ["token", "create", "-policy=s3warden", "-no-default-policy", "-field=token"];
  const token = (await vault.bao(created)).trim();
  const source = await startExample(t, "vault.ts", {
    VAULT_ADDR: vault.address,
    VAULT_TOKEN: token,
  });
  const directories = [{ ...source, accounts: ["lab"], cache: "1s", stale: "0s" }];
  return { flow: await startFlow(t, store.endpoint, { accounts: [LAB], directories }), vault };
}

/** Writes the key by the line of docs/identities.md. */
const put = ({ bao }: Vault, { accessKey, secretKey }: KeyPair): Promise<string> =>
  bao(
    `kv put -mount=secret s3warden/${accessKey} secretKey=${secretKey} account=lab subuser=bob tier=READ`.split(
      " ",
    ),
  );

const get = (flow: Flow, key: KeyPair): Promise<RawAnswer> =>
  flow.exchange("GET", "/bucket/key", { key });

describe("the example in front of OpenBao", { skip: skipUnless([BAO.need]) }, () => {
  test("a secret of the KV engine is a key, read by a token that may do nothing else", async (t) => {
    const { flow, vault } = await begin(t);
    await put(vault, BOB);
    assert.equal((await get(flow, BOB)).status, 200);
    const written = await flow.exchange("PUT", "/bucket/key", { key: BOB, body: "x" });
    assert.equal(codeOf(written), "AccessDenied");
    const unknown = await get(flow, { ...BOB, accessKey: "AKIANOBODY" });
    assert.equal(codeOf(unknown), "InvalidAccessKeyId");
  });

  test("a secret with policies as JSON opens what they allow, and nothing else", async (t) => {
    const { flow, vault } = await begin(t);
    const statement = {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::bucket/a",
    };
    const dave = {
      secretKey: BOB.secretKey,
      account: "lab",
      subuser: "dave",
      policies: [{ Version: "2012-10-17", Statement: [statement] }],
    };
    await vault.bao(["kv", "put", "-mount=secret", "s3warden/AKIADAVE", "-"], JSON.stringify(dave));
    const key = { ...BOB, accessKey: "AKIADAVE" };
    assert.equal((await flow.exchange("GET", "/bucket/a", { key })).status, 200);
    assert.equal(codeOf(await flow.exchange("GET", "/bucket/b", { key })), "AccessDenied");
  });

  test("a new version rotates the key; one that is deleted or destroyed ends it", async (t) => {
    const { flow, vault } = await begin(t);
    for (const [i, end] of ["delete", "destroy -versions=4"].entries()) {
      const [first, next] = [BOB, { ...BOB, secretKey: `theNextOfBob${i}` }];
      await put(vault, first);
      await until(async () => (await get(flow, first)).status === 200);
      await put(vault, next);
      await until(async () => (await get(flow, next)).status === 200);
      const [command = "", ...options] = end.split(" ");
      await vault.bao(["kv", command, "-mount=secret", ...options, "s3warden/AKIABOB"]);
      await until(async () => codeOf(await get(flow, next)) === "InvalidAccessKeyId");
    }
  });

  test("an OpenBao that is sealed, or lets the token read nothing, is as a directory that is away", async (t) => {
    for (const end of ["operator seal", "policy delete s3warden"]) {
      const { flow, vault } = await begin(t);
      await put(vault, BOB);
      await vault.bao(end.split(" "));
      assert.equal(codeOf(await get(flow, BOB)), "SlowDown", end);
    }
  });
});
