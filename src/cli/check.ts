import type { Config } from "../config/config.ts";
import type { Problem } from "../lib/problem.ts";
import { loadConfig } from "./load.ts";
import type { Terminal } from "./terminal.ts";

/**
 * `s3warden check`: every problem of a configuration at once, nothing is started.
 * Gives the exit code: 0 good, 1 problems.
 */
export function runCheck(options: { readonly config: string }, terminal: Terminal): 0 | 1 {
  const { result } = loadConfig(options.config);
  if (result.ok) {
    terminal.stdout(`Configuration is good: ${summary(result.value)}\n`);
    return 0;
  }
  printProblems(result.error, terminal);
  return 1;
}

/** Writes every problem and their number to stderr. */
export function printProblems(problems: readonly Problem[], terminal: Terminal): void {
  for (const problem of problems) terminal.stderr(formatProblem(problem));
  terminal.stderr(`${count(problems.length, "problem")}\n`);
}

/** `file:line:column: path: message`, as editors and compilers write it, then the remedy. */
function formatProblem({ file, line, column, path, message, remedy }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const where = path === "" ? place : `${place}: ${path}`;
  return `${where}: ${message}\n${remedy === "" ? "" : `    ${remedy}\n`}`;
}

function summary({ accounts, upstream }: Config): string {
  const subusers = accounts.flatMap((account) => account.subusers);
  const keys = [...accounts, ...subusers].flatMap((holder) => holder.keys);
  return [
    count(accounts.length, "account"),
    count(subusers.length, "subuser"),
    count(keys.length, "key"),
    count(upstream.endpoints.length, "endpoint"),
  ].join(", ");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
