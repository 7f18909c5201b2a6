/**
 * Tests refusals by the gateway where a real store would allow: on RGW a READ subuser may change
 * versioning, CORS and tags, and a key with all rights may destroy all history.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import type { StoreKind } from "../../src/s3/store-kinds.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { clientOf, told } from "../support/s3-client.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const BUCKET = "guarded";
const SECRET = "secret-of-the-gateways-own";
const later = new Date(Date.now() + 86_400_000);

/** Answers at a store that differ from RGW's, with the reasons. */
const DIFFERENT: Partial<
  Record<StoreKind, Readonly<Record<string, readonly [code: string, why: string]>>>
> = {
  minio: {
    "change CORS": ["NotImplemented", "it has no CORS of buckets, and is not sent it"],
    "have the store take a removed encryption for the bucket": ["ok", "it has that setting"],
  },
  versitygw: {
    "have the store take removed ownership controls for the bucket": ["ok", "it has that setting"],
  },
};

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`guards on ${name}`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    let direct: s3.S3Client;
    let reader: s3.S3Client;
    let stolen: s3.S3Client;
    const versions: { readonly key: string; readonly id: string; readonly text: string }[] = [];

    before(async () => {
      store = await start();
      const alice = store.key;
      const key = (accessKey: string): object => ({ accessKey, secretKey: SECRET });
      gateway = await startGateway({
        upstream: store.endpoint,
        store: { store: kind },
        policy: { versionGuard: true },
        accounts: [
          {
            name: "alice",
            upstream: alice,
            keys: [key("AKSTOLEN000000000000")],
            subusers: [{ name: "reader", tier: "READ", keys: [key("AKREADER000000000000")] }],
          },
        ],
      });
      direct = clientOf(store.endpoint, alice);
      reader = clientOf(gateway.endpoint, { accessKey: "AKREADER000000000000", secretKey: SECRET });
      stolen = clientOf(gateway.endpoint, { accessKey: "AKSTOLEN000000000000", secretKey: SECRET });
      await fill();
    });
    after(async () => {
      await gateway.stop();
      await store.stop();
    });

    async function fill(): Promise<void> {
      await direct.send(new s3.CreateBucketCommand({ Bucket: BUCKET }));
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await direct.send(
        new s3.PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }),
      );
      for (const key of ["a", "b"]) {
        for (const text of ["first", "second", "third"]) {
          const put = await direct.send(
            new s3.PutObjectCommand({ Bucket: BUCKET, Key: key, Body: text }),
          );
          versions.push({ key, id: put.VersionId ?? "", text });
        }
      }
    }

    const onBucket = { Bucket: BUCKET };
    const onObject = { Bucket: BUCKET, Key: "a" };
    const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };
    const CORSConfiguration = { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] };

    const changes: readonly (readonly [string, (client: s3.S3Client) => Promise<unknown>])[] = [
      [
        "change versioning",
        (c) =>
          c.send(
            new s3.PutBucketVersioningCommand({
              ...onBucket,
              VersioningConfiguration: { Status: "Enabled" },
            }),
          ),
      ],
      [
        "change CORS",
        (c) => c.send(new s3.PutBucketCorsCommand({ ...onBucket, CORSConfiguration })),
      ],
      [
        "change the bucket's tags",
        (c) => c.send(new s3.PutBucketTaggingCommand({ ...onBucket, Tagging })),
      ],
      [
        "change an object's tags",
        (c) => c.send(new s3.PutObjectTaggingCommand({ ...onObject, Tagging })),
      ],
      ["make a bucket", (c) => c.send(new s3.CreateBucketCommand({ Bucket: "readers-own" }))],
      ["upload", (c) => c.send(new s3.PutObjectCommand({ ...onObject, Body: "x" }))],
      [
        "copy",
        (c) =>
          c.send(new s3.CopyObjectCommand({ Bucket: BUCKET, Key: "c", CopySource: `${BUCKET}/a` })),
      ],
      ["delete", (c) => c.send(new s3.DeleteObjectCommand(onObject))],
    ];
    for (const [what, send] of changes) {
      test(`a READ subuser cannot ${what}`, async () => {
        const [expected] = DIFFERENT[kind]?.[what] ?? ["AccessDenied"];
        assert.equal(await told(send(reader)), expected);
      });
    }
    test("a READ subuser reads", async () => {
      assert.equal(await told(reader.send(new s3.GetObjectCommand(onObject))), "ok");
      assert.equal(await told(reader.send(new s3.ListObjectsV2Command(onBucket))), "ok");
    });

    const lifecycle = (rule: Partial<s3.LifecycleRule>) => (c: s3.S3Client) => {
      const Rules = [{ ID: "r", Status: "Enabled" as const, Filter: { Prefix: "" }, ...rule }];
      return c.send(
        new s3.PutBucketLifecycleConfigurationCommand({
          ...onBucket,
          LifecycleConfiguration: { Rules },
        }),
      );
    };
    const versioned = (key: string, VersionId: string) => ({ Bucket: BUCKET, Key: key, VersionId });
    /** Versions are known only after the bucket is filled, so each attempt asks for its own. */
    const version = (n: number): { key: string; id: string } => versions[n] ?? { key: "", id: "" };

    const attempts: readonly (readonly [string, (client: s3.S3Client) => Promise<unknown>])[] = [
      ...[0, 1, 2, 3, 4, 5].map(
        (n) =>
          [
            `delete version ${n + 1}`,
            (c: s3.S3Client) =>
              c.send(new s3.DeleteObjectCommand(versioned(version(n).key, version(n).id))),
          ] as const,
      ),
      [
        "delete the null version",
        (c) => c.send(new s3.DeleteObjectCommand(versioned("a", "null"))),
      ],
      [
        "delete a version, bypassing governance",
        (c) =>
          c.send(
            new s3.DeleteObjectCommand({
              ...versioned("a", version(0).id),
              BypassGovernanceRetention: true,
            }),
          ),
      ],
      [
        "bypass governance in a plain delete",
        (c) => c.send(new s3.DeleteObjectCommand({ ...onObject, BypassGovernanceRetention: true })),
      ],
      ["delete the bucket", (c) => c.send(new s3.DeleteBucketCommand(onBucket))],
      [
        "suspend versioning",
        (c) =>
          c.send(
            new s3.PutBucketVersioningCommand({
              ...onBucket,
              VersioningConfiguration: { Status: "Suspended" },
            }),
          ),
      ],
      [
        "ask for MFA delete",
        (c) =>
          c.send(
            new s3.PutBucketVersioningCommand({
              ...onBucket,
              VersioningConfiguration: { Status: "Enabled", MFADelete: "Enabled" },
            }),
          ),
      ],
      ["expire objects by days", lifecycle({ Expiration: { Days: 1 } })],
      ["expire objects by date", lifecycle({ Expiration: { Date: later } })],
      ["expire delete markers", lifecycle({ Expiration: { ExpiredObjectDeleteMarker: true } })],
      ["expire older versions", lifecycle({ NoncurrentVersionExpiration: { NoncurrentDays: 1 } })],
      ["remove the lifecycle", (c) => c.send(new s3.DeleteBucketLifecycleCommand(onBucket))],
      [
        "change the lock configuration",
        (c) =>
          c.send(
            new s3.PutObjectLockConfigurationCommand({
              ...onBucket,
              ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" },
            }),
          ),
      ],
      [
        "bypass a retention",
        (c) =>
          c.send(
            new s3.PutObjectRetentionCommand({
              ...onObject,
              Retention: { Mode: "GOVERNANCE", RetainUntilDate: later },
              BypassGovernanceRetention: true,
            }),
          ),
      ],
      [
        "take a legal hold off",
        (c) =>
          c.send(new s3.PutObjectLegalHoldCommand({ ...onObject, LegalHold: { Status: "OFF" } })),
      ],
      ["remove replication", (c) => c.send(new s3.DeleteBucketReplicationCommand(onBucket))],
      [
        "rename",
        (c) =>
          c.send(
            new s3.RenameObjectCommand({ Bucket: BUCKET, Key: "z", RenameSource: `${BUCKET}/a` }),
          ),
      ],
      [
        "have the store take a removed encryption for the bucket",
        (c) => c.send(new s3.DeleteBucketEncryptionCommand(onBucket)),
      ],
      [
        "have the store take removed ownership controls for the bucket",
        (c) => c.send(new s3.DeleteBucketOwnershipControlsCommand(onBucket)),
      ],
      [
        "have the store take a removed inventory for the bucket",
        (c) => c.send(new s3.DeleteBucketInventoryConfigurationCommand({ ...onBucket, Id: "x" })),
      ],
      [
        "have the store take removed metrics for the bucket",
        (c) => c.send(new s3.DeleteBucketMetricsConfigurationCommand({ ...onBucket, Id: "x" })),
      ],
      [
        "have the store take removed analytics for the bucket",
        (c) => c.send(new s3.DeleteBucketAnalyticsConfigurationCommand({ ...onBucket, Id: "x" })),
      ],
      [
        "have the store take an annotation for the object",
        (c) =>
          c.send(
            new s3.PutObjectAnnotationCommand({
              ...onObject,
              AnnotationName: "x",
              AnnotationPayload: "lost",
            }),
          ),
      ],
    ];
    for (const [what, send] of attempts) {
      test(`a stolen key cannot ${what}`, async () => {
        const code = await told(send(stolen));
        const [expected] = DIFFERENT[kind]?.[what] ?? [];
        if (expected !== undefined) assert.equal(code, expected);
        else assert(code === "AccessDenied" || code === "NotImplemented", code);
      });
    }

    test("a stolen key's DeleteObjects removes no version and says so for each", async () => {
      const Objects = versions.map(({ key, id }) => ({ Key: key, VersionId: id }));
      const reply = await stolen.send(
        new s3.DeleteObjectsCommand({ ...onBucket, Delete: { Objects } }),
      );
      assert.deepEqual(
        reply.Errors?.map(({ Code }) => Code),
        versions.map(() => "AccessDenied"),
      );
      assert.equal(reply.Deleted?.length ?? 0, 0);
    });

    test("after all of it, plain deletes included, every version is read back", async () => {
      for (const Key of ["a", "b"])
        await stolen.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key }));
      for (const { key, id, text } of versions) {
        const reply = await direct.send(new s3.GetObjectCommand(versioned(key, id)));
        assert.equal(await reply.Body?.transformToString(), text);
      }
      const state = await direct.send(new s3.GetBucketVersioningCommand(onBucket));
      assert.equal(state.Status, "Enabled");
    });
  });
}
