import type { AuditFiles } from "./audit-reader.ts";
import type { Terminal } from "./terminal.ts";

const WIDTH = 40;
const EVERY_MS = 200;

/**
 * Shows on a terminal how far `files` are read, while `work` reads them; shows nothing if stderr is
 * no terminal, or a size is unknown.
 */
export async function withProgress<T>(
  { read, size }: AuditFiles,
  terminal: Terminal,
  work: () => Promise<T>,
): Promise<T> {
  if (terminal.isInteractive !== true || size === undefined || size === 0) return work();
  const timer = setInterval(() => terminal.stderr(`\r${bar(read() / size)}`), EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    // The line is cleared, so that the result begins where it was.
    terminal.stderr(`\r${" ".repeat(WIDTH + 8)}\r`);
  }
}

/**
 * Shows on a terminal how far long work is, at most every `EVERY_MS`; shows nothing if stderr is no
 * terminal.
 */
export function progressOn(terminal: Terminal): {
  readonly show: (share: number) => void;
  readonly clear: () => void;
} {
  let shownMs = 0;
  return {
    show: (share) => {
      if (terminal.isInteractive !== true || Date.now() - shownMs < EVERY_MS) return;
      shownMs = Date.now();
      terminal.stderr(`\r${bar(share)}`);
    },
    clear: () => {
      if (shownMs > 0) terminal.stderr(`\r${" ".repeat(WIDTH + 8)}\r`);
    },
  };
}

/** Returns the bar. `share`: 0 to 1; more if a file grows while it is read. */
export function bar(share: number): string {
  const part = Math.min(Math.max(share, 0), 1);
  const full = Math.round(part * WIDTH);
  const percent = `${Math.floor(part * 100)} %`.padStart(5);
  return `[${"#".repeat(full)}${" ".repeat(WIDTH - full)}] ${percent}`;
}
