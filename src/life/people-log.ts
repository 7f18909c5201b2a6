import { printable } from "../lib/words.ts";

/** Levels of pino by their numbers, as a person reads them. */
const LEVELS: ReadonlyMap<unknown, string> = new Map([
  [10, "trace"],
  [20, "debug"],
  [30, "info"],
  [40, "\u001B[33mwarn\u001B[0m"],
  [50, "\u001B[31merror\u001B[0m"],
  [60, "\u001B[31mfatal\u001B[0m"],
]);

/**
 * A line of the log for somebody at a terminal: time of day, level, message, then what belongs to
 * it. Texts are quoted as JSON, so that no value moves the cursor or begins a line.
 */
export function forPeople(line: string): string {
  const entry: unknown = JSON.parse(line);
  if (typeof entry !== "object" || entry === null) return line;
  const { time, level, msg, ...rest }: Record<string, unknown> = { ...entry };
  const clock = typeof time === "number" ? new Date(time).toTimeString().slice(0, 8) : "";
  const values = Object.entries(rest).map(([name, value]) => ` ${name}=${shown(value)}`);
  const message = typeof msg === "string" ? printable(msg) : "";
  return `${clock} ${LEVELS.get(level) ?? String(level)} ${message}${values.join("")}\n`;
}

function shown(value: unknown): string {
  if (typeof value === "object" && value !== null && "message" in value) {
    return printable(JSON.stringify(value.message));
  }
  return printable(JSON.stringify(value));
}
