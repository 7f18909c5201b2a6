import { STARTERS } from "../../src/cli/init-people.ts";
import { startCeph, type Ceph } from "../stores/ceph.ts";
import { startMinio } from "../stores/minio.ts";
import type { KeyPair } from "../support/signed.ts";
import { startBoto } from "./boto.ts";
import type { Configuration } from "./row.ts";
import type { SeedStore } from "./site.ts";

export type RunningStore = SeedStore & { readonly stop: () => Promise<void> };

/** Starts the store of a configuration, with the documents' users if it has users of its own. */
export function startStore(configuration: Configuration): Promise<RunningStore> {
  return configuration === "minio" ? startOnMinio() : startOnCeph(configuration);
}

/**
 * Starts a store with one user for all accounts: the gateway's records have the owner of each
 * bucket.
 */
async function startOnMinio(): Promise<RunningStore> {
  const minio = await startMinio();
  const boto = startBoto();
  return {
    endpoint: minio.endpoint,
    boto,
    keyOf: () => minio.key,
    admin: undefined,
    revoke: () => Promise.reject(new Error("Keys are the gateway's")),
    stop: async () => {
      await boto.stop();
      await minio.stop();
    },
  };
}

/** RGW's permission by the documents' tiers; other tiers are the gateway's own. */
const ACCESS: Readonly<Record<string, string>> = {
  READ: "read",
  WRITE: "write",
  READWRITE: "readwrite",
};

async function startOnCeph(configuration: Configuration): Promise<RunningStore> {
  const ceph = await startCeph();
  const boto = startBoto();
  const own = configuration === "ceph-users";
  await makeUser(ceph, "cluster");
  for (const provider of ["atman", "qumulo", "coscine", "nutanix"] as const) {
    for (const { name, subusers = [] } of STARTERS[provider]) {
      await makeUser(ceph, name);
      for (const one of own ? subusers : []) {
        await makeSubuser(ceph, name, one.name, ACCESS[one.tier] ?? "full");
      }
    }
  }
  // LUMI-O's projects are tenants of one user.
  const uidOf = (user: string): string => (/^\d+$/.test(user) ? `${user}$${user}` : user);
  const keyIn = (user: string): KeyPair =>
    uidOf(user) === user ? keyOf(user) : ceph.users(uidOf(user));
  return {
    endpoint: ceph.endpoint,
    boto,
    keyOf: keyIn,
    admin: own ? ceph.users("gwadmin") : undefined,
    revoke: (user) =>
      ceph.admin("key", "rm", `--uid=${uidOf(user)}`, `--access-key=${keyIn(user).accessKey}`),
    stop: async () => {
      await boto.stop();
      await ceph.stop();
    },
  };
}

function keyOf(user: string): KeyPair {
  const name = user.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
  return { accessKey: `AK${name}`.padEnd(24, "0"), secretKey: `SK${name}`.padEnd(40, "0") };
}

function keyOptions(user: string): readonly string[] {
  const { accessKey, secretKey } = keyOf(user);
  return [`--access-key=${accessKey}`, `--secret-key=${secretKey}`];
}

async function makeUser({ admin }: Ceph, name: string): Promise<void> {
  await admin("user", "create", `--uid=${name}`, `--display-name=${name}`, ...keyOptions(name));
}

async function makeSubuser(
  { admin }: Ceph,
  user: string,
  name: string,
  access: string,
): Promise<void> {
  const whole = `${user}:${name}`;
  const made = [`--uid=${user}`, `--subuser=${whole}`, `--access=${access}`, "--key-type=s3"];
  await admin("subuser", "create", ...made, ...keyOptions(whole));
}
