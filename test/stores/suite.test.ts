/**
 * versitygw's own suite for S3, run by the program itself on a versitygw behind the gateway. Directly
 * on the store (`S3WARDEN_SUITE=direct`) every case passes. It takes a minute.
 */
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { startGateway } from "../support/gateway.ts";
import { runProgram } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram } from "../tools/programs.ts";
import { OTHERWISE, SUITE_CASES } from "./suite/otherwise.ts";
import { startVersitygw, VERSITYGW } from "./versitygw.ts";

const SECONDS_MAX = 600;
const DIRECT = process.env["S3WARDEN_SUITE"] === "direct";

/** The names of cases, by how they ended. */
type Ended = { readonly passed: ReadonlySet<string>; readonly failed: ReadonlySet<string> };

/** Runs the whole suite. What it says of the cases that failed is told if `S3WARDEN_SUITE` is set. */
async function runSuite(): Promise<Ended> {
  const store = await startVersitygw(true);
  const gateway = DIRECT
    ? undefined
    : await startGateway({
        upstream: store.endpoint,
        accounts: [{ name: "lab", upstream: store.key, keys: [store.key] }],
        store: { store: "versitygw" },
        policy: { regions: ["us-east-1"], anonymous: "upstream" },
      });
  const cwd = scratchFolder("suite");
  const { path } = ownProgram("versitygw");
  // It calls itself by this name to make users.
  symlinkSync(path, join(cwd, "versitygw"));
  const { accessKey, secretKey } = store.key;
  const endpoint = gateway?.endpoint ?? store.endpoint;
  const who = ["--access", accessKey, "--secret", secretKey, "--endpoint", endpoint];
  const what = ["full-flow", "--versioning-enabled", "--sidecar", "--parallel"];
  const args = [`${SECONDS_MAX}`, path, "test", ...who, ...what];
  const { output } = await runProgram("timeout", args, { env: { HOME: cwd }, cwd });
  await gateway?.stop();
  await store.stop();
  return endedOf(output.toString());
}

function endedOf(said: string): Ended {
  const passed = new Set<string>();
  const failed = new Set<string>();
  for (const line of said.split("\n")) {
    const [, ended, name = ""] = ENDED.exec(line) ?? [];
    if (ended === "PASS") passed.add(name);
    if (ended === "FAIL") failed.add(name);
    if (ended === "FAIL" && process.env["S3WARDEN_SUITE"] !== undefined) console.error(line);
  }
  // A case that fails tells of each thing that failed in it.
  return { passed: new Set([...passed].filter((name) => !failed.has(name))), failed };
}

// oxlint-disable-next-line no-control-regex -- It colours its words.
const ENDED = /^\u001b\[\d+m(PASS|FAIL) \u001b\[0m([^:\s]+)/;

describe("versitygw's suite", { skip: skipUnless([VERSITYGW]) }, () => {
  let ended: Ended = { passed: new Set(), failed: new Set() };
  before(async () => {
    ended = await runSuite();
  });

  test("runs whole", () => {
    assert.equal(ended.passed.size + ended.failed.size, SUITE_CASES);
  });

  test("ends as on the store itself, but for what is listed", () => {
    const listed = DIRECT ? [] : OTHERWISE.flatMap(({ cases }) => cases);
    assert.deepEqual([...ended.failed].toSorted(), listed.toSorted());
  });
});
