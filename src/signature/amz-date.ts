/** Times as SigV4 and SigV2 write them. No clock is read here: every time comes as an argument. */

/** `ms` since the epoch as `YYYYMMDDTHHMMSSZ` (SigV4, "Elements of a request signature"). */
export function amzDate(ms: number): string {
  const date = new Date(ms);
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  const day = `${year}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`;
  const time = `${two(date.getUTCHours())}${two(date.getUTCMinutes())}${two(date.getUTCSeconds())}`;
  return `${day}T${time}Z`;
}

/** Written once: cutting `toISOString` apart costs twice as much, and each request does it twice. */
const TWO_DIGITS: readonly string[] = Array.from({ length: 60 }, (_, n) =>
  String(n).padStart(2, "0"),
);

function two(number: number): string {
  return TWO_DIGITS[number] ?? "";
}

/** `ms` since the epoch as error documents show it: `2013-05-24T00:00:00Z`. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

const AMZ_DATE = /^\d{8}T\d{6}Z$/;

/** The milliseconds since the epoch of a `YYYYMMDDTHHMMSSZ`; undefined if `text` is not one. */
export function parseAmzDate(text: string): number | undefined {
  if (!AMZ_DATE.test(text)) return undefined;
  const year = twoAt(text, 0) * 100 + twoAt(text, 2);
  const month = twoAt(text, 4);
  const day = twoAt(text, 6);
  const hour = twoAt(text, 9);
  const minute = twoAt(text, 11);
  const second = twoAt(text, 13);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  // `Date.UTC` takes 31 February for 3 March, and the years below 100 for those of a century.
  if (year < 100 || day < 1 || day > daysIn(year, month)) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** The number that the two digits of `text` at `place` write. */
function twoAt(text: string, place: number): number {
  return text.charCodeAt(place) * 10 + text.charCodeAt(place + 1) - ZERO * 11;
}

const ZERO = 0x30;
const DAYS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The days of a month; none if there is no such month. */
function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const HTTP_DATE =
  /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) (?:GMT|UTC|[+-]0000)$/;

/**
 * The milliseconds since the epoch of an HTTP date (RFC 9110 section 5.6.7, IMF-fixdate); undefined
 * if `text` is not one. Also with the zone as `+0000`, as SigV2's examples and s3cmd write it.
 */
export function parseHttpDate(text: string): number | undefined {
  const [, day = "", month = "", year = "", time = ""] = HTTP_DATE.exec(text) ?? [];
  const number = MONTHS.indexOf(month) + 1;
  if (number === 0) return undefined;
  const twoDigits = number < 10 ? `0${number}` : `${number}`;
  return parseAmzDate(`${year}${twoDigits}${day}T${time.replaceAll(":", "")}Z`);
}
