import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { IssuerConfig } from "../../src/config/issuers.ts";
import { openKeyFetcher } from "../../src/sts/issuer-fetch.ts";
import { IssuerKeys, UNKNOWN_KEY_MS, KEY_WAITERS_MAX } from "../../src/sts/issuer-keys.ts";
import { openIssuers, type Issuers } from "../../src/sts/issuers.ts";
import { AUTHORITY, LOOPBACK } from "../support/certificates.ts";
import { until } from "../support/flow.ts";
import { issuerConfig, sendJson, startIssuer, type TestIssuer } from "../support/issuer.ts";
import { scratchFolder } from "../support/scratch.ts";
import { makeKey, publicJwk, tokenOf, type TokenKey } from "../support/tokens.ts";

const FIRST = makeKey("first", "ES256", "P-256");
const SECOND = makeKey("second", "ES256", "P-256");

function fetchFrom(
  t: TestContext,
  config: IssuerConfig,
): ReturnType<ReturnType<typeof openKeyFetcher>["fetch"]> {
  const fetcher = openKeyFetcher(config);
  t.after(() => fetcher.close());
  return fetcher.fetch();
}

/** Each is an issuer's answer of which no key may be taken, and what the operator reads of it. */
const refused: readonly (readonly [
  name: string,
  answer: (response: ServerResponse, issuer: TestIssuer) => void,
  why: RegExp,
])[] = [
  ["has status 500", (response) => void response.writeHead(500).end("{}"), /has status 500/],
  ["has status 404", (response) => void response.writeHead(404).end(), /has status 404/],
  ["has status 204", (response) => void response.writeHead(204).end(), /has status 204/],
  [
    "redirects",
    (response, { url }) => void response.writeHead(302, { location: `${url}/keys` }).end(),
    /has status 302/,
  ],
  [
    "redirects for ever, with the method kept",
    (response, { url }) =>
      void response.writeHead(308, { location: `${url}/.well-known/openid-configuration` }).end(),
    /has status 308/,
  ],
  ["is no JSON", (response) => void response.end("<html>Sign in</html>"), /is no JSON/],
  ["is empty", (response) => void response.end(), /is no JSON/],
  ["is a list", (response) => sendJson(response, []), /another issuer/],
  ["is null", (response) => sendJson(response, null), /no JSON object/],
  [
    "speaks for another",
    (response, { url }) => sendJson(response, { issuer: `${url}/`, jwks_uri: `${url}/keys` }),
    /another issuer/,
  ],
  [
    "names no issuer",
    (response, { url }) => sendJson(response, { jwks_uri: `${url}/keys` }),
    /another issuer/,
  ],
  ["names no keys", (response, { url }) => sendJson(response, { issuer: url }), /no jwks_uri/],
  [
    "names keys over http elsewhere",
    (response, { url }) =>
      sendJson(response, { issuer: url, jwks_uri: "http://idp.example.org/keys" }),
    /no jwks_uri/,
  ],
  [
    "names keys in a file",
    (response, { url }) => sendJson(response, { issuer: url, jwks_uri: "file:///etc/passwd" }),
    /no jwks_uri/,
  ],
  [
    "names keys at 127.0.0.1 as a user",
    (response, { url }) =>
      sendJson(response, { issuer: url, jwks_uri: "http://127.0.0.1@idp.example.org/" }),
    /no jwks_uri/,
  ],
  [
    "names keys at a name that begins with 127.0.0.1",
    (response, { url }) =>
      sendJson(response, { issuer: url, jwks_uri: "http://127.0.0.1.idp.example.org/" }),
    /no jwks_uri/,
  ],
  [
    "has a jwks_uri that is no text",
    (response, { url }) => sendJson(response, { issuer: url, jwks_uri: ["x"] }),
    /no jwks_uri/,
  ],
  [
    "has no end",
    (response) => {
      response.write('{"issuer":"');
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    },
    /more than 262144 bytes/,
  ],
  ["breaks off", (response) => void response.write('{"issuer":', () => response.destroy()), /./],
  ["closes the connection", (response) => void response.destroy(), /./],
  ["never comes", () => {}, /No answer within 5000 ms/],
  [
    "stops in the middle",
    (response) => void response.write('{"issuer":'),
    /No answer within 5000 ms/,
  ],
];

for (const [name, answer, why] of refused) {
  test(`an issuer whose discovery ${name} has no keys`, async (t) => {
    const issuer = await startIssuer(t, [publicJwk(FIRST)]);
    issuer.answer = (_request, response) => answer(response, issuer);
    const fetched = await fetchFrom(t, issuerConfig(issuer.url));
    assert.ok(!fetched.ok);
    assert.match(fetched.error, why);
    assert.deepEqual(issuer.asked, ["/.well-known/openid-configuration"]);
  });
}

/** The same of the set of keys itself. */
const sets: readonly (readonly [name: string, set: unknown])[] = [
  ["is a list", [publicJwk(FIRST)]],
  ["has no list called keys", { key: [publicJwk(FIRST)] }],
  ["is empty", { keys: [] }],
  ["has 65 keys", { keys: Array.from({ length: 65 }, () => publicJwk(FIRST)) }],
  ["has only keys that encrypt", { keys: [publicJwk(FIRST, { use: "enc" })] }],
  ["has only a shared secret", { keys: [{ kty: "oct", k: "AAAA", kid: "first", alg: "HS256" }] }],
  ["has only keys of HMAC", { keys: [publicJwk(FIRST, { alg: "HS256" })] }],
  ["has only keys of no algorithm", { keys: [publicJwk(FIRST, { alg: "none" })] }],
  ["has only RSA of 1024 bits", { keys: [publicJwk(makeKey("weak", "RS256", "rsa-1024"))] }],
  [
    "has only RSA of 16384 bits",
    { keys: [{ kty: "RSA", n: "A".repeat(2731), e: "AQAB", kid: "large" }] },
  ],
  [
    "has only RSA whose exponent is as long as its modulus",
    { keys: [{ kty: "RSA", n: "A".repeat(342), e: "A".repeat(342) }] },
  ],
  [
    "has only points of a curve that nobody knows",
    { keys: [publicJwk(FIRST, { crv: "secp256k1" })] },
  ],
  ["has only keys without a kind", { keys: [publicJwk(FIRST, { kty: undefined })] }],
  ["has nulls", { keys: [null, 1, "x"] }],
];

for (const [name, set] of sets) {
  test(`an issuer whose set of keys ${name} has no keys`, async (t) => {
    const issuer = await startIssuer(t, []);
    issuer.answer = (_request, response) => sendJson(response, set);
    const keys = { kind: "url", url: `${issuer.url}/keys` } as const;
    const fetched = await fetchFrom(t, issuerConfig("https://idp.example.org", { keys }));
    assert.ok(!fetched.ok);
    assert.deepEqual(issuer.asked, ["/keys"]);
  });
}

test("only the public parts of keys that verify are kept of a set", async (t) => {
  const whole = { ...FIRST.privateKey.export({ format: "jwk" }), kid: "first", alg: "ES256" };
  const issuer = await startIssuer(t, [whole, null, publicJwk(SECOND, { use: "enc" })]);
  const fetched = await fetchFrom(t, issuerConfig(issuer.url));
  const { use: _use, ...kept } = publicJwk(FIRST);
  assert.deepEqual(fetched, { ok: true, value: { keys: [kept] } });
});

test("an issuer that nobody listens for has no keys", async (t) => {
  const issuer = await startIssuer(t, []);
  const closed = issuerConfig(issuer.url.replace(/\d+$/, "1"));
  assert.equal((await fetchFrom(t, closed)).ok, false);
});

test("an issuer over TLS is trusted by its caFile, and by no other certificate", async (t) => {
  const issuer = await startIssuer(t, [publicJwk(FIRST)], LOOPBACK);
  const trusted = await fetchFrom(t, issuerConfig(issuer.url, { ca: LOOPBACK.cert }));
  assert.ok(trusted.ok, JSON.stringify(trusted));
  for (const ca of [undefined, AUTHORITY]) {
    assert.equal((await fetchFrom(t, issuerConfig(issuer.url, { ca }))).ok, false);
  }
  assert.equal(issuer.asked.length, 2);
});

test("a bearer token is read anew each time, and sent to no other host than the issuer's", async (t) => {
  const file = join(scratchFolder("bearer"), "token");
  const elsewhere = await startIssuer(t, [publicJwk(FIRST)]);
  const issuer = await startIssuer(t, []);
  issuer.answer = (_request, response) =>
    sendJson(response, { issuer: issuer.url, jwks_uri: `${elsewhere.url}/keys` });
  const fetcher = openKeyFetcher(issuerConfig(issuer.url, { tokenFile: file }));
  t.after(() => fetcher.close());
  writeFileSync(file, "the.pods.token\n");
  assert.ok((await fetcher.fetch()).ok);
  writeFileSync(file, "the.next.token");
  assert.ok((await fetcher.fetch()).ok);
  assert.deepEqual(issuer.authorizations, ["Bearer the.pods.token", "Bearer the.next.token"]);
  assert.deepEqual(elsewhere.authorizations, [undefined, undefined]);
  for (const text of ["", "two words", "x\r\nevil: 1", "y".repeat(20_000)]) {
    writeFileSync(file, text);
    const fetched = await fetcher.fetch();
    if (text.startsWith("y")) continue;
    assert.ok(!fetched.ok && !fetched.error.includes("evil"));
  }
});

/** Keys with a clock of the test's own. */
function keysOf(t: TestContext, config: IssuerConfig, clock: { nowMs: number }): IssuerKeys {
  const fetcher = openKeyFetcher(config);
  t.after(() => fetcher.close());
  const ports = { fetch: fetcher.fetch, nowMs: () => clock.nowMs, onAnswer: () => {} };
  return new IssuerKeys(config, ports);
}

test("keys are asked for once, again when they age, and count while the issuer is away", async (t) => {
  const issuer = await startIssuer(t, [publicJwk(FIRST)]);
  const clock = { nowMs: 1_000 };
  const keys = keysOf(t, issuerConfig(issuer.url, { cacheMs: 100_000, staleMs: 1_000_000 }), clock);
  assert.equal(keys.health.state, "unasked");
  const first = await Promise.all([keys.current(), keys.current(), keys.current()]);
  assert.ok(first[0] !== undefined && first[1] === first[0] && first[2] === first[0]);
  assert.equal(issuer.asked.length, 2);
  assert.equal(keys.health.state, "ok");
  clock.nowMs += 49_000;
  assert.equal(await keys.current(), first[0]);
  assert.equal(issuer.asked.length, 2);
  // Half of the time is over: the next ones are asked for behind the caller's back.
  clock.nowMs += 2_000;
  assert.equal(await keys.current(), first[0]);
  await until(() => keys.health.ageMs === 0, 30_000);
  assert.equal(issuer.asked.length, 4);
  issuer.answer = (_request, response) => void response.destroy();
  clock.nowMs += 1_099_000;
  const kept = await keys.current();
  assert.ok(kept !== undefined);
  assert.equal(keys.health.state, "away");
  clock.nowMs += 2_000;
  assert.equal(await keys.current(), undefined);
  assert.equal(keys.health.state, "lost");
});

test("an unknown key is asked for once, and not again for a while, however many tokens name one", async (t) => {
  const issuer = await startIssuer(t, [publicJwk(FIRST)]);
  const clock = { nowMs: 1_000 };
  const keys = keysOf(t, issuerConfig(issuer.url), clock);
  const known = await keys.current();
  assert.ok(known !== undefined);
  clock.nowMs += 1;
  const asked = await Promise.all(Array.from({ length: 50 }, () => keys.newerThan(known)));
  assert.equal(issuer.asked.length, 4);
  assert.ok(asked.every((one) => one === asked[0] && one !== undefined));
  const next = asked[0];
  assert.ok(next !== undefined);
  clock.nowMs += UNKNOWN_KEY_MS - 1;
  assert.equal(await keys.newerThan(next), undefined);
  assert.equal(issuer.asked.length, 4);
  clock.nowMs += 1;
  assert.notEqual(await keys.newerThan(next), undefined);
  assert.equal(issuer.asked.length, 6);
});

function open(t: TestContext, config: IssuerConfig, before?: Issuers): Issuers {
  const surroundings = {
    log: { error: () => {}, info: () => {} },
    asked: () => {},
  };
  const issuers = openIssuers([config], surroundings, before);
  t.after(() => issuers.close());
  return issuers;
}

function good(issuer: TestIssuer, key: TokenKey): string {
  const now = Math.floor(Date.now() / 1000);
  return tokenOf(key, { iss: issuer.url, sub: "user", aud: "s3", exp: now + 3_000, iat: now });
}

const arrival = (address: string): { readonly address: string; readonly nowMs: number } => ({
  address,
  nowMs: Date.now(),
});

test("a token of a key that the issuer has only now is taken, and one of a key that is gone is not", async (t) => {
  const issuer = await startIssuer(t, [publicJwk(FIRST)]);
  const issuers = open(t, issuerConfig(issuer.url));
  assert.ok((await issuers.verify(good(issuer, FIRST), arrival("192.0.2.1"))).ok);
  issuer.keys = [publicJwk(SECOND)];
  assert.ok((await issuers.verify(good(issuer, SECOND), arrival("192.0.2.1"))).ok);
  const gone = await issuers.verify(good(issuer, FIRST), arrival("192.0.2.1"));
  assert.ok(!gone.ok);
  assert.equal(gone.error.code, "InvalidIdentityToken");
});

test("a set that changes between two answers never makes one token's key another's", async (t) => {
  const issuer = await startIssuer(t, []);
  const usurper = makeKey("first", "ES256", "P-256");
  let turn = 0;
  issuer.answer = (request, response) => {
    if (request.url !== "/keys")
      sendJson(response, { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` });
    else sendJson(response, { keys: [publicJwk(turn++ % 2 === 0 ? FIRST : usurper)] });
  };
  const issuers = open(t, issuerConfig(issuer.url));
  assert.ok((await issuers.verify(good(issuer, FIRST), arrival("192.0.2.1"))).ok);
  const other = await issuers.verify(good(issuer, usurper), arrival("192.0.2.1"));
  assert.ok(!other.ok);
});

test("an issuer that does not answer holds up no token of another, and few wait for it", async (t) => {
  const issuer = await startIssuer(t, [publicJwk(FIRST)]);
  const silent = await startIssuer(t, []);
  const open: (() => void)[] = [];
  silent.answer = (_request, response) => void open.push(() => response.destroy());
  const surroundings = { log: { error: () => {}, info: () => {} }, asked: () => {} };
  const configs = [issuerConfig(issuer.url), issuerConfig(silent.url, { name: "silent" })];
  const issuers = openIssuers(configs, surroundings);
  t.after(() => issuers.close());
  const token = good(silent, FIRST);
  const asked = Array.from({ length: KEY_WAITERS_MAX + 10 }, (_, i) =>
    issuers.verify(token, arrival(`192.0.2.${i}`)),
  );
  // Those beyond the limit are told at once, while the question is still open.
  const told = await Promise.all(asked.slice(KEY_WAITERS_MAX));
  assert.ok(told.every((one) => !one.ok && one.error.code === "IDPCommunicationError"));
  assert.ok((await issuers.verify(good(issuer, FIRST), arrival("192.0.2.200"))).ok);
  await until(() => open.length > 0, 30_000);
  for (const end of open) end();
  const rest = await Promise.all(asked);
  assert.ok(rest.every((one) => !one.ok && one.error.code === "IDPCommunicationError"));
  assert.equal(silent.asked.length, 1);
});

test("an issuer that is away answers IDPCommunicationError, and is asked again later", async (t) => {
  const issuer = await startIssuer(t, [publicJwk(FIRST)]);
  const { answer } = issuer;
  issuer.answer = (_request, response) => void response.writeHead(503).end();
  const issuers = open(t, issuerConfig(issuer.url));
  const away = await issuers.verify(good(issuer, FIRST), arrival("192.0.2.1"));
  assert.ok(!away.ok);
  assert.equal(away.error.code, "IDPCommunicationError");
  assert.equal(issuers.health()[0]?.state, "lost");
  issuer.answer = answer;
  const token = good(issuer, FIRST);
  await until(async () => (await issuers.verify(token, arrival("192.0.2.1"))).ok, 30_000);
  assert.equal(issuers.health()[0]?.state, "ok");
});

test("a reload keeps the keys of an issuer that is named in the same way", async (t) => {
  const issuer = await startIssuer(t, [publicJwk(FIRST)]);
  const before = open(t, issuerConfig(issuer.url));
  assert.ok((await before.verify(good(issuer, FIRST), arrival("192.0.2.1"))).ok);
  issuer.answer = (_request, response) => void response.destroy();
  const same = open(t, issuerConfig(issuer.url), before);
  assert.ok((await same.verify(good(issuer, FIRST), arrival("192.0.2.1"))).ok);
  const other = open(t, issuerConfig(issuer.url, { skewMs: 1 }), before);
  assert.equal((await other.verify(good(issuer, FIRST), arrival("192.0.2.1"))).ok, false);
});

test("an issuer's keys that are in a file are asked of nobody", async (t) => {
  const issuer = await startIssuer(t, [publicJwk(FIRST)]);
  const { kty, crv, x, y } = FIRST.publicKey.export({ format: "jwk" });
  assert.ok(kty === "EC" && crv === "P-256" && typeof x === "string" && typeof y === "string");
  const set = { keys: [{ kty, crv, x, y, kid: "first" } as const] };
  const issuers = open(t, issuerConfig(issuer.url, { keys: { kind: "file", set } }));
  assert.ok((await issuers.verify(good(issuer, FIRST), arrival("192.0.2.1"))).ok);
  const unknown = await issuers.verify(good(issuer, SECOND), arrival("192.0.2.1"));
  assert.ok(!unknown.ok);
  assert.deepEqual(issuer.asked, []);
  assert.equal(issuers.health()[0]?.state, "ok");
});
