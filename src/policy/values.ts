/**
 * The values that conditions compare, read from a policy and from a request by the same rules
 * (S3-AUTHORIZATION section 3.5). Whatever is not exactly such a value is undefined.
 */

/** The form in which texts are compared by the `…IgnoreCase` operators. */
export function foldCase(text: string): string {
  return text.toLowerCase();
}

/** A decimal number of any size, exactly: no leading and no trailing zeros in its digits. */
export type Decimal = {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
};

const DECIMAL = /^([+-]?)([0-9]+)(?:\.([0-9]+))?$/;

/** Reads `-12.50`: digits, an optional sign and fraction; no exponent, no hex, no spaces. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const whole = withoutLeadingZeros(match[2] ?? "0");
  const fraction = withoutTrailingZeros(match[3] ?? "");
  const zero = whole === "0" && fraction === "";
  return { negative: match[1] === "-" && !zero, whole, fraction };
}

/**
 * Removes leading zeros by a loop: an expression for it (`0*([0-9]+)`) tries every split of a text
 * that is no number.
 */
function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (start < digits.length - 1 && digits[start] === "0") start++;
  return digits.slice(start);
}

/** Returns a number that is negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  const size = compareSizes(a, b);
  return a.negative ? -size : size;
}

function compareSizes(a: Decimal, b: Decimal): number {
  if (a.whole.length !== b.whole.length) return a.whole.length - b.whole.length;
  if (a.whole !== b.whole) return a.whole < b.whole ? -1 : 1;
  if (a.fraction === b.fraction) return 0;
  return a.fraction < b.fraction ? -1 : 1;
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

/** W3C's profile of ISO 8601 (NOTE-datetime); a bare year would be read as epoch seconds. */
const ISO_DATE =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2}))?)?$/;

/** Above this, a number of seconds is really one of milliseconds: refused rather than guessed. */
const EPOCH_SECONDS_MAX = 100_000_000_000;

/** An instant in milliseconds since the epoch, from an ISO 8601 date or epoch seconds. */
export function parseInstantText(text: string): number | undefined {
  if (/^\d{1,12}$/.test(text)) {
    const seconds = Number(text);
    return seconds <= EPOCH_SECONDS_MAX ? seconds * 1000 : undefined;
  }
  const match = ISO_DATE.exec(text);
  return match === null ? undefined : instantOf(match);
}

function instantOf(match: RegExpExecArray): number | undefined {
  const part = (index: number, absent: number): number => Number(match[index] ?? absent);
  const [year, month, day] = [part(1, 0), part(2, 1), part(3, 1)];
  const [hour, minute, second] = [part(4, 0), part(5, 0), part(6, 0)];
  const date = new Date(0);
  // Date.UTC would read the year 50 as 1950.
  const midnight = date.setUTCFullYear(year, month - 1, day);
  // It carries 31 February over into March, and 0 May into April: no date that anyone wrote.
  if (date.getUTCMonth() !== month - 1) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetMinutes = zoneMinutes(match[8] ?? "Z");
  if (offsetMinutes === undefined) return undefined;
  const milliseconds = Math.floor(Number(`0.${match[7] ?? "0"}`) * 1000);
  return midnight + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000 + milliseconds;
}

function zoneMinutes(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Base64 (RFC 4648 section 4, padded) in its one canonical spelling, so that texts compare. */
export function parseBinary(text: string): string | undefined {
  return BASE64.test(text) ? Buffer.from(text, "base64").toString("base64") : undefined;
}

/** The components of an ARN; the sixth may have `:` and `/` in it. Undefined if it is none. */
export function parseArn(text: string): readonly string[] | undefined {
  if (!text.startsWith("arn:")) return undefined;
  const parts: string[] = [];
  let at = 0;
  for (let i = 0; i < 5; i++) {
    const colon = text.indexOf(":", at);
    if (colon < 0) return undefined;
    parts.push(text.slice(at, colon));
    at = colon + 1;
  }
  parts.push(text.slice(at));
  return parts;
}
