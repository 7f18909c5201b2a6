import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeUtf8 } from "../../../src/lib/utf8.ts";

const TEXTS = [
  ["nothing", "", ""],
  ["four bytes", "f09faaa3", "🪣"],
  ["a byte order mark", "efbbbf61", "\ufeffa"],
  ["NUL", "00", "\0"],
  ["half a character", "c3", undefined],
  ["a slash in two bytes", "c0af", undefined],
  ["half of a surrogate pair", "eda080", undefined],
  ["latin1", "e9", undefined],
] as const;

for (const [name, hex, text] of TEXTS) {
  test(`decodeUtf8() reads ${name} as ${JSON.stringify(text)}`, () => {
    assert.equal(decodeUtf8(Buffer.from(hex, "hex")), text);
  });
}
