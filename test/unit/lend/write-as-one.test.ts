import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { joined, writeAsOne } from "../../../src/lend/write-as-one.ts";
import { until } from "../../support/flow.ts";
import { portOf } from "../../support/ports.ts";

const BODY_BYTES = 48 * 1024;
/** Far more than the operating system takes of a peer that does not read. */
const WRITES = 400;

test("writeAsOne() leaves each request as it was until it has left", async (t) => {
  const { near, far } = await connection(t);
  const expected: Buffer[] = [];
  for (let i = 0; i < WRITES; i++) {
    const head = `PUT /${i} HTTP/1.1\r\n\r\n`;
    const body = Buffer.alloc(BODY_BYTES - i, i % 256);
    writeAsOne(near, head, body, undefined);
    expected.push(Buffer.from(head, "latin1"), body);
  }
  assert.ok(near.writableLength > 0, "the peer was to be too slow");
  near.end();
  const pieces: Buffer[] = [];
  for await (const piece of far) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(Buffer.concat(expected)));
});

test("writeAsOne() tells of each write once that it has left", async (t) => {
  const { near, far } = await connection(t);
  const left: number[] = [];
  for (let i = 0; i < WRITES; i++) {
    writeAsOne(near, "head", Buffer.alloc(BODY_BYTES), () => left.push(i));
  }
  assert.deepEqual(left, [], "a writer must not be called back while it writes");
  far.resume();
  await until(() => left.length === WRITES);
  assert.deepEqual(
    left,
    Array.from({ length: WRITES }, (_, i) => i),
  );
});

test("joined() puts bytes between two texts", () => {
  const bytes = joined("\u00fc:", Buffer.from([1, 2]), "\r\n");
  assert.deepEqual([...bytes], [0xfc, 0x3a, 1, 2, 0x0d, 0x0a]);
  assert.equal(joined("a", Buffer.from("b")).toString(), "ab");
});

test("writeAsOne() writes a head's characters as bytes", async (t) => {
  const { near, far } = await connection(t);
  writeAsOne(near, "x-amz-meta-a: \u00fc\r\n\r\n", Buffer.from("b"), undefined);
  near.end();
  const pieces: Buffer[] = [];
  for await (const piece of far) pieces.push(piece);
  assert.equal(Buffer.concat(pieces).toString("latin1"), "x-amz-meta-a: \u00fc\r\n\r\nb");
});

/** Both ends of a connection; nobody reads at the far one. */
async function connection(t: TestContext) {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect(portOf(server.address()), "127.0.0.1");
  const [far] = await once(server, "connection");
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}
