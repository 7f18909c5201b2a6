/** Where audit lines go besides the file: real sockets, collectors that are away, and the end. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { readFileSync } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { runReplay } from "../../src/cli/replay.ts";
import { SINK_CHARACTERS_MAX } from "../../src/observe/waiting-lines.ts";
import { openSyslog } from "../../src/observe/syslog.ts";
import { openWebhook } from "../../src/observe/webhook.ts";
import { writeConfig } from "../support/config-files.ts";
import { metricOf, startFlow, until } from "../support/flow.ts";
import { startRecordingStore } from "../stores/recording.ts";
import { lineIn, startCollectorOfSyslog } from "../support/syslog-collector.ts";
import { ran } from "../support/terminal.ts";

/** What happened to the lines of a sink. */
function told() {
  const events = { failed: 0, recovered: 0, dropped: 0 };
  return {
    events,
    failed: () => void events.failed++,
    recovered: () => void events.recovered++,
    dropped: (lines: number) => void (events.dropped += lines),
  };
}

function portOf(server: Pick<Server, "address">): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function flowWith(t: TestContext, audit: Readonly<Record<string, unknown>>) {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  return startFlow(t, store.endpoint, { audit });
}

test("syslog over TCP gets each line, octet-counted, the last ones at the end", async (t) => {
  const collector = await startCollectorOfSyslog(t);
  const flow = await flowWith(t, { syslog: { address: `tcp:127.0.0.1:${collector.port}` } });
  await flow.exchange("GET", "/photos/%C3%A9");
  await flow.exchange("GET", "/photos/last");
  await flow.gateway.close();
  await until(() => collector.frames().length === 2);
  const lines = collector.frames().map(lineIn);
  assert.deepEqual(
    lines.map(({ key }) => key),
    ["é", "last"],
  );
  const file = readFileSync(flow.gateway.auditFile, "utf8").trimEnd().split("\n");
  assert.deepEqual(
    lines,
    file.map((line): unknown => JSON.parse(line)),
  );
});

test("syslog over UDP gets a datagram a line", async (t) => {
  const collector = createSocket("udp4");
  t.after(() => collector.close());
  const heard: string[] = [];
  collector.on("message", (message) => heard.push(message.toString("utf8")));
  collector.bind(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address();
  const flow = await flowWith(t, { syslog: { address: `udp:127.0.0.1:${port}` } });
  await flow.exchange("GET", "/photos/cat.jpg");
  await until(() => heard.length === 1);
  assert.equal(lineIn(heard[0] ?? "")["key"], "cat.jpg");
});

test("requests go on while the collector is away; what waited comes when it is back", async (t) => {
  const first = await startCollectorOfSyslog(t);
  const flow = await flowWith(t, { syslog: { address: `tcp:127.0.0.1:${first.port}` } });
  await flow.exchange("GET", "/photos/before");
  await until(() => first.frames().length === 1);
  first.stop();
  const errors = 'audit_sink_errors_total{sink="syslog"}';
  await until(async () => ((await metricOf(flow, errors)) ?? 0) > 0);
  for (let i = 0; i < 5; i++) {
    assert.equal((await flow.exchange("GET", `/photos/away-${i}`)).status, 200);
  }
  assert.ok(flow.gateway.errors.some((line) => line.includes("Cannot send the audit log")));
  const second = await startCollectorOfSyslog(t, { port: first.port });
  await until(() => second.frames().length === 5);
  const back = (line: string): boolean => line.includes("The audit log can be sent again");
  await until(() => flow.gateway.warnings.some(back));
  const lost = 'audit_sink_lines_dropped_total{sink="syslog"}';
  assert.equal(await metricOf(flow, lost), 0);
});

test("lines that wait for a collector have a bound, and lost ones are counted", async (t) => {
  const server = createServer((socket) => socket.pause());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const { events, ...ports } = told();
  const place = { transport: "tcp", host: "127.0.0.1", port: portOf(server) } as const;
  const sink = openSyslog({ ...place, ca: undefined, clientCertificate: undefined }, ports);
  await until(() => sockets.length === 1);
  const line = "x".repeat(64 * 1024);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 4_000; i++) sink.append(line);
  // The sockets of both sides take a few MiB.
  const kept = 4_000 - events.dropped;
  assert.ok(kept * line.length < SINK_CHARACTERS_MAX + 16 * 1024 * 1024, String(kept));
  assert.ok(kept >= SINK_CHARACTERS_MAX / line.length - 1, String(kept));
  assert.ok(process.memoryUsage().rss - before < 128 * 1024 * 1024);
  for (const socket of sockets) socket.destroy();
  await sink.close();
});

/** A receiver that answers with the statuses of `answers` in their turn, then 204. */
async function receiver(t: TestContext, answers: number[] = []) {
  const batches: { readonly request: IncomingMessage; readonly body: string }[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    batches.push({ request, body: await textOf(request) });
    response.writeHead(answers.shift() ?? 204).end();
  };
  const server = createHttpServer((request, response) => void take(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${portOf(server)}/hook?a=b`, batches };
}

test("a webhook gets lines together, with its token, and those of the end", async (t) => {
  const { url, batches } = await receiver(t);
  const flow = await flowWith(t, { webhook: { url, token: "t0ken" } });
  for (let i = 0; i < 20; i++) await flow.exchange("GET", `/photos/${i}`);
  await flow.gateway.close();
  const lines = batches.flatMap(({ body }) => body.trimEnd().split("\n"));
  assert.deepEqual(lines, readFileSync(flow.gateway.auditFile, "utf8").trimEnd().split("\n"));
  assert.ok(batches.length < 20, `${batches.length} requests`);
  const { method, url: path, headers } = batches[0]?.request ?? {};
  assert.deepEqual([method, path], ["POST", "/hook?a=b"]);
  assert.equal(headers?.["content-type"], "application/x-ndjson");
  assert.equal(headers?.authorization, "Bearer t0ken");
});

test("a webhook that fails gets the same batch again, and no line twice once it has taken it", async (t) => {
  const { url, batches } = await receiver(t, [500, 429]);
  const { events, ...ports } = told();
  const sink = openWebhook({ url, token: undefined }, ports);
  sink.append("one");
  await until(() => batches.length === 3, 30_000);
  assert.deepEqual(
    batches.map(({ body }) => body),
    ["one\n", "one\n", "one\n"],
  );
  await until(() => events.recovered === 1);
  sink.append("two");
  await sink.close();
  assert.equal(batches.at(-1)?.body, "two\n");
  assert.deepEqual(events, { failed: 2, recovered: 1, dropped: 0 });
});

test("a webhook that fails waits twice as long each time, however many lines come meanwhile", async (t) => {
  const times: number[] = [];
  const { events, ...ports } = told();
  const server = createHttpServer((_request, response) => {
    times.push(performance.now());
    // A line comes while the receiver still thinks.
    sink.append("more");
    response.writeHead(503).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${portOf(server)}/`;
  const sink = openWebhook({ url, token: undefined }, ports);
  sink.append("one");
  await until(() => times.length === 3, 30_000);
  server.closeAllConnections();
  server.close();
  const [, second = 0, third = 0] = times;
  // A timer may be late on a busy machine, and never comes early by more than its own resolution.
  assert.ok(third - second > 1_900, `${third - second} ms after the second`);
  assert.equal(events.dropped, 0);
  await sink.close();
});

test("lines that nobody takes are reported as lost at the end, which does not wait for ever", async (t) => {
  const server = createHttpServer(() => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { events, ...ports } = told();
  const sink = openWebhook({ url: `http://127.0.0.1:${portOf(server)}/`, token: undefined }, ports);
  sink.append("one");
  sink.append("two");
  await sink.close();
  assert.equal(events.dropped, 2);
});

test("format: s3 writes the file as S3 does, sends JSON, and replay says that it cannot read it", async (t) => {
  const { url, batches } = await receiver(t);
  const flow = await flowWith(t, { format: "s3", webhook: { url } });
  await flow.exchange("GET", "/photos/a%20cat.jpg");
  await flow.gateway.close();
  const { auditFile } = flow.gateway;
  const text = readFileSync(auditFile, "utf8");
  assert.match(
    text,
    /^- photos \[[^\]]+\] 127\.0\.0\.1 lab [0-9A-F]{16} REST\.GET\.OBJECT a%20cat\.jpg "GET /,
  );
  assert.equal(text.split("\n").length, 2);
  const sent: Readonly<Record<string, unknown>> = JSON.parse(batches[0]?.body ?? "");
  assert.equal(sent["key"], "a cat.jpg");
  const config = writeConfig({ accounts: [] });
  const { code, err } = await ran((terminal) => runReplay([auditFile], { config }, terminal));
  assert.equal(code, 2);
  assert.match(err, /its lines are of log\.audit\.format: s3, and this command reads json/);
});
