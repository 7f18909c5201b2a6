import { accessSync } from "node:fs";
import { ROOT } from "../support/deploy.ts";
import { findProgram, runProgram } from "../support/program.ts";
import type { Requirement } from "../support/requirement.ts";

/** The folders into which test/tools/install.sh puts programs that no Debian package has. */
const FOLDERS = [".tools/bin", ".venv/bin"];

/** Returns a program that install.sh installs, by its whole path. */
export function ownProgram(name: string): { readonly path: string; readonly need: Requirement } {
  const path = FOLDERS.map((folder) => `${ROOT}${folder}/${name}`).find(isThere);
  const need = { name, present: path !== undefined, install: "bash test/tools/install.sh" };
  return { path: path ?? name, need };
}

/** Returns a program of one of Debian's packages. */
export function debianProgram(name: string, debian: string): Requirement {
  const install = `apt-get install -y --no-install-recommends ${debian}`;
  return { name, present: findProgram(name) !== undefined, install };
}

/**
 * Runs a program that must succeed, and returns its output. Throws with its whole output if it
 * fails.
 */
export async function succeeds(
  command: string,
  args: readonly string[],
  options: Parameters<typeof runProgram>[2] = {},
): Promise<string> {
  const { status, output, errors } = await runProgram(command, args, options);
  if (status === 0) return output.toString();
  throw new Error(
    `${command} ${args.join(" ")} ended with ${status}:\n${output.toString()}${errors}`,
  );
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
