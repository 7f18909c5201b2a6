import type { Problem } from "../lib/problem.ts";
import type { WholeFile } from "./buckets.ts";
import type { AccountConfig } from "./config.ts";
import { problemAt } from "./issues.ts";

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

/** Without an upstream, the clients' own keys sign there, too. */
function keysAtStore({ upstream, keys, subusers }: Signing): readonly string[] {
  if (upstream !== undefined) return [upstream.accessKey];
  return [...keys, ...subusers.flatMap((subuser) => subuser.keys)].map((key) => key.accessKey);
}

/** Warns at each account that shares its user of the store with another, and names the others. */
export function sharedUpstreamWarnings(files: readonly WholeFile[]): readonly Problem[] {
  const shared = sharedUpstreams(files.flatMap(({ value }) => value.accounts));
  if (shared.size === 0) return [];
  return files.flatMap(({ document, value }) =>
    value.accounts.flatMap((account, i) => {
      const sharing = keysAtStore(account).flatMap((key) => shared.get(key) ?? []);
      const others = [...new Set(sharing)].filter((other) => other !== account.name);
      if (others.length === 0) return [];
      const path = `accounts[${i}].${account.upstream === undefined ? "name" : "upstream.accessKey"}`;
      return [problemAt(document, path, { message: messageOf(others), remedy: REMEDY })];
    }),
  );
}

/** More names than anybody reads. */
const NAMES_MAX = 3;

function messageOf(others: readonly string[]): string {
  const more = others.length > NAMES_MAX ? ` and ${others.length - NAMES_MAX} more` : "";
  const names = `${others
    .slice(0, NAMES_MAX)
    .map((name) => `"${name}"`)
    .join(", ")}${more}`;
  return `The account has the same user of the store as ${names}: each can use every bucket of that user that has no record here`;
}

const REMEDY =
  "Give each account a user of its own at the store, or adopt every bucket that was there before";
