import * as fc from "fast-check";

/**
 * Words that change the end of a message or of one of its parts, or the meaning of a part, to some
 * reader.
 */
const WORDS = [
  ...'\r\n|\n|\r|\r\n\r\n|\n\n|\r\n |\r\n\t| |\t|\0|\v|\f|\x1f|\x7f|\x80|\xa0|\xff|:|;|=|,|"|\\|/|?|#'.split(
    "|",
  ),
  ..."0|1|5|a|f|F|g|x|-|+|.|00|0x5|1e1|ffffffffffffffff|9007199254740993|99999999999999999999".split(
    "|",
  ),
  ..."GET|POST|PRI|CONNECT|HTTP/1.1|HTTP/1.0|HTTP/2.0|http/1.1|100|204|200 OK|304|101|600".split(
    "|",
  ),
  ..."content-length|Content-Length: 5|content-length: 0|transfer-encoding: chunked".split("|"),
  ..."transfer-encoding|chunked|identity|gzip|connection: close|connection: keep-alive".split("|"),
  ..."close|upgrade: websocket|connection: upgrade|expect: 100-continue|trailer: x|te: trailers".split(
    "|",
  ),
  ...'0\r\n\r\n|5\r\nhello\r\n|;a=b|;a="b"|x: y\r\n|host: b'.split("|"),
];

/** One change: `what` is done with a word at a place. */
type Change = {
  readonly what: "insert" | "replace" | "remove" | "repeat";
  readonly at: number;
  readonly length: number;
  readonly word: string;
};

const change: fc.Arbitrary<Change> = fc.record({
  what: fc.constantFrom("insert", "insert", "replace", "remove", "repeat"),
  at: fc.nat(400),
  length: fc.integer({ min: 1, max: 6 }),
  word: fc.constantFrom(...WORDS),
});

/** Returns one of `bases` after one to three changes, and places to cut it at, in order. */
export function mutatedBytes(
  bases: readonly string[],
): fc.Arbitrary<{ readonly bytes: Buffer; readonly cuts: readonly number[] }> {
  return fc
    .record({
      base: fc.constantFrom(...bases),
      changes: fc.array(change, { minLength: 1, maxLength: 3 }),
      cuts: fc.array(fc.nat(400), { maxLength: 3 }),
    })
    .map(({ base, changes, cuts }) => {
      const bytes = Buffer.from(changes.reduce(changed, base), "latin1");
      return { bytes, cuts: cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b) };
    });
}

function changed(text: string, { what, at, length, word }: Change): string {
  const place = at % (text.length + 1);
  const [before, behind] = [text.slice(0, place), text.slice(place)];
  switch (what) {
    case "insert":
      return before + word + behind;
    case "replace":
      return before + word + behind.slice(length);
    case "remove":
      return before + behind.slice(length);
    case "repeat":
      return before + behind.slice(0, length) + behind;
  }
}
