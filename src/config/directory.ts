import type { Holder, Key } from "../admission/principal.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Policy } from "../policy/policy.ts";
import { canonicalName, parseDirectoryName, personNames } from "../provider/directory-name.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import { compileAccount, compileSubuser, policyAsksValues } from "./compile.ts";
import type { AccountConfig, Config, DirectoryConfig } from "./config.ts";
import type { DirectoryUser } from "./directory-answer.ts";
import { NOTHING_WRITTEN } from "./foreign.ts";

type Settings = Pick<Config, "accounts" | "policy">;

/**
 * Returns a function that makes keys of accounts from answers of a directory. An account of an
 * accounts file must be one that the directory may speak for; then the file's networks, policies
 * and the rest hold for it, too. The error says why an answer cannot be believed, and quotes no
 * secret.
 */
export function compileDirectory(
  settings: Settings,
  directory: Pick<DirectoryConfig, "accounts">,
): (user: DirectoryUser) => Result<Key, string> {
  const { accounts, policy } = settings;
  const written = new Map(accounts.map((account) => [account.name, account]));
  const fault = faultFinder(settings, written, directory);
  return (user) => {
    const found = fault(user);
    if (found !== undefined) return err(found);
    const policies = policiesOfUser(user, policy);
    if (!policies.ok) return policies;
    const file = written.get(user.account);
    const account = compileOwner(user, file, policies.value, policy);
    const { upstream } = account;
    return ok({
      accessKeyId: user.accessKey,
      secret: user.secretKey,
      account,
      subuser: compileUser(user, file, policies.value, policy),
      disabled: user.disabled || account.disabled,
      notBeforeMs: user.notBefore,
      expiresMs: user.expires,
      sessionToken: undefined,
      networks: user.networks,
      ...(file === undefined && upstream !== undefined && { signing: upstream }),
      ...(policies.value.some(policyAsksValues) && { asksValues: true }),
    });
  };
}

/**
 * Returns true if a directory with that setting may have keys for the account; `isWritten`: a file
 * has it.
 */
function maySpeakFor(
  account: string,
  patterns: DirectoryConfig["accounts"],
  isWritten: boolean,
): boolean {
  if (patterns?.includes(account) === true) return true;
  if (isWritten) return false;
  if (patterns === undefined) return true;
  return patterns.some((one) => one.endsWith("*") && account.startsWith(one.slice(0, -1)));
}

/**
 * Returns a function that finds a contradiction between an answer and the configuration;
 * `undefined` if there is none.
 */
function faultFinder(
  { policy, accounts }: Settings,
  written: ReadonlyMap<string, AccountConfig>,
  directory: Pick<DirectoryConfig, "accounts">,
): (user: DirectoryUser) => string | undefined {
  const signers = new Map(accounts.flatMap(signersOf));
  const clash = clashFinder({ policy, accounts });
  return ({ accessKey, account, tenant, subuser, tier, upstream }) => {
    const file = written.get(account);
    if (!maySpeakFor(account, directory.accounts, file !== undefined)) {
      return `The account "${account}" is not one that this directory can give keys for`;
    }
    if (file !== undefined && (upstream ?? tenant) !== undefined) {
      return `The account "${account}" is in an accounts file, which alone has its upstream and tenant`;
    }
    if (tier !== undefined && !policy.tiers.has(tier)) return "The tier is unknown";
    const own = file?.upstream === undefined ? accessKey : undefined;
    const signer = signers.get(upstream?.accessKey ?? own ?? "") ?? account;
    if (signer !== account) return sharedUpstream(account, signer);
    const dollar = account.indexOf("$");
    if (dollar >= 0 && tenant !== undefined && account.slice(0, dollar) !== tenant) {
      return `The name of the account "${account}" implies another tenant`;
    }
    return clash(account, subuser);
  };
}

/** Complains of two accounts that would be one user to the store, with each other's buckets. */
export function sharedUpstream(account: string, other: string): string {
  return `The upstream of the account "${account}" is also that of "${other}"`;
}

/** The keys by which the store knows an account of a file, each with the account's name. */
function signersOf({
  name,
  upstream,
  keys,
  subusers,
}: AccountConfig): readonly (readonly [string, string])[] {
  const own = upstream === undefined ? [keys, ...subusers.map((one) => one.keys)].flat() : [];
  return [...own, ...(upstream === undefined ? [] : [upstream])].map(
    ({ accessKey }) => [accessKey, name] as const,
  );
}

/**
 * Returns a function that finds names which a policy of a provider with a directory could not tell
 * apart from another one.
 */
function clashFinder({
  accounts,
  policy: { provider, guestGroups },
}: Pick<Settings, "accounts" | "policy">): (
  account: string,
  subuser: string | undefined,
) => string | undefined {
  if (provider.principals.kind !== "directory") return () => undefined;
  const whose = new Map<string, string>();
  for (const { name, groups, subusers } of accounts) {
    for (const group of [...groups, ...subusers.flatMap((one) => one.groups)]) {
      for (const one of groupNames(group)) whose.set(one, `the group "${group}"`);
    }
    for (const one of personNames(name)) whose.set(one, `"${name}"`);
  }
  for (const group of guestGroups) {
    for (const one of groupNames(group)) whose.set(one, `the group "${group}"`);
  }
  const written = new Set(accounts.map(({ name }) => name));
  return (account, subuser) => {
    const other = personNames(account)
      .map((name) => whose.get(name))
      .find((found) => found !== undefined && found !== `"${account}"`);
    if (other !== undefined) return `A policy cannot tell "${account}" from ${other}`;
    const whole = `${account}:${subuser}`;
    return written.has(whole) ? `There is an account "${whole}"` : undefined;
  };
}

function groupNames(text: string): readonly string[] {
  const name = parseDirectoryName(text);
  return name.ok ? [canonicalName(name.value)] : [];
}

function policiesOfUser(
  { policies }: DirectoryUser,
  { provider }: Config["policy"],
): Result<readonly Policy[], string> {
  const read: Policy[] = [];
  for (const [i, text] of policies.entries()) {
    const place = `policies[${i}] of a directory`;
    const policy = parseProviderPolicy(provider, text, place, "identity", { problemsMax: 1 });
    if (!policy.ok) return err(`policies[${i}]: ${policy.error[0]?.message ?? "is invalid"}`);
    read.push(policy.value);
  }
  return ok(read);
}

/** The account; what the answer says of it holds for its subuser, if it has one. */
function compileOwner(
  { account: name, tenant, subuser, tags, upstream }: DirectoryUser,
  file: AccountConfig | undefined,
  policies: readonly Policy[],
  policy: Config["policy"],
): ReturnType<typeof compileAccount> {
  const config = file ?? { ...NOTHING_WRITTEN, name, tenant, upstream };
  if (subuser !== undefined) return compileAccount(config, policy);
  const more = {
    policies: [...config.policies, ...policies],
    tags: { ...unwritten(tags, config.tags), ...config.tags },
  };
  return compileAccount({ ...config, ...more }, policy);
}

/** Returns the subuser of the answer; an accounts file may have a tier, tags and more for it. */
function compileUser(
  { account: owner, subuser: name, tier, tags }: DirectoryUser,
  file: AccountConfig | undefined,
  policies: readonly Policy[],
  policy: Config["policy"],
): Holder | undefined {
  if (name === undefined) return undefined;
  const account = file ?? { ...NOTHING_WRITTEN, name: owner };
  const written = account.subusers.find((one) => one.name === name) ?? {
    ...NOTHING_WRITTEN,
    name,
  };
  const more = {
    tier: written.tier ?? tier,
    policies: [...written.policies, ...policies],
    tags: { ...unwritten(tags, { ...account.tags, ...written.tags }), ...written.tags },
  };
  return compileSubuser({ ...written, ...more }, account, policy);
}

type Tags = Readonly<Record<string, string>>;

/** Returns the tags of an answer that a file has not, in whatever case: the file's win. */
function unwritten(given: Tags, written: Tags): Tags {
  const names = new Set(Object.keys(written).map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => !names.has(name.toLowerCase())),
  );
}
