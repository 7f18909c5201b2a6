/**
 * Runs the load generator, a process of its own: it replays requests that were signed before, as
 * messages tell it. Every answer must be a 200 of the right length, or the whole bench fails.
 */
import { busyMicros, cpuMicrosBetween, cpuTime, residentBytes } from "./support/cpu.ts";
import { Connection, type Door } from "./support/connection.ts";
import { TaskSchema, type Reply, type Task } from "./support/generator.ts";
import { spreadOf } from "./support/measure.ts";
import { requestsOf, type WireRequest, type Workload } from "./support/workload.ts";

const READ_BYTES = 256 * 1024;
/** The read size of a connection that waits for nothing more than a small answer. */
const IDLE_READ_BYTES = 4 * 1024;
/** The number of connections opened at a time. */
const OPENING_MAX = 100;
const SAMPLE_MS = 20;

const requests = new Map<Workload, readonly WireRequest[]>();

process.on("message", (message) => {
  run(TaskSchema.parse(message)).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ kind: "failed", error: String(error) } satisfies Reply),
  );
});

function run(task: Task): Promise<Reply> {
  switch (task.kind) {
    case "load":
      return load(task);
    case "idle":
      return idle(task);
    case "transfers":
      return transfers(task);
  }
}

/** Runs a round: the number of answers in `durationMs`, and their cost. */
async function load(task: Task & { kind: "load" }): Promise<Reply> {
  const known = knownOf(task.workload);
  const connections = await openAll(task.door, task.connections, READ_BYTES);
  const measured = [task.pids, task.storePids, [process.pid]];
  try {
    await pump(connections, known, task.leadMs);
    const before = measured.map(cpuTime);
    const busyBefore = busyMicros();
    const startMs = performance.now();
    const latencies = await pump(connections, known, task.durationMs);
    const seconds = (performance.now() - startMs) / 1000;
    const busy = busyMicros() - busyBefore;
    const [proxyMicros = NaN, storeMicros = NaN, ownMicros = NaN] = measured.map((pids, i) => {
      const start = before[i];
      return start === undefined ? NaN : cpuMicrosBetween(start, cpuTime(pids));
    });
    return {
      kind: "loaded",
      requests: latencies.length,
      seconds,
      latencyMicros: spreadOf(latencies).median * 1000,
      proxyMicros,
      storeMicros,
      ownMicros,
      busyMicros: busy,
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}

let next = 0;

/**
 * Keeps every connection busy for `ms` and waits for the last answers; returns the milliseconds of
 * each exchange.
 */
async function pump(
  connections: readonly Connection[],
  requests: readonly WireRequest[],
  ms: number,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const endMs = performance.now() + ms;
  const busy = connections.map(async (connection) => {
    for (let nowMs = performance.now(); nowMs < endMs;) {
      const request = requests[next++ % requests.length];
      if (request === undefined) throw new Error("Cannot load: no requests");
      await connection.load(request);
      const answeredMs = performance.now();
      latencies.push(answeredMs - nowMs);
      nowMs = answeredMs;
    }
  });
  await Promise.all(busy);
  return latencies;
}

/**
 * Returns the memory of the processes before, and with that many connections which rest after one
 * request.
 */
async function idle(task: Task & { kind: "idle" }): Promise<Reply> {
  const before = await settled(task.pids);
  const connections = await openAll(task.door, task.connections, IDLE_READ_BYTES);
  const known = knownOf("get-small");
  try {
    for (let first = 0; first < connections.length; first += OPENING_MAX) {
      const some = connections.slice(first, first + OPENING_MAX);
      await Promise.all(some.map((connection, i) => connection.load(at(known, first + i))));
    }
    const bytes = await settled(task.pids);
    const open = connections.filter((connection) => connection.isOpen).length;
    if (open < task.connections) throw new Error(`Only ${open} connections stayed open`);
    return { kind: "resident", beforeBytes: before, bytes };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/**
 * Returns the memory of the processes before, and the most of it during one large transfer on each
 * connection.
 */
async function transfers(task: Task & { kind: "transfers" }): Promise<Reply> {
  const before = residentBytes(task.pids);
  const known = knownOf(task.workload);
  let bytes = 0;
  const sampling = setInterval(() => {
    bytes = Math.max(bytes, residentBytes(task.pids));
  }, SAMPLE_MS);
  const connections = await openAll(task.door, task.connections, READ_BYTES);
  try {
    await Promise.all(connections.map((connection, i) => connection.load(at(known, i))));
    return { kind: "resident", beforeBytes: before, bytes };
  } finally {
    clearInterval(sampling);
    for (const connection of connections) connection.close();
  }
}

/** Returns the memory of processes once it has stopped changing: the median of a second. */
async function settled(pids: readonly number[]): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < 1000 / SAMPLE_MS; i++) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    samples.push(residentBytes(pids));
  }
  return spreadOf(samples).median;
}

async function openAll(
  door: Door,
  count: number,
  readBytes: number,
): Promise<readonly Connection[]> {
  const connections: Connection[] = [];
  while (connections.length < count) {
    const some = Math.min(OPENING_MAX, count - connections.length);
    const opening = Array.from({ length: some }, () => Connection.open(door, { readBytes }));
    connections.push(...(await Promise.all(opening)));
  }
  return connections;
}

function knownOf(workload: Workload): readonly WireRequest[] {
  const known = requests.get(workload) ?? requestsOf(workload);
  requests.set(workload, known);
  return known;
}

function at(known: readonly WireRequest[], index: number): WireRequest {
  const request = known[index % known.length];
  if (request === undefined) throw new Error("Cannot load: no requests");
  return request;
}
