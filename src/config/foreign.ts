import type { Account, Holder, Key } from "../admission/principal.ts";
import { compileTier, type Tier } from "../provider/tier.ts";
import { compileAccount, compileSubuser } from "./compile.ts";
import type { AccountConfig, Config, SubuserConfig } from "./config.ts";
import { signsByFile, tenantOfAccount } from "./tenant.ts";

/** A user of a Ceph, with what its RGW says of it. */
export type ForeignUser = {
  /** "": none. */
  readonly tenant: string;
  /** The name within its tenant. */
  readonly name: string;
  readonly suspended: boolean;
  /** RGW's permissions, such as `read-write`, by the subuser's name without its user's. */
  readonly subusers: ReadonlyMap<string, string>;
  readonly keys: readonly ForeignKey[];
};

export type ForeignKey = {
  readonly accessKeyId: string;
  readonly secret: string;
  /** The subuser; `undefined` if the key is the user's own. */
  readonly subuser: string | undefined;
  readonly disabled: boolean;
};

/**
 * Returns a function that makes accounts of `config` from users of a Ceph. It returns one of the
 * user's keys; `undefined` if the user has no such key. An account of the same name in an accounts
 * file gives its networks, policies and the rest to the user and to the user's subusers of the same
 * names. A user who is misplaced() has no key here: it is somebody else, or the file leaves out the
 * tenant, and then one bucket would have two names.
 */
export function compileForeign({
  accounts,
  policy,
}: Pick<Config, "accounts" | "policy">): (
  user: ForeignUser,
  accessKeyId: string,
) => Key | undefined {
  const written = new Map(accounts.map((account) => [account.name, account]));
  const isElsewhere = misplaced({ accounts, policy });
  const compile = (user: ForeignUser, key: ForeignKey): Key => {
    const name = accountNameOf(user);
    const config = written.get(name) ?? { ...NOTHING_WRITTEN, name };
    const account = compileAccount(config, policy, user.tenant);
    const subuser =
      key.subuser === undefined
        ? undefined
        : compileForeignSubuser(key.subuser, user, config, policy);
    const compiled = keyOf(user, key, account, subuser);
    if (subuser === undefined || account.upstream !== undefined) return compiled;
    // If the gateway keeps the policies, it alone says what a subuser may do.
    const signing = policy.bucketPolicies === "gateway" ? ownKeyOf(user) : undefined;
    if (signing === undefined) return compiled;
    const { accessKeyId, secret } = signing;
    return { ...compiled, signing: { accessKeyId, secret } };
  };
  return (user, accessKeyId) => {
    if (isElsewhere(user)) return undefined;
    const key = user.keys.find((one) => one.accessKeyId === accessKeyId);
    return key && compile(user, key);
  };
}

/**
 * Returns a test of a user: whether a file signs for the account of its name, in another tenant.
 */
export function misplaced({
  accounts,
  policy,
}: Pick<Config, "accounts" | "policy">): (user: ForeignUser) => boolean {
  const tenants = new Map(
    accounts.filter(signsByFile).map((one) => [one.name, tenantOfAccount(one, policy.provider)]),
  );
  return (user) => (tenants.get(accountNameOf(user)) ?? user.tenant) !== user.tenant;
}

/**
 * The account that a user becomes. A tenant whose only user has its name, as LUMI-O makes them, is
 * named once; `$` stands in no name of RGW's own.
 */
export function accountNameOf({ tenant, name }: ForeignUser): string {
  return tenant === "" || tenant === name ? name : `${tenant}$${name}`;
}

/**
 * Returns the first of the user's own keys that is valid, in the order of its RGW; `undefined` if
 * none is.
 */
export function ownKeyOf({ suspended, keys }: ForeignUser): ForeignKey | undefined {
  if (suspended) return undefined;
  return keys.find(({ subuser, disabled }) => subuser === undefined && !disabled);
}

/**
 * Returns the RGW's name of the user that the account `account` is made of, if the account's
 * buckets are in `tenant`, "" for none (see `accountNameOf`). `undefined` if there is no such user.
 */
export function userIdOf(account: string, tenant: string): string | undefined {
  const dollar = account.indexOf("$");
  if (dollar >= 0) return account.slice(0, dollar) === tenant ? account : undefined;
  if (tenant === "") return account;
  return tenant === account ? `${tenant}$${account}` : undefined;
}

/** The file may give a tier of its own; otherwise RGW's permission is the tier. */
function compileForeignSubuser(
  name: string,
  user: ForeignUser,
  account: AccountConfig,
  policy: Config["policy"],
): Holder {
  const written = account.subusers.find((subuser) => subuser.name === name);
  const config: SubuserConfig = written ?? { ...NOTHING_WRITTEN, name };
  const subuser = compileSubuser(config, account, policy, user.tenant);
  return { ...subuser, tier: subuser.tier ?? tierOf(user.subusers.get(name), policy.tiers) };
}

/**
 * Returns the tier of a permission. One without a row grants nothing: RGW's `<none>`, and words
 * that it may learn some day.
 */
function tierOf(permission: string | undefined, tiers: ReadonlyMap<string, Tier>): Tier {
  return tiers.get(TIER_NAMES.get(permission ?? "") ?? "") ?? NO_TIER;
}

/** RGW's permissions of subusers, as its Admin Ops API writes them, and the tiers they are here. */
const TIER_NAMES: ReadonlyMap<string, string> = new Map([
  ["read", "READ"],
  ["write", "WRITE"],
  ["read-write", "READWRITE"],
  ["full-control", "FULL"],
]);

const NO_TIER = emptyTier();

function emptyTier(): Tier {
  const tier = compileTier({ name: "NONE", kind: "access", patterns: [], operationNames: false });
  if (!tier.ok) throw new Error("No patterns are no wrong patterns");
  return tier.value;
}

/** An account or subuser that no file says anything of. */
export const NOTHING_WRITTEN: Omit<AccountConfig, "name"> & Omit<SubuserConfig, "name"> = {
  disabled: false,
  keys: [],
  groups: [],
  privileges: [],
  tags: {},
  networks: { allow: [], deny: [] },
  blockedActions: [],
  policies: [],
  subusers: [],
  roles: [],
};

function keyOf(
  user: ForeignUser,
  { accessKeyId, secret, disabled }: ForeignKey,
  account: Account,
  subuser: Holder | undefined,
): Key {
  return {
    accessKeyId,
    secret,
    account,
    subuser,
    disabled: user.suspended || disabled || account.disabled,
    notBeforeMs: undefined,
    expiresMs: undefined,
    sessionToken: undefined,
    networks: NOTHING_WRITTEN.networks,
  };
}
