import type { Network, NetworkSet } from "../policy/network.ts";

/** An address of each class, and what the class is. */
export type AddressClass = {
  readonly address: string;
  /** The ranges that are of the class, first and last, in ascending order. */
  readonly ranges: readonly Range[];
};

type Range = { readonly family: 4 | 6; readonly first: bigint; readonly last: bigint };

/**
 * Returns the classes of source addresses that no rule of `networks` tells apart. A class begins
 * where a network begins or just after one, so these are all places to look at. IPv4 addresses in
 * IPv6's form are IPv4 addresses, and are left out of IPv6.
 */
export function addressClasses(networks: NetworkSet): readonly AddressClass[] {
  const ranges = networks.map(rangeOf);
  const classes = new Map<string, { readonly ranges: Range[] }>();
  for (const { family, first, last } of [...WHOLE4, ...WHOLE6]) {
    const within = ranges.filter((range) => range.family === family);
    const begins = new Set(
      [first, ...within.flatMap((range) => [range.first, range.last + 1n])].filter(
        (place) => place >= first && place <= last,
      ),
    );
    const sorted = [...begins].sort((a, b) => (a < b ? -1 : 1));
    for (const [i, begin] of sorted.entries()) {
      const end = (sorted[i + 1] ?? last + 1n) - 1n;
      const id = ranges
        .map((range) => range.family === family && range.first <= begin && begin <= range.last)
        .join(" ");
      // One address of IPv4 represents all, if no rule is about addresses.
      const known = classes.get(id);
      if (known === undefined) classes.set(id, { ranges: [{ family, first: begin, last: end }] });
      else known.ranges.push({ family, first: begin, last: end });
    }
  }
  return [...classes.values()].map((one) => ({
    address: addressIn(one.ranges),
    ranges: one.ranges,
  }));
}

/** Returns an address for documents (RFC 5737) if it is of the class, else the first that is. */
function addressIn(ranges: readonly Range[]): string {
  const usual = ranges.some(
    ({ family, first, last }) => family === 4 && first <= USUAL && USUAL <= last,
  );
  if (usual) return textOf(4, USUAL);
  return ranges.map(({ family, first }) => textOf(family, first))[0] ?? "";
}

/** 192.0.2.1 */
const USUAL = 0xc0000201n;

const END4 = 1n << 32n;
const END6 = 1n << 128n;
const MAPPED = 0xffffn << 32n;
const WHOLE4: readonly Range[] = [{ family: 4, first: 0n, last: END4 - 1n }];
const WHOLE6: readonly Range[] = [
  { family: 6, first: 0n, last: MAPPED - 1n },
  { family: 6, first: MAPPED + END4, last: END6 - 1n },
];

function rangeOf(network: Network): Range {
  if (network.family === 4) {
    const size = BigInt(~network.mask >>> 0) + 1n;
    const first = BigInt(network.base >>> 0);
    return { family: 4, first, last: first + size - 1n };
  }
  const first = network.base.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);
  return { family: 6, first, last: first + (1n << BigInt(128 - network.bits)) - 1n };
}

/** The networks that make up the classes, as an operator writes them. */
export function networksOf(classes: readonly AddressClass[]): readonly string[] {
  const sorted = classes
    .flatMap(({ ranges }) => ranges)
    .sort((a, b) => a.family - b.family || (a.first < b.first ? -1 : 1));
  const merged: Range[] = [];
  for (const range of sorted) {
    const before = merged.at(-1);
    if (before?.family === range.family && before.last + 1n === range.first) {
      merged[merged.length - 1] = { ...before, last: range.last };
    } else merged.push(range);
  }
  return merged.flatMap(prefixesOf);
}

/** The fewest prefixes that are just the range. */
function prefixesOf({ family, first, last }: Range): readonly string[] {
  const width = family === 4 ? 32n : 128n;
  const texts: string[] = [];
  for (let at = first; at <= last;) {
    let bits = 0n;
    const fits = (wide: bigint): boolean =>
      wide <= width && at % (1n << wide) === 0n && at + (1n << wide) - 1n <= last;
    while (fits(bits + 1n)) bits += 1n;
    texts.push(bits === 0n ? textOf(family, at) : `${textOf(family, at)}/${width - bits}`);
    at += 1n << bits;
  }
  return texts;
}

function textOf(family: 4 | 6, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const words = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  return shortened(words);
}

/** RFC 5952, section 4.2: the longest run of zeros is `::`. */
function shortened(words: readonly string[]): string {
  let best = { at: 0, length: 1 };
  for (const at of words.keys()) {
    const end = words.findIndex((word, i) => i >= at && word !== "0");
    const length = (end < 0 ? words.length : end) - at;
    if (length > best.length) best = { at, length };
  }
  if (best.length === 1) return words.join(":");
  return `${words.slice(0, best.at).join(":")}::${words.slice(best.at + best.length).join(":")}`;
}
