/** Parts of policies that AWS would take and a provider does not: each is found, wherever it stands. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProviderPolicy } from "../../../src/provider/policy.ts";
import { changed, shipped, statements, wrong } from "./providers.ts";

const atman = shipped("atman");
const coscine = shipped("coscine");

const USER = "arn:aws:iam:::user/username01";
const ALLOW = {
  Effect: "Allow",
  Principal: { AWS: USER },
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::bucket/*",
};

/** The paths of what is wrong. */
const paths = (...args: Parameters<typeof wrong>): readonly string[] =>
  wrong(...args).map((problem) => problem.slice(0, problem.indexOf(": ")));

/** `[what, statements, path of the only problem]`. */
const ONE = "Statement[0]";
const FOUND: readonly (readonly [string, unknown, string])[] = [
  ["an action", [{ ...ALLOW, Action: "s3:PutObjectTagging" }], `${ONE}.Action`],
  [
    "an action of a list",
    [{ ...ALLOW, Action: ["s3:GetObject", "s3:PutObjectTagging"] }],
    `${ONE}.Action[1]`,
  ],
  [
    "an action of the only statement",
    { ...ALLOW, Action: "s3:PutObjectTagging" },
    "Statement.Action",
  ],
  ["an action later on", [ALLOW, { ...ALLOW, Action: "s3:*Retention" }], "Statement[1].Action"],
  [
    "a principal of a list",
    [{ ...ALLOW, Principal: { AWS: [USER, "lab"] } }],
    `${ONE}.Principal.AWS[1]`,
  ],
  [
    "a condition key",
    [{ ...ALLOW, Condition: { StringEquals: { "aws:username": "u", "aws:Referer": "r" } } }],
    `${ONE}.Condition.StringEquals.aws:Referer`,
  ],
  ["a Sid", [{ ...ALLOW, Sid: "a b" }], `${ONE}.Sid`],
  ["a Sid that ends with a line", [{ ...ALLOW, Sid: "a\n" }], `${ONE}.Sid`],
];
for (const [what, Statement, path] of FOUND) {
  test(`parseProviderPolicy() finds ${what} that the provider lacks, and tells it once`, () => {
    assert.deepEqual(paths(atman, { Version: "2012-10-17", Statement }), [path]);
  });
}

/** What the language refuses is its own to tell, once. */
const MALFORMED: readonly (readonly [string, unknown, readonly string[]])[] = [
  ["no statements", { Version: "2012-10-17" }, ["Statement"]],
  ["a statement that is no object", { Version: "2012-10-17", Statement: ["s3:*"] }, [ONE]],
  [
    "an action of another service",
    statements({ ...ALLOW, Action: "iam:GetUser" }),
    [`${ONE}.Action`],
  ],
  [
    "a condition key that is none",
    statements({ ...ALLOW, Condition: { StringEquals: { "aws:Nothing": "x" } } }),
    [`${ONE}.Condition.StringEquals.aws:Nothing`],
  ],
  ["a Sid that is no text", statements({ ...ALLOW, Sid: 1 }), [`${ONE}.Sid`]],
  ["an action that is no text", statements({ ...ALLOW, Action: 1 }), [`${ONE}.Action`]],
];
for (const [what, document, expected] of MALFORMED) {
  test(`parseProviderPolicy() tells ${what} once`, () => {
    assert.deepEqual(paths(atman, document), expected);
  });
}

test("parseProviderPolicy() refuses a principal in an identity policy as the language does, once", () => {
  const statement = { ...ALLOW, Principal: { AWS: "lab" } };
  assert.deepEqual(paths(atman, statements(statement), "identity"), [`${ONE}.Principal`]);
});

test("parseProviderPolicy() says of a policy that is too long what else is wrong with it", () => {
  const long = statements(...Array.from({ length: 200 }, () => ALLOW), {
    ...ALLOW,
    Action: "s3:PutObjectTagging",
  });
  assert.deepEqual(paths(atman, long), ["", "Statement[200].Action"]);
});

test("parseProviderPolicy() stops after as many problems as were asked for", () => {
  const bad = { ...ALLOW, Action: "s3:PutObjectTagging" };
  const text = JSON.stringify(statements(bad, bad, bad));
  const read = parseProviderPolicy(atman, text, "f", "bucket", {
    bucket: "bucket",
    problemsMax: 2,
  });
  assert.equal(!read.ok && read.error.length, 2);
});

test("a field that the provider lacks is refused, and one that nobody knows is told once", () => {
  const few = changed(
    "atman",
    /^ {2}fields: .*$/m,
    "  fields: [Sid, Effect, Principal, Action, Resource]",
  );
  const { Principal, Action, Resource, ...effect } = ALLOW;
  for (const [name, statement] of [
    ["NotPrincipal", { ...effect, Effect: "Deny", NotPrincipal: Principal, Action, Resource }],
    ["NotAction", { ...effect, Principal, NotAction: Action, Resource }],
    ["NotResource", { ...effect, Principal, Action, NotResource: "arn:aws:s3:::bucket/a" }],
    ["Condition", { ...ALLOW, Condition: { StringEquals: { "aws:username": "u" } } }],
    ["Nothing", { ...ALLOW, Nothing: 1 }],
  ] as const) {
    assert.deepEqual(paths(few, statements(statement)), [`${ONE}.${name}`]);
    if (name === "Nothing") continue;
    assert.deepEqual(wrong(shipped("nutanix"), statements(statement)), [], name);
  }
  assert.deepEqual(wrong(few, statements(ALLOW)), []);
});

test("any Sid, field, key and wildcard goes where the provider limits none", () => {
  const Condition = { StringEquals: { "aws:Referer": "r" } };
  const statement = { ...ALLOW, Sid: "a b", Action: "s3:Get*", Condition };
  assert.deepEqual(wrong(shipped("nutanix"), statements(statement)), []);
});

/** Coscine writes each permission out, and renamed two of them. */
const RETIRED = "s3:ListMultipartUploads";
const NAMING: readonly (readonly [string, object, boolean])[] = [
  ["a wildcard", { ...ALLOW, Action: "s3:Get*" }, false],
  ["a question mark", { ...ALLOW, Action: "s3:GetObjec?" }, false],
  ["s3:*", { ...ALLOW, Action: "s3:*" }, false],
  ["a retired name", { ...ALLOW, Action: RETIRED }, false],
  ["a retired name in other letters", { ...ALLOW, Action: RETIRED.toLowerCase() }, false],
  ["a retired name in a Deny", { ...ALLOW, Effect: "Deny", Action: RETIRED }, true],
  ["a retired name in a NotAction", { ...ALLOW, Action: undefined, NotAction: RETIRED }, true],
];
for (const [what, statement, good] of NAMING) {
  test(`a provider that writes actions out ${good ? "takes" : "refuses"} ${what}`, () => {
    const Resource = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"];
    const found = paths(coscine, statements({ ...statement, Principal: "*", Resource }));
    assert.deepEqual(found, good ? [] : [`${ONE}.Action`]);
  });
}

test("a wildcard must fit an action of the provider, and * fits them all", () => {
  const Resource = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"];
  for (const Action of ["*", "s3:*", "s3:Get*", "S3:GETOBJEC?"]) {
    assert.deepEqual(wrong(atman, statements({ ...ALLOW, Action, Resource })), [], Action);
  }
});
