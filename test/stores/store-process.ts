import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { ask, type PlainStore } from "../support/plain-store.ts";
import type { KeyPair } from "../support/signed.ts";

/** A store in a process for one test. */
export type StoreProcess = PlainStore & { readonly stop: () => Promise<void> };

/** The command of a store. */
export type StoreProgram = {
  /** The name in messages. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The address that it listens on, as `host:port`. */
  readonly address: string;
  /** The key of a user with all rights there. */
  readonly key: KeyPair;
};

const START_MS_MAX = 20_000;

/**
 * Starts a store and waits until it answers. `stop` ends it; so does the end of this process, if nobody
 * called `stop`. Throws if it does not answer within twenty seconds.
 */
export async function startStoreProcess(program: StoreProgram): Promise<StoreProcess> {
  const { name, path, args, env, address, key } = program;
  const child = spawn(path, args, { stdio: "ignore", env });
  const ended = once(child, "exit");
  const abandoned = (): boolean => child.kill("SIGKILL");
  process.once("exit", abandoned);
  const store = { endpoint: `http://${address}`, key };
  const deadline = Date.now() + START_MS_MAX;
  while (!(await answers(store))) {
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(`${name} does not answer`);
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
