import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { startDashboard, type Dashboard } from "../support/dashboard.ts";
import { rawValue, until } from "../support/flow.ts";
import { portOf } from "../support/ports.ts";
import { headerOf } from "../support/raw-client.ts";
import { startHttpStore, startRawStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

/** A real WebSocket server that says back what it hears. */
type Echo = {
  readonly origin: string;
  readonly handshakes: readonly IncomingMessage[];
  readonly sockets: ReadonlySet<Socket>;
};

async function startEcho(t: TestContext): Promise<Echo> {
  const handshakes: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.end("page"));
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const sessions = new WebSocketServer({ server, maxPayload: 2 ** 26 });
  sessions.on("connection", (session, request) => {
    handshakes.push(request);
    session.on("error", () => {});
    session.on("message", (data, binary) => session.send(data, { binary }));
  });
  await bound(t, server, sockets);
  return { origin: `http://127.0.0.1:${portOf(server.address())}`, handshakes, sockets };
}

async function bound(t: TestContext, server: Server, sockets: Set<Socket>): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

/** An open WebSocket through the gateway, gone when the test ends. */
async function open(t: TestContext, { gateway }: Dashboard, path: string): Promise<WebSocket> {
  const session = new WebSocket(`ws://${gateway.address}${path}`);
  session.on("error", () => {});
  t.after(() => session.terminate());
  await once(session, "open");
  return session;
}

async function echoed(session: WebSocket, message: string | Buffer): Promise<string> {
  const heard = once(session, "message", { signal: AbortSignal.timeout(5_000) });
  session.send(message);
  const [data] = await heard;
  assert.ok(Buffer.isBuffer(data));
  return createHash("sha256").update(data).digest("hex");
}

const sumOf = (message: string | Buffer): string =>
  createHash("sha256").update(message).digest("hex");

const HANDSHAKE = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
] as const;

test("a WebSocket passes, small and large messages both ways, and leaves one record", async (t) => {
  const echo = await startEcho(t);
  const flow = await startDashboard(t, echo.origin);
  const session = await open(t, flow, "/dashboard/ws?token=SECRET");
  for (const message of ["hello", "caf\u00e9", randomBytes(16 * 2 ** 20)]) {
    assert.equal(await echoed(session, message), sumOf(message));
  }
  const [handshake] = echo.handshakes;
  assert.equal(handshake?.url, "/dashboard/ws?token=SECRET");
  assert.equal(rawValue(handshake?.rawHeaders ?? [], "host"), flow.gateway.address);
  assert.equal(rawValue(handshake?.rawHeaders ?? [], "x-forwarded-for"), "127.0.0.1");
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
  session.close();
  await once(session, "close");
  await until(() => echo.sockets.size === 0);
  const records = await flow.gateway.records(2);
  assert.equal(records.length, 2);
  const record = records[0] ?? {};
  assert.deepEqual(
    [record["operation"], record["path"], record["status"], record["outcome"]],
    ["Passthrough", "/dashboard/ws", 101, "forwarded"],
  );
  assert.ok(Number(record["bytesIn"]) > 2 ** 24 && Number(record["bytesOut"]) > 2 ** 24);
  assert.doesNotMatch(JSON.stringify(records), /SECRET/);
});

test("a WebSocket on a route that strips its path is asked for by the rest after it", async (t) => {
  const echo = await startEcho(t);
  const flow = await startDashboard(t, echo.origin, { stripPath: true });
  const session = await open(t, flow, "/dashboard/ws?a");
  assert.equal(await echoed(session, "hello"), sumOf("hello"));
  assert.equal(echo.handshakes[0]?.url, "/ws?a");
});

test("a client outside the networks of a route gets no WebSocket", async (t) => {
  const echo = await startEcho(t);
  const flow = await startDashboard(t, echo.origin, { networks: { deny: ["127.0.0.0/8"] } });
  const client = await flow.connect();
  client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
  const answer = await client.answer();
  assert.equal(answer.status, 403);
  assert.equal(answer.body.toString(), "Your IP address is not allowed on this path\n");
  assert.equal(echo.sockets.size, 0);
});

for (const [what, path, status] of [
  ["S3", "/bucket/key", 403],
  ["a path that only looks like the route", "//dashboard/ws", 400],
  ["a path that leads out of the route", "/dashboard/%2e%2e/ws", 400],
  ["the bare name of the route", "/dashboard", 308],
] as const) {
  test(`an upgrade on ${what} is answered like any request, and the connection lives on`, async (t) => {
    const echo = await startEcho(t);
    const flow = await startDashboard(t, echo.origin);
    const client = await flow.connect();
    for (let i = 0; i < 2; i++) {
      client.write(flow.request("GET", path, ...HANDSHAKE));
      assert.equal((await client.answer()).status, status);
    }
    client.write(bytesOf(flow.signed("GET", "/bucket/key")));
    assert.equal((await client.answer()).status, 200);
    assert.equal(echo.sockets.size, 0);
    assert.equal(flow.store.requests.length, 1);
    const records = await flow.gateway.records(3);
    assert.equal(records.length, 3, JSON.stringify(records));
  });
}

test("a signed request that asks for an upgrade is served as S3", async (t) => {
  const echo = await startEcho(t);
  const flow = await startDashboard(t, echo.origin);
  const client = await flow.connect();
  for (const upgrade of ["websocket", "h2c", "TLS/1.0"]) {
    const unsigned = [
      ["connection", "Upgrade"],
      ["upgrade", upgrade],
    ] as const;
    client.write(bytesOf(flow.signed("PUT", "/bucket/key", { unsigned, body: "data" })));
    assert.equal((await client.answer()).status, 200);
  }
  assert.deepEqual(
    flow.store.requests.map(({ body, rawHeaders }) => [
      body.toString(),
      rawValue(rawHeaders, "upgrade"),
    ]),
    [
      ["data", undefined],
      ["data", undefined],
      ["data", undefined],
    ],
  );
});

for (const [what, lines, sent] of [
  ["another protocol", ["Connection: Upgrade", "Upgrade: h2c"], ""],
  ["a body before it", [...HANDSHAKE, "Content-Length: 4"], "data"],
  ["chunks before it", [...HANDSHAKE, "Transfer-Encoding: chunked"], "4\r\ndata\r\n0\r\n\r\n"],
] as const) {
  test(`an upgrade with ${what} is a plain request to the target`, async (t) => {
    const echo = await startEcho(t);
    const flow = await startDashboard(t, echo.origin);
    const client = await flow.connect();
    for (let i = 0; i < 2; i++) {
      client.write(flow.request("GET", "/dashboard/ws", ...lines) + sent);
      const answer = await client.answer();
      assert.deepEqual([answer.status, answer.body.toString()], [200, "page"]);
    }
    assert.equal(echo.handshakes.length, 0);
  });
}

test("an upgrade after a request that is not answered yet waits its turn as a plain one", async (t) => {
  const firsts: (() => void)[] = [];
  const target = await startHttpStore((request, response) => {
    if (request.url === "/dashboard/1") firsts.push(() => response.end("first"));
    else response.end("second");
  });
  t.after(() => target.stop());
  const flow = await startDashboard(t, target.endpoint);
  const client = await flow.connect();
  client.write(
    flow.request("GET", "/dashboard/1") + flow.request("GET", "/dashboard/2", ...HANDSHAKE),
  );
  await until(() => firsts.length === 1);
  await pause(50);
  assert.equal(client.pending.length, 0);
  firsts[0]?.();
  assert.equal((await client.answer()).body.toString(), "first");
  assert.equal((await client.answer()).body.toString(), "second");
});

test("the target's refusal of a WebSocket passes, and the connection ends", async (t) => {
  const target = await startHttpStore((_request, response) => {
    response.writeHead(401, [
      ["Connection", "close, X-Private"],
      ["X-Private", "1"],
      ["WWW-Authenticate", "Basic"],
    ]);
    response.end("log in first");
  });
  t.after(() => target.stop());
  const flow = await startDashboard(t, target.endpoint);
  const client = await flow.connect();
  client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
  const answer = await client.answer();
  assert.deepEqual([answer.status, answer.body.toString()], [401, "log in first"]);
  assert.equal(headerOf(answer, "www-authenticate"), "Basic");
  assert.equal(headerOf(answer, "x-private"), undefined);
  await client.closed();
  const records = await flow.gateway.records(1);
  assert.deepEqual([records.length, records[0]?.["status"]], [1, 401]);
  assert.equal(records[0]?.["outcome"], "forwarded");
});

for (const [what, together] of [
  ["behind the handshake", true],
  ["before the target has answered", false],
] as const) {
  test(`a client that speaks ${what} never reaches the protocol`, async (t) => {
    let heard = "";
    const target = await startRawStore((_socket, received) => (heard = received.toString()));
    t.after(() => target.stop());
    const flow = await startDashboard(t, target.endpoint);
    const client = await flow.connect();
    const smuggled = flow.request("GET", "/dashboard/other");
    const handshake = flow.request("GET", "/dashboard/ws", ...HANDSHAKE);
    client.write(together ? handshake + smuggled : handshake);
    if (together) assert.equal((await client.answer()).status, 400);
    else {
      await until(() => heard !== "");
      client.write(smuggled);
    }
    await client.closed();
    assert.doesNotMatch(heard, /other/);
    assert.equal((await flow.gateway.records(1)).length, 1);
  });
}

for (const [what, respond, status] of [
  ["is silent", "", 504],
  ["sends garbage", "garbage\r\n\r\n", 502],
] as const) {
  test(`a target that ${what} at a handshake is reported in plain text`, async (t) => {
    const target = await startRawStore((socket) => socket.write(respond));
    t.after(() => target.stop());
    const flow = await startDashboard(t, target.endpoint, { timeout: "1s" });
    const client = await flow.connect();
    client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
    const answer = await client.answer();
    assert.equal(answer.status, status);
    assert.equal(headerOf(answer, "content-type"), "text/plain; charset=utf-8");
    await client.closed();
    const records = await flow.gateway.records(1);
    assert.deepEqual([records.length, records[0]?.["outcome"]], [1, "failed"]);
  });
}

test("a missing target is reported to a client that asks for a WebSocket", async (t) => {
  const flow = await startDashboard(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
  assert.equal((await client.answer()).status, 502);
  await client.closed();
});

test("a WebSocket whose target dies ends at the client", async (t) => {
  const echo = await startEcho(t);
  const flow = await startDashboard(t, echo.origin);
  const session = await open(t, flow, "/dashboard/ws");
  const closed = once(session, "close");
  for (const socket of echo.sockets) socket.resetAndDestroy();
  await closed;
  const records = await flow.gateway.records(1);
  assert.deepEqual([records.length, records[0]?.["outcome"]], [1, "failed"]);
});

/** A target that switches and then does what `then` says. */
async function startSwitching(
  t: TestContext,
  then: (socket: Duplex) => void,
): Promise<{ readonly origin: string; readonly sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (_request, socket) => {
    socket.on("error", () => {});
    socket.resume();
    const fields = [
      "Connection: Upgrade, X-Private",
      "X-Private: 1",
      "Keep-Alive: timeout=9",
      "Upgrade: websocket",
      "Sec-WebSocket-Accept: a",
      "Set-Cookie: b=1",
      "Set-Cookie: c=2",
    ];
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields.join("\r\n")}\r\n\r\n`);
    then(socket);
  });
  await bound(t, server, sockets);
  return { origin: `http://127.0.0.1:${portOf(server.address())}`, sockets };
}

test("only the client's part of the target's answer to a handshake passes", async (t) => {
  const target = await startSwitching(t, (socket) => socket.write("hello"));
  const flow = await startDashboard(t, target.origin);
  const client = await flow.connect();
  client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
  const { status, headers } = await client.answer();
  assert.equal(status, 101);
  assert.deepEqual(headers, [
    ["sec-websocket-accept", "a"],
    ["set-cookie", "b=1"],
    ["set-cookie", "c=2"],
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
  ]);
  await until(() => client.pending.toString() === "hello");
});

test("a WebSocket whose client leaves ends at a target that does not care", async (t) => {
  const target = await startSwitching(t, (socket) => {
    const talking = setInterval(() => socket.write("still talking"), 10);
    socket.once("close", () => clearInterval(talking));
  });
  const flow = await startDashboard(t, target.origin);
  const client = await flow.connect();
  client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
  await until(() => client.pending.includes("still talking"));
  client.end();
  await until(() => target.sockets.size === 0);
  await client.closed();
});

test("a WebSocket whose target leaves ends at a client that does not care", async (t) => {
  const target = await startSwitching(t, (socket) => socket.end("bye"));
  const flow = await startDashboard(t, target.origin);
  const client = await flow.connect();
  client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
  await client.closed();
  assert.ok(client.pending.includes("bye"));
  // Its own side is still open, and yet the gateway has done with it.
  const [record] = await flow.gateway.records(1);
  assert.deepEqual([record?.["status"], record?.["bytesOut"]], [101, 3]);
  assert.equal(target.sockets.size, 0);
});

/** How many connections a gateway in this process has open, both ways, by the system's own count. */
function openHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith("TCPSocket")).length;
}

test("a hundred WebSockets that their clients break leave nothing open", async (t) => {
  const echo = await startEcho(t);
  const flow = await startDashboard(t, echo.origin);
  const before = openHandles();
  for (let round = 0; round < 4; round++) {
    const sessions = await Promise.all(
      Array.from({ length: 25 }, () => open(t, flow, "/dashboard/ws")),
    );
    for (const [i, session] of sessions.entries()) {
      if (i % 2 === 0) session.send("said while it breaks");
      session.terminate();
    }
  }
  await until(() => echo.sockets.size === 0);
  await until(() => openHandles() <= before);
  assert.equal((await flow.gateway.records(100)).length, 100);
});

test("a hundred handshakes that their clients give up leave nothing open at a silent target", async (t) => {
  let there = 0;
  const server = createServer();
  const sockets = new Set<Socket>();
  server.on("upgrade", (_request, socket) => {
    there++;
    socket.on("error", () => {});
    socket.once("close", () => there--);
    socket.once("end", () => socket.end());
    socket.resume();
  });
  server.on("connection", (socket) => sockets.add(socket));
  await bound(t, server, sockets);
  const flow = await startDashboard(t, `http://127.0.0.1:${portOf(server.address())}`);
  const clients = await Promise.all(Array.from({ length: 100 }, () => flow.connect()));
  for (const client of clients) client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
  await until(() => there === 100);
  for (const [i, client] of clients.entries()) {
    if (i % 2 === 0) client.destroy();
    else client.break();
  }
  await until(() => there === 0);
  const records = await flow.gateway.records(100);
  assert.deepEqual(new Set(records.map((record) => record["outcome"])), new Set(["aborted"]));
});

test("no more WebSockets are open than the route allows", async (t) => {
  const echo = await startEcho(t);
  const flow = await startDashboard(t, echo.origin, { connections: 2 });
  const first = await open(t, flow, "/dashboard/ws");
  await open(t, flow, "/dashboard/ws");
  const client = await flow.connect();
  client.write(flow.request("GET", "/dashboard/ws", ...HANDSHAKE));
  assert.equal((await client.answer()).status, 503);
  first.terminate();
  await until(() => echo.sockets.size === 1);
  await open(t, flow, "/dashboard/ws");
});

test("a gateway that closes ends WebSockets, after the requests under way", async (t) => {
  let answer = (): void => {};
  const echo = await startEcho(t);
  const flow = await startDashboard(
    t,
    echo.origin,
    {},
    {
      passthrough: [
        { path: "/dashboard/", target: echo.origin },
        {
          path: "/slow/",
          target: await slowTarget(t, (end) => (answer = end)),
        },
      ],
    },
  );
  const session = await open(t, flow, "/dashboard/ws");
  const client = await flow.connect();
  client.write(flow.request("GET", "/slow/"));
  await until(() => client.pending.length > 0);
  const closed = flow.gateway.close();
  await pause(250);
  assert.equal(await echoed(session, "still there"), sumOf("still there"));
  answer();
  assert.equal((await client.answer()).body.toString(), "whole");
  const gone = once(session, "close");
  await closed;
  await gone;
  await until(() => echo.sockets.size === 0);
});

async function slowTarget(t: TestContext, ready: (end: () => void) => void): Promise<string> {
  const target = await startHttpStore((_request, response) => {
    response.writeHead(200, { "content-length": "5" }).write("wh");
    ready(() => response.end("ole"));
  });
  t.after(() => target.stop());
  return target.endpoint;
}
