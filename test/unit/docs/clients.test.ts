/** docs/clients.md against the tests of test/clients, so that the page says what was tried. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { OWN_CLIENTS } from "../../clients/days/all.ts";
import * as page from "../../clients/days/page.ts";
import { DIFFERENCES, type Difference } from "../../clients/differences.ts";
import { OTHERWISE, SUITE_CASES } from "../../stores/suite/otherwise.ts";
import { blocks, section, table } from "./page.ts";

const PAGE = readFileSync(new URL("../../../docs/clients.md", import.meta.url), "utf8");
const TESTS = new URL("../../clients/", import.meta.url);
const LINES = PAGE.split("\n");
const HEADINGS = LINES.filter((line) => line.startsWith("## "));

/** The clients that the tests name. Read as text, since importing a test would run it. */
function clientsTried(): readonly string[] {
  const files = readdirSync(TESTS).filter((name) => name.endsWith(".test.ts"));
  const names = files.flatMap((file) => {
    const text = readFileSync(new URL(file, TESTS), "utf8");
    const calls = [...text.matchAll(/compareDays\(\{\s*name: ["`]([^"`]+)["`]/g)];
    assert.ok(calls.length > 0, `${file} compares no days`);
    return calls.map((call) => call[1] ?? "");
  });
  return names.flatMap((name) =>
    ["v4", "v2"].map((version) => name.replace("${version}", version)),
  );
}

for (const client of new Set(clientsTried())) {
  test(`docs/clients.md has a heading for ${client}`, () => {
    assert.ok(HEADINGS.some((heading) => heading.includes(`\`${client}\``)));
  });
}

test("docs/clients.md has a heading for no client that was not tried", () => {
  const named = HEADINGS.flatMap((heading) => [...heading.matchAll(/`([^`]+)`/g)]);
  const tried = new Set([...clientsTried(), ...OWN_CLIENTS.map(({ name }) => name)]);
  assert.deepEqual(
    named.map((match) => match[1] ?? "").filter((name) => !tried.has(name)),
    [],
  );
});

for (const client of OWN_CLIENTS) {
  test(`docs/clients.md says how ${client.name} is configured, as its day was`, () => {
    const heading = HEADINGS.find((line) => line.includes(`\`${client.name}\``));
    assert.ok(heading !== undefined, "no heading");
    const shown = blocks(section(PAGE, heading.slice("## ".length)), client.snippet.language);
    assert.ok(shown.some((block) => block.includes(client.snippet.text.trim())));
  });
}

test("docs/clients.md has every client at a glance, in the order of its headings", () => {
  const rows = table(section(PAGE, "At a glance"), "client");
  const named = HEADINGS.filter((heading) => heading.includes("`"));
  assert.deepEqual(
    rows.map(([client = ""]) => /^\[(.*)\]\(#[^)]+\)$/.exec(client)?.[1]),
    named.map((heading) => heading.slice("## ".length).replace(/ \(`.*\)$/, "")),
  );
});

test("docs/clients.md counts the steps of days of their own", () => {
  const rows = table(section(PAGE, "Days of their own"), "client");
  assert.deepEqual(rows, OWN_CLIENTS.map(page.rowOf));
});

test("docs/clients.md says why a day of its own differs", () => {
  const rows = table(section(PAGE, "Where days of their own differ"), "step");
  assert.deepEqual(rows, OWN_CLIENTS.flatMap(page.differencesOf));
});

test("docs/clients.md counts the cases of versitygw's suite, and says why some end otherwise", () => {
  const text = section(PAGE, "versitygw's own suite");
  const otherwise = OTHERWISE.flatMap(({ cases }) => cases).length;
  assert.ok(text.includes(`all ${SUITE_CASES} cases`), text);
  assert.ok(text.includes(`${SUITE_CASES - otherwise} of them`), text);
  const rows = OTHERWISE.map(({ why, cases }) => [why, String(cases.length)]);
  assert.deepEqual(table(text, "the case …"), rows);
});

test("docs/clients.md lists the known differences, each with its clients and reason", () => {
  const start = LINES.findIndex((line) => line.startsWith("<!-- differences"));
  const table = LINES.slice(start + 2, LINES.indexOf("", start + 2)).map(cells);
  const rows = table
    .slice(2)
    .flatMap(([steps = "", clients, where, why]) =>
      steps.split(", ").map((step) => [step, clients, where, why]),
    );
  assert.deepEqual(rows, DIFFERENCES.map(rowOf));
});

function rowOf({ step, clients, way, why }: Difference): readonly string[] {
  const names = clients.map((client) => `\`${client}\``).join(", ");
  // Without backticks a reader of HTML would not see a tag.
  const reason = why.replaceAll(/<\w+>/g, "`$&`");
  return [step, names, way === "direct" ? "directly" : way, reason];
}

/** The cells of a table's line, without the spaces that the formatter aligns them with. */
function cells(line: string): readonly string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
