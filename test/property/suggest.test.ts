import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { runReplay } from "../../src/cli/replay.ts";
import { runSuggest } from "../../src/cli/suggest.ts";
import { loadConfig } from "../../src/life/load.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { actionFault } from "../../src/provider/dialect.ts";
import { lineOf } from "../support/audited.ts";
import { writeConfig } from "../support/config-files.ts";
import { scratchFolder } from "../support/scratch.ts";
import { signV4, timestampOf, type KeyPair, type Outgoing } from "../support/signed.ts";
import { ran } from "../support/terminal.ts";
import { ROWS, type Row } from "../unit/admission/operation-rows.ts";
import { policyDocument } from "../unit/admission/row-requests.ts";
import { NAMES, shipped } from "../unit/provider/providers.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const WORKER: KeyPair = { accessKey: "AKIAWORKER", secretKey: "theSecretOfTheWorker" };
const SERVED = [
  ...new Set(ROWS.filter(({ ends }) => ends === undefined).map((row) => row.operation)),
];

type Name = (typeof NAMES)[number];

/** Returns a configuration in which the worker has the rights of `policy`. */
function configWith(provider: Name, policy: string): string {
  return writeConfig({
    accounts: [
      { name: "lab", subusers: [{ name: "worker", policies: ["p.json"], keys: [WORKER] }] },
    ],
    files: { "p.json": policy },
    store: { operations: SERVED },
    policy: { provider },
  });
}

/** One request: its operation, bucket and key. */
type Deed = { readonly row: Row; readonly bucket: string; readonly key: string };

function requestOf({ row, bucket, key }: Deed): Outgoing {
  const [method = "", line = ""] = row.line.split(" ");
  const path = key
    .split("/")
    .map(encodeURIComponent)
    .join("/")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const target = line
    .replace(/^\/bucket\/key/, () => `/${bucket}/${path}`)
    .replace(/^\/bucket(?=[?]|$)/, `/${bucket}`);
  const body = Buffer.from(row.body ?? "");
  const length = row.body === undefined ? {} : { "content-length": String(body.length) };
  const headers = Object.entries({ host: "gateway", ...length, ...row.headers });
  return signV4({ method, target, headers, body }, WORKER, { timestamp: timestampOf(NOW) });
}

function actionsOf({ needs }: Row): readonly string[] {
  return needs.map((need) => need.split(" ")[0] ?? "");
}

const FOLDER = scratchFolder("suggest");

/** Segments that mean something in a policy, or are frequent enough to be many in one folder. */
const segment = fc.oneof(
  fc.constantFrom("a", "b", "c", "*", "${aws:username}", "?", "$", " "),
  fc.nat(30).map(String),
);
const key = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));

for (const name of NAMES) {
  const { dialect } = shipped(name);
  const nameable = (row: Row): boolean =>
    row.needs.every((need) => actionFault(dialect, need.split(" ")[0] ?? "", false) === undefined);
  const rows = ROWS.filter(
    (row) => row.form === undefined && row.ends === undefined && nameable(row),
  );
  // Some providers take no wildcard.
  const actions = [...new Set(rows.flatMap(actionsOf))];
  const deed = fc.record({
    row: fc.constantFrom(...rows),
    bucket: fc.constantFrom("bucket", "other"),
    key,
  });
  const all = configWith(
    name,
    policyDocument([{ Effect: "Allow", Action: actions, Resource: "*" }]),
  );

  for (const exact of [false, true]) {
    const how = exact ? " (--exact)" : "";
    test(`under ${name} a suggested policy allows the recorded actions, and no other action${how}`, async () => {
      const config = loadConfig(all).result;
      assert(config.ok);
      const snapshot = compileSnapshot(config.value, 1);
      let suggestions = 0;
      const property = fc.asyncProperty(
        fc.array(deed, { minLength: 1, maxLength: 40 }),
        async (deeds) => {
          const file = audited(snapshot, deeds);
          const policy = await suggestedFor(file, { provider: name, exact });
          if (policy === undefined) return;
          suggestions++;
          const options = { config: configWith(name, policy) };
          const { code, out } = await ran((terminal) => runReplay([file], options, terminal));
          assert.equal(code, 0, out + policy);
          const needed = new Set(deeds.flatMap(({ row }) => actionsOf(row)));
          // Most stores take a source's tags along, whatever the request says.
          if (deeds.some(({ row }) => row.operation === "CopyObject")) {
            for (const action of READS_TAGS) needed.add(action);
          }
          for (const action of actionsIn(policy)) assert(needed.has(action), action);
        },
      );
      await fc.assert(property, { numRuns: RUNS });
      assert(suggestions > RUNS / 2, `${suggestions} suggestions`);
    });
  }
}

const RUNS = 50;
const READS_TAGS = ["s3:GetObjectTagging", "s3:GetObjectVersionTagging"];

/** Returns the suggested policy; `undefined` if nothing was allowed that a policy could say. */
async function suggestedFor(
  file: string,
  options: { readonly provider: Name; readonly exact: boolean },
): Promise<string | undefined> {
  const suggest = { as: "lab:worker", ...options };
  const { code, out, err } = await ran((terminal) => runSuggest([file], suggest, terminal));
  if (code === 1) return undefined;
  assert.equal(code, 0, err);
  if (options.exact) assert.doesNotMatch(err, /widened/);
  return out;
}

function actionsIn(policy: string): readonly string[] {
  const { Statement }: { Statement: { Action: string[] }[] } = JSON.parse(policy);
  return Statement.flatMap(({ Action }) => Action);
}

function audited(snapshot: Snapshot, deeds: readonly Deed[]): string {
  const file = join(FOLDER, "audit.jsonl");
  const lines = deeds.map((deed, i) => lineOf(snapshot, requestOf(deed), NOW, `R${i}`));
  writeFileSync(file, lines.join(""));
  return file;
}
