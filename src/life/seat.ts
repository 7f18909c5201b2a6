import cluster, { type Worker } from "node:cluster";
import type { Logger } from "pino";
import {
  parseToPrimary,
  type Order,
  type Report,
  type ToPrimary,
  type ToWorker,
} from "./messages.ts";

/** What a seat says of the process in it. */
export type SeatPorts = {
  /** What a process begins with: the configuration in force, and the port that all share. */
  readonly opening: () => Order & { readonly port: number };
  /** It ended unasked; `last`: its last report. */
  readonly onCrash: (last: Report | undefined) => void;
  readonly log: Logger;
};

/** A process that lived so long did not end of what it began with. */
const SOUND_MS = 10_000;
/** Between two that ended young. */
const WAIT_MS_MAX = 10_000;
const REPORT_MS_MAX = 5_000;

/** The place of one worker: when the process in it ends unasked, another one takes it. */
export class Seat {
  readonly #ports: SeatPorts;
  readonly #reports = new Map<number, (report: Report | undefined) => void>();
  #worker: Worker | undefined;
  #onOpened: ((address: string) => void) | undefined;
  #onFailed: ((error: Error) => void) | undefined;
  #onReloaded: (() => void) | undefined;
  #lastReport: Report | undefined;
  #reportId = 0;
  #startedTick = 0;
  #endedYoung = 0;
  #closing = false;
  #serving = false;

  constructor(ports: SeatPorts) {
    this.#ports = ports;
  }

  /** Whether a process in it serves clients. */
  get serving(): boolean {
    return this.#serving;
  }

  /** Starts the first process. Gives `host:port` as bound; rejects where it cannot be opened. */
  open(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#onOpened = resolve;
      this.#onFailed = reject;
      this.#start();
    });
  }

  /** Resolves when the process decides by `order`, or one that begins with it takes its place. */
  reload(order: Order): Promise<void> {
    this.#onReloaded?.();
    return new Promise((resolve) => {
      this.#onReloaded = resolve;
      this.#send({ kind: "reload", ...order });
    });
  }

  dropIdentities(): void {
    this.#send({ kind: "drop-identities" });
  }

  /** Undefined: the process does not answer in time. */
  report(): Promise<Report | undefined> {
    const id = ++this.#reportId;
    return new Promise((resolve) => {
      const late = setTimeout(() => settle(undefined), REPORT_MS_MAX);
      const settle = (report: Report | undefined): void => {
        clearTimeout(late);
        this.#reports.delete(id);
        resolve(report);
      };
      this.#reports.set(id, settle);
      this.#send({ kind: "report", id });
    });
  }

  /** Lets its requests finish; after `timeoutMs` the process is killed. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing = true;
    const worker = this.#worker;
    if (worker === undefined || worker.isDead()) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => worker.process.kill("SIGKILL"), timeoutMs);
      worker.once("exit", () => {
        clearTimeout(late);
        resolve();
      });
      this.#send({ kind: "close" });
    });
  }

  #start(): void {
    const worker = cluster.fork();
    this.#worker = worker;
    this.#startedTick = performance.now();
    worker.on("message", (message) => this.#hear(parseToPrimary(message)));
    worker.once("exit", (code, signal) => this.#ended(signal ?? `status ${code}`));
    this.#send({ kind: "open", ...this.#ports.opening() });
  }

  #send(message: ToWorker): void {
    // One that is ending hears nothing; what waits for its answer is settled by its end.
    if (this.#worker?.isConnected() === true) this.#worker.send(message, () => undefined);
  }

  #hear(message: ToPrimary): void {
    switch (message.kind) {
      case "opened":
        this.#serving = true;
        return this.#onOpened?.(message.address);
      case "failed":
        this.#ports.log.error({ why: message.message }, "A worker cannot start");
        // The code tells it from a bug.
        return this.#onFailed?.(Object.assign(new Error(message.message), { code: "EWORKER" }));
      case "reloaded":
        return this.#onReloaded?.();
      case "report":
        this.#lastReport = message.report;
        return this.#reports.get(message.id)?.(message.report);
    }
  }

  #ended(how: string): void {
    this.#serving = false;
    const last = this.#lastReport;
    this.#lastReport = undefined;
    for (const settle of this.#reports.values()) settle(undefined);
    this.#onReloaded?.();
    if (this.#closing) return;
    this.#onFailed?.(Object.assign(new Error(`a worker ended: ${how}`), { code: "EWORKER" }));
    const young = performance.now() - this.#startedTick < SOUND_MS;
    this.#endedYoung = young ? this.#endedYoung + 1 : 0;
    const waitMs = young ? Math.min(WAIT_MS_MAX, 50 * 2 ** this.#endedYoung) : 0;
    this.#ports.onCrash(last);
    this.#ports.log.error(
      { worker: this.#worker?.process.pid, how, waitMs },
      "A worker ended: another takes its place",
    );
    setTimeout(() => {
      if (!this.#closing) this.#start();
    }, waitMs);
  }
}
