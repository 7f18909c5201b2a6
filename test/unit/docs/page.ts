import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** The text of docs/`name`. */
export function pageOf(name: string): string {
  return readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
}

/** The text below the heading `## name`, up to the next of its level. */
export function section(page: string, name: string): string {
  const found = page.split(/^## /m).find((text) => text.startsWith(`${name}\n`));
  return found ?? assert.fail(`The page has no section ${name}`);
}

/** The rows of the one table of `text` whose first column is called `name`. */
export function table(text: string, name: string): readonly (readonly string[])[] {
  const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];
  const found = tables
    .map((lines) => lines.trimEnd().split("\n").map(cellsOf))
    .filter(([heading]) => heading?.[0] === name);
  assert.equal(found.length, 1, `${found.length} tables of ${name}`);
  return found[0]?.slice(2) ?? [];
}

function cellsOf(line: string): readonly string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The text of each code block in `language`, in their order; of one in a list, without its indent. */
export function blocks(page: string, language: string): readonly string[] {
  const found = page.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm);
  return [...found].flatMap(([, indent = "", name, text = ""]) =>
    name === language ? [text.replaceAll(new RegExp(`^${indent}`, "gm"), "")] : [],
  );
}
