import assert from "node:assert/strict";
import aws4 from "aws4";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { Key } from "../../../src/admission/principal.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { trustCaller } from "../../../src/admission/trust-caller.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import type { RequestHead } from "../../../src/http/head.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { requestInputs } from "../../../src/observe/request-inputs.ts";
import { sealingKey } from "../../../src/session/seal.ts";
import { userHolder, type Session } from "../../../src/session/session.ts";
import { goodConfig } from "../../support/config.ts";
import { decided, type Decided, type Told } from "../../support/decided.ts";
import { isRemembered, sessionOf, STS, tokenOf } from "../../support/sessions.ts";
import { signerOf } from "./people.ts";
import { NOW } from "./world.ts";

const TRUST = { issuer: "keycloak", subject: "*" };
const NETWORKS = { allow: ["192.0.2.0/24"] };
const ALLOW_GET = policy({
  Effect: "Allow",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::data/*",
});

type Roles = readonly Readonly<Record<string, unknown>>[];
const ROLES: Roles = [
  { name: "writer", tier: "READWRITE", trust: TRUST, tags: { team: "physics", floor: "2" } },
  { name: "reader", tier: "READ", trust: TRUST, networks: NETWORKS },
  { name: "careful", tier: "FULL", trust: TRUST, blockedActions: ["s3:DeleteObject"] },
  { name: "listed", policies: ["listed.json"], trust: TRUST },
];
const ACCOUNT = {
  name: "lab",
  upstream: { accessKey: "STORE-lab", secretKey: "of-the-store" },
  blockedActions: ["s3:PutBucketPolicy"],
  keys: [{ accessKey: "AKIALAB", secretKey: "of-lab" }],
  subusers: [
    {
      name: "ci",
      tier: "READ",
      keys: [{ accessKey: "AKIACI", secretKey: "of-ci", networks: NETWORKS }],
    },
  ],
  roles: ROLES,
};

type Statement = Readonly<Record<string, unknown>>;

/** A gateway with `account`, and the bucket `data` of it with these statements. */
function gateway(
  account: object = ACCOUNT,
  statements?: readonly Statement[],
  revoked: readonly object[] = [],
): Snapshot {
  const more = statements === undefined ? {} : { policy: { bucketPolicies: "gateway" } };
  const files = {
    "gateway.yaml": JSON.stringify({
      upstream: { endpoints: ["http://store:7480"], store: "ceph" },
      identities: [{ accounts: "accounts.yaml" }],
      issuers: [{ name: "keycloak", url: "https://idp.example.org", audiences: ["s3"] }],
      sts: STS,
      ...more,
    }),
    "accounts.yaml": JSON.stringify({
      accounts: [account],
      revoked,
      buckets:
        statements === undefined ? [] : [{ name: "data", account: "lab", policy: "bucket.json" }],
    }),
    "bucket.json": JSON.stringify({ Version: "2012-10-17", Statement: statements ?? [] }),
    "listed.json": JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::data/home/${aws:PrincipalTag/user}/*",
        },
      ],
    }),
  };
  return compileSnapshot(goodConfig(files), 1);
}

function policy(...statements: readonly Statement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

type Sent = {
  readonly token?: string | undefined;
  readonly secret?: string;
  readonly accessKeyId?: string;
  readonly presignedSeconds?: number;
  readonly from?: string;
  readonly nowMs?: number;
  readonly told?: Told;
};

/** What becomes of a request that aws4 signs with the session's key, and with its token. */
function decide(snapshot: Snapshot, session: Session, line: string, sent: Sent = {}): Decided {
  const { nowMs = NOW, told } = sent;
  return decided(snapshot, headOf(session, line, sent), nowMs, told);
}

function headOf(session: Session, line: string, sent: Sent): RequestHead {
  const { secret = session.secret, accessKeyId = session.accessKeyId, nowMs = NOW } = sent;
  const token = "token" in sent ? sent.token : tokenOf(session);
  const [method = "", path = ""] = line.split(" ");
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const { presignedSeconds } = sent;
  const isLink = presignedSeconds !== undefined;
  const mark = path.includes("?") ? "&" : "?";
  const dated = isLink
    ? `${path}${mark}X-Amz-Expires=${presignedSeconds}&X-Amz-Date=${stamp}`
    : path;
  const headers = { host: "gateway.example.org", ...(isLink ? {} : { "X-Amz-Date": stamp }) };
  const signed = aws4.sign(
    { service: "s3", region: "us-east-1", method, path: dated, headers, signQuery: isLink },
    {
      accessKeyId,
      secretAccessKey: secret,
      ...(token === undefined ? {} : { sessionToken: token }),
    },
  );
  const target = parseTarget(signed.path ?? "");
  if (!target.ok) throw new Error(target.error);
  return {
    method,
    target: target.value,
    headers: Object.entries(isLink ? headers : (signed.headers ?? {})).flatMap(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]),
    sourceAddress: sent.from ?? "192.0.2.1",
    secure: false,
  };
}

/** The gate that refused and the error, or as whom the store is asked. */
function outcome(verdict: Decided): string {
  if (verdict.kind === "refuse") return `${verdict.facts.denial?.gate}: ${verdict.fault.code}`;
  return signerOf(verdict) ?? verdict.kind;
}

const SNAPSHOT = gateway();
const WRITER = sessionOf(NOW);
const as = (role: string, more: Partial<Session> = {}): Session =>
  sessionOf(NOW, { holder: { kind: "role", role, session: "alice" }, ...more });
const SECRETS: Readonly<Record<string, string>> = { AKIALAB: "of-lab", AKIACI: "of-ci" };
const ofUser = (parent: string, secret = SECRETS[parent] ?? ""): Session =>
  sessionOf(NOW, { holder: userHolder(parent, secret) });
const AT_STORE = "STORE-lab";

test("a session's request reaches the store as its account, without the token", () => {
  const verdict = decide(SNAPSHOT, WRITER, "PUT /data/k");
  assert.equal(outcome(verdict), AT_STORE);
  if (verdict.kind !== "forward") throw new Error("It is allowed");
  assert.ok(!verdict.request.head.headers.includes("x-amz-security-token"));
  assert.ok(!JSON.stringify(verdict.request).includes(tokenOf(WRITER)));
  assert.equal(verdict.facts.account, "lab");
  assert.equal(verdict.facts.subuser, undefined);
  assert.equal(verdict.facts.session?.name, "alice");
  assert.equal(verdict.facts.session?.role?.name, "writer");
});

test("a presigned URL of a session is good until the session ends", () => {
  const link = { presignedSeconds: 7200 };
  assert.equal(outcome(decide(SNAPSHOT, WRITER, "GET /data/k", link)), AT_STORE);
  const later = decided(SNAPSHOT, headOf(WRITER, "GET /data/k", link), NOW + 3_600_000);
  assert.equal(outcome(later), "authentication: ExpiredToken");
});

const rows: readonly (readonly [
  name: string,
  session: Session,
  line: string,
  expected: string,
  sent?: Sent,
])[] = [
  ["a tier allows what it has", as("reader"), "GET /data/k", AT_STORE],
  ["a tier is the most", as("reader"), "PUT /data/k", "tier: AccessDenied"],
  [
    "the role's networks hold",
    as("reader"),
    "GET /data/k",
    "networks: AccessDenied",
    { from: "198.51.100.1" },
  ],
  [
    "the role's blocked actions hold",
    as("careful"),
    "DELETE /data/k",
    "blocked-actions: AccessDenied",
  ],
  ["and no others of the role", as("careful"), "PUT /data/k", AT_STORE],
  [
    "the account's blocked actions hold for roles",
    as("careful"),
    "PUT /data?policy",
    "blocked-actions: AccessDenied",
  ],
  [
    "a role's policies see the session's tags",
    as("listed", { tags: new Map([["User", "alice"]]) }),
    "GET /data/home/alice/k",
    AT_STORE,
  ],
  ["and nothing without the tag", as("listed"), "GET /data/home/alice/k", "allow: AccessDenied"],
  [
    "and nothing of another's",
    as("listed", { tags: new Map([["user", "bob"]]) }),
    "GET /data/home/alice/k",
    "allow: AccessDenied",
  ],
  [
    "a tag with a wildcard in it is taken as it is",
    as("listed", { tags: new Map([["user", "*"]]) }),
    "GET /data/home/alice/k",
    "allow: AccessDenied",
  ],
  ["a session policy allows", as("writer", { policy: ALLOW_GET }), "GET /data/k", AT_STORE],
  [
    "and nothing else is allowed then",
    as("writer", { policy: ALLOW_GET }),
    "PUT /data/k",
    "allow: AccessDenied",
  ],
  [
    "nor what the role has not",
    as("reader", {
      policy: policy({ Effect: "Allow", Action: "s3:*", Resource: "*" }),
    }),
    "PUT /data/k",
    "tier: AccessDenied",
  ],
  [
    "a Deny of the session policy decides",
    as("writer", {
      policy: policy(
        { Effect: "Allow", Action: "s3:*", Resource: "*" },
        { Effect: "Deny", Action: "s3:PutObject", Resource: "arn:aws:s3:::data/x*" },
      ),
    }),
    "PUT /data/x1",
    "explicit-deny: AccessDenied",
  ],
  [
    "a session policy sees tags of the request, which nothing else asks for",
    as("writer", {
      policy: policy({
        Effect: "Allow",
        Action: "s3:*",
        Resource: "*",
        Condition: { StringEquals: { "s3:RequestObjectTag/a": "1" } },
      }),
    }),
    "PUT /data/k",
    "allow: AccessDenied",
  ],
  [
    "an account's own temporary key has all of the account's",
    ofUser("AKIALAB"),
    "PUT /data/k",
    AT_STORE,
  ],
  ["a subuser's has its tier", ofUser("AKIACI"), "PUT /data/k", "tier: AccessDenied"],
  ["and may what that has", ofUser("AKIACI"), "GET /data/k", AT_STORE],
  [
    "and comes only from where its parent may",
    ofUser("AKIACI"),
    "GET /data/k",
    "networks: AccessDenied",
    { from: "198.51.100.1" },
  ],
  ["a role that is not there", as("gone"), "GET /data/k", "authentication: InvalidToken"],
  [
    "an account that is not there",
    as("writer", { account: "gone" }),
    "GET /data/k",
    "authentication: InvalidToken",
  ],
  ["a parent that is not there", ofUser("AKIAGONE"), "GET /data/k", "authentication: InvalidToken"],
  [
    "a parent of another account",
    sessionOf(NOW, { account: "other", holder: userHolder("AKIALAB", "of-lab") }),
    "GET /data/k",
    "authentication: InvalidToken",
  ],
  [
    "a parent whose secret was changed since",
    ofUser("AKIALAB", "the one that leaked"),
    "GET /data/k",
    "authentication: InvalidToken",
  ],
  [
    "an hour that is over",
    as("writer", { expiresMs: NOW }),
    "GET /data/k",
    "authentication: ExpiredToken",
  ],
  ["the last second of it", as("writer", { expiresMs: NOW + 1000 }), "GET /data/k", AT_STORE],
  [
    "an hour that is over, with a wrong signature",
    as("writer", { expiresMs: NOW }),
    "GET /data/k",
    "authentication: SignatureDoesNotMatch",
    { secret: "another" },
  ],
  [
    "a wrong signature",
    WRITER,
    "GET /data/k",
    "authentication: SignatureDoesNotMatch",
    { secret: "another" },
  ],
  ["no token", WRITER, "GET /data/k", "authentication: InvalidAccessKeyId", { token: undefined }],
  [
    "a token that is none",
    WRITER,
    "GET /data/k",
    "authentication: InvalidToken",
    { token: "FwoGZXIvYXdzEBYaDPh" },
  ],
  [
    "a token of another gateway",
    WRITER,
    "GET /data/k",
    "authentication: InvalidToken",
    { token: tokenOf(WRITER, sealingKey("a", Buffer.alloc(32, 6))) },
  ],
  [
    "the token of another session",
    WRITER,
    "GET /data/k",
    "authentication: InvalidToken",
    { token: tokenOf({ ...WRITER, accessKeyId: "ASIAZZZZZZZZZZZZZZZZ" }) },
  ],
  [
    "a session's token with a key that is no session's",
    WRITER,
    "GET /data/k",
    "authentication: InvalidToken",
    { accessKeyId: "AKIALAB", secret: "of-lab" },
  ],
  [
    "a session's token with a key that nobody has",
    WRITER,
    "GET /data/k",
    "authentication: InvalidAccessKeyId",
    { accessKeyId: "AKIAGONE" },
  ],
];

for (const [name, session, line, expected, sent] of rows) {
  test(`sessions: ${name}`, () => {
    assert.equal(outcome(decide(SNAPSHOT, session, line, sent)), expected);
  });
}

/** Statements of a bucket's policy, and what a session of `listed`, which has no right there, may do then. */
const principals: readonly (readonly [name: string, principal: unknown, expected: string])[] = [
  ["the role", { AWS: "arn:aws:iam::lab:role/listed" }, AT_STORE],
  ["the session", { AWS: "arn:aws:sts::lab:assumed-role/listed/alice" }, AT_STORE],
  ["another session", { AWS: "arn:aws:sts::lab:assumed-role/listed/bob" }, "allow: AccessDenied"],
  ["another role", { AWS: "arn:aws:iam::lab:role/writer" }, "allow: AccessDenied"],
  ["a user of the role's name", { AWS: "arn:aws:iam::lab:user/listed" }, "allow: AccessDenied"],
  ["the account only", { AWS: "lab" }, "allow: AccessDenied"],
  ["everybody", "*", AT_STORE],
];
for (const [name, principal, expected] of principals) {
  test(`a bucket policy that names ${name}`, () => {
    const statement = {
      Effect: "Allow",
      Principal: principal,
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::data/*",
    };
    const snapshot = gateway(ACCOUNT, [statement]);
    assert.equal(outcome(decide(snapshot, as("listed"), "PUT /data/k")), expected);
    const bounded = as("listed", { policy: ALLOW_GET });
    assert.equal(outcome(decide(snapshot, bounded, "PUT /data/k")), "allow: AccessDenied");
  });
}

/** Whom a Deny with NotPrincipal spares: all three names must be there. */
const spared: readonly (readonly [name: string, names: readonly string[], expected: string])[] = [
  [
    "the session, its role and its account",
    ["lab", "arn:aws:iam::lab:role/writer", "arn:aws:sts::lab:assumed-role/writer/alice"],
    AT_STORE,
  ],
  [
    "its role and its account",
    ["lab", "arn:aws:iam::lab:role/writer"],
    "explicit-deny: AccessDenied",
  ],
  [
    "the session and its role",
    ["arn:aws:iam::lab:role/writer", "arn:aws:sts::lab:assumed-role/writer/alice"],
    "explicit-deny: AccessDenied",
  ],
  ["its account", ["lab"], "explicit-deny: AccessDenied"],
];
for (const [name, names, expected] of spared) {
  test(`NotPrincipal with ${name}`, () => {
    const statement = {
      Effect: "Deny",
      NotPrincipal: { AWS: names },
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::data/*",
    };
    const snapshot = gateway(ACCOUNT, [statement]);
    assert.equal(outcome(decide(snapshot, WRITER, "PUT /data/k")), expected);
  });
}

/** Values that a session's condition keys have ("AWS global condition context keys", IAM User Guide). */
const values: readonly (readonly [condition: Statement, expected: boolean])[] = [
  [{ ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::lab:role/writer" } }, true],
  [{ ArnLike: { "aws:PrincipalArn": "arn:aws:sts::lab:assumed-role/*" } }, false],
  [{ StringEquals: { "aws:userid": "lab:role/writer:alice" } }, true],
  [{ StringEquals: { "aws:PrincipalAccount": "lab" } }, true],
  [{ StringEquals: { "aws:PrincipalType": "AssumedRole" } }, true],
  [{ Null: { "aws:username": "true" } }, true],
  [{ Null: { "rgw:subuser": "true" } }, true],
  [{ StringEquals: { "aws:PrincipalTag/TEAM": "chemistry" } }, true],
  [{ StringEquals: { "aws:PrincipalTag/floor": "2" } }, true],
  [{ DateEquals: { "aws:TokenIssueTime": "2026-11-22T12:00:00Z" } }, true],
  [{ DateLessThan: { "aws:TokenIssueTime": "2026-11-22T12:00:00Z" } }, false],
  [{ StringEquals: { "aws:SourceIdentity": "alice@example.org" } }, true],
  [{ StringEquals: { "aws:FederatedProvider": "keycloak" } }, true],
  [{ Bool: { "aws:MultiFactorAuthPresent": "false" } }, true],
  [{ StringEquals: { "gw:Tier": "READWRITE" } }, true],
];
for (const [condition, expected] of values) {
  test(`a session's values: ${JSON.stringify(condition)} is ${expected}`, () => {
    const statement = { Effect: "Deny", Action: "s3:*", Resource: "*", Condition: condition };
    const session = as("writer", {
      tags: new Map([["Team", "chemistry"]]),
      sourceIdentity: "alice@example.org",
      federated: { issuer: "keycloak", subject: "42" },
      policy: policy({ Effect: "Allow", Action: "s3:*", Resource: "*" }, statement),
    });
    const found = outcome(decide(SNAPSHOT, session, "GET /data/k"));
    assert.equal(found, expected ? "explicit-deny: AccessDenied" : AT_STORE);
  });
}

const ALICE = as("writer", { federated: { issuer: "keycloak", subject: "42" } });
/** Revocations, and whether they end the session `alice` of `lab:writer`, begun at 12:00:00. */
const revocations: readonly (readonly [revocation: object, ended: boolean])[] = [
  [{ role: "writer" }, true],
  [{ role: "lab:writer" }, true],
  [{ role: "lab:reader" }, false],
  [{ role: "writer", before: "2026-11-22T12:00:00Z" }, false],
  [{ role: "writer", before: "2026-11-22T12:00:01Z" }, true],
  [{ session: "alice" }, true],
  [{ session: "Alice" }, false],
  [{ session: "bob" }, false],
  [{ session: ALICE.accessKeyId }, true],
  [{ issuer: "keycloak" }, true],
  [{ issuer: "keycloak", subject: "42" }, true],
  [{ issuer: "keycloak", subject: "43" }, false],
  [{ role: "writer", session: "bob" }, false],
  [{ role: "writer", session: "alice" }, true],
];
for (const [revocation, ended] of revocations) {
  test(`revoked: ${JSON.stringify(revocation)} ends the session: ${ended}`, () => {
    const expected = ended ? "key-state: AccessDenied" : AT_STORE;
    const snapshot = gateway(ACCOUNT, undefined, [revocation]);
    assert.equal(outcome(decide(snapshot, ALICE, "GET /data/k")), expected);
    // The same where the gateways share it.
    const sharing = { ...SNAPSHOT, elsewhere: { ...SNAPSHOT.elsewhere, revocations: true } };
    const told = { revoked: snapshot.revoked };
    assert.equal(outcome(decide(sharing, ALICE, "GET /data/k", { told })), expected);
  });
}

test("no session is served if the revoked ones cannot be known", () => {
  const sharing = { ...SNAPSHOT, elsewhere: { ...SNAPSHOT.elsewhere, revocations: true } };
  assert.equal(decide(sharing, ALICE, "GET /data/k").kind, "asking");
  const lab = { ...WRITER, accessKeyId: "AKIALAB", secret: "of-lab" };
  assert.equal(outcome(decide(sharing, lab, "GET /data/k", { token: undefined })), AT_STORE);
});

test("a disabled account ends its keys, those of its subusers and its sessions", () => {
  const snapshot = gateway({ ...ACCOUNT, disabled: true });
  const ended = "key-state: AccessDenied";
  const found = [ALICE, ofUser("AKIALAB"), ofUser("AKIACI")].map((session) =>
    outcome(decide(snapshot, session, "GET /data/k")),
  );
  assert.deepEqual(found, [ended, ended, ended]);
  for (const [accessKeyId, secret] of [
    ["AKIALAB", "of-lab"],
    ["AKIACI", "of-ci"],
  ] as const) {
    const key = { ...WRITER, accessKeyId, secret };
    assert.equal(outcome(decide(snapshot, key, "GET /data/k", { token: undefined })), ended);
  }
});

test("report mode lets no revoked session pass", () => {
  const revoked = gateway(ACCOUNT, undefined, [{ role: "writer" }]);
  const snapshot = { ...revoked, policy: { ...revoked.policy, mode: "report" as const } };
  assert.equal(outcome(decide(snapshot, ALICE, "GET /data/k")), "key-state: AccessDenied");
});

test("keys that are no session's have no issue time and no source identity", () => {
  const statement = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::data/*",
    Condition: { Null: { "aws:TokenIssueTime": "true", "aws:SourceIdentity": "true" } },
  };
  const snapshot = gateway(ACCOUNT, [statement]);
  const lab = { ...WRITER, accessKeyId: "AKIALAB", secret: "of-lab" };
  const found = decide(snapshot, lab, "GET /data/k", { token: undefined });
  assert.equal(outcome(found), "explicit-deny: AccessDenied");
});

test("the record has what a session says, and nothing of its token or secret", () => {
  const session = as("writer", {
    tags: new Map([["Team", "chemistry"]]),
    policy: ALLOW_GET,
    sourceIdentity: "alice@example.org",
    federated: { issuer: "keycloak", subject: "42" },
  });
  const head = headOf(session, "GET /data/k", {});
  const { facts } = decided(SNAPSHOT, head, NOW);
  const inputs = requestInputs(head, facts);
  assert.deepEqual(inputs.session, {
    issuedAt: "2026-11-22T12:00:00.000Z",
    tags: { Team: "chemistry" },
    policy: ALLOW_GET,
    sourceIdentity: "alice@example.org",
    issuer: "keycloak",
    subject: "42",
  });
  const line = JSON.stringify(inputs);
  assert.ok(!line.includes(session.secret));
  for (const part of tokenOf(session).split(".")) assert.ok(part === "" || !line.includes(part));
});

test("trust policies see callers as AWS names them, sessions too", () => {
  const callerOf = (session: Session, sent: Sent = {}) => {
    const { facts, ...verdict } = decide(SNAPSHOT, session, "GET /data/k", sent);
    const { accessKeyId } = session;
    const key = SNAPSHOT.keys.get(accessKeyId) ?? keyIn(SNAPSHOT, session);
    assert.equal(verdict.kind, "forward", facts.denial?.rule);
    return trustCaller(key);
  };
  const known = (identifiers: readonly string[], accountIdentifiers: readonly string[]) => ({
    kind: "known" as const,
    identifiers,
    accountIdentifiers,
  });
  const ofLab = ["lab", "arn:aws:iam::lab:root"];
  const unsealed = { token: undefined };
  const lab = { ...WRITER, accessKeyId: "AKIALAB", secret: "of-lab" };
  assert.deepEqual(callerOf(lab, unsealed).principal, known(ofLab, []));
  const ci = { ...WRITER, accessKeyId: "AKIACI", secret: "of-ci" };
  assert.deepEqual(callerOf(ci, unsealed).principal, known(["arn:aws:iam::lab:user/ci"], ofLab));
  const names = ["arn:aws:iam::lab:role/writer", "arn:aws:sts::lab:assumed-role/writer/alice"];
  const alice = callerOf(WRITER);
  // "NotPrincipal with Deny", IAM User Guide: all of a session's names must be listed.
  assert.deepEqual(alice.principal, { ...known(names, ofLab), sparing: "all" });
  assert.equal(alice.arn, "arn:aws:iam::lab:role/writer");
  assert.equal(alice.userId, "lab:role/writer:alice");
  assert.deepEqual(
    [...alice.tags],
    [
      ["team", "physics"],
      ["floor", "2"],
    ],
  );
});

/** The key that the snapshot made of the session's token. */
function keyIn(snapshot: Snapshot, session: Session): Key {
  const key = snapshot.opened.find(session.accessKeyId, tokenOf(session), NOW);
  if (key === undefined) throw new Error("The session was not opened");
  return key;
}

test("a form's fields prove a session as a header does", () => {
  const form = (token: string, secret: string): Decided => {
    const base64 = Buffer.from(
      JSON.stringify({
        expiration: new Date(NOW + 7_200_000).toISOString(),
        conditions: [
          { bucket: "data" },
          { key: "k" },
          { "x-amz-security-token": token },
          { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
          { "x-amz-date": "20261122T120000Z" },
          { "x-amz-credential": `${WRITER.accessKeyId}/20261122/us-east-1/s3/aws4_request` },
        ],
      }),
    ).toString("base64");
    const fields = new Map([
      ["key", "k"],
      ["policy", base64],
      ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
      ["x-amz-credential", `${WRITER.accessKeyId}/20261122/us-east-1/s3/aws4_request`],
      ["x-amz-date", "20261122T120000Z"],
      ["x-amz-security-token", token],
      ["x-amz-signature", formSignature(secret, base64)],
    ]);
    const target = parseTarget("/data");
    if (!target.ok) throw new Error(target.error);
    const head: RequestHead = {
      method: "POST",
      target: target.value,
      headers: ["host", "gateway.example.org", "content-type", "multipart/form-data; boundary=x"],
      sourceAddress: "192.0.2.1",
      secure: false,
    };
    const told = { form: { fields, fileBytesMax: 5 }, fileBytes: 5 };
    return decided(SNAPSHOT, head, formNow, told);
  };
  let formNow = NOW;
  assert.equal(outcome(form(tokenOf(WRITER), WRITER.secret)), AT_STORE);
  assert.equal(outcome(form(`${tokenOf(WRITER)}x`, WRITER.secret)), "authentication: InvalidToken");
  assert.equal(outcome(form(tokenOf(WRITER), "another")), "authentication: SignatureDoesNotMatch");
  formNow = NOW + 3_600_000;
  assert.equal(outcome(form(tokenOf(WRITER), WRITER.secret)), "authentication: ExpiredToken");
});

test("a changed token does not affect a caller with the right one", () => {
  const snapshot = gateway();
  const good = tokenOf(WRITER);
  for (let i = 0; i < 3; i++) {
    assert.equal(outcome(decide(snapshot, WRITER, "GET /data/k")), AT_STORE);
    const cut = decide(snapshot, WRITER, "GET /data/k", { token: good.slice(0, -1) });
    assert.equal(outcome(cut), "authentication: InvalidToken");
  }
  assert.ok(isRemembered(snapshot, WRITER));
});

test("a session's key is unknown without sts.keys", () => {
  const { roles: _, ...account } = ACCOUNT;
  const files = {
    "gateway.yaml":
      'upstream: { endpoints: ["http://store:7480"] }\nidentities: [{ accounts: accounts.yaml }]\n',
    "accounts.yaml": JSON.stringify({ accounts: [account] }),
  };
  const snapshot = compileSnapshot(goodConfig(files), 1);
  assert.equal(
    outcome(decide(snapshot, WRITER, "GET /data/k")),
    "authentication: InvalidAccessKeyId",
  );
});

test("the account's own key signs at the store where there is no upstream, as long as it is in force", () => {
  const { upstream: _, ...account } = ACCOUNT;
  const ends = { ...account, keys: [{ ...account.keys[0], expires: "2026-11-22T12:30:00Z" }] };
  const snapshot = gateway(ends);
  assert.equal(outcome(decide(snapshot, WRITER, "GET /data/k")), "AKIALAB");
  const later = decide(snapshot, WRITER, "GET /data/k", { nowMs: NOW + 1_800_000 });
  assert.equal(outcome(later), "authentication: InvalidToken");
});

/** The form's signature by the SigV4 chain, written out (with node:crypto alone). */
function formSignature(secret: string, base64: string): string {
  const parts = ["20261122", "us-east-1", "s3", "aws4_request"];
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of parts) key = createHmac("sha256", key).update(part).digest();
  return createHmac("sha256", key).update(base64).digest("hex");
}
