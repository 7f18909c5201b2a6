import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compareDecimals,
  parseArn,
  parseDecimal,
  parseInstantText,
} from "../../../src/policy/values.ts";

const NUMBERS = [
  ["0", "-0", 0],
  ["0.0", "00", 0],
  ["+1", "1.000", 0],
  ["10", "9", 1],
  ["-10", "-9", -1],
  ["0.1", "0.09", 1],
  ["-0.1", "0", -1],
  ["9007199254740993", "9007199254740992", 1],
  ["0.30000000000000001", "0.3", 1],
] as const;

for (const [a, b, order] of NUMBERS) {
  test(`compareDecimals() of ${a} and ${b} has the sign ${order}`, () => {
    const [left, right] = [parseDecimal(a), parseDecimal(b)];
    assert.ok(left !== undefined && right !== undefined);
    assert.equal(Math.sign(compareDecimals(left, right)), order);
    assert.equal(Math.sign(compareDecimals(right, left)), order === 0 ? 0 : -order);
  });
}

for (const text of [
  "",
  " 1",
  "1 ",
  "1.",
  ".5",
  "1e3",
  "0x1",
  "10abc",
  "--1",
  "1,0",
  "NaN",
  "Infinity",
  "١",
]) {
  test(`parseDecimal() refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseDecimal(text), undefined);
  });
}

/** Instants as Unix seconds, from `date -u -d … +%s`. */
const INSTANTS = [
  ["1970-01", 0],
  ["1970-01-02", 86_400],
  ["2013-05-24T00:00Z", 1_369_353_600],
  ["2013-05-24T02:00:01+02:00", 1_369_353_601],
  ["2013-05-23T22:30:00-01:30", 1_369_353_600],
  ["2013-05-24T00:00:00.25Z", 1_369_353_600.25],
  ["2024-02-29", 1_709_164_800],
  // The first year, and years that JavaScript takes for those of the 20th century.
  ["0000-01-01", -62_167_219_200],
  ["0050-01-01", -60_589_296_000],
  ["0099-12-31T23:59:59Z", -59_011_459_201],
  ["0", 0],
  ["2026", 2026],
  ["1369353600", 1_369_353_600],
  ["100000000000", 100_000_000_000],
] as const;

for (const [text, seconds] of INSTANTS) {
  test(`parseInstantText() reads ${text}`, () =>
    assert.equal(parseInstantText(text), seconds * 1000));
}

for (const text of [
  "",
  "yesterday",
  "2013-13",
  "2013-00",
  "2013-02-29",
  "2013-05-00",
  "2013-5-24",
  "2013-05-24T00:00:00",
  "2013-05-24 00:00:00Z",
  "2013-05-24T24:00:00Z",
  "2013-05-24T00:60Z",
  "2013-05-24T00:00:60Z",
  "2013-05-24T00:00:00+24:00",
  "2013-05-24T00:00:00+0200",
  "20130524T000000Z",
  "-1",
  "1.5",
  "100000000001",
  "1369353600000",
]) {
  test(`parseInstantText() refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseInstantText(text), undefined);
  });
}

test("parseArn() keeps colons and slashes in the sixth component", () => {
  const parts = ["arn", "aws", "iam", "", "1", "user/a:b/c"];
  assert.deepEqual(parseArn(parts.join(":")), parts);
  assert.equal(parseArn("arn:aws:iam::1"), undefined);
  assert.equal(parseArn("urn:aws:iam::1:user"), undefined);
});
