import type { NetworkRule } from "../policy/network.ts";
import type { PolicySet } from "../policy/policy-set.ts";
import type { Principal } from "../policy/principals.ts";
import type { Tier } from "../provider/tier.ts";
import type { ActionMatcher } from "../s3/action-names.ts";
import type { Federated } from "../session/session.ts";
import type { Credential } from "../signature/credential.ts";

/** An entry of a list of blocked or unsupported actions. */
export type ActionPattern = {
  /** The pattern as the operator wrote it, for the record of a denial. */
  readonly text: string;
  readonly matches: ActionMatcher;
};

/** The owner of keys: an account itself, or a user below it. */
export type Holder = {
  readonly name: string;
  /**
   * The tier: a ceiling, and also an allowance. `undefined` means everything for an account, and
   * only what policies allow for a user.
   */
  readonly tier: Tier | undefined;
  /** The holder's own identity policies, for a user together with its account's. */
  readonly policies: PolicySet;
  /** The holder's name in bucket policies. */
  readonly principal: Principal;
  /** The holder's rights whatever policies say. */
  readonly privileges: readonly Tier[];
  /** `aws:PrincipalTag`, by name in lower case; a user's own before its account's. */
  readonly tags: ReadonlyMap<string, string>;
  readonly networks: NetworkRule;
  readonly blockedActions: readonly ActionPattern[];
};

/** The facts that hold for every key of an account, those of its users included. */
export type Account = Holder & {
  /** The tenant of its user at the store, whose buckets bare names mean; "" is none. */
  readonly tenant: string;
  /**
   * The account's credential at the store; `undefined` if the client's own key signs upstream too.
   */
  readonly upstream: Credential | undefined;
  /** No key of it is good, nor of its subusers and sessions. */
  readonly disabled: boolean;
  /** The store takes it for another account, too: what no record says is its own is not its own. */
  readonly shares: boolean;
};

/** An access key and all facts about its holder. */
export type Key = {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly account: Account;
  /** The subuser; `undefined` for the account itself. */
  readonly subuser: Holder | undefined;
  readonly disabled: boolean;
  /** Milliseconds since the epoch; the key is good from `notBeforeMs` until before `expiresMs`. */
  readonly notBeforeMs: number | undefined;
  readonly expiresMs: number | undefined;
  /** The only `x-amz-security-token` this key may come with; `undefined` if none is allowed. */
  readonly sessionToken: string | undefined;
  readonly networks: NetworkRule;
  /**
   * The account's own key at the store, which signs there what this subuser's key may do here: the
   * store's mask of the subuser would refuse what a kept policy allows. Absent if the key itself
   * signs.
   */
  readonly signing?: Credential | undefined;
  /** True if its policies, which were looked up with it, need what only reading values tells. */
  readonly asksValues?: boolean;
  /** The session; absent if the key is not temporary. */
  readonly session?: KeySession | undefined;
};

/** The facts about a temporary key. */
export type KeySession = {
  /**
   * The role that its caller became; then `subuser` has the role's rights. Undefined: a user's own.
   */
  readonly role: Role | undefined;
  /** The name that the caller has given; `undefined` if it has none. */
  readonly name: string | undefined;
  /**
   * The session's policy, which can only take away from the holder's rights; `undefined` if it
   * takes nothing away.
   */
  readonly policy: PolicySet | undefined;
  /** The id of the key that began it (GetSessionToken); `undefined` of a role's session. */
  readonly parent: string | undefined;
  /** True if the policy depends on values that only reading headers and documents tells. */
  readonly asksValues: boolean;
  /** Milliseconds since the epoch. */
  readonly issuedMs: number;
  readonly sourceIdentity: string | undefined;
  readonly federated: Federated | undefined;
  /** The names and values of its tags as they were given, for the record. */
  readonly tags: ReadonlyMap<string, string>;
  readonly transitiveTags: readonly string[];
  /** The reason of its revocation, in the operator's words; absent if it is not revoked. */
  readonly revokedBy?: string;
  /** The policy's text, for the record. */
  readonly policyText: string | undefined;
};

/** A role that others can take on for a while. */
export type Role = {
  readonly name: string;
  /** `arn:aws:iam::account:role/name`. */
  readonly arn: string;
  readonly account: Account;
  /** The rights of its sessions; its `principal` is that of no session. */
  readonly holder: Holder;
  readonly groups: readonly string[];
  /** The policy of who may take on the role: see `trusts` in session/. */
  readonly trust: PolicySet;
  /** The longest time of a session, in milliseconds. */
  readonly maxSessionMs: number;
};

/** Returns the name of a role in requests and in policies. */
export function roleArn(account: string, role: string): string {
  return `arn:aws:iam::${account}:role/${role}`;
}

/** Returns the setting by which the key is not valid at `nowMs`; `undefined` if it is. */
export function whyNotInForce(
  { disabled, notBeforeMs, expiresMs }: Key,
  nowMs: number,
): "disabled" | "notBefore" | "expires" | undefined {
  if (disabled) return "disabled";
  if (notBeforeMs !== undefined && nowMs < notBeforeMs) return "notBefore";
  return expiresMs !== undefined && nowMs >= expiresMs ? "expires" : undefined;
}

/** Returns the holder of the key: the subuser, else the account. */
export function holderOf({ account, subuser }: Key): Holder {
  return subuser ?? account;
}

/** `account` or `account:subuser`; of a role's session `account:role/role:session`. */
export function holderName({ account, subuser, session }: Key): string {
  if (session?.role !== undefined) {
    return `${account.name}:role/${session.role.name}:${session.name}`;
  }
  return subuser === undefined ? account.name : `${account.name}:${subuser.name}`;
}
