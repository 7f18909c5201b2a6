/**
 * Tests that the engine and the reference (test/reference) decide alike on browsers' forms drawn at
 * random, whose bytes the engine reads as the gateway does.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../reference/decide.ts";
import { drawForm } from "../reference/draw/forms.ts";
import { MODELS, type ModelName } from "../reference/draw/parts.ts";
import { drawWorld } from "../reference/draw/worlds.ts";
import { admittedForm } from "../reference/engine-forms.ts";
import { comparable, snapshotOf } from "../reference/engine.ts";
import { disagreement } from "../reference/shrink.ts";
import type { Asked, World } from "../reference/world.ts";
import { randomFrom, RUNS, SEEDS } from "../support/seeds.ts";

/** For each model this number of worlds with a fresh seed, and this number of forms in each. */
const WORLDS = 14;
const FORMS = 50;

/** The answers to all forms. */
const said = new Set<string>();

for (const [i, seed] of SEEDS.entries()) {
  const random = randomFrom(seed);
  for (const name of MODELS) {
    test(`under ${name} the engine decides on forms as the reference does, seed ${seed}`, async () => {
      const worlds = (i === 0 ? 2 : WORLDS) * RUNS;
      for (let n = 0; n < worlds; n += 1) await compareIn(name, random);
    });
  }
}

test("the forms met every refusal that only forms have, and some passed", () => {
  for (const code of ["AccessDenied", "EntityTooSmall", "EntityTooLarge"])
    assert(said.has(`fault ${code}`), code);
  assert([...said].some((one) => one.startsWith("passes as lab")));
});

async function compareIn(name: ModelName, random: () => number): Promise<void> {
  const world = drawWorld(random, name);
  const snapshot = snapshotOf(world);
  for (let n = 0; n < FORMS; n += 1) {
    const asked = drawForm(random, world);
    const expected = comparable(asked, world, decide(world, asked));
    const actual = comparable(asked, world, await admittedForm(snapshot, world, asked));
    if (actual !== expected) assert.fail(await disagreement({ asked, world }, saidOf));
    said.add(expected);
  }
}

type Case = { readonly world: World; readonly asked: Asked };

async function saidOf({ world, asked }: Case): Promise<string> {
  const { form } = asked;
  if (form === undefined) throw new Error("A form without its form");
  const admitted = await admittedForm(snapshotOf(world), world, { ...asked, form });
  const expected = comparable(asked, world, decide(world, asked));
  return `The engine: ${comparable(asked, world, admitted)}; the reference: ${expected}`;
}
