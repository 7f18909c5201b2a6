import assert from "node:assert/strict";
import { test } from "node:test";
import { keysUrlIn } from "../../../src/sts/issuer-fetch.ts";

const OVER_TLS = "https://idp.example.org";
const ON_LOOPBACK = "http://127.0.0.1:8080";

for (const [issuer, jwks, isTaken] of [
  [OVER_TLS, "https://idp.example.org/keys", true],
  [OVER_TLS, "https://keys.example.org/keys", true],
  [OVER_TLS, "http://127.0.0.1:9090/metrics", false],
  [OVER_TLS, "HTTP://127.0.0.1:9090/metrics", false],
  [ON_LOOPBACK, "http://127.0.0.1:8080/keys", true],
  [ON_LOOPBACK, "https://keys.example.org/keys", true],
  [ON_LOOPBACK, "http://idp.example.org/keys", false],
] as const) {
  test(`the keys of ${issuer} are ${isTaken ? "" : "not "}asked for at ${jwks}`, () => {
    const found = keysUrlIn({ issuer, jwks_uri: jwks }, issuer);
    assert.deepEqual(found.ok ? found.value : found.ok, isTaken ? jwks : false);
  });
}
