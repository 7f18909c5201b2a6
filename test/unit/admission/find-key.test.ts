/** Which key a claim names: above all those of sessions, whose parents may be looked up. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Key } from "../../../src/admission/principal.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { userHolder, type Session } from "../../../src/session/session.ts";
import { goodConfig } from "../../support/config.ts";
import type { Decided, Told } from "../../support/decided.ts";
import { isRemembered, sessionOf, STS, tokenOf } from "../../support/sessions.ts";
import { decide, signerOf } from "./people.ts";
import { NOW } from "./world.ts";

const HOUR_MS = 3_600_000;
const PARENT = { accessKey: "AKIALAB", secretKey: "of-lab" };
const TAGGED_ONLY = {
  Effect: "Allow",
  Action: ["s3:PutObject", "s3:PutObjectTagging"],
  Resource: "*",
  Condition: {
    StringEquals: { "s3:RequestObjectTag/a": "1", "s3:authType": "REST-HEADER" },
  },
};

/** A gateway of one account that has no other credential at the store, and its role. */
function gateway(account: object = {}, more: object = {}): Snapshot {
  const lab = {
    name: "lab",
    keys: [PARENT],
    roles: [{ name: "writer", tier: "FULL", trust: { issuer: "keycloak", subject: "*" } }],
    ...account,
  };
  const files = {
    "gateway.yaml": JSON.stringify({
      upstream: { endpoints: ["http://store:7480"], store: "ceph" },
      identities: [{ accounts: "accounts.yaml" }],
      issuers: [{ name: "keycloak", url: "https://idp.example.org", audiences: ["s3"] }],
      sts: STS,
    }),
    "accounts.yaml": JSON.stringify({ accounts: [lab], ...more }),
    "tagged.json": JSON.stringify({ Version: "2012-10-17", Statement: [TAGGED_ONLY] }),
  };
  return compileSnapshot(goodConfig(files), 1);
}

const SNAPSHOT = gateway();
const ROLE = sessionOf(NOW);
const USER = sessionOf(NOW, { holder: userHolder("AKIALAB", "of-lab") });

type Sent = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly told?: Told;
};

function request(snapshot: Snapshot, session: Session, line: string, sent: Sent = {}): Decided {
  const headers = { ...sent.headers, "x-amz-security-token": tokenOf(session) };
  const { accessKeyId, secret } = session;
  return decide(snapshot, "lab", line, { headers, accessKeyId, secret }, sent.told);
}

/** The gate that refused and the error; the question; or the key that signs for the store. */
function outcome(decision: Decided): string {
  if (decision.kind === "refuse") {
    return `${decision.facts.denial?.gate ?? "none"}: ${decision.fault.code}`;
  }
  return decision.kind === "asking" ? `asks ${decision.need.kind}` : `${signerOf(decision)}`;
}

const sends = (snapshot: Snapshot, session: Session, line: string, sent: Sent = {}): string =>
  outcome(request(snapshot, session, line, sent));

/** The same gateway, whose keys are looked up; with the one that it finds there. */
function elsewhere(written: Snapshot, change: Partial<Key> = {}): readonly [Snapshot, Told] {
  const key = written.keys.get(PARENT.accessKey);
  assert(key !== undefined);
  const snapshot = {
    ...written,
    keys: new Map(),
    policy: { ...written.policy, asksValues: false },
    elsewhere: { ...written.elsewhere, keys: true },
  };
  return [snapshot, { keys: new Map([[PARENT.accessKey, { ...key, ...change }]]) }];
}

test("a session's parent that is not in the configuration is looked up, each time anew", () => {
  const [snapshot, told] = elsewhere(SNAPSHOT);
  assert.equal(sends(snapshot, USER, "GET /data/k"), "asks key");
  assert.equal(sends(snapshot, USER, "GET /data/k", { told }), "AKIALAB");
  const gone = { keys: new Map([[PARENT.accessKey, undefined]]) };
  const invalid = "authentication: InvalidToken";
  assert.equal(sends(snapshot, USER, "GET /data/k", { told: gone }), invalid);
  const [, changed] = elsewhere(SNAPSHOT, { secret: "new" });
  assert.equal(sends(snapshot, USER, "GET /data/k", { told: changed }), invalid);
  const [, temporary] = elsewhere(SNAPSHOT, { sessionToken: "any" });
  assert.equal(sends(snapshot, USER, "GET /data/k", { told: temporary }), invalid);
  assert.ok(!isRemembered(snapshot, USER));
});

test("a session signs for the store with its parent's key, or what signs for that", () => {
  const signing = { accessKeyId: "STOREKEY", secret: "of-the-store" };
  const [snapshot, told] = elsewhere(SNAPSHOT, { signing });
  assert.equal(sends(snapshot, USER, "GET /data/k", { told }), "STOREKEY");
  assert.equal(sends(SNAPSHOT, USER, "GET /data/k"), "AKIALAB");
});

test("a session whose parent is in the configuration is opened once", () => {
  const snapshot = gateway();
  assert.equal(sends(snapshot, USER, "GET /data/k"), "AKIALAB");
  assert.ok(isRemembered(snapshot, USER));
});

test("a user's session ends when it or its parent does, whichever is first", () => {
  const parent = (expires: string): Snapshot => gateway({ keys: [{ ...PARENT, expires }] });
  const at = (endsMs: number): Session => ({ ...USER, expiresMs: endsMs });
  const early = parent("2026-11-22T12:00:00Z");
  const late = parent("2026-11-22T13:00:00Z");
  const rows: readonly (readonly [Snapshot, number, string])[] = [
    [SNAPSHOT, NOW + 1000, "AKIALAB"],
    [SNAPSHOT, NOW, "authentication: ExpiredToken"],
    [late, NOW + 1000, "AKIALAB"],
    [late, NOW, "authentication: ExpiredToken"],
    [early, NOW + HOUR_MS, "authentication: ExpiredToken"],
  ];
  for (const [snapshot, endsMs, expected] of rows) {
    assert.equal(sends(snapshot, at(endsMs), "GET /data/k"), expected);
  }
});

test("a session's own policy restricts a user's session as it does a role's", () => {
  const read = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [read] });
  for (const session of [USER, ROLE]) {
    const bounded = { ...session, policy };
    assert.equal(sends(gateway(), bounded, "GET /data/k"), "AKIALAB");
    assert.equal(sends(gateway(), bounded, "PUT /data/k"), "allow: AccessDenied");
  }
});

test("a session whose policy cannot be read is none", () => {
  for (const session of [USER, ROLE]) {
    const unread = { ...session, policy: '{"Version":"2012-10-17","Statement":[{}]}' };
    assert.equal(sends(gateway(), unread, "GET /data/k"), "authentication: InvalidToken");
  }
});

const TAGGED = { headers: { "x-amz-tagging": "a=1" } };
const OTHERS = { headers: { "x-amz-tagging": "a=2" } };

test("a session's policy can ask for the tags of a request, and for other things besides", () => {
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [TAGGED_ONLY] });
  for (const session of [USER, ROLE]) {
    const asking = { ...session, policy };
    assert.equal(sends(gateway(), asking, "PUT /data/k", TAGGED), "AKIALAB");
    assert.equal(sends(gateway(), asking, "PUT /data/k", OTHERS), "allow: AccessDenied");
  }
});

test("a session's policy can ask for the tags in a document", () => {
  const tagging = (value: string): string =>
    `<Tagging><TagSet><Tag><Key>a</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [TAGGED_ONLY] });
  const tags = (value: string): string => {
    const body = tagging(value);
    const headers = { "content-length": String(body.length) };
    const sent = { headers, told: { body } };
    return sends(gateway(), { ...ROLE, policy }, "PUT /data/k?tagging", sent);
  };
  assert.equal(tags("1"), "AKIALAB");
  assert.equal(tags("2"), "allow: AccessDenied");
});

test("a session has the policies of its looked-up parent, and what they ask for", () => {
  const users = [{ name: "ci", policies: ["tagged.json"], keys: [PARENT] }];
  const tagged = gateway({ keys: [{ ...PARENT, accessKey: "AKIAOTHER" }], subusers: users });
  const [snapshot, told] = elsewhere(tagged, { asksValues: true });
  assert.equal(sends(snapshot, USER, "PUT /data/k", { ...TAGGED, told }), "AKIALAB");
  assert.equal(sends(snapshot, USER, "PUT /data/k", { ...OTHERS, told }), "allow: AccessDenied");
});

test("no header's inside is read for a session of whose policies none asks for it", () => {
  const [snapshot, told] = elsewhere(SNAPSHOT);
  // Where a policy asks for tags, such a copy is refused: stores differ in what they make of it.
  const headers = { "x-amz-copy-source": "/data/j", "x-amz-tagging": "a=1" };
  assert.equal(sends(snapshot, USER, "PUT /data/k", { headers, told }), "AKIALAB");
  assert.equal(sends(gateway(), ROLE, "PUT /data/k", { headers }), "AKIALAB");
});

test("a session stays revoked by the configuration, whatever the gateways share", () => {
  const revoked = gateway({}, { revoked: [{ role: "writer" }] });
  const sharing = { ...revoked, elsewhere: { ...revoked.elsewhere, revocations: true } };
  const told = { revoked: [] };
  assert.equal(sends(sharing, ROLE, "GET /data/k", { told }), "key-state: AccessDenied");
  assert.equal(sends(sharing, ROLE, "GET /data/k"), "key-state: AccessDenied");
});

test("the tier of a role is the most that its sessions have, though policies lift others", () => {
  const trust = { issuer: "keycloak", subject: "*" };
  const reader = gateway({ roles: [{ name: "writer", tier: "READ", trust }] });
  const union = { ...reader, policy: { ...reader.policy, tierMode: "union" as const } };
  assert.equal(sends(union, ROLE, "GET /data/k"), "AKIALAB");
  assert.equal(sends(union, ROLE, "PUT /data/k"), "tier: AccessDenied");
});

test("the record tells why a session's token is invalid, and the client does not read it", () => {
  const session = { ...ROLE, account: "gone" };
  const verdict = request(SNAPSHOT, session, "GET /data/k");
  assert(verdict.kind === "refuse");
  assert.match(verdict.facts.denial?.rule ?? "", /role is no more/);
  assert.doesNotMatch(verdict.fault.message, /role/);
});
