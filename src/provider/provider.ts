import type { Switches } from "../policy/evaluate.ts";
import { matchesAction, type ActionMatcher } from "../s3/action-names.ts";
import type { Action } from "../s3/actions.ts";
import type { OperationName } from "../s3/operations.ts";
import type { PolicyDialect } from "./dialect.ts";
import type { PrincipalGrammar } from "./principals.ts";
import { tierGrants, type Tier } from "./tier.ts";

/**
 * An access model as data (S3-AUTHORIZATION section 5): what a file of config/providers says,
 * read and checked. Code knows these switches and no provider's name.
 */
export type Provider = {
  readonly name: string;
  readonly tiers: ReadonlyMap<string, Tier>;
  /** What an account's own keys may do at most; undefined: everything. */
  readonly accountTier: Tier | undefined;
  /** `union`: a policy may lift a subuser above its tier. */
  readonly tierMode: "ceiling" | "union";
  /** What deleting a version needs: DeleteObjectVersion, or DeleteObject as well. */
  readonly deleteVersionMode: "sar" | "both";
  /** Whether an owner may manage a bucket's policy whatever that policy denies. */
  readonly ownerPolicyEscape: boolean;
  /** Whether a bucket's policy can let other accounts manage it, or none but the owner's ever may. */
  readonly policyDelegation: boolean;
  /**
   * Who may put and delete a bucket's policy. `account`: whoever the other rules allow. `privilege`:
   * only who has a privilege for it, or whom the bucket's policy names for it.
   */
  readonly policyManagers: "account" | "privilege";
  /** What another account's caller needs: an Allow on both sides, or the bucket's alone. */
  readonly crossAccount: "both" | "resource";
  /**
   * Whether the store's ACLs may let a caller into another account's bucket of which the kept policy
   * says nothing: the request then goes on under the caller's own key. Only into the
   * bucket of another tenant of the store, who is another user of it.
   */
  readonly storeAcls: boolean;
  /**
   * `grant`: a bucket policy adds to what callers may do. `restrict`: without one every known
   * caller may; with one only whom it names.
   */
  readonly bucketPolicyRole: "grant" | "restrict";
  /** What a refused credential is told: S3's own codes, or AccessDenied for all. */
  readonly authErrors: "aws" | "opaque";
  /** Whether a copy that takes its source's tags along must be allowed to read them. */
  readonly copyReadsTags: boolean;
  /** Whether GetObjectAttributes must also be allowed to read the object, as on AWS. */
  readonly attributesReadObjects: boolean;
  /** What GetBucketLocation answers of every bucket; undefined: what the store says. */
  readonly bucketLocation: string | undefined;
  /** What aws:username is of a subuser's key: its own name, or its account's. */
  readonly username: "subuser" | "account";
  /** Whether `tenant:bucket` is an address. */
  readonly tenantAddressing: boolean;
  /** Whether two tenants may each have a bucket of the same name. */
  readonly bucketNames: "global" | "tenant";
  readonly presigned: PresignedRules;
  /** Undefined: no cap of the provider's own. */
  readonly maxKeys: MaxKeysRule | undefined;
  readonly anonymous: AnonymousRule;
  readonly blockedActions: readonly BlockedAction[];
  /** Answered 501 instead of a success without effect. */
  readonly unsupported: readonly NamedAction[];
  /** Actions that a privilege permits whatever a policy says, by the privilege's name. */
  readonly privileges: ReadonlyMap<string, Tier>;
  /** What holds where gateway.yaml says nothing. */
  readonly defaults: {
    readonly signatures: readonly ("v4" | "v2")[];
    readonly bucketPolicies: "upstream" | "gateway";
  };
  /** What only the operator can add, and what is lost of the model without it. */
  readonly needs: ProviderNeeds;
  /** What evaluate() is to be told. */
  readonly switches: Switches;
  readonly dialect: PolicyDialect;
  readonly principals: PrincipalGrammar;
};

/** Settings that a provider's document rests on, by name; absent: it does not need that one. */
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
  /** What happens without it, as a clause. */
  readonly without: string;
};

export type PresignedRules = {
  /** From 0, "valid in the same second". */
  readonly expirySecondsMin: number;
  readonly expirySecondsMax: number;
  /** From now to `Expires` of a version 2 URL, which has no limit of its own. */
  readonly v2SecondsMax: number | undefined;
  readonly v2: boolean;
};

/** What happens to a listing that asks for more. */
export type MaxKeysRule = { readonly cap: number; readonly excess: "clamp" | "refuse" };

export type AnonymousRule = {
  /** `policy`: what a bucket policy allows; `upstream`: forwarded unsigned. */
  readonly access: "deny" | "policy" | "upstream";
  /** What an anonymous caller may do at most. */
  readonly ceiling: Tier | undefined;
};

export type NamedAction = { readonly text: string; readonly matches: ActionMatcher };

export type BlockedAction = NamedAction & {
  /** Tiers whose keys are not concerned. */
  readonly exceptTiers: ReadonlySet<string>;
};

/** Before a privilege's name where an operator's console spells it out: `PRIVILEGE_S3_BUCKETS_READ`. */
const PRIVILEGE = "PRIVILEGE_";

/** The privilege of that name, in either spelling; undefined: there is none. */
export function privilegeNamed({ privileges }: Provider, name: string): Tier | undefined {
  const short = name.startsWith(PRIVILEGE) ? name.slice(PRIVILEGE.length) : name;
  return privileges.get(short);
}

/** Whether one of the privileges permits to replace or delete a bucket's policy, whatever that says. */
export function mendsPolicies(privileges: readonly Tier[]): boolean {
  return privileges.some((privilege) =>
    (["PutBucketPolicy", "DeleteBucketPolicy"] as const).some((operation) =>
      tierGrants(privilege, `s3:${operation}`, operation),
    ),
  );
}

/**
 * The row by which the provider blocks the action for a key of this tier (undefined: an account's
 * own, without one); undefined if none does.
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
