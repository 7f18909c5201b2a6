/** In whose name the store is asked for a bucket that somebody shares: the rules one by one. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Caller } from "../../../src/admission/caller.ts";
import { NO_FACTS, type Actor } from "../../../src/admission/facts.ts";
import type { Account, Key } from "../../../src/admission/principal.ts";
import type { BucketRecord } from "../../../src/admission/record.ts";
import { sharedBucket, signerOf } from "../../../src/admission/store-signer.ts";
import { NOTHING_KNOWN, type Subject } from "../../../src/admission/subject.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { canonicalBucket, type Bucket } from "../../../src/s3/bucket.ts";
import { judge, KEYS, world } from "./world.ts";
import { PLAIN_SESSION } from "../../support/sessions.ts";

const WORLD = world();

function keyOf(id: string): Key {
  const key = WORLD.keys.get(id);
  assert.ok(key !== undefined, id);
  return key;
}

const NAMING = { ...WORLD.store.naming, tenantsKnown: true };

function bucketOf(name: string, tenant?: string): Bucket {
  const bucket = canonicalBucket({ tenant, name }, "", NAMING);
  assert.ok(bucket.ok);
  return bucket.value;
}

/** The store knows `lab` by a credential of the gateway's, and `own` by its own keys. */
const LAB = keyOf(KEYS.lab);
const OWN = keyOf(KEYS.own);
const { upstream: OF_LAB } = LAB.account;
assert.ok(OF_LAB !== undefined && OWN.account.upstream === undefined);

const OF_OWN = bucketOf("first-of-own");
const ALSO_OF_OWN = bucketOf("second-of-own");
const BY_LAB = bucketOf("of-lab");
const NOBODYS = bucketOf("of-nobody");

const recordOf = (bucket: Bucket, owner: Account): readonly [Bucket["id"], BucketRecord] => [
  bucket.id,
  {
    id: bucket.id,
    configured: true,
    owner,
    policy: undefined,
    policyText: undefined,
    isPublic: false,
  },
];
const RECORDS = new Map<Bucket["id"], BucketRecord | undefined>([
  recordOf(OF_OWN, OWN.account),
  recordOf(ALSO_OF_OWN, OWN.account),
  recordOf(BY_LAB, LAB.account),
  [NOBODYS.id, undefined],
]);

const ANYBODY: Caller = { kind: "anonymous" };

/** A caller who was proved, with this key. */
function known(key: Key): Caller {
  const { proved } = judge(WORLD, "GET /photos/a", { as: "lab" }).facts;
  assert.ok(proved !== undefined);
  return { kind: "known", key, proved };
}

type Asked = {
  readonly caller?: Caller;
  /** `undefined`: the service itself. */
  readonly bucket?: Bucket | undefined;
  readonly source?: Bucket | undefined;
  /** The key of the bucket's owner that was found. */
  readonly found?: Key;
};

function subjectOf({ caller = ANYBODY, bucket, source, found }: Asked): Subject {
  const target = parseTarget("/");
  assert.ok(target.ok);
  const head = { method: "PUT", target: target.value, headers: [], sourceAddress: "192.0.2.1" };
  const records = { ...NOTHING_KNOWN, records: RECORDS };
  return {
    head: { ...head, secure: false },
    operation: source === undefined ? "PutObject" : "CopyObject",
    address: bucket === undefined ? { kind: "service" } : { kind: "object", bucket, key: "k" },
    source: source && { bucket: source, key: "k", versionId: undefined },
    versionId: undefined,
    query: [],
    headers: [],
    caller,
    payload: { kind: "unsigned" },
    values: undefined,
    known:
      found === undefined || bucket === undefined
        ? records
        : { ...records, owners: new Map([[bucket.id, found]]) },
  };
}

describe("the store is asked as", () => {
  const owner = { bucket: OF_OWN, owner: OWN.account };
  const rows: readonly (readonly [string, Asked, Actor | undefined, boolean, unknown])[] = [
    ["the owner whom a policy needs", { bucket: OF_OWN }, "owner", false, owner],
    ["the caller in report mode", { bucket: OF_OWN }, "owner", true, "caller"],
    ["the caller where nothing was asked", { bucket: OF_OWN }, undefined, false, "caller"],
    ["the caller who has the rights", { bucket: OF_OWN }, "caller", false, "caller"],
    ["the caller for no bucket at all", {}, "owner", false, "caller"],
    ["the caller where nobody is known to own it", { bucket: NOBODYS }, "owner", false, "caller"],
    ["nobody for parts of two", { bucket: OF_OWN }, "both", false, "both"],
    [
      "the owner of both buckets of a copy",
      { bucket: OF_OWN, source: ALSO_OF_OWN },
      "owner",
      false,
      owner,
    ],
    ["nobody for those of two owners", { bucket: OF_OWN, source: BY_LAB }, "owner", false, "both"],
    [
      "nobody if the source may be another's",
      { bucket: OF_OWN, source: NOBODYS },
      "owner",
      false,
      "both",
    ],
    [
      "nobody if the target may be another's",
      { bucket: NOBODYS, source: OF_OWN },
      "owner",
      false,
      "both",
    ],
  ];
  for (const [what, asked, actor, reported, expected] of rows) {
    test(what, () =>
      assert.deepEqual(sharedBucket(subjectOf(asked), { actor, reported }), expected),
    );
  }
});

/** Who signs, in a word; else the code of the refusal. */
function signer(anonymous: "deny" | "upstream", asked: Asked, actor: Actor): string {
  const snapshot = { ...WORLD, policy: { ...WORLD.policy, anonymous } };
  const signing = signerOf(snapshot, subjectOf(asked), { ...NO_FACTS, actor });
  return signing.ok ? signing.value.kind : signing.error.code;
}

describe("without one credential for all,", () => {
  const two: Asked = { bucket: OF_OWN, source: BY_LAB };
  for (const [what, asked, actor] of [
    ["two owners", two, "owner"],
    ["parts of two", { bucket: OF_OWN }, "both"],
    ["no key of the owner", { bucket: OF_OWN }, "owner"],
  ] as const) {
    test(`${what}: only the store's own word on anybody is left`, () => {
      assert.equal(signer("upstream", asked, actor), "nobody");
      assert.equal(signer("deny", asked, actor), "AccessDenied");
      for (const anonymous of ["upstream", "deny"] as const) {
        const caller = known(LAB);
        assert.equal(signer(anonymous, { ...asked, caller }, actor), "AccessDenied");
      }
    });
  }
});

test("the owner signs by the gateway's credential, or by a key that was found for its tenant", () => {
  const facts = { ...NO_FACTS, actor: "owner" } as const;
  assert.deepEqual(signerOf(WORLD, subjectOf({ bucket: BY_LAB }), facts), {
    ok: true,
    value: { kind: "account", account: LAB.account, credential: OF_LAB },
  });
  const bucket = bucketOf("first-of-own", "t1");
  const records = new Map([recordOf(bucket, OWN.account)]);
  const subject = subjectOf({ bucket, found: OWN });
  assert.deepEqual(signerOf(WORLD, { ...subject, known: { ...subject.known, records } }, facts), {
    ok: true,
    value: { kind: "owner", key: OWN, need: { kind: "owner", account: "own", tenant: "t1" } },
  });
});

const SESSION = { ...PLAIN_SESSION, parent: KEYS.own };

describe("a caller's request is signed by", () => {
  const client = (own: boolean) => ({ kind: "client", own });
  const account = { kind: "account", account: LAB.account, credential: OF_LAB };
  const rows: readonly (readonly [string, Key, boolean, object])[] = [
    ["its key, as the store knows it", OWN, false, client(false)],
    ["its very key in report mode", OWN, true, client(true)],
    ["a session's account, in report mode, too", { ...OWN, session: SESSION }, true, client(false)],
    ["a session's account", { ...OWN, session: SESSION }, false, client(false)],
    ["its account's credential", LAB, false, account],
    ["its account's credential in report mode, too", LAB, true, account],
    ["the credential that came with it", { ...LAB, signing: OF_LAB }, false, client(false)],
    ["no credential but its account's", { ...LAB, signing: { ...OF_LAB } }, false, account],
  ];
  for (const [what, key, reported, expected] of rows) {
    test(what, () => {
      const subject = subjectOf({ caller: known(key), bucket: NOBODYS });
      const made = signerOf(WORLD, subject, { ...NO_FACTS, reported });
      assert.ok(made.ok);
      const { kind } = made.value;
      assert.deepEqual(made.value, kind === "client" ? { ...expected, key } : expected);
    });
  }
});
