import assert from "node:assert/strict";
import { test } from "node:test";
import { readKeySet } from "../../../src/config/jwks.ts";
import type { IssuerConfig } from "../../../src/config/issuers.ts";
import { openIssuers, type Issuers } from "../../../src/sts/issuers.ts";
import { publicJwk, tokenOf, tokenOfTexts } from "../../support/tokens.ts";
import {
  ISSUER_KEYS,
  ISSUER_URL,
  KEYS,
  OTHER_KEYS,
  OTHER_URL,
  tokensAt,
} from "../../support/bad-tokens.ts";

/** Tokens are made and judged at this instant; the issuer's clock may be 60 s off. */
const NOW = 1_900_000_000;
const { claims: CLAIMS, good, bad } = tokensAt(NOW);

function issuer(name: string, url: string, keys: readonly unknown[]): IssuerConfig {
  const set = readKeySet({ keys });
  assert.ok(set.ok);
  return {
    name,
    url,
    keys: { kind: "file", set: set.value },
    audiences: ["s3", "https://s3.example.org"],
    claims: new Map([
      ["groups", ["groups"]],
      ["namespace", ["kubernetes.io", "namespace"]],
    ]),
    tags: new Map([["department", ["department"]]]),
    ca: undefined,
    tokenFile: undefined,
    cacheMs: 600_000,
    staleMs: 600_000,
    skewMs: 60_000,
  };
}

const logged: string[] = [];
const note = (...what: unknown[]): void => void logged.push(JSON.stringify(what));

function open(): Issuers {
  return openIssuers(
    [issuer("keycloak", ISSUER_URL, ISSUER_KEYS), issuer("other", OTHER_URL, OTHER_KEYS)],
    { log: { error: note, info: note }, asked: () => {} },
  );
}

const ISSUERS = open();

/** Each comes from an address of its own, so that the limit of bad tokens tells nothing here. */
let addresses = 0;
function verify(token: string, issuers = ISSUERS): ReturnType<Issuers["verify"]> {
  addresses++;
  const address = `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
  return issuers.verify(token, { address, nowMs: NOW * 1000 });
}

for (const [name, token] of good) {
  test(`a token ${name} identifies its subject`, async () => {
    const verified = await verify(token);
    assert.ok(verified.ok, JSON.stringify(verified));
    assert.equal(verified.value.issuer, "keycloak");
    assert.equal(verified.value.subject, "user-17");
  });
}

test("a token's claims and tags come as its issuer's entry names them", async () => {
  const verified = await verify(tokenOf(KEYS.rs256, { ...CLAIMS, azp: "web" }));
  assert.ok(verified.ok);
  assert.deepEqual(verified.value, {
    issuer: "keycloak",
    url: ISSUER_URL,
    subject: "user-17",
    audiences: ["s3"],
    authorizedParty: "web",
    claims: new Map<string, string | readonly string[]>([
      ["groups", ["physics", "admins"]],
      ["namespace", "team-a"],
    ]),
    tags: new Map([["department", "p1"]]),
    expiresMs: (NOW + 300) * 1000,
  });
});

test("the table of bad tokens has at least 120 rows, each of its own", () => {
  assert.ok(bad.length >= 120, String(bad.length));
  assert.equal(new Set(bad.map(([name]) => name)).size, bad.length);
});

for (const [name, token, code = "InvalidIdentityToken"] of bad) {
  test(`a token ${name} identifies nobody`, async () => {
    const verified = await verify(token);
    assert.ok(!verified.ok, "It was accepted");
    assert.equal(verified.error.code, code, verified.error.rule);
    const said = JSON.stringify(verified.error);
    for (const part of token.split(".")) {
      assert.ok(part.length < 12 || !said.includes(part), `${said} quotes the token`);
    }
  });
}

test("tokens are never logged", () => assert.deepEqual(logged, []));

test("repeated claims are looked for only in a token that its issuer signed", async () => {
  const header = JSON.stringify({ alg: "ES256", kid: "es256" });
  const claims = JSON.stringify(CLAIMS).replace("{", '{"sub":"root",');
  const signed = tokenOfTexts(KEYS.es256, header, claims);
  const messageOf = async (token: string): Promise<string> => {
    const verified = await verify(token);
    return verified.ok ? "" : verified.error.message;
  };
  assert.match(await messageOf(signed), /unique names/);
  const forged = `${signed.slice(0, -4)}${signed.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
  assert.match(await messageOf(forged), /signature/);
});

test("a header longer than any issuer's is not read", async () => {
  const verified = await verify(tokenOf(KEYS.es256, CLAIMS, { x5c: ["A".repeat(4_096)] }));
  assert.match(verified.ok ? "" : verified.error.message, /header is longer than 4096/);
  assert.ok((await verify(tokenOf(KEYS.es256, CLAIMS, { x5c: ["A".repeat(2_800)] }))).ok);
});

test("a claim of the prototype is no claim", async () => {
  const config = {
    ...issuer("one", ISSUER_URL, [publicJwk(KEYS.es256)]),
    claims: new Map([["x", ["constructor", "name"]]]),
  };
  const issuers = openIssuers([config], {
    log: { error: note, info: note },
    asked: () => {},
  });
  const verified = await verify(tokenOf(KEYS.es256, CLAIMS), issuers);
  assert.ok(verified.ok);
  assert.deepEqual(verified.value.claims, new Map());
});
