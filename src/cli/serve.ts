import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { isDescriptor } from "../life/descriptor.ts";
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
  const stopped = stopSignal();
  const started = await start(options.config, stopped, terminal);
  if (typeof started === "number") return started;
  const { service, reloader, log } = started;
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
};

/**
 * A function of its own, so that nothing holds the first configuration when others have taken its
 * place. The exit code if it does not start: 0 if `stopped` resolves while it is read; 1, and the
 * reason told, if it is not good or nothing can be opened.
 */
async function start(
  file: string,
  stopped: Promise<string>,
  terminal: Terminal,
): Promise<Started | 0 | 1> {
  if (isDescriptor(file)) {
    terminal.stderr(
      `Cannot start: a reload could not read "${file}" again: write it to a file, and name that file\n`,
    );
    return 1;
  }
  const loader = new AsideLoader();
  const reading = (): Promise<Loaded | string> => Promise.race([readAside(loader, file), stopped]);
  const loaded = await openOrTell(reading, terminal);
  if (loaded === undefined) return 1;
  if (typeof loaded === "string") {
    loader.close();
    return 0;
  }
  const { result } = loaded;
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 1;
  }
  const config = result.value;
  const log = openLog(config.log, null);
  logProblems(config.warnings, true, log);
  const service = await openOrTell(() => openService(config, log), terminal);
  if (service === undefined) return 1;
  const reloader = new Reloader(file, service, log, loaded, config);
  const { address, adminAddress: admin, stsAddress: sts } = service;
  log.info({ address, admin, sts }, "listening");
  return { service, reloader, log };
}

/** Reads the configuration, and meanwhile loads the code here that most gateways run. */
async function readAside(loader: AsideLoader, file: string): Promise<Loaded> {
  const [loaded] = await Promise.all([loader.load(file), import("../life/open.ts")]);
  return loaded;
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
