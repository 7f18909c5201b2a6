/**
 * Measures how a store treats each operation. It is sent as it is, past any gateway, to a store in
 * a known state, and then its effect is looked for. A store that does not know an operation ignores
 * the parameter that distinguishes it, and executes the operation without it.
 */
import { isDeepStrictEqual } from "node:util";
import { OPERATION_LIST, type Operation, type OperationName } from "../../src/s3/operations.ts";
import { BODIES } from "../unit/admission/operation-rows.ts";
import { ask, type PlainAnswer, type PlainRequest, type PlainStore } from "./plain-store.ts";

/** The possible changes of the bucket, of the addressed object `k` and of its neighbour `other`. */
type Change =
  | "bucket made"
  | "bucket gone"
  | "k made"
  | "k written"
  | "k gone"
  | "other made"
  | "other written"
  | "other gone";

/** The state of the store before the operation comes. */
export type Situation = {
  readonly bucket: boolean;
  readonly k: boolean;
  readonly other: boolean;
};

/** An object as a GET shows it. */
type Held = { readonly bytes: string; readonly metadata: string };

/** The state of the store as seen. */
type State = {
  readonly bucket: boolean;
  readonly k: Held | undefined;
  readonly other: Held | undefined;
};

const KEYS = ["k", "other"] as const;
type Key = (typeof KEYS)[number];

const K = "the object as it was";
const OTHER = "its neighbour as it was";
const NEW = "what the request brought";
const PART = "a part of an upload";

/**
 * The purpose of an operation; an operation that is not named changes nothing that can be seen
 * here.
 */
const MEANT: Partial<Record<OperationName, readonly Change[]>> = {
  CompleteMultipartUpload: ["k made", "k written"],
  CopyObject: ["k made", "k written"],
  CreateBucket: ["bucket made"],
  DeleteBucket: ["bucket gone"],
  DeleteObject: ["k gone"],
  DeleteObjects: ["k gone"],
  PutObject: ["k made", "k written"],
  RenameObject: ["k made", "k written", "other gone"],
};

/** The bytes that exist once an operation says that it is done. */
const DONE: Partial<Record<OperationName, Partial<Record<Key, string | undefined>>>> = {
  CompleteMultipartUpload: { k: PART },
  CopyObject: { k: OTHER },
  DeleteObject: { k: undefined },
  DeleteObjects: { k: undefined, other: OTHER },
  PutObject: { k: NEW },
  RenameObject: { k: OTHER, other: undefined },
};

/**
 * Roots of answers and their operations: an answer with another operation's root shows that it was
 * executed instead.
 */
const ROOTS: ReadonlyMap<string, readonly OperationName[]> = new Map<
  string,
  readonly OperationName[]
>([
  ["CompleteMultipartUploadResult", ["CompleteMultipartUpload"]],
  ["CopyObjectResult", ["CopyObject"]],
  ["CopyPartResult", ["UploadPartCopy"]],
  ["DeleteResult", ["DeleteObjects"]],
  ["InitiateMultipartUploadResult", ["CreateMultipartUpload"]],
  ["ListAllMyBucketsResult", ["ListBuckets"]],
  ["ListBucketResult", ["ListObjects", "ListObjectsV2"]],
  ["ListMultipartUploadsResult", ["ListMultipartUploads"]],
  ["ListPartsResult", ["ListParts"]],
  ["ListVersionsResult", ["ListObjectVersions"]],
  ["LocationConstraint", ["GetBucketLocation"]],
]);

/** The situations in which each operation is tried, by the level that it is about. */
export const SITUATIONS: Readonly<Record<Operation["level"], readonly Situation[]>> = {
  service: [{ bucket: true, k: true, other: true }],
  any: [{ bucket: true, k: true, other: true }],
  // DELETE deletes an empty bucket only, PUT makes one only if there is none.
  bucket: [
    { bucket: true, k: false, other: false },
    { bucket: true, k: true, other: true },
    { bucket: false, k: false, other: false },
  ],
  object: [
    { bucket: true, k: true, other: true },
    { bucket: true, k: false, other: true },
  ],
};

/** The findings about all operations. */
export type Measured = {
  /** The operations that the store understands: it executes or refuses them. */
  readonly understood: ReadonlySet<OperationName>;
  /** The understood operations that it does not refuse in every situation. */
  readonly done: ReadonlySet<OperationName>;
  /** The other operations, with the store's actions instead, as sentences. */
  readonly mistakes: ReadonlyMap<OperationName, readonly string[]>;
};

/**
 * Sends every operation of the S3 API to `store`, with a bucket and objects in place and without.
 */
export async function measureOperations(store: PlainStore): Promise<Measured> {
  const understood = new Set<OperationName>();
  const done = new Set<OperationName>();
  const mistakes = new Map<OperationName, readonly string[]>();
  const grounds = new Grounds(store);
  for (const operation of OPERATION_LIST) {
    if (operation.name === "PostObject") continue;
    const { wrong, isDone } = await measure(store, grounds, operation);
    if (wrong.length > 0) mistakes.set(operation.name, wrong);
    else understood.add(operation.name);
    if (wrong.length === 0 && isDone) done.add(operation.name);
  }
  // A form reaches the store as PutObject. As a form, one for no bucket ends RGW 16 for everybody.
  if (understood.has("PutObject")) understood.add("PostObject");
  if (done.has("PutObject")) done.add("PostObject");
  return { understood, done, mistakes };
}

/** The outcome of a request with one body. */
type Outcome = { readonly wrong: readonly string[]; readonly isDone: boolean };

async function measure(
  store: PlainStore,
  grounds: Grounds,
  operation: Operation,
): Promise<Outcome> {
  const wrong = new Set<string>();
  let isDone = false;
  for (const situation of SITUATIONS[operation.level]) {
    for (const body of bodiesOf(operation)) {
      const outcome = await measureIn(store, grounds, operation, situation, body);
      for (const sentence of outcome.wrong) wrong.add(sentence);
      isDone ||= outcome.isDone;
    }
  }
  return { wrong: [...wrong], isDone };
}

/**
 * Returns the operation's own document, and those that other operations would act on. RGW creates
 * no bucket by `PUT /b?encryption` if the document with it is not one for CreateBucket.
 */
function bodiesOf({ name, body }: Operation): readonly (string | undefined)[] {
  if (body !== "xml" && body !== "json") return [undefined];
  // Those are made for the existing upload and objects.
  if (name === "CompleteMultipartUpload" || name === "DeleteObjects") return [undefined];
  return [BODIES[name] ?? "", "", "no document", "<CreateBucketConfiguration/>"];
}

async function measureIn(
  store: PlainStore,
  grounds: Grounds,
  operation: Operation,
  situation: Situation,
  document: string | undefined,
): Promise<Outcome> {
  const bucket = await grounds.get(operation, situation);
  const upload = needsUpload(operation) ? await beginUpload(store, bucket) : NO_UPLOAD;
  const before = await stateOf(store, bucket);
  const answer = await sendOperation(store, operation, bucket, upload, document);
  const after = await stateOf(store, bucket);
  const changes = [...changesBetween(before, after)];
  if (changes.length > 0) grounds.spoil(bucket);
  const wrong = changes
    .filter((change) => MEANT[operation.name]?.includes(change) !== true)
    .map((change) => `${change}: ${operation.name} of ${nameOf(situation)}`);
  const isDone = answer.status < 300;
  if (isDone) wrong.push(...notDone(operation, situation, after));
  const taken =
    takenForAnother(operation, answer) ??
    (await wrongPart(store, operation, bucket, upload, answer));
  if (taken !== undefined) wrong.push(taken);
  return { wrong, isDone };
}

/**
 * Buckets to try operations on: reads share one; operations that could leave settings behind get
 * their own.
 */
class Grounds {
  readonly #store: PlainStore;
  readonly #prepared = new Map<string, string>();

  constructor(store: PlainStore) {
    this.#store = store;
  }

  /** Returns the name of a bucket in the state of `situation`. */
  async get({ name, method }: Operation, situation: Situation): Promise<string> {
    const reads = method === "GET" || method === "HEAD";
    const ground = `${reads ? "reads" : name} ${JSON.stringify(situation)}`;
    const known = this.#prepared.get(ground);
    if (known !== undefined) return known;
    const bucket = newName();
    await prepare(this.#store, bucket, situation);
    this.#prepared.set(ground, bucket);
    return bucket;
  }

  /** Marks `bucket` as no longer in its prepared state. */
  spoil(bucket: string): void {
    for (const [ground, known] of this.#prepared) {
      if (known === bucket) this.#prepared.delete(ground);
    }
  }
}

let buckets = 0;

function newName(): string {
  return `measure-${process.pid}-${++buckets}`;
}

/** Returns the situation in words. */
export function nameOf({ bucket, k }: Situation): string {
  if (!bucket) return "no bucket";
  return k ? "bucket and object" : "bucket without the object";
}

/** Brings about `situation` in a bucket that does not exist yet. */
export async function prepare(
  store: PlainStore,
  bucket: string,
  situation: Situation,
): Promise<void> {
  if (!situation.bucket) return;
  await ask(store, "PUT", `/${bucket}`);
  const headers = { "content-type": "text/x-measured", "x-amz-meta-colour": "blue" };
  if (situation.k) await ask(store, "PUT", `/${bucket}/k`, { body: K, headers });
  if (situation.other) await ask(store, "PUT", `/${bucket}/other`, { body: OTHER, headers });
}

async function stateOf(store: PlainStore, bucket: string): Promise<State> {
  const { status } = await ask(store, "HEAD", `/${bucket}`);
  if (status === 404) return { bucket: false, k: undefined, other: undefined };
  return {
    bucket: true,
    k: await heldAt(store, bucket, "k"),
    other: await heldAt(store, bucket, "other"),
  };
}

/** Returns the object; `undefined` if it is missing. */
async function heldAt(store: PlainStore, bucket: string, key: Key): Promise<Held | undefined> {
  const { status, body, headers } = await ask(store, "GET", `/${bucket}/${key}`);
  const metadata = [headers["content-type"], headers["x-amz-meta-colour"]].join(" ");
  return status === 404 ? undefined : { bytes: body, metadata };
}

function* changesBetween(before: State, after: State): Generator<Change> {
  if (before.bucket !== after.bucket) yield after.bucket ? "bucket made" : "bucket gone";
  if (!before.bucket || !after.bucket) return;
  for (const key of KEYS) {
    if (isDeepStrictEqual(before[key], after[key])) continue;
    if (before[key] === undefined) yield `${key} made`;
    else yield after[key] === undefined ? `${key} gone` : `${key} written`;
  }
}

/** Returns a sentence if the answer is another operation's; `undefined` if it is not. */
function takenForAnother({ name, level }: Operation, answer: PlainAnswer): string | undefined {
  const root = rootOf(answer.body);
  const owners = ROOTS.get(root);
  if (owners !== undefined && !owners.includes(name)) return `${name} is answered with ${root}`;
  if (level === "object" && answer.body === K && name !== "GetObject") {
    return `${name} is answered with the object`;
  }
  const hasRoot = [...ROOTS.values()].some((names) => names.includes(name));
  if (!hasRoot || owners !== undefined || answer.status >= 300) return undefined;
  return `${name} is answered with ${root === "" ? "nothing" : root}`;
}

/** Returns the name of an XML document's root; "" of anything else. */
function rootOf(text: string): string {
  const [, root = ""] = /^(?:<\?xml[^>]*\?>\s*)?<([A-Za-z]+)[\s>/]/.exec(text) ?? [];
  return root;
}

/**
 * Returns a sentence if the part that the operation put into the upload is not the expected one.
 */
async function wrongPart(
  store: PlainStore,
  { name }: Operation,
  bucket: string,
  upload: Upload,
  answer: PlainAnswer,
): Promise<string | undefined> {
  const isPart = name === "UploadPart" || name === "UploadPartCopy";
  if (!isPart || answer.status >= 300) return undefined;
  const [, inBody = ""] = /<ETag>([^<]*)<\/ETag>/.exec(answer.body) ?? [];
  const document = completion(answer.headers.etag ?? inBody);
  await ask(store, "POST", `/${bucket}/k?uploadId=${upload.id}`, { body: document });
  const held = await heldAt(store, bucket, "k");
  const meant = name === "UploadPart" ? NEW : OTHER;
  return held?.bytes === meant ? undefined : `${name} gave a part of other bytes`;
}

/** Returns the effects that the operation claims and did not have. */
function notDone({ name }: Operation, situation: Situation, after: State): readonly string[] {
  const done = DONE[name];
  if (done === undefined || !situation.bucket) return [];
  return KEYS.filter(
    (key) => key in done && situation.other && after[key]?.bytes !== done[key],
  ).map((key) => `${name} was done and ${key} is another than it says`);
}

/** An upload to `k` that has begun, with one part. */
export type Upload = { readonly id: string; readonly etag: string };
/** The upload if none has begun: its id is nobody's. */
export const NO_UPLOAD: Upload = { id: "none", etag: "" };

export function needsUpload({ required }: Operation): boolean {
  return required.some(({ name }) => name === "uploadId");
}

export async function beginUpload(store: PlainStore, bucket: string): Promise<Upload> {
  const begun = await ask(store, "POST", `/${bucket}/k?uploads`);
  const [, id = "none"] = /<UploadId>([^<]*)<\/UploadId>/.exec(begun.body) ?? [];
  const part = await ask(store, "PUT", `/${bucket}/k?partNumber=1&uploadId=${id}`, { body: PART });
  return { id, etag: part.headers.etag ?? "" };
}

function completion(etag: string): string {
  return `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
}

/** Sends `operation` about `bucket` and `k`; `document`: instead of its own. */
export function sendOperation(
  store: PlainStore,
  operation: Operation,
  bucket: string,
  upload: Upload,
  document: string | undefined,
): Promise<PlainAnswer> {
  const { name, method, level } = operation;
  const path = { service: "/", bucket: `/${bucket}`, object: `/${bucket}/k`, any: `/${bucket}/k` };
  const brings = document ?? bodyOf(operation, upload);
  const request: PlainRequest = {
    body: brings.replaceAll("arn:aws:s3:::bucket", `arn:aws:s3:::${bucket}`),
    headers: headersOf(operation, bucket),
    ...(name === "Preflight" && { unsigned: true }),
  };
  return ask(store, method, `${path[level]}${queryOf(operation, upload)}`, request);
}

function bodyOf({ name, body }: Operation, upload: Upload): string {
  if (name === "DeleteObjects") return "<Delete><Object><Key>k</Key></Object></Delete>";
  if (name === "CompleteMultipartUpload") return completion(upload.etag);
  return body === "object" ? NEW : "";
}

function headersOf({ name, header }: Operation, bucket: string): Record<string, string> {
  if (header === "x-amz-copy-source") return { [header]: `/${bucket}/other` };
  if (header === "x-amz-rename-source") return { [header]: `/${bucket}/other` };
  if (header === "x-amz-request-route") return { [header]: "r", "x-amz-request-token": "t" };
  if (name !== "Preflight") return {};
  return { origin: "http://example.org", "access-control-request-method": "GET" };
}

function queryOf({ required }: Operation, upload: Upload): string {
  const pairs = required.map(({ name, value }) => {
    if (value === "") return name;
    if (value !== undefined) return `${name}=${value}`;
    const given: Readonly<Record<string, string>> = {
      partNumber: "1",
      uploadId: upload.id,
      "max-directory-buckets": "10",
    };
    return `${name}=${given[name] ?? "x"}`;
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** Returns true if the store does not take a missing version for the existing one. */
export async function measureVersions(store: PlainStore): Promise<boolean> {
  const bucket = newName();
  const version = "00000000-0000-4000-8000-000000000000";
  await prepare(store, bucket, { bucket: true, k: true, other: true });
  const read = await ask(store, "GET", `/${bucket}/k?versionId=${version}`);
  await ask(store, "DELETE", `/${bucket}/k?versionId=${version}`);
  const entry = `<Object><Key>k</Key><VersionId>${version}</VersionId></Object>`;
  await ask(store, "POST", `/${bucket}?delete`, { body: `<Delete>${entry}</Delete>` });
  return read.body !== K && (await heldAt(store, bucket, "k"))?.bytes === K;
}
