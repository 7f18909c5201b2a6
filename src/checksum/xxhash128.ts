import type { IHasher } from "hash-wasm";

/** The state of an XXH128 over the bytes so far. */
export type Xxhash128State = Uint8Array;

/**
 * The hasher for all bodies, since each takes memory of its own: it holds nothing between two
 * calls, and each digest keeps its state.
 */
let hasher: IHasher | undefined;
let loading: Promise<void> | undefined;

/**
 * Returns a promise to await before the functions below are called; `undefined` if there is nothing
 * to load. hash-wasm takes 20 ms to load, so it is loaded for the first body that needs it.
 * @node-rs/xxhash is several times as fast, and has no XXH128 of bytes that come piece by piece.
 */
export function loadXxhash128(): Promise<void> | undefined {
  if (hasher !== undefined) return undefined;
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  const { createXXHash128 } = await import("hash-wasm");
  hasher = await createXXHash128();
}

/** The state before the first byte. */
export function startXxhash128(): Xxhash128State {
  return loaded().init().save();
}

/** The state `bytes` later. */
export function updateXxhash128(state: Xxhash128State, bytes: Uint8Array): Xxhash128State {
  return loaded().load(state).update(bytes).save();
}

/** The 16 bytes of the value, the most significant first ("xxHash fast digest algorithm"). */
export function xxhash128Of(state: Xxhash128State): Uint8Array {
  return loaded().load(state).digest("binary");
}

function loaded(): IHasher {
  if (hasher === undefined) throw new Error("XXH128 must be loaded before it is used");
  return hasher;
}
