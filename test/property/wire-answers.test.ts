/**
 * Tests our reader of answers beside Node's client and undici, over tens of thousands of mutated
 * messages. Every message that ours accepts, both accept, with the same status, fields, body,
 * trailers and end. Whatever the pieces in which the bytes come, ours reads the same.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as fc from "fast-check";
import { RUNS, SEEDS, tellSeed } from "../support/seeds.ts";
import { mutatedBytes } from "./wire/mutations.ts";
import { nodeAnswer, Undici } from "./wire/peers.ts";
import { readAnswer, type Reading } from "./wire/read.ts";
import { STRICTER_ANSWERS } from "./wire/stricter.ts";

/** The number of answers for each seed. */
const ANSWERS = 25_000 * RUNS;

/** One answer in this number is read by undici, too, since it needs a connection for each. */
const UNDICI_EACH = 20;

/**
 * A length with blanks after it: undici counts them as digits. Node cuts them off, as RFC 9110
 * section 5.5 says.
 */
const UNDICI_MISREADS = /^content-length:.*\d[ \t]+\r$/im;

tellSeed();

const BASES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "a"\r\n\r\nhello',
  "HTTP/1.1 206 Partial Content\r\ncontent-length: 5\r\nx-a: \t b \t\r\nx-b:\r\nConnection: close\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n",
  "HTTP/1.1 404 Not Found\r\nContent-Type: application/xml\r\n\r\n<Error/>",
  "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
  "HTTP/1.1 204 No Content\r\n\r\n",
  'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
];

const undici = new Undici();
before(() => undici.open());
after(() => undici.close());

test("Node and undici read the same answers as ours; those that only they read have a reason", async (t) => {
  for (const seed of SEEDS) {
    let [taken, alone] = [0, 0];
    const property = fc.asyncProperty(
      fc.constantFrom("GET", "HEAD"),
      mutatedBytes(BASES),
      async (method, { bytes, cuts }) => {
        const ours = finalAnswer(method, bytes);
        assert.deepEqual(readAnswer(method, bytes, cuts), readAnswer(method, bytes));
        if (ours.kind === "message") {
          taken++;
          const sent = bytes.subarray(0, bytes.length - Buffer.byteLength(ours.rest, "latin1"));
          const { start, fields, body, trailers } = ours.message;
          assert.deepEqual(await nodeAnswer(method, sent), { start, fields, body, trailers });
          if (taken % UNDICI_EACH === 0 && !UNDICI_MISREADS.test(sent.toString("latin1"))) {
            const theirs = await undici.answer(method, sent);
            assert.deepEqual(theirs, { status: start.slice(0, 3), body });
          }
        } else {
          const theirs = await nodeAnswer(method, bytes);
          if (theirs === undefined) return;
          alone++;
          assert.ok(ours.kind === "refused", "Node finds an end where ours finds none");
          const text = bytes.toString("latin1");
          const why = STRICTER_ANSWERS.find(
            (row) => row.problem === ours.problem && row.holds.test(text),
          );
          assert.ok(
            why !== undefined,
            `Node reads it, and no reason is listed why ours does not: ${ours.problem}`,
          );
        }
      },
    );
    await fc.assert(property, { seed, numRuns: ANSWERS });
    t.diagnostic(`seed ${seed}: of ${ANSWERS} ${taken} were read, ${alone} by others alone`);
    assert.ok(taken > ANSWERS / 10, "hardly any was read, which shows nothing");
    assert.ok(alone > 0, "nothing was refused that others read");
  }
});

/** Returns the first answer that is not an interim one. */
function finalAnswer(method: string, bytes: Buffer): Reading {
  const read = readAnswer(method, bytes);
  if (read.kind !== "message" || !read.message.start.startsWith("1")) return read;
  return finalAnswer(method, Buffer.from(read.rest, "latin1"));
}
