import type { Explanation } from "../explain/explain.ts";

const WORDS = { allow: "Allowed", undecided: "Undecided" } as const;

/** An explanation as a terminal shows it. */
export function explanationText({
  decision,
  operation,
  identity,
  asks,
  gates,
  message,
  detail,
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
  lines.push("", decision === "deny" ? `Denied: ${message}` : WORDS[decision]);
  if (detail !== undefined) lines.push(detail);
  if (note !== undefined) lines.push(note);
  return `${lines.join("\n")}\n`;
}
