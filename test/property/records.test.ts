/**
 * Tests records of buckets under random interleavings. There are three accounts, each with a deputy
 * who may do everything by an identity policy. Two gateways share one state, each with its own
 * cache and a clock that only the test moves. The accounts have their own users at the store, or
 * one user for all. Changes of buckets and of policies are divided into their steps, any of which
 * may be the last. `admit` decides on requests; its needs are answered from those caches.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { admit } from "../../src/admission/admit.ts";
import type { BucketRecord } from "../../src/admission/record.ts";
import type { Answer, Need } from "../../src/admission/known.ts";
import type { StoreChange } from "../../src/admission/record-change.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import type { Verdict } from "../../src/admission/verdict.ts";
import type { StoreRequest } from "../../src/admission/outgoing.ts";
import { compileSnapshot, recordReader } from "../../src/config/compile.ts";
import { sharedUpstreams } from "../../src/config/shared-upstream.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { ok, type Result } from "../../src/lib/result.ts";
import { readDocument } from "../../src/s3/document-reader.ts";
import type { Fault } from "../../src/s3/faults.ts";
import { cachedRecords, type CachedRecords } from "../../src/state/cached-records.ts";
import { changeRecord } from "../../src/state/change-record.ts";
import { isInForce, type StoredRecord } from "../../src/state/record.ts";
import {
  beginChange,
  PENDING_MS_MAX,
  type Presence,
  type Ticket,
} from "../../src/state/store-change.ts";
import { Buckets, type Said } from "../support/bucket-store.ts";
import { goodConfig } from "../support/config.ts";
import { memoryState } from "../support/memory-state.ts";
import { filesOf, headOf } from "../unit/admission/people.ts";
import { NOW } from "../unit/admission/world.ts";

const ACCOUNTS = ["a", "b", "c"] as const;
const BUCKETS = ["xxx", "yyy"] as const;
const GATEWAYS = [0, 1] as const;
const POLICIES = ["deny", "deny", "allow", undefined] as const;
const REFRESH_MS = 5_000;

type Account = (typeof ACCOUNTS)[number];
type Actor = { readonly account: Account; readonly isDeputy: boolean };
type Bucket = (typeof BUCKETS)[number];
type Policy = (typeof POLICIES)[number];
type Users = "a user each" | "one user for all";

/**
 * Returns the policy's text. "deny": nobody reads, and no deputy changes anything. "allow":
 * everybody reads.
 */
function textOf(bucket: Bucket, policy: Policy): string | undefined {
  if (policy === undefined) return undefined;
  const objects = { Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/*` };
  const changes = {
    Effect: "Deny",
    Principal: { AWS: ACCOUNTS.map((account) => `arn:aws:iam::${account}:user/deputy`) },
    Action: ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:DeleteBucket"],
    Resource: `arn:aws:s3:::${bucket}`,
  };
  const Statement =
    policy === "allow"
      ? [{ Effect: "Allow", ...objects }]
      : [{ Effect: "Deny", ...objects }, changes];
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

/** The true state of a bucket, whatever gateways remember. */
type Truth = {
  /** The account that was told that it made the bucket, and has not removed it since. */
  owner: Account | undefined;
  /** True if it existed before the gateways: nobody can have made it. */
  isOlder: boolean;
  policy: Policy;
  /**
   * The gateway and time of the put of the policy, and the last time at which others than its owner
   * were allowed.
   */
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

/** A change in progress. */
type Flight = {
  readonly actor: Actor;
  readonly bucket: Bucket;
  readonly kind: StoreChange["kind"] | "policy";
  /** Its next step; `undefined` if it has ended. */
  next: (() => Promise<void>) | undefined;
  /** True if the gateway has died: nobody receives the answer. */
  lost: boolean;
  /** True if the client was told that it was done. */
  heard: boolean;
};

/** The parts that all worlds with the same users share. */
type Site = {
  readonly snapshot: Snapshot;
  readonly compile: (name: string, record: StoredRecord) => Result<BucketRecord, string>;
  /** True if records are read anew for each request, as `openRecords` does. */
  readonly shares: boolean;
};

const SITES: Readonly<Record<Users, Site>> = {
  "a user each": siteOf((account) => account),
  "one user for all": siteOf(() => "a"),
};

function siteOf(userOf: (account: Account) => string): Site {
  const everything = [{ Effect: "Allow", Action: "s3:*", Resource: "*" }];
  const files = filesOf({
    policy: { bucketPolicies: "gateway" },
    accounts: Object.fromEntries(
      ACCOUNTS.map((account) => [account, { users: { deputy: { policy: everything } } }]),
    ),
  });
  const gateway = { ...JSON.parse(files["gateway.yaml"] ?? ""), state: { directory: "records" } };
  const accounts = ACCOUNTS.reduce(
    (text, account) => text.replaceAll(`STORE-${account}"`, `STORE_${userOf(account)}"`),
    files["accounts.yaml"] ?? "",
  );
  const config = goodConfig({
    ...files,
    "gateway.yaml": JSON.stringify(gateway),
    "accounts.yaml": accounts,
  });
  const snapshot = {
    ...compileSnapshot(config, 1),
    elsewhere: { keys: false, records: true },
  };
  const shares = sharedUpstreams(config.accounts).size > 0;
  const read = recordReader(config);
  const compiled = new Map<string, Result<BucketRecord, string>>();
  const compile = (name: string, record: StoredRecord): Result<BucketRecord, string> => {
    const key = `${name} ${record.owner} ${record.policy}`;
    const before = compiled.get(key) ?? read(name, record);
    compiled.set(key, before);
    return before;
  };
  return { snapshot, compile, shares };
}

/** Heads by sender and request: all are of one time. */
const heads = new Map<string, RequestHead>();

function headFrom({ account, isDeputy }: Actor, line: string): RequestHead {
  const who = isDeputy ? `${account}:deputy` : account;
  const head = heads.get(`${who} ${line}`) ?? headOf(who, line);
  heads.set(`${who} ${line}`, head);
  return head;
}

class World {
  nowMs = 1_000_000;
  readonly state = memoryState();
  readonly store = new Buckets();
  readonly flights: Flight[] = [];
  readonly #site: Site;
  readonly #gateways: readonly CachedRecords<BucketRecord>[];

  constructor(users: Users) {
    this.#site = SITES[users];
    const { compile } = this.#site;
    const now = (): number => this.nowMs;
    this.#gateways = GATEWAYS.map(() =>
      cachedRecords<BucketRecord>(this.state, { compile, refreshMs: REFRESH_MS, now, entries: 10 }),
    );
  }

  gateway(at: number): CachedRecords<BucketRecord> {
    const gateway = this.#gateways[at];
    assert(gateway !== undefined);
    return gateway;
  }

  /** Returns the gateway's decision, by its cache and the state. */
  async decide(at: number, actor: Actor, line: string, body = ""): Promise<Verdict> {
    const deciding = admit(this.#site.snapshot, headFrom(actor, line), NOW);
    let step = deciding.next();
    while (step.done !== true) {
      step = deciding.next(await this.#answer(at, step.value.need, body));
    }
    return step.value;
  }

  async #answer(at: number, need: Need, body: string): Promise<Answer> {
    if (need.kind === "document") {
      const document = readDocument(need.operation, need.headers, Buffer.from(body));
      assert(document.ok);
      return { kind: "document", document: document.value };
    }
    assert(need.kind === "record");
    const { id } = need.bucket;
    const gateway = this.gateway(at);
    const read = await (this.#site.shares || need.fresh
      ? gateway.fetchFresh(id, "proved")
      : gateway.look(id, "proved"));
    assert(read.ok);
    return { kind: "record", record: read.value };
  }

  /** Executes a request at the store, for the user that signed it. */
  send({ head }: StoreRequest, body = ""): Said {
    const { method, target, headers } = head;
    const signed = headers[headers.indexOf("authorization") + 1] ?? "";
    const user = /Credential=STORE_([^/]+)/.exec(signed)?.[1];
    assert(user !== undefined);
    const [, bucket = "", key] = target.split("/");
    return this.store.ask(user, { method, bucket, key, body: Buffer.from(body) });
  }

  exists(bucket: Bucket): boolean {
    return ACCOUNTS.some(
      (user) => this.store.ask(user, { method: "HEAD", bucket, key: undefined }).status === 200,
    );
  }

  recordNow(bucket: Bucket): StoredRecord | undefined {
    const record = this.state.stored.get(bucket)?.record;
    return record !== undefined && isInForce(record) ? record : undefined;
  }
}

const PRESENCE: ReadonlyMap<number, Presence> = new Map([
  [200, "present"],
  [404, "absent"],
]);

type Command = fc.AsyncCommand<Model, World>;

/** Makes a command that is always possible. */
function command(text: string, run: (model: Model, world: World) => Promise<void>): Command {
  return { check: () => true, run, toString: () => text };
}

const METHODS = { created: "PUT", removed: "DELETE" } as const;

/**
 * Takes the steps of a change at a gateway: ask for the bucket and claim it, ask for the change,
 * settle.
 */
async function take(
  model: Model,
  world: World,
  at: number,
  actor: Actor,
  bucket: Bucket,
  kind: StoreChange["kind"],
): Promise<Flight> {
  const flight: Flight = { actor, bucket, kind, next: undefined, lost: false, heard: false };
  world.flights.push(flight);
  const verdict = await world.decide(at, actor, `${METHODS[kind]} /${bucket}`);
  if (verdict.kind === "refuse") return flight;
  assert(verdict.kind === "forward" && verdict.reply.kind === "remember");
  const { request, reply } = verdict;
  flight.next = () => start(model, world, at, flight, request, reply.change);
  return flight;
}

async function start(
  model: Model,
  world: World,
  at: number,
  flight: Flight,
  request: StoreRequest,
  change: StoreChange,
): Promise<void> {
  flight.next = undefined;
  const asked = Promise.withResolvers<"asked">();
  const head = Promise.withResolvers<void>();
  const presence = async (): Promise<Result<Presence, Fault>> => {
    asked.resolve("asked");
    await head.promise;
    assert(change.kind === "created" && change.presence !== undefined);
    return ok(PRESENCE.get(world.send(change.presence).status) ?? "unclear");
  };
  const begun = beginChange(world.gateway(at).store, change, presence, world.nowMs);
  const sinceMs = world.nowMs;
  const claimed = async (): Promise<void> => {
    const ticket = await begun;
    flight.next = ticket.ok
      ? () => send(model, world, flight, request, ticket.value, sinceMs)
      : undefined;
  };
  const first = await Promise.race([begun, asked.promise]);
  if (first !== "asked") await claimed();
  else {
    flight.next = () => {
      head.resolve();
      return claimed();
    };
  }
}

async function send(
  model: Model,
  world: World,
  flight: Flight,
  request: StoreRequest,
  ticket: Ticket,
  sinceMs: number,
): Promise<void> {
  const { actor, bucket, kind } = flight;
  const { owner, policy } = model.of(bucket);
  const existed = world.exists(bucket);
  const said = world.send(request);
  // A bucket made anew has no owner until a client is told of it, unless its owner's record stands.
  const isNew = !existed && world.exists(bucket);
  if (isNew && world.recordNow(bucket) === undefined) model.anew(bucket);
  const isGone = existed && !world.exists(bucket);
  // If a gateway waits for longer, it is believed to be dead, and the policy can be changed again.
  const isBelieved = world.nowMs - sinceMs < PENDING_MS_MAX;
  if (isGone && isBelieved && owner !== undefined) {
    assert(!actor.isDeputy || policy !== "deny", `the Deny of ${bucket}'s removal is lost`);
  }
  flight.next = async () => {
    flight.next = undefined;
    const done = said.status < 300 || (kind === "removed" && said.status === 404);
    const failed = await ticket.settle(done ? "done" : "not-done");
    flight.heard = done && failed === undefined;
    if (!flight.heard) return;
    if (kind === "created") hearMade(model, world, flight, existed ? owner : undefined);
    // It may have been made again since the store removed it: then its record stands.
    else if (world.recordNow(bucket) === undefined) model.anew(bucket);
  };
  if (flight.lost) flight.next = undefined;
}

/**
 * Settles the client's view. `before`: the owner of the bucket when the store was asked;
 * `undefined` if it had none.
 */
function hearMade(model: Model, world: World, flight: Flight, before: Account | undefined): void {
  const { bucket } = flight;
  const { account } = flight.actor;
  assert(
    before === undefined || before === account,
    `${account} was told to have made ${before}'s`,
  );
  const { owner } = model.of(bucket);
  if (owner !== undefined || world.recordNow(bucket)?.owner !== account) return;
  assert(!model.of(bucket).isOlder, `${account} has taken over ${bucket}`);
  model.anew(bucket, account);
}

/** Checks the law: the record of an existing bucket is its owner's, with its policy. */
function checkRecords(model: Model, world: World): void {
  for (const bucket of BUCKETS) {
    const { owner, policy } = model.of(bucket);
    if (owner === undefined || !world.exists(bucket)) continue;
    const record = world.recordNow(bucket);
    assert.deepEqual(
      [record?.owner, record?.policy],
      [owner, textOf(bucket, policy)],
      `the record of ${bucket}`,
    );
  }
}

const bucket = fc.constantFrom(...BUCKETS);
const actor = fc.record({
  account: fc.constantFrom(...ACCOUNTS),
  isDeputy: fc.boolean(),
});
const gateway = fc.constantFrom(...GATEWAYS);
const steps = fc.constantFrom(0, 0, 1, 2, 9, 9, 9);

function named({ account, isDeputy }: Actor): string {
  return isDeputy ? `${account}'s deputy` : account;
}

async function fly(flight: Flight, steps: number): Promise<void> {
  for (let step = 0; step < steps && flight.next !== undefined; step++) await flight.next();
}

/** Changes from their beginning to their end, or as far as `steps`; the gateway may die then. */
const changes = fc
  .record({
    kind: fc.constantFrom<StoreChange["kind"]>("created", "removed"),
    bucket,
    actor,
    gateway,
    steps,
  })
  .map(({ kind, bucket, actor, gateway, steps }) =>
    command(
      `${named(actor)} ${kind} ${bucket} at ${gateway}, ${steps} steps`,
      async (model, world) => {
        const isAlone = world.flights.every(({ next }) => next === undefined);
        const before = world.state.stored.get(bucket)?.record;
        const wasNobodys = before === undefined && !world.exists(bucket);
        const flight = await take(model, world, gateway, actor, bucket, kind);
        await fly(flight, steps);
        if (kind === "created" && steps === 9 && isAlone && wasNobodys) {
          assert.equal(
            model.of(bucket).owner,
            actor.account,
            "the account that makes a bucket owns it",
          );
        }
        if (kind === "removed" && steps === 9 && isAlone && flight.heard) {
          assert.equal(
            world.recordNow(bucket),
            undefined,
            "the removal of a bucket leaves no record",
          );
        }
        checkRecords(model, world);
      },
    ),
  );

/** A step of an unfinished change, or the death of its gateway. */
const further = fc
  .record({ which: fc.nat({ max: 2 }), dies: fc.constantFrom(false, false, false, true) })
  .map(({ which, dies }) =>
    command(`${dies ? "the gateway dies of" : "a step of"} ${which}`, async (model, world) => {
      const flights = world.flights.filter(({ next, lost }) => next !== undefined && !lost);
      const flight = flights.at(-1 - (which % Math.max(1, flights.length)));
      if (flight === undefined) return;
      if (dies) flight.lost = true;
      else await flight.next?.();
      checkRecords(model, world);
    }),
  );

/** A late request: one that a dead gateway has sent reaches the store all the same. */
const late = fc.nat({ max: 5 }).map((which) =>
  command(`what was sent of ${which} arrives`, async (model, world) => {
    const lost = world.flights.filter((flight) => flight.lost && flight.next !== undefined);
    const flight = lost[which % Math.max(1, lost.length)];
    await flight?.next?.();
    if (flight !== undefined) flight.next = undefined;
    checkRecords(model, world);
  }),
);

/** Puts or deletes a policy: judged, and changed; or judged anew if another was faster. */
async function takePolicy(
  model: Model,
  world: World,
  at: number,
  actor: Actor,
  bucket: Bucket,
  policy: Policy,
): Promise<Flight> {
  const flight: Flight = {
    actor,
    bucket,
    kind: "policy",
    next: undefined,
    lost: false,
    heard: false,
  };
  world.flights.push(flight);
  const judged = async (): Promise<void> => {
    const line = `${policy === undefined ? "DELETE" : "PUT"} /${bucket}?policy`;
    const verdict = await world.decide(at, actor, line, textOf(bucket, policy));
    flight.next = undefined;
    if (verdict.kind === "refuse") return;
    assert(verdict.kind === "keep");
    flight.next = async () => {
      flight.next = undefined;
      const truth = model.of(bucket);
      const done = await changeRecord(world.gateway(at).store, verdict.change, world.nowMs);
      assert(done.ok);
      if (done.value === "stale") flight.next = judged;
      if (done.value !== "written") return;
      // A missing bucket may still have a record: it is of no use to anybody.
      if (truth.owner === undefined) return;
      assert.equal(truth.owner, actor.account, "a policy is put by the owner");
      assert(!actor.isDeputy || truth.policy !== "deny", `the Deny of ${bucket}'s policy is lost`);
      if (truth.policy === "allow") truth.allowedUntilMs = world.nowMs + REFRESH_MS;
      Object.assign(truth, { policy, at: { gateway: at, ms: world.nowMs } });
    };
  };
  await judged();
  return flight;
}

const policies = fc
  .record({ bucket, actor, gateway, policy: fc.constantFrom(...POLICIES), steps })
  .map(({ bucket, actor, gateway, policy, steps }) =>
    command(
      `${named(actor)} puts ${policy} on ${bucket} at ${gateway}, ${steps} steps`,
      async (model, world) => {
        await fly(await takePolicy(model, world, gateway, actor, bucket, policy), steps);
        checkRecords(model, world);
      },
    ),
  );

const objects = fc
  .record({ bucket, actor, gateway, method: fc.constantFrom("GET", "GET", "PUT", "DELETE") })
  .map(({ bucket, actor, gateway, method }) =>
    command(`${named(actor)}: ${method} /${bucket}/k at ${gateway}`, async (model, world) => {
      const { account } = actor;
      const reads = method === "GET";
      const verdict = await world.decide(gateway, actor, `${method} /${bucket}/k`);
      if (verdict.kind === "refuse") return;
      assert(verdict.kind === "forward");
      const said = world.send(verdict.request, account);
      const { owner, policy, at, allowedUntilMs } = model.of(bucket);
      if (said.status >= 300 || owner === undefined) return;
      const isAllowed = reads && (policy === "allow" || world.nowMs < allowedUntilMs);
      assert(owner === account || isAllowed, `${account} got at ${owner}'s ${bucket}`);
      const isKnown = at.gateway === gateway || world.nowMs - at.ms >= REFRESH_MS;
      assert(!reads || policy !== "deny" || !isKnown, `the Deny of ${bucket} is lost`);
    }),
  );

const time = fc.constantFrom(1, 2_000, 4_999, 5_000, 59_000, 61_000).map((ms) =>
  command(`${ms} ms pass`, async (_, world) => {
    world.nowMs += ms;
  }),
);

/**
 * Begins with two buckets: one belongs to "a"; one is older than the gateways, and has no owner.
 */
async function begin(
  users: Users,
  isEmpty: boolean,
): Promise<{ readonly model: Model; readonly real: World }> {
  const [model, real] = [new Model(), new World(users)];
  model.of("yyy").isOlder = true;
  real.store.ask("a", { method: "PUT", bucket: "yyy", key: undefined });
  const a: Actor = { account: "a", isDeputy: false };
  await fly(await take(model, real, 0, a, "xxx", "created"), 9);
  if (!isEmpty) {
    const put = await real.decide(0, a, "PUT /xxx/k");
    assert(put.kind === "forward");
    real.send(put.request, "a");
  }
  return { model, real };
}

for (const users of ["a user each", "one user for all"] as const) {
  test(`nobody gets at another's bucket and no Deny is lost: ${users}`, async () => {
    const commands = fc.commands<Model, World, false>(
      [changes, further, further, late, policies, policies, objects, objects, time],
      { size: "large", maxCommands: 30 },
    );
    await fc.assert(
      fc.asyncProperty(fc.boolean(), commands, async (isEmpty, steps) => {
        await fc.asyncModelRun(() => begin(users, isEmpty), steps);
      }),
      { numRuns: 1000 },
    );
  });
}

for (const users of ["a user each", "one user for all"] as const) {
  test(`a Deny that is put between any two steps of a change holds: ${users}`, async () => {
    const a: Actor = { account: "a", isDeputy: false };
    const deputy: Actor = { account: "a", isDeputy: true };
    for (const kind of ["removed", "allow", undefined] as const) {
      for (let before = 0; before < 4; before++) {
        const { model, real } = await begin(users, true);
        const flight =
          kind === "removed"
            ? await take(model, real, 1, deputy, "xxx", kind)
            : await takePolicy(model, real, 1, deputy, "xxx", kind);
        await fly(flight, before);
        await fly(await takePolicy(model, real, 0, a, "xxx", "deny"), 9);
        await fly(flight, 9);
        checkRecords(model, real);
      }
    }
  });
}
