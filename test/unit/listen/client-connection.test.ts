import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { ClientAnswer } from "../../../src/listen/client-answer.ts";
import { TakenSocket } from "../../../src/listen/taken-socket.ts";
import { lender } from "../../../src/lend/lender.ts";
import { until } from "../../support/flow.ts";
import { readBody, startListening } from "../../support/listening.ts";
import { CERTIFICATE, KEY } from "../../support/pem.ts";
import { RawClient } from "../../support/raw-client.ts";
import { connectSecurely } from "../../support/tls-client.ts";

const sumOf = (bytes: Buffer | string): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, 16);

function say(answer: ClientAnswer, text: string): void {
  const body = Buffer.from(text);
  answer.sendHead(200, "", ["content-length", String(body.length)]);
  answer.sendBody(body);
  answer.sendEnd();
}

/** Requests as they follow each other on a connection, and what is said of each. */
const STREAM = [
  "\r\nGET /1 HTTP/1.1\r\nhost: a\r\n\r\n",
  "PUT /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
  "PUT /3 HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
  "PUT /4 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nt: 1\r\n\r\n",
  "\r\nDELETE /5 HTTP/1.1\r\nx: caf\xe9\r\n\r\n",
  `PUT /6 HTTP/1.1\r\ncontent-length: 300\r\n\r\n${"GET / HTTP/1.1\r\n\r\n".repeat(20).slice(0, 300)}`,
  "GET /7 HTTP/1.1\r\n\r\n",
].join("");

/** What is read of the stream in each way of cutting it must be the same. */
async function readStream(
  t: Parameters<typeof startListening>[0],
  write: (client: RawClient) => Promise<void>,
  fallback = false,
): Promise<readonly string[]> {
  const { server, problems } = await startListening(t, {
    fallback,
    serve: async (request, answer) => {
      const body = await readBody(request);
      const { method, target, fields } = request.head;
      say(answer, [method, target, ...fields, body.length, sumOf(body)].join(" "));
    },
  });
  const client = await RawClient.connect(server.address);
  t.after(() => client.destroy());
  await write(client);
  const answers: string[] = [];
  for (let i = 0; i < 7; i++) answers.push((await client.answer()).body.toString());
  assert.deepEqual(problems, []);
  await server.close(0);
  return answers;
}

test("requests are the same however their bytes are cut", async (t) => {
  const bytes = Buffer.from(STREAM, "latin1");
  const whole = await readStream(t, async (client) => client.write(bytes));
  assert.equal(whole[1], `PUT /2 host a content-length 5 5 ${sumOf("hello")}`);
  assert.equal(whole[3], `PUT /4 transfer-encoding chunked 4 ${sumOf("abcd")}`);
  for (const size of [1, 2, 3, 7, 100, 10_000]) {
    for (const fallback of [false, true]) {
      const write = async (client: RawClient): Promise<void> => {
        for (let at = 0; at < bytes.length; at += size) {
          await new Promise<void>((resolve) =>
            client.write(bytes.subarray(at, at + size), resolve),
          );
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      assert.deepEqual(await readStream(t, write, fallback), whole, `${size} bytes at a time`);
    }
  }
});

for (const coding of ["length", "chunks"] as const) {
  for (const [how, lent, fallback] of [
    ["lent", true, false],
    ["its own", false, false],
    ["its own by the fallback", true, true],
  ] as const) {
    test(`a long body in ${coding} comes byte for byte in memory that is ${how}`, async (t) => {
      const body = randomBytes(9_000_000);
      const { server } = await startListening(t, {
        fallback,
        serve: async (request, answer) => say(answer, await readSlowly(request, lent)),
      });
      const client = await RawClient.connect(server.address);
      t.after(() => client.destroy());
      for (let i = 0; i < 2; i++) {
        if (coding === "length") {
          client.write(`PUT / HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n`);
          client.write(body);
        } else {
          client.write("PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
          for (let at = 0; at < body.length; at += 77_777) {
            const piece = body.subarray(at, at + 77_777);
            client.write(`${piece.length.toString(16)}\r\n`);
            client.write(piece);
            client.write("\r\n");
          }
          client.write("0\r\n\r\n");
        }
        assert.equal((await client.answer()).body.toString(), sumOf(body));
      }
      // Nobody holds anything of it any more.
      client.write("GET / HTTP/1.1\r\n\r\n");
      await client.answer();
      assert.equal(lender.lent, 0);
    });
  }
}

/** Takes each piece before the next is asked for, as whoever writes it to the store must. */
async function readSlowly(
  { body }: Parameters<typeof readBody>[0],
  lent: boolean,
): Promise<string> {
  const sum = createHash("sha256");
  if (body === undefined) return "";
  body.read({ lent, received: () => undefined, lost: () => new Error("lost") });
  let count = 0;
  for (let next = await body.next(); next.done !== true; next = await body.next()) {
    // Now and then so slowly that the client has to wait.
    if (count++ % 8 === 0) await pause(1);
    sum.update(next.value);
  }
  return sum.digest("hex").slice(0, 16);
}

test("the memory of a body that its reader leaves is given back", async (t) => {
  const { server } = await startListening(t, {
    serve: async ({ body }, answer) => {
      assert.ok(body !== undefined);
      body.read({ lent: true, received: () => undefined, lost: () => new Error("lost") });
      let bytes = 0;
      // The first reads go to the memory that all share.
      for await (const piece of { [Symbol.asyncIterator]: () => body }) {
        bytes += piece.length;
        if (bytes > 500_000) break;
      }
      say(answer, "enough");
    },
  });
  for (let i = 0; i < 3; i++) {
    const client = await RawClient.connect(server.address);
    t.after(() => client.destroy());
    client.write("PUT / HTTP/1.1\r\ncontent-length: 9000000\r\n\r\n");
    client.write(randomBytes(2_000_000));
    assert.equal((await client.answer()).body.toString(), "enough");
    client.destroy();
    await until(() => lender.lent === 0, 5_000);
  }
});

test("a long body and a long answer pass over TLS byte for byte", async (t) => {
  const certificates = [{ cert: CERTIFICATE, key: KEY }];
  const tls = {
    certificates,
    clientCa: undefined,
    clientCertificates: "optional",
    minVersion: "TLSv1.2",
  } as const;
  const body = randomBytes(9_000_000);
  const { server } = await startListening(t, {
    speech: { tls, handshakeMs: 5_000 },
    serve: async (request, answer) => {
      const sum = await readSlowly(request, true);
      answer.sendHead(200, "", ["x-sum", sum, "content-length", String(body.length)]);
      for (let at = 0; at < body.length; at += 100_000) {
        const free = answer.sendBody(body.subarray(at, at + 100_000));
        if (!free) await new Promise<void>((resolve) => answer.onDrain(resolve));
      }
      answer.sendEnd();
    },
  });
  const client = await connectSecurely({ address: server.address, rejectUnauthorized: false });
  t.after(() => client.destroy());
  client.write(`PUT / HTTP/1.1\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`);
  client.write(body);
  const pieces: Buffer[] = [];
  client.on("data", (piece: Buffer) => pieces.push(piece));
  await once(client, "end");
  const all = Buffer.concat(pieces);
  const head = all.subarray(0, all.indexOf("\r\n\r\n") + 4);
  assert.match(head.toString(), new RegExp(`x-sum: ${sumOf(body)}`));
  assert.equal(sumOf(all.subarray(head.length)), sumOf(body));
  assert.equal(lender.lent, 0);
});

test("a body that nobody reads is read no further than one read", async (t) => {
  let held: (() => boolean) | undefined;
  const { server } = await startListening(t, {
    serve: ({ body }) => {
      held = () => body?.heldBack === true && body.hasMore;
    },
  });
  const client = await RawClient.connect(server.address);
  t.after(() => client.destroy());
  client.write("PUT / HTTP/1.1\r\ncontent-length: 100000000\r\n\r\n");
  let flushed = 0;
  const piece = Buffer.alloc(2 ** 20);
  for (let i = 0; i < 90; i++) client.write(piece, () => flushed++);
  await until(() => held?.() === true);
  let before = -1;
  while (before !== flushed) {
    before = flushed;
    await pause(100);
  }
  assert.ok(flushed < 30, `${flushed} MiB`);
});

test("an answer that has to wait for its turn is not kept without a bound", async (t) => {
  const answers: ClientAnswer[] = [];
  const { server } = await startListening(t, { serve: (_, answer) => void answers.push(answer) });
  const client = await RawClient.connect(server.address);
  t.after(() => client.destroy());
  client.write("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  await until(() => answers.length === 2);
  const [first, second] = answers;
  assert.ok(first !== undefined && second !== undefined);
  second.sendHead(200, "", []);
  const piece = Buffer.alloc(10_000, "x");
  let sent = 0;
  while (second.sendBody(piece)) sent += piece.length;
  assert.ok(sent < 100_000, String(sent));
  let drained = false;
  second.onDrain(() => (drained = true));
  await pause(20);
  assert.deepEqual([drained, client.pending.length, second.closed], [false, 0, false]);
  say(first, "one");
  await until(() => drained);
  second.sendEnd();
  assert.equal((await client.answer()).body.toString(), "one");
  assert.equal((await client.answer()).body.length, sent + piece.length);
  await until(() => second.delivered);
});

test("an answer that is shorter than its head says ends the connection, and a longer one is a bug", async (t) => {
  let thrown = "";
  const { server } = await startListening(t, {
    serve: async ({ head }, answer) => {
      answer.sendHead(200, "", ["content-length", "10"]);
      answer.sendBody(Buffer.from("12345"));
      await pause(20);
      if (head.target === "/short") return answer.sendEnd();
      try {
        answer.sendBody(Buffer.from("123456"));
      } catch (error) {
        thrown = String(error);
        answer.breakOff();
      }
    },
  });
  for (const target of ["/short", "/long"]) {
    const client = await RawClient.connect(server.address);
    client.write(`GET ${target} HTTP/1.1\r\n\r\n`);
    const answer = await client.answer();
    assert.deepEqual([answer.whole, answer.body.toString()], [false, "12345"]);
  }
  assert.match(thrown, /longer than its head/);
});

test("an invalid head is not sent", async (t) => {
  const thrown: string[] = [];
  const { server } = await startListening(t, {
    serve: (_, answer) => {
      for (const [status, fields] of [
        [42, []],
        [100, []],
        [200, ["x-odd", "a\r\nb: c"]],
        [200, ["x\r\nodd", "a"]],
        [200, ["content-length", "4, 4"]],
      ] as const) {
        try {
          answer.sendHead(status, "", [...fields]);
          thrown.push("nothing");
        } catch {
          thrown.push("thrown");
        }
      }
      say(answer, "good");
    },
  });
  const client = await RawClient.connect(server.address);
  t.after(() => client.destroy());
  client.write("GET / HTTP/1.1\r\n\r\n");
  assert.equal((await client.answer()).body.toString(), "good");
  assert.deepEqual(new Set(thrown), new Set(["thrown"]));
});

test("bytes that are no request are answered after the requests before them", async (t) => {
  const answers: ClientAnswer[] = [];
  const { server, problems } = await startListening(t, {
    serve: (_, answer) => void answers.push(answer),
  });
  const client = await RawClient.connect(server.address);
  client.write("GET / HTTP/1.1\r\n\r\nGARBAGE\r\n\r\nGET /never HTTP/1.1\r\n\r\n");
  await until(() => problems.length === 1);
  assert.equal(client.pending.length, 0);
  for (const answer of answers) say(answer, "good");
  assert.equal((await client.answer()).body.toString(), "good");
  assert.equal((await client.answer()).body.toString(), "method");
  await client.closed();
  assert.deepEqual([answers.length, problems], [1, ["method"]]);
});

test("a broken body is reported once, and to its reader when the answer is delivered", async (t) => {
  for (const [bytes, problem] of [
    ["PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloXX", "chunk"],
    ["PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhell", "cut-off"],
    ["PUT / HTTP/1.1\r\ncontent-length: 100\r\n\r\nhello", "cut-off"],
  ] as const) {
    const lost: string[] = [];
    const { server, broken } = await startListening(t, {
      serve: (request) => {
        readBody(request).catch((error: unknown) => lost.push(String(error)));
      },
    });
    const client = await RawClient.connect(server.address);
    client.write(bytes);
    if (problem === "cut-off") client.end();
    assert.equal((await client.answer()).body.toString(), problem);
    await client.closed();
    await until(() => lost.length === 1);
    assert.deepEqual([broken, lost], [[problem], ["Error: lost"]]);
  }
});

test("a client that leaves takes its requests along, answered or not", async (t) => {
  const answers: ClientAnswer[] = [];
  let closed = 0;
  const { server } = await startListening(t, {
    serve: (_, answer) => {
      answers.push(answer);
      answer.onClosed(() => closed++);
    },
  });
  for (const leave of ["destroy", "break", "end"] as const) {
    answers.length = 0;
    closed = 0;
    const client = await RawClient.connect(server.address);
    client.write("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    await until(() => answers.length === 2);
    client[leave]();
    await until(() => closed === 2);
    assert.deepEqual(
      answers.map((answer) => [answer.closed, answer.delivered]),
      [
        [true, false],
        [true, false],
      ],
    );
    // Too late, and no harm.
    for (const answer of answers) say(answer, "late");
    client.destroy();
  }
  await until(() => server.connections() === 0);
});

test("a client is asked for its body in its turn", async (t) => {
  const answers: ClientAnswer[] = [];
  const { server } = await startListening(t, { serve: (_, answer) => void answers.push(answer) });
  const client = await RawClient.connect(server.address);
  t.after(() => client.destroy());
  const put = "PUT / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n";
  client.write(`GET / HTTP/1.1\r\n\r\n${put}`);
  await until(() => answers.length === 2);
  answers[1]?.sendContinue();
  await pause(20);
  assert.equal(client.pending.length, 0);
  const [first, second] = answers;
  if (first !== undefined) say(first, "one");
  assert.equal((await client.answer()).status, 200);
  assert.equal((await client.answer()).status, 100);
  client.write("x");
  await pause(20);
  if (second !== undefined) say(second, "two");
  assert.equal((await client.answer()).body.toString(), "two");
});

test("a connection between requests is kept a moment longer than its client expects", async (t) => {
  const { server, stoodStill } = await startListening(t, {
    limits: { idleTimeoutMs: 200 },
    serve: (_, answer) => say(answer, "good"),
  });
  const client = await RawClient.connect(server.address);
  client.write("GET / HTTP/1.1\r\n\r\n");
  await client.answer();
  await pause(600);
  client.write("GET / HTTP/1.1\r\n\r\n");
  assert.equal((await client.answer()).body.toString(), "good");
  await client.closed();
  assert.equal(stoodStill(), 1);
});

test("bytes written on a connection that was taken over arrive whole, ended at once or not", async (t) => {
  const body = randomBytes(20_000_000);
  const { server } = await startListening(t, {
    serve: (_, answer) => {
      const { socket } = answer.takeOver();
      for (let at = 0; at < body.length; at += 10_000) socket.write(body.subarray(at, at + 10_000));
      answer.endSoon();
    },
  });
  const client = await RawClient.connect(server.address);
  t.after(() => client.destroy());
  client.write("GET / HTTP/1.1\r\n\r\n");
  await client.closed();
  assert.equal(client.pending.length, body.length);
  assert.equal(sumOf(client.pending), sumOf(body));
  client.end();
  await until(() => server.connections() === 0);
});

for (const ended of [true, false]) {
  test(`a client that does not read holds no connection that was taken over${ended ? " and ended" : ""}`, async (t) => {
    const { server, stoodStill } = await startListening(t, {
      limits: { idleTimeoutMs: 200 },
      serve: (_, answer) => {
        const { socket } = answer.takeOver();
        assert.ok(socket instanceof TakenSocket);
        // As http-proxy does.
        socket.setTimeout(0);
        socket.write(Buffer.alloc(30_000_000));
        if (ended) answer.endSoon();
      },
    });
    const client = connect(Number(server.address.split(":")[1]), "127.0.0.1").pause();
    client.on("error", () => {});
    t.after(() => client.destroy());
    client.write("GET / HTTP/1.1\r\n\r\n");
    await until(() => server.connections() === 1);
    await until(() => server.connections() === 0);
    assert.equal(stoodStill(), 1);
  });
}
