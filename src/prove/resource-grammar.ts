import { otherOf, pointsOf, type Grammar } from "./text-classes.ts";

/** The states: the length of a bucket's name that was read, then of the key after it. */
const NAME_ENOUGH = 3;
const SLASH = 4;
const KEY = 5;

const DEAD = -1;
const CODE_SLASH = 0x2f;
const CODE_DOT = 0x2e;
const CODE_HYPHEN = 0x2d;

/** The characters of a bucket's name that may be on any host: small letters first. */
const WORDS = pointsOf("klmnopqrstuvwxyzabcdefghij0123456789KLMNOPQRSTUVWXYZABCDEFGHIJ_");
const INSIDE = [...WORDS, CODE_HYPHEN, CODE_DOT];
const OF_WORDS: ReadonlySet<number> = new Set(WORDS);

/** Names of buckets as `s3/address.ts` reads them, of whatever length beyond three. */
export const BUCKET_TEXTS: Grammar = {
  read: readName,
  isEnd: (state) => state === NAME_ENOUGH,
  other: otherInName,
  special: [],
};

/** `bucket/key`. `ofKeys`: which keys there are. */
export function resourceTexts(ofKeys: Grammar): Grammar {
  return {
    read: (state, point) => {
      if (state < NAME_ENOUGH) return readName(state, point);
      if (state === NAME_ENOUGH) return point === CODE_SLASH ? SLASH : readName(state, point);
      return KEY;
    },
    isEnd: (state) => state === KEY,
    other: (state, taken) =>
      state <= NAME_ENOUGH ? otherInName(state, taken) : ofKeys.other(0, taken),
    special: [CODE_SLASH],
  };
}

function readName(state: number, point: number): number {
  if (OF_WORDS.has(point)) return Math.min(state + 1, NAME_ENOUGH);
  const isInside = state > 0 && (point === CODE_DOT || point === CODE_HYPHEN);
  return isInside ? Math.min(state + 1, NAME_ENOUGH) : DEAD;
}

function otherInName(state: number, taken: ReadonlySet<number>): number | undefined {
  return otherOf(state === 0 ? WORDS : INSIDE, taken);
}
