/**
 * Tests laws of the gates on the data path: signed requests of every operation through `admit` and
 * the steps after it. The same laws of one evaluation alone, and that order never matters, are in
 * policy.test.ts.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import { goodConfig } from "../support/config.ts";
import type { Decided } from "../support/decided.ts";
import { SEEDS } from "../support/seeds.ts";
import type { Row } from "../unit/admission/operation-rows.ts";
import {
  EVERY_OPERATION_SERVED,
  heldBack,
  policyDocument,
} from "../unit/admission/row-requests.ts";
import { judge, KEYS } from "../unit/admission/world.ts";
import { NAMES, shipped } from "../unit/provider/providers.ts";
import { situationsWith, verdictIn, type Situation } from "./situations.ts";

const RUNS = { numRuns: 300, seed: SEEDS[1] };

for (const name of NAMES) {
  const provider = shipped(name);
  describe(`under ${name}`, () => {
    test("a further Deny, wherever it stands, lets nothing more through and refuses as a single one does", () => {
      fc.assert(
        fc.property(situationsWith("Deny", provider), ([before, after]) => {
          const was = verdictIn(provider, before);
          const is = verdictIn(provider, after);
          const wereThrough = new Set(throughOf(was, before.row));
          assert(throughOf(is, after.row).every((part) => wereThrough.has(part)));
          const [closed, gate] = [gateOf(was), gateOf(is)];
          const itsOwn = gate === "explicit-deny" || (gate === "allow" && hasNone(before));
          assert(gate === closed || itsOwn, `${closed} became ${gate}`);
        }),
        RUNS,
      );
    });

    test("a further Allow, wherever it stands, takes nothing away and opens no gate but its own", () => {
      fc.assert(
        fc.property(situationsWith("Allow", provider), ([before, after]) => {
          const was = verdictIn(provider, before);
          const is = verdictIn(provider, after);
          const through = new Set(throughOf(is, after.row));
          assert(throughOf(was, before.row).every((part) => through.has(part)));
          const [closed, gate] = [gateOf(was), gateOf(is)];
          assert(gate === closed || closed === "allow", `${closed} became ${gate}`);
        }),
        RUNS,
      );
    });

    /**
     * Returns true if a bucket has no statement: where policies restrict, its first statement
     * closes it to all whom none allows.
     */
    function hasNone({ policies }: Situation): boolean {
      return provider.bucketPolicyRole === "restrict" && policies.bucket.length === 0;
    }
  });
}

/**
 * Returns the requests to the store, or the gateway's own answer: the whole request, or each key of
 * a DeleteObjects. Also whether the caller may learn that a key is missing.
 */
function throughOf(verdict: Decided, { operation, needs }: Row): readonly string[] {
  if (operation === "DeleteObjects") {
    if (verdict.kind !== "forward") return [];
    const held = new Set(heldBack(verdict));
    const keys = new Set(needs.map((need) => need.split("/")[1] ?? ""));
    return [...keys].filter((key) => !held.has(key));
  }
  if (verdict.kind === "answer") return ["all"];
  if (verdict.kind !== "forward") return [];
  return verdict.reply.kind === "hide-missing" ? ["all"] : ["all", "what is missing"];
}

/** The gate that refused, the first of them for a DeleteObjects; `undefined` if none did. */
function gateOf(verdict: Decided): string | undefined {
  return verdict.facts.denial?.gate;
}

type Options = Readonly<Record<string, unknown>>;

/** Builds the account lab and its subuser reader, a key each; JSON, which is YAML too. */
function snapshotOf(written: {
  readonly gateway: string;
  readonly account?: Options;
  readonly subuser?: Options;
  readonly key?: Options;
  readonly files?: Readonly<Record<string, string>>;
}): Snapshot {
  const keysOf = (holder: "lab" | "reader"): readonly object[] => [
    { accessKey: KEYS[holder], secretKey: `secret-${holder}`, ...written.key },
  ];
  const reader = { name: "reader", ...written.subuser, keys: keysOf("reader") };
  const lab = { name: "lab", ...written.account, keys: keysOf("lab"), subusers: [reader] };
  const files = {
    ...written.files,
    "gateway.yaml": written.gateway,
    "accounts.yaml": JSON.stringify({ accounts: [lab] }),
  };
  return compileSnapshot(goodConfig(files), 1);
}

/** The places of a rule about source addresses, and the gate that refuses the others there. */
const PLACES = {
  "the gateway's networks": (network: string, list: "allow" | "deny") =>
    snapshotOf({
      gateway: `${EVERY_OPERATION_SERVED}policy: { networks: { ${list}: ["${network}"] } }\n`,
      subuser: { tier: "READ" },
    }),
  "the account's networks": (network: string, list: "allow" | "deny") =>
    snapshotOf({ ...READER, account: { networks: { [list]: [network] } } }),
  "the subuser's networks": (network: string, list: "allow" | "deny") =>
    snapshotOf({ ...READER, subuser: { tier: "READ", networks: { [list]: [network] } } }),
  "the key's networks": (network: string, list: "allow" | "deny") =>
    snapshotOf({ ...READER, key: { networks: { [list]: [network] } } }),
  "an Allow's condition": (network: string, list: "allow" | "deny") =>
    withCondition("Allow", list === "allow" ? "IpAddress" : "NotIpAddress", network),
  "a Deny's condition": (network: string, list: "allow" | "deny") =>
    withCondition("Deny", list === "allow" ? "NotIpAddress" : "IpAddress", network),
};

const READER = { gateway: EVERY_OPERATION_SERVED, subuser: { tier: "READ" } };

function withCondition(effect: "Allow" | "Deny", operator: string, network: string): Snapshot {
  const scope = { Action: "s3:GetObject", Resource: "*" };
  const conditional = {
    Effect: effect,
    ...scope,
    Condition: { [operator]: { "aws:SourceIp": network } },
  };
  const statements =
    effect === "Allow" ? [conditional] : [{ Effect: "Allow", ...scope }, conditional];
  return snapshotOf({
    gateway: EVERY_OPERATION_SERVED,
    subuser: { policies: ["reader.json"] },
    files: { "reader.json": policyDocument(statements) },
  });
}

const address = fc.nat({ max: 0xffff_ffff });
const ranges = fc
  .tuple(address, fc.integer({ min: 0, max: 32 }))
  .map(([value, bits]) => ({ base: value - (value % 2 ** (32 - bits)), bits }));

/** Draws a client that is in the range as often as not, whatever the range's size. */
const rangesWithClient = ranges.chain(({ base, bits }) => {
  const inside = fc.nat({ max: 2 ** (32 - bits) - 1 }).map((rest) => base + rest);
  return fc.record({
    base: fc.constant(base),
    bits: fc.constant(bits),
    client: fc.oneof(inside, address),
  });
});

for (const [place, snapshotWith] of Object.entries(PLACES)) {
  test(`an IPv4 address and its mapped form are one to ${place}`, () => {
    fc.assert(
      fc.property(
        rangesWithClient,
        fc.constantFrom("allow" as const, "deny" as const),
        ({ base, bits, client }, list) => {
          const inside = client >= base && client < base + 2 ** (32 - bits);
          const expected = inside === (list === "allow") ? "forward" : "refuse";
          for (const network of [
            `${dotted(base)}/${bits}`,
            `::ffff:${dotted(base)}/${bits + 96}`,
          ]) {
            const snapshot = snapshotWith(network, list);
            for (const from of spellings(client)) {
              const verdict = judge(snapshot, "GET /bucket/key", { as: "reader", from });
              assert.equal(verdict.kind, expected, `${from} with ${list} ${network}`);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
}

function spellings(value: number): readonly string[] {
  const words = [value >>> 16, value & 0xffff].map((word) => word.toString(16));
  return [
    dotted(value),
    `::ffff:${dotted(value)}`,
    `::FFFF:${dotted(value)}`,
    `::ffff:${words.join(":")}`,
    `0:0:0:0:0:ffff:${words.join(":")}`,
  ];
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}
