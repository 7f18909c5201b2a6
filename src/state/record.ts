import { readJson, type JsonMember, type JsonNode } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";

/** What is remembered of one bucket. */
export type StoredRecord = {
  /** The name of the account that owns it. */
  readonly owner: string;
  /** The exact text that was put; undefined: none. */
  readonly policy: string | undefined;
  /** Milliseconds since the epoch of the last change. */
  readonly at: number;
  /** Who changed it, `account` or `account:subuser`. */
  readonly by: string;
};

/** More than a policy of S3's 20 KiB can become, however it is escaped. */
export const RECORD_BYTES_MAX = 256 * 1024;

/**
 * Of the format, and the first field of it. A gateway that finds another must not guess what it
 * leaves out.
 */
const VERSION = "1";

/** `record` as it is kept, the same bytes for the same record. */
export function writeRecord({ owner, policy, at, by }: StoredRecord): Buffer {
  const fields = { version: Number(VERSION), owner, policy, at, by };
  return Buffer.from(`${JSON.stringify(fields)}\n`);
}

/** `record` written, if it can be read again. Error: why it cannot. */
export function checkedBytes(record: StoredRecord): Result<Buffer, string> {
  const bytes = writeRecord(record);
  const read = readRecord(bytes);
  return read.ok ? ok(bytes) : err(`Cannot keep this record: ${read.error}`);
}

/** What `bytes` say. Error: the first thing that `writeRecord` could not have written. */
export function readRecord(bytes: Buffer): Result<StoredRecord, string> {
  if (bytes.length > RECORD_BYTES_MAX) return err(`It is longer than ${RECORD_BYTES_MAX} bytes`);
  const text = decodeUtf8(bytes);
  if (text === undefined) return err("It is not UTF-8");
  const json = readJson(text, 1);
  if (!json.ok) return err(`It is not JSON: ${json.error.message} at ${json.error.at}`);
  const { root } = json.value;
  return root.kind === "object" ? readFields(root.members) : err("It is not a JSON object");
}

type FieldName = "version" | keyof StoredRecord;

const KINDS: Readonly<Record<FieldName, JsonNode["kind"]>> = {
  version: "number",
  owner: "string",
  policy: "string",
  at: "number",
  by: "string",
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
  if (version !== VERSION) return err(`Its version is ${version ?? "missing"}, not ${VERSION}`);
  const [owner, by, at] = [texts.get("owner"), texts.get("by"), texts.get("at")];
  if (owner === undefined || by === undefined || at === undefined) {
    return err("One of the fields owner, at and by is missing");
  }
  if (!/^\d{1,15}$/.test(at)) return err(`The field "at" must be milliseconds: got ${at}`);
  return ok({ owner, policy: texts.get("policy"), at: Number(at), by });
}
