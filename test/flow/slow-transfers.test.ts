/**
 * 2,000 uploads that come a few bytes at a time, and 64 downloads whose clients do not read: others
 * are served meanwhile, and in the end each has its own bytes and nobody else's.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { metricOf } from "../support/asked.ts";
import { OWNER, UPSTREAM, until } from "../support/flow.ts";
import { streamed } from "../support/framing.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { codeOf, RawClient } from "../support/raw-client.ts";
import { startHttpStore, type ScriptedStore } from "../support/scripted-store.ts";
import { randomFrom } from "../support/seeds.ts";
import { bytesOf, signV4, timestampOf, type Header, type Outgoing } from "../support/signed.ts";

const MIB = 1024 * 1024;
const UPLOADS = 2_000;
const UPLOAD_BYTES = 120;
/** Of a body and its framing, for each turn. */
const PIECE = 6;
/** Connections that are begun, and uploads that take their turn, at a time. */
const AT_ONCE = 100;
const DOWNLOADS = 64;
/** More than the systems' own buffers hold of a connection. */
const DOWNLOAD_BYTES = 12 * MIB;

async function start(t: TestContext, store: ScriptedStore): Promise<Gateway> {
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    store: { connections: UPLOADS + 48 },
    accounts: [{ name: "lab", upstream: UPSTREAM, keys: [OWNER] }],
    limits: { headerTimeout: "5m", idleTimeout: "5m" },
  });
  t.after(() => gateway.stop());
  return gateway;
}

const scope = (): { timestamp: string } => ({ timestamp: timestampOf(Date.now()) });

function bare(gateway: Gateway, method: string, target: string, ...more: Header[]): Outgoing {
  const headers: Header[] = [["host", new URL(gateway.endpoint).host], ...more];
  return { method, target, headers, body: Buffer.alloc(0) };
}

/** Somebody who is not slow, on a connection of its own. */
async function startQuick(t: TestContext, gateway: Gateway): Promise<() => Promise<void>> {
  const client = await RawClient.connect(new URL(gateway.endpoint).host);
  t.after(() => client.destroy());
  return async () => {
    client.write(bytesOf(signV4(bare(gateway, "GET", "/bucket/quick"), OWNER, scope())));
    const answer = await client.answer();
    assert.deepEqual([answer.status, answer.body.toString()], [200, "/bucket/quick"]);
  };
}

function tellMemory(t: TestContext, { pid }: Gateway, when: string): void {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  t.diagnostic(`${when}: resident ${(Number(kib) / 1024).toFixed(1)} MiB`);
}

const contentOf = (i: number): string =>
  `upload ${i}. `.repeat(UPLOAD_BYTES).slice(0, UPLOAD_BYTES);

/** As it is, or framed with a checksum behind it. */
function uploadOf(gateway: Gateway, i: number): Outgoing {
  const target = `/bucket/upload-${i}`;
  const content = contentOf(i);
  if (i % 2 === 0) {
    const kind = "unsigned-trailer";
    return streamed(bare(gateway, "PUT", target), OWNER, scope(), { kind, chunks: [content] });
  }
  const length: Header = ["content-length", `${content.length}`];
  const request = bare(gateway, "PUT", target, length, [
    "x-amz-content-sha256",
    "UNSIGNED-PAYLOAD",
  ]);
  return { ...signV4(request, OWNER, scope()), body: Buffer.from(content) };
}

test("2,000 uploads that come six bytes at a time arrive as they are, and hold nobody up", async (t) => {
  const arrived = new Map<string, string>();
  const store = await startHttpStore((request, response) => {
    let content = "";
    request.on("data", (bytes: Buffer) => (content += bytes.toString("latin1")));
    request.once("end", () => {
      const { method, url = "" } = request;
      if (method === "PUT") arrived.set(url, content);
      response.end(method === "PUT" ? "" : url);
    });
  });
  const gateway = await start(t, store);
  const askQuick = await startQuick(t, gateway);
  const { host } = new URL(gateway.endpoint);
  const uploads: { readonly client: RawClient; readonly body: Buffer }[] = [];
  for (let from = 0; from < UPLOADS; from += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, async (_, i) => {
      const { body, ...head } = uploadOf(gateway, from + i);
      const client = await RawClient.connect(host);
      t.after(() => client.destroy());
      client.write(bytesOf({ ...head, body: Buffer.alloc(0) }));
      return { client, body };
    });
    uploads.push(...(await Promise.all(some)));
    await askQuick();
  }
  await until(async () => (await metricOf(gateway, "requests_in_flight")) === UPLOADS, 20_000);
  const longest = Math.max(...uploads.map(({ body }) => body.length));
  for (let at = 0; at < longest; at += PIECE) {
    for (const [i, { client, body }] of uploads.entries()) {
      if (at < body.length) client.write(body.subarray(at, at + PIECE));
      if (i % AT_ONCE === 0) await askQuick();
    }
    if (at === 0) tellMemory(t, gateway, "while 2,000 uploads come");
  }
  for (const [i, { client }] of uploads.entries()) {
    const answer = await client.answer();
    assert.equal(`${answer.status} ${codeOf(answer)}`.trim(), "200", `upload ${i}`);
  }
  const wrong = uploads.filter((_, i) => arrived.get(`/bucket/upload-${i}`) !== contentOf(i));
  assert.equal(wrong.length, 0, "arrived otherwise than they were sent");
  for (const { client } of uploads) client.destroy();
  await until(async () => (await metricOf(gateway, "connections")) === 1, 20_000);
  assert.equal(await metricOf(gateway, "requests_in_flight"), 0);
});

/** Each download is another part of it, so that none has another's bytes at any place. */
const OBJECTS = Buffer.allocUnsafe(DOWNLOAD_BYTES + DOWNLOADS * 4096);
{
  const random = randomFrom(1);
  for (let at = 0; at < OBJECTS.length; at += 4) {
    OBJECTS.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  }
}
const objectOf = (i: number): Buffer => OBJECTS.subarray(i * 4096, i * 4096 + DOWNLOAD_BYTES);

/** A client that asks for an object and reads of it when it is told to. */
class Download {
  received = 0;
  checksum = 0;
  readonly #socket: Socket;
  #isInBody = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.pause();
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
  }

  resume(): void {
    this.#socket.resume();
  }

  #take(bytes: Buffer): void {
    let body = bytes;
    if (!this.#isInBody) {
      const end = bytes.indexOf("\r\n\r\n");
      assert.match(
        bytes.toString("latin1", 0, end),
        /^HTTP\/1\.1 200 [^]*content-length: 12582912/i,
      );
      this.#isInBody = true;
      body = bytes.subarray(end + 4);
    }
    this.received += body.length;
    this.checksum = crc32(body, this.checksum);
  }
}

test("64 downloads that nobody reads wait while others pass, and are whole when they are read", async (t) => {
  const sent = { bytes: 0 };
  const store = await startHttpStore((request, response) => {
    const { url = "" } = request;
    const which = /object-(\d+)/.exec(url)?.[1];
    if (which === undefined) return void response.end(url);
    response.writeHead(200, { "content-length": String(DOWNLOAD_BYTES) });
    const content = objectOf(Number(which));
    let at = 0;
    const more = (): void => {
      while (at < content.length) {
        const piece = content.subarray(at, at + 64 * 1024);
        at += piece.length;
        sent.bytes += piece.length;
        if (!response.write(piece)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  });
  const gateway = await start(t, store);
  const askQuick = await startQuick(t, gateway);
  const { hostname, port } = new URL(gateway.endpoint);
  const begin = async (i: number): Promise<Download> => {
    const socket = connect({ host: hostname, port: Number(port) });
    t.after(() => socket.destroy());
    await once(socket, "connect");
    const download = new Download(socket);
    socket.write(bytesOf(signV4(bare(gateway, "GET", `/bucket/object-${i}`), OWNER, scope())));
    return download;
  };
  const downloads = await Promise.all(Array.from({ length: DOWNLOADS }, (_, i) => begin(i)));
  // They stand still when the store has not written any more for a while.
  for (let before = -1; before !== sent.bytes || sent.bytes === 0; await pause(300)) {
    before = sent.bytes;
    await askQuick();
  }
  assert.ok(sent.bytes < DOWNLOADS * DOWNLOAD_BYTES, "somebody holds all that nobody reads");
  tellMemory(t, gateway, `while ${DOWNLOADS} downloads stand still`);
  t.diagnostic(
    `${(sent.bytes / MIB).toFixed(1)} MiB written by the store, and not read by anybody`,
  );

  // Others pass through whatever memory is free.
  for (let i = 0; i < 8; i++) {
    const other = await begin(i);
    other.resume();
    await until(() => other.received === DOWNLOAD_BYTES, 20_000);
    assert.equal(other.checksum, crc32(objectOf(i)));
    await askQuick();
  }
  for (const download of downloads) download.resume();
  await until(() => downloads.every(({ received }) => received === DOWNLOAD_BYTES), 60_000);
  const wrong = downloads.filter(({ checksum }, i) => checksum !== crc32(objectOf(i)));
  assert.equal(wrong.length, 0, "are not what the store sent");
  await askQuick();
});
