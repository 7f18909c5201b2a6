import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

/**
 * The path of Debian's own programs, not of those that a user's shell may put first (pyenv has an
 * `aws` too).
 */
export const SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin";

/** The folder in which Node keeps what it compiled (test/run.ts): programs of ours start sooner by it. */
const { NODE_COMPILE_CACHE } = process.env;
const COMPILED = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** The end of a program. `output`: the bytes that it wrote to standard output. */
export type Ended = {
  readonly status: number;
  readonly output: Buffer;
  readonly errors: string;
};

export type ProgramOptions = {
  /** The whole environment: nothing of ours leaks into it but what is named, and COMPILED. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Buffer;
  /** The working directory; the test's own if absent. */
  readonly cwd?: string;
};

/** Runs a program to its end. A status other than 0 is a value; a missing program throws. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    env: { PATH: SYSTEM_PATH, ...COMPILED, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  // A program that ends without reading its input is judged by its status, not by our EPIPE.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input);
  const closed = once(child, "close");
  const [output, errors] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  await closed;
  return { status: child.exitCode ?? 1, output, errors: errors.toString() };
}

/** Returns the path of `name` in SYSTEM_PATH; `undefined` if it is not installed. */
export function findProgram(name: string): string | undefined {
  return SYSTEM_PATH.split(":")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
