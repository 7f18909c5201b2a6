import { globOf, matchesGlob, wildcardParts } from "../../../src/lib/glob.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { CLIENT_PROBLEMS_MAX } from "../../../src/policy/report.ts";
import { readDocument } from "../../../src/s3/document-reader.ts";

/**
 * A parser to search for its slowest input per byte. The search climbs over texts made of a
 * grammar's pieces, each repeated some times. It keeps a change if the text became slower, and
 * starts anew now and then.
 */
type Target = {
  readonly name: string;
  /** The pieces of the texts. */
  readonly pieces: readonly string[];
  readonly bytesMax: number;
  readonly run: (text: string) => unknown;
};

/** Pieces with their numbers of repetitions. */
type Genome = readonly (readonly [piece: string, times: number])[];

const TARGETS: readonly Target[] = [
  {
    name: "glob: pattern, a line end, the text",
    pieces: ["*", "?", "a", "b", "ab", "a?", "a*", "\n"],
    bytesMax: 16 * 1024,
    run: (both) => {
      const [pattern = "", text = ""] = both.split("\n", 2);
      return matchesGlob(globOf(wildcardParts(pattern)), text);
    },
  },
  {
    name: "XML reader",
    pieces: [
      "<a>",
      "</a>",
      "<a/>",
      "<a ",
      'b=""',
      " ",
      ">",
      "&amp;",
      "&#65;",
      "x",
      "<",
      "<!--",
      "-->",
      "\n",
    ],
    bytesMax: 256 * 1024,
    run: (text) => {
      const root = "LifecycleConfiguration";
      const bytes = Buffer.from(`<${root}>${text}</${root}>`);
      return readDocument("PutBucketLifecycleConfiguration", [], bytes);
    },
  },
  {
    name: "policy parser",
    pieces: [
      '{"Effect":"Deny","Principal":"*","Action":',
      '"s3:*"',
      '"s3:GetObjec"',
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      " ",
      "\n",
      '"',
      ',"Resource":"arn:aws:s3:::b/*"}',
      '"arn:aws:s3:::b/*?*"',
      '"StringLike":{"aws:UserAgent":"*a?"}',
    ],
    bytesMax: 20_000,
    run: (text) =>
      parsePolicy(`{"Version":"2012-10-17","Statement":[${text}]}`, "policy", "bucket", {
        problemsMax: CLIENT_PROBLEMS_MAX,
      }),
  },
];

const STEPS = 400;
const RESTART = 100;

export function searchLines(): readonly string[] {
  return [
    "the slowest input that a search finds".padEnd(38) + "ns a byte    bytes  input",
    ...TARGETS.map(lineOf),
  ];
}

function lineOf(target: Target): string {
  const random = randomOf(7);
  let best = { cost: 0, genome: start(target, random) };
  let current = best;
  for (let step = 0; step < STEPS; step++) {
    if (step % RESTART === 0) current = { cost: 0, genome: start(target, random) };
    const genome = changed(target, current.genome, random);
    const cost = costOf(target, genome);
    if (cost >= current.cost) current = { cost, genome };
    if (current.cost > best.cost) best = current;
  }
  const bytes = textOf(target, best.genome).length;
  const shown = best.genome.map(([piece, times]) => `${JSON.stringify(piece)}×${times}`).join(" ");
  return `${target.name.padEnd(38)}${best.cost.toFixed(1).padStart(9)}${String(bytes).padStart(9)}  ${shown}`;
}

function start({ pieces }: Target, random: () => number): Genome {
  return Array.from({ length: 3 }, () => gene(pieces, random));
}

function gene(pieces: readonly string[], random: () => number): readonly [string, number] {
  const piece = pieces[Math.floor(random() * pieces.length)] ?? "";
  return [piece, Math.ceil(2 ** (random() * 14))];
}

/** Returns the genome with one gene added, removed, replaced, or repeated more or less often. */
function changed({ pieces }: Target, genome: Genome, random: () => number): Genome {
  const place = Math.floor(random() * genome.length);
  const way = random();
  if (way < 0.3) return genome.toSpliced(place, 0, gene(pieces, random));
  if (way < 0.5 && genome.length > 1) return genome.toSpliced(place, 1);
  if (way < 0.75) return genome.with(place, gene(pieces, random));
  const [piece, times] = genome[place] ?? ["", 1];
  return genome.with(place, [piece, Math.max(1, Math.floor(times * (random() < 0.5 ? 0.5 : 2)))]);
}

function textOf({ bytesMax }: Target, genome: Genome): string {
  return genome
    .map(([piece, times]) => piece.repeat(times))
    .join("")
    .slice(0, bytesMax);
}

/** Returns nanoseconds a byte: the least of a few, since the machine only ever adds. */
function costOf(target: Target, genome: Genome): number {
  const text = textOf(target, genome);
  // The cost of a short text is mostly the call itself.
  if (text.length < target.bytesMax / 4) return 0;
  let least = Infinity;
  for (let i = 0; i < 4; i++) {
    const from = performance.now();
    target.run(text);
    least = Math.min(least, performance.now() - from);
  }
  return (least * 1e6) / text.length;
}

/** Returns the same numbers at each run, so that two runs can be compared (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
