import { admit } from "../admission/admit.ts";
import type { Answer } from "../admission/known.ts";
import { holderName, holderOf, type Key } from "../admission/principal.ts";
import type { BucketRecord } from "../admission/record.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import { decideBy, type ReadRecord } from "../explain/answers.ts";
import { explain } from "../explain/explain.ts";
import { requestFor, type ExplainQuestion } from "../explain/request.ts";
import { wildcardParts, type GlobPart } from "../lib/glob.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { coversAction } from "../policy/evaluate.ts";
import type { Statement } from "../policy/policy.ts";
import { ACTIONS, type Action } from "../s3/actions.ts";
import { canonicalBucket } from "../s3/bucket.ts";
import type { BucketName } from "../s3/address.ts";
import { OPERATION_LIST, type Operation } from "../s3/operations.ts";
import { parseBucketName } from "../config/scalars.ts";
import { addressClasses, type AddressClass } from "./address-classes.ts";
import { alternativesOf, type Alternative } from "./alternatives.ts";
import { timesOf } from "./circumstances.ts";
import { dimensionsOf, HEADER_PLACES, type Dimensions, type TextPlace } from "./dimensions.ts";
import { textClasses } from "./text-classes.ts";
import { ANY_REQUEST, type Under } from "./under.ts";
import { addressWords, keysSuchAs, spans, textWords } from "./words.ts";

/**
 * The question of who could do `action` to `resource`, which is `arn:aws:s3:::bucket` or `…bucket/`
 * and a pattern of keys.
 */
export type WhoCanQuestion = {
  readonly action: string;
  readonly resource: string;
  /** The conditions that are taken for granted of every request; absent if there are none. */
  readonly under?: Under;
};

/** A caller who can, as `--json` prints it. */
export type WhoCan = {
  readonly who: string;
  /**
   * The rules that allow the examples: the account itself, a tier, or statements with file and
   * line.
   */
  readonly by: readonly string[];
  /** The alternatives. Each is enough; a dimension that it does not name makes no difference. */
  readonly alternatives: readonly (readonly string[])[];
  /** A request that passes `admit`. */
  readonly example: string;
};

export type WhoCanAnswer = {
  readonly can: readonly WhoCan[];
  readonly cannot: readonly string[];
  /**
   * The callers for whom the answer is not exact, with the reason. They may stand among those who
   * can, by what is known.
   */
  readonly notDecided: readonly { readonly who: string; readonly why: string }[];
};

/** The most requests that are put through `admit` for one caller. */
const CELLS_MAX = 20_000;

/**
 * Answers for all requests at once. They fall into classes that no rule tells apart
 * (text-classes.ts, address-classes.ts, times), and one request of each class is put through
 * `admit` itself. Parts that rules look at beyond these classes are named and not decided. `read`:
 * the records of buckets; `undefined` if only the configuration has any. The error is a sentence
 * about the question.
 */
export async function whoCan(
  compiled: Snapshot,
  question: WhoCanQuestion,
  nowMs: number,
  read: ReadRecord | undefined,
): Promise<Result<WhoCanAnswer, string>> {
  const snapshot = { ...compiled, elsewhere: { keys: false, records: read !== undefined } };
  const asked = askedOf(question);
  if (!asked.ok) return asked;
  const holders = new Map<string, Key[]>();
  for (const key of snapshot.keys.values()) {
    const keys = holders.get(holderName(key));
    if (keys === undefined) holders.set(holderName(key), [key]);
    else keys.push(key);
  }
  const can: WhoCan[] = [];
  const cannot: string[] = [];
  const notDecided: { who: string; why: string }[] = [];
  for (const [who, keys] of [...holders, ["anonymous", [undefined]] as const]) {
    const found: Found[] = [];
    for (const key of keys) {
      const one = await byKey({ snapshot, question, asked: asked.value, nowMs, read }, key);
      if (!one.ok) return one;
      found.push(one.value);
    }
    const why = new Set(found.flatMap(({ beyond }) => beyond));
    if (why.size > 0) notDecided.push({ who, why: [...why].join(", ") });
    const passing = found.filter((one) => one.example !== undefined);
    if (passing.length === 0) {
      if (why.size === 0) cannot.push(who);
      continue;
    }
    can.push({
      who,
      by: [...new Set(passing.flatMap(({ by }) => by))],
      alternatives: passing.flatMap(({ alternatives }) => alternatives),
      example: passing[0]?.example ?? "",
    });
  }
  const { strangers } = compiled.elsewhere;
  if (strangers !== undefined) {
    notDecided.push({ who: strangers.called, why: "keys that are not in the configuration" });
  }
  if (compiled.sealing.length > 0 && compiled.roles.size > 0) {
    notDecided.push({ who: "sessions of roles", why: "the names and tags of sessions" });
  }
  return ok({ can, cannot, notDecided });
}

/** The question, understood. */
type Asked = {
  readonly action: Action;
  readonly operations: readonly Operation[];
  readonly versioned: boolean;
  readonly bucket: BucketName;
  /** The keys that are asked about; `undefined` if it is the bucket itself. */
  readonly keys: readonly GlobPart[] | undefined;
};

function askedOf({ action: named, resource }: WhoCanQuestion): Result<Asked, string> {
  const action = ACTIONS.find((known) => known.toLowerCase() === named.toLowerCase());
  if (action === undefined) return err(`Unknown action: got "${named}"`);
  const [, name = "", slash, pattern = ""] =
    /^arn:aws:s3:::([^/]*)(\/)?(.*)$/su.exec(resource) ?? [];
  const bucket = parseBucketName(name);
  if (!bucket.ok) {
    return err(
      `Cannot read the resource: got "${resource}", expected arn:aws:s3:::bucket/keys*, the bucket without wildcards`,
    );
  }
  const isOnly = (actions: readonly Action[]): boolean =>
    actions.length === 1 && actions[0] === action;
  const level = slash === undefined ? "bucket" : "object";
  const plain = OPERATION_LIST.filter(
    (operation) =>
      operation.level === level && operation.header === undefined && operation.body !== "form",
  );
  const own = plain.filter(({ actions }) => isOnly(actions));
  const versioned = plain.filter(({ versionedActions }) => isOnly(versionedActions));
  const operations = own.length > 0 ? own : versioned;
  if (operations.length === 0) {
    return err(`No request asks for ${action} alone on such a resource: got "${resource}"`);
  }
  const keys = slash === undefined ? undefined : wildcardParts(pattern);
  return ok({ action, operations, versioned: own.length === 0, bucket: bucket.value, keys });
}

type World = {
  readonly snapshot: Snapshot;
  readonly question: WhoCanQuestion;
  readonly asked: Asked;
  readonly nowMs: number;
  readonly read: ReadRecord | undefined;
};

type Found = {
  readonly by: readonly string[];
  readonly alternatives: readonly (readonly string[])[];
  readonly example: string | undefined;
  readonly beyond: readonly string[];
};

/** A request of each class, as a question to `explain`. */
type Cell = {
  /**
   * The number of the class in each dimension: keys, addresses, times, TLS, texts in their order.
   */
  readonly at: readonly number[];
  readonly operation: Operation;
  readonly question: ExplainQuestion;
  readonly tls: boolean;
};

/** Returns what one key, or no key, can do. */
async function byKey(world: World, key: Key | undefined): Promise<Result<Found, string>> {
  const record = await recordFor(world, key);
  if (!record.ok) return record;
  const statements = statementsFor(world, key, record.value);
  const dimensions = dimensionsOf(world.snapshot, key, statements, world.asked.operations);
  const classes = classesOf(world, key, dimensions);
  const beyond = [...dimensions.beyond].filter((one) => !isKnown(world, one));
  const sizes = classes && [...classes.sizes, world.asked.operations.length];
  if (classes === undefined || sizes === undefined || product(sizes) > CELLS_MAX) {
    return ok({ ...NOTHING, beyond: [...beyond, "too many rules that tell requests apart"] });
  }
  const passing: (readonly number[])[] = [];
  const by = new Set<string>();
  let example: string | undefined;
  for (const at of everyCombination(classes.sizes)) {
    for (const operation of world.asked.operations) {
      const cell = cellOf(world, key, classes, at, operation);
      const verdict = await verdictOn(world, cell);
      if (!verdict.ok) return verdict;
      if (typeof verdict.value === "object") beyond.push(verdict.value.unjudged);
      if (verdict.value !== "passes") continue;
      passing.push(at);
      if (example === undefined) example = exampleOf(cell);
      const rule = by.size < RULES_MAX ? await ruleOf(world, cell) : ok(undefined);
      if (!rule.ok) return rule;
      if (rule.value !== undefined) by.add(rule.value);
      break;
    }
  }
  const alternatives = alternativesOf(passing).map((one) => inWords(classes, one));
  return ok({ by: [...by], alternatives, example, beyond: [...new Set(beyond)] });
}

/** Returns true if a key that is not followed is taken for granted. */
function isKnown({ question: { under = ANY_REQUEST } }: World, key: string): boolean {
  return under.known.has(key.toLowerCase());
}

const NOTHING = { by: [], alternatives: [], example: undefined };
/** The most rules that are looked for: they are listed, not counted. */
const RULES_MAX = 20;

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

function* everyCombination(sizes: readonly number[]): Generator<readonly number[]> {
  const [first, ...rest] = sizes;
  if (first === undefined) {
    yield [];
    return;
  }
  for (let i = 0; i < first; i++) for (const others of everyCombination(rest)) yield [i, ...others];
}

/** Returns the record of the bucket, for the holder of the key. */
async function recordFor(
  { snapshot, asked, read }: World,
  key: Key | undefined,
): Promise<Result<BucketRecord | undefined, string>> {
  const bucket = canonicalBucket(asked.bucket, key?.account.tenant ?? "", snapshot.store.naming);
  if (!bucket.ok) return err(bucket.error.message);
  const { id } = bucket.value;
  return read === undefined || snapshot.buckets.has(id) ? ok(snapshot.buckets.get(id)) : read(id);
}

/** Returns the statements about the action, for the caller or in the bucket. */
function statementsFor(
  { snapshot, asked: { action, operations } }: World,
  key: Key | undefined,
  record: BucketRecord | undefined,
): readonly Statement[] {
  const own = key === undefined ? [] : holderOf(key).policies.statements;
  const { switches } = snapshot.policy.provider;
  return [...own, ...(record?.policy?.statements ?? [])].filter((statement) =>
    operations.some(({ name }) => coversAction(statement, { action, operation: name }, switches)),
  );
}

type Classes = {
  readonly keys: readonly string[];
  readonly addresses: readonly AddressClass[];
  /** The first is now. */
  readonly times: readonly number[];
  readonly tls: readonly boolean[];
  readonly texts: readonly {
    readonly place: TextPlace;
    /** The values; `undefined` if the text is absent. */
    readonly values: readonly (string | undefined)[];
  }[];
  readonly sizes: readonly number[];
};

/** Returns the classes; `undefined` if there are too many. */
function classesOf(
  { asked, question: { under = ANY_REQUEST }, nowMs }: World,
  key: Key | undefined,
  { networks, instants, tls: tlsCounts, texts: places, resources }: Dimensions,
): Classes | undefined {
  const tenant = key?.account.tenant ?? "";
  // Under whichever name of the bucket a pattern may be about it.
  const befores = [
    `${asked.bucket.name}/`,
    ...(tenant === "" ? [] : [`${tenant}:${asked.bucket.name}/`]),
  ];
  const begun = befores.flatMap((before) => resources.map((parts) => ({ parts, before })));
  const keys = asked.keys === undefined ? [""] : textClasses(asked.keys, begun, 1);
  const addresses =
    under.ip === undefined ? addressClasses(networks) : [{ address: under.ip, ranges: [] }];
  const times = under.atMs === undefined ? timesOf(nowMs, instants) : [under.atMs];
  const bothTls = tlsCounts ? [false, true] : [false];
  const tls = under.tls === undefined ? bothTls : [under.tls];
  const texts: Classes["texts"][number][] = [];
  for (const [place, value] of under.texts) texts.push({ place, values: [value] });
  for (const [place, patterns] of places) {
    if (under.texts.has(place)) continue;
    const begunTexts = patterns.map((parts) => ({ parts, before: "" }));
    const values = textClasses([{ kind: "many" }], begunTexts, 0);
    if (values === undefined) return undefined;
    texts.push({ place, values: [undefined, ...values] });
  }
  if (keys === undefined) return undefined;
  const sizes = [keys, addresses, times, tls, ...texts.map(({ values }) => values)];
  return { keys, addresses, times, tls, texts, sizes: sizes.map(({ length }) => length) };
}

function cellOf(
  { asked, question: { under = ANY_REQUEST } }: World,
  key: Key | undefined,
  { keys, addresses, times, tls, texts }: Classes,
  at: readonly number[],
  operation: Operation,
): Cell {
  const [keyAt = 0, addressAt = 0, timeAt = 0, tlsAt = 0, ...textsAt] = at;
  const written = texts.map(({ place, values }, i) => ({ place, value: values[textsAt[i] ?? 0] }));
  const parameters = operation.required.map(({ name, value }) => [name, value ?? "1"] as const);
  const header = [...under.headers];
  for (const { place, value } of written) {
    if (value === undefined) continue;
    if (HEADER_PLACES.has(place)) header.push(`${place}: ${value}`);
    else if (operation.parameters.has(place)) parameters.push([place, value]);
  }
  if (asked.versioned) parameters.push(["versionId", "1"]);
  const path = [asked.bucket.name, ...(asked.keys === undefined ? [] : [keys[keyAt] ?? ""])].join(
    "/",
  );
  const query = parameters.map(([name, value]) =>
    value === "" ? name : `${name}=${encoded(value)}`,
  );
  const target = `/${path.split("/").map(encoded).join("/")}${query.length === 0 ? "" : `?${query.join("&")}`}`;
  const question = {
    ...(key === undefined ? { anonymous: true } : { as: key.accessKeyId }),
    ip: addresses[addressAt]?.address ?? "",
    at: new Date(times[timeAt] ?? 0).toISOString(),
    header,
    secure: tls[tlsAt] === true,
    request: `${operation.method} ${target}`,
  };
  return { at, operation, question, tls: tls[tlsAt] === true };
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/gu,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

type CellVerdict = "passes" | "refused" | { readonly unjudged: string };

/**
 * Returns the verdict of `admit`; `unjudged` if something else than a rule ended it, or nothing
 * did.
 */
async function verdictOn(
  { snapshot, nowMs, read }: World,
  { question, tls, operation }: Cell,
): Promise<Result<CellVerdict, string>> {
  const request = requestFor(snapshot, question, nowMs);
  if (!request.ok) return request;
  const head = { ...request.value.head, secure: tls };
  const settled = await decideBy(
    admit(snapshot, head, request.value.nowMs),
    async (need): Promise<Result<Answer | undefined, string>> => {
      if (need.kind !== "record" || read === undefined) return ok(undefined);
      const record = await read(need.bucket.id);
      return record.ok ? ok({ kind: "record", record: record.value }) : record;
    },
  );
  if (!settled.ok) return settled;
  if (settled.value.kind === "open") {
    return ok({ unjudged: `the document or form of ${operation.name}` });
  }
  const { value: verdict } = settled.value;
  if (verdict.facts.denial !== undefined) return ok("refused");
  if (verdict.kind !== "refuse") return ok("passes");
  return ok({ unjudged: `${verdict.fault.code} for ${question.request}` });
}

/** Returns the rule that allows it, in the words of `explain`. */
async function ruleOf(
  { snapshot, nowMs, read }: World,
  { question }: Cell,
): Promise<Result<string | undefined, string>> {
  const explained = await explain(snapshot, question, nowMs, read);
  return explained.ok ? ok(explained.value.asks[0]?.allowedBy) : explained;
}

function exampleOf({
  question: { request = "", ip = "", at = "", header = [] },
  tls,
}: Cell): string {
  return [`${request} from ${ip} at ${at}`, ...header, ...(tls ? ["over TLS"] : [])].join(", ");
}

/** Returns the conditions, one phrase for each dimension that makes a difference. */
function inWords(classes: Classes, alternative: Alternative): readonly string[] {
  const { keys, addresses, times, tls, texts } = classes;
  const [keysAt = [], addressesAt = [], timesAt = [], tlsAt = [], ...textsAt] = alternative;
  const phrases: string[] = [];
  if (keysAt.length < keys.length)
    phrases.push(`only ${keysSuchAs(keysAt.map((i) => keys[i] ?? ""))}`);
  if (addressesAt.length < addresses.length) phrases.push(addressWords(addresses, addressesAt));
  if (timesAt.length < times.length) phrases.push(`only ${spans(times, timesAt)}`);
  if (tlsAt.length < tls.length)
    phrases.push(tls[tlsAt[0] ?? 0] === true ? "only with TLS" : "only without TLS");
  for (const [i, { place, values }] of texts.entries()) {
    const at = textsAt[i] ?? [];
    if (at.length === values.length) continue;
    const known = at.map((one) => values[one]);
    phrases.push(textWords(place, known));
  }
  return phrases;
}
