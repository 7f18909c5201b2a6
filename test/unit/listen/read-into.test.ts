/** Reading into memory of our own, which Node does not document for sockets that are accepted. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { readInto, type Reader } from "../../../src/listen/read-into.ts";
import { until } from "../../support/flow.ts";
import { CERTIFICATE, KEY } from "../../support/pem.ts";
import { portOf } from "../../support/ports.ts";
import { connectSecurely } from "../../support/tls-client.ts";

/** Reads to two buffers by turns, and keeps a copy of what comes. */
class Copying implements Reader {
  readonly #buffers = [Buffer.alloc(1000), Buffer.alloc(700)];
  #next = 0;
  text = "";
  /** Reads to memory of this reader, and other ones. */
  filledCount = 0;
  ownCount = 0;

  memory(): Buffer {
    return this.#buffers[this.#next++ % 2] ?? Buffer.alloc(0);
  }

  filled(memory: Buffer, count: number): void {
    assert.equal(memory, this.#buffers[(this.#next - 1) % 2], "the memory that was given last");
    this.filledCount++;
    this.text += memory.toString("latin1", 0, count);
  }

  came(bytes: Buffer): void {
    this.ownCount++;
    this.text += bytes.toString("latin1");
  }
}

/** A socket that was accepted, and the one at its other end. */
async function accepted(t: TestContext): Promise<readonly [Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({
    port: portOf(server.address()),
    host: "127.0.0.1",
    allowHalfOpen: true,
  });
  const [socket] = await once(server, "connection");
  assert.ok(socket instanceof Socket);
  t.after(() => [client.destroy(), socket.destroy(), server.close()]);
  return [socket, client];
}

async function acceptedOverTls(t: TestContext): Promise<readonly [Socket, TLSSocket]> {
  const tls = createTlsServer({ cert: CERTIFICATE, key: KEY });
  const server = createServer({ pauseOnConnect: true }, (raw) => void tls.emit("connection", raw));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connecting = connectSecurely({
    address: `127.0.0.1:${portOf(server.address())}`,
    rejectUnauthorized: false,
  });
  const [socket] = await once(tls, "secureConnection");
  const client = await connecting;
  assert.ok(socket instanceof Socket);
  t.after(() => [client.destroy(), socket.destroy(), server.close()]);
  return [socket, client];
}

const TEXT = "0123456789abcdef".repeat(500);

for (const [what, open] of [
  ["an accepted socket", accepted],
  ["an accepted socket over TLS", acceptedOverTls],
] as const) {
  test(`${what} reads to the memory of its reader, pauses, and reports its end`, async (t) => {
    const [socket, client] = await open(t);
    const reader = new Copying();
    assert.equal(readInto(socket, reader), true, "Node does not read so any more");
    client.write(TEXT);
    await until(() => reader.text.length === TEXT.length);
    assert.equal(reader.text, TEXT);
    assert.equal(reader.ownCount, 0);
    socket.pause();
    const before = reader.filledCount;
    client.write("behind");
    await new Promise((resolve) => client.write("", resolve));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(reader.filledCount, before);
    socket.resume();
    await until(() => reader.text.endsWith("behind"));
    // What it writes arrives, too.
    socket.write("back");
    assert.equal(String((await once(client, "data"))[0]), "back");
    const ended = once(socket, "end");
    client.end();
    await ended;
    const closed = once(socket, "close");
    socket.end();
    await closed;
  });
}

test("a socket whose client breaks the connection is closed", async (t) => {
  const [socket, client] = await accepted(t);
  socket.on("error", () => {});
  readInto(socket, new Copying());
  const closed = new Promise((resolve) => socket.once("close", resolve));
  client.resetAndDestroy();
  await closed;
});

test("a socket that cannot read so passes on its own buffers", async (t) => {
  const server = createServer((other) => other.end(TEXT)).listen(0, "127.0.0.1");
  await once(server, "listening");
  // It has no handle yet.
  const socket = new Socket();
  t.after(() => [socket.destroy(), server.close()]);
  const reader = new Copying();
  assert.equal(readInto(socket, reader), false);
  socket.connect(portOf(server.address()), "127.0.0.1");
  await until(() => reader.text.length === TEXT.length);
  assert.equal(reader.text, TEXT);
  assert.equal(reader.filledCount, 0);
});

test("bytes that a socket had read before come first", async (t) => {
  const [socket, client] = await accepted(t);
  client.write("before ");
  socket.once("readable", () => {});
  await once(socket, "readable");
  const reader = new Copying();
  readInto(socket, reader);
  client.write("behind");
  await until(() => reader.text === "before behind");
});
