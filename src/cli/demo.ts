import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../life/load.ts";
import { openLog } from "../life/log.ts";
import { Reloader } from "../life/reloader.ts";
import type { Config } from "../config/config.ts";
import { printProblems } from "./print-problems.ts";
import { startDemoStore } from "../demo/demo-store.ts";
import { demoAccounts, DEMO_GATEWAY, demoWelcome } from "./demo-text.ts";
import { openGateway } from "../life/open.ts";
import { openOrTell } from "./serve.ts";
import { stopSignal } from "../life/signals.ts";
import type { Terminal } from "./terminal.ts";

export type DemoOptions = {
  readonly port: number;
  readonly adminPort: number;
  /** The folder of configuration, objects and audit log; missing parts are made. */
  readonly dir: string;
};

/**
 * Runs `s3warden demo`: the gateway in front of an embedded store, until it is interrupted. The
 * users' keys are made once and kept in `dir`, where everything can be looked at and changed;
 * changes are picked up by themselves. Returns the exit code: 0, or 1 if `dir` cannot be used, or
 * the configuration in it is no longer valid.
 */
export async function runDemo(options: DemoOptions, terminal: Terminal): Promise<0 | 1> {
  const { dir } = options;
  const objects = join(dir, "objects");
  const store = await openOrTell(() => {
    mkdirSync(objects, { recursive: true });
    return startDemoStore(objects);
  }, terminal);
  if (store === undefined) return 1;
  try {
    const write = (): Promise<string> => Promise.resolve(demoFile(options, store.endpoint));
    const file = await openOrTell(write, terminal);
    if (file === undefined) return 1;
    const loaded = loadConfig(file);
    const { result } = loaded;
    if (!result.ok) {
      printProblems(result.error, terminal);
      return 1;
    }
    const config = result.value;
    const log = openLog(config.log, null);
    const gateway = await openOrTell(() => openGateway(config, log), terminal);
    if (gateway === undefined) return 1;
    terminal.stdout(demoWelcome(dir, gateway, keysOf(config)));
    const reloader = new Reloader(file, gateway, log, loaded, config);
    await stopSignal();
    reloader.close();
    await gateway.close();
    return 0;
  } finally {
    await store.stop();
  }
}

/**
 * Writes the files that are missing. Returns the path of gateway.yaml, by which `serve` would do
 * the same.
 */
function demoFile({ port, adminPort, dir }: DemoOptions, store: string): string {
  const gateway = join(dir, "gateway.yaml");
  if (!existsSync(gateway)) writeFileSync(gateway, DEMO_GATEWAY);
  const accounts = join(dir, "accounts.yaml");
  // Only its owner reads the file: it holds secrets, as every accounts file does.
  if (!existsSync(accounts)) writeFileSync(accounts, demoAccounts(), { mode: 0o600 });
  const addresses = { listen: `127.0.0.1:${port}`, admin: `127.0.0.1:${adminPort}`, store };
  mkdirSync(join(dir, "addresses"), { recursive: true });
  for (const [name, address] of Object.entries(addresses)) {
    writeFileSync(join(dir, "addresses", name), `${address}\n`);
  }
  return gateway;
}

/** The first key of each user, by the name that `explain` and the audit log use. */
function keysOf(config: Config): ReadonlyMap<string, DemoKey> {
  const keys = new Map<string, DemoKey>();
  for (const account of config.accounts) {
    const [own] = account.keys;
    if (own !== undefined) keys.set(account.name, own);
    for (const subuser of account.subusers) {
      const [key] = subuser.keys;
      if (key !== undefined) keys.set(`${account.name}:${subuser.name}`, key);
    }
  }
  return keys;
}

type DemoKey = { readonly accessKey: string; readonly secretKey: string };
