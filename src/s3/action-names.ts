import { fitting, globOf, wildcardParts } from "../lib/glob.ts";
import { NARROWER_ACTIONS, OPERATION_ALIASES } from "../lib/operation-aliases.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { nearest } from "../lib/suggestion.ts";
import { ACTIONS, type Action } from "./actions.ts";
import { isOperationName, OPERATION_LIST, type OperationName } from "./operations.ts";

/**
 * The names that a pattern covers: plain data, because a configuration comes from another thread.
 */
export type ActionMatcher = {
  readonly actions: ReadonlySet<Action>;
  readonly operations: ReadonlySet<OperationName>;
};

/** The meaning of one name. */
type Meaning = {
  /** The name with its prefix, as usually written. */
  readonly name: string;
  readonly actions: readonly Action[];
  readonly operations: readonly OperationName[];
};

/** Every name there is, by its lower-case form: IAM compares actions without case. */
const MEANINGS: ReadonlyMap<string, Meaning> = buildMeanings();

/**
 * Compiles one pattern of a list such as `policy.blockedActions`: an action, an operation or an
 * alias, exactly or with `*` and `?`, without regard to case ("IAM JSON policy elements: Action").
 * A pattern that matches an operation's name matches everything the operation asks, so that
 * `s3:DeleteObject` also stops deleting a version by DeleteObject.
 *
 * Policy statements (policy/actions.ts) read the same names otherwise, on purpose. Theirs must mean
 * what they mean on AWS, where a statement about DeleteObject says nothing of versions. A list of
 * blocked actions has no meaning elsewhere and can only deny, so here every reading counts. And a
 * name that no request can ever ask for is refused here, while a policy pasted from AWS may have it.
 *
 * The error says what is unknown, with the nearest name.
 */
export function actionPattern(text: string): Result<ActionMatcher, string> {
  const pattern = text.toLowerCase();
  const meanings = fitting(MEANINGS, globOf(wildcardParts(pattern)));
  if (meanings.length === 0) return err(unknownName(text, pattern));
  return ok({
    actions: new Set(meanings.flatMap((meaning) => meaning.actions)),
    operations: new Set(meanings.flatMap((meaning) => meaning.operations)),
  });
}

/**
 * Returns true if the pattern names `action` itself or the operation that needs it. Without an
 * operation only names of actions count.
 */
export function matchesAction(
  { actions, operations }: ActionMatcher,
  action: Action,
  operation?: OperationName,
): boolean {
  return actions.has(action) || (operation !== undefined && operations.has(operation));
}

/** The names that a pattern can match, as they are usually written. */
export const BLOCKABLE_NAMES: readonly string[] = [...MEANINGS.values()].map(({ name }) => name);

function buildMeanings(): ReadonlyMap<string, Meaning> {
  const meanings = new Map<string, Meaning>();
  const add = ({ name, actions, operations }: Meaning): void => {
    const known = meanings.get(name.toLowerCase());
    meanings.set(name.toLowerCase(), {
      name: known?.name ?? name,
      actions: [...(known?.actions ?? []), ...actions],
      operations: [...(known?.operations ?? []), ...operations],
    });
  };
  for (const action of ACTIONS) add({ name: action, actions: [action], operations: [] });
  for (const { name } of OPERATION_LIST) {
    add({ name: `s3:${name}`, actions: [], operations: [name] });
  }
  for (const [name, operations] of [...OPERATION_ALIASES, ...narrower()]) {
    add({ name, actions: [], operations: operations.filter(isOperationName) });
  }
  return meanings;
}

/** Returns the aliases of operations that are narrower than their action. */
function narrower(): readonly (readonly [string, readonly string[]])[] {
  return [...NARROWER_ACTIONS].map(([name, operation]) => [name, [operation]]);
}

function unknownName(text: string, pattern: string): string {
  if (/[*?]/.test(pattern)) return `Cannot find any S3 action that matches "${text}"`;
  // A missing prefix is no reason to suggest something else.
  const wanted = pattern.includes(":") ? pattern : `s3:${pattern}`;
  const near = nearest(wanted, BLOCKABLE_NAMES);
  const suggestion = near === undefined ? "" : `: did you mean "${near}"?`;
  return `Cannot find the S3 action "${text}"${suggestion}`;
}
