import { ok, type Result } from "../lib/result.ts";
import { type ActionFault, type ActionSet, compileActions } from "../policy/actions.ts";
import type { Action } from "../s3/actions.ts";
import { operationNamed, type OperationName } from "../s3/operations.ts";

/** A named set of actions: the access type of a subuser, a share's permissions, a privilege. */
export type Tier = {
  /** `READ`, `WRITE`, `READWRITE`, `FULL`, or another name of a provider or operator. */
  readonly name: string;
  /**
   * The kind. `access`: the rights of a key, and, as the tier mode says, its ceiling. `ceiling`:
   * the most that anybody may do, in either mode; it allows nothing by itself.
   */
  readonly kind: "access" | "ceiling";
  /** The patterns as written, with groups written out. */
  readonly patterns: readonly string[];
  /** All that the patterns name, operations too. */
  readonly set: ActionSet;
  /** True if names of operations are permissions here. */
  readonly operationNames: boolean;
  /**
   * The only operations that it is about, whatever they ask for; `undefined` if it is about any.
   */
  readonly within?: ReadonlySet<OperationName> | undefined;
};

/** The text of a tier: its action patterns, and what they may name. */
export type TierText = Omit<Tier, "set">;

/**
 * A tier of action patterns such as `s3:Get*`, expanded so that a decision is a look-up. The error
 * is that of compileActions().
 */
export function compileTier(text: TierText): Result<Tier, ActionFault> {
  const set = compileActions(text.patterns);
  return set.ok ? ok({ ...text, set: set.value }) : set;
}

/**
 * Returns true if `tier` includes the action that `operation` asks for (S3-AUTHORIZATION section
 * 4.3, gate 6). If names of operations are permissions, a name stands for what its operation always
 * needs, and not for what headers add or for versions. So s3:CreateMultipartUpload is no way to
 * PutObjectAcl, nor s3:DeleteObjects one to DeleteObjectVersion (section 5.4, "only those
 * operations").
 */
export function tierGrants(tier: Tier, action: Action, operation: OperationName): boolean {
  if (tier.within?.has(operation) === false) return false;
  const { actions, narrowed, operations } = tier.set;
  if (actions.has(action) || narrowed.has(operation)) return true;
  return tier.operationNames && operations.has(operation) && isOwnAction(operation, action);
}

/**
 * Returns true if `action` is the operation's own, and not one that its headers or a version add.
 */
export function isOwnAction(operation: OperationName, action: string): boolean {
  const own: readonly string[] = FROM_BODY[operation] ?? operationNamed(operation).actions;
  return own.includes(action);
}

/** Operations whose rows ask for nothing, because it stands in the body. */
const FROM_BODY: Partial<Record<OperationName, readonly Action[]>> = {
  DeleteObjects: ["s3:DeleteObject"],
  PostObject: ["s3:PutObject"],
};
