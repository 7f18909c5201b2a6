import type { Ask } from "../s3/asks.ts";
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

/** What one identity did, and the smallest policy that allows it. */
export class UsedActions {
  readonly #exact: boolean;
  /** On buckets and on the service, by action: their ARNs. */
  readonly #whole = new Map<string, Set<string>>();
  /** On objects, by action and bucket. */
  readonly #objects = new Map<string, Map<string, KeyTree>>();

  /** `exact`: no key is named that was not used. */
  constructor(exact: boolean) {
    this.#exact = exact;
  }

  add({ action, bucket, key }: Ask): void {
    if (bucket !== undefined && key !== undefined) return this.#tree(action, bucket).add(key);
    const arn = bucket === undefined ? "*" : `${ARN}${bucketText(bucket)}`;
    this.#whole.set(action, (this.#whole.get(action) ?? new Set()).add(arn));
  }

  /** Some objects of the bucket, it is not known which. */
  addSomewhere(action: string, bucket: BucketName): void {
    this.#tree(action, bucket).addAll();
  }

  /** Actions that are used, in alphabetical order. */
  actions(): readonly string[] {
    return [...new Set([...this.#whole.keys(), ...this.#objects.keys()])].toSorted();
  }

  /** Patterns that allow more than what was used, in alphabetical order. */
  widened(): readonly string[] {
    const wide = [...this.#resources()].filter(([, { wildcard }]) => wildcard);
    return wide.map(([resource]) => resource).toSorted();
  }

  /**
   * Only of `actions`. Each resource stands in one statement, with all that was done to it, and
   * resources with the same actions share theirs; what came first makes no difference.
   */
  policy(actions: ReadonlySet<string>): SuggestedPolicy {
    const statements = new Map<string, { Action: readonly string[]; Resource: string[] }>();
    for (const [resource, { actions: used }] of this.#resources()) {
      const allowed = used.filter((action) => actions.has(action)).toSorted();
      if (allowed.length === 0) continue;
      const name = allowed.join(" ");
      const statement = statements.get(name) ?? { Action: allowed, Resource: [] };
      statement.Resource.push(resource);
      statements.set(name, statement);
    }
    const written = [...statements.values()].map(({ Action, Resource }) => {
      return { Effect: "Allow", Action, Resource: Resource.toSorted() } as const;
    });
    const order = ({ Resource, Action }: (typeof written)[number]): string =>
      `${Resource[0]} ${Action[0]}`;
    return {
      Version: "2012-10-17",
      Statement: written.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)),
    };
  }

  #tree(action: string, bucket: BucketName): KeyTree {
    const buckets = this.#objects.get(action) ?? new Map<string, KeyTree>();
    this.#objects.set(action, buckets);
    const name = bucketText(bucket);
    const tree = buckets.get(name) ?? new KeyTree(this.#exact);
    buckets.set(name, tree);
    return tree;
  }

  #resources(): ReadonlyMap<string, { readonly wildcard: boolean; readonly actions: string[] }> {
    const resources = new Map<string, { wildcard: boolean; actions: string[] }>();
    const note = (resource: string, action: string, wildcard: boolean): void => {
      const found = resources.get(resource) ?? { wildcard, actions: [] };
      found.actions.push(action);
      resources.set(resource, found);
    };
    for (const [action, arns] of this.#whole) for (const arn of arns) note(arn, action, false);
    for (const [action, buckets] of this.#objects) {
      for (const [bucket, tree] of buckets) {
        for (const { text, wildcard } of tree.patterns()) {
          note(`${ARN}${bucket}/${literal(text)}${wildcard ? "*" : ""}`, action, wildcard);
        }
      }
    }
    return resources;
  }
}

const ARN = "arn:aws:s3:::";

/** A text of a client must not become a wildcard or a variable ("Policy variables", IAM). */
function literal(text: string): string {
  return text.replace(/[*?$]/g, (character) => `\${${character}}`);
}
