import type { BucketConfig } from "./config.ts";
import type { Problem } from "../lib/problem.ts";
import { err, type Result } from "../lib/result.ts";
import { didYouMean } from "../lib/suggestion.ts";
import type { ActionSets } from "../policy/parse-statement.ts";
import type { Policy } from "../policy/policy.ts";
import type { Provider } from "../provider/provider.ts";
import { sharePolicy, type Share } from "../provider/shares.ts";
import { bucketIdOf } from "../s3/bucket.ts";
import type { AccountsFile } from "./accounts-schema.ts";
import { parseBucketPolicy } from "./bucket-policy.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./placed.ts";
import { field, itemOf } from "./select.ts";
import { besides, unreadable, type Complaint, type Surroundings } from "./surroundings.ts";
import { tenantOfAccount } from "./tenant.ts";

/** An accounts file whose shape is right. */
export type WholeFile = { readonly document: ConfigDocument; readonly value: AccountsFile };
type WrittenBucket = AccountsFile["buckets"][number];
type WrittenAccount = AccountsFile["accounts"][number];

/** The input for reading one bucket. */
type Reading = {
  readonly provider: Provider;
  readonly surroundings: Surroundings;
  readonly accounts: ReadonlyMap<string, WrittenAccount>;
  readonly document: ConfigDocument;
  /** The index of the bucket in its file. */
  readonly index: number;
  readonly problems: Problem[];
  /** The action sets of all buckets: most policies name actions that others name, too. */
  readonly actionSets: ActionSets;
};

/**
 * Reads the buckets of all accounts files; their problems are added to `problems`. `kept`: true if
 * the gateway keeps bucket policies at all. `tenants`: true if the store tells tenants' names
 * apart.
 */
export function readBuckets(
  files: readonly WholeFile[],
  { kept, tenants }: { readonly kept: boolean; readonly tenants: boolean },
  provider: Provider,
  surroundings: Surroundings,
  problems: Problem[],
): readonly BucketConfig[] {
  const accounts = new Map(
    files.flatMap(({ value }) => value.accounts.map((account) => [account.name, account] as const)),
  );
  const buckets: BucketConfig[] = [];
  const ids = new Set<string>();
  const actionSets: ActionSets = new Map();
  for (const { document, value } of files) {
    for (const [index, bucket] of value.buckets.entries()) {
      const reading = { provider, surroundings, accounts, document, index, problems, actionSets };
      if (!kept) complain(reading, "", NOT_KEPT);
      const owner = accounts.get(bucket.account);
      const tenant = owner === undefined ? "" : tenantOfAccount(owner, provider);
      const id = bucketIdOf(bucket.name, tenant, tenants);
      const named = bucket.name.tenant ?? tenant;
      if (owner !== undefined && named !== tenant)
        complain(reading, ".name", ofTenant(named, tenant));
      if (ids.has(id)) complain(reading, ".name", tenants ? TWICE : TWICE_WITHOUT_TENANTS);
      ids.add(id);
      buckets.push(readBucket(reading, bucket));
    }
  }
  return buckets;
}

function ofTenant(named: string, tenant: string): Complaint {
  const own = tenant === "" ? "in no tenant" : `in the tenant "${tenant}"`;
  return {
    message: `The bucket belongs to the tenant "${named}", the user of its account is ${own}`,
    remedy: "Write the name without a tenant, or add tenant to the account",
  };
}

const NOT_KEPT: Complaint = {
  message: "The setting has no effect: the store keeps bucket policies",
  remedy: "Set policy.bucketPolicies to gateway",
};
const TWICE: Complaint = { message: "The bucket is listed twice", remedy: "Remove one of them" };

const TWICE_WITHOUT_TENANTS: Complaint = {
  message: "The bucket is listed twice: the store has no tenants, so bucket names are unique",
  remedy: "Remove one of them, or set upstream.store to ceph",
};

function readBucket(reading: Reading, bucket: WrittenBucket): BucketConfig {
  const { accounts } = reading;
  const owner = accounts.get(bucket.account);
  if (owner === undefined)
    complain(reading, ".account", unknown("account", bucket.account, accounts.keys()));
  else if (owner.upstream === undefined) complain(reading, ".account", NO_UPSTREAM);
  const text = bucket.policy === undefined ? undefined : readText(reading, bucket.policy);
  const policy = text && readPolicy(reading, bucket, text.file, text.text);
  const shared = readShares(reading, bucket);
  return {
    name: bucket.name,
    account: bucket.account,
    policies: [policy, shared].filter((each) => each !== undefined),
    policyText: text?.text,
  };
}

const NO_UPSTREAM: Complaint = {
  message: "The account has no store key, so the gateway cannot let others into its bucket",
  remedy: "Add upstream to the account",
};

function readText(
  reading: Reading,
  written: string,
): { readonly file: string; readonly text: string } | undefined {
  const file = besides(reading.document.file, written);
  const text = reading.surroundings.read(file);
  if (text.ok) return { file, text: text.value };
  complain(reading, ".policy", unreadable(file, text.error));
  return undefined;
}

function readPolicy(
  { provider, problems, actionSets }: Reading,
  { name }: WrittenBucket,
  file: string,
  text: string,
): Policy | undefined {
  const policy = parseBucketPolicy(provider, name, file, text, actionSets);
  if (policy.ok) return policy.value;
  problems.push(...policy.error);
  return undefined;
}

function readShares(reading: Reading, bucket: WrittenBucket): Policy | undefined {
  if (bucket.shares.length === 0) return undefined;
  const { provider, document } = reading;
  const shares: Share[] = [];
  for (const [index, written] of bucket.shares.entries()) {
    const at = `.shares[${index}]`;
    const share = readShare(reading, written, lineOfShare(reading, index) ?? 1);
    if (!share.ok) {
      complain(reading, `${at}.${share.error.key}`, share.error);
      continue;
    }
    const alone = sharePolicy(provider, bucket.name.name, [share.value], document.file);
    if (alone.ok) shares.push(share.value);
    else
      complain(reading, `${at}.with`, { message: alone.error, remedy: "Share with its account" });
  }
  const policy = sharePolicy(provider, bucket.name.name, shares, document.file);
  return policy.ok && shares.length > 0 ? policy.value : undefined;
}

function lineOfShare({ document, index }: Reading, share: number): number | undefined {
  const shares = field(itemOf(field(document.data, "buckets"), index), "shares");
  return document.shareLines.get(itemOf(shares, share));
}

type ShareComplaint = Complaint & { readonly key: "with" | "permissions" };

function readShare(
  { accounts, provider }: Reading,
  written: WrittenBucket["shares"][number],
  line: number,
): Result<Share, ShareComplaint> {
  const [accountName = "", subuserName] = written.with.split(":");
  const account = accounts.get(accountName);
  const subuser = account?.subusers.find(({ name }) => name === subuserName);
  if (account === undefined || (subuserName !== undefined && subuser === undefined)) {
    return err({
      key: "with",
      ...unknown("account or subuser", written.with, holdersOf(accounts)),
    });
  }
  const tiers = [...provider.tiers.values()].filter(({ kind }) => kind === "access");
  if (!tiers.some(({ name }) => name === written.permissions)) {
    const names = tiers.map(({ name }) => name);
    return err({ key: "permissions", ...unknown("permissions", written.permissions, names) });
  }
  const identity = { account: accountName, subuser: subuserName, groups: [], tenant: undefined };
  return { ok: true, value: { with: identity, permissions: written.permissions, line } };
}

function holdersOf(accounts: ReadonlyMap<string, WrittenAccount>): readonly string[] {
  return [...accounts.values()].flatMap(({ name, subusers }) => [
    name,
    ...subusers.map((subuser) => `${name}:${subuser.name}`),
  ]);
}

function unknown(what: string, got: string, known: Iterable<string>): Complaint {
  const names = [...known];
  const remedy = didYouMean(got, names, `Known: ${names.join(", ")}`);
  return { message: `Unknown ${what}: got "${got}"`, remedy };
}

/** `below`: the path within the bucket, such as `.account`. */
function complain(
  { document, index, problems }: Reading,
  below: string,
  complaint: Complaint,
): void {
  problems.push(problemAt(document, `buckets[${index}]${below}`, complaint));
}
