import assert from "node:assert/strict";
import { test } from "node:test";
import { readClaims, type KnownNames } from "../../../src/prove/claim-reader.ts";

const KNOWN: KnownNames = {
  people: new Set(["lab", "lab:reader", "other"]),
  tiers: new Set(["READ", "FULL"]),
  others: false,
};

/** The problems of one line, as `line:column message`. */
function problemsOf(text: string, known = KNOWN): readonly string[] {
  const read = readClaims(text, "claims.txt", known);
  return read.ok
    ? []
    : read.error.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const GOOD = [
  "nobody may s3:DeleteObjectVersion on *",
  "nobody but lab:* may s3:GetObject on arn:aws:s3:::secret/*",
  "nobody but lab, lab:reader and anonymous may anything on arn:aws:s3:::secret",
  "nobody may change anything on arn:aws:s3::tenant:secret/* from outside 10.0.0.0/8, 2001:db8::/32",
  "lab:reader may nothing that changes anything",
  "lab:reader may nothing but s3:GetObject, s3:ListBucket on arn:aws:s3:::open*",
  "lab:reader may nothing after 2027-01-01",
  "tier READ may not s3:Put* or s3:Delete*",
  "anonymous may nothing without TLS",
  "everything comes from 198.51.100.0/24",
  "everything of lab:* on arn:aws:s3:::secret/* comes from 198.51.100.0/24",
  "everything comes over TLS",
  "nothing is public",
  "nothing on arn:aws:s3:::secret/* is public",
  "nothing is public on arn:aws:s3:::secret/*",
  "enforced nothing is public",
] as const;

for (const text of GOOD) {
  test(`a claim is read: ${text}`, () => {
    const read = readClaims(text, "claims.txt", KNOWN);
    if (!read.ok) assert.fail(JSON.stringify(read.error));
    const [claim, ...more] = read.value;
    assert.equal(more.length, 0);
    assert.equal(claim?.text, text.replace(/^enforced /u, ""));
    assert.equal(claim?.enforced, text.startsWith("enforced"));
  });
}

const BAD: readonly (readonly [text: string, problem: string])[] = [
  ["everybody may s3:GetObject", '1:1 Nobody is called so in the configuration: got "everybody"'],
  ["nobody but lb:* may anything", '1:12 Nobody is called so in the configuration: got "lb:*"'],
  ["lab:writer may nothing", '1:1 Nobody is called so in the configuration: got "lab:writer"'],
  ["tier RED may nothing", '1:6 Unknown tier: got "RED"'],
  ["nobody can anything", '1:8 Cannot read the claim: expected "may", got "can"'],
  ["nobody may", "1:11 Cannot read the claim: expected a name, got the end"],
  [
    "lab may s3:GetObject",
    '1:9 Cannot read the claim: expected "not" or "nothing", got "s3:GetObject"',
  ],
  ["nothing is pubic", '1:12 Cannot read the claim: expected "is public", got "pubic"'],
  [
    "nothing is public today",
    '1:19 Cannot read the claim: expected the end of the claim, got "today"',
  ],
  ["nobody may anything on secret/*", '1:24 Cannot read the resource: got "secret/*"'],
  [
    "nobody may anything on arn:aws:s3:::lab:secret/*",
    '1:24 Cannot read the resource: got "arn:aws:s3:::lab:secret/*"',
  ],
  [
    "nothing is public on arn:aws:s3:::secret/* on arn:aws:s3:::other/*",
    '1:44 This is said twice: got "on" again',
  ],
  [
    "lab may nothing from 192.0.2.0/24 without TLS from 198.51.100.0/24",
    '1:47 This is said twice: got "from" again',
  ],
  ["everything comes from 198.51.100.1/24", '1:23 Cannot read the network: got "198.51.100.1/24"'],
  [
    "lab may nothing after tomorrow",
    '1:23 Cannot read the claim: expected a time such as 2027-01-01, got "tomorrow"',
  ],
  ["nobody may s3:GetObject,", "1:25 Cannot read the claim: expected a name, got the end"],
];

for (const [text, problem] of BAD) {
  test(`text that is no claim is reported with its place: ${text}`, () => {
    assert.deepEqual(problemsOf(text), [problem]);
  });
}

test("an unknown action is reported with its place", () => {
  const [problem = ""] = problemsOf("nobody may s3:GetObjekt");
  assert.match(problem, /^1:12 .*s3:GetObjekt/u);
});

test("every line is a claim, and all mistakes are reported at once", () => {
  const text = "# what we promise\n\nnothing is public # nowhere\nnobody\nnothing is\n";
  assert.deepEqual(problemsOf(text), [
    '4:7 Cannot read the claim: expected "may", got the end',
    '5:11 Cannot read the claim: expected "is public", got the end',
  ]);
  assert.equal(problemsOf("# nothing\n\n").length, 0);
});

test("any name may be a user's if users may come from elsewhere", () => {
  assert.deepEqual(problemsOf("nobody but ceph-user may anything", { ...KNOWN, others: true }), []);
});
