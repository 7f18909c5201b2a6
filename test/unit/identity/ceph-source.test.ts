import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { compileForeign, type ForeignUser } from "../../../src/config/foreign.ts";
import {
  unavailable,
  type AdminAnswer,
  type AdminQuestion,
} from "../../../src/identity/admin-answer.ts";
import { CephSource, type Found } from "../../../src/identity/ceph-source.ts";
import { NOBODIES_MAX } from "../../../src/identity/key-cache.ts";
import { LOOKUPS_MAX, WAITING_MAX } from "../../../src/identity/lookup-queue.ts";
import { goodConfig } from "../../support/config.ts";

const ADMIN = "AKGATEWAY";
const CACHE_MS = 20_000;
const STALE_MS = 100_000;
const keyOf = compileForeign(goodConfig({}));
const DOWN = unavailable("source", "down");

/** A source with a clock that a test sets, before an RGW that answers as a test says. */
class World {
  now = 5_000;
  /** The suspended user stands for "changed". */
  users = new Map<string, ForeignUser>([[ADMIN, userOf(ADMIN)]]);
  /** Instead of an answer. */
  broken: AdminAnswer | undefined;
  /** Keys for which no answer comes, whatever the others get. */
  readonly silentFor = new Set<string>();
  /** Undefined: every question is answered at once. */
  held: (() => void)[] | undefined;
  asked: string[] = [];
  answers: AdminAnswer[] = [];
  ownUserMissing = 0;
  source: CephSource;
  readonly #entries: number;

  constructor(entries = 1_000) {
    this.#entries = entries;
    this.source = this.#open(keyOf, undefined);
  }

  /** Another configuration is in force, with the same Ceph. */
  reload(understood = keyOf): void {
    this.source = this.#open(understood, this.source);
  }

  #open(understood: typeof keyOf, before: CephSource | undefined): CephSource {
    const entries = this.#entries;
    const options = { cacheMs: CACHE_MS, staleMs: STALE_MS, entries, accessKey: ADMIN };
    const ports = {
      ask: (asked: AdminQuestion) =>
        this.#answer(asked.kind === "key" ? asked.accessKeyId : `/${asked.userId}`),
      keyOf: understood,
      nowMs: () => this.now,
      onAnswer: (answer: AdminAnswer) => this.answers.push(answer),
      onOwnUserMissing: () => this.ownUserMissing++,
    };
    return new CephSource(options, ports, before);
  }

  async #answer(accessKeyId: string): Promise<AdminAnswer> {
    this.asked.push(accessKeyId);
    await new Promise<void>((resolve) => (this.held ? this.held.push(resolve) : resolve()));
    if (this.broken !== undefined) return this.broken;
    if (this.silentFor.has(accessKeyId)) return DOWN;
    const user = this.users.get(accessKeyId);
    return user === undefined ? { kind: "nobody" } : { kind: "user", user };
  }

  /** The questions since the last call, but those about the gateway's own user. */
  questions(): readonly string[] {
    return this.asked.splice(0).filter((accessKeyId) => accessKeyId !== ADMIN);
  }

  release(): void {
    for (const resolve of this.held?.splice(0) ?? []) resolve();
  }

  add(accessKeyId: string, suspended = false): void {
    this.users.set(accessKeyId, { ...userOf(accessKeyId), suspended });
  }
}

function userOf(accessKeyId: string): ForeignUser {
  const keys = [{ accessKeyId, secret: `SK${accessKeyId}`, subuser: undefined, disabled: false }];
  return { tenant: "", name: "alice", suspended: false, subusers: new Map(), keys };
}

/** `on`, `off` (disabled), or the word for no key. */
function told(found: Found | "unknown"): string {
  if (typeof found !== "object") return found;
  return found.disabled ? "off" : "on";
}

/** A world in which AK was looked up, and has been suspended since. */
async function changed(): Promise<World> {
  const world = new World();
  world.add("AK");
  assert.equal(told(await world.source.key("AK")), "on");
  assert.deepEqual(world.questions(), ["AK"]);
  world.add("AK", true);
  return world;
}

test("a key is unknown until its first use, and then found without asking", async () => {
  const world = new World();
  world.add("AK");
  assert.equal(told(world.source.find("AK")), "unknown");
  assert.equal(told(await world.source.key("AK")), "on");
  assert.equal(told(world.source.find("AK")), "on");
  assert.equal(told(await world.source.key("AK")), "on");
  assert.deepEqual(world.questions(), ["AK"]);
});

/** What becomes of a key of which RGW now says something else, by the age of its answer. */
const AGES: readonly (readonly [
  ageMs: number,
  found: string,
  asked: readonly string[],
  then: string,
])[] = [
  [0, "on", [], "on"],
  [CACHE_MS / 2 - 1, "on", [], "on"],
  [CACHE_MS / 2, "on", ["AK"], "off"],
  [CACHE_MS - 1, "on", ["AK"], "off"],
  [CACHE_MS, "unknown", [], "unknown"],
  [CACHE_MS + STALE_MS, "unknown", [], "unknown"],
];
for (const [ageMs, found, asked, then] of AGES) {
  test(`find() says "${found}" after ${ageMs} ms, and "${then}" a moment later`, async () => {
    const world = await changed();
    world.now += ageMs;
    assert.equal(told(world.source.find("AK")), found);
    await turn();
    assert.deepEqual(world.questions(), asked);
    assert.equal(told(world.source.find("AK")), then);
  });
}

const WAITS = [
  [CACHE_MS - 1, "on", "on"],
  [CACHE_MS, "off", "on"],
  [CACHE_MS + STALE_MS - 1, "off", "on"],
  [CACHE_MS + STALE_MS, "off", "unavailable"],
] as const;
for (const [ageMs, answered, silent] of WAITS) {
  test(`key() says "${answered}" after ${ageMs} ms`, async () => {
    const world = await changed();
    world.now += ageMs;
    assert.equal(told(await world.source.key("AK")), answered);
  });
  test(`key() says "${silent}" after ${ageMs} ms where RGW does not answer`, async () => {
    const world = await changed();
    world.now += ageMs;
    world.broken = DOWN;
    assert.equal(told(await world.source.key("AK")), silent);
  });
  test(`key() says "${silent}" after ${ageMs} ms where the answer cannot be read`, async () => {
    const world = await changed();
    world.now += ageMs;
    world.broken = unavailable("key", "no user");
    assert.equal(told(await world.source.key("AK")), silent);
  });
}

test("after a reload a known key is asked for before it counts", async () => {
  const world = await changed();
  world.reload();
  assert.equal(told(world.source.find("AK")), "unknown");
  assert.equal(told(await world.source.key("AK")), "off");
  assert.deepEqual(world.questions(), ["AK"]);
  assert.equal(told(world.source.find("AK")), "off");
});

const RELOADED = [
  [0, "on"],
  [CACHE_MS + STALE_MS - 1, "on"],
  [CACHE_MS + STALE_MS, "unavailable"],
] as const;
for (const [ageMs, silent] of RELOADED) {
  test(`after reloads key() says "${silent}" after ${ageMs} ms where RGW does not answer`, async () => {
    const world = await changed();
    world.broken = DOWN;
    world.reload();
    world.now += ageMs;
    world.reload();
    assert.equal(told(await world.source.key("AK")), silent);
  });
}

test("after a reload a known key is understood as the new configuration has it", async () => {
  const world = await changed();
  world.broken = DOWN;
  const account = { name: "alice", networks: { allow: ["198.51.100.7"] } };
  const files = { "accounts.yaml": JSON.stringify({ accounts: [account] }) };
  world.reload(compileForeign(goodConfig(files)));
  const key = await world.source.key("AK");
  assert(typeof key === "object");
  assert.equal(key.account.networks.allow.length, 1);
});

test("a key that was dropped before a reload, or was nobody's, is not known after it", async () => {
  const world = await changed();
  assert.equal(await world.source.key("AK2"), "nobody");
  world.reload();
  assert.equal(told(world.source.find("AK2")), "unknown");
  world.source.drop();
  world.broken = DOWN;
  assert.equal(await world.source.key("AK"), "unavailable");
  world.reload();
  assert.equal(await world.source.key("AK"), "unavailable");
});

test("an answer is as old as its question, however long it took", async () => {
  const world = new World();
  world.add("AK");
  world.held = [];
  const key = world.source.key("AK");
  await turn();
  world.now += CACHE_MS;
  world.release();
  assert.equal(told(await key), "on");
  assert.equal(told(world.source.find("AK")), "unknown");
});

test("a removed key is nobody's with the next answer, also where RGW then falls silent", async () => {
  const world = await changed();
  world.users.delete("AK");
  world.now += CACHE_MS;
  assert.equal(await world.source.key("AK"), "nobody");
  world.now += 10_000;
  world.broken = DOWN;
  assert.equal(await world.source.key("AK"), "unavailable");
});

test("an answer that a key is nobody's counts for 10 s at most, and is never stale", async () => {
  const world = new World();
  assert.equal(await world.source.key("AK"), "nobody");
  world.add("AK");
  world.now += 9_999;
  assert.equal(world.source.find("AK"), "nobody");
  world.now += 1;
  assert.equal(world.source.find("AK"), "unknown");
  assert.equal(told(await world.source.key("AK")), "on");
});

test("one question at a time is asked for a key, however many wait for it", async () => {
  const world = new World();
  world.add("AK");
  world.held = [];
  const keys = Array.from({ length: 50 }, () => world.source.key("AK"));
  await turn();
  assert.deepEqual(world.questions(), ["AK"]);
  world.release();
  assert.deepEqual(new Set((await Promise.all(keys)).map(told)), new Set(["on"]));
  assert.deepEqual(world.questions(), []);
});

test("a source that is silent for two keys is left alone for 1 s, then asked one question at a time", async () => {
  const world = new World();
  world.broken = DOWN;
  assert.equal(await world.source.key("AK0"), "unavailable");
  assert.equal(await world.source.key("AK1"), "unavailable");
  world.now += 999;
  assert.equal(await world.source.key("AK2"), "unavailable");
  assert.deepEqual(world.questions(), ["AK0", "AK1"]);
  world.now += 1;
  world.held = [];
  const probe = world.source.key("AK3");
  assert.equal(await world.source.key("AK4"), "unavailable");
  assert.deepEqual(world.questions(), ["AK3"]);
  world.broken = undefined;
  world.release();
  world.held = undefined;
  assert.equal(await probe, "nobody");
  assert.equal(await world.source.key("AK4"), "nobody");
  assert.deepEqual(world.questions(), ["AK4"]);
});

test("a source that is silent for one key alone leaves that key alone for 1 s, and no other", async () => {
  const world = new World();
  world.add("AK");
  for (let i = 0; i < 3; i++) {
    world.broken = DOWN;
    assert.equal(await world.source.key("ODD"), "unavailable");
    world.now += 999;
    assert.equal(await world.source.key("ODD"), "unavailable");
    world.broken = undefined;
    assert.equal(told(await world.source.key("AK")), "on");
    world.source.drop();
  }
  assert.deepEqual(world.questions(), ["ODD", "AK", "ODD", "AK", "ODD", "AK"]);
});

test("a source that is silent for strangers' keys, and not for the gateway's own, is asked for others", async () => {
  const world = new World();
  world.add("AK");
  for (const name of ["ODD1", "ODD2", "ODD3"]) {
    world.silentFor.add(name);
    assert.equal(await world.source.key(name), "unavailable");
    assert.equal(world.source.unusable(name), "down");
    assert.equal(world.source.state, "ok");
  }
  assert.equal(told(await world.source.key("AK")), "on");
});

test("an answer between two silences says that the source is well", async () => {
  const world = new World();
  world.add("AK");
  world.broken = DOWN;
  assert.equal(await world.source.key("ODD1"), "unavailable");
  world.broken = undefined;
  assert.equal(told(await world.source.key("AK")), "on");
  world.broken = DOWN;
  assert.equal(await world.source.key("ODD2"), "unavailable");
  world.broken = undefined;
  assert.equal(await world.source.key("AK2"), "nobody");
});

test("a source that stays silent is tried again and again, once a second", async () => {
  const world = new World();
  world.broken = DOWN;
  for (let i = 0; i < 3; i++) {
    assert.equal(await world.source.key(`AK${i}`), "unavailable");
    world.now += 1_000;
  }
  assert.deepEqual(world.questions(), ["AK0", "AK1", "AK2"]);
  world.broken = undefined;
  assert.equal(await world.source.key("AK"), "nobody");
});

test("a dead source costs a known key no waiting but the probe's", async () => {
  const world = await changed();
  world.now += CACHE_MS;
  world.broken = DOWN;
  for (let i = 0; i < 10; i++) assert.equal(told(await world.source.key("AK")), "on");
  assert.deepEqual(world.questions(), ["AK"]);
});

test("an answer about one key that cannot be read leaves the source open for others", async () => {
  const world = new World();
  world.add("AK2");
  world.broken = unavailable("key", "no user");
  assert.equal(await world.source.key("AK1"), "unavailable");
  world.broken = undefined;
  assert.equal(told(await world.source.key("AK2")), "on");
});

test("nobody's key is believed only while the gateway's own user is found", async () => {
  const world = new World();
  world.users.delete(ADMIN);
  assert.equal(await world.source.key("AK"), "unavailable");
  assert.deepEqual(world.asked, ["AK", ADMIN]);
  assert.equal(world.ownUserMissing, 1);
  assert.equal(world.source.find("AK"), "unknown");
  world.users.set(ADMIN, userOf(ADMIN));
  world.now += 1_000;
  assert.equal(await world.source.key("AK"), "nobody");
});

test("a source says for people how it does", async () => {
  const world = new World();
  assert.equal(world.source.state, "unasked");
  await world.source.proveOwn();
  assert.equal(world.source.state, "ok");
  world.broken = DOWN;
  await world.source.key("AKNEW");
  assert.equal(world.source.state, "away");
  world.broken = undefined;
  world.now += 61_000;
  world.users.delete(ADMIN);
  await world.source.key("AKNEW");
  assert.equal(world.source.state, "refused");
});

test("the gateway's own user is looked up once a minute at most", async () => {
  const world = new World();
  for (const name of ["AK1", "AK2", "AK3"]) await world.source.key(name);
  assert.deepEqual(world.asked, ["AK1", ADMIN, "AK2", "AK3"]);
  world.now += 60_000;
  await world.source.key("AK4");
  assert.deepEqual(world.asked.slice(4), ["AK4", ADMIN]);
});

test("a known key of a source that lost its capabilities counts as stale, not as removed", async () => {
  const world = await changed();
  world.users.clear();
  world.now += 60_000;
  assert.equal(told(await world.source.key("AK")), "on");
});

test("drop() forgets what is known, and what is being asked", async () => {
  const world = await changed();
  assert.equal(await world.source.key("NOBODY"), "nobody");
  world.held = [];
  world.add("LATE");
  const late = world.source.key("LATE");
  await turn();
  world.source.drop();
  world.release();
  world.held = undefined;
  assert.equal(told(await late), "on");
  for (const name of ["AK", "NOBODY", "LATE"]) assert.equal(world.source.find(name), "unknown");
  assert.equal(world.source.size, 0);
  assert.equal(told(await world.source.key("AK")), "off");
});

test("text that can be no access key is nobody's without a question", async () => {
  const world = new World();
  for (const name of ["", "a/b", "a,b", "a b", "ä", "A".repeat(129)]) {
    assert.equal(await world.source.key(name), "nobody");
  }
  assert.deepEqual(world.asked, []);
});

test("16 questions of a flood are asked at a time, 256 wait, and the rest is refused", async () => {
  const world = new World();
  world.held = [];
  const flood = Array.from({ length: 1_000 }, (_, i) => world.source.key(`FLOOD${i}`));
  await turn();
  assert.equal(world.questions().length, LOOKUPS_MAX);
  let most = 0;
  const finished = Promise.all(flood).then((all) => all.map(told));
  while (world.held.length > 0) {
    most = Math.max(most, world.held.length);
    world.release();
    await turn();
  }
  const outcomes = await finished;
  assert(most <= LOOKUPS_MAX, String(most));
  assert.equal(outcomes.filter((one) => one === "nobody").length, LOOKUPS_MAX + WAITING_MAX);
  assert.equal(outcomes.filter((one) => one === "unavailable").length, 1_000 - 16 - 256);
});

test("a known key that must be asked for again overtakes a flood", async () => {
  const world = await changed();
  world.now += CACHE_MS;
  world.held = [];
  const flood = Array.from({ length: 1_000 }, (_, i) => world.source.key(`FLOOD${i}`));
  await turn();
  world.questions();
  const key = world.source.key("AK");
  world.release();
  await turn();
  assert.equal(world.questions()[0], "AK");
  world.release();
  assert.equal(told(await key), "off");
  world.held = undefined;
  world.source.drop();
  assert.equal(flood.length, 1_000);
});

test("a flood pushes no known key out, and memory of it is bounded", async () => {
  const world = new World(20_000);
  world.add("AK");
  await world.source.key("AK");
  for (let i = 0; i < NOBODIES_MAX + 5_000; i++) await world.source.key(`FLOOD${i}`);
  assert.equal(told(world.source.find("AK")), "on");
  assert.equal(world.source.size, NOBODIES_MAX + 1);
});

test("the least recently used of known keys is forgotten beyond `entries`", async () => {
  const world = new World(2);
  for (const name of ["AK1", "AK2", "AK3"]) {
    world.add(name);
    await world.source.key(name);
  }
  assert.equal(world.source.find("AK1"), "unknown");
  assert.equal(told(world.source.find("AK3")), "on");
});
