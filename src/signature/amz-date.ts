/** Times as SigV4 and SigV2 write them. No clock is read here: every time comes as an argument. */

/** `ms` since the epoch as `YYYYMMDDTHHMMSSZ` (SigV4, "Elements of a request signature"). */
export function amzDate(ms: number): string {
  const date = new Date(ms);
  const day = `${date.getUTCFullYear()}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`;
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
  const ms = Date.UTC(
    Number(text.slice(0, 4)),
    Number(text.slice(4, 6)) - 1,
    Number(text.slice(6, 8)),
    Number(text.slice(9, 11)),
    Number(text.slice(11, 13)),
    Number(text.slice(13, 15)),
  );
  // `Date.UTC` takes 31 February for 3 March; then writing it again gives something else.
  return amzDate(ms) === text ? ms : undefined;
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
