import { err, ok, type Result } from "../lib/result.ts";
import { CREDENTIAL_PROBLEMS } from "../s3/fault-table.ts";
import { filledIn, type FaultElement } from "../s3/faults.ts";
import type { SignatureRules } from "./rules.ts";

/** A credential and the scope its signing key is made for. */
export type ScopedCredential = {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  /** The region as the client names it; can be empty. */
  readonly region: string;
  /** `date/region/s3/aws4_request`, as it stands in the string to sign. */
  readonly scope: string;
  /** The service; S3 if absent. */
  readonly service?: string;
};

/** The problem of a scope, to be put after the name of its header or parameter. */
export type ScopeProblem = {
  readonly message: string;
  readonly elements: readonly FaultElement[];
  readonly why: string | undefined;
};

/** The only service whose signatures reach the store (CVE-2026-55873: others led elsewhere). */
export const SERVICE = "s3";
const TERMINATOR = "aws4_request";
/**
 * The longest name of a region: none is known beyond it, and the signing-key cache must not hold
 * long names.
 */
const REGION_LENGTH_MAX = 128;
const EIGHT_DIGITS = /^\d{8}$/;
const VISIBLE_ASCII = /^[\u0021-\u007e]*$/;

/**
 * Reads `AKID/YYYYMMDD/REGION/SERVICE/aws4_request`. Parts are counted from the right, since access
 * keys of other stores than AWS may contain slashes. `expected`: the one service that it may be for.
 * Messages are AWS's own.
 */
export function parseCredential(
  text: string,
  rules: SignatureRules,
  expected: string = SERVICE,
): Result<ScopedCredential, ScopeProblem> {
  // Reads from the end: a slash may also stand in an access key id.
  const last = text.lastIndexOf("/");
  const third = text.lastIndexOf("/", last - 1);
  const second = text.lastIndexOf("/", third - 1);
  const first = text.lastIndexOf("/", second - 1);
  const accessKeyId = text.slice(0, Math.max(first, 0));
  const date = text.slice(first + 1, second);
  const region = text.slice(second + 1, third);
  const service = text.slice(third + 1, last);
  const terminator = text.slice(last + 1);
  if (accessKeyId === "" || !VISIBLE_ASCII.test(text)) {
    return problem(CREDENTIAL_PROBLEMS.credential);
  }
  if (terminator !== TERMINATOR) {
    return problem(filledIn(CREDENTIAL_PROBLEMS.terminal, [terminator]));
  }
  if (service !== expected) {
    return problem(filledIn(CREDENTIAL_PROBLEMS.service, [service, expected]));
  }
  // Only the digits are checked: the request has a real date, which must be of the same day.
  if (!EIGHT_DIGITS.test(date)) {
    return problem(filledIn(CREDENTIAL_PROBLEMS.date, [date]));
  }
  const scope = scopeOf(date, region, expected);
  const credential = { accessKeyId, date, region, scope };
  return (
    checkRegion(region, rules) ?? ok(expected === SERVICE ? credential : { ...credential, service })
  );
}

/** The scope of a signature: `date` as `YYYYMMDD`. */
export function scopeOf(date: string, region: string, service: string = SERVICE): string {
  return `${date}/${region}/${service}/${TERMINATOR}`;
}

function checkRegion(
  region: string,
  rules: SignatureRules,
): Result<never, ScopeProblem> | undefined {
  if (region.length > REGION_LENGTH_MAX) {
    return problem(CREDENTIAL_PROBLEMS.credential, [], "the region is too long");
  }
  const [expected] = rules.regions;
  if (expected === undefined || rules.regions.includes(region)) return undefined;
  // SDKs read the element and repeat the request with that region.
  const elements = [["Region", expected]] as const;
  return problem(filledIn(CREDENTIAL_PROBLEMS.region, [region, expected]), elements);
}

function problem(
  message: string,
  elements: readonly FaultElement[] = [],
  why?: string,
): Result<never, ScopeProblem> {
  return err({ message, elements, why });
}
