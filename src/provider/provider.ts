import type { Switches } from "../policy/evaluate.ts";
import { matchesAction, type ActionMatcher } from "../s3/action-names.ts";
import type { Action } from "../s3/actions.ts";
import type { OperationName } from "../s3/operations.ts";
import type { PolicyDialect } from "./dialect.ts";
import type { PrincipalGrammar } from "./principals.ts";
import { tierGrants, type Tier } from "./tier.ts";

/**
 * An access model as data (S3-AUTHORIZATION section 5): the content of a file of config/providers,
 * read and checked. Code knows these switches and no provider's name.
 */
export type Provider = {
  readonly name: string;
  readonly tiers: ReadonlyMap<string, Tier>;
  /** The most that an account's own keys may do; `undefined` if that is everything. */
  readonly accountTier: Tier | undefined;
  /** `union`: a policy may lift a subuser above its tier. */
  readonly tierMode: "ceiling" | "union";
  /** The permission to delete a version: DeleteObjectVersion, or DeleteObject as well. */
  readonly deleteVersionMode: "sar" | "both";
  /** True if an owner may manage a bucket's policy whatever that policy denies. */
  readonly ownerPolicyEscape: boolean;
  /**
   * True if a bucket's policy can let other accounts manage it; false if only the owner ever may.
   */
  readonly policyDelegation: boolean;
  /**
   * The callers who may put and delete a bucket's policy. `account`: any that the other rules
   * allow. `privilege`: only one with a privilege for it, or one that the bucket's policy names for
   * it.
   */
  readonly policyManagers: "account" | "privilege";
  /** The need of another account's caller: an Allow on both sides, or the bucket's alone. */
  readonly crossAccount: "both" | "resource";
  /**
   * True if the store's ACLs may let a caller into another account's bucket whose kept policy says
   * nothing of it: the request then goes on under the caller's own key. Only into the bucket of
   * another tenant of the store, who is another user of it.
   */
  readonly storeAcls: boolean;
  /**
   * The effect of a bucket policy. `grant`: it adds to what callers may do. `restrict`: without one
   * every known caller is allowed; with one only the callers it names.
   */
  readonly bucketPolicyRole: "grant" | "restrict";
  /** The answer to a refused credential: S3's own codes, or AccessDenied for all. */
  readonly authErrors: "aws" | "opaque";
  /** True if a copy that takes its source's tags along must be allowed to read them. */
  readonly copyReadsTags: boolean;
  /** True if GetObjectAttributes must also be allowed to read the object, as on AWS. */
  readonly attributesReadObjects: boolean;
  /** The answer of GetBucketLocation for every bucket; `undefined` if the store answers. */
  readonly bucketLocation: string | undefined;
  /** The value of aws:username for a subuser's key: its own name, or its account's. */
  readonly username: "subuser" | "account";
  /** True if `tenant:bucket` is an address. */
  readonly tenantAddressing: boolean;
  /** The scope of a bucket's name: two tenants may each have a bucket of the same name, or not. */
  readonly bucketNames: "global" | "tenant";
  readonly presigned: PresignedRules;
  /** The cap of max-keys; `undefined` if the provider has none of its own. */
  readonly maxKeys: MaxKeysRule | undefined;
  readonly anonymous: AnonymousRule;
  readonly blockedActions: readonly BlockedAction[];
  /** The actions answered 501 instead of a success without effect. */
  readonly unsupported: readonly NamedAction[];
  /** Actions that a privilege permits whatever a policy says, by the privilege's name. */
  readonly privileges: ReadonlyMap<string, Tier>;
  /** The settings that apply if gateway.yaml says nothing. */
  readonly defaults: {
    readonly signatures: readonly ("v4" | "v2")[];
    readonly bucketPolicies: "upstream" | "gateway";
  };
  /** The settings that only the operator can add, and the loss for the model without each. */
  readonly needs: ProviderNeeds;
  /** The switches for evaluate(). */
  readonly switches: Switches;
  readonly dialect: PolicyDialect;
  readonly principals: PrincipalGrammar;
};

/**
 * The settings that a provider's document depends on, by name; absent if it does not need that one.
 */
export type ProviderNeeds = Readonly<
  Partial<
    Record<
      "bucketPolicies" | "accountDomains" | "state" | "privileges" | "groups",
      ProviderNeed | undefined
    >
  >
>;

export type ProviderNeed = {
  /** `model`: nothing of the document holds without it; `part`: a part does not. */
  readonly level: "model" | "part";
  /** The consequence of leaving it out, as a clause. */
  readonly without: string;
};

export type PresignedRules = {
  /** The shortest lifetime: from 0, "valid in the same second". */
  readonly expirySecondsMin: number;
  readonly expirySecondsMax: number;
  /** The longest time from now to `Expires` of a version 2 URL, which has no limit of its own. */
  readonly v2SecondsMax: number | undefined;
  readonly v2: boolean;
};

/** The treatment of a listing that asks for more. */
export type MaxKeysRule = { readonly cap: number; readonly excess: "clamp" | "refuse" };

export type AnonymousRule = {
  /**
   * The access of anonymous callers. `policy`: what a bucket policy allows; `upstream`: forwarded
   * unsigned.
   */
  readonly access: "deny" | "policy" | "upstream";
  /** The most that an anonymous caller may do. */
  readonly ceiling: Tier | undefined;
};

export type NamedAction = { readonly text: string; readonly matches: ActionMatcher };

export type BlockedAction = NamedAction & {
  /** Tiers whose keys are not concerned. */
  readonly exceptTiers: ReadonlySet<string>;
};

/**
 * The prefix of a privilege's name that an operator's console spells out:
 * `PRIVILEGE_S3_BUCKETS_READ`.
 */
const PRIVILEGE = "PRIVILEGE_";

/** Returns the privilege of that name, in either spelling; `undefined` if there is none. */
export function privilegeNamed({ privileges }: Provider, name: string): Tier | undefined {
  const short = name.startsWith(PRIVILEGE) ? name.slice(PRIVILEGE.length) : name;
  return privileges.get(short);
}

/**
 * Returns true if one of the privileges permits to replace or delete a bucket's policy, whatever
 * that policy says.
 */
export function permitsPolicyChanges(privileges: readonly Tier[]): boolean {
  return privileges.some((privilege) =>
    (["PutBucketPolicy", "DeleteBucketPolicy"] as const).some((operation) =>
      tierGrants(privilege, `s3:${operation}`, operation),
    ),
  );
}

/**
 * Returns the row by which the provider blocks the action for a key of this tier (`undefined` for
 * an account's own, without one); `undefined` if none does.
 */
export function blockingAction(
  { blockedActions }: Provider,
  tierName: string | undefined,
  action: Action,
  operation: OperationName,
): BlockedAction | undefined {
  return blockedActions.find(
    ({ matches, exceptTiers }) =>
      matchesAction(matches, action, operation) &&
      (tierName === undefined || !exceptTiers.has(tierName)),
  );
}
