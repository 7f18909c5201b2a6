import assert from "node:assert/strict";
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { portOf } from "../support/ports.ts";
import { runProgram } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

for (const workers of [1, 2]) {
  test(`serve on a port that is taken says so and ends with 1, with ${workers} workers`, (t) =>
    isToldOfTakenPort(t, workers));
}

async function isToldOfTakenPort(t: TestContext, workers: number): Promise<void> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => other.close());
  const folder = scratchFolder("start");
  writeFileSync(join(folder, "accounts.yaml"), "accounts: []\n");
  const config = join(folder, "gateway.yaml");
  writeFileSync(
    config,
    `workers: ${workers}
listen: { address: "127.0.0.1:${portOf(other.address())}" }
admin: { address: "127.0.0.1:0" }
upstream: { endpoints: ["http://127.0.0.1:9"] }
identities: [{ accounts: accounts.yaml }]
`,
  );
  const { status, errors } = await runProgram(process.execPath, [
    MAIN,
    "serve",
    "--config",
    config,
  ]);
  assert.equal(status, 1);
  assert.match(
    errors,
    /^Cannot start: listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+\n$/,
  );
}

for (const workers of [1, 2]) {
  test(`serve names the setting of an audit file that cannot be opened, with ${workers} workers`, async () => {
    const folder = scratchFolder("start");
    const config = join(folder, "gateway.yaml");
    // Below a file nothing can be made, not even by root.
    writeFileSync(
      config,
      `workers: ${workers}
listen: { address: "127.0.0.1:0" }
admin: { address: "127.0.0.1:0" }
upstream: { endpoints: ["http://127.0.0.1:9"] }
identities: []
log: { audit: { file: gateway.yaml/audit.jsonl } }
`,
    );
    const args = [MAIN, "serve", "--config", config];
    const { status, errors } = await runProgram(process.execPath, args);
    assert.equal(status, 1);
    assert.match(errors, /^Cannot start: log\.audit\.file: [A-Z]+: .*gateway\.yaml.*\n$/);
  });
}

test("serve logs the warnings of its configuration before anything else", async () => {
  const folder = scratchFolder("start");
  const config = join(folder, "gateway.yaml");
  writeFileSync(
    config,
    `upstream: { endpoints: ["http://127.0.0.1:9"] }
listen: { address: "192.0.2.1:0" }
admin: { address: "127.0.0.1:0" }
identities: []
policy: { tiers: { NONE: [] } }
`,
  );
  const { output } = await runProgram(process.execPath, [MAIN, "serve", "--config", config]);
  const [first = "{}"] = output.toString().split("\n");
  const { time: _, ...entry }: Record<string, unknown> = JSON.parse(first);
  assert.deepEqual(entry, {
    level: 40,
    file: config,
    line: 5,
    path: "policy.tiers.NONE",
    remedy: "Add actions, or remove the tier",
    msg: "The tier grants nothing that any request asks for",
  });
});

test("serve with a bad configuration names every problem and ends with 1", async () => {
  const folder = scratchFolder("start");
  const config = join(folder, "gateway.yaml");
  writeFileSync(config, "upstream: { endpoints: [] }\nidentities: []\nlisten: { port: 1 }\n");
  const { status, errors } = await runProgram(process.execPath, [
    MAIN,
    "serve",
    "--config",
    config,
  ]);
  assert.equal(status, 1);
  assert.match(errors, /upstream\.endpoints/);
  assert.match(errors, /listen\.port: Unknown key "port"/);
  assert.match(errors, /2 problems\n$/);
});
