import { holderOf, type Key } from "../admission/principal.ts";
import type { BucketRecord } from "../admission/record.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import { globOf, matchesGlob, type GlobPart } from "../lib/glob.ts";
import type { BucketName } from "../s3/address.ts";
import { canonicalBucket, type Bucket, type BucketId } from "../s3/bucket.ts";
import { couldPass, inCircumstances, type ResourcePlace } from "./circumstances.ts";
import { dimensionsOf } from "./dimensions.ts";
import type { Cell, Gap, Goal } from "./goal.ts";
import { BUCKET_TEXTS, resourceTexts } from "./resource-grammar.ts";
import { reaches, relevantTo, subjectOf, type Scene } from "./scene.ts";
import { classesWithin, textsOf, type Begun, type TextClass } from "./text-classes.ts";
import type { Way } from "./ways.ts";

/**
 * Yields a request of each class that `goal` is about and that may pass, by the gates themselves.
 * No request that passes is left out: if a rule looks at something that is not followed, the cell
 * says so.
 */
export function* search(scene: Scene, goal: Goal): Generator<Cell | Gap> {
  const ways = waysFor(scene, goal);
  const named = namedBuckets([scene], goal);
  for (const key of callersIn(scene, goal)) {
    const subject = subjectOf(scene, key);
    if (subject === undefined) {
      yield { kind: "gap", key, why: "the gateway does not recognize requests of this key" };
      continue;
    }
    const reached = reachedBy({ scene, key }, named);
    for (const way of ways) {
      for (const spot of spotsFor([{ scene, key }], goal, reached, way)) {
        if (spot.places === undefined) yield { kind: "gap", key, why: TOO_MANY_KEYS };
        for (const place of spot.places ?? []) {
          yield* inCircumstances(scene, goal, key, subject, way, place);
        }
      }
    }
  }
}

/** The ways that ask for what the goal is about. */
export function waysFor({ ways }: Scene, goal: Goal): readonly Way[] {
  return ways.filter((way) => way.asks.some((ask) => goal.isAsked(way, ask)));
}

/** Returns everybody whose requests may pass at all; `undefined` stands for an anonymous caller. */
export function callersIn({ snapshot }: Scene, goal: Goal): readonly (Key | undefined)[] {
  const nobody = snapshot.policy.anonymous === "deny" ? [] : [undefined];
  return [...snapshot.keys.values(), ...nobody].filter(
    (key) => goal.isWho(key) && key?.disabled !== true,
  );
}

/** A known bucket, and the part of it that the goal is about. */
export type NamedBucket = {
  readonly id: BucketId;
  readonly name: string;
  readonly home: string;
  readonly whole: boolean;
  /** The patterns that may match a key of this bucket. */
  readonly keys: readonly (readonly GlobPart[])[];
};

/** Returns the buckets that are known in one of the scenes. */
export function namedBuckets(scenes: readonly Scene[], goal: Goal): readonly NamedBucket[] {
  const [scene] = scenes;
  if (scene === undefined) return [];
  const { naming } = scene.snapshot.store;
  const named: NamedBucket[] = [];
  for (const id of new Set(scenes.flatMap(({ records }) => [...records.keys()]))) {
    if (goal.bucket !== undefined && goal.bucket !== id) continue;
    const { name, home } = namesOf(id, scene.snapshot);
    const fitting = goal.resources.filter(
      ({ tenant }) => tenant === undefined || tenant === home || !naming.tenants,
    );
    const whole = fitting.some(({ parts }) => matchesGlob(globOf(parts), name));
    const keys = fitting.map(({ parts }) => parts).filter((parts) => mayBegin(parts, `${name}/`));
    if (whole || keys.length > 0) named.push({ id, name, home, whole, keys });
  }
  return named;
}

function namesOf(id: BucketId, { store }: Snapshot): { name: string; home: string } {
  const colon = store.naming.tenants ? id.indexOf(":") : -1;
  return { home: colon < 0 ? "" : id.slice(0, colon), name: id.slice(colon + 1) };
}

/** Returns true if the pattern may match something that begins with `start`. */
function mayBegin(parts: readonly GlobPart[], start: string): boolean {
  let at = 0;
  for (const part of parts) {
    if (part.kind === "many" || at >= start.length) return true;
    if (part.kind === "one") at += 1;
    else {
      const rest = start.slice(at);
      if (!rest.startsWith(part.text) && !part.text.startsWith(rest)) return false;
      at += part.text.length;
    }
  }
  return at > start.length;
}

/** A caller, under a configuration. */
export type CallerIn = { readonly scene: Scene; readonly key: Key | undefined };

/**
 * Returns the buckets in which the caller may do anything, or which only the state keeps it from
 * making.
 */
export function reachedBy(
  { scene, key }: CallerIn,
  named: readonly NamedBucket[],
): readonly NamedBucket[] {
  return named.filter(({ id, name, home }) => {
    const bucket = spelledBy(scene, key, name, home);
    const record = scene.records.get(id);
    if (bucket === undefined) return false;
    return record?.configured === false || reaches(scene, key, record, bucket);
  });
}

/** Resources that a person would name together, one of each class. */
export type Spot = {
  /**
   * The bucket that is meant; `undefined` for buckets of which nothing is known, or the service.
   */
  readonly named: NamedBucket | undefined;
  /** The places; `undefined` if there are too many classes. */
  readonly places: readonly ResourcePlace[] | undefined;
};

/**
 * Yields the resources that the way may be about, as the first of `askers` names them. Classes are
 * those that no rule of any of them tells apart. `alsoElsewhere`: unknown buckets, too.
 */
export function* spotsFor(
  askers: readonly [CallerIn, ...CallerIn[]],
  goal: Goal,
  named: readonly NamedBucket[],
  way: Way,
  alsoElsewhere = true,
): Generator<Spot> {
  const [{ scene, key }] = askers;
  if (way.level !== "service") {
    for (const one of named) {
      if (way.level === "bucket" && !one.whole) continue;
      const bucket = spelledBy(scene, key, one.name, one.home);
      if (bucket === undefined) continue;
      const record = scene.records.get(one.id);
      if (!couldPass(scene, key, record, bucket, way)) continue;
      yield { named: one, places: placesIn(askers, one, { bucket, record }, way) };
    }
  }
  if (alsoElsewhere && goal.bucket === undefined) yield* elsewhere(askers, goal, way);
}

/** The classes of one bucket's keys, or the bucket itself. */
function placesIn(
  askers: readonly [CallerIn, ...CallerIn[]],
  { id, name, home, keys }: NamedBucket,
  known: Pick<ResourcePlace, "bucket" | "record">,
  way: Way,
): readonly ResourcePlace[] | undefined {
  if (way.level === "bucket") return [{ ...known, objectKey: undefined }];
  const patterns = askers.flatMap(({ scene, key }) =>
    patternsOf(scene, key, scene.records.get(id), way),
  );
  const befores = [`${name}/`, ...(home === "" ? [] : [`${home}:${name}/`])];
  const begun = befores.flatMap((before) => patterns.map((parts) => ({ parts, before })));
  const places = keys.map((parts) =>
    remembered(askers[0].scene, `${name} key`, { parts, before: `${name}/` }, begun, ANY_KEY)?.map(
      ({ text }) => ({ ...known, objectKey: text }),
    ),
  );
  return places.includes(undefined) ? undefined : places.flatMap((some) => some ?? []);
}

const ANY_KEY = textsOf(1);
const TOO_MANY_KEYS = "too many patterns of keys to tell apart";

/** Yields unknown buckets, and the service as a whole. */
function* elsewhere(
  askers: readonly [CallerIn, ...CallerIn[]],
  goal: Goal,
  way: Way,
): Generator<Spot> {
  const [{ scene, key }] = askers;
  if (way.level === "service") {
    const service = { bucket: undefined, record: undefined, objectKey: undefined };
    const isMeant = goal.resources.some(({ parts }) => isEverything(parts));
    if (isMeant && couldPass(scene, key, undefined, undefined, way)) {
      yield { named: undefined, places: [service] };
    }
    return;
  }
  // The owner of these buckets makes no difference before their records are known.
  const unknown = canonicalBucket(NOBODYS, key?.account.tenant ?? "", scene.snapshot.store.naming);
  if (!scene.unread && unknown.ok && !couldPass(scene, key, undefined, unknown.value, way)) return;
  for (const { parts, tenant } of goal.resources) {
    for (const home of homesOf(scene, key, tenant)) {
      yield { named: undefined, places: unknownPlaces(askers, way, parts, home) };
    }
  }
}

const NOBODYS: BucketName = { tenant: undefined, name: "bucket" };

function isEverything(parts: readonly GlobPart[]): boolean {
  return parts.length === 1 && parts[0]?.kind === "many";
}

function unknownPlaces(
  askers: readonly [CallerIn, ...CallerIn[]],
  way: Way,
  parts: readonly GlobPart[],
  home: string,
): readonly ResourcePlace[] | undefined {
  const [{ scene, key }] = askers;
  const patterns = askers.flatMap((one) => patternsOf(one.scene, one.key, undefined, way));
  const befores = home === "" ? [""] : ["", `${home}:`];
  const begun = befores.flatMap((before) => patterns.map((one) => ({ parts: one, before })));
  const grammar = way.level === "bucket" ? BUCKET_TEXTS : RESOURCES;
  const universe = { parts, before: "" };
  let classes = remembered(scene, way.level, universe, begun, grammar);
  const isKnown = ({ text }: TextClass): boolean => {
    const bucket = spelledBy(scene, key, text.split("/", 1)[0] ?? "", home);
    return bucket !== undefined && askers.some((one) => one.scene.records.has(bucket.id));
  };
  if (classes?.some(isKnown) === true) {
    const names = [...new Set(askers.flatMap((one) => [...one.scene.records.keys()]))]
      .map((id) => namesOf(id, scene.snapshot))
      .filter((one) => one.home === home || !scene.snapshot.store.naming.tenants)
      .map(({ name }) => excluded(name, way.level));
    classes = remembered(scene, way.level, universe, [...begun, ...names], grammar)?.filter(
      ({ matched }) => ![...matched].some((number) => number >= begun.length),
    );
  }
  return classes?.flatMap(({ text }) => {
    const slash = text.indexOf("/");
    const bucket = spelledBy(scene, key, slash < 0 ? text : text.slice(0, slash), home);
    const objectKey = slash < 0 ? undefined : text.slice(slash + 1);
    return bucket === undefined ? [] : [{ bucket, record: undefined, objectKey }];
  });
}

const REMEMBERED_MAX = 5_000;

/** The pattern as text; no pattern has such characters in it. */
function writtenOf({ parts, before }: Begun): string {
  let text = `${before}\u{1}`;
  for (const part of parts) {
    text += part.kind === "text" ? part.text : part.kind === "many" ? "\u{2}" : "\u{3}";
  }
  return text;
}

const RESOURCES = resourceTexts(ANY_KEY);

function excluded(name: string, level: Way["level"]): Begun {
  const parts: readonly GlobPart[] =
    level === "bucket"
      ? [{ kind: "text", text: name }]
      : [{ kind: "text", text: `${name}/` }, { kind: "many" }];
  return { parts, before: "" };
}

/** Returns the tenants of the store in which an unknown bucket may be. */
function homesOf(
  { snapshot }: Scene,
  key: Key | undefined,
  tenant: string | undefined,
): readonly string[] {
  const own = key?.account.tenant ?? "";
  const { naming } = snapshot.store;
  if (!naming.tenants) return [own];
  if (tenant !== undefined) return [tenant];
  if (!snapshot.policy.provider.tenantAddressing) return [own];
  const policies = key && holderOf(key).policies;
  const named =
    policies?.namesTenants === true || policies?.reachesTenants === true
      ? [...snapshot.keys.values()].map(({ account }) => account.tenant)
      : [];
  return [...new Set([own, ...named, OTHER_TENANT])];
}

const OTHER_TENANT = "another";

/**
 * Returns the bucket as the key's holder spells it; `undefined` if nobody can name it so.
 */
function spelledBy(
  { snapshot }: Scene,
  key: Key | undefined,
  name: string,
  home: string,
): Bucket | undefined {
  const own = key?.account.tenant ?? "";
  const { naming } = snapshot.store;
  const tenant = naming.tenants && home !== own ? home : undefined;
  const bucket = canonicalBucket({ tenant, name }, own, naming);
  return bucket.ok ? bucket.value : undefined;
}

function remembered(
  { memory }: Scene,
  name: string,
  universe: Begun,
  patterns: readonly Begun[],
  grammar: Parameters<typeof classesWithin>[2],
): readonly TextClass[] | undefined {
  const id = [universe, ...patterns].reduce((text, one) => `${text}\n${writtenOf(one)}`, name);
  const before = memory.classes.get(id);
  if (before !== undefined || memory.classes.has(id)) return before;
  if (memory.classes.size >= REMEMBERED_MAX) memory.classes.clear();
  const classes = classesWithin(universe, patterns, grammar);
  memory.classes.set(id, classes);
  return classes;
}

/** Returns the patterns that the resource is compared with. */
function patternsOf(
  scene: Scene,
  key: Key | undefined,
  record: BucketRecord | undefined,
  way: Way,
): readonly (readonly GlobPart[])[] {
  const statements = relevantTo(scene, key, record, way);
  if (statements.length === 0) return NO_PATTERNS;
  return dimensionsOf(scene.snapshot, key, statements, [way.operation]).resources;
}

const NO_PATTERNS: readonly (readonly GlobPart[])[] = [];
