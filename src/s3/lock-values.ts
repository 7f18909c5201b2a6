import { firstValue, type HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { child } from "./document-shape.ts";
import { fault, type Fault } from "./faults.ts";
import { malformed, type XmlElement } from "./xml.ts";

/** The values of an object's lock in a request. Each is `undefined` if the request does not set it. */
export type LockValues = {
  /** `GOVERNANCE` or `COMPLIANCE`. */
  readonly mode: string | undefined;
  /** The date as sent: one that exists, to the second or finer, in UTC (`2030-01-01T00:00:00Z`). */
  readonly retainUntil: string | undefined;
  /** `ON` or `OFF`. */
  readonly legalHold: string | undefined;
  /** `ON` or `OFF`. */
  readonly eventHold: string | undefined;
  /** Years count as 365 days. */
  readonly eventHoldDays: number | undefined;
};

export const NO_LOCK: LockValues = {
  mode: undefined,
  retainUntil: undefined,
  legalHold: undefined,
  eventHold: undefined,
  eventHoldDays: undefined,
};

/**
 * The lock that `x-amz-object-lock-*` set on a new object ("PutObject", S3 API Reference).
 * Error: InvalidArgument for a value that S3 does not have. Stores differ in letter case and in how
 * they read odd dates; a value that only some of them understand could not be judged.
 */
export function lockInHeaders(headers: HeaderList): Result<LockValues, Fault> {
  const said = (name: string): string | undefined =>
    firstValue(headers, `x-amz-object-lock-${name}`);
  return lockOf(
    {
      mode: said("mode"),
      retainUntil: said("retain-until-date"),
      legalHold: said("legal-hold"),
      eventHold: said("event-hold"),
      days: said("event-hold-duration-days"),
      years: said("event-hold-duration-years"),
    },
    (why) => fault("InvalidArgument", `Cannot read the object lock headers: ${why}`),
  );
}

/**
 * The lock of a `<Retention>` ("PutObjectRetention", S3 API Reference); an empty one takes it away.
 * Error: MalformedXML, as lockInHeaders().
 */
export function lockInRetention(root: XmlElement): Result<LockValues, Fault> {
  const duration = child(root, "EventHoldDuration");
  return lockOf(
    {
      mode: child(root, "Mode")?.text,
      retainUntil: child(root, "RetainUntilDate")?.text,
      legalHold: undefined,
      eventHold: child(root, "EventHold")?.text,
      days: duration && child(duration, "Days")?.text,
      years: duration && child(duration, "Years")?.text,
    },
    malformed,
  );
}

/**
 * The lock of a `<LegalHold>` ("PutObjectLegalHold", S3 API Reference).
 * Error: MalformedXML, also without a status.
 */
export function lockInLegalHold(root: XmlElement): Result<LockValues, Fault> {
  const legalHold = child(root, "Status")?.text ?? "";
  return isSwitch(legalHold)
    ? ok({ ...NO_LOCK, legalHold })
    : err(malformed(`the status of a legal hold is ON or OFF: got "${legalHold}"`));
}

/** The texts as sent. */
type Said = {
  readonly mode: string | undefined;
  readonly retainUntil: string | undefined;
  readonly legalHold: string | undefined;
  readonly eventHold: string | undefined;
  readonly days: string | undefined;
  readonly years: string | undefined;
};

function lockOf(said: Said, complain: (why: string) => Fault): Result<LockValues, Fault> {
  const why = wrongIn(said);
  if (why !== undefined) return err(complain(why));
  const { mode, retainUntil, legalHold, eventHold, days, years } = said;
  return ok({ mode, retainUntil, legalHold, eventHold, eventHoldDays: daysOf(days, years) });
}

function wrongIn(said: Said): string | undefined {
  const { mode, retainUntil, legalHold, eventHold, days, years } = said;
  if (mode !== undefined && mode !== "GOVERNANCE" && mode !== "COMPLIANCE") {
    return `the mode is GOVERNANCE or COMPLIANCE: got "${mode}"`;
  }
  if (retainUntil !== undefined && !isLockInstant(retainUntil)) {
    return `the retention ends at an ISO 8601 date in UTC: got "${retainUntil}"`;
  }
  if (legalHold !== undefined && !isSwitch(legalHold)) {
    return `a legal hold is ON or OFF: got "${legalHold}"`;
  }
  if (eventHold !== undefined && !isSwitch(eventHold)) {
    return `an event hold is ON or OFF: got "${eventHold}"`;
  }
  return wrongDuration(days, years);
}

function wrongDuration(days: string | undefined, years: string | undefined): string | undefined {
  if (days !== undefined && years !== undefined) return "a duration is in days or in years";
  const duration = days ?? years;
  if (duration === undefined || /^[1-9][0-9]{0,4}$/.test(duration)) return undefined;
  return `a duration is a number of days or years: got "${duration}"`;
}

function daysOf(days: string | undefined, years: string | undefined): number | undefined {
  if (days !== undefined) return Number(days);
  return years === undefined ? undefined : Number(years) * 365;
}

function isSwitch(text: string): boolean {
  return text === "ON" || text === "OFF";
}

/** UTC only: some stores pass over an offset. */
const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?Z$/;

/**
 * Returns true if `text` is a date that exists, in UTC. Written again it must be the same: some
 * readers carry 31 February over into March.
 */
export function isLockInstant(text: string): boolean {
  const seconds = INSTANT.exec(text)?.[1];
  const time = Date.parse(`${seconds}Z`);
  return !Number.isNaN(time) && new Date(time).toISOString() === `${seconds}.000Z`;
}
