/** Checks the part of plain English that a machine can: length of sentences, openings without a subject. */

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

const SOURCES = filesIn("src", /\.ts$/);

/** The tests and examples whose comments follow the rules of src, and have short sentences. */
const TESTS = [
  ...["bench", "clients", "property", "seeds", "stores", "support", "tools", "vectors"].flatMap(
    (folder) => filesIn(`test/${folder}`, /\.(?:ts|sh)$/),
  ),
  "test/architecture.test.ts",
  ...filesIn("deploy", /\.(?:ts|yaml)$/),
  ...filesIn("config", /\.yaml$/).filter((file) => !file.startsWith("config/providers/")),
];

/** Openings that no comment may have, and what to write instead. */
const OPENINGS: readonly (readonly [opening: RegExp, instead: string])[] = [
  [/^What\b/, 'name the thing: "The header that …", "Returns the header that …"'],
  [/^(?:Who|Whom|Whose|Whoever)\b/, 'name the person: "The owner of …", "The caller who …"'],
  [/^(?:Where|Wherever)\b/, 'name the place: "The line on which …"'],
  [/^Whether\b/, '"True if …" for a value, "Returns true if …" for a function'],
  [/^How\b/, 'name the measure: "The number of …", "The time for which …", "The way in which …"'],
  [/^Why\b/, '"The reason why …", "Returns the fault if …"'],
  [/^(?:Which|That|Whatever)\b/, 'begin with a noun: "The revoked sessions", "Any text that …"'],
  [/^When\b/, '"The time when …"'],
  [
    /^(?:Of|By|In whose|With what|Under which)\b/,
    "say the noun first: the limit of …, the keys by …",
  ],
  [/^`?[Uu]ndefined`?\b/, 'say what it is first, then "`undefined` if …"'],
  [/^Gives\b/, '"Returns …"'],
];

test("comments begin with a subject or a verb, and `undefined` has a sentence", () => {
  const wrong = comments([...SOURCES, ...TESTS]).flatMap(({ place, text }) => {
    const instead = OPENINGS.find(([opening]) => opening.test(text))?.[1];
    if (instead !== undefined) return [`${place}: "${text.slice(0, 60)}": ${instead}`];
    const isBare = /\bundefined`?: /.test(text);
    return isBare ? [`${place}: "${text.slice(0, 60)}": write "\`undefined\` if …"`] : [];
  });
  assert.deepEqual(wrong, []);
});

test("descriptions of settings begin with a subject or a verb, too", () => {
  const wrong = filesIn("config/schema", /\.json$/).flatMap((file) => {
    const told = readFileSync(`${ROOT}${file}`, "utf8").matchAll(/"description": "([^\n]*)"/g);
    return [...told].flatMap(([, text = ""]) => {
      const instead = OPENINGS.find(([opening]) => opening.test(text))?.[1];
      return instead === undefined ? [] : [`${file}: "${text}": ${instead}`];
    });
  });
  assert.deepEqual(wrong, []);
});

test(`comments of tests and examples have no sentence of more than ${WORDS_MAX} words`, () => {
  const long = comments(TESTS).flatMap(({ place, text }) =>
    sentencesOf(text)
      .filter((sentence) => wordsIn(sentence) > WORDS_MAX)
      .map((sentence) => `${place}: ${sentence}`),
  );
  assert.deepEqual(long, []);
});

/** Words that no reader expects in a name, and what to say instead. */
const NAMES: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\bvain(?:[A-Z]\w*)?\b/, "ineffective…"],
  [/\b(?:on)?[Pp]owerless\b/, "…WithoutRights, or what is missing"],
  [/\bnotItsOwn\b/, "say whose it is"],
];

test("names in src use the usual words", () => {
  const wrong = readdirSync(`${ROOT}src`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const code = readFileSync(`${ROOT}src/${name}`, "utf8");
      return NAMES.flatMap(([word, instead]) => {
        const found = word.exec(code)?.[0];
        return found === undefined ? [] : [`src/${name}: ${found}: ${instead}`];
      });
    });
  assert.deepEqual(wrong, []);
});

/** Returns the files of a folder whose names match, by their paths below the project. */
function filesIn(folder: string, name: RegExp): readonly string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => name.test(file) && !file.includes("node_modules"))
    .map((file) => `${folder}/${file}`);
}

/**
 * Returns the comments of `files`, each as one line: doc comments, and comments on lines of their
 * own. Lines that are set in are examples, and left out.
 */
function comments(
  files: readonly string[],
): readonly { readonly place: string; readonly text: string }[] {
  return files.flatMap((file) => {
    const code = readFileSync(`${ROOT}${file}`, "utf8");
    const marked = file.endsWith(".ts")
      ? /\/\*\*(?<block>[\s\S]*?)\*\/|^ *\/\/ (?<lines>.*(?:\n *\/\/ .*)*)/gm
      : /^ *# (?<lines>.*(?:\n *# .*)*)/gm;
    return [...code.matchAll(marked)].map((found) => {
      const line = code.slice(0, found.index).split("\n").length;
      const text = (found.groups?.["block"] ?? found.groups?.["lines"] ?? "")
        .replaceAll(/^\s*(?:\*|#) {2,}\S.*$/gm, "")
        .replaceAll(/\s*\n\s*(?:\*|\/\/|#) ?/g, " ")
        .trim();
      return { place: `${file}:${line}`, text };
    });
  });
}

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
