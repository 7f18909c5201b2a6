import assert from "node:assert/strict";
import { existsSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ok } from "../../../src/lib/result.ts";
import { REAL_FILES, type Files } from "../../../src/state/files.ts";
import { underLock } from "../../../src/state/lock-file.ts";
import { scratchFolder } from "../../support/scratch.ts";

const FOLDER = scratchFolder("lock");

function staleLock(name: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, "");
  const then = Date.now() / 1000 - 11;
  utimesSync(path, then, then);
  return path;
}

test("a process that saw a stale lock too late does not take the lock that replaced it", async () => {
  const path = staleLock("late");
  const seen = Promise.withResolvers<void>();
  const replaced = Promise.withResolvers<void>();
  // Looks at the stale lock, and goes on only when another has taken it over.
  const stat: Files["stat"] = async (...asked) => {
    const found = await REAL_FILES.stat(...asked);
    seen.resolve();
    await replaced.promise;
    return found;
  };
  const order: string[] = [];
  const late = underLock({ ...REAL_FILES, stat }, path, async () => ok(order.push("late")));
  await seen.promise;
  await underLock(REAL_FILES, path, async () => {
    replaced.resolve();
    await setTimeout(100);
    return ok(order.push("first"));
  });
  await late;
  assert.deepEqual(order, ["first", "late"]);
  assert(!existsSync(path));
});

test("a claim to remove a lock is taken over too when it is stale", async () => {
  const path = staleLock("claimed");
  const { ino, mtimeNs } = statSync(path, { bigint: true });
  const claim = staleLock(`claimed.${ino}-${mtimeNs}.tmp`);
  assert((await underLock(REAL_FILES, path, async () => ok(undefined))).ok);
  assert(!existsSync(path) && !existsSync(claim));
});

test("a lock is not held any more after its lease", async (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  await underLock(REAL_FILES, join(FOLDER, "lease"), async (held) => {
    assert.equal(held(), true);
    now = 4_000;
    assert.equal(held(), false);
    return ok(undefined);
  });
});
