import { parseInstant } from "../config/scalars.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { didYouMean } from "../lib/suggestion.ts";
import type { ConditionKey } from "../policy/condition-keys.ts";
import { parseIpAddress } from "../policy/network.ts";
import { KEY_OF_PLACE, type TextPlace } from "./dimensions.ts";

/** The conditions that are taken for granted of all requests that are looked at. */
export type Under = {
  readonly ip: string | undefined;
  readonly atMs: number | undefined;
  readonly tls: boolean | undefined;
  /** The texts; the value is `undefined` if a text is absent. */
  readonly texts: ReadonlyMap<TextPlace, string | undefined>;
  /** Further headers, `name: value`. */
  readonly headers: readonly string[];
  /** Condition keys that then are known, in lower case. */
  readonly known: ReadonlySet<string>;
};

export const ANY_REQUEST: Under = {
  ip: undefined,
  atMs: undefined,
  tls: undefined,
  texts: new Map(),
  headers: [],
  known: new Set(),
};

/** Headers of writing requests that condition keys have the value of. */
const HEADERS: Partial<Record<ConditionKey, string>> = {
  "s3:x-amz-acl": "x-amz-acl",
  "s3:x-amz-grant-read": "x-amz-grant-read",
  "s3:x-amz-grant-write": "x-amz-grant-write",
  "s3:x-amz-grant-read-acp": "x-amz-grant-read-acp",
  "s3:x-amz-grant-write-acp": "x-amz-grant-write-acp",
  "s3:x-amz-grant-full-control": "x-amz-grant-full-control",
  "s3:x-amz-server-side-encryption": "x-amz-server-side-encryption",
  "s3:x-amz-server-side-encryption-aws-kms-key-id": "x-amz-server-side-encryption-aws-kms-key-id",
  "s3:x-amz-storage-class": "x-amz-storage-class",
  "s3:x-amz-website-redirect-location": "x-amz-website-redirect-location",
  "s3:object-lock-mode": "x-amz-object-lock-mode",
  "s3:object-lock-legal-hold": "x-amz-object-lock-legal-hold",
  "s3:if-match": "if-match",
  "s3:if-none-match": "if-none-match",
};

const PLACES: ReadonlyMap<string, TextPlace> = new Map<string, TextPlace>([
  [KEY_OF_PLACE.referer, "referer"],
  [KEY_OF_PLACE["user-agent"], "user-agent"],
  [KEY_OF_PLACE.prefix, "prefix"],
  [KEY_OF_PLACE.delimiter, "delimiter"],
]);

const CIRCUMSTANCES = ["aws:SourceIp", "aws:CurrentTime", "aws:SecureTransport"] as const;
const KEYS = [...CIRCUMSTANCES, ...PLACES.keys(), ...Object.keys(HEADERS)];

/** As a value: the request does not say it. */
const ABSENT = "absent";

/** Reads conditions such as `aws:SourceIp=198.51.100.7`. The error is a sentence about the first bad one. */
export function parseUnder(conditions: readonly string[]): Result<Under, string> {
  let under = ANY_REQUEST;
  for (const text of conditions) {
    const equals = text.indexOf("=");
    if (equals < 0) return err(`Expected KEY=VALUE or KEY=absent: got "${text}"`);
    const said = text.slice(0, equals);
    const key = KEYS.find((one) => one.toLowerCase() === said.toLowerCase());
    if (key === undefined) {
      const hint = didYouMean(said, new Set(KEYS), `Known: ${KEYS.join(", ")}`);
      return err(`Cannot take a value of "${said}" for granted. ${hint}`);
    }
    if (under.known.has(key.toLowerCase())) return err(`${key} is given twice`);
    const next = withCondition(under, key, text.slice(equals + 1));
    if (!next.ok) return err(`${key}: ${next.error}`);
    under = { ...next.value, known: new Set([...under.known, key.toLowerCase()]) };
  }
  return ok(under);
}

function withCondition(under: Under, key: string, value: string): Result<Under, string> {
  const place = PLACES.get(key);
  if (place !== undefined) {
    const text = value === ABSENT ? undefined : value;
    return ok({ ...under, texts: new Map([...under.texts, [place, text]]) });
  }
  switch (key) {
    case "aws:SourceIp":
      return parseIpAddress(value) === undefined
        ? err(`expected an address such as 198.51.100.7: got "${value}"`)
        : ok({ ...under, ip: value });
    case "aws:CurrentTime": {
      const instant = parseInstant(value);
      return instant.ok
        ? ok({ ...under, atMs: instant.value })
        : err(`${instant.error}: got "${value}"`);
    }
    case "aws:SecureTransport":
      return value === "true" || value === "false"
        ? ok({ ...under, tls: value === "true" })
        : err(`expected true or false: got "${value}"`);
    default:
      return withHeader(under, key, value);
  }
}

function withHeader(under: Under, key: string, value: string): Result<Under, string> {
  if (value === ABSENT) return ok(under);
  const name = Object.entries(HEADERS).find(([one]) => one === key)?.[1] ?? "";
  return ok({ ...under, headers: [...under.headers, `${name}: ${value}`] });
}
