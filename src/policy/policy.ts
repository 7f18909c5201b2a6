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
 * The kind of a policy: it is about its holder ("identity"), about the principals it names
 * ("bucket"), or about who may take on a role ("trust").
 */
export type PolicyKind = "identity" | "bucket" | "trust";

export type Statement = {
  readonly place: StatementRef;
  readonly effect: Effect;
  /** The principals; `undefined` in identity policies, which are about their holder. */
  readonly principals: Principals | undefined;
  /** `negated`: NotAction. */
  readonly actions: { readonly negated: boolean; readonly set: ActionSet };
  /** The resources; `negated`: NotResource. Patterns of the text after `arn:aws:s3:::`. */
  readonly resources: { readonly negated: boolean; readonly patterns: readonly Template[] };
  /** All must hold. */
  readonly conditions: readonly Condition[];
};

/** The place of a statement, for audit lines and explanations. */
export type StatementRef = {
  readonly file: string;
  /** The line, counted from 1. */
  readonly line: number;
  readonly sid: string | undefined;
  /** The index in its own policy, counted from 0. */
  readonly index: number;
};
