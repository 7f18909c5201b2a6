import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../support/flow.ts";
import { startGateway } from "../support/gateway.ts";
import { freePorts, portOf } from "../support/ports.ts";
import { runProgram, type Ended } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A gateway.yaml with `text` in it, alone in its folder. */
function written(text: string): string {
  const config = join(scratchFolder("start"), "gateway.yaml");
  writeFileSync(config, text);
  return config;
}

for (const workers of [1, 2]) {
  for (const taken of ["listen", "admin"] as const) {
    test(`serve on a port that is taken says so and ends with 1, ${taken}, with ${workers} workers`, (t) =>
      isToldOfTakenPort(t, workers, taken));
  }
}

async function isToldOfTakenPort(
  t: TestContext,
  workers: number,
  taken: "listen" | "admin",
): Promise<void> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => other.close());
  const ports = { listen: 0, admin: 0, [taken]: portOf(other.address()) };
  isToldOf(await serveOn(ports, workers));
}

test("serve with workers on the port of another gateway's workers ends with 1", async (t) => {
  const other = await startGateway({ upstream: "http://127.0.0.1:9", accounts: [], workers: 2 });
  t.after(() => other.stop());
  isToldOf(await serveOn({ listen: Number(new URL(other.endpoint).port), admin: 0 }, 2));
});

/** Where it does not start, it must not wait for clients that it never had. */
const FAILED_MS_MAX = 60_000;

type Serving = Ended & { readonly ms: number };

async function serveOn(
  ports: { readonly listen: number; readonly admin: number },
  workers: number,
): Promise<Serving> {
  const folder = scratchFolder("start");
  writeFileSync(join(folder, "accounts.yaml"), "accounts: []\n");
  const config = join(folder, "gateway.yaml");
  writeFileSync(
    config,
    `workers: ${workers}
listen: { address: "127.0.0.1:${ports.listen}" }
admin: { address: "127.0.0.1:${ports.admin}" }
upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
identities: [{ accounts: accounts.yaml }]
limits: { drainDelay: ${2 * FAILED_MS_MAX}ms }
`,
  );
  const startedTick = performance.now();
  const ended = await runProgram(process.execPath, [MAIN, "serve", "--config", config]);
  return { ...ended, ms: performance.now() - startedTick };
}

function isToldOf({ status, errors, ms }: Serving): void {
  assert.equal(status, 1);
  assert.match(
    errors,
    /^Cannot start: listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+\n$/,
  );
  assert.ok(ms < FAILED_MS_MAX, `${ms} ms`);
}

test("SIGTERM ends a start that waits for its configuration, and leaves no process", async (t) => {
  const config = join(scratchFolder("start"), "gateway.yaml");
  // Nobody writes to it: reading it never ends.
  await runProgram("mkfifo", [config]);
  const serving = spawn(process.execPath, [MAIN, "serve", "--config", config], { stdio: "ignore" });
  t.after(() => serving.kill("SIGKILL"));
  const ended = once(serving, "exit");
  await until(() => childrenOf(serving.pid).length === 1);
  const [reader = 0] = childrenOf(serving.pid);
  assert.ok(isThere(reader));
  t.after(() => isThere(reader) && process.kill(reader, "SIGKILL"));
  serving.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  await until(() => !isThere(reader), 5_000);
});

test("SIGKILL of a start that waits for a file leaves no process", async (t) => {
  const folder = scratchFolder("start");
  const accounts = join(folder, "accounts.yaml");
  await runProgram("mkfifo", [accounts]);
  const config = join(folder, "gateway.yaml");
  writeFileSync(
    config,
    `upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
identities: [{ accounts: accounts.yaml }]
`,
  );
  const serving = spawn(process.execPath, [MAIN, "serve", "--config", config], { stdio: "ignore" });
  t.after(() => serving.kill("SIGKILL"));
  // Opening it to write ends when it is being read. Nothing is written, and it is never closed.
  const writer = await open(accounts, "w");
  t.after(() => writer.close());
  const [reader = 0] = childrenOf(serving.pid);
  t.after(() => isThere(reader) && process.kill(reader, "SIGKILL"));
  serving.kill("SIGKILL");
  await until(() => !isThere(reader), 20_000);
});

function childrenOf(pid = 0): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

test("serve says so and ends with 1 if no process can be started that reads its configuration", async () => {
  const config = written("");
  const moved = "data:text/javascript,process.execPath='/none/node'";
  const serve = [MAIN, "serve", "--config", config];
  const { status, errors } = await runProgram(process.execPath, ["--import", moved, ...serve]);
  assert.equal(status, 1);
  assert.equal(errors, "Cannot start: spawn /none/node ENOENT\n");
});

for (const workers of [1, 2]) {
  test(`serve names the setting of an audit file that cannot be opened, with ${workers} workers`, async () => {
    // Below a file nothing can be made, not even by root.
    const config = written(`workers: ${workers}
listen: { address: "127.0.0.1:0" }
admin: { address: "127.0.0.1:0" }
upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
identities: []
log: { audit: { file: gateway.yaml/audit.jsonl } }
`);
    const args = [MAIN, "serve", "--config", config];
    const { status, errors } = await runProgram(process.execPath, args);
    assert.equal(status, 1);
    assert.match(errors, /^Cannot start: log\.audit\.file: [A-Z]+: .*gateway\.yaml.*\n$/);
  });
}

test("serve logs the warnings of its configuration before anything else", async () => {
  const config = written(`upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
listen: { address: "192.0.2.1:0" }
admin: { address: "127.0.0.1:0" }
identities: []
policy: { tiers: { NONE: [] } }
`);
  const { output } = await runProgram(process.execPath, [MAIN, "serve", "--config", config]);
  const [first = "{}"] = output.toString().split("\n");
  const { time: _, ...entry }: Record<string, unknown> = JSON.parse(first);
  assert.deepEqual(entry, {
    level: 40,
    file: config,
    line: 5,
    path: "policy.tiers.NONE",
    remedy: "Add actions, or remove the tier",
    msg: "The tier has no effect: no request needs its actions",
  });
});

for (const workers of [1, 2]) {
  test(`a full disk under the log stops neither service nor SIGTERM, with ${workers} workers`, (t) =>
    servesWithoutLog(t, workers));
}

async function servesWithoutLog(t: TestContext, workers: number): Promise<void> {
  const [port, adminPort] = await freePorts(2);
  const config = written(`workers: ${workers}
listen: { address: "127.0.0.1:${port}" }
admin: { address: "127.0.0.1:${adminPort}" }
upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
identities: []
policy: { tiers: { NONE: [] } }
`);
  const full = openSync("/dev/full", "w");
  t.after(() => closeSync(full));
  const child = spawn(process.execPath, [MAIN, "serve", "--config", config], {
    stdio: ["ignore", full, "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const statusOf = (url: string): Promise<number> =>
    fetch(url).then(
      ({ status }) => status,
      () => 0,
    );
  await until(async () => (await statusOf(`http://127.0.0.1:${port}/bucket/key`)) === 403, 20_000);
  await until(async () => (await statusOf(`http://127.0.0.1:${adminPort}/healthz`)) === 200);
  child.kill("SIGTERM");
  await until(() => child.exitCode !== null, 10_000);
  assert.equal(child.exitCode, 0);
}

test("SIGHUP while the configuration is read ends nothing, and is done when that is in force", async (t) => {
  const folder = scratchFolder("start");
  // A pipe as a file: opening it to write ends when it is being read, and reading when it is closed.
  const pipe = join(folder, "accounts.yaml");
  await runProgram("mkfifo", [pipe]);
  const config = join(folder, "gateway.yaml");
  writeFileSync(
    config,
    `listen: { address: "127.0.0.1:0" }
admin: { address: "127.0.0.1:0" }
upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
identities: [{ accounts: accounts.yaml }]
reload: { watch: false }
`,
  );
  const child = spawn(process.execPath, [MAIN, "serve", "--config", config]);
  t.after(() => child.kill("SIGKILL"));
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const first = await open(pipe, "w");
  child.kill("SIGHUP");
  await first.writeFile("accounts: []\n");
  await first.close();
  await until(() => said.includes('"listening"'), 20_000);
  const second = await open(pipe, "w");
  await second.writeFile("accounts: []\n");
  await second.close();
  await until(() => said.includes('"generation":2,"why":"SIGHUP"'), 20_000);
});

/** Ways in which a shell can give gateway.yaml in a descriptor to the command before it. */
const DESCRIPTORS = [
  ["a file at standard input", `"$@" --config /dev/stdin <gateway.yaml`],
  ["a pipe at standard input", `cat gateway.yaml | "$@" --config /dev/stdin`],
  ["the name of standard input in proc", `"$@" --config /proc/self/fd/0 <gateway.yaml`],
  ["a descriptor that a child process has, too", `"$@" --config /dev/fd/3 3<gateway.yaml`],
  ["a path with dots", `cd /dev && "$@" --config ./fd/../fd/3 3<"$OLDPWD"/gateway.yaml`],
  ["a process substitution", `"$@" --config <(cat gateway.yaml)`],
] as const;

for (const [name, line] of DESCRIPTORS) {
  test(`serve refuses ${name}, which check reads`, async () => {
    const cwd = dirname(
      written(`upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }\nidentities: []\n`),
    );
    const run = (command: string): Promise<Ended> =>
      runProgram("bash", ["--norc", "-c", line, "bash", process.execPath, MAIN, command], { cwd });
    const serve = await run("serve");
    assert.equal(serve.status, 1);
    assert.match(
      serve.errors,
      /^Cannot start: a reload could not read "[^"]+" again: write it to a file, and name that file\n$/,
    );
    const check = await run("check");
    assert.equal(check.status, 0, check.errors);
  });
}

test("serve with a bad configuration names every problem and ends with 1", async () => {
  const config = written("upstream: { endpoints: [] }\nidentities: []\nlisten: { port: 1 }\n");
  const { status, errors } = await runProgram(process.execPath, [
    MAIN,
    "serve",
    "--config",
    config,
  ]);
  assert.equal(status, 1);
  assert.match(errors, /upstream\.endpoints/);
  assert.match(errors, /listen\.port: Unknown key "port"/);
  assert.match(errors, /2 problems\n$/);
});
