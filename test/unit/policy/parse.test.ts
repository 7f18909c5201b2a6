import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePolicy, type PolicyRules } from "../../../src/policy/parse.ts";
import type { PolicyKind } from "../../../src/policy/policy.ts";
import { decide, policyOf } from "./policies.ts";

/** Every problem as one line: place, path, message, remedy. */
function problemsOf(text: string, kind: PolicyKind, rules: PolicyRules = {}): readonly string[] {
  const policy = parsePolicy(text, "p.json", kind, rules);
  if (policy.ok) return [];
  return policy.error.map(
    ({ file, line, column, path, message, remedy }) =>
      `${file}:${line}:${column} ${path} | ${message} | ${remedy}`,
  );
}

const ARN = "arn:aws:s3:::b/*";
const STATEMENT = `"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"${ARN}"`;
const GRAMMAR = "Policies must be valid JSON and the first byte must be '{'";

/** Texts that are no JSON object, and what is said of them. */
const NOT_JSON = [
  ["an empty text", "", "1:1", GRAMMAR],
  ["a list", "[]", "1:1", GRAMMAR],
  ["a space before the brace", ' {"Statement":[]}', "1:1", GRAMMAR],
  ["a byte order mark", '\ufeff{"Statement":[]}', "1:1", GRAMMAR],
  [
    "a comment",
    '{\n// all\n"Id":"a"}',
    "2:1",
    `${GRAMMAR}: Expected a field name in double quotes`,
  ],
  ["single quotes", "{'Id':1}", "1:2", `${GRAMMAR}: Expected a field name in double quotes`],
  ["a trailing comma", '{"Id":"a",}', "1:11", `${GRAMMAR}: Expected a field name in double quotes`],
  ["a trailing comma in a list", '{"Id":[1,]}', "1:10", `${GRAMMAR}: Expected a value`],
  ["NaN", '{"Id":NaN}', "1:7", `${GRAMMAR}: Expected a value`],
  ["a number with a leading zero", '{"Id":01}', "1:8", `${GRAMMAR}: Expected a comma or "}"`],
  ["no colon", '{"Id" 1}', "1:7", `${GRAMMAR}: Expected a colon`],
  ["two documents", "{} {}", "1:4", `${GRAMMAR}: Expected the end of the document`],
  ["an unclosed object", '{"Id":1', "1:8", `${GRAMMAR}: Expected a comma or "}"`],
  [
    "an unclosed string",
    '{"Id":"a}',
    "1:7",
    `${GRAMMAR}: Cannot read the string: it is not closed, or has a bad escape in it`,
  ],
  [
    "a line end in a string",
    '{"Id":"a\nb"}',
    "1:7",
    `${GRAMMAR}: Cannot read the string: it is not closed, or has a bad escape in it`,
  ],
  [
    "half a surrogate pair",
    '{"Id":"\\ud83d"}',
    "1:7",
    `${GRAMMAR}: Cannot read the string: it has half of a surrogate pair in it`,
  ],
  [
    "eleven levels",
    `${'{"a":'.repeat(11)}1${"}".repeat(11)}`,
    "1:51",
    `${GRAMMAR}: The document is nested too deeply`,
  ],
] as const;

for (const [name, text, place, message] of NOT_JSON) {
  test(`parsePolicy() refuses ${name}`, () => {
    assert.deepEqual(problemsOf(text, "bucket"), [`p.json:${place}  | ${message} | `]);
  });
}

/** Statements of a bucket policy with one thing wrong in them. Columns count from the brace. */
const KNOWN_FIELDS =
  "Allowed: Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition";
const PRINCIPAL_REMEDY =
  'Write "*", an account id, or an ARN such as arn:aws:iam::account:user/name, without wildcards';
const ARN_REMEDY = "Write arn:aws:s3:::bucket or arn:aws:s3:::bucket/key, with * and ? in it";
const VARIABLE_REMEDY =
  "Write ${key} or ${key, 'default'}, and ${*}, ${?} or ${$} for the characters";

const without = (field: string): string =>
  STATEMENT.split(",")
    .filter((part) => !part.startsWith(`"${field}"`))
    .join(",");
const having = (field: string, value: string): string => `${without(field)},${value}`;

const REFUSED: readonly (readonly [string, string, string])[] = [
  [
    "an unknown field",
    `${STATEMENT},‹"Condiction":{}`,
    '.Condiction | Invalid policy syntax: unknown field "Condiction" | Did you mean "Condition"?',
  ],
  [
    "a field that resembles none",
    `${STATEMENT},‹"Foo":{}`,
    `.Foo | Invalid policy syntax: unknown field "Foo" | ${KNOWN_FIELDS}`,
  ],
  [
    "a field in another letter case",
    `${STATEMENT},‹"sid":"a"`,
    '.sid | Invalid policy syntax: unknown field "sid" | Did you mean "Sid"?',
  ],
  [
    "a field of every object's prototype",
    `${STATEMENT},‹"__proto__":{}`,
    `.__proto__ | Invalid policy syntax: unknown field "__proto__" | ${KNOWN_FIELDS}`,
  ],
  [
    "a field written twice",
    `${STATEMENT},‹"Effect":"Deny"`,
    '.Effect | Invalid policy syntax: the field "Effect" is written twice | Keep one of the two',
  ],
  ["no Effect", without("Effect"), ".Effect | Missing required field Effect | "],
  [
    "an Effect in lower case",
    having("Effect", '"Effect":‹"allow"'),
    '.Effect | Invalid effect: allow | Write "Allow" or "Deny"',
  ],
  [
    "a Sid that is no text",
    `${STATEMENT},"Sid":‹1`,
    ".Sid | Invalid policy syntax: Sid must be text | ",
  ],
  ["no Action", without("Action"), ".Action | Missing required field Action | "],
  [
    "Action and NotAction",
    `${STATEMENT},"NotAction":‹"s3:PutObject"`,
    ".NotAction | Invalid policy syntax: Action and NotAction exclude each other | Keep one of the two",
  ],
  [
    "an unknown action",
    having("Action", '"Action":["s3:GetObject",‹"s3:GetObjct"]'),
    '.Action[1] | Policy has invalid action: got "s3:GetObjct" | Did you mean "s3:GetObject"?',
  ],
  [
    "an action pattern that fits nothing",
    having("Action", '"Action":‹"s3:Foo*"'),
    '.Action | Policy has invalid action: got "s3:Foo*" | Name an S3 action, such as s3:GetObject, or s3:*',
  ],
  [
    "a wildcard in the service",
    having("Action", '"Action":‹"*:GetObject"'),
    '.Action | Policy has invalid action: got "*:GetObject" | Did you mean "s3:GetObject"?',
  ],
  [
    "another service's action",
    having("Action", '"Action":‹"ec2:RunInstances"'),
    '.Action | Policy has invalid action: got "ec2:RunInstances" | Name an S3 action, such as s3:GetObject, or s3:*',
  ],
  [
    "an operation's name in an Allow",
    having("Action", '"Action":‹"s3:HeadObject"'),
    '.Action | Policy has invalid action: "s3:HeadObject" is the name of an operation | Name the action that the operation needs',
  ],
  [
    "an empty list of actions",
    having("Action", '"Action":‹[]'),
    ".Action | Invalid policy syntax: empty list | ",
  ],
  [
    "an action that is no text",
    having("Action", '"Action":[‹null]'),
    ".Action[0] | Invalid policy syntax: expected text, got null | ",
  ],
  ["no Resource", without("Resource"), ".Resource | Missing required field Resource | "],
  [
    "a bare star as resource",
    having("Resource", '"Resource":‹"*"'),
    '.Resource | Policy has invalid resource: got "*" | Write arn:aws:s3:::bucket and arn:aws:s3:::bucket/*',
  ],
  [
    "a resource that is no ARN",
    having("Resource", '"Resource":‹"b/*"'),
    `.Resource | Policy has invalid resource: got "b/*" | ${ARN_REMEDY}`,
  ],
  [
    "a resource of another service",
    having("Resource", '"Resource":‹"arn:aws:sqs:::b"'),
    `.Resource | Policy has invalid resource: got "arn:aws:sqs:::b" | ${ARN_REMEDY}`,
  ],
  [
    "an access point",
    having("Resource", '"Resource":‹"arn:aws:s3:eu-west-1:1:accesspoint/a"'),
    `.Resource | Policy has invalid resource: got "arn:aws:s3:eu-west-1:1:accesspoint/a" | ${ARN_REMEDY}`,
  ],
  [
    "another tenant's bucket",
    having("Resource", '"Resource":‹"arn:aws:s3::other:b/*"'),
    `.Resource | Policy has invalid resource: got "arn:aws:s3::other:b/*" | ${ARN_REMEDY}`,
  ],
  [
    "another bucket",
    having("Resource", '"Resource":["arn:aws:s3:::b/*",‹"arn:aws:s3:::c/*"]'),
    '.Resource[1] | Policy has invalid resource: got "arn:aws:s3:::c/*" | The policy belongs to the bucket "b": name that one',
  ],
  [
    "a variable that is not closed",
    having("Resource", '"Resource":‹"arn:aws:s3:::b/${aws:username"'),
    `.Resource | Invalid policy variable: "\${" is not closed in "b/\${aws:username" | ${VARIABLE_REMEDY}`,
  ],
  [
    "an unknown variable",
    having("Resource", '"Resource":‹"arn:aws:s3:::b/${aws:usernam}"'),
    '.Resource | Unknown policy variable: got "${aws:usernam}" | Did you mean "aws:username"?',
  ],
  [
    "a variable with a malformed default",
    having("Resource", '"Resource":‹"arn:aws:s3:::b/${aws:username,none}"'),
    `.Resource | Invalid policy variable: got "\${aws:username,none}" | ${VARIABLE_REMEDY}`,
  ],
  [
    "a resource that the client would choose",
    having("Resource", '"Resource":‹"arn:aws:s3:::b/${aws:UserAgent}"'),
    '.Resource | Cannot use the policy variable "${aws:UserAgent}" here: it is chosen by the client, so it cannot choose a resource | Use a variable that is always known, such as aws:username',
  ],
  [
    "a variable with many values",
    having("Resource", '"Resource":‹"arn:aws:s3:::b/${aws:TagKeys}"'),
    '.Resource | Cannot use the policy variable "${aws:TagKeys}" here: it has many values | Use a variable that is always known, such as aws:username',
  ],
  [
    "an action that applies to no resource",
    having("Resource", '"Resource":"arn:aws:s3:::b"'),
    " | Action does not apply to any resource(s) in statement | Bucket actions need arn:aws:s3:::bucket, object actions arn:aws:s3:::bucket/*",
  ],
  ["no Principal", without("Principal"), ".Principal | Missing required field Principal | "],
  [
    "NotPrincipal with Allow",
    having("Principal", '"NotPrincipal":‹{"AWS":"1"}'),
    ".NotPrincipal | Invalid principal in policy: NotPrincipal cannot be used with Allow | List who is allowed in Principal",
  ],
  [
    "a principal that is text other than a star",
    having("Principal", '"Principal":‹"1"'),
    '.Principal | Invalid principal in policy: got "1" | Write "*" or {"AWS": "1"}',
  ],
  [
    "a wildcard within a principal",
    having("Principal", '"Principal":{"AWS":[‹"arn:aws:iam::1:user/*"]}'),
    `.Principal.AWS[0] | Invalid principal in policy: got "arn:aws:iam::1:user/*" | ${PRINCIPAL_REMEDY}`,
  ],
  [
    "a group as principal",
    having("Principal", '"Principal":{"AWS":‹"arn:aws:iam::1:group/g"}'),
    `.Principal.AWS | Invalid principal in policy: got "arn:aws:iam::1:group/g" | ${PRINCIPAL_REMEDY}`,
  ],
  [
    "an empty principal",
    having("Principal", '"Principal":‹{}'),
    ".Principal | Invalid principal in policy: it is empty | ",
  ],
  [
    "a principal that is a service",
    having("Principal", '"Principal":{"Service":‹"logging.s3.amazonaws.com"}'),
    '.Principal.Service | Invalid principal in policy: the gateway has no Service principals, got "logging.s3.amazonaws.com" | Remove it: no request comes from such a principal',
  ],
  [
    "everybody as a canonical user",
    having("Principal", '"Principal":{"CanonicalUser":‹"*"}'),
    '.Principal.CanonicalUser | Invalid principal in policy: got the canonical user "*" | Write the id without wildcards, or {"AWS": "*"} for everybody',
  ],
  [
    "an unknown kind of principal",
    having("Principal", '"Principal":{‹"Aws":"*"}'),
    '.Principal.Aws | Invalid policy syntax: unknown field "Aws" | Did you mean "AWS"?',
  ],
];

/** Condition blocks with one thing wrong in them. */
const REFUSED_CONDITIONS: readonly (readonly [string, string, string])[] = [
  ["a list", "‹[]", " | Invalid policy syntax: expected an object, got an array | "],
  [
    "an unknown operator",
    '{‹"StringEqual":{}}',
    '.StringEqual | Invalid policy syntax: unknown condition operator "StringEqual" | Did you mean "StringEquals"?',
  ],
  [
    "an operator in another letter case",
    '{‹"stringequals":{}}',
    '.stringequals | Invalid policy syntax: unknown condition operator "stringequals" | Did you mean "StringEquals"?',
  ],
  [
    "an operator of every object's prototype",
    '{‹"constructor":{}}',
    '.constructor | Invalid policy syntax: unknown condition operator "constructor" | Write one such as StringEquals or IpAddress',
  ],
  [
    "Null with IfExists",
    '{‹"NullIfExists":{}}',
    '.NullIfExists | Invalid policy syntax: Null takes neither IfExists nor a set operator: got "NullIfExists" | Write Null',
  ],
  [
    "an unknown key",
    '{"StringEquals":{‹"s3:prefx":"a"}}',
    '.StringEquals.s3:prefx | Policy has an invalid condition key: got "s3:prefx" | Did you mean "s3:prefix"?',
  ],
  [
    "an unknown global key",
    '{"StringEquals":{‹"aws:SourceIP4":"a"}}',
    '.StringEquals.aws:SourceIP4 | Policy has an invalid condition key: got "aws:SourceIP4" | Did you mean "aws:SourceIp"?',
  ],
  [
    "a tag key without its tag",
    '{"StringEquals":{‹"s3:ExistingObjectTag":"a"}}',
    '.StringEquals.s3:ExistingObjectTag | Policy has an invalid condition key: got "s3:ExistingObjectTag" | Did you mean "s3:ExistingObjectTag/tag"?',
  ],
  [
    "a key written twice in two letter cases",
    '{"StringEquals":{"s3:prefix":"a",‹"S3:Prefix":"b"}}',
    '.StringEquals.S3:Prefix | Invalid policy syntax: the key "S3:Prefix" is written twice | Keep one of the two: keys ignore letter case',
  ],
  [
    "an operator for another type",
    '{"NumericEquals":{‹"aws:SourceIp":"1"}}',
    '.NumericEquals.aws:SourceIp | Cannot judge "aws:SourceIp" by NumericEquals: its values are IP addresses | Use IpAddress or NotIpAddress',
  ],
  [
    "a set key without a set operator",
    '{"StringEquals":{‹"aws:TagKeys":"a"}}',
    '.StringEquals.aws:TagKeys | Cannot judge "aws:TagKeys" by StringEquals: it has many values | Write ForAnyValue:StringEquals or ForAllValues:StringEquals',
  ],
  [
    "an empty list of values",
    '{"StringEquals":{"s3:prefix":‹[]}}',
    ".StringEquals.s3:prefix | Invalid policy syntax: empty list | ",
  ],
  [
    "null as a value",
    '{"StringEquals":{"s3:prefix":["a",‹null]}}',
    ".StringEquals.s3:prefix[1] | Invalid policy syntax: expected text, got null | ",
  ],
  ...(
    [
      ["NumericEquals", "s3:max-keys", "10abc", "a decimal number"],
      ["NumericEquals", "s3:max-keys", "1e3", "a decimal number"],
      ["NumericEquals", "s3:max-keys", "0x10", "a decimal number"],
      ["DateEquals", "aws:CurrentTime", "2026-02-30", "an ISO 8601 date or epoch seconds"],
      ["DateEquals", "aws:CurrentTime", "2026-01-01T00:00:00", "an ISO 8601 date or epoch seconds"],
      ["DateEquals", "aws:CurrentTime", "1767225600000", "an ISO 8601 date or epoch seconds"],
      ["Bool", "aws:SecureTransport", "yes", "true or false"],
      ["Null", "s3:prefix", "maybe", "true or false"],
      ["BinaryEquals", "s3:prefix", "QQ", "base64"],
      ["IpAddress", "aws:SourceIp", "", "an IP network such as 192.0.2.0/24"],
      ["IpAddress", "aws:SourceIp", "192.0.2.0/33", "an IP network such as 192.0.2.0/24"],
      ["IpAddress", "aws:SourceIp", "192.0.02.0/24", "an IP network such as 192.0.2.0/24"],
      ["IpAddress", "aws:SourceIp", "fe80::1%eth0", "an IP network such as 192.0.2.0/24"],
      ["ArnEquals", "aws:PrincipalArn", "*", "an ARN of six components"],
    ] as const
  ).map(([operator, key, value, wanted]): readonly [string, string, string] => [
    `${operator} of "${value}"`,
    `{"${operator}":{"${key}":‹"${value}"}}`,
    `.${operator}.${key} | Cannot read the condition's value: expected ${wanted}, got "${value}" | `,
  ]),
];

/** `‹` stands before the text that the problem is about; without one, it is the statement. */
function expectProblem(statement: string, expected: string): void {
  const column = statement.includes("‹") ? statement.indexOf("‹") + 2 : 1;
  const text = `{"Version":"2012-10-17",\n"Statement":[\n{${statement.replace("‹", "")}}]}`;
  assert.deepEqual(problemsOf(text, "bucket", { bucket: "b" }), [`p.json:3:${column} ${expected}`]);
}

for (const [name, statement, expected] of REFUSED) {
  test(`parsePolicy() refuses ${name}`, () => {
    expectProblem(statement, `Statement[0]${expected}`);
  });
}

for (const [name, condition, expected] of REFUSED_CONDITIONS) {
  test(`parsePolicy() refuses, as a condition, ${name}`, () => {
    const statement = `${STATEMENT},"Condition":${condition}`;
    expectProblem(statement, `Statement[0].Condition${expected}`);
  });
}

test("parsePolicy() lists every problem at once, each with its line and column", () => {
  const text = `{
  "Version": "2023-04-17",
  "Statment": [],
  "Statement": [
    {
      "Effect": "Permit",
      "Action": ["s3:GetObject", "s3:Gett"],
      "Resource": "*",
      "Condition": { "StringLike": { "s3:prefix": ["é", {}] } }
    },
    "all"
  ]
}`;
  assert.deepEqual(problemsOf(text, "identity"), [
    'p.json:2:14 Version | The policy must contain a valid version string: got "2023-04-17" | Write "2012-10-17"',
    'p.json:3:3 Statment | Invalid policy syntax: unknown field "Statment" | Did you mean "Statement"?',
    'p.json:6:17 Statement[0].Effect | Invalid effect: Permit | Write "Allow" or "Deny"',
    'p.json:7:34 Statement[0].Action[1] | Policy has invalid action: got "s3:Gett" | Name an S3 action, such as s3:GetObject, or s3:*',
    "p.json:9:57 Statement[0].Condition.StringLike.s3:prefix[1] | Invalid policy syntax: expected text, got an object | ",
    "p.json:11:5 Statement[1] | Invalid policy syntax: expected an object, got a string | ",
  ]);
});

/** Whole documents with something wrong outside of statements. */
const DOCUMENTS = [
  ["no Statement", "{}", "1:1 Statement | Missing required field Statement | "],
  ["an empty list", '{"Statement":[]}', "1:14 Statement | Statement is empty! | "],
  [
    "an Id that is no text",
    `{"Id":1,"Statement":{${STATEMENT}}}`,
    "1:7 Id | Invalid policy syntax: Id must be text | ",
  ],
  [
    "a Version that is no text",
    `{"Version":2012,"Statement":{${STATEMENT}}}`,
    '1:12 Version | The policy must contain a valid version string | Write "2012-10-17"',
  ],
  [
    "a Sid used twice",
    `{"Statement":[{"Sid":"a",${STATEMENT}},\n{"Sid":"a",${STATEMENT}}]}`,
    '2:1 Statement[1].Sid | Statement IDs (SID) in a single policy must be unique: got "a" twice | Rename one of the two',
  ],
  [
    "501 statements",
    `{"Statement":[${Array.from({ length: 501 }, () => "{}").join()}]}`,
    "1:14 Statement | A policy can have at most 500 statements, got 501 | Split it into several policies",
  ],
] as const;

for (const [name, text, expected] of DOCUMENTS) {
  test(`parsePolicy() refuses a document with ${name}`, () => {
    assert.deepEqual(problemsOf(text, "bucket"), [`p.json:${expected}`]);
  });
}

test("parsePolicy() refuses a Principal in an identity policy", () => {
  assert.deepEqual(problemsOf(`{"Statement":{${STATEMENT}}}`, "identity"), [
    "p.json:1:44 Statement.Principal | Invalid policy syntax: an identity policy has no Principal | Remove it: an identity policy applies to the identity that has it",
  ]);
});

test("parsePolicy() refuses an operation's name where it would widen, not where it narrows", () => {
  const name = '"s3:HeadObject" is the name of an operation';
  const problemsWith = (
    effect: string,
    field: string,
    rules: PolicyRules = {},
  ): readonly string[] =>
    problemsOf(
      `{"Statement":{"Effect":"${effect}","${field}":"s3:HeadObject","Resource":"*"}}`,
      "identity",
      rules,
    );
  assert.match(problemsWith("Allow", "Action").join(), new RegExp(name));
  assert.match(problemsWith("Deny", "NotAction").join(), new RegExp(name));
  assert.deepEqual(problemsWith("Deny", "Action"), []);
  assert.deepEqual(problemsWith("Allow", "NotAction"), []);
  assert.deepEqual(problemsWith("Allow", "Action", { operationNames: true }), []);
});

test("parsePolicy() counts a bucket policy's bytes without the space between tokens", () => {
  const sized = (bytes: number, space: string): string => {
    const frame = `{"Id":"","Statement":{${STATEMENT}}}`;
    return frame.replace('""', `"${"x".repeat(bytes - frame.length)}"${space}`);
  };
  assert.deepEqual(problemsOf(sized(20_480, " \n\t\r".repeat(1000)), "bucket"), []);
  const tooLarge =
    "p.json:1:1  | Normalized policy document exceeds the maximum allowed size of 20480 bytes | Shorten it, or merge statements with wildcards";
  assert.deepEqual(problemsOf(sized(20_481, ""), "bucket"), [tooLarge]);
  assert.deepEqual(problemsOf(sized(20_481, ""), "bucket", { bytesMax: 20_481 }), []);
  assert.deepEqual(problemsOf(sized(500, " ".repeat(65_536)), "bucket"), [tooLarge]);
});

test("parsePolicy() refuses a list of 201 values", () => {
  const many = JSON.stringify(Array.from({ length: 201 }, () => "s3:GetObject"));
  const message = "Invalid policy syntax: a list can have at most 200 values, got 201";
  expectProblem(having("Action", `"Action":‹${many}`), `Statement[0].Action | ${message} | `);
});

test("parsePolicy() accepts what AWS's documents show", () => {
  const statements = [
    {
      Sid: "Allow Public Access to All Objects",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: ARN,
    },
    { Principal: { AWS: ["*"] }, NotAction: "s3:*Acl", Resource: [ARN, "arn:aws:s3:::b"] },
    { Principal: { AWS: "111122223333" }, Action: "S3:getOBJECT", Resource: "arn:aws-cn:s3:::b/?" },
    { Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "*", NotResource: ARN },
    { Principal: { AWS: "arn:aws:iam:::user/u:s" }, Action: "s3:*", Resource: "arn:aws:s3:*:*:b*" },
    {
      Principal: { CanonicalUser: "465000002$465000002" },
      Action: "s3:List*",
      Resource: "arn:aws:s3:::*",
    },
    {
      Effect: "Deny",
      NotPrincipal: { AWS: ["111122223333"] },
      Action: "s3:HeadObject",
      Resource: ARN,
    },
  ];
  const whole = statements.map((statement) => ({ Effect: "Allow", ...statement }));
  const text = JSON.stringify({ Version: "2012-10-17", Id: "x", Statement: whole });
  assert.deepEqual(problemsOf(text, "bucket", { bucket: "b" }), []);
});

test("parsePolicy() reads an ARN with the bucket's own tenant as one without", () => {
  const statement = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: "arn:aws:s3::lab:b/*",
  };
  const policy = policyOf("bucket", statement, { bucket: "b", tenant: "lab" });
  assert.equal(decide([policy], { resource: "arn:aws:s3:::b/k" }).effect, "deny");
});

test("before Version 2012-10-17 a variable is text, with wildcards in it", () => {
  const statement = {
    Effect: "Allow",
    Action: "s3:*",
    Resource: "arn:aws:s3:::b/${aws:username}${*}",
  };
  const policy = policyOf("identity", statement, {}, "2008-10-17");
  const values = { "aws:username": "alice" };
  const at = (key: string): string =>
    decide([policy], { resource: `arn:aws:s3:::b/${key}`, values }).effect;
  assert.equal(at("alice*"), "none");
  assert.equal(at("${aws:username}${anything}"), "allow");
});

test("a statement is known by file, line, Sid and index", () => {
  const text = `{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"s3:PutObject","Resource":"*"},
    {"Sid":"read",
     "Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`;
  const policy = parsePolicy(text, "policies/lab.json", "identity");
  assert.ok(policy.ok);
  assert.deepEqual(decide([policy.value]), {
    effect: "allow",
    grip: "direct",
    statement: { file: "policies/lab.json", line: 3, sid: "read", index: 1 },
  });
});
