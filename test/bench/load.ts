/**
 * The load generator, a process of its own. It speaks HTTP/1.1 on bare sockets and replays requests
 * that were signed before, so that it takes as little as possible of the cores that it shares with
 * the proxy and the store. Told by message what to do; every answer must be a 200 of the right length.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { z } from "zod";
import { busyMicros, cpuMicros } from "./support/cpu.ts";
import type { LoadResult } from "./support/generator.ts";
import { CELL_NAMES, requestsOf, type CellName, type WireRequest } from "./support/workload.ts";

const TaskSchema = z.object({
  cell: z.enum(CELL_NAMES),
  port: z.number(),
  connections: z.number(),
  /** Load that does not count, to open connections behind the proxy. */
  leadMs: z.number(),
  durationMs: z.number(),
  /** Whose CPU time is read at both ends. */
  pids: z.array(z.number()),
});

const READ_BYTES = 256 * 1024;
const HEAD_BYTES_MAX = 16 * 1024;
const requests = new Map<CellName, readonly WireRequest[]>();

process.on("message", (message) => {
  run(TaskSchema.parse(message)).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function run(task: z.output<typeof TaskSchema>): Promise<LoadResult> {
  const { cell, port, leadMs, durationMs } = task;
  const known = requests.get(cell) ?? requestsOf(cell);
  requests.set(cell, known);
  const opened = Array.from({ length: task.connections }, () => Connection.open(port));
  const connections = await Promise.all(opened);
  const pids = [...task.pids, process.pid];
  try {
    await pump(connections, known, leadMs);
    const before = pids.map(cpuMicros);
    const busyBefore = busyMicros();
    const startMs = performance.now();
    const done = await pump(connections, known, durationMs);
    const seconds = (performance.now() - startMs) / 1000;
    const cpu = pids.map((pid, i) => cpuMicros(pid) - (before[i] ?? Number.NaN));
    return { requests: done, seconds, cpuMicros: cpu, busyMicros: busyMicros() - busyBefore };
  } finally {
    for (const connection of connections) connection.close();
  }
}

let next = 0;

/** Keeps every connection busy for `ms`, waits for the last answers; gives how many there were. */
async function pump(
  connections: readonly Connection[],
  requests: readonly WireRequest[],
  ms: number,
): Promise<number> {
  const endMs = performance.now() + ms;
  let done = 0;
  const busy = connections.map(async (connection) => {
    while (performance.now() < endMs) {
      const request = requests[next++ % requests.length];
      if (request === undefined) throw new Error("Cannot load: no requests");
      await connection.exchange(request);
      done++;
    }
  });
  await Promise.all(busy);
  return done;
}

/** One keep-alive connection with one request at a time. */
class Connection {
  readonly #socket: Socket;
  #answered: (() => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #head = "";
  /** Body bytes still to come; -1 within a head. */
  #remaining = -1;
  #expected = 0;

  static async open(port: number): Promise<Connection> {
    const connection = new Connection(port);
    await once(connection.#socket, "connect");
    return connection;
  }

  private constructor(port: number) {
    // One buffer for all that comes in: reading must cost the generator next to nothing.
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const callback = (count: number): boolean => {
      this.#take(buffer, count);
      return true;
    };
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer, callback },
    });
    this.#socket.on("error", (error) => this.#failed?.(error));
    this.#socket.on("close", () => this.#failed?.(new Error("The connection was closed")));
  }

  exchange(request: WireRequest): Promise<void> {
    this.#expected = request.answerBytes;
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(request.start);
      if (request.body.length > 0) this.#socket.write(request.body);
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #take(buffer: Buffer, count: number): void {
    let from = 0;
    if (this.#remaining < 0) {
      from = this.#takeHead(buffer, count);
      if (from < 0) return;
    }
    this.#remaining -= count - from;
    if (this.#remaining > 0) return;
    if (this.#remaining < 0) return this.#fail("The answer is longer than it said");
    this.#remaining = -1;
    this.#answered?.();
  }

  /** Where the body begins; -1 if the head is not complete, or is not what must come. */
  #takeHead(buffer: Buffer, count: number): number {
    const before = this.#head.length;
    this.#head += buffer.toString("latin1", 0, Math.min(count, HEAD_BYTES_MAX));
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return -1;
    const head = this.#head.slice(0, end);
    this.#head = "";
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
    if (!head.startsWith("HTTP/1.1 200") || length !== this.#expected) {
      this.#fail(`Unexpected answer:\n${buffer.toString("latin1", 0, Math.min(count, 2_000))}`);
      return -1;
    }
    this.#remaining = length;
    return end + 4 - before;
  }

  #fail(message: string): void {
    this.#failed?.(new Error(message));
    this.#socket.destroy();
  }
}
