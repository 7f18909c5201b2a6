import assert from "node:assert/strict";
import { test } from "node:test";
import { GCProfiler } from "node:v8";
import { interned } from "../../../src/http/interned.ts";

test("interned() returns the same text, whatever it is", () => {
  for (const text of ["", "host", "__proto__", "constructor", "toString", "0", "01", "999", "-1"]) {
    assert.equal(interned(text), text);
  }
});

test("interned() takes no memory for the places before a number", () => {
  // A client can send thousands of such names in one head: 12 kB for each were 240 MB here.
  const profiler = new GCProfiler();
  profiler.start();
  for (let i = 0; i < 20_000; i++) assert.equal(interned(String(900 + (i % 100))).length, 3);
  const { statistics } = profiler.stop();
  assert.ok(statistics.length < 5, `${statistics.length} collections`);
});
