import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { RawClient } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import type { Crowd } from "../support/slow-clients.ts";
import { bytesOf, signV4, timestampOf, type Header, type KeyPair } from "../support/signed.ts";

const OWNER: KeyPair = { accessKey: "AKIAOWNER", secretKey: "theSecretOfTheOwner" };
const SLOW: KeyPair = { accessKey: "AKIASLOW", secretKey: "theSecretOfTheSlow" };
const CROWD = fileURLToPath(new URL("../support/slow-clients.ts", import.meta.url));
/** Enough for a median, over several rounds of the crowd being sent away and coming back. */
const REQUESTS = 3000;
/** For the crowd to come, be sent away and leave: on a busy machine it needs minutes. */
const CROWD_MS_MAX = 3 * 60_000;
const LIMITS = { connections: 2001, idleTimeout: "3s", headerTimeout: "4s" };

/** Slow uploads hold connections to the store, of which there are 256: nobody may have them all. */
const ACCOUNTS = [
  { name: "lab", keys: [OWNER] },
  { name: "slow", keys: [SLOW], limits: { concurrentRequests: 100 } },
];

function signed(gateway: Gateway, method: string, key: KeyPair, behind: readonly Header[]): Buffer {
  const headers: Header[] = [
    ["host", new URL(gateway.endpoint).host],
    ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
  ];
  const request = { method, target: "/bucket/key", headers, body: Buffer.alloc(0) };
  const done = signV4(request, key, { timestamp: timestampOf(Date.now()) });
  return bytesOf({ ...done, headers: [...done.headers, ...behind] });
}

async function metricOf(gateway: Gateway, series: string): Promise<number> {
  const text = await (await fetch(`${gateway.adminEndpoint}/metrics`)).text();
  const name = `s3warden_${series} `;
  const line = text.split("\n").find((candidate) => candidate.startsWith(name));
  return Number(line?.slice(name.length));
}

const filesOf = ({ pid }: Gateway): number => readdirSync(`/proc/${pid}/fd`).length;

/** A connection that asks again and again, and how long each answer took, in milliseconds. */
class Steady {
  readonly tookMs: number[] = [];
  readonly #client: RawClient;
  readonly #request: Buffer;

  private constructor(client: RawClient, request: Buffer) {
    this.#client = client;
    this.#request = request;
  }

  static async of(t: TestContext, gateway: Gateway): Promise<Steady> {
    const client = await RawClient.connect(new URL(gateway.endpoint).host);
    t.after(() => client.destroy());
    return new Steady(client, signed(gateway, "GET", OWNER, []));
  }

  async ask(): Promise<void> {
    const began = performance.now();
    this.#client.write(this.#request);
    assert.equal((await this.#client.answer()).status, 200);
    this.tookMs.push(performance.now() - began);
  }

  /** The median of what was asked since it was last looked at. */
  median(): number {
    const sorted = this.tookMs.splice(0).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  }
}

/** Begins `crowd` in a process of its own, does `meanwhile` until all are there; ends it when told to. */
async function attack(
  t: TestContext,
  crowd: Crowd,
  meanwhile: () => Promise<void>,
): Promise<() => Promise<void>> {
  const child = fork(CROWD, [JSON.stringify(crowd)]);
  const crowdIs = { complete: false };
  child.once("message", () => (crowdIs.complete = true));
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  t.after(end);
  while (!crowdIs.complete) await meanwhile();
  return end;
}

test("2,000 slow and idle clients lock nobody out, and none of them stays", async (t) => {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end("ok"));
  });
  t.after(() => store.stop());
  const start = async (): Promise<Gateway> => {
    const gateway = await startGateway({
      upstream: store.endpoint,
      accounts: ACCOUNTS,
      limits: LIMITS,
    });
    t.after(() => gateway.stop());
    return gateway;
  };
  const [calm, attacked] = await Promise.all([start(), start()]);
  const [beside, under] = [await Steady.of(t, calm), await Steady.of(t, attacked)];
  /** By turns, so that whatever else this machine does falls on both. */
  const askBoth = async (): Promise<void> => {
    await beside.ask();
    await under.ask();
  };
  const compare = async (): Promise<readonly [calm: number, attacked: number]> => {
    for (let i = 0; i < REQUESTS; i++) await askBoth();
    return [beside.median(), under.median()];
  };
  const before = await compare();
  const files = filesOf(attacked);

  const { hostname, port } = new URL(attacked.endpoint);
  const half = "GET /bucket/key HTTP/1.1\r\nHost: a\r\nX-Slow: ";
  const upload = signed(attacked, "PUT", SLOW, [["content-length", "1000000"]]).toString("latin1");
  const kinds = [
    { count: 700, head: "", trickles: false },
    { count: 200, head: half, trickles: false },
    { count: 1100, head: half, trickles: true },
    { count: 200, head: upload, trickles: true },
  ];
  const end = await attack(t, { host: hostname, port: Number(port), kinds }, askBoth);
  beside.median();
  under.median();
  // The crowd comes and goes in waves: what counts is the most that was there at one time.
  let most = 0;
  const look = async (): Promise<void> => {
    await askBoth();
    most = Math.max(most, await metricOf(attacked, "connections"));
  };
  for (const limit of ["header_timeout", "idle_timeout", "connections", "concurrent_requests"]) {
    await until(async () => {
      await look();
      return (await metricOf(attacked, `limited_total{limit="${limit}"}`)) >= 200;
    }, CROWD_MS_MAX);
  }
  await until(async () => {
    await look();
    return most >= 1000;
  }, CROWD_MS_MAX);
  const during = await compare();
  await look();
  assert.ok(most <= LIMITS.connections, `${most} connections`);
  // Times are told, not judged: they depend on what else this machine does.
  const texts = [before, during].map((medians) => medians.map((ms) => ms.toFixed(3)).join(" and "));
  t.diagnostic(`medians in ms, calm and attacked: ${texts.join(" before, ")} during the attack`);

  await end();
  await until(async () => {
    // Else it would be ended itself, since it stood still.
    await under.ask();
    return (await metricOf(attacked, "connections")) === 1;
  }, CROWD_MS_MAX);
  assert.equal(await metricOf(attacked, "requests_in_flight"), 0);
  await until(() => filesOf(attacked) <= files + 10, CROWD_MS_MAX);
});
