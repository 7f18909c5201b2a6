import assert from "node:assert/strict";
import { test } from "node:test";
import { Late } from "../../../src/lib/late.ts";

test("Late opens with its first use, and once", async () => {
  let opened = 0;
  const late = new Late(async () => {
    await Promise.resolve();
    return ++opened;
  });
  const before = [late.used, late.value];
  assert.deepEqual(before, [undefined, undefined]);
  assert.equal(opened, 0);
  const first = late.get();
  assert.equal(late.value, undefined);
  assert.equal(await first, 1);
  assert.equal(await late.get(), 1);
  assert.equal(await late.used, 1);
  assert.equal(late.value, 1);
  assert.equal(opened, 1);
});

test("no use of Late succeeds if it cannot be opened", async () => {
  let tried = 0;
  const late = new Late(() => {
    tried++;
    return Promise.reject(new Error("no such file"));
  });
  await assert.rejects(late.get(), /no such file/);
  await assert.rejects(late.get(), /no such file/);
  assert.equal(late.value, undefined);
  assert.equal(tried, 1);
});
