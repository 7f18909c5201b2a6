/**
 * Tests that each store understands aws-chunked trailers as storeTraits says. It takes the framing
 * off, keeps the checksum after it, and refuses a wrong one.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { storeTraits } from "../../src/s3/stores.ts";
import { crc32Trailer, streamed, type Framing } from "../support/framing.ts";
import { ask, type PlainAnswer } from "../support/plain-store.ts";
import { rawExchange, type RawAnswer } from "../support/raw-client.ts";
import { bytesOf, timestampOf } from "../support/signed.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const CHUNKS = ["a".repeat(70_000), "the end"];
const TEXT = CHUNKS.join("");
const [NAME, SUM] = crc32Trailer(CHUNKS);

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`trailers at ${name}`, { skip }, () => {
    let store: Running;
    before(async () => {
      store = await start();
      await ask(store, "PUT", "/trailing");
    });
    after(() => store.stop());

    async function put(key: string, framing: Omit<Framing, "chunks">): Promise<RawAnswer> {
      const { host } = new URL(store.endpoint);
      const plain = { method: "PUT", target: `/trailing/${key}`, body: Buffer.alloc(0) };
      const scope = { timestamp: timestampOf(Date.now()) };
      const headers = [["host", host]] as const;
      const sent = streamed({ ...plain, headers }, store.key, scope, {
        ...framing,
        chunks: CHUNKS,
      });
      return rawExchange(host, bytesOf(sent), { method: "PUT" });
    }
    const held = (key: string): Promise<PlainAnswer> =>
      ask(store, "GET", `/trailing/${key}`, { headers: { "x-amz-checksum-mode": "ENABLED" } });

    for (const framing of ["unsigned-trailer", "signed-trailer"] as const) {
      test(`${framing}: understood, or refused`, async () => {
        const { status } = await put(framing, { kind: framing });
        const { body, headers } = await held(framing);
        const isKept = status === 200 && body === TEXT && headers[NAME] === SUM;
        assert.equal(isKept, storeTraits(kind).trailers);
        if (!isKept) assert(status >= 400 && body !== TEXT, `${status}`);
      });
      test(`${framing}: a wrong checksum stores nothing`, async () => {
        const trailer = [NAME, "AAAAAA=="] as const;
        const { status } = await put(`wrong-${framing}`, { kind: framing, trailer });
        assert(status >= 400, `${status}`);
        assert.equal((await held(`wrong-${framing}`)).status, 404);
      });
    }
  });
}
