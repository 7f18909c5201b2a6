import type { Problem } from "../lib/problem.ts";
import type { Position } from "../lib/yaml.ts";
import type { ConfigDocument, DocumentNode } from "./document.ts";
import type { Complaint } from "./surroundings.ts";

/**
 * Returns `complaint` at the value of `path`, or, if the value is missing, at the place that should
 * hold it.
 */
export function problemAt(document: ConfigDocument, path: string, complaint: Complaint): Problem {
  return placedAt(document, path, complaint);
}

/** Returns anything else with that place. */
export function placedAt<C>({ file, nodes }: ConfigDocument, path: string, complaint: C) {
  const at = nodes.get(path)?.at ?? nearestKey(nodes, path);
  return { file, line: at?.line, column: at?.column, path, ...complaint };
}

/** `: got "…"` with the value as its author wrote it; empty for secrets, maps and lists. */
export function quoted(path: string, node: DocumentNode | undefined): string {
  if (node?.value === null) return ", but nothing is there";
  if (node?.written === undefined || isSecret(path, node.written)) return "";
  const shown = node.written.length > 80 ? `${node.written.slice(0, 80)}…` : node.written;
  return `: got "${shown}"`;
}

/** Returns true for secrets, by their place, and for an endpoint with a password in it. */
function isSecret(path: string, written: string): boolean {
  return SECRET_PLACES.test(path) || written.includes("@");
}

const SECRET_PLACES = /(?:secretKey|sessionToken|\.secret|\.token)$/;

function nearestKey(nodes: ConfigDocument["nodes"], path: string): Position | undefined {
  for (let above = parentOf(path); ; above = parentOf(above)) {
    const node = nodes.get(above);
    if (node !== undefined || above === "") return node?.keyAt;
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("."), path.lastIndexOf("["), 0));
}
