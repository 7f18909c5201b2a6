import type { ActionSet } from "./actions.ts";
import type { Condition, Effect } from "./condition.ts";
import type { Principals } from "./principals.ts";
import type { Template } from "./template.ts";

/** A policy that was read and found good: whatever is in it will be evaluated. */
export type Policy = {
  readonly file: string;
  readonly kind: PolicyKind;
  readonly id: string | undefined;
  readonly statements: readonly Statement[];
};

/**
 * Whom a policy speaks of: its holder ("identity"), or whoever it names ("bucket", and "trust": who may
 * become a role).
 */
export type PolicyKind = "identity" | "bucket" | "trust";

export type Statement = {
  readonly place: StatementRef;
  readonly effect: Effect;
  /** Undefined in identity policies, which are about whoever has them. */
  readonly principals: Principals | undefined;
  /** `negated`: NotAction. */
  readonly actions: { readonly negated: boolean; readonly set: ActionSet };
  /** `negated`: NotResource. Patterns of what follows `arn:aws:s3:::`. */
  readonly resources: { readonly negated: boolean; readonly patterns: readonly Template[] };
  /** All must hold. */
  readonly conditions: readonly Condition[];
};

/** Where a statement stands, for audit lines and explanations. */
export type StatementRef = {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly sid: string | undefined;
  /** From 0, in its own policy. */
  readonly index: number;
};
