import type { Config } from "../config/config.ts";
import { looksUpKeys, usersElsewhere } from "../config/elsewhere.ts";
import { parseDuration } from "../config/scalars.ts";
import { loadConfig } from "../life/load.ts";
import { count, printable } from "../lib/words.ts";
import { readAudit } from "./audit-reader.ts";
import { printProblems } from "./print-problems.ts";
import { withProgress } from "./progress.ts";
import { tellUnreadable } from "./replay.ts";
import type { Terminal } from "./terminal.ts";

export type KeysOptions = {
  readonly config: string;
  /** Lists only keys that expire within this time, such as `7d`, or have expired. */
  readonly soon?: string;
  /** Lists only keys that were not used for this time, by the audit files. */
  readonly unused?: string;
  readonly json?: boolean;
};

/** A key of an accounts file, for operators: never its secret. */
type ListedKey = {
  readonly accessKey: string;
  /** `account` or `account:subuser`. */
  readonly holder: string;
  readonly state: "in force" | "disabled" | "expired" | "not yet valid";
  readonly notBefore: string | undefined;
  readonly expires: string | undefined;
  /** The time when the audit files saw it last; `undefined` if they did not, or none were given. */
  readonly lastUsed: string | undefined;
};

/**
 * Runs `s3warden keys`: the keys of the accounts files with their state, end and, by the audit
 * `files`, last use. Returns the exit code: 0 done, 2 error.
 */
export async function runKeys(
  files: readonly string[],
  options: KeysOptions,
  terminal: Terminal,
): Promise<0 | 2> {
  const soonMs = durationOf("--soon", options.soon, terminal);
  const unusedMs = durationOf("--unused", options.unused, terminal);
  if (soonMs === "wrong" || unusedMs === "wrong") return 2;
  if (unusedMs !== undefined && files.length === 0) {
    terminal.stderr("--unused needs the audit files that tell when a key was used\n");
    return 2;
  }
  const { result } = loadConfig(options.config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  try {
    const { used, since } = await lastUses(files, terminal);
    const nowMs = Date.now();
    const wanted = keysOf(result.value, used, nowMs).filter(
      ({ expires, lastUsed }) =>
        (soonMs === undefined || isBefore(expires, nowMs + soonMs)) &&
        (unusedMs === undefined || lastUsed === undefined || isBefore(lastUsed, nowMs - unusedMs)),
    );
    terminal.stdout(options.json === true ? asJson(wanted) : asTable(wanted, files.length > 0));
    if (unusedMs !== undefined && since !== undefined && !isBefore(since, nowMs - unusedMs)) {
      terminal.stderr(`${sinceText(since)} ${options.unused ?? ""} ago\n`);
    }
    if (looksUpKeys(result.value)) {
      terminal.stderr(`Keys of ${usersElsewhere(result.value)} are not listed\n`);
    }
    return 0;
  } catch (error) {
    return tellUnreadable(error, terminal);
  }
}

/** Returns the duration in milliseconds; `wrong` if it is none, which was reported. */
function durationOf(
  option: string,
  text: string | undefined,
  terminal: Terminal,
): number | undefined | "wrong" {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms.ok) return ms.value;
  terminal.stderr(`${option}: got "${printable(text)}", expected a duration such as 7d\n`);
  return "wrong";
}

function isBefore(time: string | undefined, ms: number): boolean {
  return time !== undefined && Date.parse(time) <= ms;
}

function sinceText(since: string): string {
  return `Older use is not known: the audit files begin at ${since}, less than`;
}

type Uses = {
  /** The time of the last request whose signature was proved, by access key. */
  readonly used: ReadonlyMap<string, string>;
  /** The time of the oldest line; `undefined` if there is none. */
  readonly since: string | undefined;
};

/** Reads the audit files, if any are given. */
async function lastUses(files: readonly string[], terminal: Terminal): Promise<Uses> {
  const used = new Map<string, string>();
  let since: string | undefined;
  const audit = readAudit(files);
  await withProgress(audit, terminal, async () => {
    for await (const item of audit.items) {
      if (item.kind !== "entry") continue;
      const { accessKeyId, account, time } = item.entry;
      if (since === undefined || time < since) since = time;
      // A line without an account proves nobody: anybody can name a key.
      if (accessKeyId === undefined || account === undefined) continue;
      if (time > (used.get(accessKeyId) ?? "")) used.set(accessKeyId, time);
    }
  });
  return { used, since };
}

function keysOf(
  { accounts }: Config,
  used: ReadonlyMap<string, string>,
  nowMs: number,
): readonly ListedKey[] {
  const holders = accounts.flatMap((account) => [
    { holder: account.name, keys: account.keys },
    ...account.subusers.map(({ name, keys }) => ({ holder: `${account.name}:${name}`, keys })),
  ]);
  return holders.flatMap(({ holder, keys }) =>
    keys.map(({ accessKey, disabled, notBefore, expires }) => ({
      accessKey,
      holder,
      state: stateOf(disabled, notBefore, expires, nowMs),
      notBefore: textOf(notBefore),
      expires: textOf(expires),
      lastUsed: used.get(accessKey),
    })),
  );
}

function stateOf(
  disabled: boolean,
  notBefore: number | undefined,
  expires: number | undefined,
  nowMs: number,
): ListedKey["state"] {
  if (disabled) return "disabled";
  if (expires !== undefined && expires <= nowMs) return "expired";
  return notBefore !== undefined && notBefore > nowMs ? "not yet valid" : "in force";
}

function textOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function asJson(keys: readonly ListedKey[]): string {
  return keys.map((key) => `${JSON.stringify(key)}\n`).join("");
}

function asTable(keys: readonly ListedKey[], withUse: boolean): string {
  const head = ["access key", "holder", "state", "expires", ...(withUse ? ["last used"] : [])];
  const rows = keys.map(({ accessKey, holder, state, expires, lastUsed }) => [
    accessKey,
    printable(holder),
    state,
    expires?.slice(0, 16).replace("T", " ") ?? "never",
    ...(withUse ? [lastUsed?.slice(0, 16).replace("T", " ") ?? "not seen"] : []),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n${count(keys.length, "key")}\n`;
}
