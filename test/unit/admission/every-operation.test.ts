/**
 * Every operation against every permission that it needs, as a client meets them: signed, through
 * `admit` and whatever the verdict asks for. What each needs stands in operation-rows.ts.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Verdict } from "../../../src/admission/verdict.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { goodConfig } from "../../support/config.ts";
import type { KeyPair } from "../../support/signed.ts";
import { commands } from "../s3/sdk-model.ts";
import { ROWS, type Row } from "./operation-rows.ts";
import { EVERY_OPERATION_SERVED, heldBack, judgeRow, policyDocument } from "./row-requests.ts";
import { word } from "./world.ts";

/** A policy, and what must become of the row's request under it. */
type Case = {
  readonly row: Row;
  readonly what: string;
  readonly statements: readonly object[];
  readonly expected: string;
};

/** One kind of policy: which rows it can speak of, and how it comes into force. */
type Kind = {
  readonly kind: string;
  readonly rows: readonly Row[];
  /**
   * For each case a snapshot in which `callerOf(index)`, a subuser without a tier, has its
   * statements and nothing else. Many may share one, so that a configuration is not parsed for each.
   */
  readonly snapshotsOf: (cases: readonly Case[]) => readonly Snapshot[];
};

const ALL = { Effect: "Allow", Action: "*", Resource: "*" };

const KINDS: readonly Kind[] = [{ kind: "identity", rows: ROWS, snapshotsOf: byIdentityPolicies }];

for (const { kind, rows, snapshotsOf } of KINDS) {
  describe(`by ${kind} policies`, () => {
    const cases = rows.flatMap(casesOf);
    const snapshots = snapshotsOf(cases);
    for (const [i, { row, what, expected }] of cases.entries()) {
      test(`${nameOf(row)} is judged ${expected} ${what}`, () => {
        const snapshot = snapshots[i];
        assert(snapshot !== undefined);
        const verdict = judgeRow(snapshot, row, callerOf(i));
        assert.equal(outcome(verdict), expected);
        assert.equal(verdict.facts.operation, row.operation);
      });
    }
  });
}

test("the rows are the 112 operations of the SDK, and the browser's form", () => {
  const inSdk = commands.map(({ name }) => name);
  assert.equal(inSdk.length, 112);
  const inRows = new Set(ROWS.map(({ operation }) => operation));
  assert.deepEqual([...inRows].sort(), [...inSdk, "PostObject"].sort());
});

/**
 * "All but one" is the strongest form of one missing: since a further Allow never takes anything
 * away (test/property/gates.test.ts), no smaller policy could do it either.
 */
function casesOf(row: Row): readonly Case[] {
  const expect = (expected: string): string => row.ends ?? expected;
  return [
    {
      row,
      what: "where just what it needs is allowed",
      statements: row.needs.map((need) => ({ Effect: "Allow", ...scopeOf(need) })),
      expected: expect("forward"),
    },
    ...row.needs.map((need) => ({
      row,
      what: `where all but ${need} is allowed`,
      statements: allBut(need),
      expected: expect(refusal("allow", row, need)),
    })),
    ...[...row.needs, ...denialsBesides(row)].map((need) => ({
      row,
      what: `where all is allowed and ${need} denied`,
      statements: [ALL, { Effect: "Deny", ...scopeOf(need) }],
      expected: expect(refusal("explicit-deny", row, need)),
    })),
  ];
}

function denialsBesides({ needs, deniedToo }: Row): readonly string[] {
  const [, resource = ""] = needs[0]?.split(" ") ?? [];
  return (deniedToo ?? []).map((action) => `${action} ${resource}`);
}

function scopeOf(need: string): { readonly Action: string; readonly Resource: string } {
  const [action = "", resource = ""] = need.split(" ");
  return { Action: action, Resource: resource === "*" ? "*" : `arn:aws:s3:::${resource}` };
}

/** Every other action anywhere, and this action on every other resource. */
function allBut(need: string): readonly object[] {
  const { Action, Resource } = scopeOf(need);
  const others = { Effect: "Allow", NotAction: Action, Resource: "*" };
  if (Resource === "*") return [others];
  return [others, { Effect: "Allow", Action, NotResource: Resource }];
}

/** DeleteObjects holds back the entry and goes on with the others. */
function refusal(gate: string, { operation }: Row, need: string): string {
  return operation === "DeleteObjects" ? `${gate}, without ${need.split("/")[1]}` : gate;
}

function byIdentityPolicies(all: readonly Case[]): readonly Snapshot[] {
  const subusers = all.map((_, i) => {
    const { accessKey, secretKey } = callerOf(i);
    return `      - { name: user${i}, policies: [${i}.json], keys: [{ accessKey: ${accessKey}, secretKey: ${secretKey} }] }\n`;
  });
  const policies = all.map(({ statements }, i) => [`${i}.json`, policyDocument(statements)]);
  const files = {
    ...Object.fromEntries(policies),
    "gateway.yaml": EVERY_OPERATION_SERVED,
    "accounts.yaml": `accounts:\n  - name: lab\n    subusers:\n${subusers.join("")}`,
  };
  const snapshot = compileSnapshot(goodConfig(files), 1);
  return all.map(() => snapshot);
}

function callerOf(index: number): KeyPair {
  return { accessKey: `AKIDCASE${String(index).padStart(12, "0")}`, secretKey: `secret-${index}` };
}

/** `forward`, the gate that refused, or else the error; of DeleteObjects what was held back too. */
function outcome(verdict: Verdict): string {
  const gate = verdict.facts.denial?.gate;
  if (verdict.kind === "refuse") return gate ?? word(verdict);
  const held = heldBack(verdict);
  return held.length === 0 ? verdict.kind : `${gate}, without ${held.join()}`;
}

function nameOf({ operation, line, headers = {}, form = {} }: Row): string {
  const extras = Object.entries({ ...headers, ...form }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [operation, `(${[line, ...extras].join(", ")})`].join(" ");
}
