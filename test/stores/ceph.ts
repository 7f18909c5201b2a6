import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePorts } from "../support/ports.ts";
import { findProgram, runProgram, SYSTEM_PATH } from "../support/program.ts";
import type { Requirement } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";

/** An access key of a test user. */
export type StoreCredential = { readonly accessKey: string; readonly secretKey: string };

/** A real RADOS Gateway for one test. */
export type Ceph = {
  /** The endpoint of S3 and the Admin Ops API, such as `http://127.0.0.1:40123`. */
  readonly endpoint: string;
  readonly users: CephUsers;
  /** The path of its ceph.conf, by which `radosgw-admin` finds it. */
  readonly conf: string;
  /** Runs `radosgw-admin` with these arguments; throws if it fails. */
  readonly admin: (...args: readonly string[]) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/**
 * Returns the credential of a user of users.tsv, such as `alice:reader`. Throws for an unknown
 * name.
 */
export type CephUsers = (name: string) => StoreCredential;

const PROGRAMS = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "curl"];
const SCRIPTS = fileURLToPath(new URL("ceph", import.meta.url));

/** The programs that `startCeph` needs. */
export const CEPH: Requirement = {
  name: "Ceph",
  present: PROGRAMS.every((program) => findProgram(program) !== undefined),
  install: "apt-get install -y --no-install-recommends ceph-mon ceph-osd radosgw ceph-common curl",
};

/**
 * Starts a Ceph with data and ports of its own (about 2.5 s), with the users of users.tsv.
 * `stop` ends it and removes its data; so does the end of this process, if nobody called `stop`.
 */
export async function startCeph(): Promise<Ceph> {
  const folder = scratchFolder("ceph");
  const [rgw, mon] = await freePorts(2);
  const env = { CEPH_DIR: folder, RGW_PORT: `${rgw}`, MON_PORT: `${mon}`, CEPH_WIPE: "1" };
  const abandoned = (): void => {
    spawnSync("bash", [`${SCRIPTS}/down.sh`], { env: { PATH: SYSTEM_PATH, ...env } });
  };
  // This runs before the scratch folder's own hook, which would take the process ids away.
  process.prependOnceListener("exit", abandoned);
  const up = await runProgram("bash", [`${SCRIPTS}/up.sh`], { env });
  if (up.status !== 0) throw new Error(`Cannot start Ceph: ${up.errors}`);
  const stop = async (): Promise<void> => {
    await runProgram("bash", [`${SCRIPTS}/down.sh`], { env });
    process.off("exit", abandoned);
  };
  const conf = `${folder}/ceph.conf`;
  const admin = async (...args: readonly string[]): Promise<void> => {
    const ended = await runProgram("radosgw-admin", ["-c", conf, ...args]);
    if (ended.status !== 0) throw new Error(`radosgw-admin ${args.join(" ")}: ${ended.errors}`);
  };
  return { endpoint: `http://127.0.0.1:${rgw}`, users: readUsers(), conf, admin, stop };
}

function readUsers(): CephUsers {
  const users = new Map<string, StoreCredential>();
  for (const line of readFileSync(`${SCRIPTS}/users.tsv`, "utf8").split("\n")) {
    const [name, , accessKey, secretKey] = line.split(/\s+/);
    if (name === undefined || accessKey === undefined || secretKey === undefined) continue;
    if (name !== "#") users.set(name, { accessKey, secretKey });
  }
  return (name) => {
    const user = users.get(name);
    if (user === undefined) throw new Error(`No user "${name}" in users.tsv`);
    return user;
  };
}
