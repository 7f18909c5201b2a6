import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { scratchFolder } from "./scratch.ts";

/**
 * The resources of a process after all garbage was collected: bytes, and Node's names of resources.
 */
export type Held = {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** The number of each resource, such as `TCPSocketWrap`. */
  readonly resources: Readonly<Record<string, number>>;
};

/** A process that reports its resources on request. */
export type Measurable = {
  /** Arguments for node, before its script. */
  readonly nodeOptions: readonly string[];
  readonly held: (pid: number) => Promise<Held>;
};

const HELD_MS_MAX = 60_000;
const HeldSchema = z.object({
  heapUsed: z.number(),
  external: z.number(),
  rss: z.number(),
  resources: z.array(z.string()),
});

/** Prepares a child process that can be measured: its arguments, and the question to it. */
export function measurable(): Measurable {
  const file = join(scratchFolder("held"), "held.json");
  const hook = new URL("gc-on-signal.ts", import.meta.url);
  hook.searchParams.set("file", file);
  return { nodeOptions: ["--expose-gc", "--import", hook.href], held: (pid) => held(pid, file) };
}

async function held(pid: number, file: string): Promise<Held> {
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  const deadline = Date.now() + HELD_MS_MAX;
  while (!existsSync(file)) {
    if (Date.now() > deadline) throw new Error(`${pid} did not say what it holds`);
    await pause(10);
  }
  const { resources, ...bytes } = HeldSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const counts: Record<string, number> = {};
  for (const name of resources) counts[name] = (counts[name] ?? 0) + 1;
  return { ...bytes, resources: counts };
}

/** Returns the file descriptors of process `pid` as text, such as `socket:[123]`. Linux only. */
export function openFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      return []; // Closed meanwhile.
    }
  });
}

/** An established connection of a process. */
export type Connection = { readonly localPort: number; readonly remotePort: number };

const LISTENING = "0A";

/**
 * Returns the connections over IPv4 that process `pid` has not closed, whatever their other side
 * did.
 */
export function connectionsOf(pid: number): readonly Connection[] {
  const inodes = new Set(openFiles(pid).map((name) => /^socket:\[(\d+)\]$/.exec(name)?.[1] ?? ""));
  const [, ...rows] = readFileSync(`/proc/${pid}/net/tcp`, "utf8").trim().split("\n");
  return rows.flatMap((row) => {
    const [, local = "", remote = "", state, , , , , , inode = ""] = row.trim().split(/\s+/);
    if (state === LISTENING || !inodes.has(inode)) return [];
    return [{ localPort: portIn(local), remotePort: portIn(remote) }];
  });
}

/** Reads the port of an address such as `0100007F:1F90`. */
function portIn(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(":") + 1), 16);
}
