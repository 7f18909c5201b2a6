/**
 * Tests that the engine and the reference (test/reference) decide alike on configurations and
 * requests drawn at random: the gate that refuses, or the credential for the store.
 * `S3WARDEN_TEST_TIMES` draws as many times more.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../reference/decide.ts";
import { MODELS, type ModelName } from "../reference/draw/parts.ts";
import { drawRequest } from "../reference/draw/requests.ts";
import { drawWorld } from "../reference/draw/worlds.ts";
import { admitted, comparable, snapshotOf } from "../reference/engine.ts";
import { disagreement } from "../reference/shrink.ts";
import type { Asked, World } from "../reference/world.ts";
import { randomFrom, RUNS, SEEDS } from "../support/seeds.ts";

/**
 * 100,000 requests with a fresh seed: for each model this number of worlds, and this number of
 * requests in each.
 */
const WORLDS = 40;
const REQUESTS = 500;

for (const [i, seed] of SEEDS.entries()) {
  const random = randomFrom(seed);
  for (const name of MODELS) {
    test(`under ${name} the engine decides as the reference does, seed ${seed}`, async () => {
      const worlds = (i === 0 ? WORLDS / 8 : WORLDS) * RUNS;
      let passed = 0;
      for (let n = 0; n < worlds; n += 1) passed += await compareIn(name, random);
      // Both answers must be common, or the comparison shows little.
      const all = worlds * REQUESTS;
      assert(passed > all / 10 && passed < (all * 9) / 10, `${passed} of ${all} pass`);
    });
  }
}

/** Compares on one world, and returns the number of its requests that pass. */
async function compareIn(name: ModelName, random: () => number): Promise<number> {
  const world = drawWorld(random, name);
  const snapshot = snapshotOf(world);
  let passed = 0;
  for (let n = 0; n < REQUESTS; n += 1) {
    const asked = drawRequest(random, world);
    const expected = comparable(asked, world, decide(world, asked));
    const actual = comparable(asked, world, admitted(snapshot, world, asked));
    if (actual !== expected) assert.fail(await disagreement({ asked, world }, saidOf));
    if (expected.includes("passes")) passed += 1;
  }
  return passed;
}

type Case = { readonly world: World; readonly asked: Asked };

function saidOf({ world, asked }: Case): string {
  const engine = comparable(asked, world, admitted(snapshotOf(world), world, asked));
  return `The engine: ${engine}; the reference: ${comparable(asked, world, decide(world, asked))}`;
}
