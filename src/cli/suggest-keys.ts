/** The most keys of one folder that are named; more become `folder/*`. */
const KEYS_MAX = 3;
/** The most folders in a folder that are told apart; more become `folder/*`. */
const FOLDERS_MAX = 8;
/** The depth below which folders are not told apart, so that memory has a bound. */
const DEPTH_MAX = 4;

/** Levels of names: those of folders, and below them those of keys. */
export const LEVELS_MAX = DEPTH_MAX + 1;

/** A pattern for keys: the text before its `*`, or a whole key. */
export type KeyPattern = { readonly text: string; readonly wildcard: boolean };

/**
 * The keys of one bucket that were used for one action, as few patterns that match them all. The
 * folders are those between slashes. The patterns do not depend on the order of the keys, and the
 * memory does not grow with their number, unless they are wanted one by one.
 */
export class KeyTree {
  readonly #exact: boolean;
  readonly #root: Folder = newFolder();

  /** `exact`: each key is named, however many there are. */
  constructor(exact: boolean) {
    this.#exact = exact;
  }

  add(key: string): void {
    const folders = this.#exact ? [] : key.split("/").slice(0, -1).slice(0, DEPTH_MAX);
    let folder = this.#root;
    for (const name of folders) {
      if (folder.whole) return;
      const child = folder.folders.get(name) ?? newFolder();
      folder.folders.set(name, child);
      if (folder.folders.size > FOLDERS_MAX) return widen(folder);
      folder = child;
    }
    if (folder.whole) return;
    folder.keys.add(key);
    if (!this.#exact && folder.keys.size > KEYS_MAX) widen(folder);
  }

  /** Every key of the bucket. */
  addAll(): void {
    widen(this.#root);
  }

  /**
   * Returns the patterns, sorted. Keys deeper than `levels` are joined: with LEVELS_MAX none is,
   * with 0 the whole bucket becomes one pattern.
   */
  patterns(levels: number): readonly KeyPattern[] {
    return patternsOf(this.#root, "", levels).toSorted((a, b) => (a.text < b.text ? -1 : 1));
  }
}

type Folder = {
  /** All of it, with everything below. */
  whole: boolean;
  readonly keys: Set<string>;
  readonly folders: Map<string, Folder>;
};

function newFolder(): Folder {
  return { whole: false, keys: new Set(), folders: new Map() };
}

function widen(folder: Folder): void {
  folder.whole = true;
  folder.keys.clear();
  folder.folders.clear();
}

function patternsOf(
  { whole, keys, folders }: Folder,
  prefix: string,
  levels: number,
): readonly KeyPattern[] {
  const all: KeyPattern = { text: prefix, wildcard: true };
  if (whole) return [all];
  const patterns = [...keys].map((text): KeyPattern => ({ text, wildcard: false }));
  for (const [name, folder] of folders) {
    patterns.push(...patternsOf(folder, `${prefix}${name}/`, levels - 1));
  }
  // A single pattern would only become a wider one.
  return levels <= 0 && patterns.length > 1 ? [all] : patterns;
}
