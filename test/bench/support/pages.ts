import { readFileSync, writeFileSync } from "node:fs";
import { chartOf } from "./chart.ts";
import { FiguresSchema, type Figures } from "./figures.ts";
import { markdownOf } from "./report.ts";

/** Keeps the figures of one run, and makes the pages for readers from them. */

const FIGURES = new URL("../../../docs/benchmarks.json", import.meta.url);
const PAGE = new URL("../../../docs/benchmarks.md", import.meta.url);
const CHART = new URL("../../../docs/benchmarks.svg", import.meta.url);

/** The line before the part of docs/benchmarks.md that the bench writes; another ends it. */
const BEGIN = "<!-- The bench writes what follows: npm run bench -- --write -->";
const END = "<!-- The bench writes what precedes. -->";

/** Keeps the figures, and makes the tables and the chart anew from them. */
export function writePages(figures: Figures): void {
  writeFileSync(FIGURES, `${JSON.stringify(figures, rounded, 2)}\n`);
  const kept = keptFigures();
  writeFileSync(PAGE, pageWith(readFileSync(PAGE, "utf8"), kept));
  writeFileSync(CHART, chartOf(kept));
}

/** Reads the figures of docs/benchmarks.json. Throws if the file is not one of the bench. */
export function keptFigures(): Figures {
  return FiguresSchema.parse(JSON.parse(readFileSync(FIGURES, "utf8")));
}

/** Returns the page with its figures replaced. Throws if it has no place for them. */
export function pageWith(page: string, figures: Figures): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("docs/benchmarks.md has no place for the figures");
  const before = page.slice(0, begin + BEGIN.length);
  return `${before}\n\n${markdownOf(figures)}\n${page.slice(end)}`;
}

/** Rounds a value: five digits are more than a machine repeats. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}
