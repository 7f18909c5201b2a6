import { err, ok, type Result } from "../lib/result.ts";
import { ACTIONS, type Action } from "./actions.ts";
import { OPERATION_LIST, type OperationName } from "./operations.ts";

/**
 * Whether a pattern names `action` itself or, where one asks, the operation that needs it.
 * Without an operation only names of actions count.
 */
export type ActionMatcher = (action: Action, operation?: OperationName) => boolean;

/** What one name stands for. */
type Meaning = {
  /** With its prefix, as it is usually written. */
  readonly name: string;
  readonly actions: readonly Action[];
  readonly operations: readonly OperationName[];
};

/**
 * Names that other systems use for actions or that AWS used earlier, where they are not already an
 * operation's: Ceph, MinIO, Qumulo, Coscine, Atman, Scaleway.
 */
const ALIASES: ReadonlyMap<string, readonly OperationName[]> = new Map<
  string,
  readonly OperationName[]
>([
  ["s3:DeleteMultipleObjects", ["DeleteObjects"]],
  ["s3:DeleteReplicationConfiguration", ["DeleteBucketReplication"]],
  ["s3:GetBucketLifecycle", ["GetBucketLifecycleConfiguration"]],
  ["s3:GetObjectVersionTorrent", ["GetObjectTorrent"]],
  // The second version of the call is the same thing to whoever writes a rule.
  ["s3:ListObjects", ["ListObjects", "ListObjectsV2"]],
  ["s3:PutBucketLifecycle", ["PutBucketLifecycleConfiguration"]],
]);

const ANY = "*";
/** Names farther away than this are not suggested. */
const SUGGESTION_DISTANCE_MAX = 6;

/** Every name there is, by its lower-case form: IAM compares actions without case. */
const MEANINGS: ReadonlyMap<string, Meaning> = buildMeanings();

/**
 * Compiles one pattern of a list such as `policy.blockedActions`: an action, an operation or an
 * alias, exactly or with `*` and `?`, without regard to case ("IAM JSON policy elements: Action").
 * A pattern that matches an operation's name matches everything the operation asks, so that
 * `s3:DeleteObject` also stops deleting a version by DeleteObject. The error says what is unknown,
 * with the nearest name.
 */
export function actionPattern(text: string): Result<ActionMatcher, string> {
  const pattern = text.toLowerCase();
  if (pattern === ANY) return ok(() => true);
  const meanings = isWild(pattern)
    ? [...MEANINGS].filter(([name]) => globMatches(pattern, name)).map(([, meaning]) => meaning)
    : [MEANINGS.get(pattern)].filter((meaning) => meaning !== undefined);
  if (meanings.length === 0) return err(unknownName(text, pattern));
  const actions = new Set(meanings.flatMap((meaning) => meaning.actions));
  const operations = new Set(meanings.flatMap((meaning) => meaning.operations));
  return ok(
    (action, operation) =>
      actions.has(action) || (operation !== undefined && operations.has(operation)),
  );
}

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
  for (const [name, operations] of ALIASES) add({ name, actions: [], operations });
  return meanings;
}

function isWild(pattern: string): boolean {
  return pattern.includes("*") || pattern.includes("?");
}

/**
 * Whether `pattern` (`*`: any run, `?`: one character) matches all of `text`. One place to go back
 * to is enough, so the time is at most the product of the lengths.
 */
function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  for (let i = 0; i < text.length;) {
    if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[i])) {
      at++;
      i++;
    } else if (pattern[at] === "*") {
      star = at++;
      retry = i;
    } else if (star >= 0) {
      at = star + 1;
      i = ++retry;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

function unknownName(text: string, pattern: string): string {
  if (isWild(pattern)) return `Cannot find any S3 action that matches "${text}"`;
  const near = nearest(pattern);
  const suggestion = near === undefined ? "" : `: did you mean "${near}"?`;
  return `Cannot find the S3 action "${text}"${suggestion}`;
}

/** The known name that `pattern` is most like; a missing `s3:` does not count. */
function nearest(pattern: string): string | undefined {
  const wanted = pattern.includes(":") ? pattern : `s3:${pattern}`;
  let best: string | undefined;
  let bestDistance = SUGGESTION_DISTANCE_MAX + 1;
  for (const [lower, { name }] of MEANINGS) {
    const distance = editDistance(wanted, lower);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** How many characters must be added, removed or changed (Levenshtein). */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
