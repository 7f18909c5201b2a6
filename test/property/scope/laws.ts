/** The laws of decisions, on one pair of statements in every variant of test/reference/small.ts. */

import assert from "node:assert/strict";
import { decide } from "../../reference/decide.ts";
import {
  gateOfRequest,
  gatesIn,
  REQUESTS,
  smallSnapshot,
  VARIANTS,
  withSettings,
  worldOf,
  type Placed,
  type Variant,
} from "../../reference/small.ts";

type Gates = readonly (string | undefined)[];

export type Count = {
  readonly pairs: number;
  readonly configurations: number;
  readonly decisions: number;
};

/** A pair of statements in one variant, with what is decided there. */
type Case = {
  readonly settings: (typeof SETTINGS)[number];
  readonly pair: readonly [Placed, Placed];
  readonly gates: Gates;
};

/** Each gate that a setting can make stricter. */
const GATES: readonly Variant["policy"][] = [
  { networks: { allow: ["198.51.100.0/24"] } },
  { blockedActions: ["s3:GetObject"] },
  { versionGuard: true },
  { unsupported: ["s3:PutObject"] },
];

/** Each variant, and the same with each setting that a law compares it with. */
const SETTINGS = VARIANTS.map((variant) => ({
  variant,
  report: withSettings(variant, { mode: "report" }),
  stricter: GATES.map((gate) => withSettings(variant, gate)),
}));

/** Checks pairs, and remembers what single statements decide. */
export class Laws {
  readonly #alone = new Map<Variant, Map<Placed, Gates>>();
  #pairs = 0;
  #configurations = 0;
  #decisions = 0;

  get count(): Count {
    return {
      pairs: this.#pairs,
      configurations: this.#configurations,
      decisions: this.#decisions,
    };
  }

  /** Throws if a law does not hold with these two statements. */
  check(first: Placed, second: Placed): void {
    const pair = [first, second] as const;
    const cases = SETTINGS.map((settings): Case => ({
      settings,
      pair,
      gates: this.#gatesOf(settings.variant, pair),
    }));
    for (const one of cases) {
      const { variant, report, stricter } = one.settings;
      this.#orderIsNothing(one);
      for (const [there, added] of [pair, [second, first] as const]) {
        const alone = this.#gatesAlone(variant, there);
        addsUp(alone, one, added);
        denyWins(alone, one, there);
      }
      everybodyElse(one);
      sameAsTheReference(one);
      same(this.#gatesOf(report, pair), one, "in report mode it is decided otherwise");
      for (const gate of stricter) this.#gateOnlyTakesAway(gate, one);
      for (const other of cases) {
        if (isUnionOf(other.settings.variant, variant)) onlyTakesAway(one.gates, other.gates, one);
      }
    }
    this.#pairs += 1;
  }

  #gatesOf(variant: Variant, placed: readonly Placed[]): Gates {
    this.#configurations += 1;
    this.#decisions += REQUESTS.length;
    return gatesIn(smallSnapshot(variant, placed));
  }

  #gatesAlone(variant: Variant, placed: Placed): Gates {
    const map = this.#alone.get(variant) ?? new Map<Placed, Gates>();
    this.#alone.set(variant, map);
    const known = map.get(placed) ?? this.#gatesOf(variant, [placed]);
    map.set(placed, known);
    return known;
  }

  /** Statements of two policies have no order, and none has an order with itself. */
  #orderIsNothing(one: Case): void {
    const [first, second] = one.pair;
    if (first.place !== second.place || first === second) return;
    same(this.#gatesOf(one.settings.variant, [second, first]), one, "order matters");
  }

  /** Asks only what is refused without the gate: the rest can be decided in either way. */
  #gateOnlyTakesAway(stricter: Variant, one: Case): void {
    const snapshot = smallSnapshot(stricter, one.pair);
    this.#configurations += 1;
    for (const [i, before] of one.gates.entries()) {
      if (before === undefined) continue;
      this.#decisions += 1;
      if (gateOfRequest(snapshot, i) === undefined)
        fail(`${stricter.name} lets it through`, i, one);
    }
  }
}

/** The same with the tier as a union in place of a ceiling. */
function isUnionOf(other: Variant, { model, policy }: Variant): boolean {
  const isCeiling = policy.tierMode === "ceiling";
  return isCeiling && other.model === model && other.policy.tierMode === "union";
}

/** Adding a Deny lets nothing more through, and adding an Allow refuses nothing more. */
function addsUp(before: Gates, one: Case, added: Placed): void {
  if (added.statement.Effect === "Deny") onlyTakesAway(one.gates, before, one);
  else onlyTakesAway(before, one.gates, one);
}

function onlyTakesAway(less: Gates, more: Gates, one: Case): void {
  for (const [i, gate] of less.entries()) {
    if (gate === undefined && more[i] !== undefined) fail("it is refused with more", i, one);
  }
}

/** A gate that a statement denies alone stays denied. */
function denyWins(alone: Gates, one: Case, { statement }: Placed): void {
  if (statement.Effect === "Allow") return;
  for (const [i, gate] of alone.entries()) {
    if (gate === "explicit-deny" && one.gates[i] !== gate) fail("it is denied alone", i, one);
  }
}

/** A caller without credentials gets only what an Allow gives to everybody. */
function everybodyElse(one: Case): void {
  const opens = one.pair.some(
    ({ statement: { Effect: effect, Principal: named } }) =>
      effect === "Allow" && typeof named === "object" && named["AWS"] === "*",
  );
  if (opens) return;
  for (const [i, asked] of REQUESTS.entries()) {
    if (asked.as === undefined && one.gates[i] === undefined) fail("nobody passes", i, one);
  }
}

function sameAsTheReference(one: Case): void {
  const world = worldOf(one.settings.variant, one.pair);
  for (const [i, asked] of REQUESTS.entries()) {
    const [expected] = decide(world, asked).gates;
    if (one.gates[i] !== expected) fail(`the reference says ${expected}`, i, one);
  }
}

function same(other: Gates, one: Case, what: string): void {
  for (const [i, gate] of one.gates.entries()) if (other[i] !== gate) fail(what, i, one);
}

function fail(what: string, i: number, { settings, pair, gates }: Case): never {
  const request = JSON.stringify(REQUESTS[i]);
  assert.fail(
    `${what} (${gates[i]}): ${request}; ${settings.variant.name}: ${JSON.stringify(pair)}`,
  );
}
