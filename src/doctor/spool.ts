import { accessSync, constants, statfsSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { messageOf } from "../lib/words.ts";
import { fine, problem, warning, type Diagnosis } from "./diagnosis.ts";

const MIB = 1024 * 1024;

/**
 * Examines the directory of `formSpool`: the gateway must be able to write there, and its disk should
 * have the room that one process may take. Writes nothing.
 */
export function examineSpool({ formSpool }: Config): readonly Diagnosis[] {
  if (formSpool === undefined) return [];
  const { directory, bytesMax } = formSpool;
  const about = `formSpool ${directory}`;
  try {
    // A file below it: of a directory alone, a file in its place would do as well.
    accessSync(`${directory}/.`, constants.W_OK | constants.X_OK);
    const disk = statfsSync(directory);
    const free = Math.floor((disk.bavail * disk.bsize) / MIB);
    const wanted = Math.ceil(bytesMax / MIB);
    const text = `${free} MiB are free, and ${wanted} MiB may be needed by each process`;
    return [free >= wanted ? fine(about, text) : warning(about, text, ROOM)];
  } catch (error) {
    return [problem(about, `cannot be written: ${messageOf(error)}`, WRITABLE)];
  }
}

const ROOM = "Make room on its disk, or lower formSpool.bytes";
const WRITABLE =
  "Make the directory, and let the gateway's user write it (ReadWritePaths, with systemd)";
