/**
 * Tests answers that the gateway reads and changes, for clients that accept gzip (Go's do, and so
 * rclone and mc), at stores that then compress: MinIO does from 1,000 bytes on.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { ask } from "../support/plain-store.ts";
import { scratchFolder } from "../support/scratch.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const KEY = { accessKey: "AKLAB000000000000000", secretKey: "secret-of-lab" };
const READER = { accessKey: "AKREADER000000000000", secretKey: "secret-of-reader" };
const GZIP = { "accept-encoding": "gzip" };

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`answers of ${name} to clients that accept gzip`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    before(async () => {
      store = await start();
      gateway = await startGateway({
        upstream: store.endpoint,
        store: { store: kind },
        accounts: [
          {
            name: "lab",
            upstream: store.key,
            keys: [KEY],
            subusers: [
              {
                name: "cleaner",
                keys: [READER],
                policies: [
                  {
                    Version: "2012-10-17",
                    Statement: {
                      Effect: "Allow",
                      Action: ["s3:DeleteObject"],
                      Resource: "arn:aws:s3:::bucket-0/old/*",
                    },
                  },
                ],
              },
            ],
          },
        ],
        policy: { bucketPolicies: "gateway", listBuckets: "filtered" },
        state: { directory: join(scratchFolder("state"), "records") },
      });
      for (let i = 0; i < 20; i++) assert.equal((await as("PUT", `/bucket-${i}`)).status, 200);
    });
    after(async () => {
      await gateway?.stop();
      await store?.stop();
    });

    const as = (method: string, target: string, body = "", key = KEY) =>
      ask({ endpoint: gateway.endpoint, key }, method, target, { body, headers: GZIP });

    test("a filtered list of buckets is whole", async () => {
      const { status, body } = await as("GET", "/");
      assert.equal(status, 200);
      assert.equal(body.match(/<Name>bucket-\d+<\/Name>/g)?.length, 20);
    });

    test("a deletion reports on each key, the denied ones, too", async () => {
      const keys = Array.from({ length: 20 }, (_, i) => `old/a-key-that-is-somewhat-long-${i}`);
      const objects = [...keys, "new"].map((key) => `<Object><Key>${key}</Key></Object>`).join("");
      const { status, body } = await as(
        "POST",
        "/bucket-0?delete",
        `<Delete>${objects}</Delete>`,
        READER,
      );
      assert.equal(status, 200);
      assert.equal(body.match(/<Deleted>/g)?.length, 20, body);
      assert.match(body, /<Error><Key>new<\/Key><Code>AccessDenied<\/Code>/);
    });

    test("an answer that is not changed on the way may come compressed", async () => {
      for (let i = 0; i < 10; i++)
        await as("PUT", `/bucket-1/a-key-that-is-somewhat-long-${i}`, "x");
      const direct = await ask(store, "GET", "/bucket-1?list-type=2", { headers: GZIP });
      const through = await as("GET", "/bucket-1?list-type=2");
      assert.equal(through.headers["content-encoding"], direct.headers["content-encoding"]);
    });
  });
}
