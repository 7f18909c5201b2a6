/**
 * Tests policies that clients put through two gateways, which share a bucket of a real Ceph as
 * their state.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as s3 from "@aws-sdk/client-s3";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";
import { startGateway, type Gateway, type GatewayOptions } from "../support/gateway.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf, PLAIN, told } from "../support/s3-client.ts";

const SECRET = "secret-of-the-gateways-own";
const STATE = "s3warden-state";
const REFRESH_MS = 500;
const key = (accessKey: string) => ({ accessKey, secretKey: SECRET });

/** Returns a policy by which bob may do one thing, and whose Id shows which policy it is. */
function policyOf(bucket: string, id: string, Action = "s3:GetObject"): string {
  const Statement = {
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::bob:root" },
    Action,
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  };
  return JSON.stringify({ Version: "2012-10-17", Id: id, Statement });
}

describe("policies kept by two gateways in a bucket of Ceph", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  let options: GatewayOptions;
  const gateways: Gateway[] = [];
  const alice: s3.S3Client[] = [];
  const bob: s3.S3Client[] = [];

  before(async () => {
    ceph = await startCeph();
    options = {
      upstream: ceph.endpoint,
      policy: { bucketPolicies: "gateway", anonymous: "policy" },
      state: { bucket: STATE, ...ceph.users("465000001$465000001"), refresh: `${REFRESH_MS}ms` },
      accounts: [
        { name: "alice", upstream: ceph.users("alice"), keys: [key("AKALICEOWN0000000000")] },
        { name: "bob", upstream: ceph.users("bob"), keys: [key("AKBOBOWN000000000000")] },
      ],
    };
    for (let i = 0; i < 2; i++) {
      const gateway = await startGateway(options);
      gateways.push(gateway);
      alice.push(clientOf(gateway.endpoint, key("AKALICEOWN0000000000"), PLAIN));
      bob.push(clientOf(gateway.endpoint, key("AKBOBOWN000000000000"), PLAIN));
    }
    await first(alice).send(new s3.CreateBucketCommand({ Bucket: "shared" }));
    await first(alice).send(new s3.PutObjectCommand({ Bucket: "shared", Key: "k", Body: "data" }));
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    await ceph.stop();
  });

  const put = (client: s3.S3Client, Bucket: string, Policy: string): Promise<unknown> =>
    client.send(new s3.PutBucketPolicyCommand({ Bucket, Policy }));
  const shown = async (client: s3.S3Client, Bucket: string): Promise<string> =>
    (await client.send(new s3.GetBucketPolicyCommand({ Bucket }))).Policy ?? "";
  const reads = (client: s3.S3Client): Promise<string> =>
    told(client.send(new s3.GetObjectCommand({ Bucket: "shared", Key: "k" })));

  test("a policy put on one gateway is enforced by the other within the refresh", async () => {
    const [one, two] = both(bob);
    assert.equal(await reads(one), "AccessDenied");
    assert.equal(await reads(two), "AccessDenied");
    const text = policyOf("shared", "first");
    await put(first(alice), "shared", text);
    assert.equal(await reads(one), "ok");
    await pause(REFRESH_MS * 1.5);
    assert.equal(await reads(two), "ok");
    assert.equal(await shown(both(alice)[1], "shared"), text);
    await both(alice)[1].send(new s3.DeleteBucketPolicyCommand({ Bucket: "shared" }));
    await pause(REFRESH_MS * 1.5);
    assert.equal(await reads(one), "AccessDenied");
  });

  test("of 200 concurrent writes over both none is lost or torn", async () => {
    const buckets = Array.from({ length: 10 }, (_, i) => `race-${i}`);
    for (const Bucket of buckets) await first(alice).send(new s3.CreateBucketCommand({ Bucket }));
    const writes = Array.from({ length: 200 }, async (_, i) => {
      const client = alice[i % 2] ?? first(alice);
      const bucket = buckets[i % buckets.length] ?? "";
      const answer = await told(put(client, bucket, policyOf(bucket, `write-${i}`)));
      return { i, bucket, answer };
    });
    const ended = await Promise.all(writes);
    assert.deepEqual(
      ended.filter(({ answer }) => answer !== "ok"),
      [],
    );
    await pause(REFRESH_MS * 1.5);
    for (const bucket of buckets) {
      const [one, two] = await Promise.all(alice.map((client) => shown(client, bucket)));
      assert.equal(one, two);
      const id = /"Id":"(write-\d+)"/.exec(one ?? "")?.[1] ?? "";
      assert.equal(one, policyOf(bucket, id));
      assert.equal(Number(id.slice("write-".length)) % buckets.length, buckets.indexOf(bucket));
    }
  });

  test("a gateway killed while it writes leaves nothing half-written", async () => {
    const doomed = await startGateway(options);
    const client = clientOf(doomed.endpoint, key("AKALICEOWN0000000000"), PLAIN);
    const writing = Array.from({ length: 60 }, (_, i) =>
      told(put(client, "shared", policyOf("shared", `doomed-${i}`))),
    );
    await pause(60);
    process.kill(doomed.pid, "SIGKILL");
    const answers = await Promise.all(writing);
    assert.ok(
      answers.some((answer) => answer !== "ok"),
      "the gateway was not killed in time",
    );
    await pause(REFRESH_MS * 1.5);
    const told2 = await told(shown(first(alice), "shared"));
    if (told2 === "ok") {
      const text = await shown(first(alice), "shared");
      assert.equal(text, policyOf("shared", /"Id":"([^"]*)"/.exec(text)?.[1] ?? ""));
    } else assert.equal(told2, "NoSuchBucketPolicy");
    await put(first(alice), "shared", policyOf("shared", "after"));
    await doomed.stop();
  });

  test("no client sees the state", async () => {
    const list = await first(alice).send(new s3.ListBucketsCommand({}));
    assert.equal(
      list.Buckets?.some(({ Name }) => Name === STATE),
      false,
    );
    const get = new s3.GetObjectCommand({ Bucket: STATE, Key: "buckets/shared.json" });
    assert.notEqual(await told(first(alice).send(get)), "ok");
  });

  test("a bucket goes with its policy, and comes back without it", async () => {
    await first(alice).send(new s3.CreateBucketCommand({ Bucket: "short-lived" }));
    await put(first(alice), "short-lived", policyOf("short-lived", "gone"));
    await first(alice).send(new s3.DeleteBucketCommand({ Bucket: "short-lived" }));
    await both(bob)[1].send(new s3.CreateBucketCommand({ Bucket: "short-lived" }));
    const policy = both(bob)[1].send(new s3.GetBucketPolicyCommand({ Bucket: "short-lived" }));
    assert.equal(await told(policy), "NoSuchBucketPolicy");
    const stolen = put(first(alice), "short-lived", policyOf("short-lived", "mine"));
    assert.equal(await told(stolen), "AccessDenied");
  });
});

function first<T>(items: readonly T[]): T {
  return both(items)[0];
}

function both<T>(items: readonly T[]): readonly [T, T] {
  const [one, two] = items;
  if (one === undefined || two === undefined) throw new Error("Expected two");
  return [one, two];
}
