import type { NetworkRule } from "../policy/network.ts";
import type { PolicySet } from "../policy/policy-set.ts";
import type { Tier } from "../policy/tier.ts";
import type { ActionMatcher } from "../s3/action-names.ts";
import type { Credential } from "../signature/credential.ts";

/** One entry of a list of blocked or unsupported actions. */
export type ActionPattern = {
  /** As the operator wrote it, for the record of a denial. */
  readonly text: string;
  readonly matches: ActionMatcher;
};

/** What holds for every key of an account, those of its subusers included. */
export type Account = {
  readonly name: string;
  /** How the store sees this account; undefined: the client's own key signs upstream too. */
  readonly upstream: Credential | undefined;
  readonly networks: NetworkRule;
  /** Blocked for everybody of the account. */
  readonly blockedActions: readonly ActionPattern[];
  /** Identity policies of the account, for everybody in it. */
  readonly policies: PolicySet;
};

/** A user below an account, who acts as the account as far as the tier goes. */
export type Subuser = {
  readonly name: string;
  /** What it may do at most, and also may; undefined: an IAM-style user, who needs a policy. */
  readonly tier: Tier | undefined;
  /** Its own identity policies together with its account's. */
  readonly policies: PolicySet;
  readonly networks: NetworkRule;
  readonly blockedActions: readonly ActionPattern[];
};

/** One access key and everything that is known of whoever holds it. */
export type Key = {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly account: Account;
  /** Undefined: the account itself. */
  readonly subuser: Subuser | undefined;
  readonly disabled: boolean;
  /** Milliseconds since the epoch; the key is good from `notBeforeMs` until before `expiresMs`. */
  readonly notBeforeMs: number | undefined;
  readonly expiresMs: number | undefined;
  /** The only `x-amz-security-token` this key may come with; undefined: none. */
  readonly sessionToken: string | undefined;
  readonly networks: NetworkRule;
};
