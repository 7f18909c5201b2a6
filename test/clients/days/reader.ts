import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoreKind } from "../../../src/s3/store-kinds.ts";
import type { PlainStore } from "../../support/plain-store.ts";
import type { Requirement } from "../../support/requirement.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ownProgram, succeeds } from "../../tools/programs.ts";

export type Key = { readonly accessKey: string; readonly secretKey: string };

const CEPH_USERS = new URL("../../stores/ceph/users.tsv", import.meta.url);
const MINIO_READER: Key = { accessKey: "AKMINIOREADER0000000", secretKey: "SKminioReader" };

const VERSITYGW_READER: Key = { accessKey: "AKVERSITYREADER00000", secretKey: "SKversityReader" };

/** MinIO's own `readonly` does not let its user list. */
const MINIO_POLICY = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["s3:Get*", "s3:List*"], Resource: "arn:aws:s3:::*" }],
};

/** Returns the programs that `readerOf` needs besides the store. */
export function readerNeeds(kind: StoreKind): readonly Requirement[] {
  return kind === "minio" ? [ownProgram("mc").need] : [];
}

/** Makes a key of the store itself for a user who may read the owner's data, and nothing else. */
export async function readerOf(kind: StoreKind, store: PlainStore): Promise<Key> {
  if (kind === "ceph") return cephUser("alice:reader");
  if (kind === "versitygw") return versitygwUser(store);
  if (kind !== "minio") throw new Error(`Nobody knows how to make a reader on ${kind}`);
  const { host } = new URL(store.endpoint);
  const { accessKey, secretKey } = store.key;
  const env = { MC_HOST_store: `http://${accessKey}:${secretKey}@${host}` };
  const mc = async (...args: readonly string[]): Promise<void> => {
    const config = ["--config-dir", scratchFolder("mc"), "admin"];
    await succeeds(ownProgram("mc").path, [...config, ...args], { env });
  };
  await mc("user", "add", "store", MINIO_READER.accessKey, MINIO_READER.secretKey);
  const policy = join(scratchFolder("reader"), "policy.json");
  writeFileSync(policy, JSON.stringify(MINIO_POLICY));
  await mc("policy", "create", "store", "reader", policy);
  await mc("policy", "attach", "store", "reader", "--user", MINIO_READER.accessKey);
  return MINIO_READER;
}

/**
 * Makes an ordinary user. versitygw has no readers of all buckets: each bucket's policy names its
 * own.
 */
async function versitygwUser({ endpoint, key }: PlainStore): Promise<Key> {
  const admin = ["admin", "--access", key.accessKey, "--secret", key.secretKey];
  const { accessKey, secretKey } = VERSITYGW_READER;
  const user = ["create-user", "--access", accessKey, "--secret", secretKey, "--role", "user"];
  const env = { HOME: scratchFolder("versitygw-admin") };
  const { path } = ownProgram("versitygw");
  await succeeds(path, [...admin, "--endpoint-url", endpoint, ...user], { env });
  return VERSITYGW_READER;
}

function cephUser(wanted: string): Key {
  for (const line of readFileSync(CEPH_USERS, "utf8").split("\n")) {
    const [name, , accessKey, secretKey] = line.split(/\s+/);
    if (name !== wanted || accessKey === undefined || secretKey === undefined) continue;
    return { accessKey, secretKey };
  }
  throw new Error(`No user "${wanted}" in users.tsv`);
}
