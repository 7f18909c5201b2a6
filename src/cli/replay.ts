import { readAudit, type AuditFiles } from "./audit-reader.ts";
import { printProblems } from "./print-problems.ts";
import { openDecider, type Decider } from "./decide-again.ts";
import { loadConfig } from "../life/load.ts";
import { withProgress } from "./progress.ts";
import { ReplayReport, reportJson, reportText } from "./replay-report.ts";
import type { Terminal } from "./terminal.ts";

export type ReplayOptions = { readonly config: string; readonly json?: boolean };

/**
 * Runs `s3warden replay`: finds the requests of audit files (`-`: standard input) that would be
 * decided differently under another configuration. Returns the exit code: 0 none, 1 some, 2 error.
 */
export async function runReplay(
  files: readonly string[],
  options: ReplayOptions,
  terminal: Terminal,
): Promise<0 | 1 | 2> {
  const { result } = loadConfig(options.config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  const decider = await openDecider(result.value);
  try {
    const audit = readAudit(files);
    const report = await withProgress(audit, terminal, () => replay(audit, decider));
    if (report.requests === 0) {
      return nothingRead(terminal);
    }
    terminal.stdout(options.json === true ? reportJson(report) : reportText(report));
    return report.different > 0 ? 1 : 0;
  } catch (error) {
    return tellUnreadable(error, terminal);
  } finally {
    await decider.close();
  }
}

/** Files that are none of an audit log say nothing of anybody. */
export function nothingRead(terminal: Terminal): 2 {
  terminal.stderr("There is no line of an audit log in what was read\n");
  return 2;
}

/**
 * Reports that a file cannot be read. Only errors of the operating system have a code; any other is
 * a bug.
 */
export function tellUnreadable(error: unknown, terminal: Terminal): 2 {
  if (!(error instanceof Error && "code" in error)) throw error;
  terminal.stderr(`Cannot read the audit log: ${error.message}\n`);
  return 2;
}

async function replay({ items }: AuditFiles, { decide }: Decider): Promise<ReplayReport> {
  const report = new ReplayReport();
  for await (const item of items) {
    if (item.kind === "other") report.others++;
    else if (item.kind === "torn") report.torn++;
    else {
      const outcome = await decide(item.entry);
      if (outcome.ok) report.decided(item.entry, outcome.value);
      else report.undecided(outcome.error);
    }
  }
  return report;
}
