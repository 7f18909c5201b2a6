import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { canonicalHeaders, canonicalQuery } from "../../../src/signature/canonical.ts";
import { parseContentSha256 } from "../../../src/signature/content-sha256.ts";

const query = (...pairs: readonly (readonly [string, string])[]) =>
  canonicalQuery(pairs.map(([name, value]) => ({ name, value })));

test("canonicalQuery() sorts by encoded name, not by the joined text", () => {
  assert.equal(query(["a-b", "1"], ["a", "2"]), "a=2&a-b=1");
  assert.equal(query(["b", ""], ["Ö", "1"], ["a", "1"]), "%C3%96=1&a=1&b=");
});

test("canonicalQuery() keeps duplicates, sorted by value", () => {
  assert.equal(query(["a", "2"], ["a", "10"], ["a", ""]), "a=&a=10&a=2");
});

test("canonicalQuery() encodes what RFC 3986 does not leave unreserved", () => {
  assert.equal(query(["a b", "+!'()*/~-._"]), "a%20b=%2B%21%27%28%29%2A%2F~-._");
});

test("canonicalQuery() is empty without parameters", () => assert.equal(query(), ""));

test("canonicalQuery() leaves out one name in any case", () => {
  const pairs = [
    { name: "X-Amz-SIGNATURE", value: "1" },
    { name: "a", value: "" },
  ];
  assert.equal(canonicalQuery(pairs, "x-amz-signature"), "a=");
});

test("canonicalHeaders() trims, collapses and joins values in the order of the names", () => {
  const headers = [
    ["host", "h"],
    ["x", " \t a  b\tc "],
    ["y", "1"],
    ["y", " 2"],
    ["unsigned", "z"],
  ].flat();
  assert.equal(
    canonicalHeaders(headers, ["x", "host", "y", "absent"]),
    "x:a b c\nhost:h\ny:1,2\nabsent:\n",
  );
});

test("canonicalHeaders() collapses spaces and tabs wherever they stand", () => {
  for (const [value, canonical] of [
    ["a", "a"],
    ["a b", "a b"],
    [" a", "a"],
    ["a ", "a"],
    ["\ta", "a"],
    ["a\t", "a"],
    ["a\tb", "a b"],
    ["a  b", "a b"],
    ["a \t b", "a b"],
    [" ", ""],
    ["", ""],
  ] as const) {
    assert.equal(canonicalHeaders(["x", value], ["x"]), `x:${canonical}\n`, JSON.stringify(value));
  }
});

test("canonicalHeaders() writes the same for thousands of names as for each of them", () => {
  const name = fc.integer({ min: 0, max: 60 }).map((n) => `h${n}`);
  const field = fc.tuple(name, fc.constantFrom("", "a", " a  b ", "h1"));
  fc.assert(
    fc.property(
      fc.array(field, { minLength: 40, maxLength: 80 }),
      fc.array(name, { minLength: 40, maxLength: 60 }),
      (fields, names) => {
        const headers = fields.flat();
        const each = names.map((one) => canonicalHeaders(headers, [one])).join("");
        assert.equal(canonicalHeaders(headers, names), each);
      },
    ),
  );
});

test("canonicalHeaders() does not take a value for a name", () => {
  assert.equal(canonicalHeaders(["a", "host", "host", "h"], ["host"]), "host:h\n");
});

const DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const payloads = [
  [DIGEST, { kind: "digest", sha256: DIGEST }],
  ["UNSIGNED-PAYLOAD", { kind: "unsigned" }],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { kind: "chunked", signed: false, trailer: true }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { kind: "chunked", signed: true, trailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { kind: "chunked", signed: true, trailer: true }],
] as const;

for (const [text, value] of payloads) {
  test(`parseContentSha256() reads ${text}`, () =>
    assert.deepEqual(parseContentSha256(text), { ok: true, value }));
}

const badPayloads = [
  ["", "InvalidArgument"],
  [DIGEST.toUpperCase(), "InvalidArgument"],
  [DIGEST.slice(1), "InvalidArgument"],
  [`0${DIGEST}`, "InvalidArgument"],
  [`${DIGEST}0`, "InvalidArgument"],
  ["unsigned-payload", "InvalidArgument"],
  ["STREAMING-UNSIGNED-PAYLOAD", "InvalidArgument"],
  ["STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "NotImplemented"],
  ["STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", "NotImplemented"],
] as const;

for (const [text, code] of badPayloads) {
  test(`parseContentSha256() refuses "${text}"`, () => {
    const payload = parseContentSha256(text);
    assert.equal(payload.ok ? "read" : payload.error.code, code);
  });
}
