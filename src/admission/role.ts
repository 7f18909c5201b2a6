import type { PolicySet } from "../policy/policy-set.ts";
import type { Account, Holder } from "./principal.ts";

/** What others may become for a while. */
export type Role = {
  readonly name: string;
  /** `arn:aws:iam::account:role/name`. */
  readonly arn: string;
  readonly account: Account;
  /** What its sessions may do; its `principal` is that of no session. */
  readonly holder: Holder;
  /** Who may become it: see `trusts` in session/. */
  readonly trust: PolicySet;
  /** How long a session lasts at most, in milliseconds. */
  readonly maxSessionMs: number;
};

/** How roles are named in requests and in policies. */
export function roleArn(account: string, role: string): string {
  return `arn:aws:iam::${account}:role/${role}`;
}
