import { exact } from "../lib/exact.ts";
import { type ActionSet, KNOWN_ACTIONS } from "./actions.ts";
import type { Policy, Statement } from "./policy.ts";
import { indexByPrefix, itemsFor, type PrefixIndex } from "./prefix-index.ts";
import { templatePrefix, type Template } from "./template.ts";

/**
 * Policies that are judged together, such as all of one identity, compiled once. The index only
 * says which statements are worth looking at: first by action, then by the literal beginning of
 * their resources. Whether they match is decided in evaluate.ts, for them as for any other.
 */
export type PolicySet = {
  /** The statements in the order of the policies. */
  readonly statements: readonly Statement[];
  readonly denies: StatementIndex;
  readonly allows: StatementIndex;
  /** True if some resource names a bucket with its tenant, as `tenant:bucket`. */
  readonly namesTenants: boolean;
  /** True if some resource may match `tenant:bucket` but not `bucket`. */
  readonly reachesTenants: boolean;
};

export type StatementIndex = {
  /**
   * The index; `undefined` if there is at most one statement, which costs less to look at than an
   * index.
   */
  readonly filed: FiledStatements | undefined;
  /** The statements for an action that is in no table. */
  readonly all: readonly (readonly Statement[])[];
};

type FiledStatements = {
  /**
   * The statements by action as AWS spells it. Actions with the same statements share their index.
   */
  readonly byAction: ReadonlyMap<string, PrefixIndex<Statement>>;
  /** The statements that name an operation, by its name, such as `HeadObject`. */
  readonly byOperation: ReadonlyMap<string, PrefixIndex<Statement>>;
};

/** Compiles the index over the statements of all `policies`. */
export function compilePolicies(policies: readonly Policy[]): PolicySet {
  const statements = sharingActions(policies.flatMap((policy) => policy.statements));
  return {
    statements,
    denies: indexOf(exact(statements.filter(({ effect }) => effect === "Deny"))),
    allows: indexOf(exact(statements.filter(({ effect }) => effect === "Allow"))),
    namesTenants: statements.some(({ resources }) => resources.patterns.some(namesTenant)),
    reachesTenants: statements.some(({ resources }) => resources.patterns.some(reachesTenant)),
  };
}

function namesTenant({ parts }: Template): boolean {
  for (const part of parts) {
    if (part.kind !== "text") continue;
    const slash = part.text.indexOf("/");
    if ((slash < 0 ? part.text : part.text.slice(0, slash)).includes(":")) return true;
    if (slash >= 0) return false;
  }
  return false;
}

/**
 * Returns true if a wildcard or a variable of the pattern may match a tenant and its colon. It may
 * not if all of the bucket's name is written, or if one `*` stands for all of it, which matches
 * both names or neither.
 */
function reachesTenant(pattern: Template): boolean {
  const [first, next] = pattern.parts;
  if (first?.kind === "text") {
    return namesTenant(pattern) || (next !== undefined && !first.text.includes("/"));
  }
  if (first?.kind !== "many" || next === undefined) return first?.kind !== "many";
  return next.kind !== "text" || !next.text.startsWith("/");
}

/** Returns true if the set has no statement. */
export function isEmpty(set: PolicySet): boolean {
  return set.statements.length === 0;
}

/** The statements that may match; those left out cannot. `relative`: see `relativeResource()`. */
export function candidates(
  index: StatementIndex,
  action: string,
  operation: string | undefined,
  relative: string,
): readonly (readonly Statement[])[] {
  const { filed, all } = index;
  if (filed === undefined || !KNOWN_ACTIONS.has(action)) return all;
  const byAction = filed.byAction.get(action);
  const lists = byAction === undefined ? NONE : itemsFor(byAction, relative);
  const named = operation === undefined ? undefined : filed.byOperation.get(operation);
  return named === undefined ? lists : [...lists, ...itemsFor(named, relative)];
}

const NONE: readonly (readonly Statement[])[] = [];

/**
 * Statements of the same actions share one set of them: a hundred sets of `s3:*` do not stay in a
 * processor's cache, so that looking into them would cost more than everything else.
 */
function sharingActions(statements: readonly Statement[]): readonly Statement[] {
  const shared = new Map<string, ActionSet>();
  return statements.map((statement) => {
    const { negated, set } = statement.actions;
    const content = set.patterns.join("\n");
    const first = shared.get(content) ?? set;
    if (first === set) {
      shared.set(content, set);
      return statement;
    }
    return { ...statement, actions: { negated, set: first } };
  });
}

function indexOf(statements: readonly Statement[]): StatementIndex {
  if (statements.length === 0) return NO_STATEMENTS;
  // Most buckets' policies, of which there may be hundreds of thousands.
  if (statements.length === 1) return { filed: undefined, all: [statements] };
  const byAction = new Map<string, Statement[]>();
  const byOperation = new Map<string, Statement[]>();
  for (const statement of statements) {
    const { negated, set } = statement.actions;
    if (negated) {
      for (const action of KNOWN_ACTIONS) {
        if (!set.actions.has(action)) file(byAction, action, statement);
      }
    } else {
      for (const action of set.actions) file(byAction, action, statement);
      for (const operation of set.operations) file(byOperation, operation, statement);
      for (const operation of set.narrowed) file(byOperation, operation, statement);
      for (const operation of set.unasked) file(byOperation, operation, statement);
    }
  }
  const shared = new Map<string, PrefixIndex<Statement>>();
  const numbers = new Map(statements.map((statement, number) => [statement, number]));
  return {
    filed: {
      byAction: indexLists(byAction, shared, numbers),
      byOperation: indexLists(byOperation, shared, numbers),
    },
    all: [statements],
  };
}

/** Most policies deny nothing. */
const NO_STATEMENTS: StatementIndex = { filed: undefined, all: [] };

function file(lists: Map<string, Statement[]>, name: string, statement: Statement): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [statement]);
  else list.push(statement);
}

/**
 * Builds one index for each different list: `s3:*` alone would otherwise be filed some 180 times.
 */
function indexLists(
  lists: ReadonlyMap<string, readonly Statement[]>,
  shared: Map<string, PrefixIndex<Statement>>,
  numbers: ReadonlyMap<Statement, number>,
): ReadonlyMap<string, PrefixIndex<Statement>> {
  const indexes = new Map<string, PrefixIndex<Statement>>();
  for (const [name, list] of lists) {
    const content = list.map((statement) => numbers.get(statement)).join();
    const index = shared.get(content) ?? indexByPrefix(list, resourcePrefixes);
    shared.set(content, index);
    indexes.set(name, index);
  }
  return indexes;
}

/**
 * Returns the beginnings that a resource needs in order to match; NotResource may match anything.
 */
function resourcePrefixes({ resources }: Statement): readonly string[] {
  return resources.negated ? [""] : resources.patterns.map(templatePrefix);
}
