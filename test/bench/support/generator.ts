import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { CELLS, type CellName } from "./cells.ts";
import { startTalking } from "./child.ts";
import type { Listener, System } from "./systems.ts";
import { WORKLOADS, type Workload } from "./workload.ts";

/** A number that may be missing: there is no /proc. */
const FigureSchema = z.number().or(z.nan());

const TargetSchema = z.object({
  door: z.object({ port: z.number(), tls: z.boolean() }),
  connections: z.number(),
  /** The processes of the system. */
  pids: z.array(z.number()),
});

/** A task for the generator. */
export const TaskSchema = z.discriminatedUnion("kind", [
  TargetSchema.extend({
    kind: z.literal("load"),
    workload: z.enum(WORKLOADS),
    storePids: z.array(z.number()),
    /** The time of load that does not count, to open connections after the proxy. */
    leadMs: z.number(),
    durationMs: z.number(),
  }),
  TargetSchema.extend({ kind: z.literal("idle") }),
  TargetSchema.extend({ kind: z.literal("transfers"), workload: z.enum(WORKLOADS) }),
]);

export type Task = z.output<typeof TaskSchema>;

const ReplySchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("loaded"),
    requests: z.number(),
    seconds: z.number(),
    /** The median of an exchange. */
    latencyMicros: FigureSchema,
    proxyMicros: FigureSchema,
    storeMicros: FigureSchema,
    ownMicros: FigureSchema,
    /** The work of all cores of the machine. */
    busyMicros: FigureSchema,
  }),
  z.object({ kind: z.literal("resident"), beforeBytes: FigureSchema, bytes: FigureSchema }),
  z.object({ kind: z.literal("failed"), error: z.string() }),
]);

export type Reply = z.output<typeof ReplySchema>;

/** One round of one cell against one system. */
export type Round = {
  /** Requests a second. */
  readonly requests: number;
  /** CPU time of one request in the system's processes, in microseconds. */
  readonly cpuMicros: number;
  /** The median time of one exchange, in microseconds. */
  readonly latencyMicros: number;
  /** The share of the machine that other processes took meanwhile: 0 to 1. */
  readonly othersShare: number;
};

/** Memory in bytes: before, and under load. */
export type Resident = { readonly beforeBytes: number; readonly bytes: number };

/** The load generator in its process, which outlives the rounds and keeps its requests. */
export class Generator {
  readonly #child: ChildProcess;
  readonly #died: Promise<never>;

  constructor() {
    this.#child = startTalking(fileURLToPath(new URL("../load.ts", import.meta.url)));
    this.#died = once(this.#child, "exit").then(() => {
      throw new Error("The load generator ended");
    });
    // It ends with the run, also when nobody waits for it any more.
    this.#died.catch(() => {});
  }

  /** Loads `system` for `durationMs`, after `leadMs` that do not count. */
  async round(
    cellName: CellName,
    system: System,
    store: System,
    times: { readonly leadMs: number; readonly durationMs: number },
  ): Promise<Round> {
    const { workload, connections, tls, title } = CELLS[cellName];
    const listener = tls ? system.tls : system.plain;
    if (listener === undefined) throw new Error(`${system.name} does not speak TLS`);
    const { port, pids } = listener;
    const reply = await this.#ask(`${title}, ${system.name}`, {
      kind: "load",
      workload,
      door: { port, tls },
      connections,
      pids: [...pids],
      storePids: system === store ? [] : [...store.plain.pids],
      ...times,
    });
    if (reply.kind !== "loaded") throw new Error("The load generator did something else");
    const { requests, seconds, proxyMicros, storeMicros, ownMicros } = reply;
    const allMicros = seconds * 1e6 * availableParallelism();
    const othersMicros = reply.busyMicros - proxyMicros - storeMicros - ownMicros;
    return {
      requests: requests / seconds,
      cpuMicros: proxyMicros / requests,
      latencyMicros: reply.latencyMicros,
      othersShare: Math.max(0, othersMicros) / allMicros,
    };
  }

  /** Returns the memory of `count` connections that rest after one request each. */
  async idle(what: string, { port, pids }: Listener, count: number): Promise<Resident> {
    const door = { port, tls: false };
    return this.#resident(what, { kind: "idle", door, connections: count, pids: [...pids] });
  }

  /** Returns the memory of `count` connections while each carries one transfer. */
  async transfers(
    what: string,
    { port, pids }: Listener,
    count: number,
    workload: Workload,
  ): Promise<Resident> {
    const door = { port, tls: false };
    const target = { door, connections: count, pids: [...pids] };
    return this.#resident(what, { kind: "transfers", workload, ...target });
  }

  async #resident(what: string, task: Task): Promise<Resident> {
    const reply = await this.#ask(what, task);
    if (reply.kind !== "resident") throw new Error("The load generator did something else");
    return reply;
  }

  async #ask(what: string, task: Task): Promise<Reply> {
    this.#child.send(task);
    const [message] = await Promise.race([once(this.#child, "message"), this.#died]);
    const reply = ReplySchema.parse(message);
    if (reply.kind === "failed") throw new Error(`${what}: ${reply.error}`);
    return reply;
  }
}
