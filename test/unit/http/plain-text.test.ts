import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isPlainText } from "../../../src/http/plain-text.ts";

test("isPlainText() finds every character that is not plain, wherever it stands", () => {
  for (const length of [1, 2, 3, 4, 5, 64]) {
    for (let at = 0; at < length; at++) {
      for (let code = 0; code <= 0x120; code++) {
        const text = "a".repeat(at) + String.fromCharCode(code) + "z".repeat(length - at - 1);
        assert.equal(isPlainText(text, 0), code >= 0x20 && code < 0x7f, JSON.stringify(text));
      }
    }
  }
});

test("isPlainText() counts the line ends, and knows no other control characters", () => {
  assert.ok(isPlainText("", 0));
  assert.ok(isPlainText("a: b\r\nc: d\r\n\r\n", 3));
  for (const text of ["a: b\r\nc: d\r\n", "a: b\r\nc: d\r\n\r\n\r\n", "a\r\nb\r\nc\r\n\t", "a\r"]) {
    assert.ok(!isPlainText(text, 3), JSON.stringify(text));
  }
});

test("isPlainText() does not look back at longer texts of before", () => {
  assert.ok(!isPlainText("\0".repeat(64), 0));
  for (let length = 0; length < 16; length++) assert.ok(isPlainText("a".repeat(length), 0));
});

test("isPlainText() leaves long texts to a closer look", () => {
  assert.ok(isPlainText("a".repeat(16_380), 0));
  assert.ok(!isPlainText("a".repeat(16_381), 0));
});

test("isPlainText() does not take the part that fits for the whole", () => {
  // Each takes more bytes than characters: cut off, there can be as many of both.
  for (const wide of ["\x80", "\xff\xff", "\u0800", "\u{1f600}", "\ud800"]) {
    for (let length = 16_370; length <= 16_390; length++) {
      const plain = "a".repeat(length - wide.length);
      for (const text of [wide + plain, plain + wide, `\xff\xff${plain.slice(2)}${wide}`]) {
        assert.ok(!isPlainText(text, 0), `${length} with ${JSON.stringify(wide)}`);
      }
    }
  }
});

test("isPlainText() is true of nothing that has another byte", () => {
  const piece = fc.constantFrom("\r\n", "a", "~", " ", "\t", "\r", "\n", "\0", "\x7f", "\x80", "é");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      const ends = text.split("\r\n").length - 1;
      assert.equal(isPlainText(text, ends), /^(?:[\x20-\x7e]|\r\n)*$/.test(text));
    }),
  );
});
