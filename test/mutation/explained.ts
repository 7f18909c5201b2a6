import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { MutantResult } from "@stryker-mutator/api/core";
import { SURVIVORS } from "./survivors.ts";

/**
 * Returns what survives of a run, by file and line, less as many mutants of each line as survivors.ts
 * explains.
 */
export function unexplained(results: readonly MutantResult[]): readonly string[] {
  const left = new Map<string, number>();
  for (const [file, rows] of Object.entries(SURVIVORS))
    for (const [line, mutants] of rows) left.set(`${file}: ${line}`, mutants);
  return results
    .filter(({ status }) => status === "Survived" || status === "NoCoverage")
    .flatMap(({ fileName, location, replacement }) => {
      const file = relative("src", fileName);
      const line = lineOf(fileName, location.start.line);
      const place = `${file}: ${line}`;
      const explained = left.get(place) ?? 0;
      left.set(place, explained - 1);
      return explained > 0 ? [] : [`${file}:${location.start.line}: ${line}\n  ${replacement}`];
    });
}

function lineOf(file: string, line: number): string {
  return readFileSync(file, "utf8").split("\n")[line - 1]?.trim() ?? "";
}
