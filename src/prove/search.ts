import { holderOf, type Key } from "../admission/principal.ts";
import type { BucketRecord } from "../admission/record.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { Subject } from "../admission/subject.ts";
import { globOf, matchesGlob, type GlobPart } from "../lib/glob.ts";
import type { BucketName } from "../s3/address.ts";
import { canonicalBucket, type Bucket, type BucketId } from "../s3/bucket.ts";
import { couldPass, inCircumstances, type ResourcePlace } from "./circumstances.ts";
import { dimensionsOf } from "./dimensions.ts";
import type { Cell, Gap, Goal } from "./goal.ts";
import { BUCKET_TEXTS, resourceTexts } from "./resource-grammar.ts";
import { relevantTo, subjectOf, type Scene } from "./scene.ts";
import { classesWithin, textsOf, type Begun, type TextClass } from "./text-classes.ts";
import type { Way } from "./ways.ts";

/**
 * A request of each class that `goal` is about and that may pass, by the gates themselves. Nothing that
 * passes is left out: where a rule looks at what is not followed, the cell says so.
 */
export function* search(scene: Scene, goal: Goal): Generator<Cell | Gap> {
  const ways = scene.ways.filter((way) => way.asks.some((ask) => goal.isAsked(way, ask)));
  const recorded = recordedPlaces(scene, goal);
  for (const key of [...scene.snapshot.keys.values(), undefined]) {
    if (!goal.isWho(key) || key?.disabled === true) continue;
    if (key === undefined && scene.snapshot.policy.anonymous === "deny") continue;
    yield* ofCaller(scene, goal, ways, recorded, key);
  }
}

/** A bucket that is known, and what of it the goal is about. */
type RecordedPlace = {
  readonly record: BucketRecord;
  readonly name: string;
  readonly home: string;
  readonly whole: boolean;
  /** Patterns of which something may be a key of this bucket. */
  readonly keys: readonly (readonly GlobPart[])[];
};

function recordedPlaces({ records, snapshot }: Scene, goal: Goal): readonly RecordedPlace[] {
  const places: RecordedPlace[] = [];
  for (const record of records.values()) {
    const { name, home } = namesOf(record.id, snapshot);
    const fitting = goal.resources.filter(
      ({ tenant }) => tenant === undefined || tenant === home || !snapshot.store.naming.tenants,
    );
    const whole = fitting.some(({ parts }) => matchesGlob(globOf(parts), name));
    const keys = fitting.map(({ parts }) => parts).filter((parts) => reaches(parts, `${name}/`));
    if (whole || keys.length > 0) places.push({ record, name, home, whole, keys });
  }
  return places;
}

function namesOf(id: BucketId, { store }: Snapshot): { name: string; home: string } {
  const colon = store.naming.tenants ? id.indexOf(":") : -1;
  return { home: colon < 0 ? "" : id.slice(0, colon), name: id.slice(colon + 1) };
}

/** Whether the pattern may match something that begins with `start`. */
function reaches(parts: readonly GlobPart[], start: string): boolean {
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

function* ofCaller(
  scene: Scene,
  goal: Goal,
  ways: readonly Way[],
  recorded: readonly RecordedPlace[],
  key: Key | undefined,
): Generator<Cell | Gap> {
  const subject = subjectOf(scene, key);
  if (subject === undefined) {
    yield { kind: "gap", key, why: "the gateway does not recognize requests of this key" };
    return;
  }
  for (const place of recorded) {
    const bucket = spelledBy(scene, key, place.name, place.home);
    if (bucket === undefined) continue;
    for (const way of ways) {
      if (way.level === "service" || (way.level === "bucket" && !place.whole)) continue;
      if (!couldPass(scene, key, place.record, bucket, way)) continue;
      const known = { bucket, record: place.record };
      if (way.level === "bucket") {
        yield* inCircumstances(scene, goal, key, subject, way, { ...known, objectKey: undefined });
      } else {
        yield* ofKeys(scene, goal, key, subject, way, place, known);
      }
    }
  }
  yield* elsewhere(scene, goal, ways, key, subject);
}

/** The keys of a bucket that is known. */
function* ofKeys(
  scene: Scene,
  goal: Goal,
  key: Key | undefined,
  subject: Subject,
  way: Way,
  { name, home, keys }: RecordedPlace,
  known: Omit<ResourcePlace, "objectKey">,
): Generator<Cell | Gap> {
  const patterns = patternsOf(scene, key, known.record, way);
  const befores = [`${name}/`, ...(home === "" ? [] : [`${home}:${name}/`])];
  const begun = befores.flatMap((before) => patterns.map((parts) => ({ parts, before })));
  for (const parts of keys) {
    const classes = remembered(scene, `${name} key`, { parts, before: `${name}/` }, begun, ANY_KEY);
    if (classes === undefined) yield { kind: "gap", key, why: TOO_MANY_KEYS };
    for (const { text } of classes ?? []) {
      yield* inCircumstances(scene, goal, key, subject, way, { ...known, objectKey: text });
    }
  }
}

const ANY_KEY = textsOf(1);
const TOO_MANY_KEYS = "too many patterns of keys to tell apart";

/** Buckets of which nothing is known, and the service as a whole. */
function* elsewhere(
  scene: Scene,
  goal: Goal,
  ways: readonly Way[],
  key: Key | undefined,
  subject: Subject,
): Generator<Cell | Gap> {
  for (const way of ways) {
    if (way.level === "service") {
      if (!goal.resources.some(({ parts }) => isEverything(parts))) continue;
      const service = { bucket: undefined, record: undefined, objectKey: undefined };
      if (!couldPass(scene, key, undefined, undefined, way)) continue;
      yield* inCircumstances(scene, goal, key, subject, way, service);
      continue;
    }
    // Whose buckets they are makes no difference before their records are known.
    const unknown = canonicalBucket(
      NOBODYS,
      key?.account.tenant ?? "",
      scene.snapshot.store.naming,
    );
    if (unknown.ok && !couldPass(scene, key, undefined, unknown.value, way)) {
      if (!scene.unread) continue;
    }
    for (const { parts, tenant } of goal.resources) {
      yield* inUnknown(scene, goal, key, subject, way, parts, tenant);
    }
  }
}

const NOBODYS: BucketName = { tenant: undefined, name: "bucket" };

function isEverything(parts: readonly GlobPart[]): boolean {
  return parts.length === 1 && parts[0]?.kind === "many";
}

function* inUnknown(
  scene: Scene,
  goal: Goal,
  key: Key | undefined,
  subject: Subject,
  way: Way,
  parts: readonly GlobPart[],
  tenant: string | undefined,
): Generator<Cell | Gap> {
  const patterns = patternsOf(scene, key, undefined, way);
  for (const home of homesOf(scene, key, tenant)) {
    const befores = home === "" ? [""] : ["", `${home}:`];
    const begun = befores.flatMap((before) => patterns.map((one) => ({ parts: one, before })));
    const grammar = way.level === "bucket" ? BUCKET_TEXTS : RESOURCES;
    const universe = { parts, before: "" };
    let classes = remembered(scene, way.level, universe, begun, grammar);
    const isKnown = ({ text }: TextClass): boolean => {
      const bucket = spelledBy(scene, key, text.split("/", 1)[0] ?? "", home);
      return bucket !== undefined && scene.records.has(bucket.id);
    };
    if (classes?.some(isKnown) === true) {
      const names = [...scene.records.keys()]
        .map((id) => namesOf(id, scene.snapshot))
        .filter((one) => one.home === home || !scene.snapshot.store.naming.tenants)
        .map(({ name }) => excluded(name, way.level));
      const all = [...begun, ...names];
      classes = remembered(scene, way.level, universe, all, grammar)?.filter(
        ({ matched }) => ![...matched].some((number) => number >= begun.length),
      );
    }
    if (classes === undefined) yield { kind: "gap", key, why: TOO_MANY_KEYS };
    for (const { text } of classes ?? []) {
      const slash = text.indexOf("/");
      const bucket = spelledBy(scene, key, slash < 0 ? text : text.slice(0, slash), home);
      if (bucket === undefined) continue;
      const objectKey = slash < 0 ? undefined : text.slice(slash + 1);
      const place = { bucket, record: undefined, objectKey };
      yield* inCircumstances(scene, goal, key, subject, way, place);
    }
  }
}

const RESOURCES = resourceTexts(ANY_KEY);

function excluded(name: string, level: Way["level"]): Begun {
  const parts: readonly GlobPart[] =
    level === "bucket"
      ? [{ kind: "text", text: name }]
      : [{ kind: "text", text: `${name}/` }, { kind: "many" }];
  return { parts, before: "" };
}

/** In which tenants of the store a bucket of which nothing is known may be. */
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

/** Undefined: nobody can name it so. */
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
  const id = JSON.stringify([name, universe, patterns]);
  const before = memory.classes.get(id);
  if (before !== undefined || memory.classes.has(id)) return before;
  const classes = classesWithin(universe, patterns, grammar);
  memory.classes.set(id, classes);
  return classes;
}

/** What the resource is compared with. */
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
