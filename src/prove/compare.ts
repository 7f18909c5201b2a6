import type { Key } from "../admission/principal.ts";
import type { BucketRecord } from "../admission/record.ts";
import type { Condition } from "../policy/condition.ts";
import type { Statement } from "../policy/policy.ts";
import { alternativesOf, type Alternative } from "./alternatives.ts";
import {
  classesOf,
  combinations,
  passes,
  worldFor,
  type Classes,
  type ResourcePlace,
} from "./circumstances.ts";
import { confirm } from "./confirm.ts";
import { dimensionsOf, whyBeyond, type Dimensions } from "./dimensions.ts";
import type { Cell, Circumstances, Goal } from "./goal.ts";
import { assumptionOf } from "./loosened.ts";
import { whoIs } from "./prove.ts";
import { printOf, settingsPrint, type Fingerprints } from "./prints.ts";
import { resourceWords } from "./resource-words.ts";
import { subjectOf, wholeRelevantTo, type Scene } from "./scene.ts";
import {
  callersIn,
  namedBuckets,
  reachedBy,
  spotsFor,
  waysFor,
  type CallerIn,
  type Spot,
} from "./search.ts";
import { addressWords, spans, textWords } from "./words.ts";
import type { Way } from "./ways.ts";

/** Something that some may do under one configuration and not under the other. */
export type AccessFinding = {
  readonly who: readonly string[];
  readonly actions: readonly string[];
  readonly resource: string;
  /** The further conditions. */
  readonly only: readonly string[];
  /**
   * A request that passes under the one and not under the other; `undefined` if none was shown to.
   */
  readonly example: string | undefined;
};

export type Comparison = {
  readonly findings: readonly AccessFinding[];
  /** The people for whom it is not known, and the reasons. */
  readonly notDecided: readonly string[];
};

/** The most conditions that are not followed and are taken to hold or not, in each combination. */
const ASSUMED_MAX = 6;
const CELLS_MAX = 50_000;

/**
 * Returns the requests that pass under `after` and not under `before`, of everybody in `after`.
 * Both judge a request of each class that neither tells apart; a condition that is not followed
 * holds in both or in neither.
 */
export function gainedBy(
  before: Scene,
  after: Scene,
  progress: (share: number) => void,
): Comparison {
  const old = { ...before, assumed: NOTHING_ASSUMED };
  const byAction = new Map<string, AccessFinding>();
  const notDecided = new Set<string>();
  for (const one of gains(old, after, progress)) {
    if (typeof one === "string") notDecided.add(one);
    // The parts of a class are not kept: there are many, and a finding says all of it.
    else for (const found of findingsOf(old, one)) addTo(byAction, found);
  }
  return { findings: merged([...byAction.values()]), notDecided: [...notDecided] };
}

/**
 * Returns true if different requests pass under the two. "not decided" if none is found that
 * tells them apart, and not all could be looked at.
 */
export function differs(one: Scene, other: Scene): boolean | "not decided" {
  let isOpen = false;
  for (const [before, after] of [[one, other] as const, [other, one] as const]) {
    for (const found of gains({ ...before, assumed: NOTHING_ASSUMED }, after, () => undefined)) {
      if (typeof found !== "string") return true;
      isOpen = true;
    }
  }
  return isOpen ? "not decided" : false;
}

/**
 * Yields the findings of `gainedBy`, one after the other; a text says what could not be looked at.
 */
function* gains(
  old: Scene,
  after: Scene,
  progress: (share: number) => void,
): Generator<Gained | string> {
  const scene = { ...after, assumed: NOTHING_ASSUMED, nowMs: old.nowMs };
  const prints: Fingerprints = new Map();
  const sameSettings = settingsPrint(old) === settingsPrint(scene);
  const named = namedBuckets([scene, old], EVERYTHING);
  const ways = waysFor(scene, EVERYTHING);
  const callers = callersIn(scene, EVERYTHING);
  for (const [i, key] of callers.entries()) {
    progress(i / callers.length);
    const counterparts = counterpartsOf(old, key);
    const sameHolder =
      sameSettings && counterparts.some((one) => printOf(one, prints) === printOf(key, prints));
    const reached = reachedBy({ scene, key }, named).filter(
      ({ id }) =>
        !sameHolder ||
        printOf(old.records.get(id), prints) !== printOf(scene.records.get(id), prints),
    );
    if (sameHolder && reached.length === 0) continue;
    const askers: [CallerIn, ...CallerIn[]] = [
      { scene, key },
      ...counterparts.map((one) => ({ scene: old, key: one })),
    ];
    for (const way of ways) {
      // A bucket of which nothing is known is the same for the same people.
      for (const spot of spotsFor(askers, EVERYTHING, reached, way, !sameHolder)) {
        const one = gainedAt(askers, way, spot);
        if (one === undefined) yield `${whoIs(key)}: too many rules that tell requests apart`;
        else if (one.cells.length > 0) yield one;
      }
    }
  }
}

const NOTHING_ASSUMED: ReadonlySet<string> = new Set();

const EVERYTHING: Goal = {
  isWho: () => true,
  isAsked: () => true,
  resources: [{ parts: [{ kind: "many" }], tenant: undefined }],
  bucket: undefined,
  outside: undefined,
  inside: undefined,
  tls: undefined,
  fromMs: undefined,
};

/** The same key under the other configuration, or else the keys of the same holder. */
function counterpartsOf(old: Scene, key: Key | undefined): readonly (Key | undefined)[] {
  if (key === undefined) return old.snapshot.policy.anonymous === "deny" ? [] : [undefined];
  const same = old.snapshot.keys.get(key.accessKeyId);
  if (same !== undefined && whoIs(same) === whoIs(key)) return [same];
  return [...old.snapshot.keys.values()].filter((one) => whoIs(one) === whoIs(key));
}

type Gained = {
  readonly asker: CallerIn;
  readonly way: Way;
  readonly spot: Spot & { readonly places: readonly ResourcePlace[] };
  readonly statements: readonly Statement[];
  readonly classes: Classes;
  readonly assumptions: readonly string[];
  readonly cells: readonly GainedCell[];
};

/** `at`: the number of the class in each dimension, resources first. */
type GainedCell = {
  readonly at: readonly number[];
  readonly place: ResourcePlace;
  readonly circumstances: Circumstances;
};

/** Returns the access gained at a spot; `undefined` if there is too much to look at. */
function gainedAt(
  askers: readonly [CallerIn, ...CallerIn[]],
  way: Way,
  spot: Spot,
): Gained | undefined {
  const { named, places } = spot;
  if (places === undefined) return undefined;
  const [asker] = askers;
  const recordIn = ({ scene }: CallerIn): BucketRecord | undefined =>
    named && scene.records.get(named.id);
  const statements = askers.flatMap((one) =>
    wholeRelevantTo(one.scene, one.key, recordIn(one), way),
  );
  const followed = askers.map((one) =>
    dimensionsOf(
      one.scene.snapshot,
      one.key,
      wholeRelevantTo(one.scene, one.key, recordIn(one), way),
      [way.operation],
    ),
  );
  const classes = classesOf(asker.scene, EVERYTHING, together(followed));
  const assumptions = [...new Set(statements.flatMap((one) => assumptionsOf(one, way)))];
  if (classes === undefined || assumptions.length > ASSUMED_MAX) return undefined;
  const all = [...combinations(classes)];
  if (all.length * places.length * 2 ** assumptions.length > CELLS_MAX) return undefined;
  const cells: GainedCell[] = [];
  for (let bits = 0; bits < 2 ** assumptions.length; bits += 1) {
    const assumed = new Set(assumptions.filter((_, i) => (bits & (1 << i)) !== 0));
    const told = askers.map((one) => ({ ...one, scene: { ...one.scene, assumed } }));
    for (const [i, place] of places.entries()) {
      const judges = told.map((one) => judgeOf(one, way, { ...place, record: recordIn(one) }));
      for (const circumstances of all) {
        const [now, ...then] = judges;
        if (now?.(circumstances) !== true || then.some((judge) => judge(circumstances))) continue;
        const truths = assumptions.map((_, n) => ((bits & (1 << n)) === 0 ? 1 : 0));
        cells.push({
          at: [i, ...placesOf(circumstances, classes), ...truths],
          place,
          circumstances,
        });
      }
    }
  }
  return { asker, way, spot: { named, places }, statements, classes, assumptions, cells };
}

/** Returns a test: true if the asker's request passes. */
function judgeOf(
  { scene, key }: CallerIn,
  way: Way,
  place: ResourcePlace,
): (circumstances: Circumstances) => boolean {
  const subject = subjectOf(scene, key);
  const served = scene.snapshot.store.operations.has(way.operation.name);
  if (subject === undefined || !served) return () => false;
  const world = worldFor(scene, key, subject, way, place);
  return (circumstances) => passes(scene, world, way, place, circumstances);
}

function together(all: readonly Dimensions[]): Dimensions {
  const texts = new Map<Parameters<Dimensions["texts"]["get"]>[0], Patterns>();
  for (const one of all) {
    for (const [place, patterns] of one.texts) {
      texts.set(place, [...(texts.get(place) ?? []), ...patterns]);
    }
  }
  return {
    networks: all.flatMap(({ networks }) => networks),
    instants: all.flatMap(({ instants }) => instants),
    tls: all.some(({ tls }) => tls),
    texts,
    resources: [],
    beyond: new Set(),
  };
}

type Patterns = Dimensions["resources"];

function assumptionsOf({ effect, conditions }: Statement, { operation }: Way): readonly string[] {
  return conditions
    .filter((one: Condition) => whyBeyond(one, [operation]) !== undefined)
    .map((one) => assumptionOf(effect, one));
}

/** Returns the number of the class in each dimension of circumstances. */
function placesOf(
  { address, atMs, tls, texts }: Circumstances,
  classes: Classes,
): readonly number[] {
  return [
    classes.addresses.findIndex((one) => one.address === address),
    classes.times.indexOf(atMs),
    classes.tls.indexOf(tls),
    ...classes.texts.map(([place, values]) =>
      values.indexOf(texts.find((one) => one.place === place)?.value),
    ),
  ];
}

/** A finding whose example is looked for only if it is needed: it costs as much as all the rest. */
type Found = Omit<AccessFinding, "example"> & { readonly example: () => string | undefined };

function findingsOf(old: Scene, gained: Gained): readonly Found[] {
  const { asker, way, spot, statements, assumptions } = gained;
  return alternativesOf(gained.cells.map(({ at }) => at)).map((alternative) => {
    const [placesAt = []] = alternative;
    return {
      who: [whoIs(asker.key)],
      actions: [actionOf(way)],
      resource: resourceWords(asker, spot, placesAt, statements, way),
      only: [...circumstanceWords(gained, alternative), ...ifs(assumptions, alternative)],
      example: () => {
        const cells = gained.cells.filter(({ at }) =>
          at.every((one, i) => alternative[i]?.includes(one)),
        );
        return exampleOf(old, { ...gained, cells });
      },
    };
  });
}

function actionOf({ asks, part, operation }: Way): string {
  const action = asks.at(-1)?.action ?? operation.name;
  return part === "target" || part === "entry" ? action : `${action} (by ${operation.name})`;
}

/** Returns a request that passes now, and is refused by a rule under the other configuration. */
function exampleOf(old: Scene, { asker, way, cells }: Gained): string | undefined {
  for (const { place, circumstances } of cells.slice(0, TRIED_MAX)) {
    const { scene, key } = asker;
    const { bucket, objectKey } = place;
    const cell: Cell = { kind: "cell", key, way, bucket, objectKey, circumstances, beyond: [] };
    const now = confirm(scene, cell);
    if (now.kind !== "passes") continue;
    const counterparts = counterpartsOf(old, key);
    if (counterparts.some((one) => confirm(old, { ...cell, key: one }).kind === "passes")) continue;
    return `${now.question.request} from ${now.question.ip} at ${now.question.at}`;
  }
  return undefined;
}

const TRIED_MAX = 3;

function circumstanceWords(
  { asker, classes }: Gained,
  alternative: Alternative,
): readonly string[] {
  const { addresses, times, tls, texts } = classes;
  const [, addressesAt = [], timesAt = [], tlsAt = [], ...textsAt] = alternative;
  const phrases: string[] = [];
  if (addressesAt.length < addresses.length) {
    phrases.push(rememberedWords(asker.scene, addresses, addressesAt));
  }
  if (timesAt.length < times.length) phrases.push(`only ${spans(times, timesAt)}`);
  if (tlsAt.length < tls.length) {
    phrases.push(tls[tlsAt[0] ?? 0] === true ? "only with TLS" : "only without TLS");
  }
  for (const [i, [place, values]] of texts.entries()) {
    const at = textsAt[i] ?? [];
    if (at.length < values.length)
      phrases.push(
        textWords(
          place,
          at.map((one) => values[one]),
        ),
      );
  }
  return phrases;
}

/** Returns what addressWords() says: the same classes come again for each key, way and bucket. */
function rememberedWords(
  { memory }: Scene,
  addresses: Classes["addresses"],
  at: readonly number[],
): string {
  const ofClasses = memory.addressWords.get(addresses) ?? new Map<string, string>();
  memory.addressWords.set(addresses, ofClasses);
  const id = at.join();
  const words = ofClasses.get(id) ?? addressWords(addresses, at);
  ofClasses.set(id, words);
  return words;
}

/**
 * Returns the assumptions about conditions that are not followed, which come after all other
 * dimensions.
 */
function ifs(assumptions: readonly string[], alternative: Alternative): readonly string[] {
  const truths = alternative.slice(alternative.length - assumptions.length);
  return assumptions.flatMap((assumption, i) => {
    const at = truths[i] ?? [];
    if (at.length !== 1) return [];
    const [, operator = "", key = "", values = ""] =
      /^\S+ (\S+) (\S+) (.*)$/su.exec(assumption) ?? [];
    return [`only where ${operator} ${key} ${values} ${at[0] === 1 ? "holds" : "does not hold"}`];
  });
}

/** Adds to the findings, or to the actions of one that is alike but for them. */
function addTo(byAction: Map<string, AccessFinding>, found: Found): void {
  const id = JSON.stringify([found.who, found.resource, found.only]);
  const before = byAction.get(id);
  const actions = [...new Set([...(before?.actions ?? []), ...found.actions])];
  byAction.set(id, { ...found, example: before?.example ?? found.example(), actions });
}

/** Joins findings that are alike for several people. */
function merged(findings: readonly AccessFinding[]): readonly AccessFinding[] {
  const byPeople = new Map<string, AccessFinding>();
  for (const one of findings) {
    const id = JSON.stringify([one.actions, one.resource, one.only]);
    const before = byPeople.get(id);
    const who = [...new Set([...(before?.who ?? []), ...one.who])];
    byPeople.set(id, { ...one, example: before?.example ?? one.example, who });
  }
  return [...byPeople.values()].map((one) => ({ ...one, actions: shortened(one.actions) }));
}

/** Leaves out an action by one of its operations if the action itself is named anyway. */
function shortened(actions: readonly string[]): readonly string[] {
  const plain = new Set(actions);
  return actions.filter((action) => {
    const [name = "", by] = action.split(" (by ");
    return by === undefined || !plain.has(name);
  });
}
