import type { Config } from "../config/config.ts";
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
import { openState } from "../state/open.ts";
import type { StoredShare } from "../state/record.ts";
import { changeShares } from "../state/share-record.ts";
import type { StateStore } from "../state/state-store.ts";
import { printProblems } from "./check.ts";
import type { Terminal } from "./terminal.ts";

export type ShareOptions = {
  readonly config: string;
  /** `account` or `account:subuser`. */
  readonly with: string;
  /** The name of a tier, in any case. */
  readonly permissions: string;
  /** When it ends, ISO 8601; absent: not at all. */
  readonly until?: string;
};

export type UnshareOptions = Pick<ShareOptions, "config" | "with">;

/**
 * `s3warden share BUCKET`: another user may use the bucket as far as its permissions go, in place of
 * what was shared with that user before. Kept in `state`; gateways that run see it after
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
    return done.ok ? ok(`The bucket "${name}" is shared with ${shown(share.value)}\n`) : done;
  });
}

/** `s3warden share revoke BUCKET`: ends what was shared with a user. Exit code: 0 done, 1 not. */
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

/** `s3warden share list BUCKET`: whom it is shared with. Exit code: 0 told, 1 not. */
export function runShareList(
  bucket: string,
  { config: file }: Pick<ShareOptions, "config">,
  terminal: Terminal,
): Promise<0 | 1> {
  return withState(bucket, file, terminal, async ({ store, name }) => {
    const stored = await store.read(name);
    if (!stored.ok) return stored;
    const shares = stored.value?.record.shares ?? [];
    if (shares.length === 0) return ok(`The bucket "${name}" is shared with nobody\n`);
    return ok(shares.map((share) => `${shown(share)}\n`).join(""));
  });
}

type Opened = { readonly store: StateStore; readonly name: string; readonly config: Config };

/** Opens the state that the configuration names, for one bucket, and tells what came of `work`. */
async function withState(
  written: string,
  file: string,
  terminal: Terminal,
  work: (opened: Opened) => Promise<Result<string, string>>,
): Promise<0 | 1> {
  const { result } = loadConfig(file);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 1;
  }
  const done = await opened(written, result.value, work);
  if (done.ok) terminal.stdout(done.value);
  else terminal.stderr(`Cannot share "${written}": ${done.error}\n`);
  return done.ok ? 0 : 1;
}

async function opened(
  written: string,
  config: Config,
  work: (opened: Opened) => Promise<Result<string, string>>,
): Promise<Result<string, string>> {
  const bucket = parseBucketName(written);
  if (!bucket.ok) return bucket;
  if (config.policy.bucketPolicies !== "gateway") {
    return err("the store keeps bucket policies (policy.bucketPolicies: upstream)");
  }
  if (config.state === undefined) return err("the configuration has no state to keep it in");
  const name = bucketIdOf(bucket.value, "", config.upstream.tenants);
  const inFile = config.buckets.find((one) => bucketIdOf(one.name, "", true) === name);
  if (inFile !== undefined) return err("it stands in accounts.yaml: write the share there");
  const store = await openState(config.state, config.upstream);
  if (!store.ok) return store;
  try {
    return await work({ store: store.value, name, config });
  } finally {
    await store.value.close();
  }
}

/** The error names what is wrong with the options. */
function wantedShare(
  { with: user, permissions, until }: ShareOptions,
  { accounts, ceph, policy: { provider } }: Config,
): Result<StoredShare, string> {
  // A bucket with a policy, as a share is one, is closed there to whom it does not name.
  if (provider.bucketPolicyRole === "restrict") return err(`${ONLY_RESTRICTS} ${provider.name}`);
  const [account = "", subuser, ...more] = user.split(":");
  const written = accounts.find(({ name }) => name === account);
  const isKnown =
    written !== undefined &&
    (subuser === undefined || written.subusers.some(({ name }) => name === subuser));
  const isName = parseAccountName(account).ok && more.length === 0;
  const isSubuser = subuser === undefined || parsePrincipalName(subuser).ok;
  // Users of a Ceph are known there only.
  if (!isName || !isSubuser || (!isKnown && ceph.length === 0)) {
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
  const policy = sharePolicy(provider, "bucket", [shareOf(share, 1)], "share");
  return policy.ok ? ok(share) : policy;
}

const ONLY_RESTRICTS =
  "a share would keep everybody else out, the owner too: put a policy. So it is with the provider";

function shown({ with: user, permissions, untilMs }: StoredShare): string {
  const end = untilMs === undefined ? "" : ` until ${new Date(untilMs).toISOString()}`;
  return `${user}: ${permissions}${end}`;
}
