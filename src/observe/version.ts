import { readFileSync } from "node:fs";

/** The version of this program, as its package says. */
export const VERSION = versionIn(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

function versionIn(text: string): string {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null || !("version" in parsed)) return "unknown";
  return String(parsed.version);
}
