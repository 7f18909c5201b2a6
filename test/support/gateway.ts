import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { scratchFolder } from "./scratch.ts";

/** A section of gateway.yaml, or an item of accounts.yaml, as its author would write it. */
type Section = Readonly<Record<string, unknown>>;

export type GatewayOptions = {
  /** The store's endpoint, or several. */
  readonly upstream: string | readonly string[];
  /** `accounts:` of accounts.yaml. */
  readonly accounts: readonly Section[];
  /** Sources in Ceph, after the accounts file, as under `ceph:`. */
  readonly ceph?: readonly Section[];
  /** Directories, after those, as under `http:`. */
  readonly directories?: readonly Section[];
  /** `buckets:` of accounts.yaml. */
  readonly buckets?: readonly Section[];
  /** Further files beside the configuration by name, such as policies. */
  readonly files?: Readonly<Record<string, string>>;
  /** Fields added to those that `gatewayConfig` writes in that section, or put over them. */
  readonly listen?: Section;
  readonly admin?: Section;
  readonly store?: Section;
  readonly policy?: Section;
  readonly state?: Section;
  readonly sts?: Section;
  readonly issuers?: readonly Section[];
  readonly limits?: Section;
  readonly reload?: Section;
  readonly workers?: number;
  /** Arguments for node itself, such as `--expose-gc`. */
  readonly nodeOptions?: readonly string[];
};

/** A gateway in a process of its own. */
export type Gateway = {
  /** The endpoint, such as `http://127.0.0.1:40123`. */
  readonly endpoint: string;
  readonly adminEndpoint: string;
  readonly auditFile: string;
  /** The folder of gateway.yaml, accounts.yaml and `files`. */
  readonly folder: string;
  readonly pid: number;
  /** Returns its output so far, up to a hundred lines. */
  readonly said: () => string;
  /**
   * Sends SIGTERM and waits for the end. Resolves with the exit status; `undefined` if a signal
   * ended it.
   */
  readonly stop: () => Promise<number | undefined>;
};

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 30_000;

/** Starts `s3warden serve` on free ports of loopback and waits until it listens. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const folder = scratchFolder("gateway");
  const auditFile = join(folder, "audit.jsonl");
  // JSON is YAML.
  const { accounts, buckets = [], files = {} } = options;
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts, buckets }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const config = join(folder, "gateway.yaml");
  writeFileSync(config, JSON.stringify(gatewayConfig(options, auditFile)));
  return serveFile(config, options);
}

/** Starts the same with an existing gateway.yaml, whose audit log is audit.jsonl beside it. */
export async function serveFile(
  config: string,
  {
    nodeOptions = [],
    env = {},
  }: {
    readonly nodeOptions?: readonly string[];
    /** Variables besides the test's own environment. */
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Gateway> {
  const folder = dirname(config);
  const auditFile = join(folder, "audit.jsonl");
  const node = [...nodeOptions, MAIN, "serve", "--config", config];
  const child = spawn(process.execPath, node, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const abandoned = (): boolean => child.kill("SIGKILL");
  process.once("exit", abandoned);
  const said: string[] = [];
  const bound = await listening(child, said);
  const stop = (): Promise<number | undefined> => {
    process.off("exit", abandoned);
    return stopChild(child);
  };
  return {
    endpoint: `http://${bound.address}`,
    adminEndpoint: `http://${bound.admin}`,
    auditFile,
    folder,
    pid: child.pid ?? 0,
    said: () => said.join("\n"),
    stop,
  };
}

function gatewayConfig(options: GatewayOptions, auditFile: string): Section {
  const { ceph = [], directories = [] } = options;
  return {
    listen: { address: "127.0.0.1:0", ...options.listen },
    admin: { address: "127.0.0.1:0", ...options.admin },
    upstream: {
      endpoints: [options.upstream].flat(),
      store: "ceph",
      region: "us-east-1",
      ...options.store,
    },
    identities: [
      { accounts: "accounts.yaml" },
      ...ceph.map((source) => ({ ceph: source })),
      ...directories.map((source) => ({ http: source })),
    ],
    policy: { provider: "aws", ...options.policy },
    ...(options.state && { state: options.state }),
    ...(options.sts && { sts: options.sts }),
    ...(options.issuers && { issuers: options.issuers }),
    ...(options.limits && { limits: options.limits }),
    ...(options.reload && { reload: options.reload }),
    ...(options.workers !== undefined && { workers: options.workers }),
    log: { level: "info", audit: { file: auditFile } },
  };
}

type Bound = { readonly address: string; readonly admin: string };

/**
 * Waits for the log line `{"msg":"listening","address":…,"admin":…}`. Everything else that the
 * gateway writes is kept for the error if it ends or stays silent. It is read on so that its pipe
 * never fills up.
 */
async function listening(child: ChildProcess, said: string[]): Promise<Bound> {
  const heard = new Promise<Bound>((resolve, reject) => {
    const hear = (line: string): void => {
      if (said.length < 100) said.push(line);
      const bound = boundIn(line);
      if (bound !== undefined) resolve(bound);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", hear);
    }
    const fail = (what: string): void =>
      reject(new Error(`The gateway ${what}:\n${said.join("\n")}`));
    const late = setTimeout(fail, START_MS_MAX, `did not listen within ${START_MS_MAX} ms`);
    late.unref();
    child.once("close", (status) => fail(`ended with status ${status}`));
  });
  try {
    return await heard;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

function boundIn(line: string): Bound | undefined {
  if (!line.includes('"listening"')) return undefined;
  const entry: unknown = JSON.parse(line);
  if (typeof entry !== "object" || entry === null) return undefined;
  if (!("address" in entry && "admin" in entry)) return undefined;
  return { address: String(entry.address), admin: String(entry.admin) };
}

async function stopChild(child: ChildProcess): Promise<number | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? undefined;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const stubborn = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await ended;
  clearTimeout(stubborn);
  return child.exitCode ?? undefined;
}
