/**
 * Tests that nobody takes over a bucket in front of a real Ceph. Ceph answers 200 to a user who
 * makes an own bucket again, and has a bucket of the same name in each tenant. The state is in a
 * bucket there.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf, PLAIN, told } from "../support/s3-client.ts";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";

const SECRET = "secret-of-the-gateways-own";
const ACCOUNTS = ["team1", "team2", "alice", "guest"] as const;
type Name = (typeof ACCOUNTS)[number];
const keyOf = (name: Name) => ({
  accessKey: `AK${name.toUpperCase()}OWN00000000000`,
  secretKey: SECRET,
});

describe("buckets in front of a Ceph whose users are shared", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  const gateways: Gateway[] = [];
  const second = { accessKey: "AKBOBSECOND000000000", secretKey: "SKbobsecond" };

  before(async () => {
    ceph = await startCeph();
    const { accessKey, secretKey } = second;
    const key = [`--access-key=${accessKey}`, `--secret-key=${secretKey}`, "--key-type=s3"];
    await ceph.admin("key", "create", "--uid=bob", ...key);
    // Two keys of one user, and a user without a tenant beside one with a tenant.
    const upstreams: Readonly<Record<Name, object>> = {
      team1: ceph.users("bob"),
      team2: second,
      alice: ceph.users("alice"),
      guest: ceph.users("465000001$465000001"),
    };
    for (let i = 0; i < 2; i++) {
      const gateway = await startGateway({
        upstream: ceph.endpoint,
        store: { store: "ceph" },
        policy: { bucketPolicies: "gateway" },
        state: { bucket: "s3warden-state", ...ceph.users("gwadmin"), refresh: "10m" },
        accounts: ACCOUNTS.map((name) => ({
          name,
          upstream: upstreams[name],
          keys: [keyOf(name)],
        })),
      });
      gateways.push(gateway);
    }
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    await ceph.stop();
  });

  const as = (name: Name, at = 0): s3.S3Client =>
    clientOf(gateways[at]?.endpoint ?? "", keyOf(name), PLAIN);
  const make = (name: Name, Bucket: string, at?: number): Promise<string> =>
    told(as(name, at).send(new s3.CreateBucketCommand({ Bucket })));
  const remove = (name: Name, Bucket: string, at?: number): Promise<string> =>
    told(as(name, at).send(new s3.DeleteBucketCommand({ Bucket })));
  const put = (name: Name, Bucket: string, Body = "salaries"): Promise<string> =>
    told(as(name).send(new s3.PutObjectCommand({ Bucket, Key: "k", Body })));
  const reads = (name: Name, Bucket: string, at?: number): Promise<string> =>
    told(as(name, at).send(new s3.GetObjectCommand({ Bucket, Key: "k" })));

  test("two keys of one user: a bucket stays with the account that made it", async () => {
    assert.equal(await make("team1", "payroll"), "ok");
    assert.equal(await put("team1", "payroll"), "ok");
    for (const at of [0, 1]) {
      assert.equal(await make("team2", "payroll", at), "BucketAlreadyExists");
      assert.equal(await reads("team2", "payroll", at), "AccessDenied");
      assert.equal(await reads("team1", "payroll", at), "ok");
    }
  });

  test("two keys of one user: nobody takes a bucket that existed before", async () => {
    const direct = clientOf(ceph.endpoint, ceph.users("bob"), PLAIN);
    await direct.send(new s3.CreateBucketCommand({ Bucket: "older" }));
    assert.equal(await make("team2", "older"), "ok");
    const Resource = "arn:aws:s3:::older/*";
    const Statement = { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    const policy = as("team2").send(new s3.PutBucketPolicyCommand({ Bucket: "older", Policy }));
    assert.equal(await told(policy), "MethodNotAllowed");
    assert.equal(await put("team1", "older"), "ok");
  });

  test("two tenants: one cannot make the gateway forget the other's bucket", async () => {
    assert.equal(await make("alice", "vault"), "ok");
    assert.equal(await put("alice", "vault", "alice's"), "ok");
    assert.equal(await make("guest", "vault"), "BucketAlreadyExists");
    assert.equal(await reads("guest", "vault"), "AccessDenied");
    assert.equal(await put("alice", "vault", "alice's again"), "ok");
    const direct = clientOf(ceph.endpoint, ceph.users("alice"), PLAIN);
    const object = await direct.send(new s3.GetObjectCommand({ Bucket: "vault", Key: "k" }));
    assert.equal(await object.Body?.transformToString(), "alice's again");
  });

  test("a removal and a making at once leave the record of the existing bucket", async () => {
    for (let round = 0; round < 10; round++) {
      const Bucket = `race-${round}`;
      assert.equal(await make("team1", Bucket), "ok");
      const ended = await Promise.all([
        remove("team1", Bucket, 0),
        make("team2", Bucket, 1),
        make("team1", Bucket, 1),
      ]);
      // The present owner can remove it; nobody else can, and nothing of it is left.
      const removed = [await remove("team1", Bucket, 0), await remove("team2", Bucket, 1)];
      const gone = clientOf(ceph.endpoint, ceph.users("bob"), PLAIN).send(
        new s3.ListObjectsV2Command({ Bucket }),
      );
      assert.equal(await told(gone), "NoSuchBucket", [...ended, ...removed].join());
      assert.equal(await make("team2", Bucket, 1), "ok");
      assert.equal(await make("team1", Bucket, 0), "BucketAlreadyExists");
    }
  });
});
