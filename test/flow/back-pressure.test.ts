import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { headOf, startFlow, until } from "../support/flow.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

const MIB = 1024 * 1024;
const TOTAL = 256 * MIB;
/**
 * Linux gives each of the four ends of two loopback connections up to 6 MiB; what is beyond them
 * stands in the gateway's own memory.
 */
const BUFFERED_MAX = 32 * MIB;
const PIECE = Buffer.alloc(MIB);
const STANDSTILL_MS = 200;

/** Calls `read` until it gives the same number for a while. */
async function standstill(read: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = read();
    if (now === before && now > 0) return now;
    before = now;
    await pause(STANDSTILL_MS);
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

test("a client that does not read bounds what is read from the store", async (t) => {
  let written = 0;
  const store = await startHttpStore((_request, response) => {
    response.writeHead(200, { "content-length": String(TOTAL) });
    const more = (): void => {
      while (written < TOTAL) {
        written += PIECE.length;
        if (!response.write(PIECE)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const socket = connect(portOf(flow.gateway.address), "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write(bytesOf(flow.signed("GET", "/bucket/key")));
  socket.pause();
  const buffered = await standstill(() => written);
  assert.ok(buffered < BUFFERED_MAX, `${buffered} bytes`);
  let received = 0;
  socket.on("data", (chunk) => (received += chunk.length)).resume();
  await until(() => received > TOTAL, 20_000);
  socket.destroy();
});

test("a store that does not read bounds what is read from the client", async (t) => {
  let received = 0;
  let read = (): void => {};
  const store = await startHttpStore((request, response) => {
    request.pause();
    read = () => {
      request.on("data", (chunk: Buffer) => (received += chunk.length)).resume();
      request.on("end", () => response.end());
    };
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const socket = connect(portOf(flow.gateway.address), "127.0.0.1");
  t.after(() => socket.destroy());
  let written = 0;
  socket.resume().write(headOf(flow, "/bucket/key", TOTAL));
  const more = (): void => {
    while (written < TOTAL) {
      written += PIECE.length;
      if (!socket.write(PIECE)) return void socket.once("drain", more);
    }
  };
  more();
  const buffered = await standstill(() => written);
  assert.ok(buffered < BUFFERED_MAX, `${buffered} bytes`);
  read();
  await until(() => received === TOTAL && socket.bytesRead > 0, 20_000);
  socket.destroy();
});
