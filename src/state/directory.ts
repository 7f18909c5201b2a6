import { hash, randomUUID } from "node:crypto";
import { accessSync, constants, mkdirSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../lib/result.ts";
import { messageOf } from "../lib/words.ts";
import { codeOf, FILE_MODE, REAL_FILES, removeFile, TEMPORARY, type Files } from "./files.ts";
import { underLock } from "./lock-file.ts";
import { recordFile } from "./record-name.ts";
import { checkedBytes, readRecord, RECORD_BYTES_MAX } from "./record.ts";
import {
  namesOfFiles,
  type Change,
  type StateReader,
  type StateStore,
  type Stored,
} from "./state-store.ts";
import { openTurns } from "./turns.ts";

const DIRECTORY_MODE = 0o700;
const LEFT_OVER_MS = 3_600_000;

/**
 * Keeps records as files in the directory `path`, which is made if it does not exist. Processes on
 * one machine may share it. So may machines whose clocks agree to a few seconds, if they share a
 * file system that knows O_EXCL. Error: it cannot be used.
 */
export function openDirectory(path: string, files: Files = REAL_FILES): Result<StateStore, string> {
  const identity = prepare(path);
  if (!identity.ok) return identity;
  const directory: Directory = { path, identity: identity.value, files };
  const inTurn = openTurns();
  return ok({
    read: async (name) => attempt("read", name, () => readStored(directory, name)),
    write: async (name, record, expected) => {
      const bytes = checkedBytes(record);
      if (!bytes.ok) return bytes;
      return inTurn(name, async () =>
        attempt("write", name, () => replace(directory, name, bytes.value, expected)),
      );
    },
    remove: async (name, expected) =>
      inTurn(name, async () => attempt("remove", name, () => unlink(directory, name, expected))),
    close: () => Promise.resolve(),
  });
}

/** Reads what `openDirectory` keeps, and neither makes nor tidies anything. No directory: no records. */
export function directoryReader(path: string): StateReader {
  const directory = { path, identity: undefined, files: REAL_FILES };
  return {
    read: async (name) => attempt("read", name, () => readStored(directory, name)),
    list: () => Promise.resolve(listed(path)),
    close: () => Promise.resolve(),
  };
}

function listed(path: string): Result<readonly string[], string> {
  try {
    return namesOfFiles(readdirSync(path));
  } catch (error) {
    return codeOf(error) === "ENOENT" ? ok([]) : err(`Cannot list ${path}: ${messageOf(error)}`);
  }
}

type Directory = {
  readonly path: string;
  /**
   * The identity of the directory that was opened: another one in its place, such as that below a
   * lost mount, is not it. `undefined` for a reader, to which it does not matter.
   */
  readonly identity: string | undefined;
  readonly files: Files;
};

/** The identity of the directory, usable now. */
function prepare(path: string): Result<string, string> {
  try {
    mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    removeLeftOvers(path);
    const { dev, ino } = statSync(path, { bigint: true });
    return ok(`${dev}-${ino}`);
  } catch (error) {
    return err(`Cannot keep state in ${path}: ${messageOf(error)}`);
  }
}

/**
 * Removes files that processes were writing when they died. Nobody ever reads them, so they only
 * take room.
 */
function removeLeftOvers(path: string): void {
  for (const file of readdirSync(path).filter((name) => name.endsWith(TEMPORARY))) {
    const { mtimeMs } = statSync(join(path, file), { throwIfNoEntry: false }) ?? {};
    if (mtimeMs === undefined || Date.now() - mtimeMs < LEFT_OVER_MS) continue;
    try {
      unlinkSync(join(path, file));
    } catch (error) {
      // Another gateway that starts may be faster.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}

async function attempt<T>(
  verb: "read" | "write" | "remove",
  name: string,
  work: () => Promise<Result<T, string>>,
): Promise<Result<T, string>> {
  try {
    return await work();
  } catch (error) {
    return err(`Cannot ${verb} the record of "${name}": ${messageOf(error)}`);
  }
}

async function readStored(
  directory: Directory,
  name: string,
): Promise<Result<Stored | undefined, string>> {
  const bytes = await readBytes(directory, name);
  if (bytes === undefined) return ok(undefined);
  const record = readRecord(bytes);
  if (!record.ok) return err(`Cannot read ${pathOf(directory, name)}: ${record.error}`);
  return ok({ record: record.value, revision: revisionOf(bytes) });
}

/** Reads a file; `undefined` if it does not exist in an existing directory. */
async function readBytes(directory: Directory, name: string): Promise<Buffer | undefined> {
  const { files } = directory;
  const path = pathOf(directory, name);
  try {
    const handle = await files.open(path, "r");
    try {
      const { size } = await handle.stat();
      if (size > RECORD_BYTES_MAX) throw new Error(`${path} has ${size} bytes`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await requireSame(directory);
    return undefined;
  }
}

/** Throws if nothing is found only because the directory does not exist any more. */
async function requireSame({ path, identity, files }: Directory): Promise<void> {
  if (identity === undefined) return;
  const { dev, ino } = await files.stat(path, { bigint: true });
  if (`${dev}-${ino}` !== identity) throw new Error(`${path} is another directory than at start`);
}

async function replace(
  directory: Directory,
  name: string,
  bytes: Buffer,
  expected: string | undefined,
): Promise<Result<Change, string>> {
  // Looked at again under the lock; this only spares those who come too late the writing.
  if ((await currentRevision(directory, name)) !== expected) return ok("conflict");
  const { files } = directory;
  const path = pathOf(directory, name);
  const temporary = `${path}.${randomUUID()}${TEMPORARY}`;
  try {
    await writeDurably(files, temporary, bytes);
    return await changeIf(directory, name, expected, () => files.rename(temporary, path));
  } finally {
    await removeFile(files, temporary);
  }
}

async function unlink(
  directory: Directory,
  name: string,
  expected: string,
): Promise<Result<Change, string>> {
  return changeIf(directory, name, expected, () => directory.files.unlink(pathOf(directory, name)));
}

/** Makes `change`, which must be atomic, if the stored record is `expected`. */
async function changeIf(
  directory: Directory,
  name: string,
  expected: string | undefined,
  change: () => Promise<void>,
): Promise<Result<Change, string>> {
  const { files, path } = directory;
  const lock = join(path, `${recordFile(name)}.lock`);
  const changed = await underLock<Change>(files, lock, async (held) => {
    if ((await currentRevision(directory, name)) !== expected) return ok("conflict");
    if (!held()) return err(`The lock of "${name}" was held for too long`);
    await change();
    return ok("written");
  });
  if (changed.ok && changed.value === "written") await syncDirectory(directory);
  return changed;
}

async function currentRevision(directory: Directory, name: string): Promise<string | undefined> {
  const bytes = await readBytes(directory, name);
  return bytes === undefined ? undefined : revisionOf(bytes);
}

function revisionOf(bytes: Buffer): string {
  return hash("sha256", bytes, "hex");
}

function pathOf({ path }: Directory, name: string): string {
  return join(path, recordFile(name));
}

/** The bytes must be on the disk before a name points at them. */
async function writeDurably(files: Files, path: string, bytes: Buffer): Promise<void> {
  const handle = await files.open(path, "wx", FILE_MODE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes the name to the disk, too, before anybody learns that it was written. */
async function syncDirectory({ files, path }: Directory): Promise<void> {
  const handle = await files.open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
