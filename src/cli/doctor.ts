import { examine } from "../doctor/examine.ts";
import type { Diagnosis } from "../doctor/diagnosis.ts";
import { loadConfig } from "../life/load.ts";
import { count } from "../lib/words.ts";
import { printProblems } from "./print-problems.ts";
import { colour, wantsColour, type Colour } from "./colours.ts";
import type { Terminal } from "./terminal.ts";

const WORDS: Readonly<Record<Diagnosis["state"], readonly [word: string, tone: Colour]>> = {
  ok: ["ok     ", "good"],
  warning: ["warning", "odd"],
  problem: ["problem", "bad"],
};

/**
 * Runs `s3warden doctor`: asks everything that a configuration depends on, a line for each, with
 * the remedy if something is wrong. Returns the exit code: 0 nothing but warnings, 1 problems, 2
 * the configuration itself is invalid.
 */
export async function runDoctor(
  options: { readonly config: string; readonly json?: boolean },
  terminal: Terminal,
): Promise<0 | 1 | 2> {
  const { result, files } = loadConfig(options.config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  const isColoured = wantsColour(terminal.isPage === true, process.env["NO_COLOR"]);
  const numbers = { ok: 0, warning: 0, problem: 0 };
  for await (const finding of examine(result.value, files.keys())) {
    numbers[finding.state]++;
    const { state, about, text, remedy } = finding;
    if (options.json === true) {
      terminal.stdout(`${JSON.stringify(finding)}\n`);
      continue;
    }
    const [word, tone] = WORDS[state];
    terminal.stdout(`${colour(word, tone, isColoured)}  ${about}: ${text}\n`);
    if (remedy !== undefined) terminal.stdout(`             ${remedy}\n`);
  }
  if (options.json !== true) terminal.stdout(`${summary(numbers)}\n`);
  return numbers.problem > 0 ? 1 : 0;
}

function summary({ ok, warning, problem }: Readonly<Record<Diagnosis["state"], number>>): string {
  return `${count(problem, "problem")}, ${count(warning, "warning")}, ${ok} ok`;
}
