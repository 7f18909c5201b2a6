/**
 * Which statements of a set are about a bucket or a key, found by an index for lists of many buckets:
 * the same as by looking at each of them.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PolicyNames } from "../../../src/admission/policy-names.ts";
import {
  aboutBucket,
  resourceStatements,
  statementsAboutBucket,
  statementsAboutKey,
} from "../../../src/admission/resource-statements.ts";
import type { Context } from "../../../src/policy/condition-keys.ts";
import type { PolicySet } from "../../../src/policy/policy-set.ts";
import { gatewayOf } from "./people.ts";

type Row = {
  readonly effect: "Allow" | "Deny";
  /** Without `arn:aws:s3:::`. */
  readonly resources: readonly string[];
  readonly not?: boolean;
  readonly condition?: object;
};

/** The statements as the policy of a user. */
function setOf(rows: readonly Row[]): PolicySet {
  const policy = rows.map(({ effect, resources, not = false, condition }) => ({
    Effect: effect,
    Action: "s3:*",
    [not ? "NotResource" : "Resource"]: resources.map((one) => `arn:aws:s3:::${one}`),
    ...(condition === undefined ? {} : { Condition: condition }),
  }));
  const { keys } = gatewayOf({ accounts: { A: { users: { U: { policy } } } } });
  return keys.get("AKID.A.U")?.subuser?.policies ?? assert.fail();
}

const CONTEXT: Context = (key) => {
  if (key === "aws:username") return "alice";
  return key === "aws:SourceIp" ? "192.0.2.1" : undefined;
};

/** Whether the pattern matches, by a regular expression made of it. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll("${aws:username}", "alice")
    .replaceAll(/[.+^$()|[\]{}\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

/** Whether the statement is about `name`, which has another name, too (`alias`). */
function isAbout({ resources, not = false }: Row, name: string, alias?: string): boolean {
  return resources.some((one) => matches(one, name) || (alias && matches(one, alias))) !== not;
}

const BUCKETS = [
  "aaa",
  "a*",
  "aa?",
  "*",
  "?aa",
  "own",
  "o*n",
  "*a",
  "*n",
  "${aws:username}",
  ":o*",
];
const KEYS = ["", "/*", "/k", "/k*", "/?", "*/b", "/a/b", "/*/b", "*", "?k", "/${aws:username}"];
const PATTERNS = BUCKETS.flatMap((bucket) => KEYS.map((key) => `${bucket}${key}`));
const NAMES = ["aaa", "aab", "own", "o", "alice", "an", "xyz"];
const OBJECTS = ["k", "b", "kk", "a/b", "x/y/b", "alice", "/", "*"];

/** The numbers in an answer, and the name behind them, if it is told alone. */
function read(answer: string): { readonly numbers: readonly number[]; readonly own: string } {
  const [numbers = "", own = ""] = answer.split(" ");
  return { numbers: numbers === "" ? [] : numbers.split(",").map(Number), own };
}

const byNumber = (a: number, b: number): number => a - b;

/** Compares with a look at each statement; `aliasOf`: the other name, which counts for sure. */
function compare(rows: readonly Row[], aliasOf?: (name: string) => string): void {
  const statements = resourceStatements(setOf(rows), CONTEXT, "aws");
  for (const name of NAMES) {
    const alias = aliasOf?.(name);
    const names: PolicyNames = {
      name,
      alias: alias === undefined ? undefined : { name: alias, sure: true },
    };
    const about = aboutBucket(statements, names);
    const expected = (key: string): readonly number[] =>
      rows.flatMap((row, i) =>
        isAbout(row, `${name}${key}`, alias === undefined ? undefined : `${alias}${key}`)
          ? [i]
          : [],
      );
    const bucket = read(statementsAboutBucket(statements, about, names));
    assert.deepEqual(bucket.numbers.toSorted(byNumber), expected(""), name);
    for (const object of OBJECTS) {
      const { numbers, own } = read(statementsAboutKey(statements, about, names, object));
      assert.deepEqual(numbers.toSorted(byNumber), expected(`/${object}`), `${name}/${object}`);
      assert.equal(own, "");
    }
  }
}

describe("the statements about a bucket and about a key are those that match", () => {
  const one = (effect: Row["effect"], not = false): readonly Row[] =>
    PATTERNS.map((pattern) => ({ effect, resources: [pattern], not }));

  test("of one resource each", () => compare(one("Allow")));
  test("of one resource each, denied", () => compare(one("Deny")));
  test("of all but one resource each", () => compare(one("Deny", true)));
  test("of several resources each", () => {
    const pairs = PATTERNS.map((pattern, i): Row => {
      const other = PATTERNS[(i * 37 + 11) % PATTERNS.length] ?? "";
      return { effect: i % 2 === 0 ? "Allow" : "Deny", resources: [pattern, other] };
    });
    compare(pairs);
  });
  test("of a bucket with another name, too", () => compare(one("Allow"), (name) => `:${name}`));
  test("of a bucket whose other name is longer", () =>
    compare(one("Deny"), (name) => `own${name}`));
});

test("an other name that is not sure opens nothing and shuts", () => {
  const rows: readonly Row[] = [
    { effect: "Allow", resources: ["t:own/*"] },
    { effect: "Deny", resources: ["t:own/*"] },
    { effect: "Allow", resources: ["t:*"] },
    { effect: "Deny", resources: ["*:own/k"] },
    { effect: "Deny", resources: ["t:own"] },
  ];
  const statements = resourceStatements(setOf(rows), CONTEXT, "aws");
  const names = { name: "own", alias: { name: "t:own", sure: false } };
  const about = aboutBucket(statements, names);
  const key = read(statementsAboutKey(statements, about, names, "k"));
  assert.deepEqual(key.numbers.toSorted(byNumber), [1, 3]);
  assert.deepEqual(read(statementsAboutBucket(statements, about, names)).numbers, [4]);
});

test("statements come in the order of an evaluation: by the longest beginning that fits", () => {
  const rows: readonly Row[] = [
    { effect: "Allow", resources: ["*"] },
    { effect: "Allow", resources: ["own/*"] },
    { effect: "Allow", resources: ["own/k"] },
    { effect: "Allow", resources: ["o*", "own/k*"] },
    { effect: "Allow", resources: ["*/k"] },
    { effect: "Deny", resources: ["nothing"], not: true },
    { effect: "Allow", resources: ["own/*"] },
  ];
  const statements = resourceStatements(setOf(rows), CONTEXT, "aws");
  const names = { name: "own", alias: undefined };
  const about = aboutBucket(statements, names);
  assert.deepEqual(
    read(statementsAboutKey(statements, about, names, "k")).numbers,
    [2, 3, 1, 6, 0, 4, 5],
  );
  assert.deepEqual(
    read(statementsAboutKey(statements, about, names, "z")).numbers,
    [1, 6, 3, 0, 5],
  );
});

test("statements come in the order of their numbers where their beginnings are as long", () => {
  const rows: readonly Row[] = [
    { effect: "Deny", resources: ["nothing"], not: true },
    { effect: "Allow", resources: ["*/k"] },
  ];
  const statements = resourceStatements(setOf(rows), CONTEXT, "aws");
  const names = { name: "own", alias: undefined };
  const about = aboutBucket(statements, names);
  assert.deepEqual(read(statementsAboutKey(statements, about, names, "k")).numbers, [0, 1]);
});

test("a beginning that fits the other name is as long as it is", () => {
  const rows: readonly Row[] = [
    { effect: "Allow", resources: ["o*"] },
    { effect: "Allow", resources: ["t:own/*"] },
  ];
  const statements = resourceStatements(setOf(rows), CONTEXT, "aws");
  const names = { name: "own", alias: { name: "t:own", sure: true } };
  const about = aboutBucket(statements, names);
  assert.deepEqual(read(statementsAboutKey(statements, about, names, "k")).numbers, [1, 0]);
});

describe("a statement whose resource differs by what is asked for", () => {
  for (const variable of ["${gw:Operation}", "${s3:ResourceAccount}"]) {
    test(`is judged for each bucket and key alone: ${variable}`, () => {
      const rows: readonly Row[] = [
        { effect: "Allow", resources: ["nothing/*", `*/${variable}`] },
        { effect: "Allow", resources: ["own/*"] },
      ];
      const statements = resourceStatements(setOf(rows), CONTEXT, "aws");
      for (const name of ["own", "other"]) {
        const names = { name, alias: undefined };
        const about = aboutBucket(statements, names);
        const { numbers, own } = read(statementsAboutKey(statements, about, names, "k"));
        assert.equal(own, `${name}/k`);
        assert.deepEqual(numbers, name === "own" ? [1] : []);
      }
    });
  }
});

describe("a statement that says nothing in this request is left out", () => {
  const near = { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } };
  const far = { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } };
  const rows = [
    ["its condition holds", near, true],
    ["its condition fails whatever is asked for", far, false],
    ["one of its conditions fails", { ...near, StringEquals: { "aws:username": "bob" } }, false],
    ["its condition is of the operation", { StringEquals: { "gw:Operation": "X" } }, true],
    [
      "its condition is of the operation's kind",
      { Bool: { "s3:ObjectCreationOperation": "true" } },
      true,
    ],
    [
      "its condition is of what a list of objects asks for",
      { NumericLessThanEquals: { "s3:max-keys": "1000" } },
      true,
    ],
    ["its condition is of the resource", { StringEquals: { "s3:ResourceAccount": "X" } }, true],
    [
      "its condition is of the resource's tags",
      { StringEquals: { "s3:ExistingObjectTag/a": "b" } },
      true,
    ],
    [
      "its condition is by the operation",
      { StringEquals: { "aws:username": "${gw:Operation}" } },
      true,
    ],
    ["its condition is by the user", { StringEquals: { "aws:userid": "${aws:username}" } }, false],
  ] as const;
  for (const [what, condition, stays] of rows) {
    test(`${what}: ${stays ? "it stays" : "it goes"}`, () => {
      const set = setOf([{ effect: "Allow", resources: ["own/*"], condition }]);
      const statements = resourceStatements(set, CONTEXT, "aws");
      const names = { name: "own", alias: undefined };
      const about = aboutBucket(statements, names);
      const { numbers } = read(statementsAboutKey(statements, about, names, "k"));
      assert.deepEqual(numbers, stays ? [0] : []);
    });
  }

  test("a negated condition on what is absent is the provider's to tell", () => {
    const condition = { StringNotEquals: { "aws:Referer": "x" } };
    const set = setOf([{ effect: "Allow", resources: ["own/*"], condition }]);
    for (const [missing, stays] of [
      ["aws", true],
      ["rgw", false],
    ] as const) {
      const statements = resourceStatements(set, CONTEXT, missing);
      const about = aboutBucket(statements, { name: "own", alias: undefined });
      assert.equal(about.all.size > 0, stays, missing);
    }
  });
});

test("a key of each Allow is tried: nothing for each *, a letter for each ?", () => {
  const keysOf = (...rows: readonly Row[]): readonly string[] =>
    resourceStatements(setOf(rows), CONTEXT, "aws").keys;
  const allow = (...resources: readonly string[]): Row => ({ effect: "Allow", resources });
  assert.deepEqual(keysOf(allow("own/a*b?c")), ["abxc"]);
  assert.deepEqual(keysOf(allow("own/home/${aws:username}/*")), ["home/alice/"]);
  assert.deepEqual(keysOf(allow("own/${aws:PrincipalTag/team, 'none'}")), ["none"]);
  assert.deepEqual(keysOf(allow("own/x${aws:PrincipalTag/team}y")), ["xy"]);
  assert.deepEqual(keysOf(allow("own/k", "other/k", "own/l")), ["k", "l"]);
  assert.deepEqual(keysOf(allow("own", "own/", "own/*", "*")), []);
  assert.deepEqual(keysOf({ ...allow("own/k"), effect: "Deny" }), []);
  assert.deepEqual(keysOf(allow("own/k"), { ...allow("own/l"), effect: "Deny", not: true }), ["k"]);
  assert.deepEqual(keysOf({ ...allow("own/k"), not: true }), []);
});
