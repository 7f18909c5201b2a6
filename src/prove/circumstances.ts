import { isOwnedBy, keepsRecords } from "../admission/buckets.ts";
import { judge, judgeWithoutPolicies } from "../admission/gates.ts";
import { holderOf, type Holder, type Key } from "../admission/principal.ts";
import type { BucketRecord } from "../admission/record.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { Subject } from "../admission/subject.ts";
import { parseTarget, type QueryParameter } from "../http/target.ts";
import { coversAction } from "../policy/evaluate.ts";
import { liesIn, type Network } from "../policy/network.ts";
import { tierGrants } from "../provider/tier.ts";
import type { Ask } from "../s3/asks.ts";
import type { Bucket } from "../s3/bucket.ts";
import { addressClasses, type AddressClass } from "./address-classes.ts";
import { dimensionsOf, HEADER_PLACES, type Dimensions, type TextPlace } from "./dimensions.ts";
import type { Cell, Circumstances, Gap, Goal } from "./goal.ts";
import { relevantTo, rulesFor, wholeRelevantTo, type Scene } from "./scene.ts";
import { textClasses } from "./text-classes.ts";
import type { Way } from "./ways.ts";

/** A resource, and the record of its bucket. */
export type ResourcePlace = {
  /** The bucket; `undefined` for the service. */
  readonly bucket: Bucket | undefined;
  readonly record: BucketRecord | undefined;
  readonly objectKey: string | undefined;
};

/** The most combinations of classes that are looked at for one caller, resource and way. */
const CELLS_MAX = 20_000;

/**
 * Returns true if anything may allow it, whatever the circumstances. Each ask needs one of these: a
 * privilege; the caller's own account, tier or policies, if the bucket may be its own; or the
 * bucket's policy. A no is certain.
 */
export function couldPass(
  scene: Scene,
  key: Key | undefined,
  record: BucketRecord | undefined,
  bucket: Bucket | undefined,
  way: Way,
): boolean {
  const { snapshot } = scene;
  const { switches, storeAcls, bucketPolicyRole } = snapshot.policy.provider;
  const holder = key && holderOf(key);
  const allows = relevantTo(scene, key, record, way).filter(({ effect }) => effect === "Allow");
  const isOwn =
    key !== undefined &&
    (record === undefined ||
      bucket === undefined ||
      storeAcls ||
      bucketPolicyRole === "restrict" ||
      isOwnedBy(snapshot, bucket, record, key.account));
  return way.asks.every((ask) => {
    // The state decides whose bucket it is then.
    const mayOwn = isOwn || (key !== undefined && ask.action === "s3:CreateBucket");
    if (holder?.privileges.some((one) => tierGrants(one, ask.action, ask.operation)) === true)
      return true;
    if (key === undefined && snapshot.policy.anonymous === "upstream") return true;
    const said = allows.filter((statement) => coversAction(statement, ask, switches));
    if (said.some(({ principals }) => principals !== undefined)) return true;
    if (!mayOwn || holder === undefined) return false;
    return opens(key, holder, ask) || said.length > 0;
  });
}

/** Returns true if the account itself or the tier allows it. */
function opens(key: Key, { tier }: Holder, ask: Way["asks"][number]): boolean {
  if (tier === undefined) return key.subuser === undefined;
  return tier.kind === "access" && tierGrants(tier, ask.action, ask.operation);
}

/** Yields one cell of each combination of circumstances that the gates let pass. */
export function* inCircumstances(
  scene: Scene,
  goal: Goal,
  key: Key | undefined,
  subject: Subject,
  way: Way,
  place: ResourcePlace,
): Generator<Cell | Gap> {
  const statements = relevantTo(scene, key, place.record, way);
  const dimensions = dimensionsOf(scene.snapshot, key, statements, [way.operation]);
  const classes = classesOf(scene, goal, dimensions);
  if (classes === undefined) {
    yield { kind: "gap", key, why: "too many rules that tell requests apart" };
    return;
  }
  const world = worldFor(scene, key, subject, way, place);
  for (const circumstances of combinations(classes)) {
    if (!passes(scene, world, way, place, circumstances)) continue;
    yield {
      kind: "cell",
      key,
      way,
      bucket: place.bucket,
      objectKey: place.objectKey,
      circumstances,
      beyond: beyondOf(scene, key, place, way),
    };
  }
}

function beyondOf(
  scene: Scene,
  key: Key | undefined,
  { record }: ResourcePlace,
  way: Way,
): readonly string[] {
  const statements = wholeRelevantTo(scene, key, record, way);
  const { beyond } = dimensionsOf(scene.snapshot, key, statements, [way.operation]);
  return record === undefined && scene.unread ? [...beyond, UNREAD] : [...beyond];
}

export const UNREAD = "what is kept of buckets in the state, which was not read (--state)";

/** The classes that no rule tells apart, of each dimension of circumstances. */
export type Classes = {
  readonly addresses: readonly AddressClass[];
  readonly times: readonly number[];
  readonly tls: readonly boolean[];
  readonly texts: readonly (readonly [TextPlace, readonly (string | undefined)[]])[];
};

/** Returns the classes; `undefined` if there are too many. */
export function classesOf(
  { nowMs, memory }: Scene,
  { outside, inside, tls: onlyTls, fromMs = nowMs }: Goal,
  { networks, instants, tls, texts: places }: Dimensions,
): Classes | undefined {
  const all = [...networks, ...(outside ?? []), ...(inside ?? [])];
  const id = all.map(networkId).join();
  const known = memory.addresses.get(id) ?? addressClasses(all);
  memory.addresses.set(id, known);
  const isFree = outside === undefined && inside === undefined;
  const addresses = isFree
    ? known
    : known.filter(
        ({ address }) =>
          (outside === undefined || liesIn(outside, address) === false) &&
          (inside === undefined || liesIn(inside, address) === true),
      );
  const times = timesOf(Math.max(nowMs, fromMs), instants);
  const texts: [TextPlace, readonly (string | undefined)[]][] = [];
  for (const [place, patterns] of places) {
    const begun = patterns.map((parts) => ({ parts, before: "" }));
    const values = textClasses([{ kind: "many" }], begun, 0);
    if (values === undefined) return undefined;
    texts.push([place, [undefined, ...values]]);
  }
  const bothTls = tls ? [false, true] : [false];
  const classes = { addresses, times, tls: onlyTls === undefined ? bothTls : [onlyTls], texts };
  const sizes = [addresses, times, classes.tls, ...texts.map(([, values]) => values)];
  const size = sizes.reduce((product, { length }) => product * length, 1);
  return size > CELLS_MAX ? undefined : classes;
}

/**
 * Returns a time of each class from `first` on. A rule may change its mind at an instant, just
 * after it, or, as aws:EpochTime has whole seconds, when one of these begins.
 */
export function timesOf(first: number, instants: readonly number[]): readonly number[] {
  const later = instants.flatMap((one) => {
    const second = Math.ceil(one / SECOND_MS) * SECOND_MS;
    return [one, one + 1, second, Math.floor(one / SECOND_MS) * SECOND_MS + SECOND_MS];
  });
  return [first, ...new Set(later.filter((one) => one > first))].sort((a, b) => a - b);
}

const SECOND_MS = 1000;

function networkId(network: Network): string {
  return network.family === 4
    ? `${network.base}/${network.mask}`
    : `${network.base.join(":")}/${network.bits}`;
}

export function* combinations({ addresses, times, tls, texts }: Classes): Generator<Circumstances> {
  for (const { address } of addresses) {
    for (const atMs of times) {
      for (const one of tls) {
        for (const written of everyText(texts)) yield { address, atMs, tls: one, texts: written };
      }
    }
  }
}

function* everyText([first, ...rest]: Classes["texts"]): Generator<Circumstances["texts"]> {
  if (first === undefined) {
    yield [];
    return;
  }
  const [place, values] = first;
  for (const value of values) {
    const own = value === undefined ? [] : [{ place, value }];
    for (const others of everyText(rest)) yield [...own, ...others];
  }
}

/** A snapshot and a subject in which only the parts that are followed decide. */
export type JudgedWorld = { readonly snapshot: Snapshot; readonly subject: Subject };

export function worldFor(
  scene: Scene,
  key: Key | undefined,
  subject: Subject,
  way: Way,
  { bucket, record, objectKey }: ResourcePlace,
): JudgedWorld {
  const { snapshot } = scene;
  const rules = rulesFor(scene, key, record, way);
  const address =
    bucket === undefined
      ? ({ kind: "service" } as const)
      : objectKey === undefined
        ? ({ kind: "bucket", bucket } as const)
        : ({ kind: "object", bucket, key: objectKey } as const);
  const known = record && { ...record, policy: rules.bucket };
  const records =
    bucket === undefined || !keepsRecords(snapshot) ? new Map() : new Map([[bucket.id, known]]);
  const { caller } = subject;
  return {
    snapshot,
    subject: {
      ...subject,
      operation: way.operation.name,
      address,
      versionId: way.versionId,
      headers: [...subject.headers, ...way.headers],
      caller:
        caller.kind === "anonymous"
          ? caller
          : { ...caller, key: loosenedKey(caller.key, rules.own) },
      known: { records: keepsRecords(snapshot) ? records : undefined, tags: new Map() },
    },
  };
}

function loosenedKey(key: Key, policies: Holder["policies"] | undefined): Key {
  if (policies === undefined || policies === holderOf(key).policies) return key;
  return key.subuser === undefined
    ? { ...key, account: { ...key.account, policies } }
    : { ...key, subuser: { ...key.subuser, policies } };
}

export function passes(
  scene: Scene,
  { snapshot, subject }: JudgedWorld,
  way: Way,
  { bucket, record, objectKey }: ResourcePlace,
  { address, atMs, tls, texts }: Circumstances,
): boolean {
  const asks: readonly Ask<Bucket>[] = way.asks.map((ask) => ({ ...ask, bucket, key: objectKey }));
  const about: Subject = {
    ...subject,
    head: { ...subject.head, sourceAddress: address, secure: tls },
    query: cellQuery(way, texts),
    headers: texts.length === 0 ? subject.headers : withTexts(subject.headers, texts),
  };
  if (record === undefined && bucket !== undefined && scene.unread) {
    return judgeWithoutPolicies(snapshot, about, asks, atMs) === undefined;
  }
  const entry = {
    key: objectKey ?? "",
    versionId: way.versionId,
    eTag: undefined,
    lastModifiedTime: undefined,
    size: undefined,
  };
  const document = way.part === "entry" ? ({ kind: "entry", entry } as const) : undefined;
  const judged = judge(snapshot, about, asks, atMs, document);
  // Stored tags are not followed, so that nothing here asks for them.
  return judged.kind !== "refused";
}

function withTexts(headers: readonly string[], texts: Circumstances["texts"]): readonly string[] {
  return [
    ...headers,
    ...texts.flatMap(({ place, value }) => (HEADER_PLACES.has(place) ? [place, value] : [])),
  ];
}

export function cellQuery(
  { versionId, operation }: Way,
  texts: Circumstances["texts"],
): readonly QueryParameter[] {
  const named = texts.filter(
    ({ place }) => !HEADER_PLACES.has(place) && operation.parameters.has(place),
  );
  if (named.length === 0 && versionId === undefined) return NO_QUERY;
  const parameters = [
    ...named.map(({ place, value }) => `${place}=${encodeURIComponent(value)}`),
    ...(versionId === undefined ? [] : [`versionId=${versionId}`]),
  ];
  const target = parseTarget(`/?${parameters.join("&")}`);
  if (!target.ok) throw new Error(`A query that was written can be read: ${target.error}`);
  return target.value.query;
}

const NO_QUERY: readonly QueryParameter[] = [];
