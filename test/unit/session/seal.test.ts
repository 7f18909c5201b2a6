import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import {
  NONCE_BYTES,
  seal,
  sealingKey,
  TOKEN_LENGTH_MAX,
  unseal,
} from "../../../src/session/seal.ts";
import {
  isSessionKeyId,
  SESSION_KEY_BYTES,
  sessionKeyOf,
  type Session,
} from "../../../src/session/session.ts";

const KEY = sealingKey("a", Buffer.alloc(32, 7));
const OTHER = sealingKey("b", Buffer.alloc(32, 8));
/** Another gateway's, which has chosen the same id. */
const SAME_ID = sealingKey("a", Buffer.alloc(32, 9));
const NONCE = Buffer.alloc(NONCE_BYTES, "nonce");

const ROLE: Session = {
  accessKeyId: "ASIA0123456789ABCDEF",
  secret: "s".repeat(40),
  account: "lab$physics",
  holder: { kind: "role", role: "writer", session: "alice@example.org" },
  issuedMs: Date.parse("2026-11-30T12:00:00Z"),
  expiresMs: Date.parse("2026-11-30T13:00:00Z"),
  tags: new Map([
    ["Team", "Kernphysik für alle"],
    ["empty", ""],
  ]),
  transitiveTags: ["Team"],
  policy: '{"Version":"2012-10-17","Statement":[]}',
  sourceIdentity: "alice",
  federated: { issuer: "keycloak", subject: "f:42:alice" },
};

const USER: Session = {
  ...ROLE,
  holder: { kind: "user", parent: "AKIA0123456789ABCDEF", mark: "abcdefgh01234567" },
  tags: new Map(),
  transitiveTags: [],
  policy: undefined,
  sourceIdentity: undefined,
  federated: undefined,
};

for (const [name, session] of [
  ["of a role with everything", ROLE],
  ["of an account with nothing", USER],
] as const) {
  test(`a session ${name} is opened as it was sealed`, () => {
    assert.deepEqual(unseal(sealed(session), [OTHER, KEY]), session);
  });
}

test("a token is a JWE that WebCrypto opens by RFC 7516 alone", async () => {
  const [header = "", none, nonce = "", content = "", tag = ""] = sealed(ROLE).split(".");
  assert.deepEqual(JSON.parse(bytes(header).toString()), {
    alg: "dir",
    enc: "A256GCM",
    kid: "a",
  });
  assert.equal(none, "");
  const { subtle } = webcrypto;
  const key = await subtle.importKey("raw", KEY.key.export(), "AES-GCM", false, ["decrypt"]);
  const opened = await subtle.decrypt(
    { name: "AES-GCM", iv: bytes(nonce), additionalData: Buffer.from(header), tagLength: 128 },
    key,
    Buffer.concat([bytes(content), bytes(tag)]),
  );
  assert.match(
    Buffer.from(opened).toString(),
    /ASIA0123456789ABCDEF\0s{40}\0lab\$physics\0rwriter/,
  );
});

const TOKEN = sealed(ROLE);
const [HEADER = "", , NONCE_TEXT = "", CONTENT = "", TAG = ""] = TOKEN.split(".");
const hostile: readonly (readonly [name: string, token: string])[] = [
  ["nothing", ""],
  ["four dots", "...."],
  ["another key's content under our header", sealed(ROLE, OTHER).replace(OTHER.header, HEADER)],
  ["another gateway's that has the same key id", sealed(ROLE, SAME_ID)],
  ["an unknown key's", sealed(ROLE, sealingKey("zz", KEY.key.export()))],
  ["one with an encrypted key", `${HEADER}.AAAA.${NONCE_TEXT}.${CONTENT}.${TAG}`],
  ["one with a further part", `${TOKEN}.AAAA`],
  ["one with a dot behind it", `${TOKEN}.`],
  ["one with a space behind it", `${TOKEN} `],
  ["one with padding", `${TOKEN}==`],
  ["one with a line break in it", `${TOKEN.slice(0, 90)}\n${TOKEN.slice(90)}`],
  ["one in base64 instead of base64url", standardBase64(TOKEN)],
  ["one with the header of no encryption", `${b64({ alg: "none" })}..${NONCE_TEXT}.${CONTENT}.`],
  [
    "one with its header written otherwise",
    `${b64({ enc: "A256GCM", alg: "dir", kid: "a" })}..${NONCE_TEXT}.${CONTENT}.${TAG}`,
  ],
  ["one without a tag", `${HEADER}..${NONCE_TEXT}.${CONTENT}.`],
  [
    "one with a short tag",
    `${HEADER}..${NONCE_TEXT}.${CONTENT}.${bytes(TAG).subarray(0, 12).toString("base64url")}`,
  ],
  [
    "one with a long tag",
    `${HEADER}..${NONCE_TEXT}.${CONTENT}.${Buffer.concat([bytes(TAG), Buffer.alloc(1)]).toString("base64url")}`,
  ],
  ["one without a nonce", `${HEADER}...${CONTENT}.${TAG}`],
  ["one with a long nonce", `${HEADER}..${NONCE_TEXT}AAAA.${CONTENT}.${TAG}`],
  ["one without content", `${HEADER}..${NONCE_TEXT}..${TAG}`],
  ["one whose parts have changed places", `${HEADER}..${NONCE_TEXT}.${TAG}.${CONTENT}`],
  ["one that is too long by far", `${TOKEN}${"A".repeat(100_000)}`],
  ["one that is nothing but dots", ".".repeat(TOKEN_LENGTH_MAX)],
];

for (const [name, token] of hostile) {
  test(`unseal() refuses ${name}`, () => assert.equal(unseal(token, [KEY, OTHER]), undefined));
}

test("unseal() refuses a token that is cut at any place", () => {
  for (let length = 0; length < TOKEN.length; length++) {
    assert.equal(unseal(TOKEN.slice(0, length), [KEY]), undefined, `cut to ${length}`);
  }
});

test("unseal() refuses a token with any one character changed", () => {
  for (let at = 0; at < TOKEN.length; at++) {
    for (const other of ["A", "B", "_", "."]) {
      if (TOKEN[at] === other) continue;
      const changed = `${TOKEN.slice(0, at)}${other}${TOKEN.slice(at + 1)}`;
      assert.equal(unseal(changed, [KEY]), undefined, `${other} at ${at}`);
    }
  }
});

test("a token of a key that was rotated away is refused", () => {
  assert.equal(unseal(sealed(ROLE, OTHER), [KEY]), undefined);
});

test("a session policy of 1 KiB fits beside long names", () => {
  const session: Session = {
    ...ROLE,
    account: "a".repeat(64),
    holder: { kind: "role", role: "r".repeat(64), session: "s".repeat(64) },
    sourceIdentity: "alice@example.org",
    federated: { issuer: "keycloak", subject: "f".repeat(64) },
    tags: new Map([["team", "physics"]]),
    policy: "p".repeat(1024),
  };
  assert.ok(sealed(session).length <= 2048);
});

test("a session that does not fit is refused with its length", () => {
  const session = { ...ROLE, policy: "p".repeat(1500) };
  const result = seal(session, KEY, NONCE);
  assert.ok(!result.ok && result.error > 2048);
});

test("a subject that would be read as several fields is not sealed", () => {
  const session = { ...ROLE, federated: { issuer: "keycloak", subject: "x\0admin" } };
  assert.deepEqual(seal(session, KEY, NONCE), { ok: false, error: 0 });
});

test("a temporary key looks as on AWS, and differs from others by that", () => {
  const { accessKeyId, secret } = sessionKeyOf(Buffer.alloc(SESSION_KEY_BYTES, 0xe5));
  assert.match(accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assert.match(secret, /^[A-Za-z0-9+/]{40}$/);
  assert.ok(isSessionKeyId(accessKeyId));
  assert.ok(!isSessionKeyId(accessKeyId.replace("ASIA", "AKIA")));
  assert.ok(!isSessionKeyId(`${accessKeyId}A`));
});

function sealed(session: Session, key = KEY): string {
  const token = seal(session, key, NONCE);
  if (token.ok) return token.value;
  throw new Error(`It has ${token.error} characters`);
}

function bytes(text: string): Buffer {
  return Buffer.from(text, "base64url");
}

function b64(header: object): string {
  return Buffer.from(JSON.stringify(header)).toString("base64url");
}

function standardBase64(token: string): string {
  const [header, , ...rest] = token.split(".");
  return [header, "", ...rest.map((part) => bytes(part).toString("base64"))].join(".");
}
