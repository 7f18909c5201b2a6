import assert from "node:assert/strict";
import { test } from "node:test";
import { Late } from "../../../src/lib/late.ts";

test("Late opens with its first use, and once", async () => {
  let opened = 0;
  const late = new Late(async () => {
    await Promise.resolve();
    return ++opened;
  });
  const before = [await late.used(), late.value];
  assert.deepEqual(before, [undefined, undefined]);
  assert.equal(opened, 0);
  assert.throws(() => late.opened, /must be opened before it is used/);
  const first = late.get();
  assert.equal(late.value, undefined);
  assert.equal(await late.used(), 1);
  assert.deepEqual(await first, { ok: true, value: 1 });
  assert.equal(await late.get(), await first);
  assert.equal(late.value, 1);
  assert.equal(late.opened, 1);
  assert.equal(opened, 1);
});

test("Late that cannot be opened says why, and the next use tries again", async () => {
  let tried = 0;
  const late = new Late(() =>
    ++tried === 1 ? Promise.reject(new Error("too many open files")) : Promise.resolve(tried),
  );
  const [one, other] = await Promise.all([late.get(), late.get()]);
  assert.deepEqual(one, { ok: false, error: "too many open files" });
  assert.equal(other, one);
  assert.deepEqual([await late.used(), late.value, tried], [undefined, undefined, 1]);
  assert.deepEqual(await late.get(), { ok: true, value: 2 });
  assert.equal(late.value, 2);
});
