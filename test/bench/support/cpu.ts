import { readdirSync, readFileSync } from "node:fs";

/** The unit of /proc/PID/stat and /proc/stat, USER_HZ: 100 on every Linux that Node runs on. */
const MICROS_A_TICK = 10_000;

/** The processor time of processes so far. */
export type CpuTime = {
  /** The time of each present thread, in nanoseconds. */
  readonly threads: ReadonlyMap<string, number>;
  /** The time of all threads, ended ones included, in steps of 10 ms. */
  readonly micros: number;
};

/**
 * Reads the time on a processor of all threads of processes: /proc/PID/task/TID/schedstat (the
 * kernel's "Scheduler Statistics") and /proc/PID/stat (proc(5), fields 14 and 15).
 */
export function cpuTime(pids: readonly number[]): CpuTime {
  const threads = new Map<string, number>();
  let micros = 0;
  for (const pid of pids) {
    for (const task of foldersOf(`/proc/${pid}/task`)) {
      const [running] = read(`/proc/${pid}/task/${task}/schedstat`).split(" ");
      threads.set(task, Number(running || NaN));
    }
    const text = read(`/proc/${pid}/stat`);
    // Field 2 is the program's name in parentheses and may itself hold blanks and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    micros += (Number(fields[11]) + Number(fields[12])) * MICROS_A_TICK;
  }
  return { threads, micros };
}

/**
 * Returns microseconds on a processor from one reading to the next; NaN without /proc. Counts by
 * threads, unless one has ended meanwhile (a JVM ends those it does not need) and its time with it.
 */
export function cpuMicrosBetween(before: CpuTime, after: CpuTime): number {
  const hasEnded = [...before.threads.keys()].some((task) => !after.threads.has(task));
  if (hasEnded || after.threads.size === 0) return after.micros - before.micros;
  let nanos = 0;
  for (const [task, now] of after.threads) nanos += now - (before.threads.get(task) ?? 0);
  return Number.isNaN(nanos) ? after.micros - before.micros : nanos / 1000;
}

/** Returns the work of all cores so far, for any process, in microseconds (proc(5), /proc/stat). */
export function busyMicros(): number {
  const [, ...ticks] = read("/proc/stat").split("\n")[0]?.split(/ +/).map(Number) ?? [];
  const [user, nice, system, , , irq, softirq, steal] = ticks;
  if (user === undefined || nice === undefined || system === undefined) return Number.NaN;
  return (user + nice + system + (irq ?? 0) + (softirq ?? 0) + (steal ?? 0)) * MICROS_A_TICK;
}

/** Returns the present memory of processes in RAM, in bytes (proc(5), VmRSS). NaN without /proc. */
export function residentBytes(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1]);
  }
  return kib * 1024;
}

/** Returns a process and all processes that it started (proc(5), /proc/PID/task/TID/children). */
export function familyOf(pid: number): readonly number[] {
  const children = foldersOf(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(familyOf)];
}

function foldersOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Reads a file; empty if it cannot be read (no Linux, or an ended process): the figure is left out.
 */
function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/**
 * Returns milliseconds of processor time that this thread has used. On a machine that others use,
 * too, it is the time of a step alone. Some kernels count in steps of 4 ms.
 */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
