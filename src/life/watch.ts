import { statSync } from "node:fs";

/** Files by path, each with its `fingerprint()`. */
export type Prints = ReadonlyMap<string, string>;

/**
 * Looks at files every `intervalMs` and calls back when one of them has changed. By looking, since
 * no notification of the operating system is sure to come: not for a Kubernetes volume, whose files
 * stay and whose directory is swapped, and not over a network.
 */
export class Watch {
  readonly #onChange: () => void;
  readonly #timer: NodeJS.Timeout;
  /** The fingerprints of the files when they were last taken over. */
  #taken: Prints = new Map();
  /** The fingerprints when they were last looked at. */
  #seen: Prints = new Map();

  constructor(intervalMs: number, onChange: () => void) {
    this.#onChange = onChange;
    this.#timer = setInterval(() => this.#look(), intervalMs).unref();
  }

  /** Watches these files from now on, which were read when they had these `prints`. */
  follow(prints: Prints): void {
    this.#taken = prints;
    this.#seen = prints;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = new Map([...this.#taken.keys()].map((path) => [path, fingerprint(path)]));
    // A file may be read while it is written: what changes is let settle.
    const settled = isSame(now, this.#seen);
    this.#seen = now;
    if (!settled || isSame(now, this.#taken)) return;
    // Taking it over may last: it is said once.
    this.#taken = now;
    this.#onChange();
  }
}

function isSame(one: Prints, other: Prints): boolean {
  return [...one].every(([path, print]) => other.get(path) === print);
}

/**
 * Returns a fingerprint. Two of a file differ if it was written or replaced in between; "" if it
 * cannot be had.
 */
export function fingerprint(path: string): string {
  try {
    // Follows links: of a Kubernetes volume only a directory that a link names is swapped.
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}`;
  } catch {
    return "";
  }
}
