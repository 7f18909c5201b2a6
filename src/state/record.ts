import { readJson, type JsonMember, type JsonNode } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";

/** The remembered facts of one bucket. */
export type StoredRecord = {
  /** The name of the account that owns it. */
  readonly owner: string;
  /** The exact text that was put; `undefined` if there is none. */
  readonly policy: string | undefined;
  /** Milliseconds since the epoch of the last change. */
  readonly at: number;
  /** The user who changed it, `account` or `account:subuser`. */
  readonly by: string;
  /** The users an operator has shared the bucket with; absent if there are none. */
  readonly shares?: readonly StoredShare[];
  /** The change under way; absent if the record is established. */
  readonly pending?: Pending;
};

/** A share that `s3warden share` has given. */
export type StoredShare = {
  /** `account` or `account:subuser`. */
  readonly with: string;
  /** The name of a tier. */
  readonly permissions: string;
  /** The end of the share, in milliseconds since the epoch; `undefined` if it does not end. */
  readonly untilMs: number | undefined;
};

/**
 * The store is being asked, and the record waits for its answer (see store-change.ts).
 *
 * - `create`: the owner makes a bucket that was not there when this was written.
 * - `attempt`: the same, but the bucket was there: it will not be its owner's by that.
 * - `delete`: the owner removes its bucket. Until it is gone, the record stays in force.
 */
export type Pending = {
  readonly kind: "create" | "attempt" | "delete";
  /**
   * The time when that began, in milliseconds since the epoch; 0 if no gateway works on it any
   * more.
   */
  readonly sinceMs: number;
};

/**
 * Returns true if `record` says whose the bucket is. A claim of a user who is only making it gives
 * and takes nothing.
 */
export function isInForce({ pending }: StoredRecord): boolean {
  return pending === undefined || pending.kind === "delete";
}

/**
 * The most bytes of a record, more than a policy of S3's 20 KiB can become, however it is escaped.
 */
export const RECORD_BYTES_MAX = 256 * 1024;

/**
 * The version of the format, and its first field. A gateway that finds another must not guess what
 * it leaves out: one that knows only the first refuses the buckets that are being made or removed.
 */
const ESTABLISHED = "1";
const PENDING = "2";

/** `record` as it is kept, the same bytes for the same record. */
export function writeRecord({ owner, policy, shares = [], at, by, pending }: StoredRecord): Buffer {
  const version = Number(pending === undefined ? ESTABLISHED : PENDING);
  const { kind, sinceMs } = pending ?? {};
  // A gateway that knows no shares finds an unknown field, and refuses what it cannot judge.
  const lines = shares.length === 0 ? undefined : shares.map(shareLine).join("\n");
  const fields = { version, owner, policy, shares: lines, at, by, pending: kind, since: sinceMs };
  return Buffer.from(`${JSON.stringify(fields)}\n`);
}

/** `record` written, if it can be read again. Error: why it cannot. */
export function checkedBytes(record: StoredRecord): Result<Buffer, string> {
  const bytes = writeRecord(record);
  const read = readRecord(bytes);
  return read.ok ? ok(bytes) : err(`Cannot keep this record: ${read.error}`);
}

/**
 * Reads the record in `bytes`. Error: the first thing that `writeRecord` could not have written.
 */
export function readRecord(bytes: Buffer): Result<StoredRecord, string> {
  if (bytes.length > RECORD_BYTES_MAX) return err(`It is longer than ${RECORD_BYTES_MAX} bytes`);
  const text = decodeUtf8(bytes);
  if (text === undefined) return err("It is not UTF-8");
  const json = readJson(text, 1);
  if (!json.ok) return err(`It is not JSON: ${json.error.message} at ${json.error.at}`);
  const { root } = json.value;
  return root.kind === "object" ? readFields(root.members) : err("It is not a JSON object");
}

type FieldName = "version" | "since" | keyof StoredRecord;

const KINDS: Readonly<Record<FieldName, JsonNode["kind"]>> = {
  version: "number",
  owner: "string",
  policy: "string",
  shares: "string",
  at: "number",
  by: "string",
  pending: "string",
  since: "number",
};

function readFields(members: readonly JsonMember[]): Result<StoredRecord, string> {
  const texts = new Map<string, string>();
  for (const { name, value } of members) {
    if (!isFieldName(name)) return err(`Unknown field "${name}"`);
    if (texts.has(name)) return err(`The field "${name}" is given twice`);
    if (value.kind !== KINDS[name] || !("text" in value)) {
      return err(`The field "${name}" must be a ${KINDS[name]}`);
    }
    texts.set(name, value.text);
  }
  return toRecord(texts);
}

function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(KINDS, name);
}

function toRecord(texts: ReadonlyMap<string, string>): Result<StoredRecord, string> {
  const version = texts.get("version");
  if (version !== ESTABLISHED && version !== PENDING) {
    return err(`Its version is ${version ?? "missing"}, not ${ESTABLISHED} or ${PENDING}`);
  }
  const [owner, by, at] = [texts.get("owner"), texts.get("by"), texts.get("at")];
  if (owner === undefined || by === undefined || at === undefined) {
    return err("One of the fields owner, at and by is missing");
  }
  if (!isMilliseconds(at)) return err(`The field "at" must be milliseconds: got ${at}`);
  const shares = toShares(texts.get("shares"));
  if (!shares.ok) return shares;
  const shared = shares.value === undefined ? {} : { shares: shares.value };
  const record = { owner, policy: texts.get("policy"), ...shared, at: Number(at), by };
  const pending = toPending(version, texts.get("pending"), texts.get("since"));
  if (!pending.ok) return pending;
  return ok(pending.value === undefined ? record : { ...record, pending: pending.value });
}

function shareLine({ with: user, permissions, untilMs }: StoredShare): string {
  return `${permissions} ${untilMs ?? "-"} ${user}`;
}

function toShares(text: string | undefined): Result<readonly StoredShare[] | undefined, string> {
  if (text === undefined) return ok(undefined);
  const shares: StoredShare[] = [];
  for (const line of text.split("\n")) {
    const [, permissions, until, user] =
      /^([A-Za-z0-9_-]{1,64}) (\d{1,15}|-) (.+)$/.exec(line) ?? [];
    if (permissions === undefined || until === undefined || user === undefined) {
      return err(`The field "shares" has a line that is no share: got "${line}"`);
    }
    shares.push({ with: user, permissions, untilMs: until === "-" ? undefined : Number(until) });
  }
  return ok(shares);
}

/**
 * Reads the pending change. Both fields stand in each record of the second version, and in none of
 * the first.
 */
function toPending(
  version: string,
  kind: string | undefined,
  since: string | undefined,
): Result<Pending | undefined, string> {
  if (version === ESTABLISHED) {
    const none = kind === undefined && since === undefined;
    return none ? ok(undefined) : err(`Version ${ESTABLISHED} has no fields pending and since`);
  }
  if (kind !== "create" && kind !== "attempt" && kind !== "delete") {
    return err(`The field "pending" must be create, attempt or delete: got ${kind ?? "nothing"}`);
  }
  if (since === undefined || !isMilliseconds(since)) {
    return err(`The field "since" must be milliseconds: got ${since ?? "nothing"}`);
  }
  return ok({ kind, sinceMs: Number(since) });
}

function isMilliseconds(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}
