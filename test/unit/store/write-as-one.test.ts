import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { writeAsOne } from "../../../src/store/write-as-one.ts";
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
    writeAsOne(near, head, body);
    expected.push(Buffer.from(head, "latin1"), body);
  }
  assert.ok(near.writableLength > 0, "the peer was to be too slow");
  near.end();
  const pieces: Buffer[] = [];
  for await (const piece of far) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(Buffer.concat(expected)));
});

test("writeAsOne() writes a head's characters as bytes", async (t) => {
  const { near, far } = await connection(t);
  writeAsOne(near, "x-amz-meta-a: \u00fc\r\n\r\n", Buffer.from("b"));
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
