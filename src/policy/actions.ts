import { fitting, type Glob, globOf, matchesGlob, wildcardParts } from "../lib/glob.ts";
import { NARROWER_ACTIONS, OPERATION_ALIASES } from "../lib/operation-aliases.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Remedy } from "../lib/suggestion.ts";
import {
  ACTION_ALIASES,
  BUCKET_ACTIONS,
  FOREIGN_ACTIONS,
  FOREIGN_BUCKET_ACTIONS,
  OBJECT_ACTIONS,
  OPERATION_NAMES,
  OTHER_ACTIONS,
  UNASKED_ACTIONS,
} from "./action-names.ts";

/**
 * The actions and operations that a list of patterns names. Actions as `s3:GetObject`, operations
 * as `HeadObject`.
 */
export type ActionSet = {
  /** The patterns in lower case. Sets of the same patterns name the same. */
  readonly patterns: readonly string[];
  /** Every known action that a pattern matches, spelled as AWS does. */
  readonly actions: ReadonlySet<string>;
  /** The operations named by a pattern that fits no action; they count if a dialect says so. */
  readonly operations: ReadonlySet<string>;
  /** Operations named by another system's narrower action; they always count. */
  readonly narrowed: ReadonlySet<string>;
  /** Operations of the actions that no request asks for; they count where `operations` do. */
  readonly unasked: ReadonlySet<string>;
  /** The patterns compiled, for actions that are not in the tables yet. */
  readonly globs: readonly Glob[];
};

export type ActionFault = { readonly message: string; readonly remedy: Remedy };

/** The level of something in a set: it is asked of a bucket, of an object, or of something else. */
export type ActionLevel = "bucket" | "object" | "other";

/**
 * Compiles action patterns: `*`, or a literal service prefix with `*` and `?` in the name, in any
 * letter case (S3-AUTHORIZATION section 3.2). A pattern that fits actions is about actions only, as
 * on AWS: `s3:Create*` is about CreateBucket, not about the operation CreateMultipartUpload. Only
 * one that fits none (`s3:HeadObject`, `s3:Head*`) is read as naming operations, so that a Deny
 * which names one is never without effect (section 1.6). The error says which pattern fits nothing
 * known.
 */
export function compileActions(patterns: readonly string[]): Result<ActionSet, ActionFault> {
  const actions = new Set<string>();
  const operations = new Set<string>();
  const narrowed = new Set<string>();
  const unasked = new Set<string>();
  const globs: Glob[] = [];
  const lowers = patterns.map((pattern) => pattern.toLowerCase());
  for (const [index, lower] of lowers.entries()) {
    const glob = globOf(wildcardParts(lower));
    const meaning = meaningOf(lower, glob);
    if (meaning === undefined) return err(unknownAction(patterns[index] ?? ""));
    for (const action of meaning.actions) {
      actions.add(action);
      const operation = UNASKED_ACTIONS.get(action);
      if (operation !== undefined) unasked.add(operation);
    }
    for (const operation of meaning.operations) operations.add(operation);
    if (meaning.narrowed !== undefined) narrowed.add(meaning.narrowed);
    globs.push(glob);
  }
  return ok({ patterns: lowers, actions, operations, narrowed, unasked, globs });
}

/** Returns true if the pattern means anything known: `compileActions()` of it alone succeeds. */
export function isAboutActions(pattern: string): boolean {
  const lower = pattern.toLowerCase();
  return meaningOf(lower, globOf(wildcardParts(lower))) !== undefined;
}

/**
 * Returns true if `set` names the action, or (if `operationNames` is on) the operation that asks
 * for it. `action` as AWS spells it, `operation` without a prefix, such as `HeadObject`.
 */
export function namesAction(
  set: ActionSet,
  action: string,
  operation: string | undefined,
  operationNames: boolean,
): boolean {
  if (set.actions.has(action)) return true;
  if (operation !== undefined) {
    if (set.narrowed.has(operation)) return true;
    if (operationNames && (set.operations.has(operation) || set.unasked.has(operation)))
      return true;
  }
  return !KNOWN_ACTIONS.has(action) && fitsAny(set.globs, action.toLowerCase());
}

/** Returns the kind of resource that a set naming `action` can be about. */
export function levelOf(action: string): ActionLevel {
  return LEVELS.get(action) ?? "other";
}

type Meaning = {
  readonly actions: readonly string[];
  readonly operations: readonly string[];
  readonly narrowed: string | undefined;
};

const NONE: readonly string[] = [];

/** Returns the meaning of a pattern; `undefined` if it means nothing known. */
function meaningOf(lower: string, glob: Glob): Meaning | undefined {
  const narrower = NARROWER_BY_LOWER.get(lower);
  if (narrower !== undefined) return { actions: NONE, operations: NONE, narrowed: narrower };
  const alias = ACTION_ALIASES.get(lower);
  if (alias !== undefined) return { actions: [alias], operations: NONE, narrowed: undefined };
  if (lower !== "*" && !PREFIXES.some((prefix) => lower.startsWith(prefix))) return undefined;
  const actions = fitting(KNOWN_BY_LOWER, glob);
  if (actions.length > 0) return { actions, operations: NONE, narrowed: undefined };
  const operations = ALIASES_BY_LOWER.get(lower) ?? fitting(OPERATIONS_BY_LOWER, glob);
  return operations.length > 0 ? { actions, operations, narrowed: undefined } : undefined;
}

function fitsAny(globs: readonly Glob[], text: string): boolean {
  for (const glob of globs) if (matchesGlob(glob, text)) return true;
  return false;
}

function unknownAction(pattern: string): ActionFault {
  return {
    message: `Policy has invalid action: got "${pattern}"`,
    remedy: {
      name: pattern.includes(":") ? pattern : `s3:${pattern}`,
      candidates: () => [...KNOWN_ACTIONS, ...OPERATION_NAMES.map((name) => `s3:${name}`)],
      otherwise: "Name an S3 action, such as s3:GetObject, or s3:*",
    },
  };
}

const PREFIXES: readonly string[] = ["s3:", "s3express:", "s3-object-lambda:"];

const LEVELS: ReadonlyMap<string, ActionLevel> = new Map<string, ActionLevel>([
  ...BUCKET_ACTIONS.map((name) => [`s3:${name}`, "bucket"] as const),
  ...OBJECT_ACTIONS.map((name) => [`s3:${name}`, "object"] as const),
  ...OTHER_ACTIONS.map((name) => [`s3:${name}`, "other"] as const),
  ...FOREIGN_BUCKET_ACTIONS.map((name) => [name, "bucket"] as const),
  ...FOREIGN_ACTIONS.map((name) => [name, "other"] as const),
]);

/** Every action that a policy can name, as AWS spells it. */
export const KNOWN_ACTIONS: ReadonlySet<string> = new Set(LEVELS.keys());

const KNOWN_BY_LOWER: ReadonlyMap<string, string> = new Map(
  [...KNOWN_ACTIONS].map((name) => [name.toLowerCase(), name]),
);

const OPERATIONS_BY_LOWER: ReadonlyMap<string, string> = new Map(
  OPERATION_NAMES.map((name) => [`s3:${name.toLowerCase()}`, name]),
);

const ALIASES_BY_LOWER = byLower(OPERATION_ALIASES);
const NARROWER_BY_LOWER = byLower(NARROWER_ACTIONS);

function byLower<T>(named: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map([...named].map(([name, value]) => [name.toLowerCase(), value]));
}
