/**
 * Tests that the engine and the reference (test/reference) decide alike on changes of bucket
 * policies that the gateway keeps in `state`: who may, and to what.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawChange } from "../reference/draw/kept.ts";
import { BUCKETS, MODELS, type ModelName } from "../reference/draw/parts.ts";
import { drawWorld } from "../reference/draw/worlds.ts";
import { admittedChange, keptEngine } from "../reference/engine-kept.ts";
import { comparable } from "../reference/engine.ts";
import { decideChange } from "../reference/kept.ts";
import { disagreement } from "../reference/shrink.ts";
import type { Asked, World } from "../reference/world.ts";
import { randomFrom, RUNS, SEEDS } from "../support/seeds.ts";

/** For each model this number of worlds with a fresh seed, and this number of changes in each. */
const WORLDS = 12;
const CHANGES = 60;

/** The answers to all changes. */
const said = new Set<string>();

for (const [i, seed] of SEEDS.entries()) {
  const random = randomFrom(seed);
  for (const name of MODELS) {
    test(`under ${name} policies are changed as the reference says, seed ${seed}`, async () => {
      const worlds = (i === 0 ? 2 : WORLDS) * RUNS;
      for (let n = 0; n < worlds; n += 1) await compareIn(name, random);
    });
  }
}

test("changes were made, and met every refusal that only they have", () => {
  for (const what of ["passes", "fault MalformedPolicy", "fault MethodNotAllowed"])
    assert(said.has(what), what);
});

async function compareIn(name: ModelName, random: () => number): Promise<void> {
  const world = drawWorld(random, name);
  const engine = keptEngine(world, BUCKETS);
  for (let n = 0; n < CHANGES; n += 1) {
    const asked = drawChange(random, world, name);
    const expected = comparable(asked, world, decideChange(world, asked));
    const actual = comparable(asked, world, admittedChange(engine, world, asked));
    if (actual !== expected) assert.fail(await disagreement({ asked, world }, saidOf));
    said.add(expected);
  }
}

type Case = { readonly asked: Asked; readonly world: World };

function saidOf({ asked, world }: Case): string {
  const engine = keptEngine(world, BUCKETS);
  const actual = comparable(asked, world, admittedChange(engine, world, asked));
  return `The engine: ${actual}; the reference: ${comparable(asked, world, decideChange(world, asked))}`;
}
