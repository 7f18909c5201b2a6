import { readFileSync } from "node:fs";

/** A line of the audit log. */
export type AuditRecord = Readonly<Record<string, unknown>>;

/** The audit log as far as it is written. */
export function auditRecords(file: string): readonly AuditRecord[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1).map(parsed);
}

function parsed(line: string): AuditRecord {
  const record: unknown = JSON.parse(line);
  if (typeof record !== "object" || record === null) throw new Error(`Not a record: ${line}`);
  return { ...record };
}
