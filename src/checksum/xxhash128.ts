import { Late } from "../lib/late.ts";

/** The state of an XXH128 over the bytes so far. */
export type Xxhash128State = Uint8Array;

/**
 * The hasher for all bodies, since each takes memory of its own: it holds nothing between two
 * calls, and each digest keeps its state. hash-wasm takes 20 ms to load. @node-rs/xxhash is several
 * times as fast, and has no XXH128 of bytes that come piece by piece.
 */
export const xxhash128 = new Late(async () => {
  const { createXXHash128 } = await import("hash-wasm");
  return createXXHash128();
});

/** The state before the first byte. This and the functions below throw if `xxhash128` is not open. */
export function startXxhash128(): Xxhash128State {
  return xxhash128.opened.init().save();
}

/** The state `bytes` later. */
export function updateXxhash128(state: Xxhash128State, bytes: Uint8Array): Xxhash128State {
  return xxhash128.opened.load(state).update(bytes).save();
}

/** The 16 bytes of the value, the most significant first ("xxHash fast digest algorithm"). */
export function xxhash128Of(state: Xxhash128State): Uint8Array {
  return xxhash128.opened.load(state).digest("binary");
}
