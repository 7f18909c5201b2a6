/** Draws YAML at random: documents in many styles, and their versions after a slip of the hand. */
import { between, oneOf } from "./seeds.ts";

type Random = () => number;

const NAMES = ["a", "bc", "shares", "name", "tier", "keys", "x-y", "n1", "Null_"] as const;

const PLAIN = [
  "text",
  "two words",
  "http://store:7480",
  "s3:*",
  "10.0.0.0/8",
  "30s",
  "16KiB",
  "0",
  "42",
  "true",
  "False",
  "null",
  "2026-11-22T12:00:00Z",
  "/etc/file",
  "a#b",
  "it's",
  'a"b',
  "größe",
  "$x",
] as const;

/** Values for block style only: brackets would end them elsewhere. */
const BLOCK_ONLY = ["${env:SET}", "${file:secret}", "a, b", "a [b]", "s3:{x}"] as const;

const QUOTED = ['"a: b"', "'# no comment'", '""', '"1"', "'true'", '"${env:SET}"', "'{'"] as const;

const SIGNS = Array.from(" \n:#-,[]{}\"'&*!|>?%@`~\\\t\r.0e_+$\u00e9\u0085\u2028\ufeff");

/** Pieces of text that have a meaning somewhere in YAML, and some that only look like it. */
const SLIPS = [
  "\n  ",
  "\n    ",
  "\n# c\n",
  " # c",
  ": ",
  "- ",
  "? ",
  "---\n",
  "...\n",
  "<<: ",
  "__proto__: ",
  "a: ",
  "a:\n",
  "&a ",
  "*a",
  "!t ",
  "!!str ",
  "| ",
  ">-\n",
  "0x1F",
  "0o7",
  "007",
  "1e3",
  "1.",
  ".5",
  "-1",
  ".inf",
  "1_000",
  "12345678901234567890",
  "null",
  "Null: ",
  "true: ",
  '"q": ',
  '"q":',
  "'q': ",
  "[a, b]",
  "{ a: 1 }",
  "{a: 1}",
  "{}",
  "[]",
  "${env:SET}",
  "${env:UNSET}",
  "${",
  "shares:",
  ...SIGNS,
] as const;

/** Draws a document of maps and lists that is plain. */
export function plainDocument(random: Random): string {
  const start = oneOf(random, ["", "", "---\n", "# A comment\n\n", "\n"]);
  if (random() < 0.1) return `${start}${flowMap(random, 3, random() < 0.5 ? "\n " : " ")}\n`;
  return `${start}${blockMap(random, 0, 3)}${oneOf(random, ["", "\n", "\n# end", "\n\n"])}`;
}

/** Returns `document` after up to three slips. */
export function withSlips(random: Random, document: string): string {
  let text = document;
  for (let slips = between(random, 1, 3); slips > 0; slips--) {
    const at = between(random, 0, text.length);
    const cut = oneOf(random, [0, 0, 1, 2, 6]);
    const slip = random() < 0.2 ? "" : oneOf(random, SLIPS);
    text = text.slice(0, at) + slip + text.slice(at + cut);
  }
  return text;
}

/** Draws pieces without any order. */
export function pieces(random: Random): string {
  const count = between(random, 1, 12);
  return Array.from({ length: count }, () => oneOf(random, PIECES)).join("");
}

const PIECES = ["a: ", "\n", "\n", " ", "b:\n", ...QUOTED, ...PLAIN, ...SLIPS] as const;

/** Draws lines at `indent`, without the last line break. */
function blockMap(random: Random, indent: number, depth: number): string {
  const names = NAMES.filter(() => random() < 0.4);
  if (names.length === 0) return "only: x";
  return names
    .map((name) => `${name}:${blockValue(random, indent, depth)}`)
    .join(`\n${gap(random)}${" ".repeat(indent)}`);
}

/** Draws the text after a colon. */
function blockValue(random: Random, indent: number, depth: number): string {
  const kind = random();
  const comment = oneOf(random, ["", "", "", " # c", "   # c: [d"]);
  if (kind < 0.05) return comment;
  if (depth === 0 || kind < 0.5) return `${blanks(random)}${scalar(random, true)}${comment}`;
  if (kind < 0.7) {
    const line = oneOf(random, [
      " ",
      `\n${" ".repeat(indent + 1)}`,
      " # c\n   " + " ".repeat(indent),
    ]);
    return `${blanks(random)}${flow(random, depth - 1, line)}${comment}`;
  }
  const deeper = indent + oneOf(random, [1, 2, 2, 4]);
  const start = (at: number): string => `${comment}\n${gap(random)}${" ".repeat(at)}`;
  if (kind < 0.85) return start(deeper) + blockMap(random, deeper, depth - 1);
  const at = random() < 0.5 ? indent : deeper;
  return start(at) + blockList(random, at, depth - 1);
}

function blockList(random: Random, indent: number, depth: number): string {
  return Array.from({ length: between(random, 1, 3) }, () => {
    const space = oneOf(random, [" ", " ", "   "]);
    const deeper = indent + 1 + space.length;
    if (random() < 0.5) return `-${space}${blockMap(random, deeper, depth)}`;
    if (random() < 0.1)
      return `-\n${" ".repeat(deeper)}${blockMap(random, deeper, Math.max(depth - 1, 0))}`;
    const item = depth > 0 && random() < 0.5 ? flow(random, depth, " ") : scalar(random, true);
    return `-${space}${item}`;
  }).join(`\n${gap(random)}${" ".repeat(indent)}`);
}

/** Draws a map or a list in brackets; `line` is the text at a possible line end. */
function flow(random: Random, depth: number, line: string): string {
  if (random() < 0.6) return flowMap(random, depth, line);
  const values = Array.from({ length: between(random, 0, 3) }, () =>
    flowValue(random, depth, line),
  );
  return `[${flowItems(random, values, line)}]`;
}

function flowMap(random: Random, depth: number, line: string): string {
  const names = NAMES.filter(() => random() < 0.3);
  const pairs = names.map((name) => {
    const value = flowValue(random, depth, line);
    return random() < 0.2 ? `"${name}":${blanks(random).slice(1)}${value}` : `${name}: ${value}`;
  });
  return `{${flowItems(random, pairs, line)}}`;
}

function flowItems(random: Random, items: readonly string[], line: string): string {
  const space = (): string => oneOf(random, ["", " ", line]);
  const last = items.length > 0 && random() < 0.1 ? "," : "";
  return space() + items.join(`,${space()}`) + last + space();
}

function flowValue(random: Random, depth: number, line: string): string {
  return depth > 0 && random() < 0.3 ? flow(random, depth - 1, line) : scalar(random, false);
}

function scalar(random: Random, isInBlock: boolean): string {
  const kind = random();
  if (kind < 0.2) return oneOf(random, QUOTED);
  if (kind < 0.3 && isInBlock) return oneOf(random, BLOCK_ONLY);
  return oneOf(random, PLAIN);
}

/** Draws the space between lines. */
function gap(random: Random): string {
  return oneOf(random, ["", "", "", "", "\n", "# c\n", "      # far: [right\n", "   \n"]);
}

function blanks(random: Random): string {
  return oneOf(random, [" ", " ", " ", "   "]);
}
