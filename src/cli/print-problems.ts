import { placeOf, type Problem } from "../lib/problem.ts";
import { count } from "../lib/words.ts";
import type { Terminal } from "./terminal.ts";

/** Writes every problem and their number to stderr. */
export function printProblems(problems: readonly Problem[], terminal: Terminal): void {
  print(problems, PROBLEM, terminal);
}

/** Writes every warning of a good configuration and their number to stderr. */
export function printWarnings(warnings: readonly Problem[], terminal: Terminal): void {
  if (warnings.length > 0) print(warnings, WARNING, terminal);
}

/** The noun for counting them, and the mark before the message. */
type Kind = { readonly noun: string; readonly mark: string };

const PROBLEM: Kind = { noun: "problem", mark: "" };
const WARNING: Kind = { noun: "warning", mark: "warning: " };

function print(problems: readonly Problem[], { noun, mark }: Kind, terminal: Terminal): void {
  for (const problem of problems) terminal.stderr(formatProblem(problem, mark));
  terminal.stderr(`${count(problems.length, noun)}\n`);
}

/** Its place and what is wrong there, then the remedy. */
function formatProblem(problem: Problem, mark: string): string {
  const { message, remedy } = problem;
  return `${placeOf(problem)}: ${mark}${message}\n${remedy === "" ? "" : `    ${remedy}\n`}`;
}
