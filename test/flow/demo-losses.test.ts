/**
 * The demo's store knows few of S3's operations and executes the others as something else: as `lab`,
 * who may do everything, nothing but a deletion may lose a bucket or an object.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { startDemo, type Demo } from "../support/demo.ts";
import { told } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";

const OBJECT = { Bucket: "photos", Key: "cat.jpg" };
const EMPTY = { Bucket: "empty" };
const NEW = { Bucket: "never-made" };
const TAGS = { TagSet: [{ Key: "a", Value: "b" }] };

type Send = (client: s3.S3Client) => Promise<unknown>;

/** Operation and what its sender would have lost, each by the store's taking it for another. */
const LOSSES: readonly (readonly [name: string, send: Send])[] = [
  ["DeleteBucketCors", (lab) => lab.send(new s3.DeleteBucketCorsCommand(EMPTY))],
  ["DeleteBucketWebsite", (lab) => lab.send(new s3.DeleteBucketWebsiteCommand(EMPTY))],
  ["DeleteBucketTagging", (lab) => lab.send(new s3.DeleteBucketTaggingCommand(EMPTY))],
  ["DeleteBucketReplication", (lab) => lab.send(new s3.DeleteBucketReplicationCommand(EMPTY))],
  ["DeletePublicAccessBlock", (lab) => lab.send(new s3.DeletePublicAccessBlockCommand(EMPTY))],
  [
    "PutObjectLegalHold",
    (lab) => lab.send(new s3.PutObjectLegalHoldCommand({ ...OBJECT, LegalHold: { Status: "ON" } })),
  ],
  [
    "PutObjectTagging",
    (lab) => lab.send(new s3.PutObjectTaggingCommand({ ...OBJECT, Tagging: TAGS })),
  ],
  ["DeleteObjectTagging", (lab) => lab.send(new s3.DeleteObjectTaggingCommand(OBJECT))],
  [
    "DeleteObject of a version",
    (lab) => lab.send(new s3.DeleteObjectCommand({ ...OBJECT, VersionId: "of-another-store" })),
  ],
  [
    "DeleteObjects of a version",
    (lab) =>
      lab.send(
        new s3.DeleteObjectsCommand({
          Bucket: OBJECT.Bucket,
          Delete: { Objects: [{ Key: OBJECT.Key, VersionId: "of-another-store" }] },
        }),
      ),
  ],
  [
    "PutBucketTagging of no bucket",
    (lab) => lab.send(new s3.PutBucketTaggingCommand({ ...NEW, Tagging: TAGS })),
  ],
];

describe("the demo as lab", () => {
  let demo: Demo;
  let lab: s3.S3Client;
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    const dir = join(scratchFolder("demo"), "data");
    demo = await startDemo(dir, { after: (cleanup) => void cleanups.push(cleanup) });
    lab = demo.as("lab");
    for (const Bucket of [OBJECT.Bucket, EMPTY.Bucket]) {
      await lab.send(new s3.CreateBucketCommand({ Bucket }));
    }
  });
  after(() => {
    for (const cleanup of cleanups) cleanup();
  });

  for (const [name, send] of LOSSES) {
    test(`${name} loses nothing, and the error says what to set`, async () => {
      await lab.send(new s3.PutObjectCommand({ ...OBJECT, Body: "a cat" }));
      assert.equal(await told(send(lab)), "NotImplemented");
      await lab.send(new s3.HeadBucketCommand(EMPTY));
      const read = await lab.send(new s3.GetObjectCommand(OBJECT));
      assert.equal(await read.Body?.transformToString(), "a cat");
      assert.equal(await told(lab.send(new s3.HeadBucketCommand(NEW))), "NotFound");
    });
  }
});
