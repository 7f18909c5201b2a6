/**
 * An application with the identity of its ServiceAccount and the gateway beside it, as
 * docs/kubernetes.md says: the sidecar's own configuration, a token in a projected volume, and clients
 * as they are, on a real Ceph. Neither the kubelet nor the API server is here: the test writes their
 * token, and renews it in their way.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import * as s3 from "@aws-sdk/client-s3";
import { parse } from "yaml";
import { z } from "zod";
import { CEPH, startCeph } from "./ceph.ts";
import { endSessionsAtOnce } from "./ended-sessions.ts";
import { BOTO3_DAY, CURRENT_PYTHON, PYTHON, TEXT } from "./token-client.ts";
import { auditRecords } from "../support/audit.ts";
import { DEPLOY } from "../support/deploy.ts";
import { until } from "../support/flow.ts";
import { serveFile } from "../support/gateway.ts";
import { rawExchange } from "../support/raw-client.ts";
import { runProgram } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { formOf } from "../support/sts.ts";
import { makeKey, publicJwk, tokenOf, type TokenKey } from "../support/tokens.ts";
import { blocks, pageOf } from "../unit/docs/page.ts";

const SIDECAR = `${DEPLOY}kubernetes/sidecar/config/gateway.yaml`;
const CLIENT = fileURLToPath(new URL("sidecar-client.mjs", import.meta.url));
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const BUCKET = "of-the-application";

const section = z.record(z.string(), z.unknown());
const documented = (what: string) =>
  parse(
    blocks(pageOf("kubernetes.md"), "yaml").find((block) => block.startsWith(`# ${what}`)) ?? "",
  );
const GATEWAY = z
  .looseObject({
    issuers: z.array(z.looseObject({ url: z.string(), audiences: z.array(z.string()) })),
  })
  .parse(documented("gateway.yaml of the sidecar"));
const ACCOUNT = z
  .looseObject({
    name: z.string(),
    roles: z.array(
      z.looseObject({
        name: z.string(),
        trust: z.object({ issuer: z.string(), subject: z.string() }),
      }),
    ),
  })
  .parse(
    z.object({ accounts: z.array(z.unknown()) }).parse(documented("accounts.yaml of the sidecar"))
      .accounts[0],
  );
const [ISSUER] = GATEWAY.issuers;
const [ROLE] = ACCOUNT.roles;
const ROLE_ARN = `arn:aws:iam::${ACCOUNT.name}:role/${ROLE?.name}`;

/** A token as the API server writes it ("ServiceAccount token volume projection", Kubernetes). */
function podToken(key: TokenKey): string {
  const [, , namespace, name] = (ROLE?.trust.subject ?? "").split(":");
  const now = Math.floor(Date.now() / 1000);
  return tokenOf(key, {
    aud: ISSUER?.audiences,
    exp: now + 3607,
    iat: now,
    iss: ISSUER?.url,
    "kubernetes.io": { namespace, serviceaccount: { name, uid: "3" } },
    nbf: now,
    sub: ROLE?.trust.subject,
  });
}

/**
 * A volume as the kubelet writes it: a file is a link into `..data`, which is a link to a folder, and
 * changes in one step.
 */
class ProjectedVolume {
  readonly folder = scratchFolder("projected");
  readonly token = join(this.folder, "token");
  #generation = 0;

  constructor() {
    symlinkSync(join("..data", "token"), this.token);
  }

  write(token: string): void {
    const before = `..${this.#generation++}`;
    const next = `..${this.#generation}`;
    mkdirSync(join(this.folder, next));
    writeFileSync(join(this.folder, next, "token"), token);
    symlinkSync(next, join(this.folder, "..data_tmp"));
    renameSync(join(this.folder, "..data_tmp"), join(this.folder, "..data"));
    rmSync(join(this.folder, before), { recursive: true, force: true });
  }
}

/** The application: writes and reads a key, and returns what it read. */
function startApplication(
  t: TestContext,
  env: Readonly<Record<string, string>>,
): (key: string) => Promise<string> {
  const child = spawn(process.execPath, [CLIENT], { env, stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  return async (key) => {
    const said = once(lines, "line");
    const ended = once(lines, "close").then(() => ["the application ended"]);
    child.stdin.write(`${key}\n`);
    return String((await Promise.race([said, ended]))[0]);
  };
}

test(
  "an application without a key reads and writes by its ServiceAccount through its sidecar, on Ceph",
  { skip: skipUnless([CEPH, CURRENT_PYTHON]) },
  async (t) => {
    const ceph = await startCeph();
    t.after(() => ceph.stop());
    const store = ceph.users("alice");
    const owner = clientOf(ceph.endpoint, store);
    t.after(() => owner.destroy());
    await owner.send(new s3.CreateBucketCommand({ Bucket: BUCKET }));

    const [first, next] = [makeKey("first", "RS256", "rsa"), makeKey("next", "RS256", "rsa")];
    const folder = scratchFolder("sidecar");
    const file = join(folder, "gateway.yaml");
    const keys = (...all: readonly TokenKey[]): void =>
      writeFileSync(
        join(folder, "cluster-keys.json"),
        JSON.stringify({ keys: all.map((key) => publicJwk(key)) }),
      );
    keys(first);
    mkdirSync(join(folder, "secrets"));
    writeFileSync(join(folder, "secrets/store"), store.secretKey);
    const sealing = await runProgram(process.execPath, [MAIN, "keygen", "--sealing"]);
    writeFileSync(join(folder, "secrets/2026-11"), sealing.output);
    const upstream = { accessKey: store.accessKey, secretKey: "${file:secrets/store}" };
    const accounts = { accounts: [{ ...ACCOUNT, upstream }] };
    writeFileSync(join(folder, "accounts.yaml"), JSON.stringify(accounts));
    const config = {
      ...section.parse(parse(readFileSync(SIDECAR, "utf8"))),
      ...GATEWAY,
      listen: { address: "127.0.0.1:0" },
      admin: { address: "127.0.0.1:0" },
      upstream: { endpoints: [ceph.endpoint], store: "ceph" },
      log: { audit: { file: "audit.jsonl" } },
    };
    writeFileSync(file, JSON.stringify(config));
    const gateway = await serveFile(file);
    t.after(() => gateway.stop());

    const volume = new ProjectedVolume();
    const oldToken = podToken(first);
    volume.write(oldToken);
    const { endpoint } = gateway;
    const pod = {
      AWS_ROLE_ARN: ROLE_ARN,
      AWS_WEB_IDENTITY_TOKEN_FILE: volume.token,
      AWS_ENDPOINT_URL_STS: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      HOME: folder,
    };
    await t.test("boto3 spends its day", async () => {
      const day = await runProgram(PYTHON, [BOTO3_DAY, "a-day"], { env: pod });
      assert.equal(day.status, 0, day.errors);
      const { text, who } = z
        .looseObject({ text: z.string(), who: z.string() })
        .parse(JSON.parse(day.output.toString()));
      assert.equal(text, TEXT);
      assert.match(who, new RegExp(`^arn:aws:sts::${ACCOUNT.name}:assumed-role/${ROLE?.name}/`));
    });
    await t.test("an application that runs goes on while token and keys are rotated", async () => {
      // Sessions that end at once make it read the token for each of its requests.
      const short = { ...pod, AWS_ENDPOINT_URL_STS: await endSessionsAtOnce(t, endpoint) };
      const work = startApplication(t, short);
      assert.equal(await work("one"), "the text of one");
      keys(first, next);
      const reloads = async (): Promise<number> =>
        Number(
          /^s3warden_config_generation (\d+)$/m.exec(
            await (await fetch(`${gateway.adminEndpoint}/metrics`)).text(),
          )?.[1],
        );
      process.kill(gateway.pid, "SIGHUP");
      await until(async () => (await reloads()) === 2);
      volume.write(podToken(next));
      assert.equal(await work("two"), "the text of two");
      keys(next);
      process.kill(gateway.pid, "SIGHUP");
      await until(async () => (await reloads()) === 3);
      const body = formOf("AssumeRoleWithWebIdentity", {
        RoleArn: ROLE_ARN,
        RoleSessionName: "old",
        WebIdentityToken: oldToken,
      });
      const { host } = new URL(endpoint);
      const call = `POST / HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      const refused = await rawExchange(host, call, { method: "POST" });
      assert.match(refused.body.toString(), /<Code>InvalidIdentityToken</);
      assert.equal(await work("three"), "the text of three");
    });
    await until(
      () => auditRecords(gateway.auditFile).filter(({ role }) => role === ROLE?.name).length >= 10,
    );
    const records = auditRecords(gateway.auditFile);
    const served = records.filter(({ operation }) => operation === "GetObject");
    assert.deepEqual(new Set(served.map(({ role }) => role)), new Set([ROLE?.name]));
    const written = readFileSync(gateway.auditFile, "utf8") + gateway.said();
    assert.ok(!written.includes(oldToken.split(".")[1] ?? ""));
  },
);
