import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DEMO_GATEWAY, demoWelcome } from "../../../src/cli/demo-text.ts";
import { goodConfig } from "../../support/config.ts";

const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
/** With the demo's own defaults, which the README takes for granted. */
const BOUND = { address: "127.0.0.1:8080", adminAddress: "127.0.0.1:9090" };
const WELCOME = demoWelcome("demo-data", BOUND, new Map());

test("README: the commands to try are those that the demo prints, from the first one on", () => {
  const commands = [...README.matchAll(/`(aws [^`]*)`/g)].map(([, command]) => command);
  const told = [...WELCOME.matchAll(/^ +(aws .*)$/gm)].map(([, command]) => command);
  assert.ok(commands.length >= 2);
  assert.deepEqual(commands, told.slice(0, commands.length));
});

test("the demo says in its output and in gateway.yaml when a change is in force", () => {
  const seconds = goodConfig({}).reload.intervalMs / 1000;
  for (const text of [WELCOME, DEMO_GATEWAY]) {
    assert.match(text, new RegExp(`What you change .*is in force by itself, in ${seconds} s;`));
  }
});
