import { readFileSync, writeFileSync } from "node:fs";
import { DOCUMENTS } from "./documents.ts";
import { exceptionOf, EXCEPTIONS } from "./exceptions.ts";
import { CONFIGURATION_NAMES, CONFIGURATIONS, type Configuration } from "./row.ts";

const PAGE = new URL("../../docs/providers.md", import.meta.url);
const BEGIN = "<!-- seeds: made by `npm run seeds`, held by a test -->\n";
const END = "<!-- end of seeds -->\n";

/** Returns head and rows of the table of counts: per document, and in all. */
export function countsTable(): readonly (readonly string[])[] {
  const head = ["document", "sentences", ...CONFIGURATIONS.map((one) => CONFIGURATION_NAMES[one])];
  const rows = DOCUMENTS.map(({ title, rows: all }) => [
    title,
    String(all.length),
    ...CONFIGURATIONS.map((configuration) => counted(title, configuration)),
  ]);
  return [head, ...rows];
}

/** Returns the number of its rows that hold, and the kinds of the others. */
function counted(title: string, configuration: Configuration): string {
  const rows = DOCUMENTS.find((document) => document.title === title)?.rows ?? [];
  const kinds = rows.map((row) => exceptionOf(title, row.says, configuration)?.kind ?? "hold");
  const count = (kind: string): number => kinds.filter((one) => one === kind).length;
  const parts = [`${count("hold")} hold`];
  if (count("differs") > 0) parts.push(`${count("differs")} differ`);
  if (count("cannot") > 0) parts.push(`${count("cannot")} cannot`);
  return parts.join(", ");
}

/** Returns the sentences that do not hold: a line of a list for each reason, with the sentences. */
export function exceptionLines(): readonly string[] {
  return EXCEPTIONS.map(({ document, on, kind, reason, rows }) => {
    const where = on.map((one) => CONFIGURATION_NAMES[one]).join("; ");
    return `- **${document}**, ${where}: ${kind}. ${reason}: ${rows.map(quoted).join("; ")}`;
  });
}

/** Returns text that contains no Markdown. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[|*_<>`\\[\]]/g, (mark) => `\\${mark}`)}"`;
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("");
}

if (import.meta.main) {
  const page = readFileSync(PAGE, "utf8");
  const before = page.slice(0, page.indexOf(BEGIN) + BEGIN.length);
  const after = page.slice(page.indexOf(END));
  const tables = `\n${markdown(countsTable())}\n${exceptionLines().join("\n")}\n\n`;
  writeFileSync(PAGE, before + tables + after);
}
