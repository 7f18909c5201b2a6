/**
 * Tests Ceph's own users as the owners of buckets whose policies the gateway keeps. A user that a
 * policy lets in reaches the bucket by a key of its owner. Ceph reports that key, and it may change
 * there at any time.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Readable } from "node:stream";
import * as s3 from "@aws-sdk/client-s3";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { ask } from "../support/plain-store.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf, PLAIN, told } from "../support/s3-client.ts";
import { CEPH, startCeph, type Ceph, type StoreCredential } from "./ceph.ts";

const OWNERS = 100;
const ADMIN = {
  accessKey: "AKWRITESUSERS0000000",
  secretKey: "SKwritesusers00000000000000000000000000",
};

describe(
  "buckets of Ceph's users with policies that the gateway keeps",
  { skip: skipUnless([CEPH]) },
  () => {
    let ceph: Ceph;
    const gateways: Gateway[] = [];

    before(async () => {
      ceph = await startCeph();
      await ceph.admin(
        "user",
        "create",
        "--uid=writes-users",
        "--display-name=w",
        "--caps=users=*",
        `--access-key=${ADMIN.accessKey}`,
        `--secret-key=${ADMIN.secretKey}`,
      );
      const options = {
        upstream: ceph.endpoint,
        accounts: [],
        // Longer than the test: no key is asked for again by its age.
        ceph: [{ endpoint: ceph.endpoint, ...ceph.users("gwadmin"), cache: "10m" }],
        policy: { provider: "atman", bucketPolicies: "gateway" },
        state: { bucket: "s3warden-state", ...ceph.users("465000001$465000001"), refresh: "200ms" },
      };
      gateways.push(await startGateway(options), await startGateway(options));
    });
    after(async () => {
      for (const gateway of gateways) await gateway.stop();
      await ceph.stop();
    });

    const at = (i: number): string => gateways[i % gateways.length]?.endpoint ?? "";
    const client = (i: number, key: StoreCredential): s3.S3Client => clientOf(at(i), key, PLAIN);
    const bob = (i: number): s3.S3Client => client(i, ceph.users("bob"));

    /** Asks Ceph's Admin Ops API. */
    async function admin(method: string, query: string): Promise<void> {
      const answer = await ask(
        { endpoint: ceph.endpoint, key: ADMIN },
        method,
        `/admin/user?${query}`,
      );
      assert.equal(answer.status, 200, `${method} ${query}`);
    }

    const keyOf = (name: string, turn = 0): StoreCredential => ({
      accessKey: `AK${name}X${turn}X`.toUpperCase().padEnd(20, "0"),
      secretKey: `SK${name}${turn}`.padEnd(40, "0"),
    });
    const inQuery = ({ accessKey, secretKey }: StoreCredential): string =>
      `access-key=${accessKey}&secret-key=${secretKey}&generate-key=false`;

    async function makeUser(name: string): Promise<void> {
      await admin("PUT", `uid=${name}&display-name=${name}&${inQuery(keyOf(name))}`);
    }

    /** Rotates the user's key in Ceph. */
    async function rotate(name: string): Promise<void> {
      await admin("PUT", `key&uid=${name}&key-type=s3&${inQuery(keyOf(name, 1))}`);
      await admin("DELETE", `key&uid=${name}&access-key=${keyOf(name).accessKey}`);
    }

    const policyFor = (bucket: string, who: string, ...actions: readonly string[]): string =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Principal: { AWS: who === "*" ? "*" : `arn:aws:iam:::user/${who}` },
          Action: actions,
          Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        },
      });

    /** Makes a user with a bucket of its name, an object `k` in it, and that policy. */
    async function shared(name: string, who: string, ...actions: readonly string[]): Promise<void> {
      await makeUser(name);
      const owner = client(0, keyOf(name));
      await owner.send(new s3.CreateBucketCommand({ Bucket: name }));
      await owner.send(new s3.PutObjectCommand({ Bucket: name, Key: "k", Body: name }));
      const Policy = policyFor(name, who, ...actions);
      await owner.send(new s3.PutBucketPolicyCommand({ Bucket: name, Policy }));
    }

    const get = (c: s3.S3Client, Bucket: string): Promise<string> =>
      told(c.send(new s3.GetObjectCommand({ Bucket, Key: "k" })));
    const head = (c: s3.S3Client, Bucket: string): Promise<string> =>
      told(c.send(new s3.HeadObjectCommand({ Bucket, Key: "k" })));
    const put = (c: s3.S3Client, Bucket: string, Body = "new"): Promise<string> =>
      told(c.send(new s3.PutObjectCommand({ Bucket, Key: "new", Body })));

    test("an accepted policy lets in the users that it names, for the actions that it names", async () => {
      await shared("accepted", "bob", "s3:GetObject", "s3:ListBucket");
      for (const i of [0, 1]) {
        assert.equal(await get(bob(i), "accepted"), "ok");
        assert.equal(await put(bob(i), "accepted"), "AccessDenied");
        assert.equal(await get(client(i, ceph.users("alice")), "accepted"), "AccessDenied");
      }
    });

    test("the public policy of Atman's page lets anonymous requests read the bucket, and nothing else", async () => {
      await shared("przykladowy-bucket", "*", "s3:ListBucket", "s3:GetObject");
      const url = `${at(1)}/przykladowy-bucket`;
      assert.equal(await (await fetch(`${url}/k`)).text(), "przykladowy-bucket");
      assert.equal((await fetch(url)).status, 200);
      assert.equal((await fetch(`${url}/k`, { method: "PUT", body: "x" })).status, 403);
      assert.equal((await fetch(`${url}?policy`)).status, 403);
    });

    test("subusers may do as the table and policies say, whatever RGW's own masks are", async () => {
      const full = client(0, ceph.users("alice:full"));
      await full.send(new s3.CreateBucketCommand({ Bucket: "masks" }));
      assert.equal(await put(full, "masks"), "ok");
      const read = (who: string): Promise<string> =>
        told(
          client(0, ceph.users(who)).send(new s3.GetObjectCommand({ Bucket: "masks", Key: "new" })),
        );
      assert.equal(await read("alice:writer"), "ok");
      const reader = client(0, ceph.users("alice:reader"));
      assert.equal(await put(reader, "masks"), "AccessDenied");
      const Policy = policyFor("masks", "alice:reader", "s3:PutObject");
      await full.send(new s3.PutBucketPolicyCommand({ Bucket: "masks", Policy }));
      assert.equal(await put(reader, "masks"), "ok");
      assert.equal(
        await told(reader.send(new s3.DeleteObjectCommand({ Bucket: "masks", Key: "new" }))),
        "AccessDenied",
      );
    });

    test("a policy that lets others in is refused where the owner has no key", async () => {
      await makeUser("keyless");
      const own = { accessKey: "AKKEYLESSFULL0000000", secretKey: "SKkeylessfull".padEnd(40, "0") };
      await ceph.admin(
        "subuser",
        "create",
        "--uid=keyless",
        "--subuser=keyless:full",
        "--access=full",
        "--key-type=s3",
        `--access-key=${own.accessKey}`,
        `--secret-key=${own.secretKey}`,
      );
      await admin("DELETE", `key&uid=keyless&access-key=${keyOf("keyless").accessKey}`);
      const full = client(0, own);
      await full.send(new s3.CreateBucketCommand({ Bucket: "keyless" }));
      for (const who of ["bob", "*"]) {
        const Policy = policyFor("keyless", who, "s3:GetObject");
        await assert.rejects(
          full.send(new s3.PutBucketPolicyCommand({ Bucket: "keyless", Policy })),
          { name: "MethodNotAllowed", message: /no key of the bucket's owner/ },
        );
      }
      const Policy = policyFor("keyless", "keyless:full", "s3:GetObject");
      await full.send(new s3.PutBucketPolicyCommand({ Bucket: "keyless", Policy }));
    });

    test("the bucket of a suspended owner is closed at once, and the answer says why", async () => {
      await shared("suspended", "bob", "s3:GetObject");
      assert.equal(await get(bob(0), "suspended"), "ok");
      await ceph.admin("user", "suspend", "--uid=suspended");
      await assert.rejects(
        bob(0).send(new s3.GetObjectCommand({ Bucket: "suspended", Key: "k" })),
        { name: "AccessDenied", message: /no key of the bucket's owner/ },
      );
    });

    for (const what of ["revoked", "changed"] as const) {
      test(`a key of the caller's that was ${what} in Ceph is refused at once, in the gateway's own words`, async () => {
        const name = `key${what}`;
        await shared(name, "bob", "s3:GetObject");
        const owner = client(0, keyOf(name));
        assert.equal(await get(owner, name), "ok");
        const { accessKey } = keyOf(name);
        if (what === "revoked") await admin("DELETE", `key&uid=${name}&access-key=${accessKey}`);
        else {
          const other = {
            accessKey,
            secretKey: "another secret".padEnd(40, "0").replace(" ", "-"),
          };
          await admin("PUT", `key&uid=${name}&key-type=s3&${inQuery(other)}`);
        }
        const code = what === "revoked" ? "InvalidAccessKeyId" : "SignatureDoesNotMatch";
        await assert.rejects(
          owner.send(new s3.GetObjectCommand({ Bucket: name, Key: "k" })),
          (error) => {
            assert(error instanceof s3.S3ServiceException);
            assert.equal(error.name, code);
            // RGW's own has an empty message, and names its host.
            assert.notEqual(error.message, "");
            return true;
          },
        );
        // The gateway knows by now: no more requests go to the store.
        assert.equal(await put(owner, name, "x".repeat(100_000)), code);
      });
    }

    test("an upload that cannot be sent again is refused as AccessDenied when its key was revoked", async () => {
      await shared("streamed", "bob", "s3:GetObject");
      const owner = client(0, keyOf("streamed"));
      assert.equal(await get(owner, "streamed"), "ok");
      await admin("DELETE", `key&uid=streamed&access-key=${keyOf("streamed").accessKey}`);
      assert.equal(await put(owner, "streamed", "x".repeat(1_000_000)), "AccessDenied");
      assert.equal(await get(owner, "streamed"), "InvalidAccessKeyId");
    });

    test("a small upload with a trailer is sent again with the owner's new key", async () => {
      await shared("trailing", "bob", "s3:PutObject", "s3:GetObject");
      const uploader = clientOf(at(0), ceph.users("bob"));
      const upload = async (text: string): Promise<string> => {
        const Body = Readable.from([Buffer.from(text)]);
        const input = { Bucket: "trailing", Key: "new", Body, ContentLength: text.length };
        const answer = uploader.send(new s3.PutObjectCommand(input));
        return told(answer);
      };
      assert.equal(await upload("by the first key"), "ok");
      await rotate("trailing");
      assert.equal(await upload("by the second one"), "ok");
      const { Body } = await uploader.send(
        new s3.GetObjectCommand({ Bucket: "trailing", Key: "new" }),
      );
      assert.equal(await Body?.transformToString(), "by the second one");
    });

    test(`${OWNERS} owners' keys are rotated: nothing allowed fails, nothing denied passes`, async (t) => {
      const names = Array.from({ length: OWNERS }, (_, i) => `owner${i}`);
      for (const name of names) await shared(name, "bob", "s3:GetObject", "s3:PutObject");
      for (const name of names) for (const i of [0, 1]) assert.equal(await get(bob(i), name), "ok");
      const wrong: string[] = [];
      let sent = 0;
      let rotated = false;
      const isRotated = (): boolean => rotated;
      const expect = async (
        what: string,
        answer: Promise<string>,
        expected: string,
      ): Promise<void> => {
        sent++;
        const got = await answer;
        if (got !== expected) wrong.push(`${what}: ${got}`);
      };
      const asking = [0, 1].map(async (i) => {
        const [friend, stranger] = [bob(i), client(i, ceph.users("alice"))];
        for (let last = false; !last;) {
          last = isRotated();
          for (const name of names) {
            await expect(`GET ${name}`, get(friend, name), "ok");
            await expect(`HEAD ${name}`, head(friend, name), "ok");
            await expect(`PUT ${name}`, put(friend, name), "ok");
            const removed = friend.send(new s3.DeleteObjectCommand({ Bucket: name, Key: "k" }));
            await expect(`DELETE ${name}`, told(removed), "AccessDenied");
            await expect(`GET ${name} by another`, get(stranger, name), "AccessDenied");
          }
        }
      });
      for (const name of names) await rotate(name);
      rotated = true;
      await Promise.all(asking);
      t.diagnostic(`${sent} requests`);
      assert.deepEqual(wrong, []);
    });
  },
);
