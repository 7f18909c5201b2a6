/**
 * Tests that no drawn request that the reference lets pass breaks a claim that prove says holds.
 * The code here, without any of `src`, decides which requests a claim is about.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyClaim } from "../../src/prove/claim.ts";
import { readClaims } from "../../src/prove/claim-reader.ts";
import { knownIn } from "../../src/prove/known-names.ts";
import { prove, type Proof } from "../../src/prove/prove.ts";
import { sceneOf } from "../../src/prove/scene.ts";
import { asksOf, asksOfEntry, operationNames } from "../reference/asks.ts";
import { decide } from "../reference/decide.ts";
import { MODELS, NOW_MS, type Random } from "../reference/draw/parts.ts";
import { drawRequest } from "../reference/draw/requests.ts";
import { drawWorldOfKeys } from "../reference/draw/worlds.ts";
import { configOf, snapshotOf } from "../reference/engine.ts";
import { isActionLike, isIn, isLike } from "../reference/patterns.ts";
import type { Ask, Asked, World } from "../reference/world.ts";
import { oneOf, randomFrom, RUNS, SEEDS } from "../support/seeds.ts";

const WORLDS = 4;
const CLAIMS = 10;
const REQUESTS = 500;

/** A claim in its own words, and its subject. */
type Drawn = {
  readonly text: string;
  readonly who: readonly string[] | undefined;
  readonly but: readonly string[];
  readonly action: string;
  readonly resource: string;
  readonly outside: string | undefined;
};

const ACTIONS = [
  "s3:GetObject",
  "s3:GetObject*",
  "s3:PutObject",
  "s3:Put*",
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:ListBucket",
  "s3:*",
  "s3:PutBucketPolicy",
  "s3:BypassGovernanceRetention",
] as const;

const OF_OBJECTS = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"] as const;

const NETWORKS = ["198.51.100.0/24", "2001:db8::/32", "0.0.0.0/0"] as const;

function drawClaim(random: Random, world: World, resources: readonly [string, ...string[]]): Drawn {
  const people: readonly [string, ...string[]] = ["anonymous", ...peopleIn(world)];
  const action = oneOf(random, random() < 0.5 ? ACTIONS : OF_OBJECTS);
  const resource = oneOf(random, resources);
  const outside = random() < 0.3 ? oneOf(random, NETWORKS) : undefined;
  const on = `on ${resource === "*" ? "*" : `arn:aws:s3:::${resource}`}`;
  const where = outside === undefined ? "" : ` from outside ${outside}`;
  if (random() < 0.5) {
    const but = random() < 0.6 ? [oneOf(random, people)] : [];
    const named = but.length === 0 ? "" : ` but ${but.join(", ")}`;
    const text = `nobody${named} may ${action} ${on}${where}`;
    return { text, who: undefined, but, action, resource, outside };
  }
  const who = [oneOf(random, people)];
  const text = `${who.join(", ")} may not ${action} ${on}${where}`;
  return { text, who, but: [], action, resource, outside };
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

function peopleIn({ accounts }: World): readonly string[] {
  return accounts.flatMap(({ name, subusers = [] }) => [
    name,
    ...subusers.map((subuser) => `${name}:${subuser.name}`),
  ]);
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

/** Returns the parts of the request that pass, ask by ask. */
function passing(world: World, asked: Asked): readonly Ask[] {
  const { gates } = decide(world, asked);
  const { entries } = asked;
  if (entries === undefined) return gates[0] === undefined ? asksOf(asked, world) : [];
  return entries.flatMap((entry, i) => (gates[i] === undefined ? asksOfEntry(asked, entry) : []));
}

/** Returns claims that the request breaks, if it passes. */
function claimsAgainst(random: Random, world: World, asked: Asked): readonly Drawn[] {
  const who = holderOf(world, asked.as);
  return passing(world, asked).flatMap(({ action, bucket, key }) => {
    if (bucket === undefined || random() < 0.6) return [];
    const whole = key === undefined ? bucket : `${bucket}/*`;
    const resource = oneOf(random, [whole, `${bucket}*`, "*"]);
    const on = resource === "*" ? "*" : `arn:aws:s3:::${resource}`;
    const text = `${who} may not ${action} on ${on}`;
    return [{ text, who: [who], but: [], action, resource, outside: undefined }];
  });
}

function breaks(drawn: Drawn, world: World, asked: Asked, ask: Ask): boolean {
  const who = holderOf(world, asked.as);
  if (drawn.who === undefined ? drawn.but.includes(who) : !drawn.who.includes(who)) return false;
  const names = [ask.action, ...operationNames(ask).map((name) => `s3:${name}`)];
  if (!names.some((name) => isActionLike(name, drawn.action))) return false;
  const { bucket, key } = ask;
  if (bucket === undefined) return drawn.resource === "*";
  const text = key === undefined ? bucket : `${bucket}/${key}`;
  if (!isLike(text, drawn.resource, undefined)) return false;
  return drawn.outside === undefined || !isIn(asked.ip, drawn.outside);
}

for (const [i, seed] of SEEDS.entries()) {
  test(`no request breaks a claim that holds, seed ${seed}`, () => {
    const random = randomFrom(seed);
    const kinds = { holds: 0, broken: 0, "not decided": 0 };
    for (const name of MODELS) {
      for (let n = 0; n < (i === 0 ? 1 : WORLDS) * RUNS; n += 1) {
        const world = byPolicies(drawWorldOfKeys(random, name));
        for (const { kind } of compared(random, world)) kinds[kind] += 1;
      }
    }
    const all = kinds.holds + kinds.broken + kinds["not decided"];
    assert(kinds.holds > all / 10 && kinds.broken > all / 10, JSON.stringify(kinds));
    assert(kinds["not decided"] < all / 2, JSON.stringify(kinds));
  });
}

function compared(random: Random, world: World): readonly Proof[] {
  const snapshot = snapshotOf(world);
  // Requests are drawn a second around this time: claims are about all from the first of them.
  const scene = sceneOf(snapshot, undefined, NOW_MS - 1000);
  const requests = Array.from({ length: REQUESTS }, () => drawRequest(random, world));
  const resources: [string, ...string[]] = ["*"];
  for (const { bucket, key } of requests.slice(0, 40)) {
    if (bucket !== undefined)
      resources.push(bucket, `${bucket}/*`, `${bucket}*`, `${bucket}/${key ?? "a"}*`);
  }
  const written = resources.filter((one) => /^[\w*?./-]+$/u.test(one));
  const [first = "*", ...more] = written;
  const known = knownIn(configOf(world));
  const drawn = [
    ...Array.from({ length: CLAIMS }, () => drawClaim(random, world, [first, ...more])),
    ...requests.flatMap((asked) => claimsAgainst(random, world, asked)).slice(0, CLAIMS),
  ];
  const proofs = drawn.map((one) => {
    const claims = readClaims(one.text, "claims.txt", known);
    if (!claims.ok) throw new Error(JSON.stringify(claims.error));
    return { one, proof: prove(scene, onlyOf(claims.value)) };
  });
  for (const asked of requests) {
    const asks = passing(world, asked);
    for (const { one, proof } of proofs) {
      if (proof.kind !== "holds") continue;
      const broken = asks.find((ask) => breaks(one, world, asked, ask));
      const { model: _, ...rest } = world;
      assert(
        broken === undefined,
        `${one.text}: ${JSON.stringify(asked)} asks ${JSON.stringify(broken)} in ${JSON.stringify(rest)}`,
      );
    }
  }
  for (const { one, proof } of proofs) {
    if (proof.kind !== "not decided") continue;
    const { model: _, ...rest } = world;
    // A followed example is decided as by `admit`.
    const bug = proof.why.find((why) => why.includes("a bug of s3warden"));
    assert.equal(bug, undefined, `${one.text} in ${JSON.stringify(rest)}`);
  }
  return proofs.map(({ proof }) => proof);
}

function onlyOf(claims: readonly PolicyClaim[]): PolicyClaim {
  const [claim] = claims;
  if (claim === undefined) throw new Error("A claim was written");
  return claim;
}
