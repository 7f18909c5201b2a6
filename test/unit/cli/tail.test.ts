import assert from "node:assert/strict";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runTail, type TailOptions } from "../../../src/cli/tail.ts";
import { tailLine } from "../../../src/cli/tail-line.ts";
import { parseEntry } from "../../../src/cli/audit-entry.ts";
import { until } from "../../support/flow.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran } from "../../support/terminal.ts";

const OPTIONS: TailOptions = { lines: 10, follow: false };

function line(more: object): string {
  return `${JSON.stringify({
    time: "2026-11-30T03:00:00.000Z",
    requestId: "R1",
    method: "GET",
    operation: "GetObject",
    bucket: "photos",
    key: "cat.jpg",
    account: "lab",
    outcome: "forwarded",
    status: 200,
    decision: "allow",
    ...more,
  })}\n`;
}

const DENIED = {
  requestId: "R2",
  operation: "DeleteObject",
  subuser: "reader",
  sourceAddress: "192.0.2.7",
  outcome: "refused",
  status: 403,
  errorCode: "AccessDenied",
  decision: "deny",
  gate: "tier",
  rule: "lab:reader: READ",
};
const FAILED = { requestId: "R3", bucket: "other", outcome: "failed", status: 503 };

function audit(...lines: readonly string[]): string {
  const file = join(scratchFolder("tail"), "audit.jsonl");
  writeFileSync(file, lines.join(""));
  return file;
}

const file = audit(line({}), "another program's line\n", line(DENIED), line(FAILED));

for (const [name, options, ids] of [
  ["shows all lines of an audit log and nothing else", {}, ["R1", "R2", "R3"]],
  ["shows the last lines", { lines: 2 }, ["R2", "R3"]],
  ["shows no line of the past where none is wanted", { lines: 0 }, []],
  ["shows what was refused", { denied: true }, ["R2"]],
  ["shows what failed", { failed: true }, ["R3"]],
  ["shows one identity", { as: "lab:reader" }, ["R2"]],
  ["shows one bucket", { bucket: "other" }, ["R3"]],
  ["shows one operation", { operation: "DeleteObject" }, ["R2"]],
  ["shows operations that begin alike", { operation: "Get*" }, ["R1", "R3"]],
  ["shows one address", { ip: "192.0.2.7" }, ["R2"]],
  ["shows one request", { requestId: "R3" }, ["R3"]],
] as const) {
  test(`tail ${name}`, async () => {
    const { code, out } = await ran((terminal) =>
      runTail([file], { ...OPTIONS, json: true, ...options }, terminal),
    );
    assert.equal(code, 0);
    const seen = out
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => parseEntry(text)?.requestId);
    assert.deepEqual(seen, ids);
  });
}

test("a line has time, outcome, identity, request and reason, and the id of a failed request", async () => {
  const { out } = await ran((terminal) => runTail([file], { ...OPTIONS, denied: true }, terminal));
  assert.equal(
    out,
    "2026-11-30 03:00:00  403 refused    lab:reader        192.0.2.7        DeleteObject  photos/cat.jpg  AccessDenied by tier: lab:reader: READ  R2\n",
  );
});

test("no key of a client's moves the cursor or turns the writing round", () => {
  const entry = parseEntry(line({ key: "a\u001B[2Jb\n\u202Ec\u{E0001}" }));
  assert(entry !== undefined);
  assert.match(tailLine(entry, false), /photos\/a\\u001b\[2Jb\\u000a\\u202ec\\udb40\\udc01/);
});

test("colours are for terminals", () => {
  const entry = parseEntry(line(DENIED));
  assert(entry !== undefined);
  assert(tailLine(entry, true).includes("\u001B[33m403 refused"));
});

test("tail follows what is written, in pieces and across a rotation", async () => {
  const followed = audit(line({}));
  let out = "";
  const enough = new AbortController();
  const terminal = { stdout: (text: string) => void (out += text), stderr: () => {} };
  const options = { ...OPTIONS, follow: true, json: true };
  const ended = runTail([followed], options, terminal, enough.signal);
  await until(() => out.includes('"R1"'), 30_000);
  const [start = "", end = ""] = line(DENIED).split(/(?<=operation)/);
  appendFileSync(followed, start);
  appendFileSync(followed, end);
  await until(() => out.includes('"R2"'), 30_000);
  renameSync(followed, `${followed}.1`);
  writeFileSync(followed, line(FAILED));
  await until(() => out.includes('"R3"'), 30_000);
  enough.abort();
  assert.equal(await ended, 0);
  assert.equal(out, line({}) + line(DENIED) + line(FAILED));
});

test("tail of no file says what to name, and exits 2", async () => {
  const missing = await ran((terminal) => runTail(["/none/audit.jsonl"], OPTIONS, terminal));
  assert.equal(missing.code, 2);
  assert.match(missing.err, /^Cannot read the audit log: ENOENT/);
});

/** Escape, and what begins a sequence in one character; a mark that turns the direction; a line break. */
const EVIL = "a\u001b[2Jb\u009b2Jc\u202ed\u2028e";

const TEXTS =
  "requestId operation sourceAddress bucket tenant key account subuser outcome errorCode gate rule";
for (const field of TEXTS.split(" ")) {
  for (const json of [false, true]) {
    test(`a ${field} with escapes moves no cursor${json ? ", and is the same in --json" : ""}`, async () => {
      const file = join(scratchFolder("tail"), "audit.log");
      // As a program would write it that escapes only what JSON must.
      writeFileSync(file, line({ status: 403, [field]: EVIL }));
      const { out } = await ran((terminal) => runTail([file], { ...OPTIONS, json }, terminal));
      assert.match(out, /^[\x20-\x7e]+\n$/);
      if (json) assert.equal(JSON.parse(out)[field], EVIL);
    });
  }
}

test("tail of a configuration whose audit file has S3's format says what to name instead", async () => {
  const folder = scratchFolder("tail");
  const config = join(folder, "gateway.yaml");
  const gateway = {
    upstream: { endpoints: ["http://127.0.0.1:9"], store: "ceph" },
    identities: [],
    log: { audit: { file: "audit.log", format: "s3" } },
  };
  writeFileSync(config, JSON.stringify(gateway));
  const { code, err } = await ran((terminal) => runTail([], { ...OPTIONS, config }, terminal));
  assert.equal(code, 2);
  assert.match(err, /has log\.audit\.format: s3.*: name a file with JSON lines, /);
});
