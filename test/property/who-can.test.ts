/**
 * Tests `who-can`. No drawn request of an action passes `admit` for a caller who, it says, cannot.
 * Every caller who passes is among those who can, or is not decided.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { whoCan, type WhoCanAnswer } from "../../src/prove/who-can.ts";
import { MODELS, NOW_MS } from "../reference/draw/parts.ts";
import { drawRequest } from "../reference/draw/requests.ts";
import { drawWorldOfKeys } from "../reference/draw/worlds.ts";
import { admitted, snapshotOf } from "../reference/engine.ts";
import type { Asked, World } from "../reference/world.ts";
import { randomFrom, RUNS, SEEDS } from "../support/seeds.ts";

const WORLDS = 8;
const REQUESTS = 400;

/** Returns the action that a request needs, if it is one of these and nothing else. */
function actionOf({ method, key, query, headers, entries }: Asked): string | undefined {
  if (entries !== undefined || headers["x-amz-copy-source"] !== undefined) return undefined;
  const names = Object.keys(query).filter((name) => !["prefix", "delimiter"].includes(name));
  if (key === undefined) {
    const lists = names.every((name) => name === "list-type");
    return method === "GET" && lists ? "s3:ListBucket" : undefined;
  }
  if (names.length > 0 || headers["x-amz-bypass-governance-retention"] === "true") return undefined;
  if (method === "GET" || method === "HEAD") return "s3:GetObject";
  return method === "DELETE" ? "s3:DeleteObject" : undefined;
}

/**
 * Returns the world without tiers for those with policies: their rights are those of some pattern,
 * and not all.
 */
function byPolicies(world: World): World {
  const accounts = world.accounts.map(({ subusers = [], ...account }) => ({
    ...account,
    subusers: subusers.map(({ tier, policies = [], ...subuser }) => ({
      ...subuser,
      policies,
      ...(policies.length === 0 && tier !== undefined && { tier }),
    })),
  }));
  return { ...world, accounts };
}

function holderOf({ accounts }: World, as: string | undefined): string {
  const owners = accounts.flatMap((account) => [
    [account.name, account.keys] as const,
    ...(account.subusers ?? []).map(
      (subuser) => [`${account.name}:${subuser.name}`, subuser.keys] as const,
    ),
  ]);
  const [name = "anonymous"] =
    owners.find(([, keys]) => keys?.some(({ accessKey }) => accessKey === as)) ?? [];
  return name;
}

for (const [i, seed] of SEEDS.entries()) {
  test(`nobody passes whom who-can lists as unable, seed ${seed}`, async () => {
    const random = randomFrom(seed);
    let compared = 0;
    let cannot = 0;
    for (const name of MODELS) {
      for (let n = 0; n < (i === 0 ? 1 : WORLDS) * RUNS; n += 1) {
        const world = byPolicies(drawWorldOfKeys(random, name));
        const snapshot = snapshotOf(world);
        const answers = new Map<string, WhoCanAnswer>();
        for (let m = 0; m < REQUESTS; m += 1) {
          const asked = drawRequest(random, world);
          const action = actionOf(asked);
          if (action === undefined || asked.bucket === undefined) continue;
          const resource = `arn:aws:s3:::${asked.bucket}${asked.key === undefined ? "" : "/*"}`;
          const id = `${action} ${resource}`;
          const answer =
            answers.get(id) ?? (await answerOf(snapshot, action, resource, asked.nowMs));
          answers.set(id, answer);
          const who = holderOf(world, asked.as);
          const passes = admitted(snapshot, world, asked).gates[0] === undefined;
          compared += 1;
          if (!answer.cannot.includes(who)) continue;
          cannot += 1;
          const { model: _, ...written } = world;
          assert(!passes, `${who}: ${JSON.stringify(asked)} in ${JSON.stringify(written)}`);
        }
      }
    }
    assert(compared > 100 && cannot > compared / 20, `${cannot} of ${compared} cannot`);
  });
}

async function answerOf(
  snapshot: ReturnType<typeof snapshotOf>,
  action: string,
  resource: string,
  nowMs: number,
): Promise<WhoCanAnswer> {
  // Requests are drawn a second around this time: the question is about all requests from the first
  // of them.
  const answer = await whoCan(
    snapshot,
    { action, resource },
    Math.min(nowMs, NOW_MS - 1000),
    undefined,
  );
  if (!answer.ok) throw new Error(answer.error);
  return answer.value;
}
