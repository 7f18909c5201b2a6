/** Tests "S3 Policies", table row by table row. */
import assert from "node:assert/strict";
import { denied, fieldOf, notOffered, passes, refused, row } from "./expect.ts";
import type { Row, SeedDocument } from "./row.ts";
import type { Site } from "./site.ts";

const Bucket = "coscine-resource";
const OBJECT = { Bucket, Key: "a.txt" };
const USER = "resource";
const ADMIN = "resource:admin";
const SYSTEM = "resource:system";

/** Sends a request to the store itself, as the service prepares it. */
const store = (site: Site, method: string, params: object): Promise<unknown> =>
  site.store.boto.call({
    endpoint: site.store.endpoint,
    key: site.store.keyOf(USER),
    method,
    params: { Bucket, ...params },
  });

async function uploadId(site: Site): Promise<string> {
  const made = await site.boto(USER, "create_multipart_upload", { Bucket, Key: "parts" });
  return String(fieldOf(made, "UploadId"));
}

/** Tests a method of boto3's that a user may call. */
const may = (says: string, method: string, params: Readonly<Record<string, unknown>>): Row =>
  row(says, (site) => passes(site.boto(USER, method, params)));

const mayNot = (says: string, method: string, params: Readonly<Record<string, unknown>>): Row =>
  row(says, (site) => refused(site.boto(USER, method, params)));

const LIFECYCLE = {
  Bucket,
  LifecycleConfiguration: {
    Rules: [{ ID: "a", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } }],
  },
};

export const COSCINE: SeedDocument = {
  title: "Coscine",
  provider: "coscine",
  prepare: async (site) => {
    await store(site, "create_bucket", {});
    await store(site, "put_bucket_versioning", {
      VersioningConfiguration: { Status: "Enabled" },
    });
    for (const Key of ["a.txt", "b.txt", "b.txt"])
      await store(site, "put_object", { Key, Body: Key });
    await store(site, "put_many", { Prefix: "many/", Count: 1001 });
  },
  rows: [
    row("s3:ListBucket | Allows listing up to 1 000 objects within a bucket.", async (site) => {
      thousand(await site.boto(USER, "list_objects_v2", { Bucket, Prefix: "many/" }));
    }),
    row(
      "s3:ListBucket | Allows listing up to 1 000 objects – who asks for more gets no more",
      async (site) => {
        const params = { Bucket, Prefix: "many/", MaxKeys: 5000 };
        thousand(await site.boto(USER, "list_objects_v2", params));
        thousand(await site.boto(USER, "list_objects", params));
      },
    ),
    row(
      "s3:ListAllMyBuckets | A request will throw an error for users, because they do not have the permissions.",
      async (site) => {
        await refused(site.boto(USER, "list_buckets"));
      },
    ),
    row(
      "s3:ListAllMyBuckets | Only for Coscine Admins. Allows listing all buckets that are associated with the user.",
      async (site) => {
        const listed = fieldOf(await site.boto(ADMIN, "list_buckets"), "Buckets");
        assert.ok(JSON.stringify(listed).includes(`"${Bucket}"`));
      },
    ),
    row("s3:HeadBucket | Returns “200 OK”", async (site) => {
      await site.boto(USER, "head_bucket", { Bucket });
    }),
    row("s3:HeadBucket | Returns … “404 Not Found”, or “403 Forbidden”.", async (site) => {
      await assert.rejects(
        site.boto(USER, "head_bucket", { Bucket: "coscine-nothing-here" }),
        /40[34]/,
      );
    }),
    may("s3:HeadObject | Allows retrieving the metadata of an object.", "head_object", OBJECT),
    row(
      "s3:ListObjects | Allows displaying the names of all objects in a bucket.",
      async (site) => {
        const listed = fieldOf(await site.boto(USER, "list_objects", { Bucket }), "Contents");
        assert.ok(JSON.stringify(listed).includes('"a.txt"'));
      },
    ),
    row("s3:GetObject | Allows downloading an object from a bucket.", async (site) => {
      assert.equal(fieldOf(await site.boto(USER, "get_object", OBJECT), "Body"), "a.txt");
    }),
    may(
      "s3:GetObjectAcl | Allows viewing a list of users and their access rights on an object.",
      "get_object_acl",
      OBJECT,
    ),
    row(
      "s3:GetObjectVersion | Allows viewing metadata for a file and all its versioned copies.",
      async (site) => {
        const { VersionId } = await newestVersion(site, "b.txt");
        await site.boto(USER, "head_object", { Bucket, Key: "b.txt", VersionId });
        await site.boto(USER, "get_object", { Bucket, Key: "b.txt", VersionId });
      },
    ),
    row("s3:PutObject | Allows uploading a file to a bucket.", async (site) => {
      await site.boto(USER, "put_object", { Bucket, Key: "new", Body: "new" });
    }),
    row("s3:DeleteObject | Allows deleting a file from a bucket.", async (site) => {
      await site.boto(USER, "delete_object", { Bucket, Key: "new" });
      const Delete = { Objects: [{ Key: "new" }], Quiet: true };
      assert.equal(
        fieldOf(await site.boto(USER, "delete_objects", { Bucket, Delete }), "Errors"),
        undefined,
      );
    }),
    row("s3:CreateMultipartUpload | Allows initiating a multipart upload.", async (site) => {
      await uploadId(site);
    }),
    row("s3:AbortMultipartUpload | Allows aborting a multipart upload.", async (site) => {
      const UploadId = await uploadId(site);
      await site.boto(USER, "abort_multipart_upload", { Bucket, Key: "parts", UploadId });
    }),
    row(
      "s3:ListBucketMultipartUploads | Allows display of list of running MultipartUploads for a Bucket.",
      async (site) => {
        const UploadId = await uploadId(site);
        // MinIO lists uploads only for the whole key.
        const listed = await site.boto(USER, "list_multipart_uploads", { Bucket, Prefix: "parts" });
        assert.ok(JSON.stringify(fieldOf(listed, "Uploads")).includes(UploadId));
      },
    ),
    row(
      "s3:ListMultipartUploadParts | Allows display of list of transfered parts for a specific MultipartUpload object.",
      async (site) => {
        const UploadId = await uploadId(site);
        const part = { Bucket, Key: "parts", UploadId };
        await site.boto(USER, "upload_part", { ...part, PartNumber: 1, Body: "part" });
        const listed = fieldOf(await site.boto(USER, "list_parts", part), "Parts");
        assert.ok(Array.isArray(listed));
        assert.equal(listed.length, 1);
      },
    ),
    row(
      "s3:CompleteMultipartUpload | Finalises the upload of the individual file fragments into a single object",
      async (site) => {
        const UploadId = await uploadId(site);
        const whole = { Bucket, Key: "parts", UploadId };
        const part = await site.boto(USER, "upload_part", {
          ...whole,
          PartNumber: 1,
          Body: "part",
        });
        const Parts = [{ PartNumber: 1, ETag: fieldOf(part, "ETag") }];
        await site.boto(USER, "complete_multipart_upload", {
          ...whole,
          MultipartUpload: { Parts },
        });
        const got = await site.boto(USER, "get_object", { Bucket, Key: "parts" });
        assert.equal(fieldOf(got, "Body"), "part");
      },
    ),
    row(
      "| ListObjectVersions | s3:ListBucketVersions | – in implementation or testing: not for users",
      async (site) => {
        await refused(site.boto(USER, "list_object_versions", { Bucket }));
      },
    ),
    mayNot(
      "s3:GetLifecycleConfiguration – in implementation or testing: not for users",
      "get_bucket_lifecycle_configuration",
      { Bucket },
    ),
    mayNot(
      "s3:GetBucketPolicy – in implementation or testing: not for users",
      "get_bucket_policy",
      { Bucket },
    ),
    row(
      "s3:DeleteObjectVersion | Disabled for users for security reasons, to prevent a compromised account from deleting both files and all their backups.",
      async (site) => {
        const { VersionId } = await newestVersion(site, "b.txt");
        await refused(site.boto(USER, "delete_object", { Bucket, Key: "b.txt", VersionId }));
        await refused(site.boto(ADMIN, "delete_object", { Bucket, Key: "b.txt", VersionId }));
        const Delete = { Objects: [{ Key: "b.txt", VersionId }] };
        const done = await site.boto(USER, "delete_objects", { Bucket, Delete });
        assert.match(JSON.stringify(fieldOf(done, "Errors")), /AccessDenied/);
      },
    ),
    row(
      "s3:DeleteObjectVersion | These policies are used only internally by the Coscine system",
      async (site) => {
        const { VersionId } = await newestVersion(site, "b.txt");
        await site.boto(SYSTEM, "delete_object", { Bucket, Key: "b.txt", VersionId });
      },
    ),
    row(
      "s3:PutLifecycleConfiguration | Rejected because it would permit shortening the retention period",
      async (site) => {
        for (const user of [USER, ADMIN, SYSTEM]) {
          await refused(site.boto(user, "put_bucket_lifecycle_configuration", LIFECYCLE));
          await refused(site.boto(user, "delete_bucket_lifecycle", { Bucket }));
        }
      },
    ),
    ...notListed().map(([method, params]) =>
      // At a store without ACLs, those are refused before anybody's rights are checked.
      row(`Coscine supports only a limited set of "API Operations" – not ${method}`, (site) =>
        notOffered(site.boto(USER, method, params), /AccessDenied|NotImplemented/),
      ),
    ),
    row("They are also viewable – not without credentials", async (site) => {
      denied(await site.anonymous("GET", `/${Bucket}/a.txt`));
      denied(await site.anonymous("GET", `/${Bucket}`));
      denied(await site.anonymous("PUT", `/${Bucket}/c.txt`, "new"));
    }),
  ],
};

/**
 * Checks for a page of about a thousand, which says that there is more. RGW's pages of versions are
 * shorter.
 */
function thousand(page: unknown): void {
  const contents = fieldOf(page, "Contents");
  assert.ok(Array.isArray(contents));
  assert.ok(contents.length > 900 && contents.length <= 1000, String(contents.length));
  assert.equal(fieldOf(page, "IsTruncated"), true);
}

/** Returns calls of all other operations of S3. */
function notListed(): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
  const versioning = { VersioningConfiguration: { Status: "Suspended" } };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  return [
    ["create_bucket", { Bucket: "coscine-more" }],
    ["delete_bucket", { Bucket }],
    ["put_bucket_versioning", { Bucket, ...versioning }],
    ["put_bucket_policy", { Bucket, Policy }],
    ["delete_bucket_policy", { Bucket }],
    ["put_bucket_acl", { Bucket, ACL: "public-read" }],
    ["put_object_acl", { ...OBJECT, ACL: "public-read" }],
    ["get_bucket_acl", { Bucket }],
    ["get_object_tagging", OBJECT],
    ["put_object_tagging", { ...OBJECT, Tagging: { TagSet: [] } }],
    ["get_bucket_cors", { Bucket }],
    ["delete_bucket_cors", { Bucket }],
  ];
}

async function newestVersion(site: Site, Prefix: string): Promise<{ readonly VersionId: string }> {
  const listed = fieldOf(await store(site, "list_object_versions", { Prefix }), "Versions");
  assert.ok(Array.isArray(listed) && listed.length > 0);
  return { VersionId: String(fieldOf(listed[0], "VersionId")) };
}
