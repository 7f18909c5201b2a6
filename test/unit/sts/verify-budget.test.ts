import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BAD_PER_SECOND,
  SHARE_PER_SECOND,
  type TokenSource,
  VerifyBudget,
  VERIFICATIONS_PER_SECOND,
} from "../../../src/sts/verify-budget.ts";

const from = (address: string, nowMs = 1_000): TokenSource => ({ address, nowMs });
const good = (): Promise<boolean> => Promise.resolve(true);

test("tokens of an address that sent bad ones are not looked at beyond a rate, and those of others are", () => {
  const budget = new VerifyBudget();
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

/** How many of `count` tokens from there are verified at that moment. */
async function verified(budget: VerifyBudget, source: TokenSource, count: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < count; i++) if ((await budget.run(source, good)) === true) sum++;
  return sum;
}

test("the number of signatures verified in a second has a bound", async () => {
  const budget = new VerifyBudget();
  const parts = VERIFICATIONS_PER_SECOND / SHARE_PER_SECOND;
  for (let i = 0; i < parts; i++) {
    const source = from(`192.0.2.${i}`);
    assert.equal(await verified(budget, source, SHARE_PER_SECOND), SHARE_PER_SECOND);
  }
  assert.equal(await budget.run(from("192.0.2.100"), good), "too many");
  assert.equal(await budget.run(from("192.0.2.100", 2_000), good), true);
});

test("one address leaves a half for others, who have their share at once", async () => {
  const budget = new VerifyBudget();
  const all = VERIFICATIONS_PER_SECOND;
  assert.equal(await verified(budget, from("192.0.2.1"), all), all / 2);
  assert.equal(await verified(budget, from("2001:db8::1"), all), SHARE_PER_SECOND);
  // The same network.
  assert.equal(await verified(budget, from("2001:db8::2"), all), 0);
  const others = all / 2 / SHARE_PER_SECOND;
  for (let i = 1; i < others; i++) {
    assert.equal(await verified(budget, from(`198.51.100.${i}`), all), SHARE_PER_SECOND);
  }
  assert.equal(await verified(budget, from("198.51.100.0"), all), 0);
});

test("an address alone has nearly all that flows in, second after second, and owes nothing", async () => {
  const budget = new VerifyBudget();
  let sum = 0;
  for (let ms = 0; ms < 10_000; ms += 10) sum += await verified(budget, from("192.0.2.1", ms), 40);
  assert.ok(sum > 9.5 * VERIFICATIONS_PER_SECOND, `${sum}`);
  assert.ok(sum <= 11 * VERIFICATIONS_PER_SECOND, `${sum}`);
  const later = from("192.0.2.1", 11_000);
  assert.equal(await verified(budget, later, SHARE_PER_SECOND), SHARE_PER_SECOND);
});

test("few signatures are verified at a time, the rest wait in their order, and beyond them nobody does", async () => {
  const budget = new VerifyBudget();
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const ask = (i: number, address = `192.0.2.${i % 8}`): Promise<boolean | "too many"> =>
    budget.run(from(address), async () => {
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

test("one address waits in half of the places at most", async () => {
  const budget = new VerifyBudget();
  const waits = (source: TokenSource): Promise<boolean | "too many"> =>
    budget.run(source, () => new Promise<boolean>(() => undefined));
  // Four of them are verified, and those that wait are refused by nobody yet.
  const refused: number[] = [];
  for (let i = 0; i < 300; i++) {
    void waits(from("192.0.2.1")).then((said) => said === "too many" && refused.push(i));
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(300 - refused.length, 4 + 256);
  let other: boolean | "too many" | undefined;
  void waits(from("192.0.2.2")).then((said) => (other = said));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(other, undefined);
});

test("a verification that throws releases its turn", async () => {
  const budget = new VerifyBudget();
  const fails = (): Promise<boolean> => Promise.reject(new Error("a bug"));
  for (let i = 0; i < 20; i++) {
    await assert.rejects(budget.run(from("192.0.2.1"), fails));
  }
  assert.equal(await budget.run(from("192.0.2.1"), good), true);
});
