/**
 * Tests a directory in front of a real Ceph: the store knows its accounts by the keys of its
 * answers.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";
import { until } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf, told } from "../support/s3-client.ts";
import {
  keyWith,
  startScriptedDirectory,
  type ScriptedDirectory,
} from "../support/scripted-directory.ts";
import type { KeyPair } from "../support/signed.ts";

const ALICE: KeyPair = { accessKey: "AKIADIRALICE", secretKey: "theSecretOfAlice" };
const READER: KeyPair = { accessKey: "AKIADIRREADER", secretKey: "theSecretOfTheReader" };
const OBJECT = { Bucket: "of-alice", Key: "key" };

describe("a directory in front of Ceph", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  let directory: ScriptedDirectory;
  let gateway: Gateway;
  const clients: s3.S3Client[] = [];

  before(async () => {
    ceph = await startCeph();
    directory = await startScriptedDirectory();
    const upstream = ceph.users("alice");
    directory.replies.set(ALICE.accessKey, keyWith(ALICE, { account: "alice", upstream }));
    const reader = { account: "alice", subuser: "reader", tier: "READ", upstream };
    directory.replies.set(READER.accessKey, keyWith(READER, reader));
    const own = ceph.users("bob");
    directory.replies.set(own.accessKey, keyWith(own, { account: "bob" }));
    gateway = await startGateway({
      upstream: ceph.endpoint,
      accounts: [],
      directories: [directory.source],
    });
  });
  after(async () => {
    for (const client of clients) client.destroy();
    await gateway.stop();
    await directory.stop();
    await ceph.stop();
  });
  const sdk = (key: KeyPair): s3.S3Client => {
    const client = clientOf(gateway.endpoint, key);
    clients.push(client);
    return client;
  };

  test("its account has a bucket, its reader reads there, and another account may not", async () => {
    await sdk(ALICE).send(new s3.CreateBucketCommand({ Bucket: OBJECT.Bucket }));
    const put = new s3.PutObjectCommand({ ...OBJECT, Body: "text" });
    await sdk(ALICE).send(put);
    const got = await sdk(READER).send(new s3.GetObjectCommand(OBJECT));
    assert.equal(await got.Body?.transformToString(), "text");
    assert.equal(await told(sdk(READER).send(put)), "AccessDenied");
    assert.equal(
      await told(sdk(ceph.users("bob")).send(new s3.GetObjectCommand(OBJECT))),
      "AccessDenied",
    );
  });

  test("a key of Ceph's that the directory knows without an upstream signs for itself", async () => {
    const bob = sdk(ceph.users("bob"));
    await bob.send(new s3.CreateBucketCommand({ Bucket: "of-bob" }));
    const { Buckets } = await bob.send(new s3.ListBucketsCommand({}));
    assert.deepEqual(
      Buckets?.map(({ Name }) => Name),
      ["of-bob"],
    );
  });

  test("a rotation of the account's key, in Ceph and in the directory, fails no request", async () => {
    const client = sdk(ALICE);
    const before = ceph.users("alice");
    const upstream = { accessKey: "ALICENEXT", secretKey: "theNextOfAliceInCeph" };
    const progress = { passed: 0, over: false };
    const load = (async () => {
      while (!progress.over) {
        const { Body } = await client.send(new s3.GetObjectCommand(OBJECT));
        await Body?.transformToString();
        progress.passed++;
      }
    })();
    const pair = ["--access-key", upstream.accessKey, "--secret-key", upstream.secretKey];
    await ceph.admin("key", "create", "--uid=alice", "--key-type=s3", ...pair);
    directory.replies.set(ALICE.accessKey, keyWith(ALICE, { account: "alice", upstream }));
    await ceph.admin("key", "rm", "--uid=alice", "--key-type=s3", "--access-key", before.accessKey);
    const gone = clientOf(ceph.endpoint, before);
    clients.push(gone);
    // RGW itself learns of it a moment later.
    const refusal = (): Promise<string> => told(gone.send(new s3.GetObjectCommand(OBJECT)));
    await until(async () => (await refusal()) === "InvalidAccessKeyId");
    const enough = progress.passed + 20;
    await Promise.race([load, until(() => progress.passed >= enough)]);
    progress.over = true;
    await load;
  });
});
