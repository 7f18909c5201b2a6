import { readFileSync } from "node:fs";

const PACKAGE = objectIn(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

/** The version of this program, as its package says. */
export const VERSION = "version" in PACKAGE ? String(PACKAGE.version) : "unknown";

/** The packages that traces need and the package does not bring, with their releases. */
export const OPTIONAL_PACKAGES: readonly (readonly [name: string, range: string])[] =
  "peerDependencies" in PACKAGE
    ? Object.entries(PACKAGE.peerDependencies ?? {}).map(([name, range]) => [name, String(range)])
    : [];

function objectIn(text: string): object {
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" && parsed !== null ? parsed : {};
}
