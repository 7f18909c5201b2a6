import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionOptions } from "../../../src/http/hop-by-hop.ts";

test("connectionOptions() returns each option in lower case, without the blanks around it", () => {
  assert.deepEqual(connectionOptions(" Close,\t, x-A \t,keep-alive "), [
    "close",
    "x-a",
    "keep-alive",
  ]);
  assert.deepEqual(connectionOptions("\xa0close"), ["\xa0close"]);
});

// A reader that looked through each run of blanks anew would be at this for hours.
test("connectionOptions() reads blanks within an option once", () => {
  const option = `a${" \t".repeat(1024 * 1024)}b`;
  assert.deepEqual(connectionOptions(option), [option]);
});
