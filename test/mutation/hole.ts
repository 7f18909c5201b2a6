import { spawn } from "node:child_process";
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { scratchFolder } from "../support/scratch.ts";
import type { Hole } from "./hole-list.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What tests of properties read. */
const COPIED = ["src", "test", "config", "package.json", "tsconfig.json"];

/**
 * Puts the hole into a copy of the project and runs its test there. `undefined`: a test fails, as it
 * must. Else why the hole is not found.
 */
export async function survives({ file, before, after, test }: Hole): Promise<string | undefined> {
  const place = scratchFolder("hole");
  for (const name of COPIED) cpSync(join(ROOT, name), join(place, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(place, "node_modules"));
  try {
    const parts = readFileSync(join(place, file), "utf8").split(before);
    if (parts.length !== 2) return `"${before}" stands in ${file} ${parts.length - 1} times`;
    writeFileSync(join(place, file), parts.join(after));
    return (await finds(place, test)) ? undefined : `${test} passes with it`;
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Whether one of the tests in the file fails; the rest is not waited for then. */
async function finds(cwd: string, file: string): Promise<boolean> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--test-reporter=tap", file], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let failed: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!/^ *not ok/u.test(line)) continue;
    failed = line;
    break;
  }
  child.kill();
  // A source that cannot be read fails as a whole, and shows nothing.
  return failed !== undefined && !failed.includes(file);
}
