/**
 * Laws of the gates on the data path: signed requests of every operation through `admit` and what
 * follows it. The same laws of one evaluation alone, and that order never matters, are in
 * policy.test.ts.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import type { Verdict } from "../../src/admission/verdict.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import { goodConfig } from "../support/config.ts";
import { ROWS, type Row } from "../unit/admission/operation-rows.ts";
import {
  EVERY_OPERATION_SERVED,
  heldBack,
  judgeRow,
  policyDocument,
} from "../unit/admission/row-requests.ts";
import { judge, KEYS } from "../unit/admission/world.ts";

const RUNS = { numRuns: 500 };

type Statement = Readonly<Record<string, unknown>>;
type Holder = "lab" | "reader";

/** Who has which statements, and who asks: the account, or its subuser with a tier or none. */
type Situation = {
  readonly row: Row;
  readonly caller: Holder;
  readonly tier: "READ" | "FULL" | undefined;
  readonly lab: readonly Statement[];
  readonly reader: readonly Statement[];
};

const CONDITIONS = [
  {},
  {},
  { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  { StringEquals: { "aws:username": "reader" } },
  { Null: { "s3:versionid": "false" } },
];

/** A statement that often has to do with what the row needs. */
function statementOn(row: Row, effect: "Allow" | "Deny"): fc.Arbitrary<Statement> {
  const needs = row.needs.map((need) => need.split(" "));
  const resources = needs.map(([, resource]) =>
    resource === "*" ? "*" : `arn:aws:s3:::${resource}`,
  );
  const oneOf = (values: readonly (string | undefined)[]): fc.Arbitrary<readonly unknown[]> =>
    fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
  return fc
    .record({
      actions: oneOf([...needs.map(([action]) => action), "s3:*", "s3:Get*", "s3:PutObject", "*"]),
      notAction: fc.boolean(),
      resources: oneOf([...resources, "arn:aws:s3:::bucket/*", "arn:aws:s3:::other*", "*"]),
      notResource: fc.boolean(),
      condition: fc.constantFrom(...CONDITIONS),
    })
    .map((drawn) => ({
      Effect: effect,
      [drawn.notAction ? "NotAction" : "Action"]: drawn.actions,
      [drawn.notResource ? "NotResource" : "Resource"]: drawn.resources,
      Condition: drawn.condition,
    }));
}

/** A situation and one statement more, which the account or the subuser gets. */
function situationsWith(
  effect: "Allow" | "Deny",
): fc.Arbitrary<readonly [before: Situation, after: Situation]> {
  return fc.constantFrom(...ROWS).chain((row) => {
    const allow = statementOn(row, "Allow");
    const statements = fc.array(fc.oneof(allow, statementOn(row, "Deny")), { maxLength: 4 });
    // Without this, hardly any request would have all that it needs.
    const everything = fc.constant([{ Effect: "Allow", Action: "*", Resource: "*" }]);
    return fc
      .record({
        caller: fc.constantFrom<Holder>("lab", "reader", "reader", "reader"),
        tier: fc.constantFrom(undefined, undefined, "READ" as const, "FULL" as const),
        lab: fc.oneof(fc.constant([]), statements),
        reader: fc.oneof(statements, fc.array(allow, { maxLength: 4 }), everything),
        more: statementOn(row, effect),
        holder: fc.constantFrom<Holder>("lab", "reader"),
      })
      .map(({ more, holder, ...drawn }) => {
        const before = { row, ...drawn };
        return [before, { ...before, [holder]: [...before[holder], more] }] as const;
      });
  });
}

test("a further Deny, whoever has it, lets nothing more through and refuses as one", () => {
  fc.assert(
    fc.property(situationsWith("Deny"), ([before, after]) => {
      const [was, is] = [verdictIn(before), verdictIn(after)];
      const stillThrough = throughOf(is, after.row);
      const wereThrough = new Set(throughOf(was, before.row));
      assert(stillThrough.every((part) => wereThrough.has(part)));
      const gate = gateOf(is);
      assert(gate === gateOf(was) || gate === "explicit-deny", `${gateOf(was)} became ${gate}`);
    }),
    RUNS,
  );
});

test("a further Allow, whoever has it, takes nothing away and opens no gate but its own", () => {
  fc.assert(
    fc.property(situationsWith("Allow"), ([before, after]) => {
      const [was, is] = [verdictIn(before), verdictIn(after)];
      const through = new Set(throughOf(is, after.row));
      assert(throughOf(was, before.row).every((part) => through.has(part)));
      const [closed, gate] = [gateOf(was), gateOf(is)];
      assert(gate === closed || closed === "allow", `${closed} became ${gate}`);
    }),
    RUNS,
  );
});

function verdictIn({ row, caller, tier, lab, reader }: Situation): Verdict {
  const snapshot = snapshotOf({
    gateway: EVERY_OPERATION_SERVED,
    account: { policies: ["lab.json"] },
    subuser: { tier, policies: ["reader.json"] },
    files: {
      "lab.json": policyDocument([ELSEWHERE, ...lab]),
      "reader.json": policyDocument([ELSEWHERE, ...reader]),
    },
  });
  return judgeRow(snapshot, row, { accessKey: KEYS[caller], secretKey: `secret-${caller}` });
}

/** A policy must say something; this is about no row. */
const ELSEWHERE = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::none/*" };

type Options = Readonly<Record<string, unknown>>;

/** The account lab and its subuser reader, a key each; JSON, which is YAML too. */
function snapshotOf(written: {
  readonly gateway: string;
  readonly account?: Options;
  readonly subuser?: Options;
  readonly key?: Options;
  readonly files?: Readonly<Record<string, string>>;
}): Snapshot {
  const keysOf = (holder: Holder): readonly object[] => [
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

/** What the store will be asked for: the whole request, or each key of a DeleteObjects. */
function throughOf(verdict: Verdict, { operation, needs }: Row): readonly string[] {
  if (verdict.kind !== "forward") return [];
  if (operation !== "DeleteObjects") return ["all"];
  const held = new Set(heldBack(verdict));
  const keys = new Set(needs.map((need) => need.split("/")[1] ?? ""));
  return [...keys].filter((key) => !held.has(key));
}

/** The gate that refused, the last one that did for a DeleteObjects; undefined: none did. */
function gateOf(verdict: Verdict): string | undefined {
  return verdict.facts.denial?.gate;
}

/** Where a rule about source addresses can stand, and what refuses whom it does not let in. */
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

/** A client that is as often in the range as not, whatever the range's size. */
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
