import { readFileSync } from "node:fs";
import { ROOT } from "./deploy.ts";

/** The text of docs/deploy.md. */
export function deployPage(): string {
  return readFileSync(`${ROOT}docs/deploy.md`, "utf8");
}

/** Returns a YAML of docs/deploy.md by the name in front of it, which readers do not see. */
export function named(name: string): string {
  const blocks = deployPage().matchAll(/^<!-- (.+) -->\n\n```yaml\n([\s\S]*?)^```$/gm);
  for (const [, found, text = ""] of blocks) if (found === name) return text;
  throw new Error(`docs/deploy.md has no ${name}`);
}
