import type { Config } from "../config/config.ts";
import { placeOf, type Problem } from "../lib/problem.ts";
import { count } from "../lib/words.ts";
import { loadConfig } from "../life/load.ts";
import { wantedTracing } from "../observe/tracing.ts";
import { checkNotes, type Note } from "./check-notes.ts";
import type { Terminal } from "./terminal.ts";

/**
 * `s3warden check`: every problem of a configuration at once, nothing is started.
 * Gives the exit code: 0 good, if only with warnings and notes, 1 problems.
 */
export function runCheck(options: { readonly config: string }, terminal: Terminal): 0 | 1 {
  const { result, files } = loadConfig(options.config);
  if (result.ok) {
    const { warnings } = result.value;
    if (warnings.length > 0) print(warnings, WARNING, terminal);
    printNotes(checkNotes(result.value, files.keys()), terminal);
    const tracing = wantedTracing(process.env);
    if (tracing?.ok === false) {
      terminal.stderr(`${tracing.error}\n`);
      return 1;
    }
    terminal.stdout(`Configuration is good: ${summary(result.value)}\n`);
    const { version } = result.value.upstream;
    if (version !== undefined)
      terminal.stdout(`The store is taken for a Ceph ${version}: see upstream.version\n`);
    return 0;
  }
  printProblems(result.error, terminal);
  return 1;
}

/** Writes every problem and their number to stderr. */
export function printProblems(problems: readonly Problem[], terminal: Terminal): void {
  print(problems, PROBLEM, terminal);
}

/** The noun for counting them, and the mark before the message. */
type Kind = { readonly noun: string; readonly mark: string };

const PROBLEM: Kind = { noun: "problem", mark: "" };
const WARNING: Kind = { noun: "warning", mark: "warning: " };

function print(problems: readonly Problem[], { noun, mark }: Kind, terminal: Terminal): void {
  for (const problem of problems) terminal.stderr(formatProblem(problem, mark));
  terminal.stderr(`${count(problems.length, noun)}\n`);
}

function printNotes(notes: readonly Note[], terminal: Terminal): void {
  if (notes.length === 0) return;
  for (const { about, text, remedy } of notes) {
    terminal.stderr(`note: ${about}: ${text}\n    ${remedy}\n`);
  }
  terminal.stderr(`${count(notes.length, "note")}\n`);
}

/** Its place and what is wrong there, then the remedy. */
function formatProblem(problem: Problem, mark: string): string {
  const { message, remedy } = problem;
  return `${placeOf(problem)}: ${mark}${message}\n${remedy === "" ? "" : `    ${remedy}\n`}`;
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
