/** What a machine can hold of plain English: the length of sentences, and openings without a subject. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../../support/deploy.ts";

const WORDS_MAX = 25;

/**
 * Sentences beyond WORDS_MAX that a page may have: those that were there before this test. A page
 * that is not listed may have none. When you have mended a page, lower its number.
 */
const LONG_SENTENCES: Readonly<Record<string, number>> = {
  "docs/benchmarks.md": 3,
  "docs/clients.md": 8,
  "docs/deploy.md": 4,
  "docs/identities.md": 4,
  "docs/observe.md": 6,
  "docs/operate.md": 5,
  "docs/passthrough.md": 1,
  "docs/policy.md": 6,
  "docs/prove.md": 5,
  "docs/providers.md": 9,
  "docs/proxies.md": 2,
  "docs/replay.md": 3,
  "docs/stores.md": 6,
  "docs/sts.md": 5,
  "docs/troubleshoot.md": 5,
};

const PAGES = ["README.md", "AGENTS.md", "CONTRIBUTING.md"].concat(
  readdirSync(`${ROOT}docs`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);

for (const page of PAGES) {
  const allowed = LONG_SENTENCES[page] ?? 0;
  test(`${page} has ${allowed === 0 ? "no" : `at most ${allowed}`} sentences of more than ${WORDS_MAX} words`, () => {
    const long = sentencesOf(readFileSync(`${ROOT}${page}`, "utf8")).filter(
      (sentence) => wordsIn(sentence) > WORDS_MAX,
    );
    assert.ok(long.length <= allowed, `${long.length}:\n${long.join("\n\n")}`);
  });
}

test("errors, logs and descriptions of settings begin with a subject", () => {
  const openings =
    /["`](?:Whose|Whom|Of which|Of whom|What should|Where it|By which|In whose)\b[^"`]*["`]/g;
  const found = readdirSync(`${ROOT}src`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const code = readFileSync(`${ROOT}src/${name}`, "utf8").replaceAll(
        /\/\*[\s\S]*?\*\/|\/\/.*/g,
        "",
      );
      return [...code.matchAll(openings)].map(([text]) => `${name}: ${text}`);
    });
  assert.deepEqual(found, []);
});

/** Sentences of prose and of table cells; code, headings and links' addresses are left out. */
function sentencesOf(markdown: string): readonly string[] {
  const prose = markdown
    .replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "")
    .replaceAll(/<!--[\s\S]*?-->|<[^>\n]+>/g, "")
    .replaceAll(/`[^`\n]+`/g, "code")
    .replaceAll(/\]\([^)\n]*\)/g, "]");
  return prose
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=#)|\|/)
    .flatMap((block) => block.split(/(?<=[.!?:;])\s+/))
    .map((sentence) => sentence.replaceAll(/\s+/g, " ").trim());
}

function wordsIn(sentence: string): number {
  return sentence.split(" ").filter((word) => /\p{L}/u.test(word)).length;
}
