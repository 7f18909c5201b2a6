import type { Ask } from "../s3/asks.ts";
import { LIST_MAX } from "../policy/report.ts";
import { bucketText, type BucketName } from "../s3/address.ts";
import { KeyTree } from "./suggest-keys.ts";

/** An identity policy, as it is written. */
export type SuggestedPolicy = {
  readonly Version: "2012-10-17";
  readonly Statement: readonly {
    readonly Effect: "Allow";
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
  }[];
};

/** The actions that one identity used, and the smallest policy that allows them. */
export class UsedActions {
  readonly #exact: boolean;
  readonly #buckets = new Set<string>();
  #isFull = false;
  /** The ARNs of buckets and of the service, by action. */
  readonly #whole = new Map<string, Set<string>>();
  /** The keys of objects, by action and bucket. */
  readonly #objects = new Map<string, Map<string, KeyTree>>();

  /** `exact`: no key is named that was not used. */
  constructor(exact: boolean) {
    this.#exact = exact;
  }

  /** True if there were more buckets than BUCKETS_MAX; nothing is held of the others. */
  get isFull(): boolean {
    return this.#isFull;
  }

  add({ action, bucket, key, below }: Ask): void {
    if (bucket !== undefined && !this.#holds(bucket)) return;
    if (bucket !== undefined && below === true) return this.#tree(action, bucket).addAll();
    if (bucket !== undefined && key !== undefined) return this.#tree(action, bucket).add(key);
    const arn = bucket === undefined ? "*" : `${ARN}${bucketText(bucket)}`;
    this.#whole.set(action, (this.#whole.get(action) ?? new Set()).add(arn));
  }

  /** Adds some objects of the bucket, of which it is not known which. */
  addSomewhere(action: string, bucket: BucketName): void {
    if (this.#holds(bucket)) this.#tree(action, bucket).addAll();
  }

  /** Actions that are used, in alphabetical order. */
  actions(): readonly string[] {
    return [...new Set([...this.#whole.keys(), ...this.#objects.keys()])].toSorted();
  }

  /**
   * Returns the patterns that allow more than was used, in alphabetical order; `levels`: see
   * policy().
   */
  widened(levels: number): readonly string[] {
    const wide = [...this.#resources(levels)].filter(([, { wildcard }]) => wildcard);
    return wide.map(([resource]) => resource).toSorted();
  }

  /**
   * Returns a policy of `actions` only. Each resource stands in one statement, with all that was
   * done to it. Resources with the same actions share theirs, as many as it may have; the order of
   * requests makes no difference. `levels`: of keys, how deep they are told apart (KeyTree).
   */
  policy(actions: ReadonlySet<string>, levels: number): SuggestedPolicy {
    const statements = new Map<string, { Action: readonly string[]; Resource: string[] }>();
    for (const [resource, { actions: used }] of this.#resources(levels)) {
      const allowed = used.filter((action) => actions.has(action)).toSorted();
      if (allowed.length === 0) continue;
      const name = allowed.join(" ");
      const statement = statements.get(name) ?? { Action: allowed, Resource: [] };
      statement.Resource.push(resource);
      statements.set(name, statement);
    }
    const written = [...statements.values()].flatMap(({ Action, Resource }) =>
      lists(Resource.toSorted()).map(
        (list) => ({ Effect: "Allow", Action, Resource: list }) as const,
      ),
    );
    const order = ({ Resource, Action }: (typeof written)[number]): string =>
      `${Resource[0]} ${Action[0]}`;
    return {
      Version: "2012-10-17",
      Statement: written.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)),
    };
  }

  #holds(bucket: BucketName): boolean {
    const name = bucketText(bucket);
    if (this.#buckets.has(name)) return true;
    if (this.#buckets.size >= BUCKETS_MAX) this.#isFull = true;
    else this.#buckets.add(name);
    return !this.#isFull;
  }

  #tree(action: string, bucket: BucketName): KeyTree {
    const buckets = this.#objects.get(action) ?? new Map<string, KeyTree>();
    this.#objects.set(action, buckets);
    const name = bucketText(bucket);
    const tree = buckets.get(name) ?? new KeyTree(this.#exact);
    buckets.set(name, tree);
    return tree;
  }

  #resources(
    levels: number,
  ): ReadonlyMap<string, { readonly wildcard: boolean; readonly actions: string[] }> {
    const resources = new Map<string, { wildcard: boolean; actions: string[] }>();
    const note = (resource: string, action: string, wildcard: boolean): void => {
      const found = resources.get(resource) ?? { wildcard, actions: [] };
      found.actions.push(action);
      resources.set(resource, found);
    };
    for (const [action, arns] of this.#whole) for (const arn of arns) note(arn, action, false);
    for (const [action, buckets] of this.#objects) {
      for (const [bucket, tree] of buckets) {
        for (const { text, wildcard } of tree.patterns(levels)) {
          note(`${ARN}${bucket}/${literal(text)}${wildcard ? "*" : ""}`, action, wildcard);
        }
      }
    }
    return resources;
  }
}

/** The most buckets: more do not fit into one policy, whatever is done to their keys. */
export const BUCKETS_MAX = 1_000;

const ARN = "arn:aws:s3:::";

/** `all` in lists as long as a statement may have. */
function lists(all: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(all.length / LIST_MAX);
  return Array.from({ length: count }, (_, i) => all.slice(i * LIST_MAX, (i + 1) * LIST_MAX));
}

/** A text of a client must not become a wildcard or a variable ("Policy variables", IAM). */
function literal(text: string): string {
  return text.replace(/[*?$]/g, (character) => `\${${character}}`);
}
