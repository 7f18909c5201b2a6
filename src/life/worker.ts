import { pino, type Logger } from "pino";
import type { Config } from "../config/config.ts";
import { openMember, type Member } from "../gateway/member.ts";
import { loadTexts } from "./load.ts";
import { parseToWorker, type ToPrimary, type ToWorker } from "./messages.ts";

type Opening = ToWorker & { readonly kind: "open" };
type Reload = ToWorker & { readonly kind: "reload" };

/**
 * One of the processes of `workers.ts`: serves clients, and does what the primary says until it says
 * to close, or is gone. Gives the exit code.
 */
export function runWorker(): Promise<0 | 1> {
  // A terminal or an init system may signal the whole group: only the primary answers to that.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
  return new Promise((resolve) => {
    const worker = new Worker((code) => {
      if (process.connected) process.disconnect();
      resolve(code);
    });
    process.on("message", (message) => worker.take(parseToWorker(message)));
    process.once("disconnect", () => worker.take({ kind: "close" }));
  });
}

class Worker {
  readonly #end: (code: 0 | 1) => void;
  #member: Member | undefined;
  #closing = false;
  /** What was asked before is done first. */
  #last = Promise.resolve();

  constructor(end: (code: 0 | 1) => void) {
    this.#end = end;
  }

  take(message: ToWorker): void {
    switch (message.kind) {
      case "report":
        return void this.#report(message.id);
      case "drop-identities":
        return this.#member?.dropIdentities();
      case "open":
        return this.#next(() => this.#open(message));
      case "reload":
        return this.#next(() => this.#reload(message));
      case "close":
        return this.#next(() => this.#close());
    }
  }

  #next(step: () => Promise<void>): void {
    // What throws is a bug: the process ends, and the primary starts another.
    this.#last = this.#last.then(step);
  }

  async #open(message: Opening): Promise<void> {
    const config = configOf(message);
    try {
      const { generation, port } = message;
      this.#member = await openMember(config, generation, logOf(config), { port });
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      tell({ kind: "failed", message: error.message });
      return this.#end(1);
    }
    tell({ kind: "opened", address: this.#member.address });
  }

  #reload(message: Reload): Promise<void> {
    this.#member?.reload(configOf(message), message.generation);
    tell({ kind: "reloaded", generation: message.generation });
    return Promise.resolve();
  }

  async #close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await this.#member?.leave();
    await this.#member?.close();
    this.#end(0);
  }

  async #report(id: number): Promise<void> {
    const member = this.#member;
    if (member === undefined) return;
    const metrics = await member.metrics.exported();
    tell({ kind: "report", id, report: { metrics, unready: member.unready() ?? null } });
  }
}

/** The primary has found it good already. */
function configOf({ file, texts }: Opening | Reload): Config {
  const result = loadTexts(file, texts);
  if (result.ok) return result.value;
  throw new Error(`A worker reads another configuration: ${result.error[0]?.message}`);
}

function logOf({ log }: Config): Logger {
  return pino({ level: log.level, base: { worker: process.pid } });
}

/** A primary that is gone hears nothing, and is missed by `disconnect`. */
function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}
