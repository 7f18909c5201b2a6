import assert from "node:assert/strict";
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { AsideLoader } from "../../../src/life/load-aside.ts";
import { loadConfig } from "../../../src/life/load.ts";
import { writeConfig } from "../../support/config-files.ts";
import { until } from "../../support/flow.ts";
import { runProgram } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MODULE = new URL("../../../src/life/load-aside.ts", import.meta.url);

/** Returns the processes that this one has started, by the kernel's count. */
function children(): readonly number[] {
  return readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
}

test("AsideLoader reads as loadConfig() does, and no process is left of it", async () => {
  const loader = new AsideLoader();
  const file = writeConfig({ accounts: [{ name: "lab" }, { name: "office" }] });
  for (let i = 0; i < 2; i++) {
    const loaded = await loader.load(file);
    assert.ok(loaded.result.ok);
    assert.deepEqual(loaded, loadConfig(file));
    assert.equal(loaded.files.size, 2);
    await until(() => children().length === 0);
  }
  const bad = await loader.load(`${file}.none`);
  assert.deepEqual(bad, loadConfig(`${file}.none`));
  assert.equal(bad.result.ok, false);
});

/** Returns a bucket policy, its second statement on another line. `arn`: of the bucket. */
function awsPolicy(arn: string): string {
  const open = { Effect: "Allow", Principal: "*", Action: ["s3:GetObject"], Resource: `${arn}/*` };
  const closed = { ...open, Sid: "closed", Effect: "Deny", Resource: `${arn}/closed/*` };
  return `{"Version":"2012-10-17","Statement":[\n${JSON.stringify(open)},\n${JSON.stringify(closed)}]}`;
}

/** Of each provider: the policy of a bucket, and the shares of one with and one without a policy. */
const POLICIES = [
  ["aws", awsPolicy, []],
  ["nutanix", awsPolicy, [{ with: "guest", permissions: "READ" }]],
  [
    "qumulo",
    () =>
      '{"Statements":[{"Effect":"Allow","Action":["s3:*"],"Principal":{"Qumulo":["Everyone"]}}]}',
    [],
  ],
] as const;

for (const [provider, policyOf, shares] of POLICIES) {
  test(`AsideLoader has the bucket policies that loadConfig() reads, ${provider}`, async () => {
    // More than are read without a pause.
    const names = Array.from({ length: 450 }, (_, i) => `bucket-${i}`);
    const policies = names.map((name) => [`${name}.json`, policyOf(`arn:aws:s3:::${name}`)]);
    const file = writeConfig({
      accounts: [
        { name: "lab", tenant: "science", upstream: { accessKey: "A", secretKey: "a" } },
        { name: "guest" },
      ],
      policy: { provider, bucketPolicies: "gateway" },
      files: {
        ...Object.fromEntries(policies),
        "photos.json": policyOf("arn:aws:s3::science:photos"),
      },
      buckets: [
        { name: "science:photos", account: "lab", policy: "photos.json", shares },
        { name: "shared", account: "lab", shares },
        ...names.map((name) => ({ name, account: "lab", policy: `${name}.json` })),
      ],
    });
    const loaded = await new AsideLoader().load(file);
    assert.ok(loaded.result.ok, JSON.stringify(loaded.result));
    assert.deepEqual(loaded, loadConfig(file));
    const [photos, shared] = loaded.result.value.buckets;
    const filesOf = [photos, shared].map((bucket) =>
      bucket?.policies.map((policy) => basename(policy.file)),
    );
    const ofShares = shares.map(() => "accounts.yaml");
    assert.deepEqual(filesOf, [["photos.json", ...ofShares], ofShares]);
  });
}

test("a signal for the whole group leaves the reading alone, and its end is told", async () => {
  const loader = new AsideLoader();
  const file = writeConfig({ accounts: [{ name: "lab" }] });
  const signalled = loader.load(file);
  await until(() => children().length === 1);
  const [child = 0] = children();
  // Its program has set itself up once the kernel knows that it does not end by this signal.
  await until(() => handles(child, SIGHUP));
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.kill(child, signal);
  assert.ok((await signalled).result.ok);

  const ended = loader.load(file);
  await until(() => children().length === 1);
  process.kill(children()[0] ?? 0, "SIGKILL");
  await assert.rejects(ended, /^Error: The process that reads the configuration ended: SIGKILL$/);
});

test("close() ends a reading, and its process", async () => {
  const loader = new AsideLoader();
  const reading = loader.load(writeConfig({ accounts: [{ name: "lab" }] }));
  loader.close();
  await assert.rejects(reading, /The process that reads the configuration ended/);
  await until(() => children().length === 0);
});

test("a package that was replaced by another version reads nothing", async () => {
  const program = fileURLToPath(new URL("../../../src/life/load-aside.ts", import.meta.url));
  const reader = fork(program, ["0.0.1"], {
    serialization: "advanced",
    stdio: ["pipe", "inherit", "inherit", "ipc"],
  });
  reader.send(writeConfig({ accounts: [{ name: "lab" }] }));
  const [said] = await once(reader, "message");
  assert.ok(said instanceof Error);
  assert.match(said.message, /^The program on the disk is another version .* for 0\.0\.1$/);
  // It lives until it is ended, or nobody is there to read what it has read.
  reader.disconnect();
  const [code] = await once(reader, "exit");
  assert.equal(code, 0);
});

test("a process that cannot be started is told, and ends nothing else", async (t) => {
  const { execPath } = process;
  t.after(() => {
    process.execPath = execPath;
  });
  const loader = new AsideLoader();
  const file = writeConfig({ accounts: [{ name: "lab" }] });
  // As after an update of Node under a gateway that runs.
  process.execPath = `${execPath}.gone`;
  await assert.rejects(loader.load(file), { code: "ENOENT" });
  process.execPath = execPath;
  assert.ok((await loader.load(file)).result.ok);
});

test("without free descriptors a reading fails, and the next one works", async () => {
  const program = join(scratchFolder("aside"), "program.mjs");
  const source = `
    import { closeSync, openSync } from "node:fs";
    import { AsideLoader } from ${JSON.stringify(fileURLToPath(MODULE))};
    const loader = new AsideLoader();
    const taken = [];
    try {
      for (;;) taken.push(openSync("/dev/null"));
    } catch {}
    const full = await loader.load("none.yaml").catch(({ code }) => code);
    for (const descriptor of taken) closeSync(descriptor);
    const free = await loader.load("none.yaml");
    console.log(full, free.result.ok);
  `;
  writeFileSync(program, source);
  const run = 'ulimit -n 64 && exec "$0" "$1"';
  const { status, output, errors } = await runProgram("sh", ["-c", run, process.execPath, program]);
  assert.deepEqual([status, errors, output.toString()], [0, "", "EMFILE false\n"]);
});

test("a process whose parent was killed ends while it waits for a file, and complains of nothing", async (t) => {
  const folder = scratchFolder("aside");
  const pipe = join(folder, "gateway.yaml");
  await runProgram("mkfifo", [pipe]);
  const program = join(folder, "program.mjs");
  const module = JSON.stringify(fileURLToPath(MODULE));
  writeFileSync(
    program,
    `import { AsideLoader } from ${module};\nawait new AsideLoader().load(${JSON.stringify(pipe)});\n`,
  );
  const parent = spawn(process.execPath, [program], { stdio: ["ignore", "ignore", "pipe"] });
  const errors = text(parent.stderr);
  let writer: number | undefined;
  await until(() => (writer = openToWrite(pipe)) !== undefined);
  t.after(() => writer !== undefined && closeSync(writer));
  parent.kill("SIGKILL");
  // This ends when both processes have.
  assert.equal(await errors, "");
});

/** Opens a named pipe; `undefined` if nobody reads it yet. */
function openToWrite(pipe: string): number | undefined {
  try {
    return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** The last signal that its program gets a handler for (signal(7)); Node itself has some for the others. */
const SIGHUP = 1;

/** Returns true if a process has a handler of its own for a signal (proc(5), SigCgt). */
function handles(pid: number, signal: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return ((BigInt(`0x${caught ?? "0"}`) >> BigInt(signal - 1)) & 1n) === 1n;
}
