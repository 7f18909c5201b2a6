import type { Scene } from "./scene.ts";

/** The texts that were printed before. */
export type Fingerprints = Map<unknown, string>;

/**
 * All that a decision takes from a key, a record or a policy, as text: two that print alike are judged
 * alike. Secrets and the places of statements decide nothing.
 */
export function printOf(value: unknown, prints: Fingerprints): string {
  const before = prints.get(value);
  if (before !== undefined) return before;
  const text = print(value);
  prints.set(value, text);
  return text;
}

/** The same of what holds for everybody. */
export function settingsPrint({ snapshot, ways }: Scene): string {
  const { policy, store, signatures, understood } = snapshot;
  return print({ policy, store, signatures, understood, ways });
}

function print(value: unknown): string {
  return (
    JSON.stringify(value, (name: string, one: unknown): unknown => {
      if (NO_MATTER.has(name)) return undefined;
      if (one instanceof Set) return [...one];
      return one instanceof Map ? [...one] : one;
    }) ?? ""
  );
}

const NO_MATTER: ReadonlySet<string> = new Set([
  "place",
  "file",
  "glob",
  "globs",
  "denies",
  "allows",
  "secret",
  "sessionToken",
  "upstream",
  "policyText",
]);
