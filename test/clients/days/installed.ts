import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Requirement } from "../../support/requirement.ts";

export type Installed = { readonly path: string; readonly need: Requirement };

const TOOLS = fileURLToPath(new URL("../../../.tools/", import.meta.url));
const HERE = fileURLToPath(new URL("./", import.meta.url));

/**
 * Returns a program that install.sh of this folder installs, by its whole path; `path` is below
 * .tools.
 */
export function installed(name: string, path: string): Installed {
  const whole = `${TOOLS}${path}`;
  const install = "bash test/clients/days/install.sh";
  return { path: whole, need: { name, present: existsSync(whole), install } };
}

/** Returns the path of one of our programs, below this folder. */
export function ours(path: string): string {
  return `${HERE}${path}`;
}

/** The Python of requirements/data.txt: data frames, tables, file systems. */
export const DATA_PYTHON = installed("Python with data clients", "venv-data/bin/python");
/** The Python of requirements/aws.txt: boto3 with the AWS CRT. */
export const AWS_PYTHON = installed("Python with awscrt", "venv-aws/bin/python");
