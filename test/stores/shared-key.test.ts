/**
 * Tests a store with one key for several accounts, which cannot tell their buckets apart: a real
 * MinIO.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { join } from "node:path";
import { startGateway, type Gateway, type GatewayOptions } from "../support/gateway.ts";
import { ask } from "../support/plain-store.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf, told } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { MINIO, startMinio } from "./minio.ts";
import type { StoreProcess } from "./store-process.ts";

const key = (name: string) => ({ accessKey: `AK${name}`.toUpperCase(), secretKey: `SK${name}` });

describe("two accounts behind one key of MinIO", { skip: skipUnless([MINIO]) }, () => {
  let minio: StoreProcess;
  let gateway: Gateway;
  let options: GatewayOptions;

  before(async () => {
    minio = await startMinio();
    await ask(minio, "PUT", "/unadopted");
    options = {
      upstream: minio.endpoint,
      store: { store: "minio" },
      accounts: ["one", "two"].map((name) => ({ name, upstream: minio.key, keys: [key(name)] })),
    };
    gateway = await startGateway({
      ...options,
      policy: { bucketPolicies: "gateway" },
      state: { directory: join(scratchFolder("state"), "records") },
    });
  });
  after(async () => {
    await gateway.stop();
    await minio.stop();
  });

  const as = (name: string): s3.S3Client => clientOf(gateway.endpoint, key(name));

  test("do not start without records, by which the gateway knows a bucket's owner", async () => {
    for (const policy of [{}, { bucketPolicies: "gateway" }, { listBuckets: "filtered" }]) {
      await assert.rejects(
        startGateway({ ...options, policy }),
        /buckets have no recorded owner: each could list, read and remove the other's/,
      );
    }
  });

  test("list and reach their own buckets, and no other's", async () => {
    for (const Bucket of ["one", "two"]) {
      await as(Bucket).send(new s3.CreateBucketCommand({ Bucket }));
      await as(Bucket).send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: Bucket }));
    }
    for (const [name, other] of [
      ["one", "two"],
      ["two", "one"],
    ] as const) {
      const { Buckets = [] } = await as(name).send(new s3.ListBucketsCommand({}));
      assert.deepEqual(
        Buckets.map(({ Name }) => Name),
        [name],
      );
      const object = { Bucket: other, Key: "k" };
      const client = as(name);
      const copy = { Bucket: name, Key: "copy", CopySource: `${other}/k` };
      const sent = [
        client.send(new s3.GetObjectCommand(object)),
        client.send(new s3.PutObjectCommand({ ...object, Body: "x" })),
        client.send(new s3.DeleteObjectCommand(object)),
        client.send(new s3.ListObjectsV2Command({ Bucket: other })),
        client.send(new s3.DeleteBucketCommand({ Bucket: other })),
        client.send(new s3.CopyObjectCommand(copy)),
      ];
      const answers = await Promise.all(sent.map(told));
      assert.deepEqual(
        answers,
        sent.map(() => "AccessDenied"),
      );
    }
  });

  test("find nothing in a bucket that existed before, until it is adopted", async () => {
    const Bucket = "unadopted";
    for (const name of ["one", "two"]) {
      const client = as(name);
      const sent = [
        client.send(new s3.ListObjectsV2Command({ Bucket })),
        client.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "x" })),
        client.send(new s3.DeleteBucketCommand({ Bucket })),
      ];
      const answers = await Promise.all(sent.map(told));
      assert.deepEqual(
        answers,
        sent.map(() => "NoSuchBucket"),
      );
    }
  });
});
