import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amzDate,
  isoSeconds,
  parseAmzDate,
  parseHttpDate,
} from "../../../src/signature/amz-date.ts";

test("amzDate() and isoSeconds() write a time to the second", () => {
  assert.equal(amzDate(1_369_353_600_999), "20130524T000000Z");
  assert.equal(amzDate(Date.UTC(2028, 1, 29, 23, 59, 58)), "20280229T235958Z");
  assert.equal(isoSeconds(1_369_353_600_999), "2013-05-24T00:00:00Z");
});

test("parseAmzDate() reads a time", () => {
  assert.equal(parseAmzDate("20130524T000000Z"), 1_369_353_600_000);
  assert.equal(parseAmzDate("20280229T235958Z"), Date.UTC(2028, 1, 29, 23, 59, 58));
});

for (const text of [
  "",
  "20130524",
  "20130524T000000",
  "2013-05-24T00:00:00Z",
  "20130524T000000z",
]) {
  test(`parseAmzDate() refuses the form of "${text}"`, () =>
    assert.equal(parseAmzDate(text), undefined));
}
for (const text of [
  "20130230T000000Z",
  "20131301T000000Z",
  "20130524T240000Z",
  "20130524T006000Z",
]) {
  test(`parseAmzDate() refuses ${text}, which there never was`, () =>
    assert.equal(parseAmzDate(text), undefined));
}

test("parseHttpDate() reads HTTP dates with both zones", () => {
  assert.equal(parseHttpDate("Fri, 24 May 2013 00:00:00 GMT"), 1_369_353_600_000);
  assert.equal(parseHttpDate("Fri, 24 May 2013 00:00:00 +0000"), 1_369_353_600_000);
  assert.equal(parseHttpDate("Sat, 01 Dec 2007 12:00:01 UTC"), Date.UTC(2007, 11, 1, 12, 0, 1));
});

for (const text of [
  "",
  "Fri, 24 May 2013 00:00:00",
  "Fri, 24 May 2013 00:00:00 +0100",
  "Fri, 24 Mai 2013 00:00:00 GMT",
  "Fri, 31 Feb 2013 00:00:00 GMT",
  "24 May 2013 00:00:00 GMT",
  "1369353600",
]) {
  test(`parseHttpDate() refuses "${text}"`, () => assert.equal(parseHttpDate(text), undefined));
}
