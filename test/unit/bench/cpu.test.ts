/** The time on a processor that the bench reads from the kernel. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { cpuMicrosBetween, cpuTime, familyOf, residentBytes } from "../../bench/support/cpu.ts";

function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test("cpuMicrosBetween() counts work of this thread, and hardly more than process.cpuUsage()", () => {
  const before = cpuTime([process.pid]);
  const usage = process.cpuUsage();
  spin(300);
  const { user, system } = process.cpuUsage(usage);
  const micros = cpuMicrosBetween(before, cpuTime([process.pid]));
  assert(micros > 0.5 * (user + system) && micros < 1.5 * (user + system) + 20_000, `${micros}`);
});

test("cpuMicrosBetween() keeps the time of a thread that has ended", async () => {
  const code = `require("node:worker_threads").parentPort.once("message", () => {
    while (process.threadCpuUsage().user < 300_000);
    process.exit();
  });`;
  const worker = new Worker(code, { eval: true });
  await once(worker, "online");
  const before = cpuTime([process.pid]);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- It is a worker's, not a window's.
  worker.postMessage("");
  await once(worker, "exit");
  const micros = cpuMicrosBetween(before, cpuTime([process.pid]));
  assert(micros > 200_000, `${micros}`);
});

test("cpuMicrosBetween() without /proc is NaN, and so is the memory of a process that is gone", () => {
  const nothing = cpuTime([2 ** 22 + 1]);
  assert(Number.isNaN(cpuMicrosBetween(nothing, nothing)));
  assert(Number.isNaN(residentBytes([2 ** 22 + 1])));
  assert.deepEqual(familyOf(process.pid).slice(0, 1), [process.pid]);
});
