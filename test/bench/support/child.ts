import { fork, spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** A process of ours that serves HTTP on a port of loopback. */
export type Server = { readonly port: number; readonly pid: number };

const START_MS_MAX = 20_000;
const started = new Set<ChildProcess>();

/** Starts a script that prints `{"msg":"listening","address":"host:port"}`, as the gateway does. */
export async function startScript(args: readonly string[]): Promise<Server> {
  const child = begin(process.execPath, args);
  const address = await listening(child, args.join(" "));
  return { port: Number(address.slice(address.lastIndexOf(":") + 1)), pid: child.pid ?? 0 };
}

/**
 * Starts a program in the foreground and waits until somebody listens on `port`. `env`: its whole
 * environment; ours if absent.
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  port: number,
  env?: Readonly<Record<string, string>>,
): Promise<Server> {
  const child = begin(command, args, env);
  const said: string[] = [];
  keepLines(child, (line) => said.push(line));
  const endMs = performance.now() + START_MS_MAX;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > endMs) {
      throw new Error(`${command} does not listen:\n${said.join("\n")}`);
    }
    await delay(20);
  }
  return { port, pid: child.pid ?? 0 };
}

/**
 * Starts a script of ours for the rest of the run, with a channel for messages in both directions.
 */
export function startTalking(script: string): ChildProcess {
  // "advanced": JSON has no NaN, which stands for a missing figure.
  return enlist(fork(script, { serialization: "advanced" }));
}

function begin(
  command: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): ChildProcess {
  const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
  return enlist(spawn(command, args, env === undefined ? { stdio } : { stdio, env }));
}

function enlist(child: ChildProcess): ChildProcess {
  started.add(child);
  child.once("exit", () => started.delete(child));
  return child;
}

/** Ends the processes that this run started, and nothing else. */
export async function endAll(): Promise<void> {
  await Promise.all([...started].map(end));
}

/** Ends those of `pids` that this run started, and waits for their end. */
export async function endThose(pids: readonly number[]): Promise<void> {
  await Promise.all([...started].filter(({ pid = 0 }) => pids.includes(pid)).map(end));
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

// No process outlives the run, also when Ctrl-C or a crash ends it.
process.once("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

function listening(child: ChildProcess, what: string): Promise<string> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    keepLines(child, (line) => {
      if (said.length < 50) said.push(line);
      const address = /"address":"([^"]+)"/.exec(line)?.[1];
      if (address !== undefined && line.includes('"listening"')) resolve(address);
    });
    child.once("exit", () => reject(new Error(`${what} ended:\n${said.join("\n")}`)));
    setTimeout(() => reject(new Error(`${what} does not listen`)), START_MS_MAX).unref();
  });
}

/** Reads both outputs to their end, so that no pipe fills up. */
function keepLines(child: ChildProcess, each: (line: string) => void): void {
  for (const input of [child.stdout, child.stderr]) {
    if (input !== null) createInterface({ input }).on("line", each);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
