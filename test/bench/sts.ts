/**
 * Measures the cost of temporary keys: sessions that are begun by tokens, opening their tokens, and
 * the loss of data traffic under a flood of bad tokens. Part of `npm run bench`; alone: `npm exec
 * -- node test/bench/sts.ts`.
 */
import { setTimeout as pause } from "node:timers/promises";
import { keyOf } from "../../src/admission/find-key.ts";
import { NO_FACTS } from "../../src/admission/facts.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import { OpenedSessions } from "../../src/session/opened.ts";
import type { Session } from "../../src/session/session.ts";
import { goodConfig } from "../support/config.ts";
import { sessionOf, SEALING, STS, tokenOf as sessionTokenOf } from "../support/sessions.ts";
import { formOf } from "../support/sts.ts";
import { makeKey, publicJwk, tokenOf } from "../support/tokens.ts";
import { endAll, endThose } from "./support/child.ts";
import { Connection } from "./support/connection.ts";
import { cpuMicrosBetween, cpuTime } from "./support/cpu.ts";
import type { StsFigure } from "./support/figures.ts";
import { Generator } from "./support/generator.ts";
import { microsOf, quantile, spreadOf } from "./support/measure.ts";
import { QUICK, type Plan } from "./support/plan.ts";
import { stsTable } from "./support/report.ts";
import { startStore, startStsGateway, type System } from "./support/systems.ts";
import { textLines } from "./support/table.ts";
import { HOST, type WireRequest } from "./support/workload.ts";

const ISSUER = "https://idp.example.org";
const CONNECTIONS = 16;
/** The connections of a flood: so many that refusals wait for their turn as long as they may. */
const FLOOD_CONNECTIONS = 512;
/** The time before a flood is measured: it lasts, and its connections and its first burst do not. */
const FLOOD_LEAD_MS = 1_500;
/** Tokens that are signed before the clock starts; none is the same as another. */
const TOKENS = 256;
const READ_BYTES = 64 * 1024;

const SIGNER = makeKey("of-the-issuer", "RS256", "rsa");
const STRANGER = makeKey("of-the-issuer", "RS256", "rsa");

/** The parts of gateway.yaml and accounts.yaml about sessions. */
const SETTINGS = {
  gateway: {
    sts: STS,
    issuers: [{ name: "idp", url: ISSUER, audiences: ["s3"], jwks: "keys.json" }],
  },
  role: { name: "writer", tier: "FULL", trust: { issuer: "idp", subject: "*" } },
  keys: JSON.stringify({ keys: [publicJwk(SIGNER)] }),
};

/** Returns a figure for each cost of sessions, beside its aim. */
export async function stsCosts(
  generator: Generator,
  store: System,
  plan: Plan,
): Promise<readonly StsFigure[]> {
  const gateway = await startStsGateway(store, SETTINGS);
  const begun = await begunASecond(gateway.plain.port, plan.smallMs * plan.rounds);
  const share = await shareUnderFlood(generator, gateway, store, plan);
  const cpuPercent = await cpuOfFlood(gateway, plan.smallMs * plan.rounds);
  await endThose(gateway.plain.pids);
  return [
    {
      name: "AssumeRoleWithWebIdentity a second, RS256, keys of the issuer at hand",
      value: begun,
      bound: "at least",
      aim: 1_000,
      unit: "/s",
    },
    ...openingCosts(plan),
    {
      name: "1 KiB GET beside a flood of bad tokens: rate to that without them",
      value: share,
      bound: "at least",
      aim: 0.5,
      unit: "×",
    },
    {
      name: "a flood of bad tokens: the gateway's CPU, of one core",
      value: cpuPercent,
      bound: "at most",
      aim: 25,
      unit: "%",
    },
  ];
}

/** Returns the number of sessions begun in a second, over all connections. */
async function begunASecond(port: number, ms: number): Promise<number> {
  const requests = callsOf(SIGNER);
  const connections = await openAll(port, CONNECTIONS);
  const given = (text: string, status: number): boolean => {
    // A fast machine meets the gateway's own limit, of verifications a second: Throttling is a 400.
    return status !== 400 && expecting(200)(text, status);
  };
  await pump(connections, requests, given, after(ms / 4));
  const startMs = performance.now();
  const count = await pump(connections, requests, given, after(ms));
  const seconds = (performance.now() - startMs) / 1000;
  for (const connection of connections) connection.close();
  return count / seconds;
}

/**
 * The part of one core that a flood alone takes from the gateway, in percent. It is the same where
 * others use the machine.
 */
async function cpuOfFlood({ plain }: System, ms: number): Promise<number> {
  const flooding = await startFlood(plain.port);
  const [startMs, before] = [performance.now(), cpuTime(plain.pids)];
  await pause(ms);
  const micros = cpuMicrosBetween(before, cpuTime(plain.pids));
  const percent = micros / 10 / (performance.now() - startMs);
  await flooding.stop();
  return percent;
}

type Flood = { readonly stop: () => Promise<void> };

/** Sends tokens whose signature is wrong, as fast as they are answered; resolves when that lasts. */
async function startFlood(port: number): Promise<Flood> {
  const connections = await openAll(port, FLOOD_CONNECTIONS);
  let over = false;
  const flood = pump(connections, callsOf(STRANGER), expecting(400), () => over);
  await pause(FLOOD_LEAD_MS);
  return {
    stop: async () => {
      over = true;
      await flood;
      for (const connection of connections) connection.close();
    },
  };
}

/** The rate of data with a flood of tokens whose signature is wrong, to that without it. */
async function shareUnderFlood(
  generator: Generator,
  gateway: System,
  store: System,
  plan: Plan,
): Promise<number> {
  const times = { leadMs: plan.leadMs, durationMs: plan.smallMs };
  const rate = async (): Promise<number> =>
    (await generator.round("get-small", gateway, store, times)).requests;
  const shares: number[] = [];
  await rate();
  for (let i = 0; i < plan.rounds; i++) {
    const alone = await rate();
    const flooding = await startFlood(gateway.plain.port);
    const beside = await rate();
    await flooding.stop();
    shares.push(beside / alone);
  }
  return spreadOf(shares).median;
}

/**
 * Returns the costs of opening a token that this process has opened before, and one that it has
 * not.
 */
function openingCosts({ admitCalls }: Plan): readonly StsFigure[] {
  const nowMs = Date.now();
  const sessions = ["ASIAAAAAAAAAAAAAAAAA", "ASIABBBBBBBBBBBBBBBB"].map((accessKeyId) =>
    sessionOf(nowMs, { accessKeyId }),
  );
  const snapshot: Snapshot = compileSnapshot(configured(), 1);
  // A snapshot that remembers one token only: it opens two in turn each time anew.
  const forgetful: Snapshot = { ...snapshot, opened: new OpenedSessions(1) };
  const timing = { warmup: 5_000, batch: 50, batches: Math.ceil(admitCalls / 50) };
  const medianOf = (by: Snapshot, of: readonly Session[]): number => {
    const claims = of.map((session) => ({
      accessKeyId: session.accessKeyId,
      sessionToken: sessionTokenOf(session, SEALING),
    }));
    let next = 0;
    const run = (): void => {
      const claim = claims[next++ % claims.length];
      if (claim === undefined) throw new Error("There is a session");
      const step = keyOf(by, claim, NO_FACTS, nowMs).next();
      if (step.done !== true || !step.value.ok || step.value.value === undefined)
        throw new Error("The session was not opened");
    };
    return quantile(microsOf(run, timing), 0.5);
  };
  return [
    {
      name: "a session token that was opened before, median",
      value: medianOf(snapshot, sessions.slice(0, 1)),
      bound: "at most",
      aim: 5,
      unit: "µs",
    },
    {
      name: "a session token that is opened for the first time, median",
      value: medianOf(forgetful, sessions),
      bound: "at most",
      aim: 5,
      unit: "µs",
    },
  ];
}

function configured(): ReturnType<typeof goodConfig> {
  const account = {
    name: "lab",
    upstream: { accessKey: "AK", secretKey: "SK" },
    roles: [SETTINGS.role],
  };
  const { sts, issuers } = SETTINGS.gateway;
  return goodConfig({
    "gateway.yaml": JSON.stringify({
      upstream: { endpoints: ["http://store:7480"], store: "ceph" },
      identities: [{ accounts: "accounts.yaml" }],
      sts,
      issuers,
    }),
    "accounts.yaml": JSON.stringify({ accounts: [account] }),
    "keys.json": SETTINGS.keys,
  });
}

/**
 * Returns calls with tokens that `key` signed, each from another address: an address with bad
 * tokens is soon cut off.
 */
function callsOf(key: typeof SIGNER): readonly WireRequest[] {
  const seconds = Math.floor(Date.now() / 1000);
  return Array.from({ length: TOKENS }, (_, i) => {
    const claims = { iss: ISSUER, sub: `job-${i}`, aud: "s3", iat: seconds, exp: seconds + 3_600 };
    const body = formOf("AssumeRoleWithWebIdentity", {
      RoleArn: "arn:aws:iam::bench:role/writer",
      RoleSessionName: `job-${i}`,
      WebIdentityToken: tokenOf(key, claims),
    });
    return { start: Buffer.from(headOf(i, body) + body), body: Buffer.alloc(0), answerBytes: 0 };
  });
}

function headOf(i: number, body: string): string {
  return [
    "POST / HTTP/1.1",
    `host: ${HOST}`,
    `x-forwarded-for: 10.0.${i % 250}.${Math.floor(i / 250)}`,
    "content-type: application/x-www-form-urlencoded",
    `content-length: ${Buffer.byteLength(body)}`,
    "\r\n",
  ].join("\r\n");
}

async function openAll(port: number, count: number): Promise<readonly Connection[]> {
  return Promise.all(
    Array.from({ length: count }, () =>
      Connection.open({ port, tls: false }, { readBytes: READ_BYTES }),
    ),
  );
}

/** Returns a function that counts every answer, and throws for one with another status. */
function expecting(expected: number): (text: string, status: number) => boolean {
  return (text, status) => {
    if (status !== expected) throw new Error(`Unexpected answer:\n${text}`);
    return true;
  };
}

/** Keeps every connection busy. Returns the number of answers for which `counts` returns true. */
async function pump(
  connections: readonly Connection[],
  requests: readonly WireRequest[],
  counts: (text: string, status: number) => boolean,
  isOver: () => boolean,
): Promise<number> {
  let sent = 0;
  let count = 0;
  const busy = connections.map(async (connection) => {
    while (!isOver()) {
      const request = requests[sent++ % requests.length];
      if (request === undefined) throw new Error("Cannot load: no requests");
      const { status, text } = await connection.exchange(request);
      if (counts(text, status)) count++;
    }
  });
  await Promise.all(busy);
  return count;
}

function after(ms: number): () => boolean {
  const endMs = performance.now() + ms;
  return () => performance.now() >= endMs;
}

if (import.meta.main) {
  const store = await startStore();
  const rows = await stsCosts(new Generator(), store, QUICK);
  for (const line of textLines(stsTable(rows))) console.log(line);
  await endAll();
  process.exit();
}
