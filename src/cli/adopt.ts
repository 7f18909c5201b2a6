import { readFileSync } from "node:fs";
import { err, ok, type Result } from "../lib/result.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import type { Config } from "../config/config.ts";
import { looksUpKeys } from "../config/elsewhere.ts";
import { parseBucketName } from "../config/scalars.ts";
import { tenantOfAccount } from "../config/tenant.ts";
import { storeCredential } from "../doctor/store.ts";
import { askEndpoint } from "../doctor/ask-endpoint.ts";
import { storePath, type BucketName } from "../s3/address.ts";
import { bucketIdOf } from "../s3/bucket.ts";
import { adoptRecord, type Adopted } from "../state/adopt-record.ts";
import { openState } from "../state/open.ts";
import { printProblems } from "./print-problems.ts";
import { loadConfig } from "../life/load.ts";
import type { Terminal } from "./terminal.ts";

export type AdoptOptions = {
  readonly config: string;
  readonly account: string;
  /** The account that owns the bucket so far; `undefined` if none does. */
  readonly from?: string;
  /**
   * A file with the policy that the bucket is to have from then on; `undefined` if none is given.
   */
  readonly policy?: string;
};

/**
 * Runs `s3warden adopt BUCKET`: records the owner of a bucket that existed before the gateway, so
 * that its owner can put a policy. With `--from`, also a bucket that another account owns so far,
 * such as one that was removed and made anew behind the gateway. With `--policy`, a bucket without
 * a policy gets that one. Running gateways see it after `state.refresh`. Returns the exit code: 0
 * done or already so, 1 not.
 */
export async function runAdopt(
  bucket: string,
  options: AdoptOptions,
  terminal: Terminal,
): Promise<0 | 1> {
  const { result } = loadConfig(options.config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 1;
  }
  const told = await adopt(bucket, options, result.value);
  const { wrong, text } = told;
  if (wrong) terminal.stderr(`Cannot adopt "${bucket}": ${text}\n`);
  else terminal.stdout(`${text}\n`);
  return wrong ? 1 : 0;
}

type Told = { readonly wrong: boolean; readonly text: string };

async function adopt(
  written: string,
  { account, from, policy }: AdoptOptions,
  config: Config,
): Promise<Told> {
  const bucket = parseBucketName(written);
  if (!bucket.ok) return refused(bucket.error);
  if (config.state === undefined)
    return refused("the configuration has no state to remember it in");
  // Users of other sources are known there only.
  if (!looksUpKeys(config) && !config.accounts.some(({ name }) => name === account)) {
    const known = config.accounts.map(({ name }) => name).join(", ");
    return refused(`there is no account "${account}". Known: ${known}`);
  }
  const owner = config.accounts.find(({ name }) => name === account) ?? { name: account };
  const tenant = tenantOfAccount(owner, config.policy.provider);
  const name = bucketIdOf(bucket.value, tenant, config.upstream.tenants);
  const given = policyOf(policy, name, config);
  if (!given.ok) return refused(given.error);
  if (await isMissing(bucket.value, account, config)) {
    return refused("the store has no such bucket. Its owner can make it through the gateway");
  }
  const store = await openState(config.state, config.upstream);
  if (!store.ok) return refused(store.error);
  const done = await adoptRecord(
    store.value,
    { name, account, from, policy: given.value },
    Date.now(),
  );
  await store.value.close();
  if (!done.ok) return refused(done.error);
  return { wrong: false, text: `The bucket "${name}" ${SENTENCES[done.value](account)}` };
}

/**
 * Returns true if the store says that it has no such bucket. False if it says anything else, or
 * nothing, or if no credential is known to ask with.
 */
async function isMissing(
  bucket: BucketName,
  account: string,
  { accounts, upstream }: Config,
): Promise<boolean> {
  const [endpoint] = upstream.endpoints;
  // The store says that a bucket does not exist, whoever asks.
  const owner = accounts.filter(({ name }) => name === account);
  const [credential] = [...owner, ...accounts].flatMap((one) => storeCredential(one) ?? []);
  if (endpoint === undefined || credential === undefined) return false;
  const path = `${storePath({ kind: "bucket", bucket }, "path")}?location`;
  const word = await askEndpoint(upstream, endpoint.origin, credential, path);
  return word.ok && word.value.status === 404 && word.value.code === "NoSuchBucket";
}

/**
 * Returns the text of the policy's file, for the bucket with the record `kept`; `undefined` if no
 * file was named. The error says what is wrong with it.
 */
function policyOf(
  file: string | undefined,
  kept: string,
  { policy }: Config,
): Result<string | undefined, string> {
  if (file === undefined) return ok(undefined);
  if (policy.bucketPolicies === "upstream") {
    return err("the store keeps bucket policies (policy.bucketPolicies: upstream)");
  }
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return err(`cannot read ${file}: ${String(error)}`);
  }
  const bucket = parseBucketName(kept);
  if (!bucket.ok) return bucket;
  const { name, tenant } = bucket.value;
  const rules = tenant === undefined ? { bucket: name } : { bucket: name, tenant };
  const read = parseProviderPolicy(policy.provider, text, file, "bucket", rules);
  if (read.ok) return ok(text);
  const [first] = read.error;
  return err(`${file}:${first?.line ?? 1}: ${first?.message}`);
}

const SENTENCES: Readonly<Record<Adopted, (account: string) => string>> = {
  adopted: (account) => `is the account "${account}"'s`,
  already: (account) => `is already the account "${account}"'s`,
  taken: (account) => `is now the account "${account}"'s, without the policy that it had`,
};

function refused(text: string): Told {
  return { wrong: true, text };
}
