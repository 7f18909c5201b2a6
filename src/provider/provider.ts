import type { ActionSet } from "../policy/actions.ts";
import type { Switches } from "../policy/evaluate.ts";
import type { Tier } from "../policy/tier.ts";
import type { ActionMatcher } from "../s3/action-names.ts";
import type { Action } from "../s3/actions.ts";
import { operationNamed, type OperationName } from "../s3/operations.ts";
import type { PolicyDialect } from "./dialect.ts";
import type { PrincipalGrammar } from "./principals.ts";

/**
 * An access model as data (S3-AUTHORIZATION section 5): what a file of config/providers says,
 * read and checked. Code knows these switches and no provider's name.
 */
export type Provider = {
  readonly name: string;
  readonly tiers: ReadonlyMap<string, ProviderTier>;
  /** What an account's own keys may do at most; undefined: everything. */
  readonly accountTier: ProviderTier | undefined;
  /** `union`: a policy may lift a subuser above its tier. */
  readonly tierMode: "ceiling" | "union";
  /** What deleting a version needs: DeleteObjectVersion, or DeleteObject as well. */
  readonly deleteVersionMode: "sar" | "both";
  /** Whether an owner may manage a bucket's policy whatever that policy denies. */
  readonly ownerPolicyEscape: boolean;
  /** What another account's caller needs: an Allow on both sides, or the bucket's alone. */
  readonly crossAccount: "both" | "resource";
  /**
   * `grant`: a bucket policy adds to what callers may do. `restrict`: without one every known
   * caller may; with one only whom it names.
   */
  readonly bucketPolicyRole: "grant" | "restrict";
  /** What a refused credential is told: S3's own codes, or AccessDenied for all. */
  readonly authErrors: "aws" | "opaque";
  /** Whether `tenant:bucket` is an address. */
  readonly tenantAddressing: boolean;
  readonly presigned: PresignedRules;
  /** Undefined: no cap of the provider's own. */
  readonly maxKeys: MaxKeysRule | undefined;
  readonly anonymous: AnonymousRule;
  readonly blockedActions: readonly BlockedAction[];
  /** Answered 501 instead of a success without effect. */
  readonly unsupported: readonly NamedAction[];
  /** Actions that a privilege permits whatever a policy says, by the privilege's name. */
  readonly privileges: ReadonlyMap<string, ProviderTier>;
  /** What evaluate() is to be told. */
  readonly switches: Switches;
  readonly dialect: PolicyDialect;
  readonly principals: PrincipalGrammar;
};

/**
 * `access`: what a key may do, and, as the tier mode says, the most it may do. `ceiling`: the
 * most that anybody may do, in either mode; it allows nothing by itself.
 */
export type ProviderTier = Tier & {
  readonly kind: "access" | "ceiling";
  /** As the provider's file has them, groups written out. */
  readonly patterns: readonly string[];
  /** All that the patterns name, operations too. */
  readonly set: ActionSet;
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
  readonly ceiling: ProviderTier | undefined;
};

export type NamedAction = { readonly text: string; readonly matches: ActionMatcher };

export type BlockedAction = NamedAction & {
  /** Tiers whose keys are not concerned. */
  readonly exceptTiers: ReadonlySet<string>;
};

/**
 * Whether `tier` includes the action that `operation` asks for. Where the provider takes the names
 * of operations for permissions, a name stands for what its operation always needs, and not for
 * what headers add or for versions: s3:CreateMultipartUpload is no way to PutObjectAcl, nor
 * s3:DeleteObjects one to DeleteObjectVersion (section 5.4, "only those operations").
 */
export function tierGrants(
  provider: Provider,
  tier: ProviderTier,
  action: Action,
  operation: OperationName,
): boolean {
  const { actions, narrowed, operations } = tier.set;
  if (actions.has(action) || narrowed.has(operation)) return true;
  const named = provider.switches.operationNames && operations.has(operation);
  return named && isOwnAction(operation, action);
}

/** Whether one of the caller's `privileges` permits the action, over any policy (section 5.2). */
export function privilegeGrants(
  provider: Provider,
  privileges: readonly string[],
  action: Action,
  operation: OperationName,
): boolean {
  return privileges.some((name) => {
    const privilege = provider.privileges.get(name);
    return privilege !== undefined && tierGrants(provider, privilege, action, operation);
  });
}

/** Whether the provider blocks the action for a key of this tier (undefined: an account's own). */
export function isBlocked(
  provider: Provider,
  tierName: string | undefined,
  action: Action,
  operation: OperationName,
): boolean {
  return provider.blockedActions.some(
    ({ matches, exceptTiers }) =>
      matches(action, operation) && (tierName === undefined || !exceptTiers.has(tierName)),
  );
}

/** Whether `action` is what `operation` itself is, and not what its headers or a version add. */
export function isOwnAction(operation: OperationName, action: string): boolean {
  return ownActions(operation).some((own) => own === action);
}

function ownActions(operation: OperationName): readonly Action[] {
  return FROM_BODY[operation] ?? operationNamed(operation).actions;
}

/** Operations whose rows ask for nothing, because it stands in the body. */
const FROM_BODY: Partial<Record<OperationName, readonly Action[]>> = {
  DeleteObjects: ["s3:DeleteObject"],
  PostObject: ["s3:PutObject"],
};
