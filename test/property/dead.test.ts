/**
 * Tests that the parts which `prove --dead` calls dead can be removed. No random request is then
 * decided differently, and `--no-new-access` finds no access gained or lost.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSnapshot } from "../../src/config/compile.ts";
import { gainedBy } from "../../src/prove/compare.ts";
import { partsOf } from "../../src/prove/config-parts.ts";
import { deadParts } from "../../src/prove/dead.ts";
import { sceneOf } from "../../src/prove/scene.ts";
import { decide, type Answer } from "../reference/decide.ts";
import { MODELS, NOW_MS, type Random } from "../reference/draw/parts.ts";
import { drawRequest } from "../reference/draw/requests.ts";
import { drawWorldOfKeys } from "../reference/draw/worlds.ts";
import { admittedHead, configOf, headOf } from "../reference/engine.ts";
import type { Asked, World } from "../reference/world.ts";
import { randomFrom, RUNS, SEEDS } from "../support/seeds.ts";

const REQUESTS = 1_500;
const FROM_MS = NOW_MS - 1000;

const sceneFor = (config: Parameters<typeof compileSnapshot>[0]) =>
  sceneOf(compileSnapshot(config, 1), undefined, FROM_MS);

/** Returns the numbers of dead and of live parts in one world. */
function checked(random: Random, world: World): readonly [dead: number, alive: number] {
  const config = configOf(world);
  const scene = sceneFor(config);
  const parts = partsOf(config);
  const found = deadParts(scene, parts, sceneFor, () => undefined);
  const dead = found.filter(({ kind }) => kind === "dead").map(({ part }) => part);
  const others = dead.map((part) => ({ part, without: part.without() }));
  for (const { part, without } of others) {
    const next = sceneFor(without);
    const [gained, taken] = [gainedBy(scene, next, noProgress), gainedBy(next, scene, noProgress)];
    assert.deepEqual([...gained.findings, ...taken.findings], [], part.name);
  }
  const snapshots = others.map(({ part, without }) => [part, compileSnapshot(without, 1)] as const);
  for (let n = 0; n < REQUESTS; n += 1) {
    const asked = drawRequest(random, world);
    const head = headOf(world, asked);
    const passes = passing(world, asked, decide(world, asked));
    for (const [part, snapshot] of snapshots) {
      const without = passing(world, asked, admittedHead(snapshot, head, asked));
      assert.deepEqual(without, passes, `${part.kind} ${part.name}: ${JSON.stringify(asked)}`);
    }
  }
  return [dead.length, parts.length - found.length];
}

const noProgress = (): void => undefined;

/**
 * Returns the parts of a request that pass. For entries in report mode, only whether all pass is
 * known.
 */
function passing(world: World, { entries }: Asked, { gates }: Answer): readonly boolean[] {
  const each = gates.map(isPassing);
  const isWhole = entries !== undefined && world.policy.mode === "report";
  return isWhole ? [each.every(Boolean)] : each;
}

/** A fault behind the gates is no refusal by a rule. */
function isPassing(gate: string | undefined): boolean {
  return gate === undefined || gate.startsWith("fault");
}

for (const [i, seed] of SEEDS.entries()) {
  test(`dead parts decide no random request, seed ${seed}`, () => {
    const random = randomFrom(seed);
    let dead = 0;
    let alive = 0;
    for (const name of i === 0 ? MODELS.slice(0, 2) : MODELS) {
      for (let n = 0; n < RUNS; n += 1) {
        const [more, left] = checked(random, drawWorldOfKeys(random, name));
        dead += more;
        alive += left;
      }
    }
    assert(dead > 5 && alive > 5, `${dead} dead, ${alive} alive`);
  });
}
