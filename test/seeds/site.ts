import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { probe, type Reply } from "../clients/probe.ts";
import { metricOf } from "../support/asked.ts";
import { until } from "../support/flow.ts";
import { serveFile, type Gateway } from "../support/gateway.ts";
import { runProgram } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { KeyPair } from "../support/signed.ts";
import type { Boto } from "./boto.ts";
import type { Configuration } from "./row.ts";

/** The store of a configuration, and the keys by which it knows the documents' users. */
export type SeedStore = {
  readonly endpoint: string;
  readonly boto: Boto;
  /** Returns the key of an account or `account:subuser`, by its name in the documents. */
  readonly keyOf: (user: string) => KeyPair;
  /** The gateway's own key, if users are the store's. */
  readonly admin: KeyPair | undefined;
  /** Removes a user's key in the store, if users are the store's. */
  readonly revoke: (user: string) => Promise<void>;
};

/** A gateway started from the files of `s3warden init`, and the clients of the documents. */
export type Site = {
  readonly configuration: Configuration;
  readonly endpoint: string;
  /** The host of the endpoint, with its port. */
  readonly host: string;
  /** The domain that `init` was given. */
  readonly domain: string;
  readonly folder: string;
  readonly store: SeedStore;
  readonly keyOf: (user: string) => KeyPair;
  /** Makes a call of boto3 as `user`. */
  readonly boto: (
    user: string,
    method: string,
    params?: Readonly<Record<string, unknown>>,
    signature?: "s3v4" | "s3",
  ) => Promise<unknown>;
  readonly aws: (user: string, ...args: readonly string[]) => Promise<string>;
  readonly s3cmd: (user: string, ...args: readonly string[]) => Promise<string>;
  readonly rclone: (user: string, ...args: readonly string[]) => Promise<string>;
  /** Sends a request without credentials, by path; `host`: another than the endpoint's. */
  readonly anonymous: (
    method: string,
    path: string,
    body?: string,
    host?: string,
  ) => Promise<Reply>;
  /** Removes the user's key, wherever keys are kept, and waits until that is in force. */
  readonly revoke: (user: string) => Promise<void>;
  /** Runs s3warden itself on the configuration. */
  readonly warden: (...args: readonly string[]) => Promise<string>;
  /** Writes a file with this content to the site's folder. */
  readonly file: (name: string, content: string) => string;
  readonly stop: () => Promise<void>;
};

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const DOMAIN = "public.example.org";

/** The arguments of `init` in a configuration. */
const INIT: Readonly<Record<Configuration, readonly string[]>> = {
  "ceph-users": ["--store", "ceph", "--users", "ceph"],
  "ceph-accounts": ["--store", "ceph"],
  minio: ["--store", "minio"],
};

/**
 * Runs `s3warden init --provider …`, fills in addresses and the store's keys, and starts the
 * gateway.
 */
export async function startSite(
  configuration: Configuration,
  provider: string,
  store: SeedStore,
): Promise<Site> {
  const folder = scratchFolder("seed");
  const where = ["--endpoint", store.endpoint, "--domain", DOMAIN, "--out", folder];
  const told = await node("init", "--provider", provider, ...INIT[configuration], ...where);
  const config = join(folder, "gateway.yaml");
  const env = filledIn(told, store);
  fillAddresses(config);
  const gateway = await serveFile(config, { env });
  return siteOf(configuration, gateway, folder, store, env);
}

/** Puts free ports in place of those that several gateways would share. */
function fillAddresses(config: string): void {
  const text = readFileSync(config, "utf8");
  writeFileSync(config, text.replaceAll(/address: [0-9.]+:\d+/g, "address: 127.0.0.1:0"));
}

/** Returns the variables that `init` asked for. */
function filledIn(told: string, store: SeedStore): Readonly<Record<string, string>> {
  if (store.admin !== undefined) {
    return { RGW_ACCESS_KEY: store.admin.accessKey, RGW_SECRET_KEY: store.admin.secretKey };
  }
  const env: Record<string, string> = {};
  for (const [, user = ""] of told.matchAll(/STORE_(\w+)_ACCESS_KEY=…/g)) {
    const { accessKey, secretKey } = store.keyOf(user.toLowerCase());
    env[`STORE_${user}_ACCESS_KEY`] = accessKey;
    env[`STORE_${user}_SECRET_KEY`] = secretKey;
  }
  return env;
}

const Keys = z.array(z.object({ accessKey: z.string(), secretKey: z.string() })).default([]);
const Accounts = z.object({
  accounts: z.array(
    z.object({
      name: z.string(),
      keys: Keys,
      subusers: z.array(z.object({ name: z.string(), keys: Keys })).default([]),
    }),
  ),
});

function accountsIn(folder: string): z.output<typeof Accounts>["accounts"] {
  return Accounts.parse(parse(readFileSync(join(folder, "accounts.yaml"), "utf8"))).accounts;
}

/** Returns the keys that `init` made, by user. */
function madeKeys(folder: string): ReadonlyMap<string, KeyPair> {
  const keys = new Map<string, KeyPair>();
  for (const { name, keys: own, subusers } of accountsIn(folder)) {
    if (own[0] !== undefined) keys.set(name, own[0]);
    for (const one of subusers) {
      if (one.keys[0] !== undefined) keys.set(`${name}:${one.name}`, one.keys[0]);
    }
  }
  return keys;
}

function siteOf(
  configuration: Configuration,
  gateway: Gateway,
  folder: string,
  store: SeedStore,
  env: Readonly<Record<string, string>>,
): Site {
  const { endpoint } = gateway;
  const { host } = new URL(endpoint);
  const made = madeKeys(folder);
  const keyOf = (user: string): KeyPair =>
    configuration === "ceph-users" ? store.keyOf(user) : (made.get(user) ?? assert.fail(user));
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  return {
    configuration,
    endpoint,
    host,
    domain: DOMAIN,
    folder,
    store,
    keyOf,
    file,
    boto: (user, method, params = {}, signature) =>
      store.boto.call({
        endpoint,
        key: keyOf(user),
        method,
        params,
        ...(signature && { signature }),
      }),
    aws: (user, ...args) =>
      succeeds("aws", ["--endpoint-url", endpoint, ...args], {
        HOME: folder,
        AWS_ACCESS_KEY_ID: keyOf(user).accessKey,
        AWS_SECRET_ACCESS_KEY: keyOf(user).secretKey,
        AWS_DEFAULT_REGION: "us-east-1",
        AWS_MAX_ATTEMPTS: "1",
      }),
    s3cmd: (user, ...args) => {
      const { accessKey, secretKey } = keyOf(user);
      const lines = [
        "[default]",
        `access_key = ${accessKey}`,
        `secret_key = ${secretKey}`,
        `host_base = ${host}`,
        `host_bucket = ${host}`,
        "use_https = False",
        "max_retries = 1",
      ];
      const config = file(`s3cmd-${accessKey}`, lines.join("\n"));
      return succeeds("s3cmd", ["--config", config, "--no-progress", ...args], { HOME: folder });
    },
    rclone: (user, ...args) => {
      const remote = `RCLONE_CONFIG_LUMI_${user}`;
      const once = ["--config", "/dev/null", "--retries", "1", "--low-level-retries", "1"];
      return succeeds("rclone", [...once, ...args], {
        HOME: folder,
        [`${remote}_TYPE`]: "s3",
        [`${remote}_PROVIDER`]: "Ceph",
        [`${remote}_ENDPOINT`]: endpoint,
        [`${remote}_REGION`]: "us-east-1",
        [`${remote}_ACCESS_KEY_ID`]: keyOf(user).accessKey,
        [`${remote}_SECRET_ACCESS_KEY`]: keyOf(user).secretKey,
      });
    },
    anonymous: (method, path, body = "", other = host) =>
      probe(method, endpoint + path, { host: other }, body),
    warden: (command, ...args) =>
      succeeds(
        process.execPath,
        [MAIN, command ?? "", ...args, "--config", join(folder, "gateway.yaml")],
        env,
      ),
    revoke: async (user) => {
      if (configuration === "ceph-users") return store.revoke(user);
      const accounts = join(folder, "accounts.yaml");
      const { secretKey } = keyOf(user);
      const text = readFileSync(accounts, "utf8");
      writeFileSync(accounts, text.replace(`"${secretKey}"`, `"${secretKey}", disabled: true`));
      const before = Number(await metricOf(gateway, "config_generation"));
      process.kill(gateway.pid, "SIGHUP");
      await until(
        async () => Number(await metricOf(gateway, "config_generation")) > before,
        60_000,
      );
    },
    stop: async () => void (await gateway.stop()),
  };
}

const node = (...args: readonly string[]): Promise<string> =>
  succeeds(process.execPath, [MAIN, ...args], {});

/** Runs the program and returns its output. Throws its complaint. */
async function succeeds(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { status, output, errors } = await runProgram(program, args, {
    env: { LANG: "C.UTF-8", ...env },
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${status}\n${output.toString()}${errors}`);
  return output.toString();
}
