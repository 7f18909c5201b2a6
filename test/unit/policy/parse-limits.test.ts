/** Where parsePolicy() draws its lines: sizes, counts, kinds of policy, and how many problems it tells. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePolicy, parsePolicyText, type PolicyRules } from "../../../src/policy/parse.ts";
import type { PolicyKind } from "../../../src/policy/policy.ts";
import type { Json } from "./policies.ts";

const ALLOW = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };
const PUBLIC = { ...ALLOW, Principal: "*" };
const TRUST = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "*" } };
const GOOD: Readonly<Record<PolicyKind, Json>> = { bucket: PUBLIC, identity: ALLOW, trust: TRUST };
const RULES: PolicyRules = { trust: { issuers: [] } };

/** The problems of a document, each as its path and message. */
function problemsOf(text: string, kind: PolicyKind, rules: PolicyRules = RULES): readonly string[] {
  const policy = parsePolicy(text, "p.json", kind, rules);
  return policy.ok ? [] : policy.error.map(({ path, message }) => `${path}: ${message}`);
}

/** A good document of so many bytes. */
function ofBytes(kind: PolicyKind, bytes: number): string {
  const short = JSON.stringify({ Id: "", Statement: GOOD[kind] });
  return JSON.stringify({ Id: "i".repeat(bytes - short.length), Statement: GOOD[kind] });
}

const tooLong = (bytes: number) =>
  `: Normalized policy document exceeds the maximum allowed size of ${bytes} bytes`;

for (const [kind, bytes] of [
  ["bucket", 20_480],
  ["identity", 65_536],
  ["trust", 20_480],
] as const) {
  test(`parsePolicy() reads ${bytes} bytes of a ${kind} policy, and no more`, () => {
    assert.equal(ofBytes(kind, bytes).length, bytes);
    assert.deepEqual(problemsOf(ofBytes(kind, bytes), kind), []);
    assert.deepEqual(problemsOf(ofBytes(kind, bytes + 1), kind), [tooLong(bytes)]);
  });
}

test("parsePolicy() reads as many bytes as the caller says, counted in UTF-8", () => {
  const text = JSON.stringify({ Id: "é", Statement: ALLOW });
  const bytes = Buffer.byteLength(text);
  assert.deepEqual(problemsOf(text, "identity", { bytesMax: bytes }), []);
  assert.deepEqual(problemsOf(text, "identity", { bytesMax: bytes - 1 }), [tooLong(bytes - 1)]);
});

test("parsePolicy() reads 64 KiB with the space between tokens, and no more", () => {
  const text = JSON.stringify({ Statement: PUBLIC });
  const padded = (bytes: number) => text.replace(":", `:${" ".repeat(bytes - text.length)}`);
  assert.deepEqual(problemsOf(padded(65_536), "bucket"), []);
  assert.deepEqual(problemsOf(padded(65_537), "bucket"), [tooLong(20_480)]);
  // A caller who wants more gets it.
  assert.deepEqual(problemsOf(padded(70_000), "bucket", { bytesMax: 70_000 }), []);
});

test("parsePolicy() reads 500 statements, and lists of 200 values", () => {
  const many = (count: number) => Array.from({ length: count }, () => ALLOW);
  const bytesMax = 1_000_000;
  const document = (count: number) => JSON.stringify({ Statement: many(count) });
  assert.deepEqual(problemsOf(document(500), "identity", { bytesMax }), []);
  assert.deepEqual(problemsOf(document(501), "identity", { bytesMax }), [
    "Statement: A policy can have at most 500 statements, got 501",
  ]);
  const listed = (count: number) => {
    const Resource = Array.from({ length: count }, (_, i) => `arn:aws:s3:::b/${i}`);
    return JSON.stringify({ Statement: { ...ALLOW, Resource } });
  };
  assert.deepEqual(problemsOf(listed(200), "identity"), []);
  assert.deepEqual(problemsOf(listed(201), "identity"), [
    "Statement.Resource: Invalid policy syntax: a list can have at most 200 values, got 201",
  ]);
});

test("parsePolicy() tells as many problems as are wanted, the first of them", () => {
  const Action = Array.from({ length: 20 }, (_, i) => `s3:No${i}`);
  const text = JSON.stringify({ Statement: [{ ...ALLOW, Action }, "all", { Effect: "Permit" }] });
  const all = problemsOf(text, "identity");
  assert.equal(all.length, 20 + 1 + 3);
  for (const problemsMax of [1, 5, 20]) {
    assert.deepEqual(problemsOf(text, "identity", { problemsMax }), all.slice(0, problemsMax));
  }
});

test("parsePolicyText() gives the document that it read, good or not", () => {
  const good = parsePolicyText(JSON.stringify({ Statement: ALLOW }), "p.json", "identity", {});
  assert.ok(good.policy.ok);
  assert.equal(good.root?.kind, "object");
  const bad = parsePolicyText('{"Statement":[]}', "p.json", "identity", {});
  assert.ok(!bad.policy.ok);
  assert.equal(bad.root?.kind, "object");
  assert.equal(parsePolicyText("[]", "p.json", "identity", {}).root, undefined);
});

const NOT_JSON = "Policies must be valid JSON and the first byte must be '{'";

for (const [text, problem] of [
  ["", `: ${NOT_JSON}`],
  [" {}", `: ${NOT_JSON}`],
  ["[]", `: ${NOT_JSON}`],
  ["{", `: ${NOT_JSON}: `],
  [`{"Statement":${"[".repeat(11)}`, `: ${NOT_JSON}: `],
] as const) {
  test(`parsePolicy() says of "${text.slice(0, 14)}" that it is no policy`, () => {
    const [first = "", ...more] = problemsOf(text, "identity");
    assert.ok(first.startsWith(problem), first);
    assert.deepEqual(more, []);
  });
}

for (const [name, statement, problem] of [
  [
    "text for a block",
    { Condition: { StringEquals: "x" } },
    ".StringEquals: Invalid policy syntax: expected an object, got a string",
  ],
  [
    "text for conditions",
    { Condition: "x" },
    ": Invalid policy syntax: expected an object, got a string",
  ],
  [
    "null for a block",
    { Condition: { Bool: null } },
    ".Bool: Invalid policy syntax: expected an object, got null",
  ],
  [
    "a list for a block",
    { Condition: { Bool: [] } },
    ".Bool: Invalid policy syntax: expected an object, got an array",
  ],
] as const) {
  test(`parsePolicy() refuses ${name}`, () => {
    const text = JSON.stringify({ Statement: { ...ALLOW, ...statement } });
    assert.deepEqual(problemsOf(text, "identity"), [`Statement.Condition${problem}`]);
  });
}

test("parsePolicy() lets statements go without a Sid, or with an empty one", () => {
  const empty = { ...ALLOW, Sid: "" };
  assert.deepEqual(
    problemsOf(JSON.stringify({ Statement: [empty, empty, ALLOW, ALLOW] }), "identity"),
    [],
  );
});

test("an operation's name is refused where it widens: Action of an Allow, NotAction of a Deny", () => {
  const named = (statement: Json, rules: PolicyRules = {}) =>
    problemsOf(
      JSON.stringify({ Statement: { ...ALLOW, Action: undefined, ...statement } }),
      "identity",
      rules,
    );
  const widening = (path: string) => [
    `Statement.${path}: Policy has invalid action: "s3:HeadObject" is the name of an operation`,
  ];
  const name = "s3:HeadObject";
  assert.deepEqual(named({ Action: name }), widening("Action"));
  assert.deepEqual(named({ Effect: "Deny", NotAction: name }), widening("NotAction"));
  assert.deepEqual(named({ NotAction: name }), []);
  assert.deepEqual(named({ Effect: "Deny", Action: name }), []);
  assert.deepEqual(named({ Action: name }, { operationNames: true }), []);
});

test("a trust policy has no resource, and an identity policy no principal", () => {
  const withResource = JSON.stringify({ Statement: { ...TRUST, Resource: "*" } });
  assert.deepEqual(problemsOf(withResource, "trust"), [
    'Statement.Resource: Invalid policy syntax: unknown field "Resource"',
  ]);
  for (const name of ["Principal", "NotPrincipal"]) {
    const text = JSON.stringify({ Statement: { ...ALLOW, [name]: "*" } });
    assert.deepEqual(problemsOf(text, "identity"), [
      `Statement.${name}: Invalid policy syntax: an identity policy has no ${name}`,
    ]);
  }
});
