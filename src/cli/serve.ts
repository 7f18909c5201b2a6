import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { AsideLoader } from "../life/load-aside.ts";
import type { Loaded } from "../life/load.ts";
import { openLog } from "../life/log.ts";
import { logProblems, Reloader } from "../life/reloader.ts";
import type { RunningGateway } from "../life/service.ts";
import { reloadSignal, stopSignal } from "../life/signals.ts";
import { printProblems } from "./print-problems.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Returns what `open` opens; `undefined`, after reporting the reason, if a port or file cannot be
 * opened.
 */
export async function openOrTell<T>(
  open: () => Promise<T>,
  terminal: Terminal,
): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    // Only what the operating system refuses has a code; anything else is a bug.
    if (!(error instanceof Error && "code" in error)) throw error;
    terminal.stderr(`Cannot start: ${error.message}\n`);
    return undefined;
  }
}

/**
 * Runs `s3warden serve`: the gateway, until SIGTERM or SIGINT; then requests under way finish.
 * Changed files and SIGHUP put the configuration in force again. Returns the exit code: 0, or 1
 * with every problem printed if the configuration is bad.
 */
export async function runServe(
  options: { readonly config: string },
  terminal: Terminal,
): Promise<0 | 1> {
  if (cluster.isWorker) {
    const { runWorker } = await import("../life/worker.ts");
    return runWorker();
  }
  // A renewed file does not wait for the gateway's start: reading it all may take long.
  const onReload = reloadSignal();
  const started = await start(options.config, terminal);
  if (started === undefined) return 1;
  const { service, reloader, log, stopped } = started;
  onReload(() => void reloader.reload("SIGHUP"));
  const signal = await stopped;
  log.info({ signal }, "draining");
  reloader.close();
  await service.close();
  return 0;
}

type Started = {
  readonly service: RunningGateway;
  readonly reloader: Reloader;
  readonly log: Logger;
  /** The signal that ends it. */
  readonly stopped: Promise<string>;
};

/**
 * A function of its own, so that nothing holds the first configuration when others have taken its
 * place. `undefined`, and the reason told, if it is not good or nothing can be opened.
 */
async function start(file: string, terminal: Terminal): Promise<Started | undefined> {
  const read = await openOrTell(() => readAside(file), terminal);
  if (read === undefined) return undefined;
  const [loaded] = read;
  const { result } = loaded;
  if (!result.ok) {
    printProblems(result.error, terminal);
    return undefined;
  }
  const config = result.value;
  const log = openLog(config.log, null);
  logProblems(config.warnings, true, log);
  const stopped = stopSignal();
  const service = await openOrTell(() => openService(config, log), terminal);
  if (service === undefined) return undefined;
  const reloader = new Reloader(file, service, log, loaded, config);
  const { address, adminAddress: admin, stsAddress: sts } = service;
  log.info({ address, admin, sts }, "listening");
  return { service, reloader, log, stopped };
}

/** Reads the configuration, and meanwhile loads the code here that most gateways run. */
function readAside(file: string): Promise<readonly [Loaded, unknown]> {
  return Promise.all([new AsideLoader().load(file), import("../life/open.ts")]);
}

/** In this process, or in as many as `workers` says. */
async function openService(config: Config, log: Logger): Promise<RunningGateway> {
  const workers = config.workers === "auto" ? availableParallelism() : config.workers;
  if (workers === 1) {
    const { openGateway } = await import("../life/open.ts");
    return openGateway(config, log);
  }
  const { openWorkers } = await import("../life/workers.ts");
  return openWorkers(config, workers, log);
}
