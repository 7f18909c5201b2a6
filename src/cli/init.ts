import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PROVIDERS } from "../provider/names.ts";
import { parseDomain, parseEndpoint } from "../config/scalars.ts";
import { shippedProvider } from "../life/load.ts";
import { parseProvider } from "../provider/parse.ts";
import type { Provider } from "../provider/provider.ts";
import type { StoreKind } from "../s3/store-kinds.ts";
import { accountsText, ENDPOINTS, gatewayText, nextSteps, type Wanted } from "./init-text.ts";
import { programName } from "./program-name.ts";
import type { Terminal } from "./terminal.ts";

export type InitOptions = {
  readonly provider: (typeof PROVIDERS)[number];
  readonly store: StoreKind;
  /** The source of users: accounts.yaml, or a Ceph. */
  readonly users: "accounts" | "ceph";
  /** The store's address; the usual one of its kind on this machine if absent. */
  readonly endpoint?: string;
  /** The host name that clients use. */
  readonly domain?: string;
  /** The directory for the files. */
  readonly out: string;
};

/**
 * Runs `s3warden init`: writes gateway.yaml and accounts.yaml with new keys, both readable by their
 * owner alone, and prints the values that are left to fill in. An existing file is never changed.
 * Returns the exit code: 0 written, 1 not, 2 options that do not fit.
 */
export function runInit(options: InitOptions, terminal: Terminal): 0 | 1 | 2 {
  const wanted = wantedBy(options);
  if (typeof wanted === "string") {
    terminal.stderr(`${wanted}\n`);
    return 2;
  }
  const gateway = join(options.out, "gateway.yaml");
  const accounts = join(options.out, "accounts.yaml");
  const there = [gateway, accounts].filter((file) => existsSync(file));
  if (there.length > 0) {
    const exists = there.length === 1 ? "exists" : "exist";
    terminal.stderr(
      `Nothing was written: ${there.join(" and ")} ${exists} already. Remove what you do not need, or write elsewhere with --out\n`,
    );
    return 1;
  }
  const { text, keys } = accountsText(wanted);
  try {
    mkdirSync(options.out, { recursive: true });
    writeNew(accounts, text);
    writeNew(gateway, gatewayText(wanted));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    terminal.stderr(`Cannot write: ${error.message}\n`);
    return 1;
  }
  const isAddressGiven = options.endpoint !== undefined;
  const written = { program: programName(), gateway, accounts, isAddressGiven };
  const steps = nextSteps(wanted, written, keys);
  terminal.stdout(`Wrote ${gateway} and ${accounts}\n\n${steps}`);
  return 0;
}

/** Writes a new file. If somebody made it meanwhile, it stays as it is. */
function writeNew(file: string, text: string): void {
  writeFileSync(file, text, { flag: "wx", mode: 0o600 });
}

/** Reads the options; returns a text if something is wrong with them. */
function wantedBy({ provider, store, users, endpoint, domain, out }: InitOptions): Wanted | string {
  if (out === "") return "--out: got nothing, expected a directory";
  if (users === "ceph" && store !== "ceph") return "--users ceph needs --store ceph";
  const address = endpoint ?? ENDPOINTS[store];
  const origin = parseEndpoint(address);
  if (!origin.ok) return `--endpoint: ${origin.error}: got "${address}"`;
  const host = domain === undefined ? undefined : parseDomain(domain);
  if (host?.ok === false) return `--domain: ${host.error}: got "${domain}"`;
  return {
    provider: shipped(provider),
    store,
    endpoint: address,
    cephUsers: users === "ceph",
    domain: host?.value,
  };
}

function shipped(name: string): Provider {
  const { file, text } = shippedProvider(name);
  const provider = parseProvider(text, file);
  if (!provider.ok) throw new Error(`${file} is not whole: ${provider.error[0]?.message}`);
  return provider.value;
}
