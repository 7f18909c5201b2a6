/** Tests unusual headers that clients send at real stores: directly and through the gateway. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { StoreKind } from "../../src/s3/store-kinds.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { ask, type PlainStore } from "../support/plain-store.ts";
import { codeOf, rawExchange, type RawAnswer } from "../support/raw-client.ts";
import { bytesOf, signV4, timestampOf } from "../support/signed.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const KEY = { accessKey: "AKIDCLIENTHEADERS000", secretKey: "secret-of-the-gateways-own" };
const BUCKET = "client-headers";
const LIFECYCLE =
  "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix>old/</Prefix></Filter>" +
  "<Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>";
const EMPTY = { "x-amz-meta-empty": "", "x-amz-meta-full": "a" };

/** Requests that each make the object `name` with EMPTY as its metadata, and return its status. */
const WAYS: readonly (readonly [string, (at: PlainStore, name: string) => Promise<number>])[] = [
  [
    "a PutObject",
    async (at, name) =>
      (await ask(at, "PUT", `/${BUCKET}/${name}`, { body: "a", headers: EMPTY })).status,
  ],
  [
    "a CopyObject",
    async (at, name) => {
      const copy = {
        "x-amz-copy-source": `/${BUCKET}/source`,
        "x-amz-metadata-directive": "REPLACE",
      };
      const headers = { ...EMPTY, ...copy };
      return (await ask(at, "PUT", `/${BUCKET}/${name}`, { headers })).status;
    },
  ],
  [
    "an upload in parts",
    async (at, name) => {
      const begun = await ask(at, "POST", `/${BUCKET}/${name}?uploads=`, { headers: EMPTY });
      const [, id = ""] = /<UploadId>(.+)<\/UploadId>/.exec(begun.body) ?? [];
      const part = `/${BUCKET}/${name}?partNumber=1&uploadId=${encodeURIComponent(id)}`;
      const { headers } = await ask(at, "PUT", part, { body: "a" });
      const list = `<Part><PartNumber>1</PartNumber><ETag>${headers.etag}</ETag></Part>`;
      const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`;
      const target = `/${BUCKET}/${name}?uploadId=${encodeURIComponent(id)}`;
      return (await ask(at, "POST", target, { body })).status;
    },
  ],
];

/** A store's additions to S3, by its kind: method, target, and the text expected in the answer. */
const EXTENSIONS: Partial<Record<StoreKind, readonly (readonly [string, string, RegExp])[]>> = {
  ceph: [
    ["GET", `/${BUCKET}?allow-unordered=true`, /<Key>source<\/Key>/],
    ["GET", `/${BUCKET}?list-type=2&allow-unordered=true`, /<Key>source<\/Key>/],
    ["HEAD", `/${BUCKET}?read-stats=true`, /"x-rgw-object-count":"\d+"/],
    ["GET", "/?usage=", /<Bucket>client-headers<\/Bucket>/],
  ],
  minio: [
    ["GET", `/${BUCKET}?list-type=2&metadata=true`, /<X-Amz-Meta-Of>source<\/X-Amz-Meta-Of>/],
    ["GET", `/${BUCKET}?versions=&metadata=true`, /<X-Amz-Meta-Of>source<\/X-Amz-Meta-Of>/],
    ["GET", `/${BUCKET}?list-type=2&unsorted=true`, /<Key>source<\/Key>/],
    ["GET", `/${BUCKET}?lifecycle=&withUpdatedAt=true`, /"x-minio-lifecycleconfig-updatedat":/],
  ],
};

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`${name}, as store: ${kind}`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    let through: PlainStore;
    before(async () => {
      store = await start();
      gateway = await startGateway({
        upstream: store.endpoint,
        store: { store: kind },
        accounts: [{ name: "lab", upstream: store.key, keys: [KEY] }],
      });
      through = { endpoint: gateway.endpoint, key: KEY };
      await ask(store, "PUT", `/${BUCKET}`);
      const headers = { "x-amz-meta-of": "source" };
      await ask(store, "PUT", `/${BUCKET}/source`, { body: "source", headers });
      await ask(store, "PUT", `/${BUCKET}?lifecycle=`, { body: LIFECYCLE });
    });
    after(async () => {
      await gateway.stop();
      await store.stop();
    });

    for (const [what, make] of WAYS) {
      test(`${what} keeps metadata that is empty`, async () => {
        assert.deepEqual([await make(store, "direct"), await make(through, "gateway")], [200, 200]);
        const [direct, own] = await Promise.all(
          ["direct", "gateway"].map((object) => ask(store, "HEAD", `/${BUCKET}/${object}`)),
        );
        assert.equal(direct?.headers["x-amz-meta-full"], "a");
        assert.equal(own?.headers["x-amz-meta-empty"], direct?.headers["x-amz-meta-empty"]);
        assert.equal(own?.headers["x-amz-meta-empty"], "");
      });
    }
    for (const header of ["content-type", "content-encoding", "content-disposition"]) {
      test(`the store treats an empty ${header} as without the gateway`, async () => {
        // With a body, aws4 adds its own content type to an empty one.
        const put = { headers: { [header]: "" } };
        const direct = await ask(store, "PUT", `/${BUCKET}/direct`, put);
        const own = await ask(through, "PUT", `/${BUCKET}/gateway`, put);
        assert.equal(own.status, direct.status);
        const seen = await Promise.all(
          ["direct", "gateway"].map((object) => ask(store, "HEAD", `/${BUCKET}/${object}`)),
        );
        assert.equal(seen[1]?.headers[header], seen[0]?.headers[header]);
      });
    }
    for (const source of [`${BUCKET}%2Fsource`, `%2F${BUCKET}%2Fsource`, `${BUCKET}%2fsource`]) {
      test(`a copy from ${source} copies the key that it names`, async () => {
        const headers = { "x-amz-copy-source": source };
        const copied = await ask(through, "PUT", `/${BUCKET}/copied`, { headers });
        assert.equal(copied.status, 200, copied.body);
        assert.equal((await ask(store, "GET", `/${BUCKET}/copied`)).body, "source");
      });
    }
    for (const number of ["0", "1", "10001"]) {
      test(`part ${number} of an upload has the store's own answer, and no object is touched`, async () => {
        const begun = await ask(store, "POST", `/${BUCKET}/source?uploads=`);
        const [, id = ""] = /<UploadId>(.+)<\/UploadId>/.exec(begun.body) ?? [];
        const target = `/${BUCKET}/source?partNumber=${number}&uploadId=${encodeURIComponent(id)}`;
        const [direct, own] = await Promise.all(
          [store, through].map((at) => ask(at, "PUT", target, { body: "part" })),
        );
        assert.equal(own?.status, direct?.status);
        assert.equal(codeIn(own?.body), codeIn(direct?.body));
        assert.equal((await ask(store, "GET", `/${BUCKET}/source`)).body, "source");
      });
    }
    test("a deletion of no keys has the store's own answer", async () => {
      const target = `/${BUCKET}?delete=`;
      const [direct, own] = await Promise.all(
        [store, through].map((at) => ask(at, "POST", target, { body: "<Delete/>" })),
      );
      assert.equal(own?.status, direct?.status);
      assert.equal(codeIn(own?.body), codeIn(direct?.body));
    });
    test("a link with tracking parameters is read", async () => {
      const target = `/${BUCKET}/source?utm_source=a&v=1`;
      assert.equal((await ask(through, "GET", target)).body, "source");
    });
    for (const [method, target, found] of EXTENSIONS[kind] ?? []) {
      test(`${method} ${target} is answered as by the store itself`, async () => {
        const [direct, own] = await Promise.all(
          [store, through].map(async (at) => {
            const { status, headers, body } = await ask(at, method, target);
            return { status, text: `${JSON.stringify(headers)}${body}` };
          }),
        );
        assert.equal(direct?.status, 200, direct?.text);
        assert.match(direct?.text ?? "", found);
        assert.equal(own?.status, 200, own?.text);
        assert.match(own?.text ?? "", found);
      });
    }
    if (kind === "minio") {
      test("a client that listens is told by the store which events it has", async () => {
        const target = `/${BUCKET}?events=s3%3ANone&events=s3%3AObjectCreated%3A%2A&ping=1&prefix=w`;
        const answers = await Promise.all([store, through].map((at) => listen(at, target)));
        for (const answer of answers) {
          assert.equal(answer.status, 400);
          assert.equal(codeOf(answer), "InvalidArgument");
        }
      });
    }
    test("the header of the C++ SDK changes nothing", async () => {
      const headers = { "x-amz-api-version": "2006-03-01" };
      for (const at of [store, through]) {
        assert.equal((await ask(at, "GET", `/${BUCKET}/source`, { headers })).body, "source");
      }
    });
  });
}

/** Returns the error code in an answer, if it is an error. */
function codeIn(body: string | undefined): string | undefined {
  return /<Code>(.*)<\/Code>/.exec(body ?? "")?.[1];
}

/** Asks to listen, with every parameter signed, also those of one name. */
function listen({ endpoint, key }: PlainStore, target: string): Promise<RawAnswer> {
  const { host } = new URL(endpoint);
  const request = {
    method: "GET",
    target,
    headers: [["host", host]] as const,
    body: Buffer.alloc(0),
  };
  const signed = signV4(request, key, { timestamp: timestampOf(Date.now()) });
  return rawExchange(host, bytesOf(signed));
}
