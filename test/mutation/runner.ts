/**
 * A test runner for Stryker: each mutant has all modules of the project loaded anew while it is active,
 * in a process that has served others, and runs the tests that reach it. So nothing that one mutant
 * left behind is seen by the next, and it costs no process of its own.
 */

import { globSync } from "node:fs";
import { basename } from "node:path";
import type { InstrumenterContext, StrykerOptions } from "@stryker-mutator/api/core";
import { commonTokens, declareClassPlugin, PluginKind, tokens } from "@stryker-mutator/api/plugin";
import {
  determineHitLimitReached,
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";
import { type Collected, takeCollected } from "./collected.ts";
import { importFile, loadAnew, nextGeneration } from "./fresh-modules.ts";

declare global {
  /** The name is Stryker's: what its changed sources ask. */
  var __stryker__: InstrumenterContext | undefined;
}

class FreshModulesRunner implements TestRunner {
  static readonly inject = tokens(commonTokens.options);
  readonly #patterns: readonly string[];
  #files: readonly string[] = [];
  /** What was thrown where nobody waits for it. */
  #stray: unknown[] = [];

  constructor(options: StrykerOptions) {
    this.#patterns = patternsOf(options);
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    this.#files = this.#patterns.flatMap((one) => globSync(one).toSorted());
    loadAnew();
    process.on("uncaughtException", (error) => this.#stray.push(error));
    process.on("unhandledRejection", (error) => this.#stray.push(error));
  }

  /**
   * Tells what each test reaches. What a file reaches while it is loaded is counted for each of its
   * tests, as it is loaded again for them.
   */
  async dryRun(): Promise<DryRunResult> {
    const tests: TestResult[] = [];
    const perTest: Record<string, Record<string, number>> = {};
    for (const file of this.#files) {
      const context = activate({ mutantCoverage: { static: {}, perTest: {} } });
      const found = await this.#collect(file);
      if (!Array.isArray(found)) return { status: DryRunStatus.Error, errorMessage: found };
      for (const one of found) {
        context.currentTestId = one.id;
        tests.push(await this.#run(file, one));
      }
      const { static: loaded, perTest: reached } = context.mutantCoverage;
      for (const { id } of found) perTest[id] = added(loaded, reached[id] ?? {});
    }
    return { status: DryRunStatus.Complete, tests, mutantCoverage: { static: {}, perTest } };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, hitLimit, testFilter, disableBail } = options;
    const asked = testFilter === undefined ? undefined : new Set(testFilter);
    const context = activate({ activeMutant: activeMutant.id, hitCount: 0 });
    if (hitLimit !== undefined) context.hitLimit = hitLimit;
    const tests: TestResult[] = [];
    for (const file of inOrder(this.#files, activeMutant.fileName)) {
      if (asked !== undefined && !testFilter?.some((id) => id.startsWith(`${file} > `))) continue;
      const found = await this.#collect(file);
      if (!Array.isArray(found)) tests.push(failed(file, file, 0, found));
      else
        for (const one of found) {
          if (asked !== undefined && !asked.has(one.id)) continue;
          tests.push(await this.#run(file, one));
          if (!disableBail && tests.at(-1)?.status === TestStatus.Failed) break;
        }
      if (!disableBail && tests.at(-1)?.status === TestStatus.Failed) break;
    }
    return toMutantRunResult(
      determineHitLimitReached(context.hitCount, hitLimit) ?? {
        status: DryRunStatus.Complete,
        tests,
      },
    );
  }

  /** Loads a file; returns its tests, or why it cannot be loaded. */
  async #collect(file: string): Promise<(Collected & { readonly id: string })[] | string> {
    takeCollected();
    nextGeneration();
    try {
      await importFile(file);
    } catch (error) {
      return String(error);
    }
    const names = new Map<string, number>();
    return takeCollected().map((one) => {
      const before = names.get(one.name) ?? 0;
      names.set(one.name, before + 1);
      return { ...one, id: `${file} > ${one.name}${before === 0 ? "" : ` (${before + 1})`}` };
    });
  }

  async #run(file: string, { id, body }: Collected & { readonly id: string }): Promise<TestResult> {
    const startMs = performance.now();
    this.#stray = [];
    try {
      await body({ diagnostic() {} });
      await new Promise(setImmediate);
    } catch (error) {
      this.#stray.push(error);
    }
    const timeSpentMs = performance.now() - startMs;
    if (this.#stray.length > 0) return failed(id, file, timeSpentMs, String(this.#stray[0]));
    return { id, name: id, fileName: file, timeSpentMs, status: TestStatus.Success };
  }
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, "fresh-modules", FreshModulesRunner),
];

function patternsOf(options: StrykerOptions): readonly string[] {
  const { patterns } = Object(options["freshModules"]);
  if (!Array.isArray(patterns)) throw new Error("freshModules.patterns: expected a list");
  return patterns.map(String);
}

/** Makes what the changed sources ask of Stryker; those that are loaded from now on take it. */
function activate<const T extends InstrumenterContext>(state: T): T & InstrumenterContext {
  globalThis.__stryker__ = state;
  return state;
}

function added(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [mutant, times] of Object.entries(b)) sum[mutant] = (sum[mutant] ?? 0) + times;
  return sum;
}

/** The files that are to notice a change of the source: that of the same name first, slow ones last. */
function inOrder(files: readonly string[], source: string): readonly string[] {
  const name = basename(source, ".ts");
  const isNear = (file: string) => basename(file) === `${name}.test.ts`;
  const slow = files.filter((file) => SLOW.get(basename(file))?.includes(name) === true);
  const quick = files.filter((file) => !SLOW.has(basename(file)));
  return [...quick.filter(isNear), ...quick.filter((file) => !isNear(file)), ...slow];
}

/** Tests that take seconds, and the only sources for which they run. */
const SLOW: ReadonlyMap<string, readonly string[]> = new Map([
  ["costs.test.ts", []],
  ["reach.test.ts", ["reach"]],
]);

function failed(id: string, fileName: string, timeSpentMs: number, why: string): TestResult {
  return {
    id,
    name: id,
    fileName,
    timeSpentMs,
    status: TestStatus.Failed,
    failureMessage: why === "" ? "failed" : why,
  };
}
