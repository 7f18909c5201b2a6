/** Subjects of commits say the effect in one line, which every tool shows whole. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../../support/deploy.ts";

const SUBJECT_LENGTH_MAX = 60;
/** `area: effect`, or `area, area: effect`. */
const FORM = /^[a-z0-9][a-z0-9 /-]*(?:, [a-z0-9 /-]+)*: \S/;

test(`commits since this rule have a subject "area: effect" of at most ${SUBJECT_LENGTH_MAX} characters`, () => {
  const wrong = subjects().filter(
    (subject) => subject.length > SUBJECT_LENGTH_MAX || !FORM.test(subject),
  );
  assert.deepEqual(wrong, []);
});

/** Of commits later than the last change of this file; none where the source has no history. */
function subjects(): readonly string[] {
  if (!existsSync(`${ROOT}.git`)) return [];
  const [first] = git("log", "-1", "--format=%H", "--", "test/unit/docs/commits.test.ts");
  return first === undefined ? [] : git("log", "--no-merges", "--format=%s", `${first}..HEAD`);
}

function git(...args: readonly string[]): readonly string[] {
  const safe = ["-c", `safe.directory=${ROOT.replace(/\/$/, "")}`];
  const text = execFileSync("git", [...safe, ...args], { cwd: ROOT, encoding: "utf8" });
  return text.split("\n").filter((line) => line !== "");
}
