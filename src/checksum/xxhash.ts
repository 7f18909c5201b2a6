import { Late } from "../lib/late.ts";

/** An XXH64, or an XXH3 of 64 bits, over the bytes so far; the seed is 0. */
export type Xxhash = {
  readonly update: (bytes: Uint8Array) => unknown;
  readonly digest: () => bigint;
};

/** The library. It takes 3 MB, and few clients send these checksums. */
export const xxhash = new Late(() => import("@node-rs/xxhash"));

/** Begins an XXH64. Throws if `xxhash` is not open. */
export function startXxhash64(): Xxhash {
  return new xxhash.opened.Xxh64();
}

/** Begins an XXH3 of 64 bits. Throws as `startXxhash64()` does. */
export function startXxhash3(): Xxhash {
  return xxhash.opened.xxh3.Xxh3.withSeed();
}
