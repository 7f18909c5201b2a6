import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openDirectory } from "../../../src/state/directory.ts";
import { REAL_FILES as files, type Files } from "../../../src/state/files.ts";
import { recordFile } from "../../../src/state/record-name.ts";
import { writeRecord, type StoredRecord } from "../../../src/state/record.ts";
import type { StateStore } from "../../../src/state/state-store.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { race } from "./counting.ts";

const RECORD: StoredRecord = { owner: "alice", policy: "{ }", at: 1, by: "alice" };
const OTHER: StoredRecord = { ...RECORD, policy: undefined, at: 2 };

const SCRATCH = scratchFolder("state");
const newFolder = (): string => fs.mkdtempSync(join(SCRATCH, "of-a-test-"));

function opened(path = newFolder(), with_: Files = files): StateStore {
  const store = openDirectory(path, with_);
  assert(store.ok);
  return store.value;
}

async function revisionOf(store: StateStore, name: string): Promise<string> {
  const stored = await store.read(name);
  assert(stored.ok && stored.value !== undefined);
  return stored.value.revision;
}

async function assertReads(store: StateStore, name: string, record: StoredRecord): Promise<void> {
  const stored = await store.read(name);
  assert.deepEqual(stored.ok && stored.value?.record, record);
}

test("a record that was never written does not exist", async () => {
  assert.deepEqual(await opened().read("photos"), { ok: true, value: undefined });
});

test("a written record is read, also by another gateway, and can be replaced and removed", async () => {
  const path = newFolder();
  const [store, other] = [opened(path), opened(path)];
  assert.deepEqual(await store.write("photos", RECORD, undefined), { ok: true, value: "written" });
  await assertReads(other, "photos", RECORD);
  const first = await revisionOf(other, "photos");
  assert.deepEqual(await other.write("photos", OTHER, first), { ok: true, value: "written" });
  await assertReads(store, "photos", OTHER);
  const second = await revisionOf(store, "photos");
  assert.deepEqual(await store.remove("photos", second), { ok: true, value: "written" });
  assert.deepEqual(await other.read("photos"), { ok: true, value: undefined });
  assert.deepEqual(fs.readdirSync(path), []);
});

test("a change that expects something else is a conflict and changes nothing", async () => {
  const store = opened();
  const conflict = { ok: true, value: "conflict" };
  assert.deepEqual(await store.write("photos", RECORD, "0"), conflict);
  assert.deepEqual(await store.remove("photos", "0"), conflict);
  await store.write("photos", RECORD, undefined);
  const old = await revisionOf(store, "photos");
  assert.deepEqual(await store.write("photos", OTHER, undefined), conflict);
  await store.write("photos", { ...RECORD, at: 3 }, old);
  assert.deepEqual(await store.write("photos", OTHER, old), conflict);
  assert.deepEqual(await store.remove("photos", old), conflict);
  await assertReads(store, "photos", { ...RECORD, at: 3 });
});

test("a record that could not be read again is not written", async () => {
  const store = opened();
  const written = await store.write(
    "photos",
    { ...RECORD, policy: "x".repeat(300_000) },
    undefined,
  );
  assert.match(written.ok ? "" : written.error, /longer than 262144 bytes/);
  assert.deepEqual(await store.read("photos"), { ok: true, value: undefined });
});

test("only the owner of the process may read anything", async () => {
  const path = join(newFolder(), "below", "state");
  await opened(path).write("photos", RECORD, undefined);
  assert.equal(fs.statSync(path).mode & 0o777, 0o700);
  assert.equal(fs.statSync(join(path, "photos.json")).mode & 0o777, 0o600);
});

const names: readonly (readonly [string, string])[] = [
  ["photos", "photos.json"],
  ["t1:my.bucket_2-x", "t1~3Amy.bucket_2-x.json"],
  ["Photos", "~50hotos.json"],
  ["", ".json"],
  ["..", "...json"],
  ["../../etc/passwd", "..~2F..~2Fetc~2Fpasswd.json"],
  ["a\0b", "a~00b.json"],
  ["a~b", "a~7Eb.json"],
  ["\u{e9}", "~C3~A9.json"],
];
for (const [name, file] of names) {
  test(`the file of ${JSON.stringify(name)} is ${file}`, () =>
    assert.equal(recordFile(name), file));
}

test("long names have files of their own that a file system can take", async () => {
  const long = ["x".repeat(400), `${"x".repeat(399)}y`, "~".repeat(255), `${"t".repeat(300)}:b`];
  const made = long.map(recordFile);
  assert.equal(new Set(made).size, long.length);
  for (const file of made) assert(file.length < 170 && basename(file) === file, file);
  const store = opened();
  for (const name of long) {
    assert.deepEqual(await store.write(name, RECORD, undefined), { ok: true, value: "written" });
    await assertReads(store, name, RECORD);
  }
});

const whole = writeRecord(RECORD);
const broken: readonly (readonly [what: string, make: (path: string) => void])[] = [
  ["garbage", (path) => fs.writeFileSync(path, "\0\0garbage")],
  ["empty", (path) => fs.writeFileSync(path, "")],
  ["cut short", (path) => fs.writeFileSync(path, whole.subarray(0, whole.length - 5))],
  ["of another version", (path) => fs.writeFileSync(path, '{"version":2}')],
  ["far too long", (path) => fs.writeFileSync(path, Buffer.alloc(1 << 20, 0x20))],
  ["a directory", (path) => fs.mkdirSync(path)],
  ["a link to itself", (path) => fs.symlinkSync(path, path)],
];
for (const [what, make] of broken) {
  test(`a file that is ${what} is an error and never passes for nothing`, async () => {
    const path = newFolder();
    make(join(path, "photos.json"));
    const store = opened(path);
    const stored = await store.read("photos");
    assert.match(stored.ok ? "" : stored.error, /photos/);
    const written = await store.write("photos", OTHER, undefined);
    assert(!written.ok || written.value === "conflict");
    assert.deepEqual(await store.read("other"), { ok: true, value: undefined });
  });
}

test("a directory that is gone, or another than was opened, is an error", async () => {
  const path = join(newFolder(), "state");
  const store = opened(path);
  await store.write("photos", RECORD, undefined);
  fs.renameSync(path, `${path}-away`);
  assert(!(await store.read("photos")).ok);
  fs.mkdirSync(path);
  const stored = await store.read("photos");
  assert.match(stored.ok ? "" : stored.error, /another directory than at start/);
  assert(!(await store.write("photos", OTHER, undefined)).ok);
  fs.rmdirSync(path);
  fs.renameSync(`${path}-away`, path);
  await assertReads(store, "photos", RECORD);
});

test("a directory that cannot be used is not opened", () => {
  const path = join(newFolder(), "file");
  fs.writeFileSync(path, "");
  for (const wrong of [path, join(path, "below")]) {
    const store = openDirectory(wrong);
    assert.match(store.ok ? "" : store.error, /^Cannot keep state in/);
  }
});

/** A file system where `step` of what is done to temporary files fails. */
function failing(step: "open" | "writeFile" | "sync" | "rename", code: string): Files {
  const fail = (): never => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
  return {
    ...files,
    rename: step === "rename" ? async () => fail() : files.rename,
    open: async (path, flags, mode) => {
      const temporary = String(path).endsWith(".tmp");
      if (temporary && step === "open") fail();
      const handle = await files.open(path, flags, mode);
      if (temporary && step === "writeFile") {
        handle.writeFile = async () => {
          await handle.write("half");
          fail();
        };
      }
      if (temporary && step === "sync") handle.sync = async () => fail();
      return handle;
    },
  };
}
for (const step of ["open", "writeFile", "sync", "rename"] as const) {
  test(`the old record stays and nothing is left if ${step} fails on a full disk`, async () => {
    const path = newFolder();
    const store = opened(path);
    await store.write("photos", RECORD, undefined);
    const revision = await revisionOf(store, "photos");
    const written = await opened(path, failing(step, "ENOSPC")).write("photos", OTHER, revision);
    assert.match(written.ok ? "" : written.error, /Cannot write the record of "photos": ENOSPC/);
    await assertReads(store, "photos", RECORD);
    const left = fs.readdirSync(path).filter((name) => name !== "photos.json");
    assert.deepEqual(left, []);
  });
}

test("only temporary files older than an hour are removed at the start", () => {
  const path = newFolder();
  const now = Date.now() / 1000;
  for (const [name, age] of [
    ["old.tmp", 3_700],
    ["young.tmp", 3_500],
    ["photos.json", 9_999],
  ] as const) {
    fs.writeFileSync(join(path, name), "");
    fs.utimesSync(join(path, name), now - age, now - age);
  }
  opened(path);
  assert.deepEqual(fs.readdirSync(path).toSorted(), ["photos.json", "young.tmp"]);
});

/** As if whoever made it had died `seconds` ago. */
function age(path: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  fs.utimesSync(path, then, then);
}

test("a lock that a dead process left is taken over, by one of many", async () => {
  const path = newFolder();
  const lock = join(path, "photos.json.lock");
  const stores = Array.from({ length: 8 }, () => opened(path));
  for (let round = 1; round <= 10; round++) {
    fs.writeFileSync(lock, "");
    age(lock, 11);
    await race(stores, "photos", 2);
    await assertReads(opened(path), "photos", {
      owner: "alice",
      policy: undefined,
      at: 1,
      by: `${round * 16}`,
    });
  }
  assert.deepEqual(fs.readdirSync(path), ["photos.json"]);
});

/** A file system that counts attempts to make `lock`, and calls `then` at the fifth. */
function watching(lock: string, then: () => void): { files: Files; attempts: () => number } {
  let attempts = 0;
  return {
    attempts: () => attempts,
    files: {
      ...files,
      open: (path, flags, mode) => {
        if (path === lock && ++attempts === 5) then();
        return files.open(path, flags, mode);
      },
    },
  };
}

test("a lock is waited for while its holder may live, and no longer", async () => {
  const path = newFolder();
  const lock = join(path, "photos.json.lock");
  fs.writeFileSync(lock, "");
  // Made in an hour's time, so that no slow machine lets it grow old before.
  age(lock, -3_600);
  const watch = watching(lock, () => age(lock, 11));
  assert((await opened(path, watch.files).write("photos", RECORD, undefined)).ok);
  assert(watch.attempts() > 5, "took a lock that was not stale");
});

test("none of 200 changes at once by two gateways is lost", async () => {
  const path = newFolder();
  const stores = [opened(path), opened(path)];
  await race(stores, "photos", 100);
  const stored = await opened(path).read("photos");
  assert.equal(stored.ok && stored.value?.record.by, "200");
  assert.deepEqual(fs.readdirSync(path), ["photos.json"]);
});

test("a process killed while it writes leaves every record whole, old or new", async () => {
  const path = newFolder();
  const child = fileURLToPath(new URL("child/writer.ts", import.meta.url));
  let seen = 0;
  for (let round = 0; round < 20; round++) {
    const writer = spawn(process.execPath, [child, path, `${round}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // It goes on while we hear of it, so that it is killed at any moment of a later write.
    await written(writer.stdout, 10 + Math.random() * 20);
    const gone = once(writer, "exit");
    writer.kill("SIGKILL");
    assert.deepEqual(await gone, [null, "SIGKILL"]);
    for (const file of fs.readdirSync(path)) {
      if (file.endsWith(".lock") || file.endsWith(".tmp")) age(join(path, file), 4_000);
    }
    seen += await readAll(opened(path));
  }
  assert(seen > 100, `only ${seen} records were ever written`);
});

/** Waits until the writer has told of `count` records. */
function written(told: Readable, count: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    told.on("data", (dots: Buffer) => {
      seen += dots.length;
      if (seen >= count) resolve();
    });
  });
}

/** How many records there are; each must be one that a writer wrote. */
async function readAll(store: StateStore): Promise<number> {
  let count = 0;
  for (let i = 0; i < 20; i++) {
    const stored = await store.read(`bucket-${i}`);
    assert(stored.ok, stored.ok ? "" : stored.error);
    if (stored.value === undefined) continue;
    count++;
    const { by, at, policy } = stored.value.record;
    assert.equal(policy, `${by}-${at} `.repeat(2_000));
    const written = await store.write(`bucket-${i}`, stored.value.record, stored.value.revision);
    assert.deepEqual(written, { ok: true, value: "written" });
  }
  return count;
}
