/**
 * Tests the laws of decisions in every small configuration (test/reference/small.ts). A run of the
 * tests takes a slice of the pairs of statements; S3WARDEN_TEST_SCOPE=whole takes all of them.
 */

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { decide } from "../reference/decide.ts";
import {
  gatesIn,
  REQUESTS,
  smallSnapshot,
  STATEMENTS,
  VARIANTS,
  withSettings,
  worldOf,
  type Placed,
  type Variant,
} from "../reference/small.ts";
import { randomFrom, SEEDS } from "../support/seeds.ts";

type Gates = readonly (string | undefined)[];

/** The size of a slice: one of this number of pairs is taken. */
const SLICE = process.env["S3WARDEN_TEST_SCOPE"] === "whole" ? 1 : 600;

const counted = { configurations: 0, decisions: 0 };
after(() => {
  console.log(`${counted.configurations} configurations, ${counted.decisions} decisions`);
});

for (const variant of VARIANTS) {
  describe(variant.name, () => {
    const alone = new Map<Placed, Gates>();
    const gatesOf = (placed: readonly Placed[], settings = variant): Gates => {
      counted.configurations += 1;
      counted.decisions += REQUESTS.length;
      return gatesIn(smallSnapshot(settings, placed));
    };
    const gatesAlone = (placed: Placed): Gates => {
      const known = alone.get(placed) ?? gatesOf([placed]);
      alone.set(placed, known);
      return known;
    };

    test(`the laws hold with one of ${SLICE} pairs of ${STATEMENTS.length} statements`, () => {
      for (const [first, second] of pairs()) {
        const both = gatesOf([first, second]);
        const say = told(variant, [first, second]);
        assert.deepEqual(gatesOf([second, first]), both, `order matters: ${say}`);
        for (const [one, other] of [
          [first, second],
          [second, first],
        ] as const) {
          addsUp(gatesAlone(one), both, other, say);
        }
        denyWins(gatesAlone(first), both, first, say);
        denyWins(gatesAlone(second), both, second, say);
        everybodyElse([first, second], both, say);
        sameAsTheReference(variant, [first, second], both, say);
        const settings = (policy: Variant["policy"]): Gates =>
          gatesOf([first, second], withSettings(variant, policy));
        assert.deepEqual(
          settings({ mode: "report" }),
          both,
          `report mode decides otherwise: ${say}`,
        );
        for (const gate of GATES) onlyTakesAway(settings(gate), both, say);
        if (variant.policy.tierMode === "ceiling") {
          onlyTakesAway(both, settings({ tierMode: "union" }), say);
        }
      }
    });
  });
}

const GATES: readonly Variant["policy"][] = [
  { networks: { allow: ["198.51.100.0/24"] } },
  { blockedActions: ["s3:GetObject"] },
  { versionGuard: true },
  { unsupported: ["s3:PutObject"] },
];

/**
 * Checks that adding a Deny lets nothing more through, and adding an Allow refuses nothing more.
 */
function addsUp(before: Gates, both: Gates, added: Placed, say: string): void {
  if (added.statement.Effect === "Deny") onlyTakesAway(both, before, say);
  else onlyTakesAway(before, both, say);
}

function onlyTakesAway(less: Gates, more: Gates, say: string): void {
  for (const [i, gate] of less.entries()) {
    assert(gate !== undefined || more[i] === undefined, `${said(i)} is refused with more: ${say}`);
  }
}

/** Checks that a request that one statement alone denies stays denied. */
function denyWins(alone: Gates, both: Gates, { statement }: Placed, say: string): void {
  if (statement.Effect === "Allow") return;
  for (const [i, gate] of alone.entries()) {
    if (gate === "explicit-deny") assert.equal(both[i], gate, `${said(i)} is denied alone: ${say}`);
  }
}

/**
 * Checks that a caller without credentials gets only the rights that an Allow gives to everybody.
 */
function everybodyElse(placed: readonly Placed[], both: Gates, say: string): void {
  const opens = placed.some(
    ({ statement: { Effect: effect, Principal: named } }) =>
      effect === "Allow" && typeof named === "object" && named["AWS"] === "*",
  );
  if (opens) return;
  for (const [i, asked] of REQUESTS.entries()) {
    if (asked.as === undefined) assert(both[i] !== undefined, `${said(i)} passes: ${say}`);
  }
}

function sameAsTheReference(
  variant: Variant,
  placed: readonly Placed[],
  both: Gates,
  say: string,
): void {
  const world = worldOf(variant, placed);
  for (const [i, asked] of REQUESTS.entries()) {
    assert.equal(both[i], decide(world, asked).gates[0], `${said(i)}: ${say}`);
  }
}

function said(i: number): string {
  return JSON.stringify(REQUESTS[i]);
}

function told({ name }: Variant, placed: readonly Placed[]): string {
  return `${name}: ${JSON.stringify(placed)}`;
}

/** Yields each pair of statements once, or a slice that a fresh seed begins. */
function* pairs(): Generator<readonly [Placed, Placed]> {
  let until = Math.floor(randomFrom(SEEDS[1])() * SLICE);
  for (const [i, first] of STATEMENTS.entries()) {
    for (const second of STATEMENTS.slice(i)) {
      if (until > 0) {
        until -= 1;
        continue;
      }
      until = SLICE - 1;
      yield [first, second];
    }
  }
}
