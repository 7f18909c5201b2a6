import { hash, randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { err, ok, type Result } from "../lib/result.ts";
import { probeConditions, type Conditions } from "./conditions.ts";
import { listKeys } from "./list-keys.ts";
import { recordFile } from "./record-name.ts";
import { checkedBytes, readRecord } from "./record.ts";
import {
  namesOfFiles,
  type Change,
  type StateReader,
  type StateStore,
  type Stored,
} from "./state-store.ts";
import {
  openStoreClient,
  said,
  type StoreAnswer,
  type StoreClient,
  type StoreOptions,
  WRITER,
} from "./store-client.ts";
import { openTurns } from "./turns.ts";

/**
 * The stored record of a bucket that was removed. Not every store deletes under a condition (RGW 16
 * deletes whatever `If-Match` says), but a store that honours any condition honours it when
 * something is written.
 */
const REMOVED = Buffer.from('{"version":1,"removed":true}\n');

/**
 * Keeps records as objects in a bucket of the store, which is made if it does not exist and must
 * belong to the credential. If the store honours no conditional writes, two gateways that change
 * the same record within a moment may both read "written": see `replaceCarefully`. Error: the
 * bucket cannot be used.
 */
export async function openStateBucket(options: StoreOptions): Promise<Result<StateStore, string>> {
  const client = openStoreClient(options);
  const conditions = await prepare(client, options.bucket);
  if (!conditions.ok) {
    await client.close();
    return conditions;
  }
  const bucket: Bucket = { client, conditions: conditions.value };
  const inTurn = openTurns();
  const change = async (
    name: string,
    bytes: Buffer,
    expected: string | undefined,
  ): Promise<Result<Change, string>> =>
    inTurn(name, async () => replace(bucket, keyOf(name), bytes, expected));
  return ok({
    read: async (name) => readStored(bucket, keyOf(name)),
    write: async (name, record, expected) => {
      const bytes = checkedBytes(record);
      return bytes.ok ? change(name, bytes.value, expected) : bytes;
    },
    remove: async (name, expected) => change(name, REMOVED, expected),
    close: async () => client.close(),
  });
}

/** Reads what `openStateBucket` keeps, and writes nothing to the store. */
export function stateBucketReader(options: StoreOptions): StateReader {
  const client = openStoreClient(options);
  return {
    read: async (name) => readStored({ client, conditions: "none" }, keyOf(name)),
    list: async () => {
      const keys = await listKeys(client, FOLDER);
      return keys.ok ? namesOfFiles(keys.value.map((key) => key.slice(FOLDER.length))) : keys;
    },
    close: async () => client.close(),
  };
}

type Bucket = { readonly client: StoreClient; readonly conditions: Conditions };

const FOLDER = "buckets/";

function keyOf(name: string): string {
  return `${FOLDER}${recordFile(name)}`;
}

/** Makes the bucket and finds out which conditions the store honours in it. */
async function prepare(client: StoreClient, bucket: string): Promise<Result<Conditions, string>> {
  const made = await client.send("PUT", undefined);
  const failure = made.ok ? refusal(made.value) : made.error;
  if (failure !== undefined) return err(`Cannot keep state in the bucket "${bucket}": ${failure}`);
  const conditions = await probeConditions(client, `probe/${randomUUID()}`);
  if (conditions.ok) return conditions;
  return err(`Cannot keep state in the bucket "${bucket}": ${conditions.error}`);
}

/**
 * Returns the objection in the answer to the making of the bucket. A bucket of somebody else's,
 * even one that lets us in, would let them say who owns what. A user who may not make buckets was
 * given one.
 */
function refusal({ status, code }: StoreAnswer): string | undefined {
  const ours =
    status === 200 || code === "BucketAlreadyOwnedByYou" || (status === 403 && code === MAY_NOT);
  if (ours) return undefined;
  return code === "BucketAlreadyExists" ? "it belongs to somebody else" : said(status, code);
}

const MAY_NOT = "AccessDenied";

/** An object that is there. */
type Found = {
  readonly bytes: Buffer;
  readonly revision: string;
  /** The name of the write that made it. */
  readonly writer: string | undefined;
};

async function readStored(
  bucket: Bucket,
  key: string,
): Promise<Result<Stored | undefined, string>> {
  const found = await find(bucket, key);
  if (!found.ok) return found;
  if (found.value === undefined || isRemoved(found.value)) return ok(undefined);
  const record = readRecord(found.value.bytes);
  if (!record.ok) return err(`Cannot read the object ${key}: ${record.error}`);
  return ok({ record: record.value, revision: found.value.revision });
}

function isRemoved({ bytes }: Found): boolean {
  return bytes.equals(REMOVED);
}

async function find(
  { client, conditions }: Bucket,
  key: string,
): Promise<Result<Found | undefined, string>> {
  const answer = await client.send("GET", key);
  if (!answer.ok) return answer;
  const { status, code, body, etag, writer } = answer.value;
  // Not any 404: the bucket itself may be gone, and everything with it.
  if (status === 404 && code === "NoSuchKey") return ok(undefined);
  if (status !== 200) return err(`Cannot read the object ${key}: ${said(status, code)}`);
  const revision = conditions === "none" ? hash("sha256", body, "hex") : etag;
  if (revision === undefined) return err(`Cannot read the object ${key}: it has no ETag`);
  return ok({ bytes: body, revision, writer });
}

/**
 * Writes if the stored revision is `expected`. The store gets the state that was seen as the
 * condition of the write.
 */
async function replace(
  bucket: Bucket,
  key: string,
  bytes: Buffer,
  expected: string | undefined,
): Promise<Result<Change, string>> {
  const found = await find(bucket, key);
  if (!found.ok) return found;
  const { value } = found;
  const revision = value === undefined || isRemoved(value) ? undefined : value.revision;
  if (revision !== expected) return ok("conflict");
  return bucket.conditions === "none"
    ? replaceCarefully(bucket, key, bytes)
    : replaceIf(bucket, key, bytes, value?.revision);
}

/** Writes on the condition that the object has `etag`; `undefined` if it must not exist. */
async function replaceIf(
  bucket: Bucket,
  key: string,
  bytes: Buffer,
  etag: string | undefined,
): Promise<Result<Change, string>> {
  const { client, conditions } = bucket;
  const written = conditions === "quoted" ? `"${etag}"` : `${etag}`;
  const condition = etag === undefined ? { "if-none-match": "*" } : { "if-match": written };
  const writer = randomUUID();
  const answer = await client.send("PUT", key, bytes, { ...condition, [WRITER]: writer });
  if (!answer.ok) return answer;
  const { status, code } = answer.value;
  if (status === 200) return ok("written");
  if (status === 412 || status === 409 || code === "NoSuchKey") return ok("conflict");
  const failure = `Cannot write the object ${key}: ${said(status, code)}`;
  return status >= 500 ? settle(bucket, key, writer, etag, failure) : err(failure);
}

/**
 * Finds out the result of a write that the store says it failed at. RGW 16 answers 500 to the loser
 * of a race of two writes with the same If-Match.
 */
async function settle(
  bucket: Bucket,
  key: string,
  writer: string,
  etag: string | undefined,
  failure: string,
): Promise<Result<Change, string>> {
  const found = await find(bucket, key);
  if (!found.ok) return err(failure);
  if (found.value?.writer === writer) return ok("written");
  return found.value?.revision === etag ? err(failure) : ok("conflict");
}

const PAUSE_MS_MIN = 50;
const PAUSE_MS_MORE = 150;

/**
 * Writes at a store without conditions, after comparing: write, wait, look again. The last writer
 * wins, and a writer whose object is gone afterwards has a conflict.
 *
 * Writers that overlap for less than the pause all learn the truth. One whose request hangs for
 * longer than that between its comparing and its writing can undo a change that was already
 * reported as written. A conflict may also be reported for a change that somebody saw and built
 * upon before it was looked at again.
 */
async function replaceCarefully(
  bucket: Bucket,
  key: string,
  bytes: Buffer,
): Promise<Result<Change, string>> {
  const writer = randomUUID();
  const answer = await bucket.client.send("PUT", key, bytes, { [WRITER]: writer });
  if (!answer.ok) return answer;
  const { status, code } = answer.value;
  if (status !== 200) return err(`Cannot write the object ${key}: ${said(status, code)}`);
  await setTimeout(PAUSE_MS_MIN + Math.random() * PAUSE_MS_MORE);
  const after = await find(bucket, key);
  if (!after.ok) return after;
  return ok(after.value?.writer === writer ? "written" : "conflict");
}
