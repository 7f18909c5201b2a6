/** What a client reads, beside what it would read from Node's own HTTP server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { test, type TestContext } from "node:test";
import { portOf } from "../../support/ports.ts";
import { RawClient } from "../../support/raw-client.ts";
import { startListening } from "../../support/listening.ts";

type Answer = {
  readonly status: number;
  readonly reason?: string;
  readonly fields?: readonly string[];
  readonly chunks?: readonly string[];
  readonly trailers?: readonly [string, string][];
};

const LENGTH = ["content-length", "5"];
const ANSWERS: Readonly<Record<string, Answer>> = {
  "with a length": { status: 200, fields: LENGTH, chunks: ["he", "llo"] },
  "without a length": { status: 200, chunks: ["he", "", "llo"] },
  "that is empty": { status: 200 },
  "of length 0": { status: 200, fields: ["content-length", "0"] },
  "without content": { status: 204 },
  "that nothing has changed": { status: 304, fields: LENGTH },
  "with a date of its own": {
    status: 200,
    fields: ["date", "never", ...LENGTH],
    chunks: ["hello"],
  },
  "with a reason": { status: 404, reason: "Gone fishing", chunks: ["no"] },
  "of an unknown status": { status: 299, chunks: ["odd"] },
  "with repeated fields, in latin1": {
    status: 200,
    fields: ["x-a", "1", "X-A", "caf\xe9", ...LENGTH],
    chunks: ["hello"],
  },
  "with trailers": { status: 200, chunks: ["hello"], trailers: [["x-t", "1"]] },
};

const REQUESTS: Readonly<Record<string, string>> = {
  GET: "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
  HEAD: "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n",
  "GET that closes": "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
  "GET of HTTP/1.0": "GET / HTTP/1.0\r\n\r\n",
  "GET of HTTP/1.0 that keeps": "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
};

/** All that comes back, until it ends or has been quiet for a moment. */
async function answered(address: string, request: string): Promise<readonly [string, boolean]> {
  const client = await RawClient.connect(address);
  client.write(request);
  for (let before = 0; !client.ended && (before === 0 || client.pending.length !== before);) {
    before = client.pending.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const text = client.pending
    .toString("latin1")
    .replace(/\r\nDate: [^\r]* GMT\r\n/, "\r\nDate: now\r\n");
  const { ended } = client;
  client.destroy();
  return [text, ended];
}

async function startNode(t: TestContext, answer: () => Answer): Promise<string> {
  const server = http.createServer({ keepAliveTimeout: 10_000 }, (_request, response) => {
    const { status, reason, fields = [], chunks = [], trailers = [] } = answer();
    if (reason === undefined) response.writeHead(status, [...fields]);
    else response.writeHead(status, reason, [...fields]);
    for (const chunk of chunks) response.write(Buffer.from(chunk));
    if (trailers.length > 0) response.addTrailers(trailers);
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return `127.0.0.1:${portOf(server.address())}`;
}

test("each answer is byte for byte that of Node's HTTP server", async (t) => {
  let current: Answer = { status: 200 };
  const node = await startNode(t, () => current);
  const { server } = await startListening(t, {
    serve: (_request, answer) => {
      const { status, reason = "", fields = [], chunks = [], trailers = [] } = current;
      answer.sendHead(status, reason, [...fields]);
      for (const chunk of chunks) answer.sendBody(Buffer.from(chunk));
      answer.sendEnd(trailers.flat());
    },
  });
  for (const [what, answer] of Object.entries(ANSWERS)) {
    current = answer;
    for (const [asked, request] of Object.entries(REQUESTS)) {
      await t.test(`an answer ${what} to ${asked}`, async () => {
        const [theirs, ours] = [
          await answered(node, request),
          await answered(server.address, request),
        ];
        assert.deepEqual(ours, theirs);
      });
    }
  }
});
