/**
 * Tests the reader of a directory's answers against docs/openapi/identities.yaml, which promises
 * the same.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readDirectoryAnswer } from "../../src/config/directory-answer.ts";
import { at, readContract } from "../support/directory-contract.ts";
import { RUNS, SEEDS, tellSeed } from "../support/seeds.ts";

const { isKey, patternOf, document } = readContract();
const CASES = 1_500 * RUNS;
tellSeed();

const matching = (pattern: string): fc.Arbitrary<string> => fc.stringMatching(new RegExp(pattern));
const propertyPattern = (name: string): string =>
  String(at(document, "components", "schemas", "Key", "properties", name, "pattern"));

const accessKey = matching(patternOf("AccessKey"));
const secretKey = fc
  .string({ minLength: 1, maxLength: 60, unit: "grapheme" })
  .filter((text) => new RegExp(patternOf("SecretKey"), "u").test(text));
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ minLength: 1, maxLength, unit: "grapheme" }).filter((one) => one.isWellFormed());
const instant = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2999-01-01"), noInvalidDate: true })
  .chain((date) =>
    fc
      .constantFrom("Z", "+01:00", "-11:30")
      .map((zone) => date.toISOString().replace(/(\.000)?Z$/, zone)),
  );
const network = fc.oneof(
  fc.constantFrom("10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1", "0.0.0.0/0"),
  fc.ipV4(),
  fc.ipV6(),
);
const networks = fc.record(
  { allow: fc.array(network, { maxLength: 4 }), deny: fc.array(network, { maxLength: 4 }) },
  { requiredKeys: [] },
);
const policy = fc.dictionary(text(8), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
const tags = fc.dictionary(
  text(20).filter((name) => name !== "__proto__"),
  fc.string({ maxLength: 40, unit: "grapheme" }),
  { maxKeys: 5 },
);

/** Answers that the schema allows. */
const answers = fc
  .record(
    {
      accessKey,
      secretKey,
      account: matching(propertyPattern("account")),
      tenant: matching(propertyPattern("tenant")),
      subuser: matching(patternOf("Name")),
      tier: text(20),
      policies: fc.array(policy, { maxLength: 3 }),
      tags,
      networks,
      notBefore: instant,
      expires: instant,
      disabled: fc.boolean(),
      upstream: fc.record({ accessKey, secretKey }),
    },
    { requiredKeys: ["accessKey", "secretKey", "account"] },
  )
  .map(({ tier, ...answer }) =>
    answer.subuser === undefined || tier === undefined ? answer : { ...answer, tier },
  );

type Answer = Readonly<Record<string, unknown>>;

/** One change of an answer, in the answer itself or in one of its objects. */
const changes = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom("remove", "rename", "replace", "extend", "add"),
  value: fc.jsonValue({ maxDepth: 1 }),
  name: fc.constantFrom("secretkey", "admin", "policy", "accessKey", "account", "tier", "expires"),
});
type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never;

function changed(answer: Answer, { place, kind, value, name }: Change): Answer {
  const fields = Object.keys(answer);
  const field = fields[place % fields.length] ?? "account";
  const { [field]: before, ...rest } = answer;
  const isMap = typeof before === "object" && before !== null && !Array.isArray(before);
  if (isMap && field !== "policies" && Object.keys(before).length > 0) {
    const inner = changed(Object.fromEntries(Object.entries(before)), { place, kind, value, name });
    return { ...rest, [field]: inner };
  }
  switch (kind) {
    case "remove":
      return rest;
    case "rename":
      return { ...rest, [name]: before };
    case "replace":
      return { ...rest, [field]: value };
    case "extend":
      return {
        ...rest,
        [field]: typeof before === "string" ? `${before}${JSON.stringify(value)}` : [before],
      };
    case "add":
      return { ...answer, [name]: value };
  }
}

/**
 * Faults that a schema cannot find in a text: host bits of a network, or a day that no calendar
 * has.
 */
const BEYOND = /^The field (?:networks|notBefore|expires)/;

for (const seed of SEEDS) {
  test(`every answer that the contract allows is read (seed ${seed})`, () => {
    const check = fc.property(answers, (answer) => {
      assert(isKey(answer), JSON.stringify([answer, isKey.errors]));
      const read = readDirectoryAnswer(JSON.stringify(answer));
      if (!read.ok) assert.match(read.error, BEYOND);
      else assert.equal(read.value.secretKey, answer.secretKey);
    });
    fc.assert(check, { seed, numRuns: CASES });
  });

  test(`a changed answer is read if the contract allows it, and only then (seed ${seed})`, () => {
    let refused = 0;
    const check = fc.property(answers, changes, (answer, change) => {
      const mutant = changed(answer, change);
      const read = readDirectoryAnswer(JSON.stringify(mutant));
      if (!isKey(mutant)) {
        refused++;
        assert(!read.ok, JSON.stringify([mutant, isKey.errors]));
      } else if (!read.ok) assert.match(read.error, BEYOND, JSON.stringify(mutant));
    });
    fc.assert(check, { seed, numRuns: CASES });
    assert(refused > CASES / 4, `${refused} of ${CASES} were invalid`);
  });
}
