import { exact } from "../lib/exact.ts";

/**
 * Items filed under text prefixes. Prefixes are sorted by UTF-16 units, and each knows the
 * longest other one that it begins with.
 */
export type PrefixIndex<T> = {
  readonly prefixes: readonly string[];
  readonly shelves: readonly Shelf<T>[];
};

type Shelf<T> = {
  readonly items: readonly T[];
  /** Place of the next shorter prefix of this one; -1: none. */
  readonly parent: number;
};

/** Files each item under each of its prefixes. */
export function indexByPrefix<T>(
  items: readonly T[],
  prefixesOf: (item: T) => Iterable<string>,
): PrefixIndex<T> {
  const byPrefix = new Map<string, T[]>();
  for (const item of items) {
    for (const prefix of new Set(prefixesOf(item))) {
      const shelf = byPrefix.get(prefix);
      if (shelf === undefined) byPrefix.set(prefix, [item]);
      else shelf.push(item);
    }
  }
  const prefixes = [...byPrefix.keys()].sort();
  const shelves: Shelf<T>[] = [];
  for (const [place, prefix] of prefixes.entries()) {
    let parent = place - 1;
    while (parent >= 0 && !prefix.startsWith(prefixes[parent] ?? "")) {
      parent = shelves[parent]?.parent ?? -1;
    }
    shelves.push({ items: byPrefix.get(prefix) ?? [], parent });
  }
  return { prefixes: exact(prefixes), shelves: exact(shelves) };
}

/**
 * Every list of items filed under some prefix of `text`, in O(log n) comparisons: the last prefix
 * that sorts at or before `text` begins with the longest one that is a prefix of `text`, and all
 * shorter ones are that one's ancestors.
 */
export function itemsFor<T>(index: PrefixIndex<T>, text: string): readonly (readonly T[])[] {
  const lists: (readonly T[])[] = [];
  let place = lastAtOrBefore(index.prefixes, text);
  while (place >= 0 && !text.startsWith(index.prefixes[place] ?? "")) {
    place = index.shelves[place]?.parent ?? -1;
  }
  for (let shelf = index.shelves[place]; shelf !== undefined; shelf = index.shelves[shelf.parent]) {
    lists.push(shelf.items);
  }
  return lists;
}

function lastAtOrBefore(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") <= text) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
