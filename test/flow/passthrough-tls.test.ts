import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import type { TLSSocket } from "node:tls";
import { WebSocket, WebSocketServer } from "ws";
import { startRecordingStore } from "../stores/recording.ts";
import { startDashboard } from "../support/dashboard.ts";
import { rawValue, until } from "../support/flow.ts";
import { startGateway } from "../support/gateway.ts";
import { CERTIFICATE, KEY } from "../support/pem.ts";
import { portOf } from "../support/ports.ts";
import { rawExchange } from "../support/raw-client.ts";

const protoOf = ({ rawHeaders }: IncomingMessage): string =>
  String(rawValue(rawHeaders, "x-forwarded-proto"));

/** A dashboard with a certificate for localhost that no system trusts. */
async function startTls(t: TestContext): Promise<{ port: number; names: readonly unknown[] }> {
  const names: unknown[] = [];
  const server = createServer({ cert: CERTIFICATE, key: KEY }, (request, response) => {
    response.end(`page at ${request.headers.host} by ${protoOf(request)}`);
  });
  server.on("secureConnection", (socket: TLSSocket) => names.push(socket.servername));
  server.on("tlsClientError", () => {});
  const sessions = new WebSocketServer({ server });
  sessions.on("connection", (session, request) => {
    session.on("error", () => {});
    session.send(`socket by ${protoOf(request)}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
    for (const session of sessions.clients) session.terminate();
  });
  return { port: portOf(server.address()), names };
}

const FILES = { "ca.crt": CERTIFICATE };

test("a target is proved by its own name, whatever host the client names", async (t) => {
  const { port, names } = await startTls(t);
  const route = { caFile: "ca.crt" };
  const files = { files: FILES };
  const flow = await startDashboard(t, `https://localhost:${port}`, route, files);
  const head = flow.request("GET", "/dashboard/").replace(/Host: .*/, "Host: evil.example");
  const answer = await rawExchange(flow.gateway.address, head);
  assert.equal(answer.body.toString(), "page at evil.example by http");
  const session = new WebSocket(`ws://${flow.gateway.address}/dashboard/`, {
    headers: { host: "evil.example" },
  });
  t.after(() => session.terminate());
  const [said] = await once(session, "message");
  assert.equal(String(said), "socket by http");
  assert.deepEqual(names, ["localhost", "localhost"]);
});

test("a target may be an address that its certificate names", async (t) => {
  const { port } = await startTls(t);
  const files = { files: FILES };
  const flow = await startDashboard(t, `https://127.0.0.1:${port}`, { caFile: "ca.crt" }, files);
  const answer = await rawExchange(flow.gateway.address, flow.request("GET", "/dashboard/"));
  assert.equal(answer.status, 200);
});

test("a target whose certificate nobody vouches for is not asked", async (t) => {
  const { port, names } = await startTls(t);
  const flow = await startDashboard(t, `https://localhost:${port}`);
  const answer = await rawExchange(flow.gateway.address, flow.request("GET", "/dashboard/"));
  assert.equal(answer.status, 502);
  const session = new WebSocket(`ws://${flow.gateway.address}/dashboard/`);
  const [error] = await once(session, "error");
  assert.match(String(error), /502/);
  // A handshake may get as far as that; no request does.
  assert.ok(names.length <= 2);
});

test("over TLS a WebSocket passes, and a reload changes routes but not what is open", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const { port } = await startTls(t);
  const accounts = [{ name: "lab", keys: [{ accessKey: "AK", secretKey: "aSecretKey" }] }];
  const tls = { cert: "tls.crt", key: "tls.key" };
  const files = { ...FILES, "tls.crt": CERTIFICATE, "tls.key": KEY };
  const gateway = await startGateway({
    upstream: store.endpoint,
    accounts,
    listen: { tls },
    files,
  });
  t.after(() => gateway.stop());
  const { host } = new URL(gateway.endpoint);
  const file = join(dirname(gateway.auditFile), "gateway.yaml");
  const before: unknown = JSON.parse(readFileSync(file, "utf8"));
  assert.ok(typeof before === "object" && before !== null);
  let generation = 1;
  const reload = async (...paths: readonly string[]): Promise<void> => {
    const target = `https://localhost:${port}`;
    const passthrough = paths.map((path) => ({ path, target, caFile: "ca.crt" }));
    writeFileSync(file, JSON.stringify({ ...before, passthrough }));
    process.kill(gateway.pid, "SIGHUP");
    generation++;
    const line = `s3warden_config_generation ${generation}\n`;
    await until(async () =>
      (await (await fetch(`${gateway.adminEndpoint}/metrics`)).text()).includes(line),
    );
  };
  const open = (path: string): WebSocket => {
    const session = new WebSocket(`wss://${host}${path}`, { ca: CERTIFICATE });
    t.after(() => session.terminate());
    return session;
  };
  const [none] = await once(open("/one/"), "error");
  assert.match(String(none), /403/);

  await reload("/one/");
  const first = open("/one/");
  const [said] = await once(first, "message");
  assert.equal(String(said), "socket by https");

  await reload("/two/");
  const [gone] = await once(open("/one/"), "error");
  assert.match(String(gone), /403/);
  await once(open("/two/"), "message");
  const pong = once(first, "pong");
  first.ping();
  await pong;
  const closed = once(first, "close");
  await gateway.stop();
  await closed;
});
