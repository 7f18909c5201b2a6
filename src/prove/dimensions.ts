import { holderOf, type Key } from "../admission/principal.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { GlobPart } from "../lib/glob.ts";
import { templatesOf, type Condition } from "../policy/condition.ts";
import type { ConditionKey } from "../policy/condition-keys.ts";
import type { NetworkSet } from "../policy/network.ts";
import type { Statement } from "../policy/policy.ts";
import type { Template } from "../policy/template.ts";
import type { Operation } from "../s3/operations.ts";

/** The parts of a request that rules look at, besides its sender and its operation. */
export type Dimensions = {
  readonly networks: NetworkSet;
  /** Times at which some rule changes its mind, in milliseconds since the epoch. */
  readonly instants: readonly number[];
  /** True if TLS makes a difference. */
  readonly tls: boolean;
  /** The places of texts that the client writes, and the patterns that each is compared with. */
  readonly texts: ReadonlyMap<TextPlace, readonly (readonly GlobPart[])[]>;
  /** The patterns that the resource is compared with: `bucket/key`. */
  readonly resources: readonly (readonly GlobPart[])[];
  /** The other parts that rules look at, which this procedure does not follow. */
  readonly beyond: ReadonlySet<string>;
};

/** A header, or a parameter of the query, that a condition key is the value of. */
export type TextPlace = "referer" | "user-agent" | "prefix" | "delimiter";

export const HEADER_PLACES: ReadonlySet<TextPlace> = new Set(["referer", "user-agent"]);

/** The keys as policies name them. */
export const KEY_OF_PLACE: Readonly<Record<TextPlace, string>> = {
  referer: "aws:Referer",
  "user-agent": "aws:UserAgent",
  prefix: "s3:prefix",
  delimiter: "s3:delimiter",
};

const PLACES: ReadonlyMap<ConditionKey, TextPlace> = new Map<ConditionKey, TextPlace>([
  ["aws:Referer", "referer"],
  ["aws:UserAgent", "user-agent"],
  ["s3:prefix", "prefix"],
  ["s3:delimiter", "delimiter"],
]);

/** The keys whose value is settled by the caller, the operation and the bucket. */
const SETTLED: ReadonlySet<ConditionKey> = new Set<ConditionKey>([
  "aws:PrincipalArn",
  "aws:PrincipalAccount",
  "aws:PrincipalType",
  "aws:PrincipalTag",
  "aws:userid",
  "aws:username",
  "rgw:subuser",
  "aws:ResourceAccount",
  "s3:ResourceAccount",
  "gw:KeyId",
  "gw:Tier",
  "gw:Operation",
  "gw:Upstream",
]);

/**
 * Returns the parts that the statements and lists about one caller look at, if it asks by one of
 * `operations`.
 */
export function dimensionsOf(
  snapshot: Snapshot,
  key: Key | undefined,
  statements: readonly Statement[],
  operations: readonly Operation[],
): Dimensions {
  const lists = [snapshot.policy, key?.account, key?.subuser, key].map((one) => one?.networks);
  const networks = lists.flatMap((list) => (list ? [...list.allow, ...list.deny] : []));
  const instants = [key?.notBeforeMs, key?.expiresMs].filter((one) => one !== undefined);
  const texts = new Map<TextPlace, (readonly GlobPart[])[]>();
  const beyond = new Set<string>();
  const resources: (readonly GlobPart[])[] = [];
  let tls = false;
  for (const { conditions, resources: named } of statements) {
    for (const template of named.patterns) {
      addTo(resources, filled(template, snapshot, key), "a variable in a resource", beyond);
    }
    for (const condition of conditions) {
      const { test, name } = condition;
      const beyondIt = whyBeyond(condition, operations);
      if (beyondIt !== undefined) beyond.add(beyondIt);
      else if (SETTLED.has(name.key)) continue;
      else if (test.kind === "address") networks.push(...test.networks);
      else if (test.kind === "date") instants.push(...test.values);
      else if (name.key === "aws:SecureTransport") tls = true;
      else addTexts(condition, operations, { texts, snapshot, key });
    }
  }
  return { networks, instants, tls, texts, resources, beyond };
}

const IS_TIME: ReadonlySet<ConditionKey> = new Set<ConditionKey>([
  "aws:CurrentTime",
  "aws:EpochTime",
]);

/**
 * Returns the part that the condition looks at and that is not followed, for requests by
 * `operations`; `undefined` if all of it is followed.
 */
export function whyBeyond(
  { name, test, keyText }: Condition,
  operations: readonly Operation[],
): string | undefined {
  const unknown = templatesOf(test).some(hasUnknown);
  const place = PLACES.get(name.key);
  if (SETTLED.has(name.key) || place !== undefined) {
    if (unknown) return `a variable in a condition on ${keyText}`;
    if (place === undefined || test.kind === "null") return undefined;
    if (!isTaken(place, operations)) return undefined;
    return test.kind === "text" && !test.fold ? undefined : keyText;
  }
  if (test.kind === "address") return undefined;
  if (test.kind === "date" && IS_TIME.has(name.key)) return undefined;
  if (name.key === "aws:SecureTransport" && !unknown) return undefined;
  return isNeverThere(name.key, operations) ? undefined : keyText;
}

/**
 * Returns true if the place is a header, or a parameter that some operation takes. A parameter that
 * none takes is refused, so the key is absent.
 */
function isTaken(place: TextPlace, operations: readonly Operation[]): boolean {
  return HEADER_PLACES.has(place) || operations.some(({ parameters }) => parameters.has(place));
}

/** Returns true if the caller does not settle some variable in it. */
export function hasUnknown({ variables }: Template): boolean {
  return variables.some(({ name }) => !FILLED.has(name.key));
}

/** The variables that `valueOf` fills. */
const FILLED: ReadonlySet<ConditionKey> = new Set<ConditionKey>([
  "aws:PrincipalTag",
  "aws:PrincipalAccount",
  "aws:username",
]);

function addTexts(
  { name, test }: Condition,
  operations: readonly Operation[],
  into: {
    readonly texts: Map<TextPlace, (readonly GlobPart[])[]>;
    readonly snapshot: Snapshot;
    readonly key: Key | undefined;
  },
): void {
  const place = PLACES.get(name.key);
  if (place === undefined || !isTaken(place, operations)) return;
  const patterns = into.texts.get(place) ?? [];
  into.texts.set(place, patterns);
  for (const template of templatesOf(test)) {
    const parts = filled(template, into.snapshot, into.key);
    if (parts !== UNKNOWN && parts !== undefined) patterns.push(parts);
  }
}

const UNKNOWN = Symbol("unknown");

function addTo(
  patterns: (readonly GlobPart[])[],
  parts: ReturnType<typeof filled>,
  what: string,
  beyond: Set<string>,
): void {
  if (parts === UNKNOWN) beyond.add(what);
  else if (parts !== undefined) patterns.push(parts);
}

/** Returns the pattern as it is for this caller; `undefined` if it matches nothing. */
function filled(
  { parts }: Template,
  snapshot: Snapshot,
  key: Key | undefined,
): readonly GlobPart[] | typeof UNKNOWN | undefined {
  const whole: GlobPart[] = [];
  for (const part of parts) {
    if (part.kind !== "variable") whole.push(part);
    else {
      const value = valueOf(part.name.key, part.name.tag, snapshot, key);
      if (value === UNKNOWN) return UNKNOWN;
      const text = value ?? part.fallback;
      if (text === undefined) return undefined;
      whole.push({ kind: "text", text });
    }
  }
  return whole;
}

/**
 * Returns the value of a variable as the decision fills it, for those that only the caller decides.
 */
function valueOf(
  name: ConditionKey,
  tag: string,
  { policy }: Snapshot,
  key: Key | undefined,
): string | typeof UNKNOWN | undefined {
  switch (name) {
    case "aws:PrincipalTag":
      return key && holderOf(key).tags.get(tag);
    case "aws:PrincipalAccount":
      return key?.account.name;
    case "aws:username":
      return policy.provider.username === "account" ? key?.account.name : key?.subuser?.name;
    default:
      return UNKNOWN;
  }
}

/**
 * Returns true if requests that read never have the key: only those that write do. A header is no such
 * key, because any request may bring one; but the gateway refuses a copy source that copies nothing.
 */
function isNeverThere(key: ConditionKey, operations: readonly Operation[]): boolean {
  const reads = operations.every(({ method }) => method === "GET" || method === "HEAD");
  return reads && OF_WRITING.test(key);
}

const OF_WRITING =
  /^s3:(?:x-amz-copy-source$|object-lock-|RequestObjectTag|locationconstraint|ObjectCreationOperation)/;
