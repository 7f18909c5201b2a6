/**
 * Tests that STS and the reference (test/reference) decide alike who may become a role, and what
 * the session then holds: random trust policies, tokens and calls, signed and sealed in earnest.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawCall, drawTrustWorld } from "../reference/draw/trust.ts";
import { began, trustEngine } from "../reference/engine-trust.ts";
import { disagreement } from "../reference/shrink.ts";
import { becomes, type Begins, type Call, type TrustWorld } from "../reference/trust.ts";
import { randomFrom, RUNS, SEEDS } from "../support/seeds.ts";

/** This number of worlds with a fresh seed, and this number of calls in each. */
const WORLDS = 120;
/** An address may have 125 tokens verified in a second. */
const CALLS = 60;

for (const [i, seed] of SEEDS.entries()) {
  const random = randomFrom(seed);
  test(`STS begins the sessions that the reference begins, seed ${seed}`, async () => {
    const worlds = (i === 0 ? WORLDS / 6 : WORLDS) * RUNS;
    let begun = 0;
    for (let n = 0; n < worlds; n += 1) begun += await compareIn(drawTrustWorld(random), random);
    const all = worlds * CALLS;
    assert(begun > all / 20 && begun < all / 2, `${begun} of ${all} begin`);
  });
}

/** Compares on one world, and returns the number of its sessions that begin. */
async function compareIn(world: TrustWorld, random: () => number): Promise<number> {
  const engine = trustEngine(world);
  let begun = 0;
  for (let n = 0; n < CALLS; n += 1) {
    const call = drawCall(random, world);
    const expected = becomes(world, call);
    const actual = await began(engine, world, call);
    if (textOf(actual) !== textOf(expected))
      assert.fail(await disagreement({ call, world }, saidOf));
    if (typeof expected !== "string") begun += 1;
  }
  return begun;
}

type Case = { readonly world: TrustWorld; readonly call: Call };

async function saidOf({ world, call }: Case): Promise<string> {
  const actual = textOf(await began(trustEngine(world), world, call));
  return `The engine: ${actual}; the reference: ${textOf(becomes(world, call))}`;
}

/** Both answers as text; the order of tags means nothing. */
function textOf(begins: Begins | string): string {
  if (typeof begins === "string") return begins;
  const { tags, transitive, ...rest } = begins;
  const names = Object.keys(tags).toSorted();
  const sorted = {
    tags: names.map((name) => [name, tags[name]]),
    transitive: transitive.toSorted(),
  };
  return JSON.stringify({ ...sorted, ...rest });
}
