/**
 * Tests reading and writing of fields against the grammar of RFC 9110 section 5.5 and RFC 9112 section
 * 5, written down once more as expressions. Our own looks at four bytes a step, keeps names, and looks
 * closer only at a text that is not plain: here each text comes after many others of all kinds.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { gateHead } from "../../src/http/field-gate.ts";
import type { Result } from "../../src/lib/result.ts";
import { readFields } from "../../src/wire/fields.ts";
import type { WireProblem } from "../../src/wire/problem.ts";
import { answerHeadText, lastChunk } from "../../src/wire/write.ts";
import { RUNS, SEEDS, tellSeed } from "../support/seeds.ts";

const TEXTS = 10_000 * RUNS;

tellSeed();

const NAMES =
  "Host|host|HOST|ETag|Content-Length|Content-MD5|x-amz-id-2|X-Amz-Id-2|connection|Range|~|__proto__|constructor|toString|0|999|4294967295";
const VALUES = '|a|a |a b|close|5|05|+5|chunked|a:b|a,b|"x"';
/** Values with bytes that are allowed, but not plain. */
const FULL_VALUES = "a\t|a\tb|\xa0|\xe9|\xff\x80";
const ODD = "\r|\n|\r\n|\n\r|\r\r\n|\r\n |\0|\t|\x1f|\x7f|\x80|\x85|\xff| |:|a|\r\n:";
const ODD_LINES =
  "x y: a|x\t: a|: a|\xe9: a|x|x-amz-date\0: a||\ta: b|Transfer-Encoding: a\t|transfer-encoding:\tchunked";
/** Characters that are no byte; cut to one, some are a CR or an LF. */
const WIDE = "\u0100|\u010a|\u010d|\u2028|\u20ac|\ud83d|\ud83d\ude00";

const oneOf = (texts: string): fc.Arbitrary<string> => fc.constantFrom(...texts.split("|"));
const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: rare });
const upTo = (maxLength: number) => ({ maxLength, size: "max" }) as const;

const value = mostly(oneOf(VALUES), oneOf(FULL_VALUES));
/** Makes the whole about as long as the texts that are looked at in one go. */
const padding = mostly(
  fc.constant(""),
  fc.integer({ min: 15_900, max: 16_400 }).map((length) => "p".repeat(length)),
);
const line = mostly(
  fc.tuple(oneOf(NAMES), oneOf(":|: |:\t|: \t"), value).map((parts) => parts.join("")),
  oneOf(ODD_LINES),
);
const lines = fc
  .tuple(fc.array(line, upTo(40)), padding)
  .map(([all, long]) => [...all, ...(long === "" ? [] : [`long: ${long}`])])
  .map((all) => all.map((one) => `${one}\r\n`).join(""));
/** Lines, in which one thing was put at some place, or from there on nothing is left; or neither. */
const section = fc
  .tuple(lines, fc.constantFrom("", "", "insert", "cut"), fc.nat(), oneOf(ODD))
  .map(([text, change, place, odd]) => {
    const at = place % (text.length + 1);
    if (change === "") return text;
    return `${text.slice(0, at)}${change === "insert" ? `${odd}${text.slice(at)}` : ""}`;
  });

const BAD_BYTE = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*(.*?)[\t ]*$/s;

function referenceFields(text: string): Result<string[], WireProblem> {
  if (BAD_BYTE.test(text)) return { ok: false, error: "field" };
  const fields: string[] = [];
  const all = text.split("\r\n");
  for (const [i, one] of all.entries()) {
    if (i === all.length - 1 && one === "") break;
    const [, name = "", value = ""] = FIELD_LINE.exec(one) ?? [];
    if (name === "" || i === all.length - 1) return { ok: false, error: "field" };
    if (/^transfer-encoding$/i.test(name) && one.includes("\t")) {
      return { ok: false, error: "coding" };
    }
    fields.push(name.toLowerCase(), value);
  }
  return { ok: true, value: fields };
}

test("fields are read as the grammar has them", () => {
  for (const seed of SEEDS) {
    fc.assert(
      fc.property(section, (text) => assert.deepEqual(readFields(text), referenceFields(text))),
      { seed, numRuns: TEXTS },
    );
  }
});

const part = mostly(
  value,
  fc.tuple(value, oneOf(`${ODD}|${WIDE}`), value).map((parts) => parts.join("")),
);
const name = mostly(oneOf(`${NAMES}|x-amz-meta-a|range`), part);
const list = fc
  .tuple(fc.array(fc.tuple(name, part), upTo(12)), padding)
  .map(([fields, long]) => [...fields.flat(), ...(long === "" ? [] : ["long", long])]);

const LINE = /^[\t\x20-\x7e\x80-\xff]*$/;
const linesOf = (fields: readonly string[]): string =>
  fields.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");

test("an answer is written in as many lines as it has fields, or not at all", () => {
  for (const seed of SEEDS) {
    fc.assert(
      fc.property(list, part, (fields, reason) => {
        const trailers = `0\r\n${linesOf(fields)}\r\n`;
        if (fields.every((text) => LINE.test(text))) assert.equal(lastChunk(fields), trailers);
        else assert.throws(() => lastChunk(fields), TypeError);
        const head = `HTTP/1.1 200 ${reason}\r\n${linesOf(fields)}\r\n`;
        if ([reason, ...fields].every((text) => LINE.test(text))) {
          assert.equal(answerHeadText(200, reason, fields), head);
        } else assert.throws(() => answerHeadText(200, reason, fields), TypeError);
      }),
      { seed, numRuns: TEXTS },
    );
  }
});

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
const OF_CONNECTION = /^(?:connection|keep-alive|transfer-encoding|upgrade|te|expect|proxy-.*)$/;

function passes(fields: readonly string[]): boolean {
  const seen: string[] = [];
  for (const [i, text] of fields.entries()) {
    if (i % 2 === 1) continue;
    const value = fields[i + 1] ?? "";
    if (!NAME.test(text) || OF_CONNECTION.test(text) || !VALUE.test(value)) return false;
    if (text === "content-length" && !/^\d{1,16}$/.test(value)) return false;
    if (/^(?:host|content-length)$/.test(text) && seen.includes(text)) return false;
    seen.push(text);
  }
  return true;
}

test("the gate passes what the grammar has, and writes each field as one line", () => {
  for (const seed of SEEDS) {
    fc.assert(
      fc.property(list, list, (all, more) => {
        const [headers, others] = [all, more].map((fields) =>
          fields.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)),
        );
        assert.ok(headers !== undefined && others !== undefined);
        const gated = gateHead({ method: "GET", target: "/", headers });
        assert.equal(gated.ok, passes(headers));
        if (!gated.ok) return;
        const both = [...headers, ...others];
        const text = passes(both) ? linesOf(both) : linesOf(headers);
        assert.equal(gated.value.with(others).text, `GET / HTTP/1.1\r\n${text}`);
      }),
      { seed, numRuns: TEXTS },
    );
  }
});
