import { setTimeout } from "node:timers/promises";
import { err, type Result } from "../lib/result.ts";
import { codeOf, FILE_MODE, removeFile, TEMPORARY, type Files } from "./files.ts";

/** The age from which a lock was left by a process that died: work under one takes milliseconds. */
const STALE_MS = 10_000;
/**
 * The time after which a holder gives up instead of changing anything: well before another may take
 * its place, even if their clocks differ by some seconds.
 */
const LEASE_MS = 4_000;
/** Long enough that a lock left by the dead is outlived. */
const WAIT_MS = STALE_MS + 5_000;
const PAUSE_MS_MAX = 8;

/** Returns true if the lock is still safely held, to be asked right before anything is changed. */
export type Held = () => boolean;

/**
 * Runs `work` while no other process does the same under the lock file `path`, which is made if it
 * does not exist (O_EXCL). Throws what the file system throws.
 */
export async function underLock<T>(
  files: Files,
  path: string,
  work: (held: Held) => Promise<Result<T, string>>,
): Promise<Result<T, string>> {
  const identity = await acquire(files, path);
  if (identity === undefined) return err(`Another process holds ${path} for too long`);
  const since = performance.now();
  try {
    return await work(() => performance.now() - since < LEASE_MS);
  } finally {
    // The work is done: a lock that cannot be released goes stale.
    await retire(files, path, identity).catch(() => undefined);
  }
}

/** Returns the identity of the lock that was made; `undefined` if others had it all the time. */
async function acquire(files: Files, path: string): Promise<string | undefined> {
  const deadline = performance.now() + WAIT_MS;
  while (performance.now() < deadline) {
    const made = await createNew(files, path);
    if (made !== undefined) return made;
    await retireStale(files, path);
    await setTimeout(Math.random() * PAUSE_MS_MAX);
  }
  return undefined;
}

async function retireStale(files: Files, path: string): Promise<void> {
  const found = await look(files, path);
  if (found?.stale === true) await retire(files, path, found.identity);
}

/**
 * Removes the lock at `path` if it still is `identity`. Looking and removing are two steps, between
 * which others must not put a lock of theirs in its place. So each process that removes a lock, its
 * holder included, first makes a file that only one can make for each lock.
 */
async function retire(files: Files, path: string, identity: string): Promise<void> {
  const claim = `${path}.${identity}${TEMPORARY}`;
  if ((await createNew(files, claim)) === undefined) {
    const claimed = await look(files, claim);
    if (claimed?.stale === true) await removeFile(files, claim);
    return;
  }
  try {
    const found = await look(files, path);
    if (found?.identity === identity) await removeFile(files, path);
  } finally {
    await removeFile(files, claim);
  }
}

type Found = { readonly identity: string; readonly stale: boolean };

async function look(files: Files, path: string): Promise<Found | undefined> {
  try {
    const { ino, mtimeNs, mtimeMs } = await files.stat(path, { bigint: true });
    return { identity: `${ino}-${mtimeNs}`, stale: Date.now() - Number(mtimeMs) > STALE_MS };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes an empty file and returns its identity; `undefined` if there is one already. */
async function createNew(files: Files, path: string): Promise<string | undefined> {
  try {
    const handle = await files.open(path, "wx", FILE_MODE);
    try {
      const { ino, mtimeNs } = await handle.stat({ bigint: true });
      return `${ino}-${mtimeNs}`;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    throw error;
  }
}
