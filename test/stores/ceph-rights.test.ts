/**
 * Tests the rights that a request has at a real Ceph: nobody gets those of another user of the
 * store. Neither report mode gives them, nor ACLs, which do not bind a user of the store who owns
 * the bucket there.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf, PLAIN, told } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { CEPH, startCeph, type Ceph, type StoreCredential } from "./ceph.ts";

/** The requests that a stranger tries in a bucket with an object `k`. */
function attempts(client: s3.S3Client, Bucket: string): readonly Promise<string>[] {
  const object = { Bucket, Key: "k" };
  return [
    client.send(new s3.GetObjectCommand(object)),
    client.send(new s3.PutObjectCommand({ ...object, Key: "new", Body: "x" })),
    client.send(new s3.ListObjectsV2Command({ Bucket })),
    client.send(new s3.PutObjectAclCommand({ ...object, ACL: "public-read" })),
    client.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "k" }] } })),
    client.send(new s3.DeleteObjectCommand(object)),
  ].map(told);
}

describe("rights at a real Ceph", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  const gateways: Gateway[] = [];
  before(async () => {
    ceph = await startCeph();
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    await ceph.stop();
  });

  async function gatewayWith(
    policy: Readonly<Record<string, unknown>>,
    accounts: readonly Readonly<Record<string, unknown>>[],
  ): Promise<Gateway> {
    const gateway = await startGateway({
      upstream: ceph.endpoint,
      store: { store: "ceph" },
      accounts,
      ceph: [{ endpoint: ceph.endpoint, ...ceph.users("gwadmin") }],
      policy: { bucketPolicies: "gateway", ...policy },
      state: { directory: join(scratchFolder("state"), "records") },
    });
    gateways.push(gateway);
    return gateway;
  }

  test("report mode leaves a subuser the rights of its own key at the store", async () => {
    const gateway = await gatewayWith({ provider: "atman", mode: "report" }, []);
    const as = (who: string): s3.S3Client => clientOf(gateway.endpoint, ceph.users(who), PLAIN);
    const object = { Bucket: "reported", Key: "k" };
    await as("alice:full").send(new s3.CreateBucketCommand({ Bucket: object.Bucket }));
    await as("alice:full").send(new s3.PutObjectCommand({ ...object, Body: "x" }));
    const reader = as("alice:reader");
    assert.equal(await told(reader.send(new s3.GetObjectCommand(object))), "ok");
    const sent = [
      reader.send(new s3.PutObjectCommand({ ...object, Body: "y" })),
      reader.send(new s3.DeleteObjectCommand(object)),
      reader.send(new s3.PutObjectAclCommand({ ...object, ACL: "public-read" })),
      reader.send(new s3.DeleteBucketCommand({ Bucket: object.Bucket })),
    ];
    for (const answer of await Promise.all(sent.map(told))) assert.equal(answer, "AccessDenied");
  });

  test("tags on which a policy depends are asked for by the owner's new key, and by none of a suspended owner's", async () => {
    const Bucket = "tagged";
    const keys = [0, 1].map((turn): StoreCredential => ({
      accessKey: `AKTAGGED${turn}`.padEnd(20, "0"),
      secretKey: `SKtagged${turn}`.padEnd(40, "0"),
    }));
    const [first, second] = keys;
    assert(first !== undefined && second !== undefined);
    const written = ({ accessKey, secretKey }: StoreCredential) =>
      [`--access-key=${accessKey}`, `--secret-key=${secretKey}`] as const;
    await ceph.admin("user", "create", "--uid=tagged", "--display-name=t", ...written(first));
    const gateway = await gatewayWith({ provider: "nutanix" }, []);
    const as = (key: StoreCredential): s3.S3Client => clientOf(gateway.endpoint, key, PLAIN);
    const owner = as(first);
    await owner.send(new s3.CreateBucketCommand({ Bucket }));
    const Tagging = "open=yes";
    await owner.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "x", Tagging }));
    await owner.send(new s3.PutObjectCommand({ Bucket, Key: "closed", Body: "x" }));
    const Statement = {
      Effect: "Allow",
      Principal: { AWS: "bob" },
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${Bucket}/*`,
      Condition: { StringEquals: { "s3:ExistingObjectTag/open": "yes" } },
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await owner.send(new s3.PutBucketPolicyCommand({ Bucket, Policy }));
    const bob = as(ceph.users("bob"));
    const get = (Key: string): Promise<string> =>
      told(bob.send(new s3.GetObjectCommand({ Bucket, Key })));
    assert.equal(await get("k"), "ok");
    await ceph.admin("key", "create", "--uid=tagged", "--key-type=s3", ...written(second));
    await ceph.admin("key", "rm", "--uid=tagged", `--access-key=${first.accessKey}`);
    assert.equal(await get("k"), "ok");
    assert.equal(await get("closed"), "AccessDenied");
    await ceph.admin("user", "suspend", "--uid=tagged");
    assert.equal(await get("k"), "AccessDenied");
  });

  describe("two accounts of one user of Ceph, by two keys", () => {
    const SECOND = { accessKey: "AKSECONDOFPROJECT000", secretKey: "SKsecond".padEnd(40, "0") };
    const USER = "465000001$465000001";
    const clientKey = (name: string): StoreCredential => ({
      accessKey: `AKCLIENT${name}`.toUpperCase().padEnd(20, "0"),
      secretKey: `SKclient${name}`.padEnd(40, "0"),
    });
    let gateway: Gateway;
    before(async () => {
      const { accessKey, secretKey } = SECOND;
      await ceph.admin(
        "key",
        "create",
        `--uid=${USER}`,
        "--key-type=s3",
        `--access-key=${accessKey}`,
        `--secret-key=${secretKey}`,
      );
      const tenant = "465000001";
      gateway = await gatewayWith({ provider: "lumi-o" }, [
        { name: "web", tenant, upstream: SECOND, keys: [clientKey("web")] },
        { name: "lab", tenant, upstream: ceph.users(USER), keys: [clientKey("lab")] },
      ]);
    });
    const as = (key: StoreCredential): s3.S3Client => clientOf(gateway.endpoint, key, PLAIN);

    test("are kept out of each other's buckets by the buckets' records", async () => {
      const people = ["web", "lab"].map((name) => [name, as(clientKey(name))] as const);
      const all = [...people, ["465000001", as(ceph.users(USER))] as const];
      for (const [owner, client] of all) {
        const Bucket = `of-${owner}`;
        await client.send(new s3.CreateBucketCommand({ Bucket }));
        await client.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
        for (const [other, stranger] of all.filter(([name]) => name !== owner)) {
          const answers = await Promise.all(attempts(stranger, Bucket));
          assert.deepEqual([...new Set(answers)], ["AccessDenied"], `${other} in ${Bucket}`);
        }
      }
    });
  });
});
