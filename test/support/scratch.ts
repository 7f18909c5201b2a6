import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new empty folder of a test's own, gone when the process ends. */
export function scratchFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `s3warden-${purpose}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
