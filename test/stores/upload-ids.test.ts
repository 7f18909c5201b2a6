/**
 * Tests ids of uploads that a store takes for a path to something else: MinIO and versitygw name a
 * folder by them. A user who may end an upload of one key must not reach another key's, or anything
 * that is no upload.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Gateway } from "../support/gateway.ts";
import { ask, type PlainStore } from "../support/plain-store.ts";
import { sha256 } from "../support/signed.ts";
import { startForUser } from "./one-user.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const BUCKET = "uploads-of-many";
const OTHER = "uploads-of-others";
const SECRET = "secret-of-the-gateways-own";
const USER = { accessKey: "AKUSER00000000000000", secretKey: SECRET };

/** A policy that gives the user only keys below `open/`. */
const POLICY = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: `arn:aws:s3:::${BUCKET}/open/*` }],
};

const ways = [
  // The closed upload's own folder, in versitygw and in MinIO, then the folders above all uploads.
  `../${sha256("closed/up")}`,
  `../${sha256(`${BUCKET}/closed/up`)}`,
  `../${sha256(`${OTHER}/up`)}`,
  "../../../closed",
  `../../../../${OTHER}`,
  "../../..",
  "..",
  ".",
  "a/../..",
  "a\\..\\..",
] as const;
/** MinIO reads the id in base64, and uses the text after its first dot. */
const inBase64 = ways
  .filter((way) => way !== ".")
  .map((way) => Buffer.from(`x.${way}`).toString("base64url"));

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`ids of uploads at ${name}`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    let user: PlainStore;
    const uploads: string[] = [];
    before(async () => {
      store = await start();
      gateway = await startForUser(store, kind, POLICY, USER);
      user = { endpoint: gateway.endpoint, key: USER };
      for (const bucket of [BUCKET, OTHER]) await ask(store, "PUT", `/${bucket}`);
      for (const path of [`/${BUCKET}/closed/k`, `/${OTHER}/k`]) {
        await ask(store, "PUT", path, { body: "kept" });
      }
      for (const path of [`/${BUCKET}/closed/up`, `/${OTHER}/up`]) {
        uploads.push(`${path}?uploadId=${await begun(store, path)}`);
      }
    });
    after(async () => {
      await gateway.stop();
      await store.stop();
    });

    test("an upload is begun, filled and ended by the store's own id", async () => {
      const path = `/${BUCKET}/open/up`;
      const id = await begun(user, path);
      const part = await ask(user, "PUT", `${path}?partNumber=1&uploadId=${id}`, { body: "a" });
      assert.equal(part.status, 200);
      assert.equal((await ask(user, "GET", `${path}?uploadId=${id}`)).status, 200);
      assert.equal((await ask(user, "DELETE", `${path}?uploadId=${id}`)).status, 204);
    });

    for (const id of [...ways, ...inBase64]) {
      test(`${id} is no upload`, async () => {
        const query = `uploadId=${encodeURIComponent(id)}`;
        const path = `/${BUCKET}/open/x`;
        const asked = [
          await ask(user, "DELETE", `${path}?${query}`),
          await ask(user, "GET", `${path}?${query}`),
          await ask(user, "PUT", `${path}?partNumber=1&${query}`, { body: "evil" }),
        ];
        for (const upload of uploads) assert.equal((await ask(store, "GET", upload)).status, 200);
        for (const path of [`/${BUCKET}/closed/k`, `/${OTHER}/k`]) {
          assert.equal((await ask(store, "GET", path)).body, "kept");
        }
        assert.deepEqual(
          asked.map(({ status }) => status),
          [400, 400, 400],
        );
      });
    }
  });
}

async function begun(store: PlainStore, path: string): Promise<string> {
  const { body } = await ask(store, "POST", `${path}?uploads=`);
  const [, id] = /<UploadId>([^<]+)</.exec(body) ?? [];
  assert(id !== undefined, body);
  return id;
}
