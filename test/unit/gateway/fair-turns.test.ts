import assert from "node:assert/strict";
import { test } from "node:test";
import { FairTurns } from "../../../src/gateway/fair-turns.ts";

const LIMITS = { waitingMax: 5, waitingOfOneMax: 3 };

/** Runs a step for each name, all asked for at once; returns the names in the order of their steps. */
async function turnsOf(names: string): Promise<{ order: string; full: string }> {
  const turns = new FairTurns(LIMITS);
  let order = "";
  let running = 0;
  const asked = Array.from(names, (name) =>
    turns.run(name, async () => {
      assert.equal(++running, 1);
      await Promise.resolve();
      running--;
      order += name;
    }),
  );
  const results = await Promise.all(asked);
  return {
    order,
    full: Array.from(names)
      .filter((_, i) => results[i] === "full")
      .join(""),
  };
}

const CASES = [
  ["", "", ""],
  ["a", "a", ""],
  ["aaaa", "aaaa", ""],
  ["aaaaa", "aaaa", "a"],
  ["aaaab", "aabaa", ""],
  ["aaabbc", "aabcab", ""],
  ["abcdefg", "abcdef", "g"],
] as const;
for (const [names, order, full] of CASES) {
  test(`steps of "${names}" at once run as "${order}"`, async () => {
    assert.deepEqual(await turnsOf(names), { order, full });
  });
}

test("a step that throws gives its turn to the next one", async () => {
  const turns = new FairTurns(LIMITS);
  const first = turns.run("a", () => Promise.reject(new Error("of the first")));
  const second = turns.run("a", () => Promise.resolve("second"));
  await assert.rejects(first, /of the first/);
  assert.equal(await second, "second");
  assert.equal(await turns.run("b", () => Promise.resolve("third")), "third");
});
