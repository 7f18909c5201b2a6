import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { err, ok } from "../../../src/lib/result.ts";
import { shippedProvider } from "../../support/config.ts";
import { makeKey, publicJwk } from "../../support/tokens.ts";

const KEYS = JSON.stringify({ keys: [publicJwk(makeKey("a", "ES256", "P-256"))] });
const FILES: Readonly<Record<string, string>> = {
  "accounts.yaml": "accounts: []\n",
  "keys.json": KEYS,
  "empty.json": '{"keys":[]}',
  "text.json": "no JSON",
};

const GOOD = { name: "idp", url: "https://idp.example.org/lab", audiences: ["s3"] };

function read(...issuers: readonly object[]): ReturnType<typeof parseConfig> {
  const gateway = {
    upstream: { endpoints: ["http://store:7480"] },
    identities: [{ accounts: "accounts.yaml" }],
    issuers,
  };
  return parseConfig(JSON.stringify(gateway), "gateway.yaml", {
    read: (path) => {
      const text = FILES[path];
      return text === undefined ? err("no such file") : ok(text);
    },
    env: () => undefined,
    provider: shippedProvider,
    nowMs: Date.parse("2026-11-30T00:00:00Z"),
  });
}

test("an issuer is read with its claims as steps, and its times in milliseconds", () => {
  const config = read({
    ...GOOD,
    claims: { groups: "groups", namespace: "/kubernetes.io/namespace", odd: "/a~1b/c~0d" },
    tags: { team: "https://example.org/team" },
    tokenFile: "token",
    cache: "1m",
  });
  assert.ok(config.ok, JSON.stringify(config));
  assert.deepEqual(config.value.issuers, [
    {
      ...GOOD,
      keys: { kind: "discovery" },
      claims: new Map([
        ["groups", ["groups"]],
        ["namespace", ["kubernetes.io", "namespace"]],
        ["odd", ["a/b", "c~d"]],
      ]),
      tags: new Map([["team", ["https://example.org/team"]]]),
      ca: undefined,
      tokenFile: "token",
      cacheMs: 60_000,
      staleMs: 86_400_000,
      skewMs: 60_000,
    },
  ]);
});

test("an issuer's keys may be in a file, and at a URL of this machine", () => {
  assert.ok(read({ ...GOOD, jwks: "keys.json" }).ok);
  assert.ok(read({ ...GOOD, url: "http://127.0.0.1:8080" }).ok);
  assert.ok(read({ ...GOOD, url: "http://[::1]:8080/a" }).ok);
});

const REFUSED: readonly (readonly [name: string, more: object, path: string])[] = [
  ["without a name", { name: undefined }, "issuers[0].name"],
  ["with a colon in its name", { name: "a:b" }, "issuers[0].name"],
  ["without a url", { url: undefined }, "issuers[0].url"],
  ["over http elsewhere", { url: "http://idp.example.org" }, "issuers[0].url"],
  [
    "over http at a name that begins like loopback",
    { url: "http://127.0.0.1.example.org" },
    "issuers[0].url",
  ],
  ["with a user in its url", { url: "https://a@idp.example.org" }, "issuers[0].url"],
  ["with a query in its url", { url: "https://idp.example.org?a" }, "issuers[0].url"],
  ["with a fragment in its url", { url: "https://idp.example.org#a" }, "issuers[0].url"],
  ["of another scheme", { url: "file:///etc" }, "issuers[0].url"],
  ["without audiences", { audiences: undefined }, "issuers[0].audiences"],
  ["with no audience", { audiences: [] }, "issuers[0].audiences"],
  ["with an empty audience", { audiences: [""] }, "issuers[0].audiences[0]"],
  ["with a claim that is no pointer", { claims: { a: "/b//c" } }, "issuers[0].claims.a"],
  ["with a wrong escape in a pointer", { claims: { a: "/b~2" } }, "issuers[0].claims.a"],
  ["with keys over http", { keysUrl: "http://idp.example.org/keys" }, "issuers[0].keysUrl"],
  ["with a file of keys that is not there", { jwks: "none.json" }, "issuers[0].jwks"],
  ["with a file of no keys", { jwks: "empty.json" }, "issuers[0].jwks"],
  ["with a file that is no JSON", { jwks: "text.json" }, "issuers[0].jwks"],
  [
    "with keys in a file and at a URL",
    { jwks: "keys.json", keysUrl: "https://idp.example.org/keys" },
    "issuers[0].jwks",
  ],
  ["with an unknown option", { audience: "s3" }, "issuers[0].audience"],
  ["with a skew of an hour", { clockSkew: "1h" }, "issuers[0].clockSkew"],
];

for (const [name, more, path] of REFUSED) {
  test(`an issuer ${name} is a problem at its place`, () => {
    const config = read({ ...GOOD, ...more });
    assert.ok(!config.ok);
    assert.deepEqual(
      config.error.map((problem) => problem.path),
      [path],
    );
  });
}

test("two issuers have neither the same name nor the same url", () => {
  const config = read(GOOD, { ...GOOD, name: "IDP" });
  assert.ok(!config.ok);
  assert.deepEqual(
    config.error.map(({ path }) => path),
    ["issuers[1].name", "issuers[1].url"],
  );
});
