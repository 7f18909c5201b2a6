import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { OWNER, startFlow, until, UPSTREAM, type Flow } from "../support/flow.ts";
import { codeOf, rawExchange } from "../support/raw-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bytesOf, signV4, timestampOf } from "../support/signed.ts";
import { startHttpStore } from "../support/scripted-store.ts";

async function startStore(t: TestContext) {
  let served = 0;
  const store = await startHttpStore((request, response) => {
    served++;
    request.resume().once("end", () => response.end("answer"));
  });
  t.after(() => store.stop());
  return { endpoint: store.endpoint, served: () => served };
}

async function metric(flow: Flow, name: string): Promise<number> {
  const answer = await fetch(`http://${flow.gateway.adminAddress}/metrics`);
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(await answer.text())?.[1]);
}

/** A link to a full disk, which can become a file that is not full. */
function fullDisk(): { readonly file: string; readonly empty: () => void } {
  const file = join(scratchFolder("full"), "audit.jsonl");
  symlinkSync("/dev/full", file);
  return {
    file,
    empty: () => {
      rmSync(file);
      writeFileSync(file, "");
    },
  };
}

test("onError: continue serves on while the disk is full, and says so", async (t) => {
  const store = await startStore(t);
  const disk = fullDisk();
  const flow = await startFlow(t, store.endpoint, { audit: { file: disk.file } });
  for (let i = 0; i < 30; i++) {
    assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
    if (i === 0) await until(async () => (await metric(flow, "s3warden_audit_errors_total")) > 0);
  }
  assert.equal(store.served(), 30);
  const complaints = flow.gateway.errors.filter((line) => line.includes("Cannot write the audit"));
  assert.equal(complaints.length, 1, "the log says it once");
  assert.match(complaints[0] ?? "", /ENOSPC/);
  disk.empty();
  await flow.gateway.reload();
  await until(() => readFileSync(disk.file, "utf8").split("\n").length === 31);
  assert.equal(await metric(flow, "s3warden_audit_lines_dropped_total"), 0);
});

test("onError: refuse forwards nothing while lines cannot be written, and serves again by itself", async (t) => {
  const store = await startStore(t);
  const disk = fullDisk();
  const flow = await startFlow(t, store.endpoint, {
    audit: { file: disk.file, onError: "refuse" },
  });
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
  await until(async () => (await metric(flow, "s3warden_audit_errors_total")) > 0);
  const served = store.served();
  for (const method of ["GET", "PUT", "DELETE"]) {
    const answer = await flow.exchange(method, "/bucket/key");
    assert.deepEqual([answer.status, codeOf(answer)], [503, "ServiceUnavailable"]);
  }
  assert.equal(store.served(), served, "nothing reaches the store");
  disk.empty();
  await flow.gateway.reload();
  await until(async () => (await flow.exchange("GET", "/bucket/key")).status === 200);
  await until(() => readFileSync(disk.file, "utf8").split("\n").length >= 6);
  const lines = readFileSync(disk.file, "utf8").split("\n").slice(0, -1);
  const rules = lines.map((line) => /"rule":"([^"]*)"/.exec(line)?.[1]);
  assert.deepEqual(rules.slice(0, 4), [undefined, ...Array(3).fill("log.audit.onError: refuse")]);
});

test("onError: refuse holds also for a file that cannot be opened anew", async (t) => {
  const store = await startStore(t);
  const file = join(scratchFolder("reopen"), "audit.jsonl");
  const flow = await startFlow(t, store.endpoint, { audit: { file, onError: "refuse" } });
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
  await until(() => readFileSync(file, "utf8") !== "");
  renameSync(file, `${file}.1`);
  mkdirSync(file);
  await flow.gateway.reload();
  await until(async () => (await metric(flow, "s3warden_audit_errors_total")) > 0);
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 503);
  assert.equal(store.served(), 1, "nothing reaches the store");
  rmdirSync(file);
  await until(async () => (await flow.exchange("GET", "/bucket/key")).status === 200);
  await flow.gateway.close();
  const linesIn = (name: string): number => readFileSync(name, "utf8").split("\n").length - 1;
  assert.equal(linesIn(`${file}.1`), 1);
  assert.ok(linesIn(file) >= 2, "the refused request has a line, too");
});

test("the log reports lines that are lost at the end", async (t) => {
  const store = await startStore(t);
  const flow = await startFlow(t, store.endpoint, { audit: { file: fullDisk().file } });
  for (let i = 0; i < 3; i++) await flow.exchange("GET", "/bucket/key");
  await flow.gateway.close();
  const told = flow.gateway.errors.filter((line) => line.includes("are lost"));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /"lost":3/);
});

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** `s3warden serve` that may write files of `blocks` times 512 bytes at most. */
async function startLimited(t: TestContext, config: string, blocks: number) {
  const serve = `ulimit -f ${blocks}; exec "$0" "$@"`;
  const args = ["-c", serve, process.execPath, MAIN, "serve", "--config", config];
  const child = spawn("sh", args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => stopped(child));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  await until(() => lines.some((line) => line.includes('"listening"')), 20_000);
  const address = /"address":"([^"]*)"/.exec(lines.join("\n"))?.[1] ?? "";
  return { child, address, lines };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

test("a file that may not grow is reported, rotated and continued, and every line is whole", async (t) => {
  const store = await startStore(t);
  const folder = scratchFolder("limited");
  const file = join(folder, "audit.jsonl");
  const accounts = [{ name: "lab", upstream: UPSTREAM, keys: [OWNER] }];
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts }));
  const config = {
    listen: { address: "127.0.0.1:0" },
    admin: { address: "127.0.0.1:0" },
    upstream: { endpoints: [store.endpoint], store: "ceph" },
    identities: [{ accounts: "accounts.yaml" }],
    log: { audit: { file: "audit.jsonl", onError: "refuse" } },
  };
  writeFileSync(join(folder, "gateway.yaml"), JSON.stringify(config));
  const gateway = await startLimited(t, join(folder, "gateway.yaml"), 128);
  const get = async (): Promise<number> => {
    const headers = [["host", gateway.address]] as const;
    const request = { method: "GET", target: "/bucket/key", headers, body: Buffer.alloc(0) };
    const signed = signV4(request, OWNER, { timestamp: timestampOf(Date.now()) });
    return (await rawExchange(gateway.address, bytesOf(signed))).status;
  };
  let sent = 0;
  await until(async () => {
    sent++;
    return (await get()) === 503;
  }, 20_000);
  assert.ok(gateway.lines.some((line) => line.includes("EFBIG")));
  renameSync(file, `${file}.1`);
  gateway.child.kill("SIGHUP");
  await until(async () => {
    sent++;
    return (await get()) === 200;
  });
  await stopped(gateway.child);
  const [before, after] = [`${file}.1`, file].map((name) => readFileSync(name, "utf8").split("\n"));
  const whole = [...(before ?? []).slice(0, -1), ...(after ?? []).slice(0, -1)];
  const ids = whole.map((line) => /"requestId":"(\w+)"/.exec(line)?.[1]);
  for (const line of whole) JSON.parse(line);
  assert.equal(new Set(ids).size, sent, "one line for each request");
});
