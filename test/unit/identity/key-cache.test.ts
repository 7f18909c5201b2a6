import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyCache } from "../../../src/identity/key-cache.ts";
import { goodConfig } from "../../support/config.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";

const LIFETIMES = { cacheMs: 60_000, staleMs: 60_000 };
const snapshot = compileSnapshot(
  goodConfig({
    "gateway.yaml":
      'upstream: { endpoints: ["http://store:7480"] }\nidentities: [{ accounts: accounts.yaml }]\n',
    "accounts.yaml":
      'accounts: [{ name: lab, keys: [{ accessKey: AKIDLAB, secretKey: "5501234567" }] }]\n',
  }),
  1,
);
const key = snapshot.keys.get("AKIDLAB");

test("long answers push out those that were used least, however few they are", () => {
  assert(key !== undefined);
  const cache = new KeyCache<string>(100, LIFETIMES, 1_000);
  const keep = (name: string, bytes: number): void =>
    cache.keep(name, { user: name, key, bytes }, 0);
  const kinds = (...names: readonly string[]) => names.map((name) => cache.look(name, 0).kind);
  keep("a", 400);
  keep("b", 400);
  assert.deepEqual(kinds("a", "b"), ["fresh", "fresh"]);
  keep("c", 400);
  assert.deepEqual(kinds("a", "b", "c"), ["unknown", "fresh", "fresh"]);
  for (let i = 0; i < 90; i++) keep(`short ${i}`, 1);
  assert.deepEqual(kinds("b", "c", "short 0", "short 89"), ["fresh", "fresh", "fresh", "fresh"]);
});

test("the bound holds for what another configuration takes over, too", () => {
  assert(key !== undefined);
  const before = new KeyCache<string>(100, LIFETIMES, 1_000);
  for (const name of ["a", "b"]) before.keep(name, { user: name, key, bytes: 400 }, 0);
  const cache = new KeyCache<string>(100, LIFETIMES, 1_000);
  cache.inherit(before);
  cache.keep("c", { user: "c", key, bytes: 400 }, 0);
  assert.deepEqual(
    ["a", "b", "c"].map((name) => cache.look(name, 0).kind),
    ["unknown", "inherited", "fresh"],
  );
});
