import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { StoreChange } from "../../../src/admission/record-change.ts";
import { err, ok } from "../../../src/lib/result.ts";
import { bucketIdOf } from "../../../src/s3/bucket.ts";
import { fault } from "../../../src/s3/faults.ts";
import { openStateBucket } from "../../../src/state/bucket.ts";
import { changeRecord } from "../../../src/state/change-record.ts";
import { openDirectory } from "../../../src/state/directory.ts";
import type { StoredRecord } from "../../../src/state/record.ts";
import type { StateStore } from "../../../src/state/state-store.ts";
import {
  beginChange,
  PENDING_MS_MAX,
  type StoreOutcome,
  type Presence,
  type Ticket,
} from "../../../src/state/store-change.ts";
import { memoryState } from "../../support/memory-state.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { startFakeStore, type Honours } from "./fake-store.ts";

const NOW = 1_800_000_000_000;
const YOUNG = NOW - PENDING_MS_MAX + 1;
const OLD = NOW - PENDING_MS_MAX;
const NAME = bucketIdOf({ tenant: "t", name: "photos" }, "", true);

const toClose: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of toClose.toReversed()) await close();
});

async function bucketOf(honours: Honours): Promise<StateStore> {
  const fake = await startFakeStore(honours);
  toClose.push(fake.stop);
  const store = await openStateBucket({
    endpoints: [fake.endpoint],
    authority: "store.example",
    region: "us-east-1",
    addressing: "path",
    credential: { accessKeyId: "AK", secret: "SK" },
    bucket: "gateway-state",
    tls: { ca: undefined, serverName: undefined, clientCertificate: undefined },
  });
  assert(store.ok);
  toClose.push(store.value.close);
  return store.value;
}

async function directory(): Promise<StateStore> {
  const store = openDirectory(join(scratchFolder("store-change"), "records"));
  assert(store.ok);
  return store.value;
}

const STORES: readonly (readonly [what: string, open: () => Promise<StateStore>])[] = [
  ["in memory", async () => memoryState()],
  ["in a directory", directory],
  ["in a bucket of a store with conditional writes", async () => bucketOf("quoted")],
  ["in a bucket of Ceph, which removes without conditions", async () => bucketOf("bare")],
  ["in a bucket of a store without conditions", async () => bucketOf("none")],
];

const created = (owner: string): StoreChange => ({
  kind: "created",
  name: NAME,
  owner,
  by: owner,
  presence: undefined,
});
const removed = (owner: string, judged?: string): StoreChange => ({
  kind: "removed",
  name: NAME,
  owner,
  by: owner,
  judged,
});

/** Records are told in short: their owner, what is pending and whether it is old, the policy. */
function short(record: StoredRecord | undefined): string {
  if (record === undefined) return "nothing";
  const { owner, pending, policy } = record;
  const since = pending?.sinceMs === 0 ? " left" : pending?.sinceMs === NOW ? " now" : "";
  const waiting = pending === undefined ? "" : ` ${pending.kind}${since}`;
  return `${owner}${waiting}${policy === undefined ? "" : ` ${policy}`}`;
}

async function told(store: StateStore): Promise<string> {
  const stored = await store.read(NAME);
  assert(stored.ok);
  return short(stored.value?.record);
}

async function startingWith(
  open: () => Promise<StateStore>,
  record: StoredRecord | undefined,
): Promise<StateStore> {
  const store = await open();
  if (record !== undefined) {
    assert.deepEqual(await store.write(NAME, record, undefined), ok("written"));
  }
  return store;
}

const record = (pending?: StoredRecord["pending"], policy?: string): StoredRecord => ({
  owner: "alice",
  policy,
  at: 1,
  by: "alice",
  ...(pending && { pending }),
});
const waiting = (
  kind: "create" | "attempt" | "delete",
  sinceMs: number,
  policy?: string,
): StoredRecord => record({ kind, sinceMs }, policy);

/** The ticket, or the code of the fault; and how often the store was asked for the bucket. */
async function begin(
  store: StateStore,
  change: StoreChange,
  presence: Presence = "absent",
): Promise<{ ticket: Ticket | string; asked: number }> {
  let asked = 0;
  const ask = async () => {
    asked++;
    return ok(presence);
  };
  const begun = await beginChange(store, change, ask, NOW);
  return { ticket: begun.ok ? begun.value : begun.error.code, asked };
}

type Row = {
  readonly before: StoredRecord | undefined;
  readonly change: StoreChange;
  readonly presence?: Presence;
  /** What is kept while the store is asked, or the code of the fault. */
  readonly meanwhile: string;
  /** What is kept after each outcome. */
  readonly done?: string;
  readonly notDone?: string;
  readonly unknown?: string;
  /** How often the store was asked for the bucket. */
  readonly asked?: number;
};

const ALICE = created("alice");
const BOB = created("bob");
const D = "DENY";

const ROWS: Readonly<Record<string, Row>> = {
  "a new bucket is claimed": {
    before: undefined,
    change: ALICE,
    meanwhile: "alice create now",
    asked: 1,
    done: "alice",
    notDone: "nothing",
    unknown: "alice create left",
  },
  "one that is there is nobody's by that": {
    before: undefined,
    change: ALICE,
    presence: "present",
    meanwhile: "alice attempt now",
    asked: 1,
    done: "nothing",
    notDone: "nothing",
    unknown: "alice attempt left",
  },
  "one that cannot be seen leaves no trace": {
    before: undefined,
    change: ALICE,
    presence: "unclear",
    meanwhile: "nothing",
    asked: 1,
    done: "nothing",
    notDone: "nothing",
    unknown: "nothing",
  },
  "one's own stays as it is": {
    before: record(undefined, D),
    change: ALICE,
    meanwhile: "alice DENY",
    asked: 0,
    done: "alice DENY",
    notDone: "alice DENY",
    unknown: "alice DENY",
  },
  "another's is refused": {
    before: record(),
    change: BOB,
    meanwhile: "BucketAlreadyExists",
    asked: 0,
  },
  "one that another makes": {
    before: waiting("create", YOUNG),
    change: BOB,
    meanwhile: "OperationAborted",
  },
  "one that its own account makes": {
    before: waiting("create", YOUNG),
    change: ALICE,
    meanwhile: "OperationAborted",
  },
  "one that another tries to make": {
    before: waiting("attempt", YOUNG),
    change: BOB,
    meanwhile: "OperationAborted",
  },
  "one whose clock is a little ahead": {
    before: waiting("create", NOW + 5_000),
    change: BOB,
    meanwhile: "OperationAborted",
  },
  "a claim left by another is taken over if the bucket is not there": {
    before: waiting("create", OLD),
    change: BOB,
    meanwhile: "bob create now",
    asked: 1,
    done: "bob",
    notDone: "nothing",
    unknown: "bob create left",
  },
  "a claim from far in the future is old": {
    before: waiting("create", NOW + PENDING_MS_MAX),
    change: BOB,
    meanwhile: "bob create now",
  },
  "a claim left by another gives nothing if the bucket is there": {
    before: waiting("create", OLD),
    change: BOB,
    presence: "present",
    meanwhile: "bob attempt now",
    done: "nothing",
    notDone: "nothing",
  },
  "a claim left by another stays if the bucket cannot be seen": {
    before: waiting("create", 0),
    change: BOB,
    presence: "unclear",
    meanwhile: "alice create left",
    done: "alice create left",
  },
  "one's own claim goes on, wherever the bucket has come from": {
    before: waiting("create", 0),
    change: ALICE,
    presence: "present",
    meanwhile: "alice create now",
    asked: 0,
    done: "alice",
    notDone: "nothing",
  },
  "one's own attempt proves nothing": {
    before: waiting("attempt", 0),
    change: ALICE,
    presence: "present",
    meanwhile: "alice attempt now",
    done: "nothing",
  },
  "one that is being removed": {
    before: waiting("delete", YOUNG),
    change: ALICE,
    meanwhile: "OperationAborted",
  },
  "one whose removal by another is unknown": {
    before: waiting("delete", 0),
    change: BOB,
    meanwhile: "BucketAlreadyExists",
  },
  "one whose own removal was done": {
    before: waiting("delete", 0, D),
    change: ALICE,
    presence: "absent",
    meanwhile: "alice create now",
    done: "alice",
  },
  "one whose own removal was not done keeps its policy": {
    before: waiting("delete", 0, D),
    change: ALICE,
    presence: "present",
    meanwhile: "alice DENY",
    done: "alice DENY",
  },
  "a removal waits with its policy in force": {
    before: record(undefined, D),
    change: removed("alice", D),
    meanwhile: "alice delete now DENY",
    asked: 0,
    done: "nothing",
    notDone: "alice DENY",
    unknown: "alice delete left DENY",
  },
  "a removal of what has no record": {
    before: undefined,
    change: removed("alice"),
    meanwhile: "nothing",
    done: "nothing",
  },
  "a removal judged for another owner": {
    before: record(),
    change: removed("bob"),
    meanwhile: "OperationAborted",
  },
  "a removal judged by a policy that is not there any more": {
    before: record(undefined, D),
    change: removed("alice", "OLD"),
    meanwhile: "OperationAborted",
  },
  "a removal judged before there was a policy": {
    before: record(undefined, D),
    change: removed("alice"),
    meanwhile: "OperationAborted",
  },
  "a removal beside a removal": {
    before: waiting("delete", YOUNG),
    change: removed("alice"),
    meanwhile: "OperationAborted",
  },
  "a removal after one that is unknown": {
    before: waiting("delete", 0, D),
    change: removed("alice", D),
    meanwhile: "alice delete now DENY",
    done: "nothing",
    notDone: "alice DENY",
  },
  "a removal of what is being made": {
    before: waiting("create", YOUNG),
    change: removed("alice"),
    meanwhile: "OperationAborted",
  },
  "a removal of what was perhaps made": {
    before: waiting("create", OLD),
    change: removed("alice"),
    meanwhile: "alice create",
    done: "nothing",
    notDone: "alice create left",
    unknown: "alice create left",
  },
  "a removal of what another perhaps made": {
    before: waiting("create", 0),
    change: removed("bob"),
    meanwhile: "alice create left",
    done: "alice create left",
    notDone: "alice create left",
  },
};

/** No outcome is tried. */
const REFUSED = [[undefined, undefined]] as const;

for (const [where, open] of STORES) {
  describe(`records ${where}`, { concurrency: 16 }, () => {
    for (const [what, row] of Object.entries(ROWS)) {
      test(what, async () => {
        const outcomes: readonly (readonly [StoreOutcome | undefined, string | undefined])[] = [
          ["done", row.done],
          ["not-done", row.notDone],
          ["unknown", row.unknown],
        ];
        const wanted = outcomes.filter(([, after]) => after !== undefined);
        for (const [outcome, after] of wanted.length > 0 ? wanted : REFUSED) {
          const store = await startingWith(open, row.before);
          const { ticket, asked } = await begin(store, row.change, row.presence);
          if (typeof ticket === "string") {
            assert.equal(ticket, row.meanwhile);
            assert.equal(await told(store), short(row.before));
          } else {
            assert.equal(await told(store), row.meanwhile);
            if (outcome !== undefined) {
              assert.equal(await ticket.settle(outcome), undefined);
              assert.equal(await told(store), after);
            }
          }
          if (row.asked !== undefined) assert.equal(asked, row.asked);
        }
      });
    }

    test("a claim that was taken over meanwhile is not settled any more", async () => {
      for (const outcome of ["done", "not-done", "unknown"] as const) {
        const store = await open();
        const { ticket } = await begin(store, ALICE);
        const late = await beginChange(store, BOB, async () => ok("absent"), NOW + PENDING_MS_MAX);
        assert(typeof ticket === "object" && late.ok);
        const failed = await ticket.settle(outcome);
        assert.equal(failed?.code, outcome === "done" ? "OperationAborted" : undefined);
        assert.match(await told(store), /^bob create/);
        assert.equal(await late.value.settle("done"), undefined);
        assert.equal(await told(store), "bob");
      }
    });

    test("one of many claims at the same time succeeds", async () => {
      const store = await open();
      const names = Array.from({ length: 8 }, (_, i) => `account-${i}`);
      const all = await Promise.all(names.map(async (name) => begin(store, created(name))));
      const tickets = all.map(({ ticket }) => ticket);
      assert.equal(tickets.filter((ticket) => typeof ticket === "object").length, 1);
      for (const ticket of tickets) {
        if (typeof ticket === "string") assert.equal(ticket, "OperationAborted");
        else assert.equal(await ticket.settle("done"), undefined);
      }
      assert.match(await told(store), /^account-\d$/);
    });

    test("a policy is put into what is established, or left in the middle of its removal", async () => {
      const rows = [
        [record(), undefined, "written", "alice DENY"],
        [record(undefined, "OLD"), "OLD", "written", "alice DENY"],
        [record(undefined, "OLD"), undefined, "stale", "alice OLD"],
        [record(), "OLD", "stale", "alice"],
        [waiting("delete", 0, "OLD"), "OLD", "written", "alice delete left DENY"],
        [waiting("delete", YOUNG, "OLD"), "OLD", "conflict", "alice delete OLD"],
        [waiting("create", 0), undefined, "conflict", "alice create left"],
        [undefined, undefined, "conflict", "nothing"],
      ] as const;
      for (const [before, judged, said, after] of rows) {
        const store = await startingWith(open, before);
        const change = {
          kind: "policy",
          name: NAME,
          owner: "alice",
          by: "alice",
          judged,
          policy: D,
        } as const;
        assert.deepEqual(await changeRecord(store, change, NOW), ok(said));
        assert.equal(await told(store), after);
        assert.deepEqual(
          await changeRecord(store, { ...change, owner: "bob" }, NOW),
          ok("conflict"),
        );
      }
    });
  });
}

test("an own bucket made again, and removed meanwhile, is not reported as made", async () => {
  const store = await startingWith(async () => memoryState(), record());
  const { ticket } = await begin(store, ALICE);
  const gone = await begin(store, removed("alice"));
  assert(typeof ticket === "object" && typeof gone.ticket === "object");
  assert.equal((await ticket.settle("done"))?.code, "OperationAborted");
  assert.equal(await gone.ticket.settle("done"), undefined);
  assert.equal(await told(store), "nothing");
});

test("a bucket made again is not reported as made if another has taken the claim over meanwhile", async () => {
  const store = memoryState();
  const { ticket } = await begin(store, ALICE, "present");
  const later = NOW + PENDING_MS_MAX;
  const taken = await beginChange(store, BOB, async () => ok("absent"), later);
  assert(typeof ticket === "object" && taken.ok);
  assert.equal(await taken.value.settle("done"), undefined);
  assert.equal((await ticket.settle("done"))?.code, "OperationAborted");
  assert.equal(await told(store), "bob");
});

test("a failure to learn of the bucket is the answer, and nothing is written", async () => {
  const store = memoryState();
  const slow = err(fault("SlowDown"));
  assert.deepEqual(await beginChange(store, ALICE, async () => slow, NOW), slow);
  assert.equal(await told(store), "nothing");
});

test("a state that fails refuses before, and says so after", async () => {
  const memory = memoryState();
  let broken = true;
  const failing = async <T>(work: Promise<T>) => (broken ? err("the disk is gone") : work);
  const store: StateStore = {
    ...memory,
    read: (name) => failing(memory.read(name)),
    write: (...all) => failing(memory.write(...all)),
  };
  const refused = await beginChange(store, ALICE, async () => ok("absent"), NOW);
  assert.equal(!refused.ok && refused.error.code, "ServiceUnavailable");
  assert.match(refused.ok ? "" : (refused.error.rule ?? ""), /state: the disk is gone/);
  broken = false;
  const { ticket } = await begin(store, ALICE);
  broken = true;
  assert(typeof ticket === "object");
  assert.equal((await ticket.settle("done"))?.code, "ServiceUnavailable");
});
