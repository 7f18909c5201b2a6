import cluster from "node:cluster";
import type { Logger } from "pino";
import { openMember, type Member } from "./member.ts";
import { messageOf } from "../lib/words.ts";
import { openLog } from "./log.ts";
import {
  parseToWorker,
  type WorkerAnswer,
  type WorkerAsk,
  type ToPrimary,
  type ToWorker,
} from "./messages.ts";

type Opening = ToWorker & { readonly kind: "open" };
type Reload = ToWorker & { readonly kind: "reload" };

/**
 * Runs one of the processes of `workers.ts`: serves clients, and does what the primary says until
 * it says to close. If the primary is gone, requests under way still finish. Returns the exit code.
 */
export function runWorker(): Promise<0 | 1> {
  // A terminal or an init system may signal the whole group: only the primary answers to that.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
  outliveThePrimary(true);
  return new Promise((resolve) => {
    const worker = new Worker((code) => {
      if (process.connected) process.disconnect();
      resolve(code);
    });
    process.on("message", (message) => worker.take(parseToWorker(message)));
    process.once("disconnect", () => worker.abandoned());
  });
}

class Worker {
  readonly #end: (code: 0 | 1) => void;
  #member: Member | undefined;
  #log: Logger | undefined;
  #closing = false;
  /** The last task; earlier tasks are done first. */
  #last = Promise.resolve();

  constructor(end: (code: 0 | 1) => void) {
    this.#end = end;
  }

  take(message: ToWorker): void {
    switch (message.kind) {
      case "ask":
        return void this.#answer(message.id, message.ask);
      case "reopen-audit":
        return this.#member?.reopenAudit();
      case "drop-identities":
        return void this.#member?.administered.dropIdentities();
      case "open":
        return this.#next(() => this.#open(message));
      case "reload":
        return this.#next(() => this.#reload(message));
      case "close":
        // A signal that ends the primary after that means that nobody wants to wait any longer.
        outliveThePrimary(false);
        return this.#next(() => this.#close());
    }
  }

  /** The port is left at once: who starts the gateway again finds it free. */
  abandoned(): void {
    this.#next(() => this.#close({ atOnce: true }));
  }

  #next(step: () => Promise<void>): void {
    // An error here is a bug: the process ends, and the primary starts another.
    this.#last = this.#last.then(step);
  }

  async #open(message: Opening): Promise<void> {
    const { config, generation, port, stsPort } = message;
    this.#log = openLog(config.log, { worker: process.pid });
    try {
      this.#member = await openMember(config, generation, this.#log, { port, stsPort });
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      tell({ kind: "failed", message: error.message });
      return this.#end(1);
    }
    const { address, stsAddress } = this.#member;
    tell({ kind: "opened", address, stsAddress });
  }

  /** A bug in a configuration must not take all workers at once, as their end would. */
  #reload({ config, generation }: Reload): Promise<void> {
    try {
      this.#member?.reload(config, generation);
      tell({ kind: "reloaded" });
    } catch (error) {
      this.#log?.error(error, "Cannot reload");
      tell({ kind: "refused", why: messageOf(error) });
    }
    return Promise.resolve();
  }

  async #close({ atOnce = false } = {}): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (!atOnce) await this.#member?.leave();
    await this.#member?.close();
    if (this.#member !== undefined) {
      tell({ kind: "closed", metrics: await this.#member.metrics.export() });
    }
    this.#end(0);
  }

  async #answer(id: number, ask: WorkerAsk): Promise<void> {
    // One that has not opened yet has nothing to tell: the primary does not wait for ever.
    if (this.#member !== undefined) {
      tell({ kind: "answer", id, answer: await answerOf(this.#member, ask) });
    }
  }
}

/** Sets whether it goes on if the primary is gone; else node:cluster ends it in that moment. */
function outliveThePrimary(goesOn: boolean): void {
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = goesOn;
}

async function answerOf({ metrics, administered }: Member, ask: WorkerAsk): Promise<WorkerAnswer> {
  const { of } = ask;
  switch (of) {
    case "metrics":
      return { of, metrics: await metrics.export() };
    case "readiness":
      return { of, notReady: await administered.notReady() };
    case "status":
      return { of, status: await administered.status() };
    case "explanation":
      return { of, explanation: await administered.explain(ask.question) };
  }
}

/** A primary that is gone hears nothing, and is missed by `disconnect`. */
function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}
