/** README and the pages of docs: every link leads somewhere, and every page is in the index. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../support/deploy.ts";

const PAGES = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith(".md"));
const FILES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...PAGES.map((name) => `docs/${name}`),
];

for (const file of FILES) {
  test(`${file}: every link leads to a file, and to a heading of it`, () => {
    const broken = linksOf(textOf(file)).filter((link) => !leadsSomewhere(file, link));
    assert.deepEqual(broken, []);
  });
}

test("docs/README.md lists every page of docs", () => {
  const listed = new Set(linksOf(textOf("docs/README.md")));
  const missing = PAGES.filter((page) => page !== "README.md" && !listed.has(page));
  assert.deepEqual(missing, []);
});

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** Targets of links and pictures within the repository; code is left out. */
function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "").replaceAll(/`[^`\n]*`/g, "code");
  const found = prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g);
  return [...found]
    .map(([, link, source]) => link ?? source ?? "")
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(file: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? file : join(dirname(file), path);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || !target.endsWith(".md") || headingsOf(target).has(anchor);
}

/** The anchors that forges make of headings: lower case, marks gone, blanks as hyphens. */
function headingsOf(file: string): ReadonlySet<string> {
  const headings = [...textOf(file).matchAll(/^#{1,6} (.+)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
