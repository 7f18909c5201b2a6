import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { openAdmin, type Administered } from "../admin/admin.ts";
import { SHUTTING_DOWN, statusWithout } from "../admin/administer.ts";
import { proveFree } from "../listen/bind.ts";
import { fixedParts, needsRestart, type FixedParts } from "./fixed.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { aggregate, Metrics, type MetricsExport } from "../observe/metrics.ts";
import { mergeReadiness, mergeStatus, type Status } from "../status/status.ts";
import { EndedCounts } from "./ended-counts.ts";
import type { SharedPorts } from "./member.ts";
import type { Opened, WorkerAnswer, WorkerAsk, Order } from "./messages.ts";
import { Seat } from "./seat.ts";
import type { RunningGateway } from "./service.ts";

const SILENT = "No worker answers";

/** The time that a worker may take longer than `limits` say until it is killed. */
const CLOSE_MS = 5_000;

/**
 * Opens a gateway in `count` processes behind one port and one admin port, which is this process's.
 * Rejects if a port or file cannot be opened.
 */
export async function openWorkers(
  config: Config,
  count: number,
  log: Logger,
): Promise<RunningGateway> {
  const workers = new Workers({ config, generation: 1 }, count, log);
  await proveFree(config.listen.address);
  if (config.stsAddress !== undefined) await proveFree(config.stsAddress);
  const admin = await openAdmin(workers.administered, config);
  try {
    const { address, stsAddress } = await workers.open();
    return {
      address,
      stsAddress,
      adminAddress: admin.address,
      reload: (next) => workers.reload(next),
      reopenAudit: () => workers.reopenAudit(),
      refused: (reasons) => workers.refused(reasons),
      close: async () => {
        await workers.close();
        await admin.close();
      },
    };
  } catch (error) {
    await workers.abandon();
    await admin.close();
    throw error;
  }
}

class Workers {
  readonly #seats: readonly Seat[];
  /** This process's own metrics: of configurations and workers. */
  readonly #metrics = new Metrics();
  readonly #ended = new EndedCounts();
  readonly #fixed: FixedParts;
  #order: Order;
  #closing = false;
  /** The ports of clients, once they are bound. */
  #ports: SharedPorts = { port: 0, stsPort: 0 };

  constructor(order: Order, count: number, log: Logger) {
    this.#order = order;
    this.#fixed = fixedParts(order.config);
    const ports = {
      opening: () => ({ ...this.#order, ...this.#ports }),
      onEnd: (last: MetricsExport, unasked: boolean) => {
        this.#ended.add(last);
        if (unasked) this.#metrics.workerRestarted();
      },
      log,
    };
    this.#seats = Array.from({ length: count }, () => new Seat(ports));
    this.#metrics.configAccepted(order.generation, Date.now());
  }

  /** Opens the workers. Returns where they listen: the first one chooses, if any port will do. */
  async open(): Promise<Opened> {
    const [first, ...others] = this.#seats;
    const opened = (await first?.open()) ?? { address: "" };
    this.#ports = { port: portOf(opened.address), stsPort: portOf(opened.stsAddress ?? ":0") };
    await Promise.all(others.map((seat) => seat.open()));
    return opened;
  }

  readonly administered: Administered = {
    metrics: async () => {
      const answers = await this.#ask({ of: "metrics" });
      this.#metrics.workersServing(answers.length);
      const own = await this.#metrics.export();
      // All of this moment, so that none counts twice whose process ends, and none is left out.
      const told = this.#seats.map(({ lastMetrics }) => lastMetrics);
      const { buckets } = this.#order.config.metrics;
      return aggregate([own, ...told, ...this.#ended.all], buckets);
    },
    notReady: async () => {
      const answers = await this.#ask({ of: "readiness" });
      return this.#readiness(
        answers.flatMap((answer) => (answer.of === "readiness" ? [answer.notReady] : [])),
      );
    },
    status: () => this.#status(),
    explain: async (question) => {
      // Any of them decides as all do.
      const one = this.#seats.find(({ serving }) => serving);
      const answer = await one?.ask({ of: "explanation", question });
      return answer?.of === "explanation" ? answer.explanation : err(SILENT);
    },
    dropIdentities: () => {
      for (const seat of this.#seats) seat.dropIdentities();
      return Promise.resolve();
    },
  };

  async reload(config: Config): Promise<Result<number, string>> {
    const refusal = needsRestart(this.#fixed, config);
    if (refusal !== undefined) return err(refusal);
    const before = this.#order;
    const why = await this.#follow({ config, generation: before.generation + 1 });
    if (why !== undefined) {
      // Those that could go back, so that all decide by the same.
      await this.#follow(before);
      return err(why);
    }
    this.#metrics.configAccepted(this.#order.generation, Date.now());
    return ok(this.#order.generation);
  }

  /**
   * Sends the order to all workers. Returns why one of them cannot follow it; `undefined` if all
   * do.
   */
  async #follow(order: Order): Promise<string | undefined> {
    this.#order = order;
    const refusals = await Promise.all(this.#seats.map((seat) => seat.reload(order)));
    return refusals.find((why) => why !== undefined);
  }

  reopenAudit(): void {
    for (const seat of this.#seats) seat.reopenAudit();
  }

  refused(reasons: readonly string[]): void {
    this.#metrics.configRefused(Date.now(), reasons);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const { drainDelayMs, drainTimeoutMs } = this.#order.config.limits;
    const timeoutMs = drainDelayMs + drainTimeoutMs + CLOSE_MS;
    await Promise.all(this.#seats.map((seat) => seat.close(timeoutMs)));
  }

  /** Ends a gateway that has not begun: its clients need not be waited for. */
  async abandon(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#seats.map((seat) => seat.close(0)));
  }

  /** Returns the status of all workers together; this process knows most of their configuration. */
  async #status(): Promise<Status> {
    const own = statusWithout(this.#metrics, this.#readiness([]), Date.now());
    const answers = await this.#ask({ of: "status" });
    const told = answers.flatMap((answer) => (answer.of === "status" ? [answer.status] : []));
    const [first, ...others] = told;
    if (first === undefined) return own;
    const merged = mergeStatus([first, ...others]);
    const processes = [...own.processes, ...merged.processes];
    const notReady = this.#readiness(told.map((status) => status.notReady));
    return { ...merged, config: own.config, processes, notReady };
  }

  /** `whys`: of the workers that answer. */
  #readiness(whys: readonly (string | undefined)[]): string | undefined {
    if (this.#closing) return SHUTTING_DOWN;
    return whys.length === 0 ? SILENT : mergeReadiness(whys);
  }

  /** Returns the answers of all that answer. */
  async #ask(ask: WorkerAsk): Promise<readonly WorkerAnswer[]> {
    const answers = await Promise.all(this.#seats.map((seat) => seat.ask(ask)));
    return answers.filter((answer) => answer !== undefined);
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
