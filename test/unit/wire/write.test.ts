import assert from "node:assert/strict";
import { test } from "node:test";
import { gateHead } from "../../../src/http/field-gate.ts";
import { readAnswerHead } from "../../../src/wire/answer-head.ts";
import { readRequestHead } from "../../../src/wire/request-head.ts";
import { answerHeadText, lastChunk } from "../../../src/wire/write.ts";

test("a request that passed the gate is written as it is read", () => {
  const headers = ["host", "store:1", "x-amz-meta-a", "\xe9 b", "content-length", "3"];
  const gated = gateHead({ method: "PUT", target: "/b/k?x", headers });
  assert.ok(gated.ok);
  const { text } = gated.value;
  assert.equal(text.slice(-2), "\r\n");
  assert.notEqual(text.slice(-4, -2), "\r\n");
  const read = readRequestHead(text);
  assert.deepEqual(read.ok && read.value.fields, headers);
  assert.equal(read.ok && read.value.target, "/b/k?x");
});

test("an answer is written as it is read", () => {
  const headers = ["etag", '"a"', "x-amz-meta-a", "\xe9", "content-length", "3"];
  const text = answerHeadText(206, "Partial Content", headers);
  const read = readAnswerHead(text.slice(0, -2), "GET");
  assert.deepEqual(read.ok && read.value.fields, headers);
  assert.equal(read.ok && read.value.reason, "Partial Content");
});

for (const odd of ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\0b", "a\x7f", "\u0100"]) {
  test(`no answer is split by ${JSON.stringify(odd)}`, () => {
    assert.throws(() => answerHeadText(200, "OK", ["x-a", odd]), TypeError);
    assert.throws(() => answerHeadText(200, odd, []), TypeError);
    assert.throws(() => lastChunk(["x-a", odd]), TypeError);
  });
}
