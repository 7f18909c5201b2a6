/**
 * Preloaded into a gateway by `--import`, with `--expose-gc`: on SIGUSR2 it collects all garbage and
 * writes what is left to the file that its own URL names. See `process-state.ts`.
 */
import { renameSync, writeFileSync } from "node:fs";

const file = new URL(import.meta.url).searchParams.get("file") ?? "";

process.on("SIGUSR2", () => {
  // Twice: what a first collection finds finalizers for, a second one frees.
  globalThis.gc?.();
  setImmediate(() => {
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo();
    writeFileSync(`${file}.part`, JSON.stringify({ heapUsed, external, rss, resources }));
    // A reader never sees half of it.
    renameSync(`${file}.part`, file);
  });
});
