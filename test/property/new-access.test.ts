/**
 * Tests pairs of configurations drawn at random. The requests that the reference lets pass under
 * one and not under the other are among the findings, by caller and action.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gainedBy } from "../../src/prove/compare.ts";
import { sceneOf } from "../../src/prove/scene.ts";
import { asksOf } from "../reference/asks.ts";
import { decide } from "../reference/decide.ts";
import { MODELS, NOW_MS, type Random } from "../reference/draw/parts.ts";
import { drawRequest } from "../reference/draw/requests.ts";
import { drawWorldOfKeys } from "../reference/draw/worlds.ts";
import { snapshotOf } from "../reference/engine.ts";
import type { World } from "../reference/world.ts";
import { randomFrom, RUNS, SEEDS } from "../support/seeds.ts";

const WORLDS = 1;
const REQUESTS = 1_500;

/** Returns the identity of a request's sender. */
function holderOf({ accounts }: World, as: string | undefined): string {
  if (as === undefined) return "anonymous";
  const all = accounts.flatMap(({ name, keys = [], subusers = [] }) => [
    ...keys.map(({ accessKey }) => [accessKey, name] as const),
    ...subusers.flatMap((user) =>
      (user.keys ?? []).map(({ accessKey }) => [accessKey, `${name}:${user.name}`] as const),
    ),
  ]);
  return all.find(([key]) => key === as)?.[1] ?? "";
}

/** Returns the number of requests that pass now and did not before. */
function compared(random: Random, old: World, now: World): number {
  const scene = sceneOf(snapshotOf(now), undefined, NOW_MS - 1000);
  const { findings, notDecided } = gainedBy(
    sceneOf(snapshotOf(old), undefined, NOW_MS - 1000),
    scene,
    () => undefined,
  );
  let gained = 0;
  for (let n = 0; n < REQUESTS; n += 1) {
    const asked = drawRequest(random, now);
    if (asked.entries !== undefined) continue;
    const before = decide(old, asked).gates[0];
    // A missing policy to show is not a refusal.
    if (before === undefined || before.startsWith("fault")) continue;
    if (decide(now, asked).gates[0] !== undefined) continue;
    gained += 1;
    const who = holderOf(now, asked.as);
    const actions = asksOf(asked, now).map(({ action }) => action);
    const isTold = findings.some(
      (one) =>
        one.who.includes(who) &&
        actions.some((action) => one.actions.some((told) => told.split(" ", 1)[0] === action)),
    );
    if (isTold || notDecided.some((why) => why.startsWith(`${who}:`))) continue;
    const { model: _, ...from } = old;
    const { model: __, ...to } = now;
    assert.fail(`${JSON.stringify(asked)}\nfrom ${JSON.stringify(from)}\nto ${JSON.stringify(to)}`);
  }
  return gained;
}

for (const [i, seed] of SEEDS.entries()) {
  test(`requests that pass now and did not before are among the findings, seed ${seed}`, () => {
    const random = randomFrom(seed);
    let gained = 0;
    for (const name of i === 0 ? MODELS.slice(0, 2) : MODELS) {
      for (let n = 0; n < WORLDS * RUNS; n += 1) {
        const old = drawWorldOfKeys(random, name);
        const other = drawWorldOfKeys(random, name);
        gained += compared(random, old, withBucketsOf(old, other));
        const { findings } = gainedBy(
          sceneOf(snapshotOf(old), undefined, NOW_MS),
          sceneOf(snapshotOf(old), undefined, NOW_MS),
          () => undefined,
        );
        assert.deepEqual(findings, [], "nothing is new if nothing changed");
      }
    }
    assert(gained > 5, `only ${gained} requests pass now`);
  });
}

/** Returns the same people with the settings and buckets of another world. */
function withBucketsOf(old: World, { policy, buckets, files }: World): World {
  const renamed = Object.entries(files).map(([name, file]) => [`new-${name}`, file] as const);
  return {
    ...old,
    policy,
    buckets: buckets.map((bucket) =>
      bucket.policy === undefined ? bucket : { ...bucket, policy: `new-${bucket.policy}` },
    ),
    files: { ...old.files, ...Object.fromEntries(renamed) },
  };
}
