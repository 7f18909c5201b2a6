import type { Config } from "../config/config.ts";
import { count } from "../lib/words.ts";
import { loadConfig } from "../life/load.ts";
import { wantedTracing } from "../observe/tracing.ts";
import { checkNotes, type Note } from "./check-notes.ts";
import { printProblems, printWarnings } from "./print-problems.ts";
import type { Terminal } from "./terminal.ts";

/**
 * `s3warden check`: every problem of a configuration at once, nothing is started.
 * Gives the exit code: 0 good, if only with warnings and notes, 1 problems.
 */
export function runCheck(options: { readonly config: string }, terminal: Terminal): 0 | 1 {
  const { result, files } = loadConfig(options.config);
  if (result.ok) {
    printWarnings(result.value.warnings, terminal);
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

function printNotes(notes: readonly Note[], terminal: Terminal): void {
  if (notes.length === 0) return;
  for (const { about, text, remedy } of notes) {
    terminal.stderr(`note: ${about}: ${text}\n    ${remedy}\n`);
  }
  terminal.stderr(`${count(notes.length, "note")}\n`);
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
