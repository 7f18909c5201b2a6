import cluster, { type Worker } from "node:cluster";
import type { Logger } from "pino";
import { messageOf } from "../lib/words.ts";
import type { MetricsExport } from "../observe/metrics.ts";
import {
  parseToPrimary,
  type Opened,
  type WorkerAnswer,
  type WorkerAsk,
  type Order,
  type ToPrimary,
  type ToWorker,
} from "./messages.ts";
import type { SharedPorts } from "./member.ts";
import { Questions } from "./questions.ts";

/** The functions by which a seat reports on the process in it. */
export type SeatPorts = {
  /**
   * Returns the order that a process begins with: the configuration in force, and the ports that
   * all share.
   */
  readonly opening: () => Order & SharedPorts;
  /** Reports its end; `last`: the metrics that it sent last; `unasked`: it was not asked to end. */
  readonly onEnd: (last: MetricsExport, unasked: boolean) => void;
  readonly log: Logger;
};

/** The run time after which a worker did not die of its start-up. */
const STABLE_MS = 10_000;
/** The longest wait between two processes that ended soon after their start. */
const WAIT_MS_MAX = 10_000;
/** The interval of asking a process whether it answers. */
const LOOK_MS = 2_000;
/** Questions in a row to which one that serves says nothing: then it hangs. */
const SILENT_MAX = 5;
/** The same before it serves: so long may it take to begin. */
const OPENING_MAX = 60;

/**
 * The place of one worker: when the process in it ends unasked, another one takes it; when it hangs,
 * it is ended.
 */
export class Seat {
  readonly #ports: SeatPorts;
  readonly #questions = new Questions();
  #worker: Worker | undefined;
  #onOpened: ((opened: Opened) => void) | undefined;
  #onFailed: ((error: Error) => void) | undefined;
  #onReloaded: ((refusal: string | undefined) => void) | undefined;
  #lastMetrics: MetricsExport = [];
  /** The timer until its successor starts. */
  #next: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  /** The number of questions asked since its last answer. */
  #unheard = 0;
  #startedTick = 0;
  #endedYoung = 0;
  #closing = false;
  #serving = false;

  constructor(ports: SeatPorts) {
    this.#ports = ports;
  }

  /** True if a process in it serves clients. */
  get serving(): boolean {
    return this.#serving;
  }

  /** The last metrics that the process in it told, in case it falls silent. */
  get lastMetrics(): MetricsExport {
    return this.#lastMetrics;
  }

  /** Starts the first process. Gives where it listens; rejects where it cannot be opened. */
  open(): Promise<Opened> {
    return new Promise((resolve, reject) => {
      this.#onOpened = resolve;
      this.#onFailed = reject;
      this.#start();
    });
  }

  /**
   * Resolves when the process decides by `order`, or one that begins with what is in force takes
   * its place. Resolves with the reason if it cannot and goes on as before.
   */
  reload(order: Order): Promise<string | undefined> {
    this.#onReloaded?.(undefined);
    const heard = this.#send({ kind: "reload", ...order });
    // One that begins does this next, before any request; where there is none, its successor has it.
    if (!heard || !this.#serving) return Promise.resolve(undefined);
    return new Promise((resolve) => (this.#onReloaded = resolve));
  }

  dropIdentities(): void {
    this.#send({ kind: "drop-identities" });
  }

  reopenAudit(): void {
    this.#send({ kind: "reopen-audit" });
  }

  /** Asks the process; `undefined` if it does not answer in time. */
  ask(ask: WorkerAsk): Promise<WorkerAnswer | undefined> {
    if (!this.#serving) return Promise.resolve(undefined);
    return this.#questions.put(ask, (message) => this.#send(message));
  }

  /** Lets its requests finish; after `timeoutMs` the process is killed. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#next);
    const worker = this.#worker;
    if (worker === undefined) return;
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
    this.#startedTick = performance.now();
    // A configuration has maps and sets in it.
    cluster.setupPrimary({ serialization: "advanced" });
    try {
      this.#attend(cluster.fork());
    } catch (error) {
      this.#ended(messageOf(error));
    }
  }

  #attend(worker: Worker): void {
    this.#worker = worker;
    this.#unheard = 0;
    this.#look = setInterval(() => this.#lookAt(worker), LOOK_MS);
    worker.on("message", (message) => this.#hear(parseToPrimary(message)));
    worker.once("exit", (code, signal) => this.#ended(signal ?? `status ${code}`));
    worker.on("error", (error) => {
      // A worker without a process, as when the system has no more to give, has no other event of
      // its end.
      if (worker.process.pid === undefined) this.#ended(error.message);
    });
    this.#send({ kind: "open", ...this.#ports.opening() });
  }

  /**
   * Asks the process for a sign of life, and ends one that hangs, as if it had crashed: it would
   * keep its clients, and its configuration.
   */
  #lookAt(worker: Worker): void {
    // Counted in questions: where all this machine was halted, the worker is not the one that hung.
    if (this.#unheard < (this.#serving ? SILENT_MAX : OPENING_MAX)) {
      this.#unheard++;
      void this.ask({ of: "readiness" });
      return;
    }
    clearInterval(this.#look);
    this.#ports.log.error({ worker: worker.process.pid }, "A worker does not answer: it is killed");
    worker.process.kill("SIGKILL");
  }

  /**
   * Returns true if there is a process that can hear the message. Its end settles the questions
   * that wait for an answer.
   */
  #send(message: ToWorker): boolean {
    if (this.#worker?.isConnected() !== true) return false;
    this.#worker.send(message, () => undefined);
    return true;
  }

  #hear(message: ToPrimary): void {
    this.#unheard = 0;
    switch (message.kind) {
      case "opened":
        this.#serving = true;
        return this.#onOpened?.(message);
      case "failed":
        this.#ports.log.error({ why: message.message }, "A worker cannot start");
        // The code tells it from a bug.
        return this.#onFailed?.(Object.assign(new Error(message.message), { code: "EWORKER" }));
      case "reloaded":
        return this.#onReloaded?.(undefined);
      case "refused":
        return this.#onReloaded?.(message.why);
      case "closed":
        this.#lastMetrics = message.metrics;
        return;
      case "answer":
        if (message.answer.of === "metrics") this.#lastMetrics = message.answer.metrics;
        return this.#questions.answered(message.id, message.answer);
    }
  }

  #ended(how: string): void {
    const pid = this.#worker?.process.pid;
    this.#worker = undefined;
    this.#serving = false;
    clearInterval(this.#look);
    const last = this.#lastMetrics;
    this.#lastMetrics = [];
    this.#questions.abandon();
    this.#onReloaded?.(undefined);
    this.#ports.onEnd(last, !this.#closing);
    if (this.#closing) return;
    this.#onFailed?.(Object.assign(new Error(`a worker ended: ${how}`), { code: "EWORKER" }));
    const young = performance.now() - this.#startedTick < STABLE_MS;
    this.#endedYoung = young ? this.#endedYoung + 1 : 0;
    const waitMs = young ? Math.min(WAIT_MS_MAX, 50 * 2 ** this.#endedYoung) : 0;
    this.#ports.log.error({ worker: pid, how, waitMs }, "A worker ended: another takes its place");
    this.#next = setTimeout(() => this.#start(), waitMs);
  }
}
