import { dirname, isAbsolute, join } from "node:path";
import type { Result } from "../lib/result.ts";

/** The problem at some place, and the remedy. */
export type Complaint = { readonly message: string; readonly remedy: string };

/** The questions of a configuration to the world around it; the shell passes the answers in. */
export type Surroundings = {
  /** The text of a file. The error is the reason, such as "no such file", without the path. */
  readonly read: (path: string) => Result<string, string>;
  /** The value of an environment variable; undefined if it is not set. */
  readonly env: (name: string) => string | undefined;
  /** The time, milliseconds since the epoch: a certificate may be too old. */
  readonly nowMs: number;
  /** The text of one of the access models that come with the gateway, and what to call its file. */
  readonly provider: (name: string) => { readonly file: string; readonly text: string };
};

/** `path` as seen from the directory of `file`, the file that names it. */
export function besides(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

/** Returns the complaint about a file that cannot be read, and its likely reason. */
export function unreadable(path: string, reason: string): Complaint {
  const remedy = "Paths are relative to the file that names them";
  return { message: `Cannot read "${path}": ${reason}`, remedy };
}
