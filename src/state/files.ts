import type { BigIntStats } from "node:fs";
import { open, rename, stat, unlink } from "node:fs/promises";

/** The functions of a file system, so that a test can put one in its place that fails. */
export type Files = {
  readonly open: typeof open;
  readonly rename: typeof rename;
  readonly stat: (path: string, options: { bigint: true }) => Promise<BigIntStats>;
  readonly unlink: typeof unlink;
};

export const REAL_FILES: Files = { open, rename, stat, unlink };

export const FILE_MODE = 0o600;

/** The end of every name that is of no use once nobody works with it. */
export const TEMPORARY = ".tmp";

/** Returns the code of an error of Node's, such as `ENOENT`; empty if it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

/** Removes `path` if it is there. */
export async function removeFile(files: Files, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
