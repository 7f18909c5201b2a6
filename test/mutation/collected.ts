/**
 * The part of `node:test` that unit tests use, for running them again and again in one process: tests
 * are collected while their file is read, and run by runner.ts.
 */

import type { TestContext } from "node:test";

type Body = (t: Pick<TestContext, "diagnostic">) => unknown;

export type Collected = { readonly name: string; readonly body: Body };

let collected: Collected[] = [];
let within: string[] = [];

export function test(name: string, body: Body): void {
  collected.push({ name: [...within, name].join(" > "), body });
}

export function describe(name: string, tests: () => void): void {
  within.push(name);
  tests();
  within.pop();
}

/** Returns the tests that were collected since it was last called. */
export function takeCollected(): readonly Collected[] {
  const taken = collected;
  collected = [];
  within = [];
  return taken;
}
