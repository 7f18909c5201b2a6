/**
 * Records of buckets under random interleavings: three accounts, two gateways on one state, each with
 * a cache of its own and a clock that only the test moves, before a store where the accounts have
 * users of their own, or all the same. Changes of buckets are taken apart into their steps, any of
 * which may be the last.
 *
 * What a request may do is decided by `decide`, which stands for the gates of admission/: it knows
 * owners, one Deny and one Allow, and is given the record as a value.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { StoreChange } from "../../src/admission/record-change.ts";
import { bucketIdOf, type BucketId } from "../../src/s3/bucket.ts";
import { ok, type Result } from "../../src/lib/result.ts";
import type { Fault } from "../../src/s3/faults.ts";
import { cachedRecords, type CachedRecords } from "../../src/state/cached-records.ts";
import { changeRecord } from "../../src/state/change-record.ts";
import { isInForce } from "../../src/state/record.ts";
import { beginChange, type Presence, type Ticket } from "../../src/state/store-change.ts";
import { Buckets, type Said } from "../support/bucket-store.ts";
import { memoryState } from "../support/memory-state.ts";

const ACCOUNTS = ["a", "b", "c"] as const;
const BUCKETS = ["x", "y"] as const;
const GATEWAYS = [0, 1] as const;
const POLICIES = ["deny", "allow", undefined] as const;
const REFRESH_MS = 5_000;

type Account = (typeof ACCOUNTS)[number];
type Bucket = (typeof BUCKETS)[number];
type Policy = (typeof POLICIES)[number];
type Record = { readonly owner: string; readonly policy: string | undefined };
type Users = "a user each" | "one user for all";

/** In whose name the store is asked; undefined: refused. The place of the gates of admission/. */
function decide(record: Record | undefined, account: Account, reads: boolean): string | undefined {
  if (record === undefined) return account;
  if (reads && record.policy === "deny") return undefined;
  if (record.owner === account) return account;
  return reads && record.policy === "allow" ? record.owner : undefined;
}

/** What is true of a bucket, whatever gateways remember. */
type Truth = {
  /** The account that was told that it made the bucket, and that has not removed it since. */
  owner: Account | undefined;
  /** It was there before the gateways: nobody can have made it. */
  isOlder: boolean;
  policy: Policy;
  /** Where and when the policy was put, and until when another than its owner was allowed. */
  at: { gateway: number; ms: number };
  allowedUntilMs: number;
};
class Model {
  readonly truths = new Map<Bucket, Truth>(BUCKETS.map((name) => [name, nobodys()]));
  of = (name: Bucket): Truth => this.truths.get(name) ?? nobodys();
  anew = (name: Bucket, owner?: Account): unknown => this.truths.set(name, { ...nobodys(), owner });
}
const nobodys = (): Truth => ({
  owner: undefined,
  isOlder: false,
  policy: undefined,
  at: { gateway: 0, ms: -Infinity },
  allowedUntilMs: -Infinity,
});

/** A change of a bucket on its way. */
type Flight = {
  readonly account: Account;
  readonly bucket: Bucket;
  readonly change: StoreChange;
  /** What it does next; undefined: it has ended. */
  next: (() => Promise<void>) | undefined;
  /** The gateway has died: nobody hears of the answer. */
  lost: boolean;
  /** The client heard that it was done. */
  heard: boolean;
};

class World {
  nowMs = 1_000_000;
  readonly state = memoryState();
  readonly store = new Buckets();
  readonly users: Users;
  readonly flights: Flight[] = [];
  readonly #gateways: readonly CachedRecords<Record>[];

  constructor(users: Users) {
    this.users = users;
    const compile = (_: string, record: Record): Result<Record, string> => ok(record);
    const now = (): number => this.nowMs;
    this.#gateways = GATEWAYS.map(() =>
      cachedRecords<Record>(this.state, { compile, refreshMs: REFRESH_MS, now }),
    );
  }

  gateway(at: number): CachedRecords<Record> {
    const gateway = this.#gateways[at];
    assert(gateway !== undefined);
    return gateway;
  }

  /** The record on which a request is decided: accounts that share a user have it read anew. */
  async record(at: number, name: Bucket): Promise<Record | undefined> {
    const gateway = this.gateway(at);
    const read = await (this.users === "one user for all"
      ? gateway.fetchFresh(name, "proved")
      : gateway.look(name, "proved"));
    assert(read.ok);
    return read.value;
  }

  ask(signer: string, method: string, bucket: Bucket, key?: string, body?: string): Said {
    const user = this.users === "one user for all" ? "all" : signer;
    const asked = { method, bucket, key };
    return this.store.ask(user, body === undefined ? asked : { ...asked, body: Buffer.from(body) });
  }

  exists(bucket: Bucket): boolean {
    return ACCOUNTS.some((account) => this.ask(account, "HEAD", bucket).status === 200);
  }

  recordNow(bucket: Bucket): Record | undefined {
    const record = this.state.stored.get(bucket)?.record;
    return record !== undefined && isInForce(record) ? record : undefined;
  }
}

const PRESENCE: ReadonlyMap<number, Presence> = new Map([
  [200, "present"],
  [404, "absent"],
]);

type Command = fc.AsyncCommand<Model, World>;

/** A command that is always possible. */
function command(text: string, run: (model: Model, world: World) => Promise<void>): Command {
  return { check: () => true, run, toString: () => text };
}

/** The steps of a change at a gateway: ask for the bucket and claim it, ask for the change, settle. */
async function take(
  model: Model,
  world: World,
  at: number,
  account: Account,
  bucket: Bucket,
  kind: StoreChange["kind"],
): Promise<Flight> {
  const gateway = world.gateway(at);
  const record = kind === "removed" ? await world.record(at, bucket) : undefined;
  const owner = record?.owner ?? account;
  const names = { name: idOf(bucket), owner, by: account };
  const change: StoreChange =
    kind === "removed"
      ? { kind, ...names, judged: record?.policy }
      : { kind, ...names, presence: undefined };
  const flight: Flight = { account, bucket, change, next: undefined, lost: false, heard: false };
  world.flights.push(flight);
  if (owner !== account) return flight;
  const asked = Promise.withResolvers<"asked">();
  const head = Promise.withResolvers<void>();
  const presence = async (): Promise<Result<Presence, Fault>> => {
    asked.resolve("asked");
    await head.promise;
    return ok(PRESENCE.get(world.ask(account, "HEAD", bucket).status) ?? "unclear");
  };
  const begun = beginChange(gateway.store, change, presence, world.nowMs);
  const claimed = async (): Promise<void> => {
    const ticket = await begun;
    flight.next = ticket.ok ? () => send(model, world, flight, ticket.value) : undefined;
  };
  const first = await Promise.race([begun, asked.promise]);
  if (first !== "asked") await claimed();
  else {
    flight.next = () => {
      head.resolve();
      return claimed();
    };
  }
  return flight;
}

async function send(model: Model, world: World, flight: Flight, ticket: Ticket): Promise<void> {
  const { account, bucket, change } = flight;
  const { owner } = model.of(bucket);
  const existed = world.exists(bucket);
  const said = world.ask(account, change.kind === "created" ? "PUT" : "DELETE", bucket);
  // A bucket made anew is nobody's until somebody hears of it, unless its owner's record stands.
  const isNew = !existed && world.exists(bucket);
  if (isNew && world.recordNow(bucket) === undefined) model.anew(bucket);
  flight.next = async () => {
    flight.next = undefined;
    const done = said.status < 300 || (change.kind === "removed" && said.status === 404);
    const failed = await ticket.settle(done ? "done" : "not-done");
    flight.heard = done && failed === undefined;
    if (!flight.heard) return;
    if (change.kind === "created") hearMade(model, world, flight, existed ? owner : undefined);
    // It may have been made again since the store removed it: then its record stands.
    else if (world.recordNow(bucket) === undefined) model.anew(bucket);
  };
  if (flight.lost) flight.next = undefined;
}

/** `before`: who owned the bucket as the store was asked; undefined: nobody. */
function hearMade(model: Model, world: World, flight: Flight, before: Account | undefined): void {
  const { account, bucket } = flight;
  assert(
    before === undefined || before === account,
    `${account} was told to have made ${before}'s`,
  );
  const { owner } = model.of(bucket);
  if (owner !== undefined || world.recordNow(bucket)?.owner !== account) return;
  assert(!model.of(bucket).isOlder, `${account} has taken over ${bucket}`);
  model.anew(bucket, account);
}

/** What must always hold: the record of a bucket that is there is its owner's, with its policy. */
function checkRecords(model: Model, world: World): void {
  for (const bucket of BUCKETS) {
    const { owner, policy } = model.of(bucket);
    if (owner === undefined || !world.exists(bucket)) continue;
    const record = world.recordNow(bucket);
    assert.deepEqual([record?.owner, record?.policy], [owner, policy], `the record of ${bucket}`);
  }
}

const bucket = fc.constantFrom(...BUCKETS);
const account = fc.constantFrom(...ACCOUNTS);
const gateway = fc.constantFrom(...GATEWAYS);

/** A change from its beginning to its end, or as far as `steps`; whether the gateway dies then. */
const changes = fc
  .record({
    kind: fc.constantFrom<StoreChange["kind"]>("created", "created", "removed"),
    bucket,
    account,
    gateway,
    steps: fc.constantFrom(0, 1, 2, 9, 9, 9, 9),
  })
  .map(({ kind, bucket, account, gateway, steps }) =>
    command(`${account} ${kind} ${bucket} at ${gateway}, ${steps} steps`, async (model, world) => {
      const isAlone = world.flights.every(({ next }) => next === undefined);
      const before = world.state.stored.get(bucket)?.record;
      const wasNobodys = before === undefined && !world.exists(bucket);
      const flight = await take(model, world, gateway, account, bucket, kind);
      for (let step = 0; step < steps && flight.next !== undefined; step++) await flight.next();
      if (kind === "created" && steps === 9 && isAlone && wasNobodys) {
        assert.equal(model.of(bucket).owner, account, "who makes a bucket owns it");
      }
      if (kind === "removed" && steps === 9 && isAlone && flight.heard) {
        assert.equal(world.recordNow(bucket), undefined, "who removes a bucket leaves no record");
      }
      checkRecords(model, world);
    }),
  );

/** One that was left on its way goes a step further, or its gateway dies. */
const further = fc
  .record({ which: fc.nat({ max: 5 }), dies: fc.boolean() })
  .map(({ which, dies }) =>
    command(`${dies ? "the gateway dies of" : "a step of"} ${which}`, async (model, world) => {
      const flights = world.flights.filter(({ next, lost }) => next !== undefined && !lost);
      const flight = flights[which % Math.max(1, flights.length)];
      if (flight === undefined) return;
      if (dies) flight.lost = true;
      else await flight.next?.();
      checkRecords(model, world);
    }),
  );

/** What a gateway that died has sent reaches the store all the same. */
const late = fc.nat({ max: 5 }).map((which) =>
  command(`what was sent of ${which} arrives`, async (model, world) => {
    const lost = world.flights.filter((flight) => flight.lost && flight.next !== undefined);
    const flight = lost[which % Math.max(1, lost.length)];
    await flight?.next?.();
    if (flight !== undefined) flight.next = undefined;
    checkRecords(model, world);
  }),
);

/** The buckets are in no tenant. */
function idOf(name: string): BucketId {
  return bucketIdOf({ tenant: undefined, name }, "", true);
}

const policies = fc
  .record({ bucket, account, gateway, policy: fc.constantFrom(...POLICIES) })
  .map(({ bucket, account, gateway, policy }) =>
    command(`${account} puts ${policy} on ${bucket} at ${gateway}`, async (model, world) => {
      const record = await world.record(gateway, bucket);
      if (record?.owner !== account) return;
      const name = idOf(bucket);
      const change = {
        kind: "policy",
        name,
        owner: account,
        by: account,
        policy,
        judged: record.policy,
      } as const;
      const done = await changeRecord(world.gateway(gateway).store, change, world.nowMs);
      if (!done.ok || done.value !== "written") return;
      const truth = model.of(bucket);
      // A bucket that is gone may have a record still: it is of no use to anybody.
      if (truth.owner === undefined) return;
      assert.equal(truth.owner, account, "a policy is put by the owner");
      if (truth.policy === "allow") truth.allowedUntilMs = world.nowMs + REFRESH_MS;
      Object.assign(truth, { policy, at: { gateway, ms: world.nowMs } });
      checkRecords(model, world);
    }),
  );

const objects = fc
  .record({ bucket, account, gateway, reads: fc.boolean() })
  .map(({ bucket, account, gateway, reads }) =>
    command(
      `${account} ${reads ? "reads" : "writes"} ${bucket} at ${gateway}`,
      async (model, world) => {
        const record = await world.record(gateway, bucket);
        const signer = decide(record, account, reads);
        if (signer === undefined) return;
        const said = reads
          ? world.ask(signer, "GET", bucket, "k")
          : world.ask(signer, "PUT", bucket, "k", account);
        const { owner, policy, at, allowedUntilMs } = model.of(bucket);
        if (said.status !== 200 || owner === undefined) return;
        const isAllowed = reads && (policy === "allow" || world.nowMs < allowedUntilMs);
        assert(owner === account || isAllowed, `${account} got at ${owner}'s ${bucket}`);
        const isKnown = at.gateway === gateway || world.nowMs - at.ms >= REFRESH_MS;
        assert(!reads || policy !== "deny" || !isKnown, `the Deny of ${bucket} is lost`);
      },
    ),
  );

const time = fc.constantFrom(1, 2_000, 4_999, 5_000, 59_000, 61_000).map((ms) =>
  command(`${ms} ms pass`, async (_, world) => {
    world.nowMs += ms;
  }),
);

/** Of the two buckets one is older than the gateways, and of nobody that they know. */
function begin(users: Users): { readonly model: Model; readonly real: World } {
  const [model, real] = [new Model(), new World(users)];
  model.of("y").isOlder = true;
  real.ask("a", "PUT", "y");
  return { model, real };
}

for (const users of ["a user each", "one user for all"] as const) {
  test(`nobody gets at another's bucket and no Deny is lost: ${users}`, async () => {
    const commands = fc.commands<Model, World, false>(
      [changes, changes, further, late, policies, objects, objects, time],
      { size: "large", maxCommands: 40 },
    );
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        await fc.asyncModelRun(() => begin(users), steps);
      }),
      { numRuns: 100 },
    );
  });
}
