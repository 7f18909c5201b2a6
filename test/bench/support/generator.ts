import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { startTalking } from "./child.ts";
import type { System } from "./systems.ts";
import { CELLS, type CellName } from "./workload.ts";

const ResultSchema = z.object({
  requests: z.number(),
  seconds: z.number(),
  /** Of each process named in the task, then of the generator. */
  cpuMicros: z.array(z.number().or(z.nan())),
  /** Of all cores of the machine. */
  busyMicros: z.number().or(z.nan()),
});

export type LoadResult = z.output<typeof ResultSchema>;

const ReplySchema = z.union([ResultSchema, z.object({ error: z.string() })]);

/** One round of one cell against one system. */
export type Round = {
  /** A second. */
  readonly requests: number;
  /** CPU time of one request, in microseconds: of the proxy (none: NaN), and of all processes. */
  readonly proxyMicros: number;
  readonly chainMicros: number;
  /** What other processes took of the machine meanwhile: 0 to 1. */
  readonly othersShare: number;
};

/** The load generator in its process, which outlives the rounds and keeps its requests. */
export class Generator {
  readonly #child: ChildProcess;
  readonly #died: Promise<never>;

  constructor() {
    this.#child = startTalking(fileURLToPath(new URL("../load.ts", import.meta.url)));
    this.#died = once(this.#child, "exit").then(() => {
      throw new Error("The load generator ended");
    });
    // It ends with the run, too, when nobody waits for it any more.
    this.#died.catch(() => {});
  }

  /** Loads `system` for `durationMs`, after `leadMs` that do not count. */
  async round(
    cell: CellName,
    system: System,
    store: System,
    times: { readonly leadMs: number; readonly durationMs: number },
  ): Promise<Round> {
    const isProxy = system.pid !== store.pid;
    const pids = isProxy ? [system.pid, store.pid] : [store.pid];
    const { connections } = CELLS[cell];
    this.#child.send({ cell, port: system.port, connections, pids, ...times });
    const [message] = await Promise.race([once(this.#child, "message"), this.#died]);
    const reply = ReplySchema.parse(message);
    if ("error" in reply) throw new Error(`${CELLS[cell].title}, ${system.name}: ${reply.error}`);
    const { requests, seconds, cpuMicros, busyMicros } = reply;
    const ownMicros = cpuMicros.reduce((sum, micros) => sum + micros, 0);
    const allMicros = seconds * 1e6 * availableParallelism();
    return {
      requests: requests / seconds,
      proxyMicros: isProxy ? (cpuMicros[0] ?? NaN) / requests : NaN,
      chainMicros: ownMicros / requests,
      othersShare: Math.max(0, busyMicros - ownMicros) / allMicros,
    };
  }
}
