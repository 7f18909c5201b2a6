import assert from "node:assert/strict";
import { test } from "node:test";
import { droppedByConnection } from "../../../src/admission/store-headers.ts";

const lines = [
  ["nothing of an ordinary connection", ["connection", "keep-alive"], undefined],
  ["a field that counts", ["connection", "close, Range"], "range"],
  ["the host", ["connection", "host"], "host"],
  [
    "one that a second line names",
    ["connection", "close", "a", "b", "connection", "range"],
    "range",
  ],
  ["nothing that another field says", ["x-connection", "range"], undefined],
] as const;
for (const [what, headers, expected] of lines) {
  test(`droppedByConnection() finds ${what}`, () => {
    assert.equal(droppedByConnection(headers), expected);
  });
}
