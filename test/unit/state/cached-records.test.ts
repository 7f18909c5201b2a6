import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { err, ok, type Result } from "../../../src/lib/result.ts";
import { cachedRecords, type CachedRecords } from "../../../src/state/cached-records.ts";
import type { StoredRecord } from "../../../src/state/record.ts";
import type { StateStore, Stored } from "../../../src/state/state-store.ts";

const RECORD: StoredRecord = { owner: "alice", policy: "{}", at: 1, by: "alice" };

type Answer = Result<Stored | undefined, string>;
type Compiled = { readonly name: string; readonly owner: string };

/** A store that answers when it is told to, and a cache on it with a clock of the test's. */
class Bench {
  now = 1_000;
  answer: Answer = ok({ record: RECORD, revision: "1" });
  held = false;
  reads = 0;
  readonly heard: boolean[] = [];
  readonly cache: CachedRecords<Compiled>;
  #waiting: (() => void)[] = [];

  constructor(entries = 10, patienceMs = 60_000) {
    const hung = async (): Promise<void> => {
      if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    };
    const store: StateStore = {
      read: async () => {
        this.reads++;
        const { answer } = this;
        await hung();
        return answer;
      },
      write: async () => {
        await hung();
        return this.answer.ok ? ok("written") : this.answer;
      },
      remove: async () => {
        await hung();
        return this.answer.ok ? ok("written") : this.answer;
      },
      close: async () => {},
    };
    this.cache = cachedRecords(store, {
      compile: (name, { owner, policy }) =>
        policy === "bad" ? err("policy.json:1 is no policy") : ok({ name, owner }),
      entries,
      refreshMs: 5_000,
      onRead: (worked) => this.heard.push(worked),
      now: () => this.now,
      patienceMs,
    });
  }

  set owner(owner: string) {
    this.answer = ok({ record: { ...RECORD, owner }, revision: owner });
  }

  /** Lets every read that waits go on. */
  async release(): Promise<void> {
    this.held = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
    await setImmediate();
  }
}

const ALICE = { name: "photos", owner: "alice" };
const BOB = { name: "photos", owner: "bob" };
const BROKEN = err("the disk is gone");

async function codeOf(bench: Bench, name = "photos"): Promise<string> {
  const fetched = await bench.cache.fetch(name, "proved");
  if (fetched.ok) return "ok";
  const { code, message, rule } = fetched.error;
  return `${code}: ${message} (${rule ?? ""})`;
}

test("a record is unknown before it was fetched, and then found without a read", async () => {
  const bench = new Bench();
  assert.equal(bench.cache.find("photos"), "unknown");
  assert.deepEqual(await bench.cache.fetch("photos", "proved"), ok(ALICE));
  assert.deepEqual(bench.cache.find("photos"), ALICE);
  assert.equal(bench.reads, 1);
});

test("a missing record is remembered, too", async () => {
  const bench = new Bench();
  bench.answer = ok(undefined);
  assert.deepEqual(await bench.cache.fetch("photos", "proved"), ok(undefined));
  assert.equal(bench.cache.find("photos"), "none");
});

test("younger than half of the time it is served, then also read again, then unknown", async () => {
  const bench = new Bench();
  await bench.cache.fetch("photos", "proved");
  bench.owner = "bob";
  bench.now += 2_499;
  assert.deepEqual(bench.cache.find("photos"), ALICE);
  assert.equal(bench.reads, 1);
  bench.now += 1;
  assert.deepEqual(bench.cache.find("photos"), ALICE);
  assert.deepEqual(bench.cache.find("photos"), ALICE);
  await setImmediate();
  assert.equal(bench.reads, 2);
  assert.deepEqual(bench.cache.find("photos"), BOB);
  bench.now += 5_000;
  assert.equal(bench.cache.find("photos"), "unknown");
});

test("the age counts from when the read began, not from when it ended", async () => {
  const bench = new Bench();
  bench.held = true;
  const fetched = bench.cache.fetch("photos", "proved");
  await setImmediate();
  bench.now += 5_000;
  await bench.release();
  assert.deepEqual(await fetched, ok(ALICE));
  assert.equal(bench.cache.find("photos"), "unknown");
});

test("a record that cannot be read is an error, and an old one is served no longer than before", async () => {
  const bench = new Bench();
  await bench.cache.fetch("photos", "proved");
  bench.answer = BROKEN;
  bench.now += 3_000;
  assert.deepEqual(bench.cache.find("photos"), ALICE);
  await setImmediate();
  assert.equal(bench.cache.healthy, false);
  bench.now += 1_999;
  assert.deepEqual(bench.cache.find("photos"), ALICE);
  bench.now += 1;
  assert.equal(bench.cache.find("photos"), "unknown");
  assert.equal(
    await codeOf(bench),
    "ServiceUnavailable: The gateway's record of this bucket cannot be read (state: the disk is gone)",
  );
  assert.equal(bench.cache.find("photos"), "unknown");
});

test("a record that is of no use is an error, and never passes for nothing", async () => {
  const bench = new Bench();
  bench.answer = ok({ record: { ...RECORD, policy: "bad" }, revision: "1" });
  assert.match(
    await codeOf(bench),
    /^ServiceUnavailable: The gateway.s record .*policy.json:1 is no policy/,
  );
  assert.equal(bench.cache.find("photos"), "unknown");
  assert.deepEqual([bench.heard, bench.cache.healthy], [[true], true]);
});

test("many who ask for one name share a read", async () => {
  const bench = new Bench();
  bench.held = true;
  const all = Array.from({ length: 100 }, async () => bench.cache.fetch("photos", "proved"));
  await bench.release();
  assert.deepEqual(
    await Promise.all(all),
    all.map(() => ok(ALICE)),
  );
  assert.equal(bench.reads, 1);
});

test("64 are read at once, the others in turn, and too many get SlowDown", async () => {
  const bench = new Bench(10_000);
  bench.held = true;
  const all = Array.from({ length: 64 + 4_096 }, async (_, i) =>
    bench.cache.fetch(`b-${i}`, "proved"),
  );
  assert.match(await codeOf(bench, "one-more"), /^SlowDown/);
  assert.equal(bench.reads, 64);
  await bench.release();
  assert((await Promise.all(all)).every((fetched) => fetched.ok));
  assert.equal(bench.reads, 64 + 4_096);
  assert.equal(await codeOf(bench, "one-more"), "ok");
});

test("a store that throws leaves no read under way", async () => {
  const bench = new Bench();
  let broken = true;
  const read = async (name: string): Promise<Answer> =>
    broken ? Promise.reject(new Error("bug")) : bench.cache.store.read(name);
  const cache = cachedRecords<Compiled>(
    { ...bench.cache.store, read },
    { compile: (name, { owner }) => ok({ name, owner }) },
  );
  for (let i = 0; i < 65; i++) await assert.rejects(cache.fetch(`b-${i}`, "proved"), /bug/);
  broken = false;
  assert((await cache.fetch("b-0", "proved")).ok);
});

test("neither the record in memory nor one being read is used after a change", async () => {
  const bench = new Bench();
  await bench.cache.fetch("photos", "proved");
  bench.cache.invalidate("photos");
  assert.equal(bench.cache.find("photos"), "unknown");
  bench.held = true;
  const old = bench.cache.fetch("photos", "proved");
  await setImmediate();
  bench.owner = "bob";
  bench.cache.invalidate("photos");
  const fresh = bench.cache.fetch("photos", "proved");
  await setImmediate();
  await bench.release();
  assert.deepEqual([await old, await fresh], [ok(ALICE), ok(BOB)]);
  assert.deepEqual(bench.cache.find("photos"), BOB);
});

test("a read that a change overtook is not remembered", async () => {
  const bench = new Bench();
  bench.held = true;
  const old = bench.cache.fetch("photos", "proved");
  await setImmediate();
  bench.cache.invalidate("photos");
  await bench.release();
  assert.deepEqual(await old, ok(ALICE));
  assert.equal(bench.cache.find("photos"), "unknown");
});

test("a change through the cache invalidates, whatever came of it", async () => {
  for (const answer of [ok(undefined), BROKEN]) {
    for (const change of ["write", "remove"] as const) {
      const bench = new Bench();
      await bench.cache.fetch("photos", "proved");
      bench.answer = answer;
      const { store } = bench.cache;
      await (change === "write" ? store.write("photos", RECORD, "1") : store.remove("photos", "1"));
      assert.equal(bench.cache.find("photos"), "unknown");
      assert.equal(bench.cache.healthy, answer.ok);
    }
  }
});

test("healthy is what the last read or change was; every read that was cached is heard of", async () => {
  const bench = new Bench();
  assert.equal(bench.cache.healthy, true);
  bench.answer = BROKEN;
  await codeOf(bench);
  assert.equal(bench.cache.healthy, false);
  bench.owner = "bob";
  await bench.cache.store.read("photos");
  assert.equal(bench.cache.healthy, true);
  await codeOf(bench);
  assert.deepEqual(bench.heard, [false, true]);
});

test("no more names are remembered than it may", async () => {
  const bench = new Bench(10);
  for (let i = 0; i < 11; i++) await bench.cache.fetch(`b-${i}`, "proved");
  assert.equal(bench.cache.find("b-0"), "unknown");
  assert.notEqual(bench.cache.find("b-10"), "unknown");
});

test("look() returns a record in memory at once, and else reads it", async () => {
  const bench = new Bench();
  const first = bench.cache.look("photos", "proved");
  assert(first instanceof Promise);
  assert.deepEqual(await first, ok(ALICE));
  assert.deepEqual(bench.cache.look("photos", "proved"), ok(ALICE));
  bench.now += 5_000;
  assert(bench.cache.look("photos", "proved") instanceof Promise);
});

test("a claim of who makes a bucket is nothing yet, a removal leaves the record in force", async () => {
  for (const kind of ["create", "attempt", "delete"] as const) {
    const bench = new Bench();
    bench.answer = ok({ record: { ...RECORD, pending: { kind, sinceMs: 1 } }, revision: "1" });
    const found = kind === "delete" ? ALICE : undefined;
    assert.deepEqual(await bench.cache.fetch("photos", "proved"), ok(found));
    assert.deepEqual(bench.cache.find("photos"), found ?? "none");
  }
});

test("fetchFresh() returns what is stored after the call, whatever is in memory or being read", async () => {
  const bench = new Bench();
  await bench.cache.fetch("photos", "proved");
  bench.held = true;
  const old = bench.cache.fetch("photos", "proved");
  await setImmediate();
  bench.owner = "bob";
  const all = Array.from({ length: 50 }, async () => bench.cache.fetchFresh("photos", "proved"));
  await setImmediate();
  assert.equal(bench.reads, 2, "one read at a time for each name");
  await bench.release();
  assert.deepEqual(await old, ok(ALICE));
  assert.deepEqual(
    await Promise.all(all),
    all.map(() => ok(BOB)),
  );
  assert.equal(bench.reads, 3, "those who ask meanwhile share the next");
  assert.deepEqual(bench.cache.find("photos"), BOB);
  await bench.cache.fetchFresh("photos", "proved");
  assert.equal(bench.reads, 4);
});

test("fetchFresh() goes on after a read that failed", async () => {
  const bench = new Bench();
  bench.answer = BROKEN;
  bench.held = true;
  const broken = bench.cache.fetch("photos", "proved");
  await setImmediate();
  bench.owner = "bob";
  const fresh = bench.cache.fetchFresh("photos", "proved");
  await bench.release();
  assert.equal((await broken).ok, false);
  assert.deepEqual(await fresh, ok(BOB));
});

test("reads for unproved requests wait for those of proved ones", async () => {
  const bench = new Bench(10_000);
  bench.held = true;
  const invented = Array.from({ length: 48 + 4_096 }, async (_, i) =>
    bench.cache.fetch(`invented-${i}`, "unproved"),
  );
  await setImmediate();
  assert.equal(bench.reads, 48, "they never have all the slots");
  const refused = await bench.cache.fetch("one-more", "unproved");
  assert.equal(!refused.ok && refused.error.code, "SlowDown");
  const order: string[] = [];
  const proved = Array.from({ length: 20 }, async (_, i) => {
    await bench.cache.fetch(`real-${i}`, "proved");
    order.push("proved");
  });
  // One that waits among the invented is read again for somebody who is proved.
  proved.push(bench.cache.fetch("invented-4000", "proved").then(() => void order.push("proved")));
  void invented[100]?.then(() => order.push("unproved"));
  await setImmediate();
  assert.equal(bench.reads, 64);
  await bench.release();
  await Promise.all([...proved, ...invented]);
  assert.deepEqual(order, [...proved.map(() => "proved"), "unproved"]);
});

test("names without a record push none with one out of memory", async () => {
  const bench = new Bench(10);
  await bench.cache.fetch("photos", "proved");
  bench.answer = ok(undefined);
  for (let i = 0; i < 100; i++) await bench.cache.fetch(`invented-${i}`, "unproved");
  assert.deepEqual(bench.cache.find("photos"), ALICE);
  assert.equal(bench.cache.find("invented-99"), "none");
  assert.equal(bench.cache.find("invented-0"), "unknown");
});

test("a store that never answers is one that cannot be read or written, and harms nobody later", async () => {
  const bench = new Bench(10, 5);
  bench.held = true;
  const late = "No answer within 5 ms";
  // More than are read at once, so that most wait for their turn.
  const all = await Promise.all(
    Array.from({ length: 100 }, (_, i) => codeOf(bench, `photos-${i}`)),
  );
  for (const code of all) assert.match(code, new RegExp(`^ServiceUnavailable: .*${late}`));
  assert.equal(bench.cache.healthy, false);
  assert.deepEqual(await bench.cache.store.read("photos"), err(late));
  assert.deepEqual(await bench.cache.store.write("photos", RECORD, undefined), err(late));
  assert.deepEqual(await bench.cache.store.remove("photos", "1"), err(late));
  await bench.release();
  assert.equal(bench.cache.find("photos-0"), "unknown", "what came too late is not remembered");
  assert.equal(await codeOf(bench), "ok");
  assert.equal(bench.cache.healthy, true);
});
