import type { Xxh64, xxh3 } from "@node-rs/xxhash";

/** An XXH64, or an XXH3 of 64 bits, over the bytes so far; the seed is 0. */
export type Xxhash = {
  readonly update: (bytes: Uint8Array) => unknown;
  readonly digest: () => bigint;
};

type Library = { readonly Xxh64: typeof Xxh64; readonly xxh3: typeof xxh3 };

/** The library, once it is loaded. It takes 3 MB, and few clients send these checksums. */
let library: Library | undefined;
let loading: Promise<void> | undefined;

/**
 * Returns a promise to await before the functions below are called; `undefined` if there is nothing
 * to load.
 */
export function loadXxhash(): Promise<void> | undefined {
  if (library !== undefined) return undefined;
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  library = await import("@node-rs/xxhash");
}

export function startXxhash64(): Xxhash {
  return new (loaded().Xxh64)();
}

export function startXxhash3(): Xxhash {
  return loaded().xxh3.Xxh3.withSeed();
}

function loaded(): Library {
  if (library === undefined) throw new Error("xxHash must be loaded before it is used");
  return library;
}
