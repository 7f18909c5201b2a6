import assert from "node:assert/strict";
import { test } from "node:test";
import { gateHead, type GatedHead } from "../../../src/http/field-gate.ts";
import { requestText } from "../../../src/store/request-text.ts";

function headOf(method: string, ...headers: string[]): GatedHead {
  const gated = gateHead({ method, target: "/bucket/key?a=b", headers: ["host", "s", ...headers] });
  assert.ok(gated.ok);
  return gated.value;
}

async function* pieces(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from("body"));
}

const BODY = Buffer.from("body");
const LENGTH = ["content-length", "4"] as const;

const WRITTEN = [
  ["no body", { head: headOf("GET"), body: undefined }, "", 0],
  ["no body of a PUT", { head: headOf("PUT"), body: undefined }, "content-length: 0\r\n", 0],
  ["no body of a POST", { head: headOf("POST"), body: undefined }, "content-length: 0\r\n", 0],
  ["a body in memory", { head: headOf("PUT"), body: BODY }, "content-length: 4\r\n", 4],
] as const;
for (const [what, sending, length, bodyBytes] of WRITTEN) {
  test(`requestText writes a head with ${what}`, () => {
    const { method } = sending.head;
    assert.deepEqual(requestText(sending), {
      text: `${method} /bucket/key?a=b HTTP/1.1\r\nhost: s\r\n${length}connection: keep-alive\r\n\r\n`,
      bodyBytes,
    });
  });
}

test("requestText writes a length once where the head says it, and what ends a connection", () => {
  for (const body of [BODY, pieces()]) {
    assert.deepEqual(requestText({ head: headOf("PUT", ...LENGTH), body, last: true }), {
      text: "PUT /bucket/key?a=b HTTP/1.1\r\nhost: s\r\ncontent-length: 4\r\nconnection: close\r\n\r\n",
      bodyBytes: 4,
    });
  }
});

test("requestText writes values as the bytes that they mean", () => {
  const { text } = requestText({ head: headOf("GET", "x-a", "caf\u00c3\u00a9"), body: undefined });
  assert.ok(Buffer.from(text, "latin1").includes("café"));
});

for (const [what, head, body] of [
  ["a body that is shorter than the head says", headOf("PUT", "content-length", "5"), BODY],
  ["a body that is longer than the head says", headOf("PUT", "content-length", "3"), BODY],
  ["no body where the head says one", headOf("PUT", ...LENGTH), undefined],
  ["a body that comes without a length", headOf("PUT"), pieces()],
] as const) {
  test(`requestText throws a TypeError for ${what}`, () => {
    assert.throws(() => requestText({ head, body }), TypeError);
  });
}
