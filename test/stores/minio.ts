import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { freePorts } from "../support/ports.ts";
import { ask, type PlainStore } from "../support/plain-store.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram } from "../tools/programs.ts";

/** A real MinIO of a test's own. */
export type Minio = PlainStore & { readonly stop: () => Promise<void> };

const PROGRAM = ownProgram("minio");
export const MINIO = PROGRAM.need;

const KEY = { accessKey: "minioadmin", secretKey: "minioadmin" };
const START_MS_MAX = 20_000;

/** Starts MinIO with a folder and ports of its own. */
export async function startMinio(): Promise<Minio> {
  const [port = 0, console_ = 0] = await freePorts(2);
  const address = `127.0.0.1:${port}`;
  const folder = scratchFolder("minio");
  const child = spawn(
    PROGRAM.path,
    ["server", folder, "--address", address, "--console-address", `127.0.0.1:${console_}`],
    { stdio: "ignore", env: { HOME: folder } },
  );
  const ended = once(child, "exit");
  const abandoned = (): boolean => child.kill("SIGKILL");
  process.once("exit", abandoned);
  const store = { endpoint: `http://${address}`, key: KEY };
  const deadline = Date.now() + START_MS_MAX;
  while (!(await answers(store))) {
    if (Date.now() > deadline) throw new Error("MinIO does not answer");
    await pause(100);
  }
  const stop = async (): Promise<void> => {
    process.off("exit", abandoned);
    child.kill("SIGTERM");
    await ended;
  };
  return { ...store, stop };
}

async function answers(store: PlainStore): Promise<boolean> {
  try {
    return (await ask(store, "GET", "/")).status === 200;
  } catch {
    return false;
  }
}
