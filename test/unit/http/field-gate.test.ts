import assert from "node:assert/strict";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { test } from "node:test";
import * as fc from "fast-check";
import { Client } from "undici";
import { gateHead, isFieldName, isFieldValue } from "../../../src/http/field-gate.ts";

const HEAD = { method: "GET", target: "/b/k", headers: ["host", "store"] };
const problemOf = (change: Partial<typeof HEAD>): unknown => {
  const gated = gateHead({ ...HEAD, ...change });
  return gated.ok ? undefined : gated.error;
};
const field = (why: string): object => ({ part: "field", at: 2, why });

const rows: readonly (readonly [string, Partial<typeof HEAD>, unknown])[] = [
  ["an ordinary head", {}, undefined],
  ["obs-text in a value", { headers: ["host", "store", "x-amz-meta-a", "\xe4"] }, undefined],
  ["a tab inside a value", { headers: ["host", "store", "x-amz-meta-a", "a\tb"] }, undefined],
  ["an empty value", { headers: ["host", "store", "x-amz-meta-a", ""] }, undefined],
  ["the same field twice", { headers: ["range", "a", "range", "b"] }, undefined],
  ["a method in lower case", { method: "get" }, { part: "method" }],
  ["a method with a blank", { method: "GET /" }, { part: "method" }],
  ["no method", { method: "" }, { part: "method" }],
  ["a target without slash", { target: "b" }, { part: "target" }],
  ["an absolute target", { target: "http://elsewhere/" }, { part: "target" }],
  ["a blank in the target", { target: "/a b" }, { part: "target" }],
  ["a line break in the target", { target: "/a\r\nb" }, { part: "target" }],
  ["a target that is not ASCII", { target: "/ä" }, { part: "target" }],
  ["a blank in a name", { headers: ["host", "store", "x-amz-meta-a b", ""] }, field("name")],
  ["a name in upper case", { headers: ["host", "store", "X-Amz-Acl", ""] }, field("name")],
  ["an empty name", { headers: ["host", "store", "", ""] }, field("name")],
  ["a colon in a name", { headers: ["host", "store", "a:b", ""] }, field("name")],
  ["a line break in a value", { headers: ["host", "s", "a", "b\r\nc: d"] }, field("value")],
  ["a NUL in a value", { headers: ["host", "store", "a", "\0"] }, field("value")],
  ["DEL in a value", { headers: ["host", "store", "a", "\x7f"] }, field("value")],
  ["a character beyond one byte", { headers: ["host", "store", "a", "€"] }, field("value")],
  ["a blank before a value", { headers: ["host", "store", "a", " b"] }, field("value")],
  ["a tab behind a value", { headers: ["host", "store", "a", "b\t"] }, field("value")],
  ["a name without a value", { headers: ["host", "store", "a"] }, field("value")],
  ["a second host", { headers: ["host", "store", "host", "other"] }, field("repeated")],
  ["a connection field", { headers: ["host", "s", "connection", "close"] }, field("connection")],
  ["transfer-encoding", { headers: ["host", "s", "transfer-encoding", "x"] }, field("connection")],
  ["expect", { headers: ["host", "s", "expect", "100-continue"] }, field("connection")],
  [
    "a length that is no number",
    { headers: ["host", "s", "content-length", "1a"] },
    field("length"),
  ],
];
for (const [what, change, problem] of rows) {
  test(`gateHead() ${problem === undefined ? "passes" : "refuses"} ${what}`, () => {
    assert.deepEqual(problemOf(change), problem);
  });
}

test("gateHead() refuses a second content-length", () => {
  const headers = ["content-length", "1", "content-length", "1"];
  assert.deepEqual(problemOf({ headers }), field("repeated"));
});

test("with() adds fields that pass, and none of them if one does not, or does not with the others", () => {
  const gated = gateHead(HEAD);
  assert(gated.ok);
  const longer = gated.value.with(["traceparent", "00"]);
  assert.deepEqual(longer.headers, [...HEAD.headers, "traceparent", "00"]);
  assert.equal(longer.text, "GET /b/k HTTP/1.1\r\nhost: store\r\ntraceparent: 00\r\n");
  for (const more of [
    ["traceparent", "00", "a b", "c"],
    ["host", "other"],
  ]) {
    assert.equal(gated.value.with(more), gated.value);
  }
});

test("a head has the host and the length that it says", () => {
  const headers = ["range", "a", "content-length", "0012", "host", "store:1"];
  const gated = gateHead({ ...HEAD, headers });
  assert(gated.ok);
  assert.equal(gated.value.host, "store:1");
  assert.equal(gated.value.bodyBytes, 12);
  const bare = gateHead({ ...HEAD, headers: [] });
  assert(bare.ok);
  assert.equal(bare.value.host, undefined);
  assert.equal(bare.value.bodyBytes, undefined);
});

test("what is written is what passed, whatever becomes of the head and its fields", () => {
  const headers = [...HEAD.headers, "content-length", "3"];
  const gated = gateHead({ ...HEAD, headers });
  assert(gated.ok);
  const { text } = gated.value;
  headers[1] = "elsewhere";
  headers[3] = "4";
  headers.push("x-a", "1\r\nx-amz-acl: public-read");
  Object.assign(gated.value, { method: "PUT /", target: "/a b" });
  assert.equal(gated.value.text, text);
  assert.equal(gated.value.host, "store");
  assert.equal(gated.value.bodyBytes, 3);
  headers.splice(0, headers.length, "host", "elsewhere", "x-amz-acl", "public-read");
  const longer = gated.value.with(["traceparent", "00"]);
  assert.equal(longer.text, `${text}traceparent: 00\r\n`);
  assert.equal(longer.host, "store");
  assert.equal(longer.bodyBytes, 3);
  assert.throws(() => Object.assign(gated.value, { text: "GET / HTTP/1.1\r\n" }), TypeError);
});

const text = fc.string({ unit: "binary", maxLength: 12 });

test("a head that passes the gate passes Node's own checks of names and values", () => {
  fc.assert(
    fc.property(text, text, (name, value) => {
      if (isFieldName(name)) validateHeaderName(name);
      if (isFieldValue(value)) validateHeaderValue("x", value);
    }),
    { numRuns: 5_000 },
  );
});

test("undici refuses no head that passes the gate", async () => {
  // Nothing listens there: whether undici takes the request shows before it connects.
  const client = new Client("http://127.0.0.1:9");
  const headers = fc.array(
    fc.tuple(fc.oneof(text, fc.constantFrom("host", "content-length", "te", "x-a")), text),
  );
  try {
    fc.assert(
      fc.property(
        fc.constantFrom("GET", "HEAD", "DELETE"),
        text,
        headers,
        (method, path, fields) => {
          const gated = gateHead({ method, target: `/${path}`, headers: fields.flat() });
          if (!gated.ok) return;
          const { target, headers: passed } = gated.value;
          let refused: Error | undefined;
          client.dispatch(
            { method, path: target, headers: [...passed] },
            {
              onRequestStart: () => undefined,
              onResponseStart: () => undefined,
              onResponseData: () => undefined,
              onResponseEnd: () => undefined,
              onResponseError: (_, error) => (refused = error),
            },
          );
          assert.equal(refused, undefined);
        },
      ),
      { numRuns: 2_000 },
    );
  } finally {
    await client.destroy();
  }
});
