/**
 * Tests tens of thousands of mutated request heads, each against `admit` itself: it never throws,
 * and the requests that it lets pass were signed as they are, judged by another signer. Together
 * with `fuzz-chunks` and `fuzz-sockets` 100,000 mutations, half from a fixed seed and half from a
 * fresh one.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decided, word, type Decided, type Told } from "../support/decided.ts";
import { SEEDS, tellSeed } from "../support/seeds.ts";
import type { Outgoing } from "../support/signed.ts";
import { MUTATORS, mutated, nasty, replaced, type Mutation } from "./fuzz/mutations.ts";
import { isSignedV2, isSignedV4, unsignedNames } from "./fuzz/oracle.ts";
import { basesAt, FORM, FORM_FIELDS, headOf, HOST, NOW_MS, OWNER, SNAPSHOT } from "./fuzz/wire.ts";

/** The number of heads for each seed. */
const HEADS = 22_000;
const FORMS = 3_000;

tellSeed();

const BASES = basesAt({ host: HOST, key: OWNER, nowMs: NOW_MS });

/** Returns the decision; `undefined` if the shell refuses the head before. */
function judge(request: Outgoing, told: Told = {}): Decided | undefined {
  const head = headOf(request);
  return head && decided(SNAPSHOT, head, NOW_MS, told);
}

/**
 * Returns the effect and its resource: decided already, or with the body that is still to be read.
 */
function effectOf(verdict: Decided | undefined): string {
  assert.ok(verdict !== undefined);
  assert.match(word(verdict), /^(forward|document)$/, JSON.stringify(verdict));
  const { operation, bucket, key, versionId } = verdict.facts;
  const sent = verdict.kind === "forward" ? verdict.request : undefined;
  return [operation, bucket, key, versionId, sent?.head.method, sent?.head.target].join(" ");
}

for (const [name, request] of BASES) {
  test(`admit() forwards ${name} as it stands`, async () => {
    assert.notEqual(effectOf(judge(request)), "");
    assert.equal(await isSigned(request), true);
  });
}

async function isSigned(request: Outgoing): Promise<boolean | undefined> {
  return (await isSignedV4(request)) ?? isSignedV2(request);
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  what: fc.constantFrom(...Object.keys(MUTATORS)),
  a: fc.nat(10_000),
  b: fc.nat(10_000),
});

test("admit() lets no mutated head pass that is not signed as it is", async (t) => {
  for (const seed of SEEDS) {
    let passed = 0;
    const property = fc.asyncProperty(
      fc.constantFrom(...BASES),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      async ([name, base], mutations) => {
        const request = mutated(base, mutations);
        const verdict = judge(request);
        if (verdict === undefined || verdict.kind === "refuse") return;
        passed++;
        const effect = effectOf(verdict);
        const text = JSON.stringify(request);
        assert.ok(await isSigned(request), text);
        // Version 2 signs only a few parameters; a change of the others may change the request.
        if (name.startsWith("V2")) return;
        assert.deepEqual(unsignedNames(request), [], text);
        assert.equal(effect, effectOf(judge(base)), text);
      },
    );
    await fc.assert(property, { seed, numRuns: HEADS });
    t.diagnostic(`seed ${seed}: ${passed} of ${HEADS} passed, for the change was none`);
  }
});

/** Changes one field of a form, or adds or removes one. */
function withField(fields: ReadonlyMap<string, string>, what: number, a: number, b: number) {
  const changed = new Map(fields);
  const [name = "", value = ""] = [...fields][a % fields.size] ?? [];
  const [, other = ""] = [...fields][b % fields.size] ?? [];
  switch (what) {
    case 0:
      return changed.set(name, replaced(value, b, 1, nasty(a + b)));
    case 1:
      return changed.set(name, replaced(value, b, 0, nasty(a + b)));
    case 2:
      return changed.set(name, other);
    case 3:
      return changed.set(replaced(name, b, 1, "a"), value);
    case 4:
      return changed.set(
        ["x-amz-acl", "acl", "x-amz-meta-z", "tagging", "expires"][b % 5] ?? "",
        "a",
      );
    default:
      changed.delete(name);
      return changed;
  }
}

test("admit() lets no form pass of which anything was changed", (t) => {
  const wordFor = (told: Told): string => {
    const decision = judge(FORM, told);
    assert.ok(decision !== undefined);
    return decision.kind === "refuse" ? "refuse" : word(decision);
  };
  const decide = (fields: ReadonlyMap<string, string>): string =>
    wordFor({ form: { fields, fileBytesMax: 5 }, fileBytes: 5 });
  assert.equal(wordFor({}), "form");
  assert.equal(decide(FORM_FIELDS), "forward");
  for (const seed of SEEDS) {
    let passed = 0;
    const property = fc.property(fc.nat(5), fc.nat(10_000), fc.nat(10_000), (what, a, b) => {
      const fields = withField(FORM_FIELDS, what, a, b);
      if (decide(fields) === "refuse") return;
      passed++;
      assert.deepEqual(fields, FORM_FIELDS);
    });
    fc.assert(property, { seed, numRuns: FORMS });
    t.diagnostic(`seed ${seed}: ${passed} of ${FORMS} passed, for the change was none`);
  }
});
