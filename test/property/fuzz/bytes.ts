import { between, oneOf } from "../../support/seeds.ts";
import { bytesOf, type Outgoing } from "../../support/signed.ts";
import { MUTATORS, mutated } from "./mutations.ts";

/** A function that returns numbers from 0 to below 1. */
type Random = () => number;

const NAMES = Object.keys(MUTATORS);

/**
 * Returns the bytes of `request` after changes to parts with a meaning, and then to its bytes,
 * anywhere.
 */
export function mutatedBytes(random: Random, request: Outgoing): Buffer {
  const mutations = Array.from({ length: between(random, 0, 2) }, () => ({
    what: NAMES[between(random, 0, NAMES.length - 1)] ?? "",
    a: between(random, 0, 10_000),
    b: between(random, 0, 10_000),
  }));
  let bytes = bytesOf(mutated(request, mutations));
  for (let i = between(random, mutations.length === 0 ? 1 : 0, 2); i > 0; i--) {
    bytes = changedBytes(random, bytes);
  }
  return bytes;
}

const PIECES = [
  "\r\n",
  "\n",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  "\r\nhost: a",
  "HTTP/1.1",
  "a".repeat(20_000),
];

/**
 * Returns `bytes` with one change at any place: a byte, or some that are added, removed or
 * repeated.
 */
export function changedBytes(random: Random, bytes: Buffer, pieces = PIECES): Buffer {
  const at = between(random, 0, Math.max(bytes.length - 1, 0));
  const piece = Buffer.from(pieces[between(random, 0, pieces.length - 1)] ?? "");
  const [by, count] = oneOf<readonly [Buffer, number]>(random, [
    [Buffer.from([between(random, 0, 255)]), 1],
    [piece, 0],
    [Buffer.alloc(0), between(random, 1, 40)],
    [Buffer.alloc(0), bytes.length],
    [bytes.subarray(at, at + 60), 0],
  ]);
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + count)]);
}
