/**
 * Whatever way answers are written in, at once or piece by piece, the client of pipelined requests
 * gets each byte once, in the order of its requests.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlainly, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import type { ClientAnswer } from "../../../src/listen/client-answer.ts";
import { startListening } from "../../support/listening.ts";
import { CERTIFICATE, KEY } from "../../support/pem.ts";
import { between, oneOf, randomFrom, SEEDS, tellSeed } from "../../support/seeds.ts";
import { connectSecurely } from "../../support/tls-client.ts";

const CONNECTIONS = 12;
/** No more than the port lets wait on one connection. */
const REQUESTS = 60;
/** The byte that a lent piece is overwritten with as soon as it need not stand any more. */
const GONE = 0x21;

const TLS = {
  certificates: [{ cert: CERTIFICATE, key: KEY }],
  clientCa: undefined,
  clientCertificates: "optional",
  minVersion: "TLSv1.2",
} as const;

/** An answer, and how it is written. */
type Plan = {
  readonly method: "GET" | "HEAD";
  readonly kind: "length" | "chunked" | "none";
  readonly continues: boolean;
  readonly pieces: readonly Buffer[];
  /** True for a head that does not wait for the first piece. */
  readonly flushes: boolean;
  /** True for pieces that are lent. */
  readonly lends: boolean;
  /** Draws the pauses between the steps. */
  readonly random: () => number;
};

function drawPlan(random: () => number, name: string): Plan {
  const kind = oneOf<Plan["kind"]>(random, ["length", "length", "length", "chunked", "none"]);
  const max = oneOf<number>(random, [1, 100, 5_000, 16_384, 16_385, 100_000]);
  const pieces = Array.from({ length: kind === "none" ? 0 : between(random, 0, 4) }, (_, i) =>
    Buffer.alloc(between(random, 1, max), `${name}.${i};`),
  );
  return {
    method: oneOf<Plan["method"]>(random, ["GET", "GET", "GET", "HEAD"]),
    kind,
    continues: random() < 0.1,
    pieces,
    flushes: random() < 0.2,
    lends: random() < 0.5,
    // One of its own: answers are written at the same time.
    random: randomFrom(between(random, 0, 2 ** 31)),
  };
}

/** Lets no time pass, or a little, of each of the kinds that Node has. */
async function pass(random: () => number): Promise<void> {
  const chance = random();
  if (chance < 0.5) return;
  if (chance < 0.7) await new Promise<void>((resolve) => process.nextTick(resolve));
  else if (chance < 0.95) await new Promise((resolve) => setImmediate(resolve));
  else await new Promise((resolve) => setTimeout(resolve, 1));
}

async function say(answer: ClientAnswer, plan: Plan, number: number): Promise<void> {
  const { pieces, random } = plan;
  await pass(random);
  if (plan.continues) answer.sendContinue();
  await pass(random);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const framing = plan.kind === "chunked" ? [] : ["content-length", String(length)];
  answer.sendHead(200, "", ["x-number", String(number), ...framing]);
  if (plan.flushes) answer.flushHead();
  for (const piece of pieces) {
    if (random() < 0.5) await pass(random);
    const bytes = Buffer.from(piece);
    const free = answer.sendBody(bytes, plan.lends ? () => void bytes.fill(GONE) : undefined);
    if (!free) await new Promise<void>((resolve) => answer.onDrain(resolve));
  }
  if (random() < 0.5) await pass(random);
  answer.sendEnd();
}

/** Takes the answer to `plan` from the start of `bytes`, and returns what is behind it. */
function behind(bytes: Buffer, plan: Plan, number: number): Buffer {
  const start = plan.continues ? "HTTP/1.1 100 Continue\r\n\r\n" : "";
  const end = bytes.indexOf("\r\n\r\n", start.length) + 4;
  const head = bytes.toString("latin1", 0, end);
  assert.ok(head.startsWith(`${start}HTTP/1.1 200 OK\r\nx-number: ${number}\r\n`), head);
  const body = plan.method === "HEAD" ? Buffer.alloc(0) : bodyOf(plan);
  const found = bytes.subarray(end, end + body.length);
  assert.ok(found.equals(body), `the body of answer ${number}`);
  return bytes.subarray(end + body.length);
}

function bodyOf({ kind, pieces }: Plan): Buffer {
  if (kind !== "chunked") return Buffer.concat(pieces);
  const chunks = pieces.flatMap((piece) => [
    Buffer.from(`${piece.length.toString(16)}\r\n`),
    piece,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]);
}

async function connected(t: TestContext, address: string, secure: boolean): Promise<Socket> {
  const colon = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
  const socket = secure
    ? await connectSecurely({ address, rejectUnauthorized: false })
    : connectPlainly({ host, port });
  t.after(() => socket.destroy());
  if (!secure) await once(socket, "connect");
  return socket;
}

/** Reads until the connection ends, at times only after a while. */
async function readAll(socket: Socket, random: () => number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of socket) {
    pieces.push(Buffer.from(piece));
    if (random() < 0.3) await pass(random);
  }
  return Buffer.concat(pieces);
}

tellSeed();
for (const secure of [false, true]) {
  for (const seed of SEEDS) {
    const over = secure ? "TLS" : "TCP";
    test(`pipelined answers over ${over} are whole and in order, by the seed ${seed}`, async (t) => {
      const random = randomFrom(seed);
      const plans = Array.from({ length: CONNECTIONS }, (_, connection) =>
        Array.from({ length: REQUESTS }, (_, i) => drawPlan(random, `${connection}/${i}`)),
      );
      const { server, problems } = await startListening(t, {
        serve: ({ head }, answer) => {
          const [, connection = "", number = ""] = head.target.split("/");
          const plan = plans[Number(connection)]?.[Number(number)];
          assert.ok(plan);
          return say(answer, plan, Number(number));
        },
        ...(secure && { speech: { tls: TLS, handshakeMs: 60_000 } }),
      });
      await Promise.all(
        plans.map(async (all, connection) => {
          const socket = await connected(t, server.address, secure);
          const last = all.length - 1;
          const requests = all.map(({ method }, i) => {
            const close = i === last ? "connection: close\r\n" : "";
            return `${method} /${connection}/${i} HTTP/1.1\r\nhost: a\r\n${close}\r\n`;
          });
          socket.write(requests.join(""));
          let rest = await readAll(socket, randomFrom(seed + connection));
          for (const [i, plan] of all.entries()) rest = behind(rest, plan, i);
          assert.equal(rest.length, 0, "nothing follows the last answer");
        }),
      );
      assert.deepEqual(problems, []);
    });
  }
}
