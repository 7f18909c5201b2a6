import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { listenAdmin, type Administered } from "../gateway/admin.ts";
import { needsRestart } from "../gateway/fixed.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { aggregate, lasting, Metrics, type ExportedMetrics } from "../observe/metrics.ts";
import type { Texts } from "./load.ts";
import type { Order, Report } from "./messages.ts";
import { Seat } from "./seat.ts";
import type { Service } from "./service.ts";

/** What a worker may take longer than `limits` say until it is killed. */
const CLOSE_MS = 5_000;

/**
 * A gateway in `count` processes behind one port and one admin port, which is this process's.
 * `config`: of `texts`, which have `file` and all it names. Rejects where a port or file cannot be
 * opened.
 */
export async function openWorkers(
  file: string,
  config: Config,
  texts: Texts,
  count: number,
  log: Logger,
): Promise<Service> {
  const workers = new Workers({ file, texts, generation: 1 }, config, count, log);
  try {
    const address = await workers.open();
    const admin = await listenAdmin(workers.administered, config.admin.address);
    return {
      address,
      adminAddress: admin.address,
      reload: (next, nextTexts) => workers.reload(next, nextTexts),
      refused: () => workers.refused(),
      close: async () => {
        await workers.close();
        await admin.close();
      },
    };
  } catch (error) {
    await workers.close();
    throw error;
  }
}

class Workers {
  readonly #seats: readonly Seat[];
  /** This process's own: of configurations and workers. */
  readonly #metrics = new Metrics();
  /** What processes counted that have ended. */
  #carried: ExportedMetrics = [];
  #carrying = Promise.resolve();
  #order: Order;
  #config: Config;
  #closing = false;
  /** Of clients, when it is bound. */
  #port = 0;

  constructor(order: Order, config: Config, count: number, log: Logger) {
    this.#order = order;
    this.#config = config;
    const ports = {
      opening: () => ({ ...this.#order, port: this.#port }),
      onCrash: (last: Report | undefined) => this.#crashed(last),
      log,
    };
    this.#seats = Array.from({ length: count }, () => new Seat(ports));
    this.#metrics.configAccepted(order.generation, Date.now());
  }

  /** Gives `host:port` as bound: where any port will do, by the first. */
  async open(): Promise<string> {
    const [first, ...others] = this.#seats;
    const address = (await first?.open()) ?? "";
    this.#port = Number(address.slice(address.lastIndexOf(":") + 1));
    await Promise.all(others.map((seat) => seat.open()));
    return address;
  }

  readonly administered: Administered = {
    metrics: async () => {
      const reports = await this.#reports();
      this.#metrics.workersServing(this.#seats.filter(({ serving }) => serving).length);
      const own = await this.#metrics.exported();
      await this.#carrying;
      return aggregate([own, ...reports.map(({ metrics }) => metrics), this.#carried]);
    },
    unready: async () => {
      if (this.#closing) return "The gateway is shutting down";
      const reports = await this.#reports();
      if (reports.some(({ unready }) => unready === null)) return undefined;
      return reports[0]?.unready ?? "No worker answers";
    },
    dropIdentities: () => {
      for (const seat of this.#seats) seat.dropIdentities();
      return Promise.resolve();
    },
  };

  async reload(config: Config, texts: Texts): Promise<Result<number, string>> {
    const refusal = needsRestart(this.#config, config);
    if (refusal !== undefined) return err(refusal);
    this.#config = config;
    this.#order = { ...this.#order, texts, generation: this.#order.generation + 1 };
    await Promise.all(this.#seats.map((seat) => seat.reload(this.#order)));
    this.#metrics.configAccepted(this.#order.generation, Date.now());
    return ok(this.#order.generation);
  }

  refused(): void {
    this.#metrics.configRefused();
  }

  async close(): Promise<void> {
    this.#closing = true;
    const { drainDelayMs, drainTimeoutMs } = this.#config.limits;
    const timeoutMs = drainDelayMs + drainTimeoutMs + CLOSE_MS;
    await Promise.all(this.#seats.map((seat) => seat.close(timeoutMs)));
  }

  async #reports(): Promise<readonly Report[]> {
    const reports = await Promise.all(this.#seats.map((seat) => seat.report()));
    return reports.filter((report) => report !== undefined);
  }

  /** One after the other: each adds to what the one before came to. */
  async #carry(before: Promise<void>, metrics: ExportedMetrics): Promise<void> {
    await before;
    this.#carried = await lasting([this.#carried, metrics]);
  }

  #crashed(last: Report | undefined): void {
    this.#metrics.workerRestarted();
    if (last === undefined) return;
    this.#carrying = this.#carry(this.#carrying, last.metrics);
  }
}
