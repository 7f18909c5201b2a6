import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runKeys, type KeysOptions } from "../../../src/cli/keys.ts";
import { writeConfig } from "../../support/config-files.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran } from "../../support/terminal.ts";

const SECRET = "theSecretThatIsNeverShown";
const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

const key = (accessKey: string, more: object = {}): object => ({
  accessKey,
  secretKey: `${SECRET}${accessKey}`,
  ...more,
});

const CONFIG = writeConfig({
  accounts: [
    {
      name: "lab",
      upstream: { accessKey: "AKIASTORE", secretKey: SECRET },
      keys: [key("AKIAOWN"), key("AKIASOON", { expires: inDays(3) })],
      subusers: [
        {
          name: "reader",
          tier: "READ",
          keys: [
            key("AKIAOFF", { disabled: true }),
            key("AKIAOLD", { expires: inDays(-3) }),
            key("AKIALATER", { notBefore: inDays(3), expires: inDays(30) }),
          ],
        },
      ],
    },
  ],
});

function audit(): string {
  const file = join(scratchFolder("keys"), "audit.jsonl");
  const line = (accessKeyId: string, days: number, more: object = {}): string =>
    JSON.stringify({
      time: inDays(days),
      requestId: "R",
      method: "GET",
      operation: "GetObject",
      account: "lab",
      accessKeyId,
      decision: "allow",
      ...more,
    });
  const lines = [
    line("AKIAOWN", -1),
    line("AKIAOWN", -5),
    line("AKIASOON", -100),
    // Somebody who names a key without its secret does not use it.
    line("AKIASOON", -1, { account: undefined, decision: "deny" }),
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

async function listed(files: readonly string[], options: Partial<KeysOptions> = {}) {
  const all = { config: CONFIG, json: true, ...options };
  const { code, out, err } = await ran((terminal) => runKeys(files, all, terminal));
  assert.equal(code, 0, err);
  assert(!out.includes(SECRET));
  const lines = out.split("\n").filter((text) => text !== "");
  return lines.map((text): Readonly<Record<string, string>> => JSON.parse(text));
}

test("keys lists whose each key is and whether it is in force", async () => {
  const rows = (await listed([])).map(({ accessKey, holder, state }) => [accessKey, holder, state]);
  assert.deepEqual(rows, [
    ["AKIAOWN", "lab", "in force"],
    ["AKIASOON", "lab", "in force"],
    ["AKIAOFF", "lab:reader", "disabled"],
    ["AKIAOLD", "lab:reader", "expired"],
    ["AKIALATER", "lab:reader", "not yet valid"],
  ]);
});

test("keys --soon lists what expires within that time, or has", async () => {
  const rows = await listed([], { soon: "7d" });
  assert.deepEqual(
    rows.map(({ accessKey }) => accessKey),
    ["AKIASOON", "AKIAOLD"],
  );
});

test("keys prints the last proved use by the audit log, and --unused lists keys without one", async () => {
  const file = audit();
  const own = (await listed([file])).find(({ accessKey }) => accessKey === "AKIAOWN");
  assert.equal(own?.["lastUsed"]?.slice(0, 10), inDays(-1).slice(0, 10));
  const unused = await listed([file], { unused: "90d" });
  assert.deepEqual(
    unused.map(({ accessKey }) => accessKey),
    ["AKIASOON", "AKIAOFF", "AKIAOLD", "AKIALATER"],
  );
});

test("keys --unused says since when the audit files tell, if that is too short a time", async () => {
  const file = audit();
  const asked = async (unused: string): Promise<string> =>
    (await ran((terminal) => runKeys([file], { config: CONFIG, unused }, terminal))).err;
  assert.match(
    await asked("120d"),
    /^Older use is not known: the audit files begin at \d{4}-\S+Z, less than 120d ago$/m,
  );
  assert.equal(await asked("90d"), "");
});

test("keys is a table for people", async () => {
  const { out } = await ran((terminal) => runKeys([], { config: CONFIG }, terminal));
  const lines = out.split("\n");
  assert.match(lines[0] ?? "", /^access key +holder +state +expires$/);
  assert.match(lines[1] ?? "", /^AKIAOWN +lab +in force +never$/);
  assert.equal(lines.at(-2), "5 keys");
});

test("keys says what is wrong with its options, and exits 2", async () => {
  const wrong = await ran((terminal) => runKeys([], { config: CONFIG, soon: "soon" }, terminal));
  assert.deepEqual(
    [wrong.code, wrong.err],
    [2, '--soon: got "soon", expected a duration such as 7d\n'],
  );
  const none = await ran((terminal) => runKeys([], { config: CONFIG, unused: "9d" }, terminal));
  assert.equal(none.code, 2);
});
