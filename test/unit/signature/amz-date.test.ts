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

test("amzDate() writes four digits of every year, so that none is read with three", () => {
  const ms = Date.UTC(999, 11, 31, 23, 59, 59);
  assert.equal(amzDate(ms), "09991231T235959Z");
  assert.equal(parseAmzDate("09991231T235959Z"), ms);
  assert.equal(parseAmzDate("9991231T235959Z"), undefined);
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
  "x20130524T000000Z",
  "20130524T000000Zx",
  "201305240000T000000Z",
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

const twoDigits = (number: number) => String(number).padStart(2, "0");

/** The time as ISO 8601 writes it, if V8's own parser knows it and gives the same day back. */
function asIso(day: string, time: string): number | undefined {
  const ms = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(day) ? undefined : ms;
}

test("parseAmzDate() knows the days that ISO 8601 has, and no others", () => {
  for (const year of ["0100", "0101", "1900", "1999", "2000", "2023", "2024", "2100", "9999"])
    for (let month = 0; month <= 14; month += 1)
      for (let day = 0; day <= 33; day += 1) {
        const [mm, dd] = [twoDigits(month), twoDigits(day)];
        assert.equal(
          parseAmzDate(`${year}${mm}${dd}T000000Z`),
          asIso(`${year}-${mm}-${dd}`, "00:00:00"),
          `${year}-${mm}-${dd}`,
        );
      }
});

test("parseAmzDate() knows the times that ISO 8601 has, but not 24:00:00", () => {
  for (let number = 0; number <= 99; number += 1) {
    const two = twoDigits(number);
    const day = "2024-02-29";
    const hour = number === 24 ? undefined : asIso(day, `${two}:00:00`);
    assert.equal(parseAmzDate(`20240229T${two}0000Z`), hour, `hour ${two}`);
    assert.equal(parseAmzDate(`20240229T00${two}00Z`), asIso(day, `00:${two}:00`), `minute ${two}`);
    assert.equal(parseAmzDate(`20240229T0000${two}Z`), asIso(day, `00:00:${two}`), `second ${two}`);
  }
});

test("parseAmzDate() refuses the years that Date.UTC takes for another century's", () => {
  assert.equal(parseAmzDate("00240101T000000Z"), undefined);
  assert.equal(parseAmzDate("00991231T000000Z"), undefined);
});

test("parseHttpDate() reads the first day of each month as V8 does", () => {
  for (let month = 0; month < 12; month += 1) {
    const text = new Date(Date.UTC(2024, month, 1, 12, 34, 56)).toUTCString();
    assert.equal(parseHttpDate(text), Date.parse(text), text);
  }
});

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
  "x Fri, 24 May 2013 00:00:00 GMT",
  "Fri, 24 May 2013 00:00:00 GMT ",
  "1369353600",
]) {
  test(`parseHttpDate() refuses "${text}"`, () => assert.equal(parseHttpDate(text), undefined));
}
