/**
 * Collects all garbage on SIGUSR2 and writes what is left to the file that its own URL names. It is
 * preloaded into a gateway by `--import`, with `--expose-gc`. See `process-state.ts`.
 */
import { renameSync, writeFileSync } from "node:fs";

const file = new URL(import.meta.url).searchParams.get("file") ?? "";

process.on("SIGUSR2", () => {
  // Twice: the second collection frees the objects for which the first found finalizers.
  globalThis.gc?.();
  setImmediate(() => {
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo();
    writeFileSync(`${file}.part`, JSON.stringify({ heapUsed, external, rss, resources }));
    // So a reader never sees half of it.
    renameSync(`${file}.part`, file);
  });
});
