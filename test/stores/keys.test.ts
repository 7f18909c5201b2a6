/**
 * Tests keys that a store takes for others (`a//b`, `x/../a/b`): a policy that closes one object
 * must not be evaded by another name of it. The name may stand in a path, as the source of a copy,
 * or in a document.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { storeTraits } from "../../src/s3/stores.ts";
import type { Gateway } from "../support/gateway.ts";
import { ask, type PlainAnswer, type PlainStore } from "../support/plain-store.ts";
import { sha256 } from "../support/signed.ts";
import { startForUser } from "./one-user.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const BUCKET = "named-otherwise";
const CLOSED = "closed/k";
const FOLDER = "folder/";
const TEXT = "what nobody but its owner may see or change";
const SECRET = "secret-of-the-gateways-own";
const USER = { accessKey: "AKUSER00000000000000", secretKey: SECRET };

/** Other names that stores have been seen to read as CLOSED, and some that one could. */
const NAMES = [
  "/closed/k",
  "closed//k",
  "closed/./k",
  "./closed/k",
  "open/../closed/k",
  "closed/x/../k",
  "//closed/k",
  "closed/k/.",
  "closed/k/",
  "closed%5Ck",
  "CLOSED/k",
  "closed/k%20",
  "closed/k.",
  "%ef%bd%83losed/k",
] as const;

/** A policy that opens all objects but one to the user. */
const POLICY = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "s3:*", Resource: "*" },
    { Effect: "Deny", Action: "s3:*", Resource: `arn:aws:s3:::${BUCKET}/${CLOSED}` },
    { Effect: "Deny", Action: "s3:*", Resource: `arn:aws:s3:::${BUCKET}/${FOLDER}` },
  ],
};

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`other names of a key at ${name}`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    let user: PlainStore;
    before(async () => {
      store = await start();
      gateway = await startForUser(store, kind, POLICY, USER);
      user = { endpoint: gateway.endpoint, key: USER };
      await ask(store, "PUT", `/${BUCKET}`);
    });
    after(async () => {
      await gateway.stop();
      await store.stop();
    });

    const fill = (): Promise<PlainAnswer> =>
      ask(store, "PUT", `/${BUCKET}/${CLOSED}`, { body: TEXT });
    const held = async (): Promise<string> =>
      (await ask(store, "GET", `/${BUCKET}/${CLOSED}`)).body;

    test("the object is closed by its own name", async () => {
      await fill();
      assert.equal((await ask(user, "GET", `/${BUCKET}/${CLOSED}`)).status, 403);
    });

    for (const other of NAMES) {
      test(`${other} leads nowhere`, async () => {
        await fill();
        const read = await ask(user, "GET", `/${BUCKET}/${other}`);
        assert(!read.body.includes(TEXT), "it was read");
        const headers = { "x-amz-copy-source": `/${BUCKET}/${other}` };
        await ask(user, "PUT", `/${BUCKET}/copy`, { headers });
        const copied = await ask(store, "GET", `/${BUCKET}/copy`);
        assert(!copied.body.includes(TEXT), "it was copied");
        const key = decodeURIComponent(other);
        const document = `<Delete><Object><Key>${key}</Key></Object></Delete>`;
        await ask(user, "POST", `/${BUCKET}?delete`, { body: document });
        assert.equal(await held(), TEXT, "it was deleted by a document");
        await ask(user, "DELETE", `/${BUCKET}/${other}`);
        assert.equal(await held(), TEXT, "it was deleted");
        await ask(user, "PUT", `/${BUCKET}/${other}`, { body: "another" });
        assert.equal(await held(), TEXT, "it was written");
      });
    }

    test("a folder's own name leads nowhere", async () => {
      const target = `/${BUCKET}/${FOLDER}`;
      const headers = { "x-amz-meta-said": "by-the-owner" };
      assert.equal((await ask(store, "PUT", target, { headers })).status, 200);
      const other = `/${BUCKET}/folder__XLDIR__`;
      for (const method of ["GET", "PUT", "DELETE"]) {
        const answer = await ask(user, method, other);
        assert.equal(answer.headers["x-amz-meta-said"], undefined, "it was read");
        const kept = await ask(store, "GET", target);
        assert.equal(kept.headers["x-amz-meta-said"], "by-the-owner", `changed by ${method}`);
      }
    });

    test("the parts of an upload are no objects", async () => {
      const target = `/${BUCKET}/${CLOSED}`;
      const begun = await ask(store, "POST", `${target}?uploads=`);
      const [, id = ""] = /<UploadId>([^<]+)</.exec(begun.body) ?? [];
      await ask(store, "PUT", `${target}?partNumber=1&uploadId=${id}`, { body: TEXT });
      const other = `/${BUCKET}/.sgwtmp/multipart/${sha256(CLOSED)}/${id}/1`;
      assert(!(await ask(user, "GET", other)).body.includes(TEXT), "it was read");
      await ask(user, "DELETE", other);
      const document = `<Delete><Object><Key>${other.slice(BUCKET.length + 2)}</Key></Object></Delete>`;
      await ask(user, "POST", `/${BUCKET}?delete`, { body: document });
      const parts = await ask(store, "GET", `${target}?uploadId=${id}`);
      assert.match(parts.body, new RegExp(`<Size>${TEXT.length}<`), "it was deleted");
    });

    test("it is as storeTraits says: it takes one of them for the object, or none", async () => {
      await fill();
      const taken: string[] = [];
      for (const other of NAMES) {
        const document = `<Delete><Object><Key>${decodeURIComponent(other)}</Key></Object></Delete>`;
        await ask(store, "POST", `/${BUCKET}?delete`, { body: document });
        if ((await held()) !== TEXT) taken.push(other);
        await fill();
      }
      assert.equal(taken.length > 0, storeTraits(kind).foldsKeys, taken.join(" "));
    });
  });
}
