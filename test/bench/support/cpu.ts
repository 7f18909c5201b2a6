import { readdirSync, readFileSync } from "node:fs";

/** The unit of /proc/stat, USER_HZ: 100 on every Linux that Node runs on. */
const MICROS_A_TICK = 10_000;

/**
 * Time on a processor so far of processes, all threads that they have now, in microseconds: the
 * first field of /proc/PID/task/TID/schedstat, which counts nanoseconds where /proc/PID/stat counts
 * ticks of 10 ms (the kernel's "Scheduler Statistics"). NaN where there is no /proc.
 */
export function cpuMicros(pids: readonly number[]): number {
  let nanos = 0;
  for (const pid of pids) {
    const tasks = foldersOf(`/proc/${pid}/task`);
    if (tasks.length === 0) return Number.NaN;
    for (const task of tasks) {
      const [running = "0"] = read(`/proc/${pid}/task/${task}/schedstat`).split(" ");
      nanos += Number(running);
    }
  }
  return nanos / 1000;
}

/** What all cores have worked so far, for whomever, in microseconds (proc(5), /proc/stat). */
export function busyMicros(): number {
  const [, ...ticks] = read("/proc/stat").split("\n")[0]?.split(/ +/).map(Number) ?? [];
  const [user, nice, system, , , irq, softirq, steal] = ticks;
  if (user === undefined || nice === undefined || system === undefined) return Number.NaN;
  return (user + nice + system + (irq ?? 0) + (softirq ?? 0) + (steal ?? 0)) * MICROS_A_TICK;
}

/** Memory that processes have in RAM now, in bytes (proc(5), VmRSS). NaN where there is no /proc. */
export function residentBytes(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1]);
  }
  return kib * 1024;
}

/** A process and all that it started (proc(5), /proc/PID/task/TID/children). */
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

/** Empty where it cannot be read (no Linux, or a process that is gone): the figure is left out. */
function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
