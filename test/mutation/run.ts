/**
 * `npm run mutate [FOLDER or FILE…]`: Stryker changes the source in one place after another and runs the
 * unit tests of its folder; what survives is listed at the end. Without names: all folders of MEANT.
 * `--every N`: only changes within each Nth line. In a copy of the project below TMPDIR.
 */

import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";

const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: { every: { type: "string", default: "1" } },
});
const EVERY = Number.parseInt(values.every, 10);

/** Folders of src, and whose unit tests are to notice. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  policy: [
    "unit/policy/*",
    "unit/session/trust",
    "unit/config/policies",
    "property/key-set",
    "unit/config/warnings",
  ],
  signature: ["unit/signature/*", "vectors/signature-*"],
  admission: ["unit/admission/*"],
  provider: ["unit/provider/*"],
  s3: ["unit/s3/*"],
};

/** Others have work to do here, too. */
const NICE = 5;

/** A mutant that loops ends after so long; a test file takes about one. */
const LOOP_MS = 20_000;

/** `name`: `policy`, or `policy/network.ts`. */
async function mutate(name: string): Promise<void> {
  const [folder = ""] = name.split("/", 1);
  const tests = MEANT[folder];
  if (tests === undefined)
    throw new Error(`Expected ${Object.keys(MEANT).join(", ")}: got "${name}"`);
  const place = mkdtempSync(join(tmpdir(), "s3warden-mutate-"));
  setPriority(NICE);
  // What node makes of the sources is the same for every mutant.
  process.env["NODE_COMPILE_CACHE"] = join(place, "compiled");
  try {
    await new Stryker({
      mutate: [...placesIn(name)],
      testRunner: "tap",
      plugins: ["@stryker-mutator/tap-runner"],
      tap: {
        testFiles: globSync(tests.map((one) => `test/${one}.test.ts`)).filter(isOfBehaviour),
        nodeArgs: ["--test-reporter=tap", "-r", "{{hookFile}}", "{{testFile}}"],
        forceBail: true,
      },
      coverageAnalysis: "perTest",
      concurrency: 1,
      timeoutMS: LOOP_MS,
      tempDirName: join(place, "sandbox"),
      ignorePatterns: ["*", ...COPIED.map((one) => `!${one}`)],
      reporters: ["clear-text", "progress-append-only", "json"],
      jsonReporter: { fileName: join("reports", `mutation-${name.replaceAll("/", "-")}.json`) },
      allowConsoleColors: false,
    }).runMutationTest();
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

/** Tests of what something costs notice little else, and take long. */
function isOfBehaviour(file: string): boolean {
  return !file.endsWith("/costs.test.ts");
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
  "package.json",
];

for (const name of names.length > 0 ? names : Object.keys(MEANT)) await mutate(name);
