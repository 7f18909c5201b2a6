import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BAD_PER_SECOND,
  VerifyBudget,
  VERIFICATIONS_PER_SECOND,
} from "../../../src/sts/verify-budget.ts";

const good = (): Promise<boolean> => Promise.resolve(true);

test("tokens of an address that sent bad ones are not looked at beyond a rate, and those of others are", () => {
  const budget = new VerifyBudget();
  const from = (address: string, nowMs = 1_000) => ({ address, nowMs });
  for (let i = 0; i < BAD_PER_SECOND; i++) {
    assert.ok(budget.allows(from("2001:db8::1")));
    budget.wasBad(from("2001:db8::1"));
  }
  assert.ok(!budget.allows(from("2001:db8::1")));
  assert.ok(!budget.allows(from("2001:db8::2")));
  assert.ok(budget.allows(from("2001:db8:0:1::1")));
  assert.ok(budget.allows(from("192.0.2.1")));
  assert.ok(budget.allows(from("2001:db8::1", 2_000)));
});

test("so many signatures are verified in a second", async () => {
  const budget = new VerifyBudget();
  for (let i = 0; i < VERIFICATIONS_PER_SECOND; i++) {
    assert.equal(await budget.run(1_000, good), true);
  }
  assert.equal(await budget.run(1_000, good), "too many");
  assert.equal(await budget.run(2_000, good), true);
});

test("few signatures are verified at a time, the rest wait in their order, and beyond them nobody does", async () => {
  const budget = new VerifyBudget();
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const ask = (i: number): Promise<boolean | "too many"> =>
    budget.run(1_000, async () => {
      begun.push(i);
      await new Promise<void>((resolve) => ends.push(resolve));
      return true;
    });
  const asked = Array.from({ length: 516 }, (_, i) => ask(i));
  assert.deepEqual(begun, [0, 1, 2, 3]);
  assert.equal(await ask(1_000), "too many");
  for (let i = 0; i < asked.length; i++) {
    ends[i]?.();
    assert.equal(await asked[i], true);
  }
  assert.deepEqual(
    begun,
    Array.from({ length: 516 }, (_, i) => i),
  );
});

test("a verification that throws gives its turn back", async () => {
  const budget = new VerifyBudget();
  const fails = (): Promise<boolean> => Promise.reject(new Error("a bug"));
  for (let i = 0; i < 20; i++) {
    await assert.rejects(budget.run(1_000, fails));
  }
  assert.equal(await budget.run(1_000, good), true);
});
