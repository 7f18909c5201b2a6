/** Problems of policies about a whole bucket: each is told, at its place. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { wholeBucket } from "../../../src/provider/bucket-wide.ts";
import { parseProviderPolicy } from "../../../src/provider/policy.ts";
import { changed, shipped } from "./providers.ts";

const qumulo = shipped("qumulo");

/** A good statement, a line each field; `changes` are other lines, or none for "". */
function policy(changes: Readonly<Record<string, string>>): string {
  const fields = {
    Action: '"s3:GetObject"',
    Effect: '"Allow"',
    Principal: '{ "Qumulo": ["Everyone"] }',
    ...changes,
  };
  const lines = Object.entries(fields).flatMap(([name, text]) =>
    text === "" ? [] : [`    "${name}": ${text}`],
  );
  return `{\n  "Statements": [{\n${lines.join(",\n")}\n  }]\n}`;
}

/** The problems, as `line:column path: message`. */
function problems(text: string, bucket: string | undefined = "bucket"): readonly string[] {
  const read = parseProviderPolicy(qumulo, text, "policy.json", "bucket", { bucket });
  if (read.ok) return [];
  return read.error.map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  );
}

const ONE = "Statements[0]";
/** `[what, text, problem]`: the place is that of the value, or of what lacks it. */
const REFUSED: readonly (readonly [string, string, string])[] = [
  ["a list instead of the document", "[]", "1:1 : an object"],
  ["a document without statements", "{}", "1:1 Statements: expected statements in Statements"],
  ["statements that are no list", '{\n "Statements": {}}', "2:16 Statements: expected statements"],
  ["another Version", '{"Version": "2008-10-17", "Statements": []}', "1:13 Version: valid version"],
  ["an Id that is no text", '{"Id": 1, "Statements": []}', "1:8 Id: Id must be text"],
  ["a statement that is no object", '{"Statements": ["s3:*"]}', `1:17 ${ONE}: an object`],
  ["no Effect", policy({ Effect: "" }), `2:18 ${ONE}.Effect: Missing required field Effect`],
  ["an Effect that is none", policy({ Effect: '"allow"' }), `4:15 ${ONE}.Effect: Invalid effect`],
  ["an Effect that is no text", policy({ Effect: "true" }), `4:15 ${ONE}.Effect: Invalid effect`],
  ["no Action", policy({ Action: "" }), `2:18 ${ONE}.Action: Missing required field Action`],
  [
    "an action of another service",
    policy({ Action: '["s3:GetObject", "iam:GetUser"]' }),
    `3:32 ${ONE}.Action[1]: invalid action: got "iam:GetUser"`,
  ],
  ["no Principal", policy({ Principal: "" }), `2:18 ${ONE}.Principal: Missing required field`],
  [
    "a Principal of nobody",
    policy({ Principal: "{}" }),
    `5:18 ${ONE}.Principal: Invalid principal`,
  ],
  [
    "a principal that nobody has",
    policy({ Principal: '{ "Qumulo": ["Everyone", "uid:x"] }' }),
    `5:43 ${ONE}.Principal.Qumulo[1]: Invalid principal`,
  ],
  ["a Sid that is no text", policy({ Sid: "1" }), `6:12 ${ONE}.Sid: Sid must be text`],
  ...["-1", "1.5", "1e3", "1234567890", '"1"'].map(
    (Index) =>
      [
        `the Index ${Index}`,
        policy({ Index }),
        `6:14 ${ONE}.Index: Index must be a number`,
      ] as const,
  ),
];
for (const [what, text, expected] of REFUSED) {
  test(`a policy about a whole bucket is refused at its place for ${what}`, () => {
    const [place, message = ""] = split(expected);
    const found = problems(text);
    assert.ok(
      found.some((problem) => split(problem)[0] === place && problem.includes(message)),
      JSON.stringify(found),
    );
  });
}

/** `line:column path`, and the message. */
function split(problem: string): readonly string[] {
  const [, place = "", message = ""] = /^(\S+ \S*): (.*)$/.exec(problem) ?? [];
  return [place, message];
}

test("a policy about a whole bucket is told all that is wrong with it, in the order of its text", () => {
  const text = policy({ Action: '"s3:Nothing"', Effect: '"allow"', Principal: "{}" });
  assert.deepEqual(
    problems(text).map((problem) => split(problem)[0]),
    [`3:15 ${ONE}.Action`, `4:15 ${ONE}.Effect`, `5:18 ${ONE}.Principal`],
  );
});

test("a policy about a whole bucket can have 20,480 bytes, in UTF-8", () => {
  const filled = (bytes: number) => {
    const text = policy({ Sid: '"é"' });
    return text.replace("é", `é${"a".repeat(bytes - Buffer.byteLength(text))}`);
  };
  assert.deepEqual(problems(filled(20_480)), []);
  const message = "The policy document exceeds the maximum allowed size of 20480 bytes";
  assert.deepEqual(problems(filled(20_481)), [`1:1 : ${message}`]);
});

test("a policy about a whole bucket that is no JSON is refused at its first mistake", () => {
  const [problem, ...others] = problems('{\n "Id": }');
  assert.match(problem ?? "", /^2:8 : Policies must be valid JSON: /);
  assert.deepEqual(others, []);
});

test("a retired name stays in a Deny about a whole bucket, and not in an Allow", () => {
  const retired = 'retiredActions: { "s3:GetObject": "s3:GetObjectAcl" }';
  const provider = changed("qumulo", /^ {2}wildcardActions:/m, `  ${retired}\n  wildcardActions:`);
  const found = (effect: string) => {
    const text = policy({ Effect: `"${effect}"` });
    const read = parseProviderPolicy(provider, text, "policy.json", "bucket", { bucket: "b" });
    return read.ok ? [] : read.error.map(({ path }) => path);
  };
  assert.deepEqual(found("Deny"), []);
  assert.deepEqual(found("Allow"), [`${ONE}.Action`]);
  assert.deepEqual(found("deny"), [`${ONE}.Action`, `${ONE}.Effect`]);
});

test("a policy about a whole bucket takes an Index of up to nine digits", () => {
  for (const Index of ["0", "12", "999999999"]) assert.deepEqual(problems(policy({ Index })), []);
});

test("a policy about a whole bucket is a bucket policy of that bucket and its objects", () => {
  const read = parseProviderPolicy(qumulo, policy({}), "f", "bucket", { bucket: "b" });
  assert.ok(read.ok);
  assert.equal(read.value.kind, "bucket");
  assert.deepEqual(read.value.statements[0]?.resources.patterns, wholeBucket("b"));
});

test("parseProviderPolicy() throws if a policy about a whole bucket comes without its bucket", () => {
  assert.throws(
    () => parseProviderPolicy(qumulo, policy({}), "f", "bucket", {}),
    /Cannot read a bucket policy without its bucket/,
  );
});

test("wholeBucket() throws for a name that no bucket has", () => {
  assert.throws(() => wholeBucket(""), /Cannot name the bucket ""/);
});
