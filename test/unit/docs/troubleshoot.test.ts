/** docs/troubleshoot.md against the source: every code that can be answered, and no message made up. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { GATE_NAMES } from "../../../src/admission/facts.ts";
import { pageOf, table } from "./page.ts";
import {
  AGAINST_FORM_POLICY,
  CREDENTIAL_PROBLEMS,
  FAULTS,
  FORM_POLICY_PROBLEMS,
  NAMED_FAULTS,
} from "../../../src/s3/fault-table.ts";

const PAGE = pageOf("troubleshoot.md");
const SRC = new URL("../../../src/", import.meta.url);

/** The source without the table of codes, whose rows prove nothing of their use. */
const SOURCE = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && file !== "s3/fault-table.ts")
  .map((file) => readFileSync(new URL(file, SRC), "utf8"))
  .join("\n");

/** Codes of which a fault is made: in a call, or as a row of a table. */
const ANSWERED = new Set(
  [
    ...SOURCE.matchAll(
      /(?:\b(?:fault|faultOf|awsFault|malformed|invalid)\(\s*|\bcode: |[?:] )"([A-Za-z0-9]+)"/g,
    ),
  ]
    .map(([, name = ""]) => codeOf(name))
    .filter((code) => code in FAULTS),
);

/** The code of a row of either table; the name itself if it is none. */
function codeOf(name: string): string {
  return Object.entries(NAMED_FAULTS).find(([row]) => row === name)?.[1].code ?? name;
}

/** The text below each `### Code`. */
const ENTRIES = new Map(
  PAGE.split(/^### /m)
    .slice(1)
    .map((text): [string, string] => [
      text.slice(0, text.indexOf("\n")),
      text.slice(text.indexOf("\n")).split(/^## /m)[0] ?? "",
    ])
    .filter(([heading]) => /^[A-Z][A-Za-z0-9]+$/.test(heading) && heading !== "Forms"),
);

test("docs/troubleshoot.md has an entry for every code that can be answered, and no other", () => {
  assert(ANSWERED.size > 30);
  assert.deepEqual([...ENTRIES.keys()].toSorted(), [...ANSWERED].toSorted());
});

describe("docs/troubleshoot.md, each entry", () => {
  for (const [code, text] of ENTRIES) {
    test(`${code} says its status`, () => {
      const [, status] = /^\s*_(\d{3})\._/.exec(text) ?? [];
      const row = Object.entries(FAULTS).find(([name]) => name === code)?.[1];
      assert.equal(Number(status), row?.status);
    });
    test(`${code} quotes messages as they are`, () => {
      const quoted = messagesIn(text);
      assert(quoted.length > 0 || code === "MalformedPolicy");
      assert.deepEqual(
        quoted.filter((message) => !isText(message)),
        [],
      );
    });
  }
});

/** The source with `…` for what is put into its texts. */
const TEXTS = SOURCE.replaceAll(/\$\{[^}]*\}/g, "…").replaceAll(/" \+\s*"/g, "");

/** AWS's own, with `…` for each value. */
const AWS_TEXTS: ReadonlySet<string> = new Set(
  [
    ...Object.values(FAULTS).map((row) => row.message),
    ...Object.values(NAMED_FAULTS).map((row) => row.message),
    ...Object.values(CREDENTIAL_PROBLEMS),
    ...Object.values(FORM_POLICY_PROBLEMS),
    ...Object.values(AGAINST_FORM_POLICY),
  ].map((text) => text.replaceAll("{}", "…")),
);

/** Whether a text of the source, from quote to quote, is `message`; or the message of a code is. */
function isText(message: string): boolean {
  if (AWS_TEXTS.has(message)) return true;
  return ['"', "'", "`"].some((quote) => TEXTS.includes(quote + message + quote));
}

/** What stands between backticks behind the status, and in the first column of its tables. */
function messagesIn(text: string): readonly string[] {
  const [first = ""] = text.trim().split("\n");
  const cells = text.split("\n").flatMap((line) => {
    const [, cell = "", heading = ""] = /^\| ((`[^`]+`|[^|`])+)\|/.exec(line) ?? [];
    return heading === "" ? [] : [cell];
  });
  return [first, ...cells]
    .flatMap((part) => [...part.matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message))
    .filter((message) => message.includes(" "));
}

test("docs/troubleshoot.md explains every gate that answers AccessDenied", () => {
  const told = new Set(table(ENTRIES.get("AccessDenied") ?? "", "message").map(([, gate]) => gate));
  // These two have codes of their own.
  const others = new Set(["request", "unsupported"]);
  for (const gate of GATE_NAMES.filter((name) => !others.has(name))) {
    assert(told.has(`\`${gate}\``), gate);
  }
});

test("docs/troubleshoot.md quotes every message of AccessDenied that the source writes", () => {
  const entry = ENTRIES.get("AccessDenied") ?? "";
  const written = [...TEXTS.matchAll(/\bfault\(\s*"AccessDenied",\s*["`]([^"`]+(?:"…")?)["`]/g)];
  const rows = Object.values(NAMED_FAULTS).filter((row) => row.code === "AccessDenied");
  const messages = [
    ...written.map(([, message = ""]) => message),
    ...rows.map((row) => row.message.replaceAll("{}", "…")),
  ];
  assert(messages.length > 8);
  assert.deepEqual(
    messages.filter((message) => !entry.includes(message)),
    [],
  );
});
