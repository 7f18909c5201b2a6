/**
 * Runs versitygw's own suite for S3, by the program itself, on a versitygw behind the gateway.
 * Directly on the store (`S3WARDEN_SUITE=direct`) every case passes. It takes a minute. If
 * `S3WARDEN_SUITE` is set, it reports why each case failed.
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

/** The names of cases, all and failed. */
type Ended = { readonly all: ReadonlySet<string>; readonly failed: ReadonlySet<string> };

const LISTED: ReadonlySet<string> = new Set(DIRECT ? [] : OTHERWISE.flatMap(({ cases }) => cases));
/** The limit of cases to run again: more cases that end unlike the list are not by chance. */
const AGAIN_MAX = 10;

/**
 * Runs the whole suite, many cases at a time. Each that ends unlike the list is run again, alone:
 * on a busy machine some run out of time.
 */
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
  // The suite calls itself by this name to make users.
  symlinkSync(path, join(cwd, "versitygw"));
  const { accessKey, secretKey } = store.key;
  const endpoint = gateway?.endpoint ?? store.endpoint;
  const who = ["--access", accessKey, "--secret", secretKey, "--endpoint", endpoint];
  const run = async (...what: readonly string[]): Promise<Ended> => {
    const args = [`${SECONDS_MAX}`, path, "test", ...who, ...what];
    const { output } = await runProgram("timeout", args, { env: { HOME: cwd }, cwd });
    return endedOf(output.toString());
  };
  const whole = await run("full-flow", "--versioning-enabled", "--sidecar", "--parallel");
  const failed = new Set(whole.failed);
  const unlike = [...whole.all].filter((name) => failed.has(name) !== LISTED.has(name));
  for (const name of unlike.slice(0, AGAIN_MAX)) {
    const alone = await run(name);
    if (alone.failed.has(name)) failed.add(name);
    else failed.delete(name);
  }
  await gateway?.stop();
  await store.stop();
  return { all: whole.all, failed };
}

/**
 * Reads the cases in the output. A failed case reports each of its failures, and may begin in the
 * middle of a line.
 */
function endedOf(said: string): Ended {
  const all = new Set<string>();
  const failed = new Set<string>();
  for (const [, ended, name = "", why] of said.matchAll(ENDED)) {
    all.add(name);
    if (ended === "FAIL") failed.add(name);
    if (ended === "FAIL" && process.env["S3WARDEN_SUITE"] !== undefined) console.error(name, why);
  }
  return { all, failed };
}

// oxlint-disable-next-line no-control-regex -- It colours its words.
const ENDED = /\u001b\[\d+m(PASS|FAIL) \u001b\[0m(\w+)(.*)/g;

describe("versitygw's suite", { skip: skipUnless([VERSITYGW]) }, () => {
  let ended: Ended = { all: new Set(), failed: new Set() };
  before(async () => {
    ended = await runSuite();
  });

  test("runs whole", () => {
    assert.equal(ended.all.size, SUITE_CASES);
  });

  test("ends as on the store itself, except for the listed cases", () => {
    assert.deepEqual([...ended.failed].toSorted(), [...LISTED].toSorted());
  });
});
