/**
 * The laws of decisions in every small configuration (test/reference/small.ts). A run of the tests
 * takes a slice of the pairs of statements; S3WARDEN_TEST_SCOPE=whole takes all of them, with two
 * threads, and tells how far it is.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { randomFrom, SEEDS } from "../support/seeds.ts";
import type { Count } from "./scope/laws.ts";
import { checkShare, PAIRS, type Share } from "./scope/pairs.ts";

/** A run of the tests takes one of so many pairs. */
const SLICE = 400;
const THREADS = 2;
/** The number of pairs after which a thread tells its progress. */
const STEP = 200;

const COUNT = z.object({ pairs: z.number(), configurations: z.number(), decisions: z.number() });

if (process.env["S3WARDEN_TEST_SCOPE"] === "whole") {
  test(`the laws hold with all ${PAIRS} pairs of statements`, async () => {
    const shares = Array.from({ length: THREADS }, (_, from) => ({ from, every: THREADS }));
    const counts = await Promise.all(shares.map(checkAside));
    const pairs = counts.reduce((sum, count) => sum + count.pairs, 0);
    assert.equal(pairs, PAIRS);
    for (const count of counts) tell(count);
  });
} else {
  test(`the laws hold with one of ${SLICE} of ${PAIRS} pairs of statements`, () => {
    const from = Math.floor(randomFrom(SEEDS[1])() * SLICE);
    tell(checkShare({ from, every: SLICE }));
  });
}

/** Checks a share in a thread of its own. */
async function checkAside(share: Share): Promise<Count> {
  // Nearly all that a decision makes is garbage at once: more room for it, and less is collected.
  const resourceLimits = { maxYoungGenerationSizeMb: 64 };
  const worker = new Worker(new URL("scope/worker.ts", import.meta.url), {
    workerData: share,
    resourceLimits,
  });
  return await new Promise((resolve, reject) => {
    let last: Count | undefined;
    worker.on("message", (message) => {
      last = COUNT.parse(message);
      if (last.pairs % STEP === 0) tell(last);
    });
    worker.once("error", reject);
    worker.once("exit", () => {
      if (last === undefined) reject(new Error("Nothing was checked"));
      else resolve(last);
    });
  });
}

function tell({ pairs, configurations, decisions }: Count): void {
  console.log(`${pairs} pairs, ${configurations} configurations, ${decisions} decisions`);
}
