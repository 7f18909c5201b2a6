/** In whose name the store is asked, and what is known of the key that signs. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OwnerNeed } from "../../../src/admission/outgoing.ts";
import type { Key } from "../../../src/admission/principal.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import {
  credentialOf,
  signedBy,
  type Signer,
  tenantOfSigner,
} from "../../../src/admission/store-signer.ts";
import { word } from "../../support/decided.ts";
import { decide, gatewayOf, signerOf } from "./people.ts";
import { judge, KEYS, world } from "./world.ts";
import { PLAIN_SESSION } from "../../support/sessions.ts";

const WORLD = world();
/** A gateway that knows none of those keys, which were looked up elsewhere. */
const ELSEWHERE = { ...WORLD, keys: new Map<string, Key>() };

function keyOf(id: string, more: Partial<Key> = {}): Key {
  const key = WORLD.keys.get(id);
  assert.ok(key !== undefined, id);
  return { ...key, ...more };
}

const OWN = keyOf(KEYS.own);
const ITS_PAIR = { accessKeyId: KEYS.own, secret: "secret-own" };
const SIGNING = { accessKeyId: "SIGNING", secret: "of the account" };
const STORED = { accessKeyId: "STOREKEY000000000000", secret: "the-stores-secret" };
const NEED: OwnerNeed = { kind: "owner", account: "own", tenant: "" };
const ASKED = { kind: "key", accessKeyId: KEYS.own } as const;

const client = (key: Key, own = false): Signer => ({ kind: "client", key, own });
const masked = keyOf(KEYS.own, { signing: SIGNING });
const { account: lab } = keyOf(KEYS.lab);
const inTenant = (tenant: string): Key => ({ ...OWN, account: { ...OWN.account, tenant } });

type Looked = { readonly need: unknown; readonly credential: unknown } | undefined;
/** `[who signs, signer, whose key the store may complain of, looked-up key, credential]`. */
const SIGNERS: readonly (readonly [string, Signer, string, Looked, unknown])[] = [
  ["nobody", { kind: "nobody" }, "nobody", undefined, undefined],
  [
    "the account's own credential",
    { kind: "account", account: lab, credential: STORED },
    "gateway",
    undefined,
    STORED,
  ],
  [
    "a key of the bucket's owner",
    { kind: "owner", key: OWN, need: NEED },
    "gateway",
    { need: NEED, credential: ITS_PAIR },
    ITS_PAIR,
  ],
  ["the client's key", client(OWN), "client", { need: ASKED, credential: ITS_PAIR }, ITS_PAIR],
  [
    "another key in place of the client's",
    client(masked),
    "gateway",
    { need: ASKED, credential: SIGNING },
    SIGNING,
  ],
  [
    "the client's key, though another signs for it",
    client(masked, true),
    "client",
    // As its source has it, which is asked whether that has changed.
    { need: ASKED, credential: SIGNING },
    ITS_PAIR,
  ],
];
for (const [who, signer, by, lookedUp, credential] of SIGNERS) {
  test(`a request that ${who} signs is of that credential, and of nobody else's`, () => {
    assert.deepEqual(signedBy(ELSEWHERE, signer), { signedBy: by, lookedUp });
    assert.deepEqual(signedBy(WORLD, signer), { signedBy: by, lookedUp: undefined });
    const headers: string[] = [];
    assert.deepEqual(credentialOf(signer, headers), credential);
    assert.deepEqual(headers, []);
  });
}

test("a session's key is the gateway's own, and is looked up nowhere", () => {
  const session = { ...PLAIN_SESSION, parent: KEYS.own };
  const key = keyOf(KEYS.own, { sessionToken: "sealed", signing: SIGNING, session });
  assert.deepEqual(signedBy(ELSEWHERE, client(key)), { signedBy: "gateway", lookedUp: undefined });
  const headers: string[] = [];
  assert.deepEqual(credentialOf(client(key), headers), SIGNING);
  assert.deepEqual(headers, [], "the store knows no token of the gateway's");
});

test("the token of a temporary key of the store goes with the key", () => {
  const headers = ["host", "store"];
  credentialOf(client(keyOf(KEYS.own, { sessionToken: "t" })), headers);
  assert.deepEqual(headers, ["host", "store", "x-amz-security-token", "t"]);
});

test("a bare name means a bucket of whoever signs", () => {
  assert.equal(tenantOfSigner({ kind: "nobody" }), "");
  const account = { ...lab, tenant: "a" };
  assert.equal(tenantOfSigner({ kind: "account", account, credential: STORED }), "a");
  assert.equal(tenantOfSigner({ kind: "owner", key: inTenant("b"), need: NEED }), "b");
  assert.equal(tenantOfSigner(client(inTenant("c"))), "c");
});

test("admit() tells by whom a request is signed, and that the configuration has the key", () => {
  for (const [as, by] of [
    ["lab", "gateway"],
    ["reader", "gateway"],
    ["own", "client"],
  ] as const) {
    const verdict = judge(WORLD, "GET /photos/a", { as });
    assert.ok(verdict.kind === "forward");
    assert.equal(verdict.request.signedBy, by);
    assert.equal(verdict.request.lookedUp, undefined);
  }
});

describe("where the store judges anonymous callers itself", () => {
  const grant = (resource: string) => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:*", Resource: resource }],
  });
  const gateway = gatewayOf({
    policy: { anonymous: "upstream" },
    accounts: { A: {}, B: {} },
    buckets: {
      open: { account: "A", policy: grant("arn:aws:s3:::open/*") },
      other: { account: "B", policy: grant("arn:aws:s3:::other/*") },
    },
  });
  const copy = { "x-amz-copy-source": "/other/k" };
  for (const [what, line, headers, signer] of [
    ["whom a policy lets in comes as the owner", "GET /open/k", {}, "STORE-A"],
    ["of whom nothing is said comes unsigned", "GET /unknown/k", {}, undefined],
    ["who copies between two owners comes unsigned", "PUT /open/k", copy, undefined],
  ] as const) {
    test(what, () => {
      const verdict = decide(gateway, undefined, line, { headers });
      assert.ok(verdict.kind === "forward");
      assert.equal(signerOf(verdict), signer);
      assert.equal(verdict.request.signedBy, signer === undefined ? "nobody" : "gateway");
    });
  }
});

describe("the owner of a shared bucket, who has no credential of its own at the store,", () => {
  const policy = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::open/*" },
    ],
  };
  const people = { accounts: { A: {}, B: {} }, buckets: { open: { account: "A", policy } } };
  /** The configuration has its keys, if any are `known`. */
  const shared = (anonymous: string, known: boolean): Snapshot => {
    const gateway = gatewayOf({ ...people, policy: { anonymous } });
    const buckets = [...gateway.buckets].map(
      ([id, record]) =>
        [id, { ...record, owner: { ...record.owner, upstream: undefined } }] as const,
    );
    const keys = [...gateway.keys.values()].filter(({ account }) => account.name === "A");
    const owners = new Map(known ? [["A", keys]] : []);
    return { ...gateway, buckets: new Map(buckets), owners };
  };
  test("is who asks the store, by a key of the configuration", () => {
    for (const who of ["B", undefined]) {
      const verdict = decide(shared("policy", true), who, "GET /open/k");
      assert.ok(verdict.kind === "forward", word(verdict));
      assert.equal(signerOf(verdict), "AKID.A");
      assert.equal(verdict.request.signedBy, "gateway");
      assert.equal(verdict.request.lookedUp, undefined);
    }
  });
  test("lets nobody in if the gateway has no key of it, and the error says so", () => {
    for (const who of ["B", undefined]) {
      const verdict = decide(shared("policy", false), who, "GET /open/k");
      assert.ok(verdict.kind === "refuse");
      assert.equal(verdict.fault.code, "AccessDenied");
      assert.match(verdict.fault.message, /no key of the bucket's owner/);
    }
  });
  test("is not asked for where the store judges anonymous callers itself", () => {
    const verdict = decide(shared("upstream", false), undefined, "GET /open/k");
    assert.ok(verdict.kind === "forward", word(verdict));
    assert.equal(verdict.request.signedBy, "nobody");
    assert.equal(word(decide(shared("upstream", false), "B", "GET /open/k")), "AccessDenied");
  });
});
