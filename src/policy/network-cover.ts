import type { Network } from "./network.ts";

/**
 * Returns true if every address of `network` lies in `networks`, even if in several of them
 * together.
 */
export function covers(networks: readonly Network[], network: Network): boolean {
  const whole = rangeOf(network);
  const ranges = networks.filter(({ family }) => family === network.family).map(rangeOf);
  let next = whole.first;
  for (const { first, last } of ranges.toSorted((a, b) => Number(a.first - b.first))) {
    if (first > next) break;
    if (last >= next) next = last + 1n;
  }
  return next > whole.last;
}

/** Returns the kinds of addresses that `networks` contain completely. */
export function wholeFamilies(networks: readonly Network[]): readonly string[] {
  return WHOLES.flatMap(([name, whole]) => (covers(networks, whole) ? [name] : []));
}

const WHOLES: readonly (readonly [name: string, whole: Network])[] = [
  ["IPv4", { family: 4, base: 0, mask: 0 }],
  ["IPv6", { family: 6, base: [0, 0, 0, 0, 0, 0, 0, 0], bits: 0 }],
];

/** The addresses of a network as numbers, both ends included. */
type Range = { readonly first: bigint; readonly last: bigint };

function rangeOf(network: Network): Range {
  if (network.family === 4) {
    // Base and mask are signed numbers of 32 bits.
    const first = BigInt(network.base >>> 0);
    return { first, last: first + 0xffff_ffffn - BigInt(network.mask >>> 0) };
  }
  const first = network.base.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);
  return { first, last: first + (1n << BigInt(128 - network.bits)) - 1n };
}
