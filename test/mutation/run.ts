/**
 * `npm run mutate [FOLDER or FILE…]`: Stryker changes the source in one place after another and runs
 * the tests that are to notice. What survives and is not explained in survivors.ts is listed at the end,
 * and everything in reports/. Without names: all folders of MEANT. In a copy of the project below TMPDIR.
 * `--every N`: only changes within each Nth line. `--again`: only what the last run did not decide, or
 * what has changed since: lines, or the tests that reach them. `--processes N`: so many at once.
 */

import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { unexplained } from "./explained.ts";

const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: {
    every: { type: "string", default: "1" },
    again: { type: "boolean", default: false },
    processes: { type: "string", default: "1" },
  },
});
const EVERY = Number.parseInt(values.every, 10);

/** Folders of src, and whose tests are to notice; the quick ones first, as the first that fails ends it. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  policy: ["unit/policy/*", "unit/session/trust"],
  signature: ["unit/signature/*", "vectors/signature-*", "unit/admission/signed-host"],
  admission: ["unit/admission/*", "unit/provider/*"],
  provider: ["unit/provider/*", "unit/admission/*"],
  s3: ["unit/s3/*", "unit/admission/*"],
};

/** Others have work to do here, too. */
const NICE = 3;

/** A mutant that loops where Stryker counts nothing ends after so long. */
const LOOP_MS = 5_000;

/** What each mutant loads anew is never freed; a process serves so many. */
const MUTANTS_PER_PROCESS = 150;

const ALL_WARNINGS = { preprocessorErrors: true, slow: true, unserializableOptions: true };

/** `name`: `policy`, or `policy/network.ts`. */
async function mutate(name: string): Promise<void> {
  const [folder = ""] = name.split("/", 1);
  const tests = MEANT[folder];
  if (tests === undefined)
    throw new Error(`Expected ${Object.keys(MEANT).join(", ")}: got "${name}"`);
  const place = mkdtempSync(join(tmpdir(), "s3warden-mutate-"));
  setPriority(NICE);
  const report = (kind: string) => join("reports", `${kind}-${name.replaceAll("/", "-")}.json`);
  try {
    const results = await new Stryker({
      mutate: [...placesIn(name)],
      testRunner: "fresh-modules",
      plugins: [fileURLToPath(new URL("runner.ts", import.meta.url))],
      freshModules: { patterns: tests.map((one) => `test/${one}.test.ts`) },
      coverageAnalysis: "perTest",
      concurrency: Number.parseInt(values.processes, 10),
      maxTestRunnerReuse: MUTANTS_PER_PROCESS,
      timeoutMS: LOOP_MS,
      incremental: true,
      incrementalFile: report("incremental"),
      force: !values.again,
      tempDirName: join(place, "sandbox"),
      ignorePatterns: ["*", ...COPIED.map((one) => `!${one}`)],
      reporters: ["clear-text", "progress-append-only", "json"],
      clearTextReporter: {
        allowColor: false,
        reportTests: false,
        logTests: false,
        reportMutants: false,
      },
      // It knows none of its plugins' options.
      warnings: { ...ALL_WARNINGS, unknownOptions: false },
      jsonReporter: { fileName: report("mutation") },
      allowConsoleColors: false,
    }).runMutationTest();
    const left = unexplained(results);
    console.log(`${left.length} survive without an explanation\n${left.join("\n")}`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Files, or each line of them that is looked at. */
function placesIn(name: string): readonly string[] {
  const files = globSync(name.endsWith(".ts") ? `src/${name}` : `src/${name}/**/*.ts`);
  if (EVERY === 1) return files;
  return files.toSorted().flatMap((file, at) =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((_, i) => ((i + at) % EVERY === 0 ? [`${file}:${i + 1}-${i + 1}`] : [])),
  );
}

/** What unit tests read. */
const COPIED = [
  "src/**",
  "test/unit/**",
  "test/support/**",
  "test/vectors/**",
  "test/stores/**",
  "test/property/**",
  "config/**",
  "docs/*.md",
  "package.json",
];

for (const name of names.length > 0 ? names : Object.keys(MEANT)) await mutate(name);
