import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { OWNER, until } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { startKeepingStore } from "../support/keeping-store.ts";
import { freePorts } from "../support/ports.ts";
import { findProgram } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf, PLAIN } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { startSteadyLoad } from "../support/steady-load.ts";

const HAPROXY = findProgram("haproxy");
const PYTHON = "/usr/bin/python3";
const STEADY = fileURLToPath(new URL("steady.py", import.meta.url));

const skip = skipUnless([
  {
    name: "HAProxy",
    present: HAPROXY !== undefined,
    install: "apt-get install -y --no-install-recommends haproxy",
  },
  {
    name: "Debian's boto3",
    present: spawnSync(PYTHON, ["-c", "import boto3"]).status === 0,
    install: "apt-get install -y --no-install-recommends python3-boto3",
  },
]);

const RESTARTS = 3;
/** A delay longer than HAProxy takes to notice the answer of /readyz. */
const LIMITS = { drainDelay: "500ms", drainTimeout: "10s" };

type Place = { readonly port: number; readonly adminPort: number };

/**
 * Returns the configuration that docs/operate.md shows: a gateway that is not ready gets nothing
 * new. Without `timeout check` an answer that takes longer than \`inter\` would be none, and on a
 * busy machine no gateway would be left.
 */
function configOf(port: number, statsPort: number, places: readonly Place[]): string {
  const servers = places.map(
    ({ port: own, adminPort }, i) =>
      `  server gateway${i} 127.0.0.1:${own} check port ${adminPort} inter 100ms fall 1 rise 1`,
  );
  return `defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout check 5s
frontend clients
  bind 127.0.0.1:${port}
  default_backend gateways
backend gateways
  option httpchk GET /readyz
${servers.join("\n")}
frontend stats
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
`;
}

/**
 * Starts steady.py in front of `endpoint`. Returns a function that ends it and returns its report.
 */
function startBoto3(t: TestContext, endpoint: string): () => Promise<string> {
  const child = spawn(PYTHON, [STEADY], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  child.stdin.write(`${JSON.stringify({ endpoint, ...OWNER })}\n`);
  return () => {
    child.stdin.end();
    return text(child.stdout);
  };
}

/** Returns true if HAProxy itself believes that all gateways serve. */
async function seesAll(statsPort: number): Promise<boolean> {
  const csv = await (await fetch(`http://127.0.0.1:${statsPort}/;csv`)).text();
  const states = csv.split("\n").filter((line) => /^gateways,gateway\d,/.test(line));
  return states.length > 1 && states.every((line) => line.split(",").includes("UP"));
}

function startHaproxy(t: TestContext, config: string): void {
  const file = join(scratchFolder("haproxy"), "haproxy.cfg");
  writeFileSync(file, config);
  const child = spawn(HAPROXY ?? "", ["-db", "-f", file], { stdio: "ignore" });
  t.after(async () => {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  });
}

test(
  `${RESTARTS} rolling restarts behind HAProxy fail no request of clients that try once`,
  { skip },
  async (t) => {
    const store = await startKeepingStore();
    t.after(() => store.stop());
    const start = ({ port, adminPort }: Place): Promise<Gateway> =>
      startGateway({
        upstream: store.endpoint,
        accounts: [{ name: "lab", keys: [OWNER] }],
        listen: { address: `127.0.0.1:${port}` },
        admin: { address: `127.0.0.1:${adminPort}` },
        limits: LIMITS,
      });
    const [port = 0, statsPort = 0, one = 0, oneAdmin = 0, other = 0, otherAdmin = 0] =
      await freePorts(6);
    const places: readonly Place[] = [
      { port: one, adminPort: oneAdmin },
      { port: other, adminPort: otherAdmin },
    ];
    const gateways = await Promise.all(places.map(start));
    t.after(() => Promise.all(gateways.map((gateway) => gateway.stop())));
    startHaproxy(t, configOf(port, statsPort, places));
    const endpoint = `http://127.0.0.1:${port}`;
    const answers = async (): Promise<boolean> =>
      fetch(endpoint).then(
        ({ status }) => status === 403,
        () => false,
      );
    await until(answers, 10_000);

    const load = startSteadyLoad(
      t,
      [PLAIN, {}, PLAIN].map((more) => clientOf(endpoint, OWNER, more)),
    );
    const boto3 = startBoto3(t, endpoint);
    for (let restart = 0; restart < RESTARTS; restart++) {
      for (const [i, place] of places.entries()) {
        const before = load.done();
        await until(() => load.done() > before + 20, 30_000);
        assert.equal(await gateways[i]?.stop(), 0);
        gateways[i] = await start(place);
        // If the next gateway stopped before this one is back, none would be left.
        await until(() => seesAll(statsPort), 30_000);
      }
    }
    const before = load.done();
    await until(() => load.done() > before + 20, 30_000);
    assert.deepEqual(await load.stop(), []);
    const told = await boto3();
    assert.match(told, /^\{"done": \d{2,}, "failures": \[\]\}\n$/);
  },
);
