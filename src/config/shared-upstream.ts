import type { Problem } from "../lib/problem.ts";
import type { WholeFile } from "./buckets.ts";
import type { AccountConfig } from "./config.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./placed.ts";

/**
 * The access key ids that more than one account of `accounts` has at the store, with the names of
 * those accounts: to the store they are one user.
 */
export function sharedUpstreams(
  accounts: readonly Signing[],
): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const account of accounts) {
    for (const accessKey of keysAtStore(account)) {
      const others = names.get(accessKey);
      if (others === undefined) names.set(accessKey, [account.name]);
      else others.push(account.name);
    }
  }
  return new Map([...names].filter(([, sharing]) => sharing.length > 1));
}

type Signing = Pick<AccountConfig, "name" | "upstream"> & {
  readonly keys: readonly { readonly accessKey: string }[];
  readonly subusers: readonly Pick<Signing, "keys">[];
};

/**
 * Returns the keys that sign at the store. Without an upstream, the clients' own keys sign there,
 * too.
 */
function keysAtStore({ upstream, keys, subusers }: Signing): readonly string[] {
  if (upstream !== undefined) return [upstream.accessKey];
  return [...keys, ...subusers.flatMap((subuser) => subuser.keys)].map((key) => key.accessKey);
}

/** The place of the accounts that share a user of the store, and their names. */
type Sharing = { readonly document: ConfigDocument; readonly path: string; readonly names: string };

function sharingIn(files: readonly WholeFile[]): readonly Sharing[] {
  const accounts = files.flatMap(({ value }) => value.accounts);
  const shared = sharedUpstreams(accounts);
  if (shared.size === 0) return [];
  // A client's key in two accounts is a mistake of its own.
  const upstreams = new Set(accounts.map(({ upstream }) => upstream?.accessKey));
  return files.flatMap(({ document, value }) =>
    value.accounts.flatMap((account, i) => {
      const keys = keysAtStore(account).filter((key) => upstreams.has(key));
      const names = namesOf(
        keys.flatMap((key) => [shared.get(key) ?? []]),
        account.name,
      );
      if (names === undefined) return [];
      const path = `accounts[${i}].${account.upstream === undefined ? "name" : "upstream.accessKey"}`;
      return [{ document, path, names }];
    }),
  );
}

/** Warns at each account that shares its user of the store with another, and names the others. */
export function sharedUpstreamWarnings(files: readonly WholeFile[]): readonly Problem[] {
  return sharingIn(files).map(({ document, path, names }) => {
    const message = `The account has the same store user as ${names}: only bucket records keep them apart, and buckets without a record are refused`;
    return problemAt(document, path, { message, remedy: REMEDY });
  });
}

const REMEDY =
  "Give each account its own store user, or adopt every bucket that existed before the gateway";

/**
 * Complains of each such account if the gateway keeps no records (`kept`: true if it does). Then
 * nobody knows whose a bucket is, and each account could list, read and remove the others' buckets.
 */
export function sharedUpstreamProblems(
  files: readonly WholeFile[],
  kept: boolean,
): readonly Problem[] {
  if (kept) return [];
  return sharingIn(files).map(({ document, path, names }) => {
    const message = `The account has the same store user as ${names}, and buckets have no recorded owner: each could list, read and remove the other's buckets`;
    return problemAt(document, path, { message, remedy: KEEP });
  });
}

const KEEP =
  "Give each account its own store user, or set policy.bucketPolicies to gateway and configure state";

/** The most names in a message: nobody reads more. */
const NAMES_MAX = 3;

/**
 * Returns the text that names the accounts in `lists` but `own`; `undefined` if there is no other.
 * Ten thousand accounts may have one user of the store, and each has a message: so a list is not
 * copied, but for an account with several keys at the store.
 */
function namesOf(lists: readonly (readonly string[])[], own: string): string | undefined {
  const [first = [], ...rest] = lists;
  const all = rest.length === 0 ? first : [...new Set(lists.flat())];
  const shown: string[] = [];
  for (const name of all) {
    if (shown.length === NAMES_MAX) break;
    if (name !== own) shown.push(`"${name}"`);
  }
  if (shown.length === 0) return undefined;
  // The list has the account's own name, too.
  const left = all.length - 1 - shown.length;
  return `${shown.join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
}
