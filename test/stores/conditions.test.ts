/**
 * Tests conditions on the tags and locks in requests, and on the tags that a real store has stored;
 * and a bucket shared between accounts by a policy that the gateway keeps.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { clientOf, PLAIN, told } from "../support/s3-client.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const SECRET = "secret-of-the-gateways-own";
const BUCKET = "conditioned";
const ARN = `arn:aws:s3:::${BUCKET}`;
const allow = (
  Action: string | string[],
  Resource: string | string[],
  Condition?: object,
): object => ({
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition && { Condition }),
});

/**
 * A policy that reads only objects tagged public, writes only with a team's tag, and creates
 * buckets in one place only.
 */
const USER = [
  allow("s3:GetObject", `${ARN}/*`, { StringEquals: { "s3:ExistingObjectTag/public": "yes" } }),
  allow(["s3:PutObject", "s3:PutObjectTagging"], `${ARN}/*`, {
    StringEquals: { "s3:RequestObjectTag/team": "physics" },
    "ForAllValues:StringEquals": { "s3:RequestObjectTagKeys": ["team", "note"] },
    Null: { "s3:RequestObjectTagKeys": "false" },
  }),
  allow("s3:ListBucket", ARN, { StringEquals: { "s3:BucketTag/stage": "live" } }),
  allow("s3:CreateBucket", "*", { Null: { "s3:locationconstraint": "true" } }),
];

/** A policy with the rights of bob, who is in another account, and of everybody. */
const SHARED = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::bob:root" },
      Action: ["s3:GetObject", "s3:ListBucket"],
      Resource: ["arn:aws:s3:::shared", "arn:aws:s3:::shared/*"],
    },
    {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::shared/public/*",
    },
  ],
};

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`conditions and sharing on ${name}`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    let direct: s3.S3Client;
    let user: s3.S3Client;
    let bob: s3.S3Client;

    before(async () => {
      store = await start();
      const key = (accessKey: string): object => ({ accessKey, secretKey: SECRET });
      gateway = await startGateway({
        upstream: store.endpoint,
        store: { store: kind },
        policy: { bucketPolicies: "gateway", anonymous: "policy" },
        accounts: [
          {
            name: "alice",
            upstream: store.key,
            subusers: [
              { name: "user", policies: ["user.json"], keys: [key("AKUSER00000000000000")] },
            ],
          },
          { name: "bob", upstream: store.other, keys: [key("AKBOB000000000000000")] },
        ],
        // Both accounts have one key at a store with one user: the gateway records the owner of
        // each bucket.
        buckets: [
          { name: "shared", account: "alice", policy: "shared.json" },
          { name: BUCKET, account: "alice" },
        ],
        files: {
          "user.json": JSON.stringify({ Version: "2012-10-17", Statement: USER }),
          "shared.json": JSON.stringify(SHARED),
        },
      });
      const alice = store.key;
      direct = clientOf(store.endpoint, alice, PLAIN);
      user = clientOf(
        gateway.endpoint,
        { accessKey: "AKUSER00000000000000", secretKey: SECRET },
        PLAIN,
      );
      bob = clientOf(
        gateway.endpoint,
        { accessKey: "AKBOB000000000000000", secretKey: SECRET },
        PLAIN,
      );
      for (const Bucket of [BUCKET, "shared"]) {
        await direct.send(new s3.CreateBucketCommand({ Bucket }));
      }
      const put = (Bucket: string, Key: string, Tagging?: string): Promise<unknown> =>
        direct.send(
          new s3.PutObjectCommand({ Bucket, Key, Body: Key, ...(Tagging && { Tagging }) }),
        );
      await put(BUCKET, "open", "public=yes");
      await put(BUCKET, "closed", "public=no");
      await put(BUCKET, "untagged");
      await put("shared", "data");
      await put("shared", "public/data");
    });
    after(async () => {
      await gateway.stop();
      await store.stop();
    });

    const get = (client: s3.S3Client, Bucket: string, Key: string): Promise<string> =>
      told(client.send(new s3.GetObjectCommand({ Bucket, Key })));

    test("s3:ExistingObjectTag is the tag at the store, not the one in a request", async () => {
      assert.equal(await get(user, BUCKET, "open"), "ok");
      assert.equal(await get(user, BUCKET, "closed"), "AccessDenied");
      assert.equal(await get(user, BUCKET, "untagged"), "AccessDenied");
      assert.equal(await get(user, BUCKET, "missing"), "AccessDenied");
      await direct.send(
        new s3.PutObjectTaggingCommand({
          Bucket: BUCKET,
          Key: "closed",
          Tagging: { TagSet: [{ Key: "public", Value: "yes" }] },
        }),
      );
      assert.equal(await get(user, BUCKET, "closed"), "ok");
    });

    test("s3:RequestObjectTag is the tag of the header, and of a document", async () => {
      const put = (Key: string, Tagging?: string): Promise<string> =>
        told(
          user.send(
            new s3.PutObjectCommand({
              Bucket: BUCKET,
              Key,
              Body: "x",
              ...(Tagging && { Tagging }),
            }),
          ),
        );
      assert.equal(await put("new", "team=physics"), "ok");
      assert.equal(await put("new", "team=physics&note=two%20words"), "ok");
      assert.equal(await put("new", "team=maths"), "AccessDenied");
      assert.equal(await put("new", "team=physics&other=1"), "AccessDenied");
      assert.equal(await put("new"), "AccessDenied");
      const tag = (Value: string): Promise<string> =>
        told(
          user.send(
            new s3.PutObjectTaggingCommand({
              Bucket: BUCKET,
              Key: "new",
              Tagging: { TagSet: [{ Key: "team", Value }] },
            }),
          ),
        );
      assert.equal(await tag("maths"), "AccessDenied");
      assert.equal(await tag("physics"), "ok");
      const stored = await direct.send(
        new s3.GetObjectTaggingCommand({ Bucket: BUCKET, Key: "new" }),
      );
      assert.deepEqual(stored.TagSet, [{ Key: "team", Value: "physics" }]);
    });

    test("a + in x-amz-tagging is the space that was judged, also in Ceph", async () => {
      const request = new s3.PutObjectCommand({
        Bucket: BUCKET,
        Key: "plus",
        Body: "x",
        Tagging: "team=physics&note=two+words",
      });
      assert.equal(await told(user.send(request)), "ok");
      const stored = await direct.send(
        new s3.GetObjectTaggingCommand({ Bucket: BUCKET, Key: "plus" }),
      );
      assert.equal(stored.TagSet?.find(({ Key }) => Key === "note")?.Value, "two words");
    });

    test("s3:BucketTag is the tag at the store", async () => {
      const list = (): Promise<string> =>
        told(user.send(new s3.ListObjectsV2Command({ Bucket: BUCKET })));
      assert.equal(await list(), "AccessDenied");
      await direct.send(
        new s3.PutBucketTaggingCommand({
          Bucket: BUCKET,
          Tagging: { TagSet: [{ Key: "Stage", Value: "live" }] },
        }),
      );
      assert.equal(await list(), "ok");
    });

    test("s3:locationconstraint is that of the document", async () => {
      const create = (Bucket: string, more = {}): Promise<string> =>
        told(user.send(new s3.CreateBucketCommand({ Bucket, ...more })));
      const LocationConstraint = "eu-west-1";
      assert.equal(
        await create("elsewhere", { CreateBucketConfiguration: { LocationConstraint } }),
        "AccessDenied",
      );
      assert.equal(await create("at-home"), "ok");
    });

    test("another account reads the objects that a kept policy allows, and nothing else", async () => {
      assert.equal(await get(bob, "shared", "data"), "ok");
      assert.equal(await told(bob.send(new s3.ListObjectsV2Command({ Bucket: "shared" }))), "ok");
      const put = new s3.PutObjectCommand({ Bucket: "shared", Key: "data", Body: "x" });
      assert.equal(await told(bob.send(put)), "AccessDenied");
      assert.equal(await get(bob, BUCKET, "open"), "AccessDenied");
      const policy = new s3.GetBucketPolicyCommand({ Bucket: "shared" });
      assert.equal(await told(bob.send(policy)), "AccessDenied");
    });

    test("everybody reads the objects that a kept policy opens to everybody", async () => {
      const fetched = await fetch(`${gateway.endpoint}/shared/public/data`);
      assert.equal(await fetched.text(), "public/data");
      assert.equal((await fetch(`${gateway.endpoint}/shared/data`)).status, 403);
      assert.equal((await fetch(`${gateway.endpoint}/shared/public/none`)).status, 403);
      const put = await fetch(`${gateway.endpoint}/shared/public/data`, {
        method: "PUT",
        body: "x",
      });
      assert.equal(put.status, 403);
    });
  });
}
