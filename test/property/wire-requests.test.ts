/**
 * Tests our reader of requests beside Node's strict one, over tens of thousands of mutated
 * messages. Every message that ours accepts, Node's accepts, with the same method, target, fields,
 * body, trailers and end. Whatever the pieces in which the bytes come, ours reads the same.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { RUNS, SEEDS, tellSeed } from "../support/seeds.ts";
import { mutatedBytes } from "./wire/mutations.ts";
import { NodeServer } from "./wire/peers.ts";
import { readRequest, type Message, type Reading } from "./wire/read.ts";
import { STRICTER_REQUESTS } from "./wire/stricter.ts";

/** The number of requests for each seed. */
const REQUESTS = 25_000 * RUNS;

tellSeed();

const BASES = [
  "GET /bucket/key?versionId=1 HTTP/1.1\r\nHost: s3.test\r\nX-Amz-Date: 20261129T000000Z\r\n\r\n",
  "PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
  "PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n",
  "POST /b?delete HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
  "HEAD /b HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
  "\r\nDELETE /b/k HTTP/1.1\r\nhost: a\r\nx-a: \t b \t\r\nx-b:\r\n\r\n",
];

/** The next request: a reader that finds it agrees on the end of the message before it. */
const NEXT = "GET /next HTTP/1.1\r\nhost: next\r\n\r\n";

const node = new NodeServer();

test("Node reads the same requests as ours; those that only Node reads have a reason", async (t) => {
  for (const seed of SEEDS) {
    let [taken, alone] = [0, 0];
    const property = fc.asyncProperty(mutatedBytes(BASES), async ({ bytes, cuts }) => {
      const sent = Buffer.concat([bytes, Buffer.from(NEXT)]);
      const ours = readRequest(sent);
      assert.deepEqual(readRequest(sent, cuts), ours);
      if (ours.kind === "message") {
        // Node knows only CONNECT of these; here all are refused when they are read.
        if (!/^[A-Z-]+ \//.test(ours.message.start) || ours.message.start.startsWith("CONNECT"))
          return;
        taken++;
        const end = sent.length - Buffer.byteLength(ours.rest, "latin1");
        const [first, behind = []] = await node.read(sent.subarray(0, end), sent.subarray(end));
        assert.deepEqual(first, [ours.message]);
        if (ours.message.goesOn) checkNext(readRequest(sent.subarray(end)), behind);
      } else {
        const [theirs = []] = await node.read(sent);
        if (theirs.length > 0) alone++;
        if (theirs.length > 0) explain(ours, sent);
      }
    });
    await fc.assert(property, { seed, numRuns: REQUESTS });
    t.diagnostic(`seed ${seed}: of ${REQUESTS} ${taken} were read, ${alone} by Node alone`);
    assert.ok(taken > REQUESTS / 10, "hardly any was read, which shows nothing");
    assert.ok(alone > 0, "nothing was refused that Node reads");
  }
});

/** Checks the next message: Node may have read more of it, but nothing else. */
function checkNext(ours: Reading, theirs: readonly Message[]): void {
  if (ours.kind === "message") assert.deepEqual(theirs[0], ours.message);
  else if (theirs.length > 0) assert.equal(ours.kind, "refused");
}

function explain(ours: Reading, sent: Buffer): void {
  assert.ok(ours.kind === "refused", "Node finds an end where ours finds none");
  const text = sent.toString("latin1");
  const why = STRICTER_REQUESTS.find((row) => row.problem === ours.problem && row.holds.test(text));
  assert.ok(
    why !== undefined,
    `Node reads it, and no reason is listed why ours does not: ${ours.problem}`,
  );
}
