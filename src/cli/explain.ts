import { compileSnapshot } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { explain, type Explanation } from "../explain/explain.ts";
import type { ExplainQuestion } from "../explain/request.ts";
import { printProblems } from "./check.ts";
import { loadConfig } from "../life/load.ts";
import { openKeptRecords } from "./kept-records.ts";
import type { Terminal } from "./terminal.ts";

export type ExplainOptions = ExplainQuestion & { readonly config: string; readonly json?: boolean };

/**
 * `s3warden explain`: the decision on a request and how it came about.
 * Gives the exit code: 0 allow, 1 deny, 2 error.
 */
export async function runExplain(options: ExplainOptions, terminal: Terminal): Promise<0 | 1 | 2> {
  const { result } = loadConfig(options.config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  const explanation = await explained(result.value, options);
  if (!explanation.ok) {
    terminal.stderr(`${explanation.error}\n`);
    return 2;
  }
  const { value } = explanation;
  terminal.stdout(options.json ? `${JSON.stringify(value, undefined, 2)}\n` : asText(value));
  return value.decision === "allow" ? 0 : 1;
}

async function explained(config: Config, question: ExplainQuestion): ReturnType<typeof explain> {
  const kept = openKeptRecords(config);
  try {
    return await explain(compileSnapshot(config, 1), question, Date.now(), kept?.read);
  } finally {
    await kept?.close();
  }
}

function asText({
  decision,
  operation,
  identity,
  asks,
  gates,
  message,
  note,
}: Explanation): string {
  const lines = [`Operation  ${operation}`, `As         ${identity}`];
  for (const { action, resource, allowedBy } of asks) {
    lines.push(`Needs      ${action} on ${resource} (allowed by ${allowedBy ?? "nothing"})`);
  }
  lines.push("");
  for (const { gate, outcome, rule } of gates) {
    lines.push(`  ${gate.padEnd(16)} ${outcome}${rule === undefined ? "" : `  (${rule})`}`);
  }
  lines.push("", decision === "allow" ? "Allowed" : `Denied: ${message}`);
  if (note !== undefined) lines.push(note);
  return `${lines.join("\n")}\n`;
}
