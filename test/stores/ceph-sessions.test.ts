/**
 * Tests temporary keys of people whom only Ceph knows: their own, and those of a role of the
 * account that an accounts file has in their name.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import { CEPH, startCeph } from "./ceph.ts";
import { auditRecords } from "../support/audit.ts";
import { until } from "../support/flow.ts";
import { startGateway } from "../support/gateway.ts";
import { skipUnless } from "../support/requirement.ts";
import { PLAIN, told } from "../support/s3-client.ts";
import { STS } from "../support/sessions.ts";

test(
  "users of Ceph get temporary keys by their own, and become roles",
  { skip: skipUnless([CEPH]) },
  async (t) => {
    const ceph = await startCeph();
    t.after(() => ceph.stop());
    const trust = {
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Principal: { AWS: "alice" }, Action: "sts:AssumeRole" },
    };
    const gateway = await startGateway({
      upstream: ceph.endpoint,
      accounts: [
        {
          name: "alice",
          upstream: ceph.users("alice"),
          roles: [{ name: "guest", tier: "READ", trust }],
        },
      ],
      ceph: [{ endpoint: ceph.endpoint, ...ceph.users("gwadmin") }],
      sts: STS,
    });
    t.after(() => gateway.stop());
    const at = { endpoint: gateway.endpoint, region: "us-east-1" };
    const keyOf = (name: string) => {
      const { accessKey, secretKey } = ceph.users(name);
      return { accessKeyId: accessKey, secretAccessKey: secretKey };
    };
    const stsOf = (name: string): sts.STSClient =>
      new sts.STSClient({ ...at, credentials: keyOf(name) });
    const s3Of = (credentials: Parameters<typeof temporary>[0]): s3.S3Client =>
      new s3.S3Client({
        ...at,
        ...PLAIN,
        forcePathStyle: true,
        credentials: temporary(credentials),
      });
    const put = (Key: string) => new s3.PutObjectCommand({ Bucket: "data", Key, Body: "text" });
    const get = new s3.GetObjectCommand({ Bucket: "data", Key: "hers" });

    const owner = await stsOf("alice").send(new sts.GetSessionTokenCommand());
    const alice = s3Of(owner.Credentials);
    await alice.send(new s3.CreateBucketCommand({ Bucket: "data" }));
    await alice.send(put("hers"));

    const reader = await stsOf("alice:reader").send(new sts.GetSessionTokenCommand());
    assert.equal(await told(s3Of(reader.Credentials).send(get)), "ok");
    assert.equal(await told(s3Of(reader.Credentials).send(put("no"))), "AccessDenied");

    const assume = new sts.AssumeRoleCommand({
      RoleArn: "arn:aws:iam::alice:role/guest",
      RoleSessionName: "visitor",
    });
    const guest = await stsOf("alice").send(assume);
    assert.equal(await told(s3Of(guest.Credentials).send(get)), "ok");
    assert.equal(await told(s3Of(guest.Credentials).send(put("no"))), "AccessDenied");
    // An account is identified by its own keys; a subuser would have to be named.
    await assert.rejects(stsOf("alice:reader").send(assume), { name: "AccessDenied" });
    await assert.rejects(stsOf("bob").send(assume), { name: "AccessDenied" });

    const puts = () =>
      auditRecords(gateway.auditFile).filter(({ operation }) => operation === "PutObject");
    await until(() => puts().length === 3, 30_000);
    const parents = puts().map(({ request }) => parentIn(request));
    const { accessKey: ownerKey } = ceph.users("alice");
    const { accessKey: readerKey } = ceph.users("alice:reader");
    assert.deepEqual(parents, [ownerKey, readerKey, undefined]);
  },
);

function temporary(given: sts.Credentials | undefined) {
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = given ?? {};
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
}

/** Returns the key that began the session, as an audit line's `request` has it. */
function parentIn(request: unknown): unknown {
  const member = (value: unknown, name: string): unknown =>
    typeof value === "object" && value !== null
      ? Object.getOwnPropertyDescriptor(value, name)?.value
      : undefined;
  return member(member(request, "session"), "parent");
}
