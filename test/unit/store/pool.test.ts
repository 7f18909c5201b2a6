/** One pool before stores that do whatever a test wants, over real sockets. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { createServer as createSecureServer } from "node:tls";
import { lender } from "../../../src/lend/lender.ts";
import { AUTHORITY, DOMAIN } from "../../support/certificates.ts";
import { gateHead } from "../../../src/http/field-gate.ts";
import type { Sending } from "../../../src/store/answer-handler.ts";
import { until } from "../../support/flow.ts";
import { freePorts, portOf } from "../../support/ports.ts";
import { ask, Asked, piecesOf, poolFor, sendingOf } from "./calls.ts";

const MIB = 1024 * 1024;
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const HEAD_END = "\r\n\r\n";

type Store = {
  readonly endpoint: string;
  readonly port: number;
  /** Those that were accepted, in order. */
  readonly sockets: Socket[];
  /** What has come on each of them. */
  readonly received: string[];
};

/** A store that calls `onRequest` once for each head that has come on a connection. */
async function startStore(
  t: TestContext,
  onRequest: (socket: Socket, which: number) => void,
  onConnection: (socket: Socket) => void = () => {},
): Promise<Store> {
  const sockets: Socket[] = [];
  const received: string[] = [];
  const server = createServer((socket) => {
    const which = sockets.push(socket) - 1;
    received.push("");
    socket.on("error", () => {});
    let heads = 0;
    socket.on("data", (bytes) => {
      received[which] += bytes.toString("latin1");
      const now = (received[which] ?? "").split(HEAD_END).length - 1;
      for (; heads < now; heads++) onRequest(socket, which);
    });
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const port = portOf(server.address());
  return { endpoint: `http://127.0.0.1:${port}`, port, sockets, received };
}

/** A store that answers each request with these bytes. */
function saying(t: TestContext, bytes: string): Promise<Store> {
  return startStore(t, (socket) => void socket.write(bytes, "latin1"));
}

test("one request after the other goes over one connection, and each hears its own answer", async (t) => {
  const store = await startStore(t, (socket, which) => {
    const count = (store.received[which] ?? "").split(HEAD_END).length - 1;
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${count}`);
  });
  const pool = poolFor(t, store.endpoint);
  for (const expected of ["1", "2", "3", "4"]) assert.equal((await ask(pool)).body, expected);
  assert.equal(store.sockets.length, 1);
});

test("nothing is called within send()", async (t) => {
  const store = await saying(t, OK);
  const pool = poolFor(t, store.endpoint);
  const wrong = { ...sendingOf("PUT", Buffer.from("data")), body: Buffer.from("x") };
  const told: unknown[] = [];
  for (const sending of [sendingOf("GET"), sendingOf("GET"), wrong]) {
    const asked = new Asked();
    pool.send(sending, asked);
    assert.deepEqual(asked.events, []);
    await asked.ended;
    told.push(asked.events.at(-1));
  }
  assert.deepEqual(told, ["end", "end", "A body of 1 bytes was announced with 4"]);
});

test("a request from within the end of an answer goes over the same connection", async (t) => {
  const store = await saying(t, OK);
  const pool = poolFor(t, store.endpoint, { connectionsMax: 1 });
  const second = new Asked();
  await ask(pool, sendingOf("GET"), (_asked, event) => {
    if (event === "end") pool.send(sendingOf("GET"), second);
  });
  await second.ended;
  assert.deepEqual(second.events, ["start", "200", "data", "end"]);
  assert.equal(store.sockets.length, 1);
});

test("an answer comes whole, wherever it is cut", async (t) => {
  const text =
    "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" +
    "3\r\nbod\r\n1\r\ny\r\n0\r\nx-sum: 1\r\n\r\n";
  let cut = 0;
  const store = await startStore(t, (socket) => {
    socket.setNoDelay(true).write(text.slice(0, cut));
    setImmediate(() => socket.write(text.slice(cut)));
  });
  const pool = poolFor(t, store.endpoint);
  for (cut = 1; cut < text.length; cut++) {
    const { events, body, trailers } = await ask(pool);
    assert.deepEqual([body, trailers, events.at(-1)], ["body", ["x-sum", "1"], "end"]);
  }
  assert.equal(store.sockets.length, 1);
});

test("an answer comes whole byte by byte", async (t) => {
  const store = await startStore(t, (socket) => {
    const send = async (): Promise<void> => {
      for (const byte of OK) {
        socket.write(byte);
        await turn();
      }
    };
    void send();
  });
  const pool = poolFor(t, store.endpoint);
  for (let i = 0; i < 3; i++) assert.equal((await ask(pool)).body, "ok");
  assert.equal(store.sockets.length, 1);
});

for (const [what, answer] of [
  ["bytes stand behind its answer", `${OK}more`],
  [
    "another answer stands behind its own",
    `${OK}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen`,
  ],
  ["its answer says that it ends", OK.replace("200 OK\r\n", "200 OK\r\nconnection: close\r\n")],
  ["its answer is of HTTP/1.0", OK.replace("1.1", "1.0")],
  [
    "its store keeps it for two seconds only",
    OK.replace("OK\r\n", "OK\r\nkeep-alive: timeout=2\r\n"),
  ],
  ["a 304 says a length", "HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n"],
  ["a 204 says chunks", "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n"],
] as const) {
  test(`a connection is not used again where ${what}`, async (t) => {
    const store = await saying(t, answer);
    const pool = poolFor(t, store.endpoint);
    for (let i = 0; i < 3; i++) {
      const { events, body } = await ask(pool);
      assert.equal(events.at(-1), "end");
      assert.ok(["", "ok"].includes(body), body);
    }
    assert.equal(store.sockets.length, 3);
  });
}

test("a request that asks for that ends its connection", async (t) => {
  const store = await saying(t, OK);
  const pool = poolFor(t, store.endpoint);
  await ask(pool, { ...sendingOf("GET"), last: true });
  await ask(pool);
  assert.equal(store.sockets.length, 2);
  assert.match(store.received[0] ?? "", /\r\nconnection: close\r\n/);
  assert.match(store.received[1] ?? "", /\r\nconnection: keep-alive\r\n/);
});

for (const [what, between] of [
  ["at once", () => Promise.resolve()],
  ["a turn later", () => turn()],
  ["later", () => pause(20)],
] as const) {
  test(`an answer that nobody asked for is nobody's, though another asks ${what}`, async (t) => {
    const store = await saying(t, OK);
    const pool = poolFor(t, store.endpoint);
    await ask(pool);
    await between();
    store.sockets[0]?.write("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen");
    assert.equal((await ask(pool)).body, "ok");
    assert.equal(store.sockets.length, 2);
    // Long before it has rested for too long.
    await until(() => store.sockets[0]?.closed === true, 2_000);
  });
}

test("a request is not lost on a kept connection that its store has ended", async (t) => {
  const store = await saying(t, OK);
  const pool = poolFor(t, store.endpoint);
  await ask(pool);
  const [kept] = store.sockets;
  kept?.end();
  // The end has come, but nobody has looked: this turn is not over.
  const until = performance.now() + 50;
  while (performance.now() < until);
  const put = await ask(pool, sendingOf("PUT", Buffer.from("data")));
  assert.deepEqual(put.events, ["start", "200", "data", "end"]);
  assert.equal(store.sockets.length, 2);
});

test("a kept connection that breaks before its answer is an error of kind reset", async (t) => {
  let requests = 0;
  const store = await startStore(t, (socket) => {
    if (requests++ === 0) socket.write(OK);
    else socket.resetAndDestroy();
  });
  const pool = poolFor(t, store.endpoint);
  await ask(pool);
  assert.deepEqual((await ask(pool)).events, ["start", "reset"]);
});

for (const [what, act, kind] of [
  ["ends before its answer", (socket: Socket) => void socket.end(), "reset"],
  ["ends within its head", (socket: Socket) => void socket.end(OK.slice(0, 20)), "reset"],
  ["breaks before its answer", (socket: Socket) => void socket.resetAndDestroy(), "reset"],
  ["says what is no HTTP", (socket: Socket) => void socket.write("220 mail\r\n"), "protocol"],
  ["says nothing", () => {}, "timeout"],
  ["stands still within its head", (socket: Socket) => void socket.write("HTTP/1.1 2"), "timeout"],
] as const) {
  test(`a store that ${what} is an error of kind ${kind}, and leaves no connection`, async (t) => {
    const store = await startStore(t, act);
    const pool = poolFor(t, store.endpoint, { headersTimeoutMs: 60 });
    assert.deepEqual((await ask(pool)).events, ["start", kind]);
    await until(
      () => store.sockets[0]?.readableEnded === true || store.sockets[0]?.closed === true,
    );
  });
}

for (const [what, act, kind] of [
  ["ends", (socket: Socket) => void socket.end(OK.slice(0, -1)), "reset"],
  ["stands still", (socket: Socket) => void socket.write(OK.slice(0, -1)), "timeout"],
] as const) {
  test(`a store that ${what} within a body is an error of kind ${kind} after the bytes that came`, async (t) => {
    const store = await startStore(t, act);
    const asked = await ask(poolFor(t, store.endpoint, { bodyTimeoutMs: 60 }));
    assert.deepEqual(asked.events, ["start", "200", "data", kind]);
    assert.equal(asked.body, "o");
  });
}

const HEADLESS = "HTTP/1.1 200 OK\r\ncontent-length: 41\r\n\r\n";
for (const [what, more, connections] of [
  ["a body to HEAD", OK, 3],
  ["a body to HEAD at once", "", 3],
  ["a line break", "\r\n", 3],
  ["that it waited for too long", "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n", 2],
] as const) {
  test(`a store that has sent ${what} after an answer is asked on ${connections - 1} more connections for two requests`, async (t) => {
    let asks = 0;
    const store = await startStore(t, (socket) => {
      if (asks++ > 0) return void socket.write(OK);
      socket.write(more === "" ? HEADLESS + OK : HEADLESS);
      if (more !== "") setTimeout(() => socket.write(more), 20);
    });
    const pool = poolFor(t, store.endpoint);
    await ask(pool, sendingOf("HEAD"));
    await until(() => store.sockets[0]?.readableEnded === true);
    for (let i = 0; i < 2; i++) {
      const { answer, body } = await ask(pool);
      assert.deepEqual([answer?.status, body], [200, "ok"]);
    }
    assert.equal(store.sockets.length, connections);
  });
}

for (const [what, short, told] of [
  ["if that is to be short", true, "timeout"],
  ["and more if that may be long", false, "end"],
] as const) {
  test(`a store that dribbles may take as long for its answer as it may stand still, ${what}`, async (t) => {
    const store = await startStore(t, (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n");
      const dribbling = setInterval(() => socket.write("x"), 20);
      socket.once("close", () => clearInterval(dribbling));
    });
    const pool = poolFor(t, store.endpoint, { bodyTimeoutMs: 120 });
    const asked = await ask(pool, { ...sendingOf("GET"), short });
    assert.equal(asked.events.at(-1), told);
  });
}

test("interim answers give the store its time again", async (t) => {
  const store = await startStore(t, (socket) => {
    const send = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        socket.write("HTTP/1.1 102 Processing\r\n\r\n");
        await pause(40);
      }
      socket.write(OK);
    };
    void send();
  });
  const { events } = await ask(poolFor(t, store.endpoint, { headersTimeoutMs: 200 }));
  assert.deepEqual(events.slice(-3), ["200", "data", "end"]);
});

test("the store's time does not run while a body's source yields nothing", async (t) => {
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.from("d");
    await pause(400);
    yield Buffer.from("ata");
  }
  const store = await startStore(t, (socket) => {
    socket.on("data", (bytes) => {
      if (bytes.toString().endsWith("ata")) socket.write(OK);
    });
  });
  const pool = poolFor(t, store.endpoint, { headersTimeoutMs: 60 });
  assert.equal((await ask(pool, sendingOf("PUT", slow(), 4))).events.at(-1), "end");
});

test("a port without a listener is an error of kind connect, without a start", async (t) => {
  const [port = 0] = await freePorts(1);
  assert.deepEqual((await ask(poolFor(t, `http://127.0.0.1:${port}`))).events, ["connect"]);
});

test("a store that does not come to speak TLS in time is an error of kind connect", async (t) => {
  const store = await startStore(t, () => {});
  const pool = poolFor(t, `https://127.0.0.1:${store.port}`, { connectTimeoutMs: 60 });
  assert.deepEqual((await ask(pool)).events, ["connect"]);
});

test("a body in memory is sent after its head, of any length", async (t) => {
  const store = await startStore(
    t,
    () => {},
    (socket) => {
      let bytes = 0;
      socket.on("data", (piece) => {
        bytes += piece.length;
        const text = store.received.at(-1) ?? "";
        const at = text.indexOf(HEAD_END);
        const length = Number(/content-length: (\d+)/.exec(text)?.[1]);
        if (at < 0 || bytes < at + 4 + length) return;
        bytes = 0;
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-length: ${String(length).length}\r\n\r\n${length}`,
        );
      });
    },
  );
  const pool = poolFor(t, store.endpoint);
  for (const length of [1, 65_536, 65_537, 3 * MIB]) {
    store.received.fill("");
    const asked = await ask(pool, sendingOf("PUT", Buffer.alloc(length, "x")));
    assert.equal(asked.body, String(length));
    assert.ok(store.received[0]?.endsWith(`${HEAD_END}${"x".repeat(length)}`));
  }
});

test("a body that comes in pieces arrives as it is, though its memory is used again", async (t) => {
  const expected: string[] = [];
  /** Gives the same two buffers in turn, as the contract of bodies allows. */
  async function* reused(): AsyncGenerator<Buffer> {
    const buffers = [Buffer.alloc(300_000), Buffer.alloc(300_000)];
    for (let i = 0; i < 40; i++) {
      const piece = buffers[i % 2]?.fill(65 + (i % 26)) ?? Buffer.alloc(0);
      expected.push(piece.toString("latin1"));
      yield await Promise.resolve(piece);
    }
  }
  const total = 40 * 300_000;
  const store = await startStore(
    t,
    () => {},
    (socket) => {
      socket.pause();
      // It reads late, so that nothing has left the gateway's memory by itself.
      setTimeout(() => socket.resume(), 100);
      socket.on("data", () => {
        const text = store.received[0] ?? "";
        if (text.length - text.indexOf(HEAD_END) - 4 === total) socket.write(OK);
      });
    },
  );
  const asked = await ask(poolFor(t, store.endpoint), sendingOf("PUT", reused(), total));
  assert.equal(asked.body, "ok");
  const text = store.received[0] ?? "";
  assert.ok(text.slice(text.indexOf(HEAD_END) + 4) === expected.join(""));
});

test("a store that does not read stops the source of a body, and times out", async (t) => {
  let given = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      given += MIB;
      yield await Promise.resolve(Buffer.alloc(MIB));
    }
  }
  const store = await startStore(
    t,
    () => {},
    (socket) => void socket.pause(),
  );
  const pool = poolFor(t, store.endpoint, { headersTimeoutMs: 100 });
  const asked = await ask(pool, sendingOf("PUT", endless(), 2 ** 40));
  assert.deepEqual(asked.events, ["start", "timeout"]);
  assert.ok(given < 32 * MIB, `${given} bytes`);
});

test("the head of an empty body is sent when the iteration has ended", async (t) => {
  const store = await saying(t, OK);
  const pool = poolFor(t, store.endpoint);
  assert.equal((await ask(pool, sendingOf("PUT", piecesOf("", ""), 0))).body, "ok");
  assert.match(store.received[0] ?? "", /\r\ncontent-length: 0\r\n.*\r\n\r\n$/s);
});

async function* broken(...pieces: readonly string[]): AsyncGenerator<Buffer> {
  yield* piecesOf(...pieces);
  throw new Error("the body is bad");
}

for (const [what, body, error, arrived] of [
  ["breaks off at its start", () => broken(), /^the body is bad$/, ""],
  ["breaks off", () => broken("da"), /^the body is bad$/, "da"],
  ["is too short", () => piecesOf("da", "t"), /shorter/, "dat"],
  ["is too long by one piece", () => piecesOf("data", "GET / HTTP/1.1"), /longer/, "data"],
  ["is too long within a piece", () => piecesOf("da", "taGET / HTTP/1.1"), /longer/, "da"],
] as const) {
  test(`a body that ${what} is reported to its sender, and the store sees a short or whole body and an end`, async (t) => {
    const store = await startStore(t, () => {});
    const pool = poolFor(t, store.endpoint);
    const asked = await ask(pool, sendingOf("PUT", body(), 4));
    assert.match(asked.error?.message ?? "", error);
    const [socket] = store.sockets;
    await until(() => socket?.readableEnded === true || socket?.closed === true);
    const [, came = ""] = (store.received[0] ?? "").split(HEAD_END);
    assert.equal(came, arrived);
    if (arrived === "") assert.equal(store.received[0], "", "the store heard of it");
  });
}

test("an answer before the end of a body ends the upload, its source and the connection", async (t) => {
  let returned = false;
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        await pause(5);
        yield Buffer.alloc(1_000);
      }
    } finally {
      returned = true;
    }
  }
  const store = await startStore(t, (socket) => void socket.write(OK));
  const pool = poolFor(t, store.endpoint);
  const asked = await ask(pool, sendingOf("PUT", endless(), 2 ** 40));
  assert.deepEqual(asked.events, ["start", "200", "data", "end"]);
  assert.equal((await ask(pool)).body, "ok");
  assert.equal(store.sockets.length, 2);
  await until(() => returned && store.sockets[0]?.closed === true);
});

test("an abort is reported within the call, whenever that is, and another request is served", async (t) => {
  const store = await startStore(t, (socket, which) => {
    if (which % 2 === 0) socket.write(OK.slice(0, -1));
    else socket.write(OK);
  });
  const pool = poolFor(t, store.endpoint, { connectionsMax: 1 });
  for (const when of ["start", "200", "data"]) {
    const { events } = await ask(pool, sendingOf("GET"), (asked, event) => {
      if (event === when) asked.control?.abort(new Error("left"));
    });
    assert.deepEqual(events.slice(-2), [when, "left"]);
    if (when === "start") assert.equal(store.received[0] ?? "", "");
    store.sockets.splice(0);
  }
});

test("an abort after the end does nothing", async (t) => {
  const store = await saying(t, OK);
  const pool = poolFor(t, store.endpoint);
  const { control, events } = await ask(pool);
  control?.abort(new Error("late"));
  control?.pause();
  assert.equal((await ask(pool)).body, "ok");
  assert.deepEqual(events.slice(-1), ["end"]);
  assert.equal(store.sockets.length, 1);
});

for (const when of ["200", "data"]) {
  test(`a pause at ${when} holds back everything until it ends, even the end`, async (t) => {
    const store = await startStore(t, (socket) => {
      socket.write(OK.slice(0, -1));
      setTimeout(() => socket.end("k"), 10);
    });
    const asked = new Asked((self, event) => {
      if (event === when) self.control?.pause();
    });
    poolFor(t, store.endpoint, { bodyTimeoutMs: 40 }).send(sendingOf("GET"), asked);
    await pause(200);
    assert.equal(asked.events.at(-1), when);
    for (let i = 0; i < 3 && asked.events.at(-1) !== "end"; i++) {
      asked.control?.resume();
      await pause(50);
    }
    assert.deepEqual([asked.body, asked.events.at(-1)], ["ok", "end"]);
  });
}

/** Writes `total` bytes whose values tell their places. */
function writeCounted(socket: Socket, total: number): void {
  const piece = counted(MIB);
  let left = total;
  const more = (): void => {
    while (left > 0) {
      const now = piece.subarray(0, left);
      left -= now.length;
      if (!socket.write(now)) return void socket.once("drain", more);
    }
  };
  more();
}

function counted(bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes; at += 4) buffer.writeUInt32LE(at, at);
  return buffer;
}

test("a pause bounds what the store can send", async (t) => {
  const total = 64 * MIB;
  const store = await startStore(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
    writeCounted(socket, total);
  });
  const asked = new Asked((self, event) => {
    if (event === "200") self.control?.pause();
  });
  poolFor(t, store.endpoint).send(sendingOf("GET"), asked);
  await until(() => (store.sockets[0]?.writableLength ?? 0) > 0);
  let written = -1;
  await until(async () => {
    const before = written;
    written = store.sockets[0]?.bytesWritten ?? 0;
    await pause(50);
    return written === before;
  });
  assert.equal(asked.bytes, 0);
  assert.ok(written < 32 * MIB, `${written} bytes were read`);
  asked.control?.resume();
  await asked.ended;
  assert.deepEqual([asked.bytes, asked.events.at(-1)], [total, "end"]);
  assert.equal(lender.lent, 0);
});

test("an abort within a large body leaves no memory lent", async (t) => {
  const store = await startStore(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${64 * MIB}\r\n\r\n`);
    writeCounted(socket, 64 * MIB);
  });
  const pool = poolFor(t, store.endpoint);
  let lent = 0;
  const asked = await ask(pool, sendingOf("GET"), (self) => {
    lent = Math.max(lent, lender.lent);
    // Not within a read.
    if (self.bytes > 8 * MIB) setImmediate(() => self.control?.abort(new Error("left")));
  });
  assert.equal(asked.events.at(-1), "left");
  assert.deepEqual([lent > 0, lender.lent], [true, 0]);
});

for (const [what, framing, write] of [
  [
    "of known length",
    `content-length: ${8 * MIB}`,
    (socket: Socket) => writeCounted(socket, 8 * MIB),
  ],
  [
    "in chunks",
    "transfer-encoding: chunked",
    (socket: Socket) => {
      for (let i = 0; i < 8; i++) {
        const chunk = counted(MIB);
        socket.write(`${chunk.length.toString(16)}\r\n`);
        socket.write(chunk);
        socket.write("\r\n");
      }
      socket.write("0\r\n\r\n");
    },
  ],
] as const) {
  test(`bytes of a body ${what} stand until they are released, and none is lost`, async (t) => {
    const store = await startStore(t, (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`);
      write(socket);
    });
    const pool = poolFor(t, store.endpoint);
    const asking = Array.from({ length: 2 }, () => {
      const parts: Buffer[] = [];
      const asked = new Asked((self, event) => {
        // As a client that takes nothing for a while: meanwhile others read into the same memory.
        if (event !== "data") return;
        self.control?.pause();
        setImmediate(() => {
          parts.push(self.release());
          self.control?.resume();
        });
      });
      asked.holds = true;
      pool.send(sendingOf("GET"), asked);
      return { asked, parts };
    });
    await Promise.all(asking.map(({ asked }) => asked.ended));
    await until(() =>
      asking.every(({ parts, asked }) => Buffer.concat(parts).length === asked.bytes),
    );
    for (const { asked, parts } of asking) {
      assert.equal(asked.events.at(-1), "end");
      const expected = Buffer.concat(Array.from({ length: 8 }, () => counted(MIB)));
      assert.ok(Buffer.concat(parts).equals(expected), "bytes changed before they were released");
    }
    assert.equal(lender.lent, 0, "memory is still lent");
  });
}

test("more requests at a time than there can be connections fail, and the rest are served", async (t) => {
  const store = await saying(t, OK);
  const pool = poolFor(t, store.endpoint, { connectionsMax: 2 });
  const asked = await Promise.all([ask(pool), ask(pool), ask(pool)]);
  const failed = asked.filter(({ error }) => error !== undefined);
  assert.deepEqual(
    failed.map(({ events }) => events),
    [["More than 2 requests were sent at a time"]],
  );
  assert.equal((await ask(pool)).body, "ok");
});

test("a pool that is destroyed fails what is under way and what comes", async (t) => {
  const store = await startStore(t, () => {});
  const pool = poolFor(t, store.endpoint);
  const asked = new Asked((_self, event) => {
    if (event === "start") setImmediate(() => pool.destroy());
  });
  pool.send(sendingOf("GET"), asked);
  await asked.ended;
  assert.deepEqual(asked.events, ["start", "The connections to the store were closed"]);
  assert.deepEqual((await ask(pool)).events, ["The connections to the store are closed"]);
  await until(() => store.sockets[0]?.closed === true);
});

/** A store over TLS that says under which name it was asked. */
async function startSecureStore(t: TestContext): Promise<{ endpoint: string; names: unknown[] }> {
  const names: unknown[] = [];
  const sockets = new Set<Socket>();
  const server = createSecureServer({ ...DOMAIN }, (socket) => {
    sockets.add(socket);
    names.push(socket.servername);
    socket.on("error", () => {});
    socket.on("data", () => socket.write(OK));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { endpoint: `https://127.0.0.1:${portOf(server.address())}`, names };
}

function to(host: string): Sending {
  const head = gateHead({ method: "GET", target: "/", headers: ["host", host] });
  assert.ok(head.ok);
  return { head: head.value, body: undefined };
}

test("over TLS a connection is used again for the host that its store has proved to be", async (t) => {
  const { endpoint, names } = await startSecureStore(t);
  const tls = { ca: AUTHORITY, serverName: undefined, clientCertificate: undefined };
  const pool = poolFor(t, endpoint, { tls });
  const hosts = ["s3.example.org:443", "s3.example.org", "b.s3.example.org", "s3.example.org"];
  for (const host of hosts) assert.equal((await ask(pool, to(host))).body, "ok");
  assert.deepEqual(names, ["s3.example.org", "b.s3.example.org"]);
  assert.deepEqual((await ask(pool, to("other.example.org"))).events, ["tls"]);
});

test("a name that is configured is asked for and proved whatever the host is", async (t) => {
  const { endpoint, names } = await startSecureStore(t);
  const tls = { ca: AUTHORITY, serverName: "s3.example.org", clientCertificate: undefined };
  const pool = poolFor(t, endpoint, { tls });
  for (const host of ["a.example", "b.example"])
    assert.equal((await ask(pool, to(host))).body, "ok");
  assert.deepEqual(names, ["s3.example.org"]);
});

test("a large body over TLS comes whole and in order", async (t) => {
  const server = createSecureServer({ ...DOMAIN }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${4 * MIB}\r\n\r\n`);
      writeCounted(socket, 4 * MIB);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const tls = { ca: AUTHORITY, serverName: "s3.example.org", clientCertificate: undefined };
  const pool = poolFor(t, `https://127.0.0.1:${portOf(server.address())}`, { tls });
  const parts: Buffer[] = [];
  const asked = new Asked((self, event) => {
    if (event !== "data") return;
    self.control?.pause();
    setImmediate(() => {
      parts.push(self.release());
      self.control?.resume();
    });
  });
  asked.holds = true;
  pool.send(sendingOf("GET"), asked);
  await asked.ended;
  await until(() => Buffer.concat(parts).length === 4 * MIB);
  const expected = Buffer.concat(Array.from({ length: 4 }, () => counted(MIB)));
  assert.ok(Buffer.concat(parts).equals(expected));
  assert.equal(lender.lent, 0);
});
