import { readFileSync } from "node:fs";

/** The unit of /proc/PID/stat, USER_HZ: 100 on every Linux that Node runs on. */
const MICROS_A_TICK = 10_000;

/**
 * User and system time of a process so far, all its threads, in microseconds (proc(5), fields 14
 * and 15 of /proc/PID/stat). NaN where there is no /proc.
 */
export function cpuMicros(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  // Field 2 is the program's name in parentheses and may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MICROS_A_TICK;
}

/** What all cores have worked so far, for whomever, in microseconds (proc(5), /proc/stat). */
export function busyMicros(): number {
  const [, ...ticks] = read("/proc/stat").split("\n")[0]?.split(/ +/).map(Number) ?? [];
  const [user, nice, system, , , irq, softirq, steal] = ticks;
  if (user === undefined || nice === undefined || system === undefined) return Number.NaN;
  return (user + nice + system + (irq ?? 0) + (softirq ?? 0) + (steal ?? 0)) * MICROS_A_TICK;
}

/** Empty where it cannot be read (no Linux, or a process that is gone): the figure is left out. */
function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
