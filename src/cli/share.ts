import type { Config, StateConfig } from "../config/config.ts";
import { looksUpKeys, usersElsewhere } from "../config/elsewhere.ts";
import {
  parseAccountName,
  parseBucketName,
  parseInstant,
  parsePrincipalName,
} from "../config/scalars.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { loadConfig } from "../life/load.ts";
import { shareOf, sharePolicy } from "../provider/shares.ts";
import { bucketIdOf } from "../s3/bucket.ts";
import { openState, openStateReader } from "../state/open.ts";
import { isInForce, type StoredShare } from "../state/record.ts";
import { changeShares } from "../state/share-record.ts";
import type { StateReader, StateStore } from "../state/state-store.ts";
import { printProblems } from "./print-problems.ts";
import { readAllKept } from "./kept-records.ts";
import type { Terminal } from "./terminal.ts";

export type ShareOptions = {
  readonly config: string;
  /** `account` or `account:subuser`. */
  readonly with: string;
  /** The name of a tier, in any case. */
  readonly permissions: string;
  /** The end of the share, ISO 8601; absent if it does not end. */
  readonly until?: string;
};

export type UnshareOptions = Pick<ShareOptions, "config" | "with">;

/**
 * Runs `s3warden share BUCKET`: another user may use the bucket as far as its permissions go; an
 * earlier share with that user ends. Kept in `state`; running gateways see it after
 * `state.refresh`. Returns the exit code: 0 done, 1 not.
 */
export function runShare(
  bucket: string,
  options: ShareOptions,
  terminal: Terminal,
): Promise<0 | 1> {
  return withState(bucket, options.config, terminal, async ({ store, name, config }) => {
    const share = wantedShare(options, config);
    if (!share.ok) return share;
    const { with: user } = share.value;
    const others = (shares: readonly StoredShare[]) => shares.filter((one) => one.with !== user);
    const done = await changeShares(
      store,
      name,
      (shares) => [...others(shares), share.value],
      Date.now(),
    );
    if (!done.ok) return done;
    const unchecked = isWritten(user, config)
      ? ""
      : `"${user}" is not in the configuration. Whether it is among the ${usersElsewhere(config)} was not checked\n`;
    return ok(`The bucket "${name}" is shared with ${shown(share.value)}\n${unchecked}`);
  });
}

/**
 * Runs `s3warden share revoke BUCKET`: ends the share with a user. Returns the exit code: 0 done, 1
 * not.
 */
export function runUnshare(
  bucket: string,
  { config: file, with: user }: UnshareOptions,
  terminal: Terminal,
): Promise<0 | 1> {
  return withState(bucket, file, terminal, async ({ store, name }) => {
    let found = false;
    const without = (shares: readonly StoredShare[]): readonly StoredShare[] => {
      const rest = shares.filter((one) => one.with !== user);
      found = rest.length < shares.length;
      return rest;
    };
    const done = await changeShares(store, name, without, Date.now());
    if (!done.ok) return done;
    if (!found) return err(`it is not shared with "${user}"`);
    return ok(`The bucket "${name}" is no longer shared with ${user}\n`);
  });
}

/**
 * Runs `s3warden share list [BUCKET]`: prints the users that the bucket, or each that is shared, is
 * shared with. Returns the exit code: 0 printed, 1 not.
 */
export function runShareList(
  bucket: string | undefined,
  { config: file }: Pick<ShareOptions, "config">,
  terminal: Terminal,
): Promise<0 | 1> {
  const subject = bucket === undefined ? "Cannot list shares" : `Cannot list shares of "${bucket}"`;
  return told(subject, file, terminal, async (config) => {
    const state = stateOf(config);
    if (!state.ok) return state;
    if (bucket === undefined) return listAll(config);
    const name = keptName(bucket, config);
    if (!name.ok) return name;
    const reader = await openStateReader(state.value, config.upstream);
    try {
      return await listOne(reader, name.value);
    } finally {
      await reader.close();
    }
  });
}

/** A bucket that is still being made, or was removed, is shared with nobody. */
async function listOne(reader: StateReader, name: string): Promise<Result<string, string>> {
  const stored = await reader.read(name);
  if (!stored.ok) return stored;
  if (stored.value === undefined) return err(UNKNOWN_BUCKET);
  const { record } = stored.value;
  const shares = record !== undefined && isInForce(record) ? (record.shares ?? []) : [];
  if (shares.length === 0) return ok(`The bucket "${name}" is shared with nobody\n`);
  return ok(shares.map((share) => `${shown(share)}\n`).join(""));
}

const UNKNOWN_BUCKET =
  "neither the configuration nor the state knows it. s3warden adopt records a bucket that was there before";

async function listAll(config: Config): Promise<Result<string, string>> {
  const kept = await readAllKept(config);
  if (!kept.ok) return kept;
  const lines = [...kept.value.keys()].toSorted().flatMap((name) => {
    const { shares = [] } = kept.value.get(name) ?? {};
    return shares.map((share) => `${name}  ${shown(share)}\n`);
  });
  return ok(lines.length === 0 ? "No bucket is shared\n" : lines.join(""));
}

type Opened = { readonly store: StateStore; readonly name: string; readonly config: Config };

/** Opens the state that the configuration names, for one bucket, and tells what came of `work`. */
function withState(
  written: string,
  file: string,
  terminal: Terminal,
  work: (opened: Opened) => Promise<Result<string, string>>,
): Promise<0 | 1> {
  return told(`Cannot share "${written}"`, file, terminal, async (config) => {
    const state = stateOf(config);
    if (!state.ok) return state;
    const name = keptName(written, config);
    if (!name.ok) return name;
    const store = await openState(state.value, config.upstream);
    if (!store.ok) return store;
    try {
      return await work({ store: store.value, name: name.value, config });
    } finally {
      await store.value.close();
    }
  });
}

/** Loads the configuration and prints the result of `work`, an error after `failure`. */
async function told(
  failure: string,
  file: string,
  terminal: Terminal,
  work: (config: Config) => Promise<Result<string, string>>,
): Promise<0 | 1> {
  const { result } = loadConfig(file);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 1;
  }
  const done = await work(result.value);
  if (done.ok) terminal.stdout(done.value);
  else terminal.stderr(`${failure}: ${done.error}\n`);
  return done.ok ? 0 : 1;
}

/** Returns where shares are kept. */
function stateOf({ policy, state }: Config): Result<StateConfig, string> {
  if (policy.bucketPolicies !== "gateway") {
    return err("the store keeps bucket policies (policy.bucketPolicies: upstream)");
  }
  return state === undefined ? err("the configuration has no state to keep it in") : ok(state);
}

/** Returns the name of the record of a bucket that stands nowhere else. */
function keptName(written: string, { upstream, buckets }: Config): Result<string, string> {
  const bucket = parseBucketName(written);
  if (!bucket.ok) return bucket;
  const name = bucketIdOf(bucket.value, "", upstream.tenants);
  const inFile = buckets.find((one) => bucketIdOf(one.name, "", true) === name);
  return inFile === undefined ? ok(name) : err("it stands in accounts.yaml: write the share there");
}

/** Returns true if the configuration has the account, and the subuser if `user` names one. */
function isWritten(user: string, { accounts }: Config): boolean {
  const [account, subuser] = user.split(":");
  const written = accounts.find(({ name }) => name === account);
  if (written === undefined) return false;
  return subuser === undefined || written.subusers.some(({ name }) => name === subuser);
}

/** Reads the options. The error names the wrong one. */
function wantedShare(
  { with: user, permissions, until }: ShareOptions,
  config: Config,
): Result<StoredShare, string> {
  const { accounts, policy } = config;
  const { provider } = policy;
  // A bucket with a policy, as a share is one, is closed there to whom it does not name.
  if (provider.bucketPolicyRole === "restrict") return err(`${ONLY_RESTRICTS} ${provider.name}`);
  const [account = "", subuser, ...more] = user.split(":");
  const isName = parseAccountName(account).ok && more.length === 0;
  const isSubuser = subuser === undefined || parsePrincipalName(subuser).ok;
  // Users of other sources are known there only.
  if (!isName || !isSubuser || (!isWritten(user, config) && !looksUpKeys(config))) {
    const names = accounts.flatMap(({ name, subusers }) => [
      name,
      ...subusers.map((one) => `${name}:${one.name}`),
    ]);
    return err(`unknown user "${user}". ${didYouMean(user, names, `Known: ${names.join(", ")}`)}`);
  }
  const tiers = [...provider.tiers.values()].filter(({ kind }) => kind === "access");
  const tier = tiers.find(({ name }) => name.toLowerCase() === permissions.toLowerCase());
  if (tier === undefined) {
    const names = tiers.map(({ name }) => name.toLowerCase());
    return err(`unknown permissions "${permissions}". Known: ${names.join(", ")}`);
  }
  const end = until === undefined ? undefined : parseInstant(until);
  if (end?.ok === false) return err(`--until: ${end.error}: got "${until}"`);
  const untilMs = end?.value;
  const share = { with: user, permissions: tier.name, untilMs };
  const shared = sharePolicy(provider, "bucket", [shareOf(share, 1)], "share");
  return shared.ok ? ok(share) : shared;
}

const ONLY_RESTRICTS =
  "a share would keep everybody else out, the owner too: put a policy. So it is with the provider";

function shown({ with: user, permissions, untilMs }: StoredShare): string {
  const end = untilMs === undefined ? "" : ` until ${new Date(untilMs).toISOString()}`;
  return `${user}: ${permissions}${end}`;
}
