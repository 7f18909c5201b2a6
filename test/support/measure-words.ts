/**
 * Measures how a store treats a query parameter that belongs to no operation. Each is sent past any
 * gateway. Then the answer and the bucket are compared with those without the parameter.
 */
import { isDeepStrictEqual } from "node:util";
import { OPERATION_LIST } from "../../src/s3/operations.ts";
import { ask, type PlainAnswer, type PlainStore } from "./plain-store.ts";

/**
 * Words that stores route on or read besides S3's own, some with a value. RGW: `rgw_rest_s3.cc` and
 * RGWHTTPArgs::append() in `rgw_common.cc` (20.2.4). MinIO: `cmd/api-router.go` (7aac2a2c5b7c).
 * versitygw: `s3api/router.go` (1.8.0).
 */
const STORES_OWN = `
  append append=true layout mdsearch usage quota format=json stats=true rgwx-stat=true
  rgwx-prepend-metadata=true objs-container=true website-routing Action=ListRoles
  Action=AssumeRole list-type=1 sync info policy-status events events=s3:ObjectCreated:*
  lambdaArn lambdaArn=arn:minio:s3-object-lambda::f:webhook metadata=true withUpdatedAt=true
  replication-metrics replication-metrics=2 replication-reset replication-reset-status
  replication-check force=true healthcheck x-minio-extract=true
`
  .trim()
  .split(/\s+/);

/**
 * Words that no store can know, and spellings that differ from a known word only in how they are
 * written.
 */
const UNKNOWN_WORDS = ["foo", "qzv7=1", "utm_source=x", "Acl", "ACL", "encryptioN"];

/** All words to try: routing words of S3 come at every level and with every method. */
const WORDS: readonly string[] = [
  ...new Set([
    ...OPERATION_LIST.flatMap(({ required }) => required.map(({ name }) => name)),
    ...STORES_OWN,
    ...UNKNOWN_WORDS,
  ]),
];

export const WORD_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"] as const;
export const WORD_LEVELS = ["service", "bucket", "object"] as const;

/** One request with one such word. */
export type WordRequest = {
  readonly method: (typeof WORD_METHODS)[number];
  readonly level: (typeof WORD_LEVELS)[number];
  readonly word: string;
};

/** Returns the request's line without a bucket's name, such as `GET object?layout`. */
export function wordLine({ method, level, word }: WordRequest): string {
  return `${method} ${level}?${word}`;
}

/** Every word with every method at every level, unless it makes the request an operation. */
export const WORD_REQUESTS: readonly WordRequest[] = WORDS.flatMap((word) =>
  WORD_METHODS.flatMap((method) =>
    WORD_LEVELS.flatMap((level) =>
      isOperation(method, level, word) || isBroken(method, level) ? [] : [{ method, level, word }],
    ),
  ),
);

/**
 * Returns true for an answer to a HEAD of the service: RGW 16 breaks some of them off, so that they
 * show nothing.
 */
function isBroken(method: string, level: string): boolean {
  return method === "HEAD" && level === "service";
}

function isOperation(method: string, level: string, word: string): boolean {
  const [name = ""] = word.split("=");
  return OPERATION_LIST.some(
    (operation) =>
      operation.method === method && operation.level === level && operation.parameters.has(name),
  );
}

/**
 * The treatment of a word. `ignored`: the store did the same as without the word. `refused`: an
 * error, and nothing has changed. `own`: neither, so the word has a meaning for the store.
 */
export type WordMeaning = "ignored" | "refused" | "own";

const OBJECT = "the object as it was";
/** The time to wait for an answer: MinIO's `events` never end. */
const PATIENCE_MS = 2000;

/** Returns the treatment of each of `requests` by `store`, by wordLine(). */
export async function measureWords(
  store: PlainStore,
  requests: readonly WordRequest[] = WORD_REQUESTS,
): Promise<ReadonlyMap<string, WordMeaning>> {
  const meanings = new Map<string, WordMeaning>();
  const without = new Map<string, Seen>();
  const ground = new WordGround(store);
  for (const request of requests) {
    const { method, level, word } = request;
    const base = `${method} ${level}`;
    const known = without.get(base) ?? (await ground.seen({ method, level, word: "" }));
    without.set(base, known);
    const seen = await ground.seen({ method, level, word });
    meanings.set(wordLine(request), meaningOf(seen, known, isChange(method)));
  }
  return meanings;
}

/** The outcome of a request, without the parts that differ from time to time. */
type Seen = { readonly status: number; readonly answer: string; readonly after: State };
type State = { readonly bucket: boolean; readonly keys: string; readonly bytes: string };

function meaningOf(seen: Seen, base: Seen, changes: boolean): WordMeaning {
  const same = seen.status === base.status && isDeepStrictEqual(seen.after, base.after);
  if (same && (changes || seen.answer === base.answer)) {
    // If the request is refused without the word, too, a refusal shows nothing about the word.
    return seen.status >= 400 ? "refused" : "ignored";
  }
  return seen.status >= 400 && isUntouched(seen.after) ? "refused" : "own";
}

function isUntouched(state: State): boolean {
  return Object.values(FRESH).some((fresh) => isDeepStrictEqual(fresh, state));
}

function isChange(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Buckets to try words on; a changed one is replaced by a new one. */
class WordGround {
  readonly #store: PlainStore;
  readonly #buckets = new Map<WordRequest["level"], string>();
  #count = 0;

  constructor(store: PlainStore) {
    this.#store = store;
  }

  async seen({ method, level, word }: WordRequest): Promise<Seen> {
    // A list of buckets needs at least one.
    const bucket = await this.#bucket(level === "service" ? "bucket" : level);
    const path = { service: "/", bucket: `/${bucket}`, object: `/${bucket}/k` }[level];
    const query = word === "" ? "" : `?${word.replaceAll("*", "%2A")}`;
    const body = method === "PUT" && level === "object" ? "what the request brought" : "";
    const answer = await ask(this.#store, method, `${path}${query}`, {
      body,
      patienceMs: PATIENCE_MS,
    });
    const looks = level !== "service" && isChange(method);
    const after = looks ? await this.#state(bucket) : NOTHING_CHANGED;
    if (looks && !isDeepStrictEqual(after, FRESH[level])) this.#buckets.delete(level);
    // RGW's type and length in the answer to a HEAD differ from time to time.
    const shape = method === "HEAD" ? "" : shapeOf(answer, bucket);
    return { status: answer.status, answer: shape, after };
  }

  async #bucket(level: "bucket" | "object"): Promise<string> {
    const known = this.#buckets.get(level);
    if (known !== undefined) return known;
    const bucket = `words-${process.pid}-${++this.#count}`;
    await ask(this.#store, "PUT", `/${bucket}`);
    // DELETE removes an empty bucket only.
    if (level === "object") await ask(this.#store, "PUT", `/${bucket}/k`, { body: OBJECT });
    this.#buckets.set(level, bucket);
    return bucket;
  }

  async #state(bucket: string): Promise<State> {
    const { status, body } = await ask(this.#store, "GET", `/${bucket}`);
    if (status === 404) return { bucket: false, keys: "", bytes: "" };
    const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key).join(" ");
    if (keys === "") return { bucket: true, keys, bytes: "" };
    return { bucket: true, keys, bytes: (await ask(this.#store, "GET", `/${bucket}/k`)).body };
  }
}

const FRESH: Readonly<Record<"bucket" | "object", State>> = {
  bucket: { bucket: true, keys: "", bytes: "" },
  object: { bucket: true, keys: "k", bytes: OBJECT },
};
const NOTHING_CHANGED: State = FRESH.bucket;

/**
 * Returns the answer without times and names; of an XML document, the elements without their
 * content.
 */
function shapeOf({ headers, body }: PlainAnswer, bucket: string): string {
  const type = headers["content-type"] ?? "";
  const length = body.startsWith("<") ? "" : (headers["content-length"] ?? "");
  const shape = body.startsWith("<")
    ? [...new Set([...body.matchAll(/<([A-Za-z]+)/g)].map(([, name]) => name))].join(" ")
    : body.replaceAll(bucket, "");
  return [type, length, shape].join("\n");
}
