import { connect } from "node:net";
import { changedBytes, mutatedBytes } from "../../property/fuzz/bytes.ts";
import { basesAt } from "../../property/fuzz/wire.ts";
import { between, randomFrom } from "../../support/seeds.ts";
import { bytesOf, plus, type Outgoing } from "../../support/signed.ts";
import { bytesOfRow } from "../../flow/hostile/gateways.ts";
import { good, KEYS, siteAt } from "../../flow/hostile/site.ts";
import { ROWS } from "../../flow/hostile/tables.ts";

/** The bytes that one client sends on a connection of its own: an odd request, and a sentinel. */
export type Sent = {
  /**
   * The number of this client: its requests have it in their User-Agent, its sentinel in its key.
   */
  readonly number: number;
  readonly what: string;
  readonly bytes: Buffer;
};

/** The bytes that the client of that number received. */
export type Heard = Pick<Sent, "number"> & { readonly text: string };

/**
 * The names by which a client's requests are known: the name of the odd one, and of its sentinel.
 */
const oddAgent = (number: number): string => `odd-${number}`;
const sentinelAgent = (number: number): string => `sentinel-${number}`;
export const isSentinel = (agent: string): boolean => agent.startsWith("sentinel-");

/** Pieces with which a request can be made to end at another place. */
const BOUNDARIES = [
  "\r\ncontent-length: 0",
  "\r\ncontent-length: 4",
  "\r\ncontent-length: 40",
  "\r\nContent-Length : 4",
  "\r\ncontent-length: 4, 4",
  "\r\ncontent-length: +4",
  "\r\ntransfer-encoding: chunked",
  "\r\nTransfer-Encoding:\tChunked",
  "\r\ntransfer-encoding: chunked, identity",
  "\r\ntransfer-encoding: x, chunked",
  "\r\ntransfer-encoding : chunked",
  "\r\n transfer-encoding: chunked",
  "\r\nx: a\ntransfer-encoding: chunked",
  "\r\nx: a\rcontent-length: 0",
  "\r\nconnection: close",
  "\r\nconnection: content-length",
  "\r\nexpect: 100-continue",
  "\r\nupgrade: websocket\r\nconnection: upgrade",
  "0\r\n\r\n",
  "5\r\nhello\r\n0\r\n\r\n",
  "5;a=b\r\nhello\r\n0\r\nx: a\r\n\r\n",
  "00000000000000000005\r\nhello\r\n0\r\n\r\n",
  "GET /bucket/other HTTP/1.1\r\nhost: a\r\n\r\n",
  "\r\n\r\n",
  "\r\n",
  "\n",
  "\r",
  "\0",
];

/**
 * Yields every hostile request, every way to sign a good one, and for each seed `runs` mutations of
 * both. They are for the gateway or proxy at `host`, and each has its sentinel after it.
 */
export function* trafficFor(host: string, seeds: readonly number[], runs: number): Generator<Sent> {
  let number = 0;
  const sent = (what: string, odd: Buffer): Sent => {
    number++;
    const bytes = Buffer.concat([named(odd, oddAgent(number)), sentinelAt(host, number)]);
    return { number, what, bytes };
  };
  const bases = (): ReturnType<typeof basesAt> =>
    basesAt({ host, key: KEYS.owner, nowMs: Date.now() });
  for (const row of ROWS) yield sent(row.name, bytesOfRow(row, host).bytes);
  for (const [name, base] of bases()) yield sent(name, bytesOf(base));
  for (const seed of seeds) {
    const random = randomFrom(seed);
    for (let i = 0; i < runs; i++) {
      if (i % 2 === 0) {
        const [name, base] = oneOf(random, bases());
        const bytes = mutatedBytes(random, base);
        yield sent(`${name}, changed`, changedBytes(random, bytes, BOUNDARIES));
      } else {
        const row = oneOf(random, ROWS);
        const { bytes } = bytesOfRow(row, host);
        yield sent(`${row.name}, changed`, changedBytes(random, bytes, BOUNDARIES));
      }
    }
  }
}

function oneOf<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[between(random, 0, choices.length - 1)];
  if (choice === undefined) throw new Error("There is nothing to choose from");
  return choice;
}

/** Adds a User-Agent after the first line, if there is one. */
function named(request: Buffer, agent: string): Buffer {
  const end = request.indexOf("\r\n");
  if (end < 0) return request;
  const line = Buffer.from(`\r\nuser-agent: ${agent}`);
  return Buffer.concat([request.subarray(0, end), line, request.subarray(end)]);
}

/**
 * Returns a good upload whose content is a good request: a server that takes the content for a
 * request of its own can be caught.
 */
function sentinelAt(host: string, number: number): Buffer {
  const body = sentinelBody(host, number);
  const sentinel = good(siteAt(host, Date.now()), "PUT", sentinelTarget(number), { body });
  return bytesOf(plus(sentinel, ["user-agent", sentinelAgent(number)]));
}

/** Returns true if a sentinel's content is whole, and nothing more. */
export const isSentinelBody = (body: string): boolean =>
  /^GET \/bucket\/stolen-\d+ HTTP\/1\.1\r\n(?:[\w-]+: .*\r\n)+\r\n$/.test(body);

export const sentinelTarget = (number: number): string => `/bucket/sentinel-${number}`;

function sentinelBody(host: string, number: number): Buffer {
  const inner: Outgoing = good(siteAt(host, Date.now()), "GET", `/bucket/stolen-${number}`);
  return bytesOf(inner);
}

/** The number of clients at a time. */
const CLIENTS = 24;
/** The silence after which a client goes away: not every request is whole. */
const QUIET_MS = 300;

/** Sends all traffic, each item on a connection of its own. */
export async function sendAll(address: string, traffic: Iterable<Sent>): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  const rest = traffic[Symbol.iterator]();
  const clients = Array.from({ length: CLIENTS }, async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const { number, bytes } = next.value;
      heard.push({ number, text: await converse(address, bytes, sentinelTarget(number)) });
    }
  });
  await Promise.all(clients);
  return heard;
}

/** Sends `bytes` and reads until `last`, the connection's end, or silence. */
async function converse(address: string, bytes: Buffer, last: string): Promise<string> {
  const [host = "", port] = address.split(":");
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  let text = "";
  let turns = 0;
  const quiet = setTimeout(() => {
    // Bytes that have come meanwhile are read first: this process may have been too busy to listen.
    if (++turns < 3) quiet.refresh();
    else socket.destroy();
  }, QUIET_MS / 3);
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    turns = 0;
    if (text.includes(last)) socket.destroy();
  });
  socket.on("error", () => {});
  socket.once("end", () => socket.destroy());
  socket.write(bytes);
  // Not once(): it throws if the other side resets the connection, which is an end like any other.
  await new Promise((resolve) => socket.once("close", resolve));
  clearTimeout(quiet);
  return text;
}
