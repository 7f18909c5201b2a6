/**
 * One memory serves the requests on all connections: whatever state these are in, each must get its
 * own bytes, or nothing.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { connect as connectSecurely, createServer as createSecureServer } from "node:tls";
import { writeAsOne } from "../../../src/lend/write-as-one.ts";
import { AUTHORITY, STORE } from "../../support/certificates.ts";
import { portOf } from "../../support/ports.ts";
import { between, randomFrom, SEEDS, tellSeed } from "../../support/seeds.ts";

const CONNECTIONS = 32;
const WRITES = 2_000;
const BODY_BYTES_MAX = 64 * 1024;

/** A connection to a store of its own. */
type Line = {
  readonly near: Socket;
  readonly server: Server;
  /** All that was written on it. */
  readonly written: Buffer[];
  readonly received: Buffer[];
  /** Lets a store that does not read begin to. */
  readonly read: () => void;
};

tellSeed();
for (const seed of SEEDS) {
  test(`writeAsOne() gives each connection its own requests, by the seed ${seed}`, async (t) => {
    const random = randomFrom(seed);
    const lines: Line[] = [];
    const broken = new Set<Line>();
    for (let write = 0; write < WRITES; write++) {
      // They open one after another, so that some are written to before they are open.
      if (write % 20 === 0 && lines.length < CONNECTIONS) lines.push(await opened(t, random));
      const number = between(random, 0, lines.length - 1);
      const line = lines[number];
      assert.ok(line);
      if (disturb(line.near, random)) broken.add(line);
      const head = Buffer.from(`PUT /${number}/${write} HTTP/1.1\r\n\r\n`);
      const body = Buffer.alloc(between(random, 1, BODY_BYTES_MAX), `${number}/${write};`);
      writeAsOne(line.near, head.toString("latin1"), body, undefined);
      if (!broken.has(line)) line.written.push(head, body);
      if (random() < 0.05) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(lines.map(ended));
    for (const [number, line] of lines.entries()) {
      const received = Buffer.concat(line.received);
      const written = Buffer.concat(line.written);
      // What comes of a connection that was broken off is the beginning.
      const expected = broken.has(line) ? written.subarray(0, received.length) : written;
      assert.ok(received.equals(expected), `the bytes of connection ${number}`);
    }
  });
}

/** Opens a connection, perhaps over TLS, to a store that perhaps does not read at first. */
async function opened(t: TestContext, random: () => number): Promise<Line> {
  const received: Buffer[] = [];
  const { promise, resolve: read } = Promise.withResolvers<void>();
  if (random() < 0.5) read();
  const take = (far: Socket): void => {
    far.on("error", () => {});
    void promise.then(() => far.on("data", (bytes: Buffer) => received.push(bytes)));
  };
  const secure = random() < 0.4;
  const server = secure ? createSecureServer(STORE, take) : createServer(take);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server.address());
  const name = { ca: AUTHORITY, servername: "store.example.org" };
  const near = secure
    ? connectSecurely({ ...name, port, host: "127.0.0.1" })
    : connect(port, "127.0.0.1");
  near.on("error", () => {});
  t.after(() => near.destroy());
  return { near, server, written: [], received, read };
}

/** Holds back what is written on a connection, or lets it go, or ends it. Returns true if it ended it. */
function disturb(near: Socket, random: () => number): boolean {
  const chance = random();
  if (chance < 0.1) near.cork();
  else if (chance < 0.3) near.uncork();
  else if (chance < 0.303) near.destroy();
  return near.destroyed;
}

/** Sends what is held back, and waits until the store has all of it. */
async function ended({ near, server, read }: Line): Promise<void> {
  read();
  while (near.writableCorked > 0) near.uncork();
  near.end();
  if (!near.closed) await once(near, "close");
  await once(server.close(), "close");
}
