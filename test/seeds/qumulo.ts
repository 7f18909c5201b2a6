/**
 * Tests "Managing Access Policies for S3 Buckets", sentence by sentence, table row by table row.
 */
import assert from "node:assert/strict";
import {
  answered,
  bucketWith,
  denied,
  fieldOf,
  notOffered,
  passes,
  putPolicy,
  refused,
  row,
} from "./expect.ts";
import type { Row, SeedDocument } from "./row.ts";
import type { Site } from "./site.ts";

const ADMIN = "admin";
const JANE = "jane";
const PLAIN = "guestreader";

const Bucket = "qumulo-policies";
const OBJECT = { Bucket, Key: "a.txt" };
const NAMED = "qumulo-names";

/** Returns a policy of one statement in the document's form. */
const statement = (
  Action: readonly string[],
  principals: readonly string[],
  more = {},
): object => ({
  Id: "Example overall access policy description",
  Statements: [
    {
      Action,
      Effect: "Allow",
      Index: 1,
      Principal: { Qumulo: principals },
      Sid: "Example policy statement description",
      ...more,
    },
  ],
  Version: "2012-10-17",
});

const get = (site: Site, user: string, bucket = Bucket): Promise<unknown> =>
  site.boto(user, "get_object", { Bucket: bucket, Key: "a.txt" });

type Call = readonly [method: string, params: Readonly<Record<string, unknown>>];
const IN = { Bucket };
const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };

/** The 26 actions, each with a call that needs it alone. */
const ACTIONS: Readonly<Record<string, Call>> = {
  "s3:AbortMultipartUpload": ["abort_multipart_upload", { ...OBJECT, UploadId: "none" }],
  "s3:DeleteBucket": ["delete_bucket", { Bucket: "qumulo-gone" }],
  "s3:DeleteBucketPolicy": ["delete_bucket_policy", IN],
  "s3:DeleteObject": ["delete_object", { ...IN, Key: "gone" }],
  "s3:DeleteObjectTagging": ["delete_object_tagging", OBJECT],
  "s3:DeleteObjectVersion": ["delete_object", { ...IN, Key: "gone", VersionId: "null" }],
  "s3:GetBucketAcl": ["get_bucket_acl", IN],
  "s3:GetBucketLocation": ["get_bucket_location", IN],
  "s3:GetBucketNotification": ["get_bucket_notification_configuration", IN],
  "s3:GetBucketObjectLockConfiguration": ["get_object_lock_configuration", IN],
  "s3:GetBucketPolicy": ["get_bucket_policy", IN],
  "s3:GetBucketReplication": ["get_bucket_replication", IN],
  "s3:GetBucketVersioning": ["get_bucket_versioning", IN],
  "s3:GetEncryptionConfiguration": ["get_bucket_encryption", IN],
  "s3:GetLifecycleConfiguration": ["get_bucket_lifecycle_configuration", IN],
  "s3:GetObject": ["get_object", OBJECT],
  "s3:GetObjectAcl": ["get_object_acl", OBJECT],
  "s3:GetObjectAttributes": [
    "get_object_attributes",
    { ...OBJECT, ObjectAttributes: ["ObjectSize"] },
  ],
  "s3:GetObjectTagging": ["get_object_tagging", OBJECT],
  "s3:ListBucket": ["list_objects_v2", IN],
  "s3:ListBucketMultipartUploads": ["list_multipart_uploads", IN],
  "s3:ListMultipartUploadParts": ["list_parts", { ...OBJECT, UploadId: "none" }],
  "s3:PutBucketPolicy": [
    "put_bucket_policy",
    { ...IN, Policy: JSON.stringify(statement(["s3:*"], [JANE])) },
  ],
  "s3:PutBucketVersioning": [
    "put_bucket_versioning",
    { ...IN, VersioningConfiguration: { Status: "Suspended" } },
  ],
  "s3:PutObject": ["put_object", { ...IN, Key: "new", Body: "new" }],
  "s3:PutObjectTagging": ["put_object_tagging", { ...OBJECT, Tagging }],
};

const actions: readonly Row[] = Object.entries(ACTIONS).map(([action, call]) =>
  row(`Actions Supported in Qumulo Core: ${action}`, async (site) => {
    const bucket = action === "s3:DeleteBucket" ? "qumulo-gone" : Bucket;
    const other = action === "s3:ListBucket" ? "s3:GetObject" : "s3:ListBucket";
    await putPolicy(site, ADMIN, bucket, statement([other], [JANE]));
    await refused(site.boto(JANE, ...call));
    await putPolicy(site, ADMIN, bucket, statement([action], [JANE]));
    await passes(site.boto(JANE, ...call));
    await putPolicy(site, ADMIN, Bucket, statement([action], [JANE]));
    if (action !== "s3:DeleteBucket") await refused(site.boto(PLAIN, ...call));
  }),
);

/** Every form of a principal that names jane and not the other. */
const FORMS = [
  ["the name of an account", JANE],
  ["local:Jane", "local:Jane"],
  ["a group", "researchers"],
  ["local: and a group", "local:researchers"],
  ["ad:Company Name", "ad:Company Name"],
  ["EXAMPLE_DOMAIN\\Jose Ramirez", "EXAMPLE_DOMAIN\\Jose Ramirez"],
  ["uid:1234", "uid:1234"],
  ["gid:5678", "gid:5678"],
  ["auth_id:12345678", "auth_id:12345678"],
  ["A Windows-style security identifier (SID)", "S-1-5-32-544"],
  ["optionally prefixed by sid:", "sid:S-1-5-32-544"],
] as const;

const forms: readonly Row[] = FORMS.map(([says, name]) =>
  row(`Principal – ${says}`, async (site) => {
    await putPolicy(site, ADMIN, NAMED, statement(["s3:GetObject"], [name]));
    await get(site, JANE, NAMED);
    await refused(get(site, PLAIN, NAMED));
    denied(await site.anonymous("GET", `/${NAMED}/a.txt`));
  }),
);

const malformed = (says: string, policy: object): Row =>
  row(says, (site) => notOffered(putPolicy(site, ADMIN, NAMED, policy), /MalformedPolicy/));

const everybody = (name: string): Row =>
  row(`grant access to one of the following principals: ${name}`, async (site) => {
    await putPolicy(site, ADMIN, NAMED, statement(["s3:GetObject"], [name]));
    answered(await site.anonymous("GET", `/${NAMED}/a.txt`), 200, "a.txt");
  });

export const QUMULO: SeedDocument = {
  title: "Qumulo",
  provider: "qumulo",
  prepare: async (site) => {
    await bucketWith(site, ADMIN, Bucket, "a.txt", "gone");
    await bucketWith(site, ADMIN, NAMED, "a.txt");
    await bucketWith(site, ADMIN, "qumulo-gone");
    await bucketWith(site, ADMIN, "qumulo-none", "a.txt");
    await bucketWith(site, JANE, "qumulo-janes", "a.txt");
  },
  rows: [
    row("By default, S3 buckets in a Qumulo cluster are in a no policy state", async (site) => {
      const got = await site.boto(ADMIN, "get_bucket_policy", { Bucket: "qumulo-none" });
      assert.equal(fieldOf(got, "Policy"), "{}");
    }),
    row("in which Qumulo Core disallows unsigned, anonymous requests", async (site) => {
      denied(await site.anonymous("GET", "/qumulo-none/a.txt"));
      denied(await site.anonymous("GET", "/qumulo-none"));
      denied(await site.anonymous("PUT", "/qumulo-none/b.txt", "new"));
    }),
    row(
      "further restrictions to those of access keys – without a policy, whoever has a key",
      async (site) => {
        await get(site, JANE, "qumulo-none");
        await site.boto(JANE, "list_objects_v2", { Bucket: "qumulo-none" });
      },
    ),
    row(
      "further restrictions to those of access keys – with a policy, only whom it names",
      async (site) => {
        await putPolicy(site, ADMIN, NAMED, statement(["s3:ListBucket"], [JANE]));
        await site.boto(JANE, "list_objects_v2", { Bucket: NAMED });
        await refused(get(site, JANE, NAMED));
        await refused(site.boto(PLAIN, "list_objects_v2", { Bucket: NAMED }));
        await refused(get(site, ADMIN, NAMED));
      },
    ),
    everybody("Everyone"),
    everybody("Guest"),
    everybody("world:Everyone"),
    everybody("local:guest"),
    row("Everyone – those with a key, too", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:GetObject"], ["Everyone"]));
      await get(site, JANE, NAMED);
      await get(site, PLAIN, NAMED);
    }),
    row("Guest – nobody with a key", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:GetObject"], ["Guest"]));
      await refused(get(site, PLAIN, NAMED));
    }),
    row("Authenticated Users – who has a key, and not the Guest", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:GetObject"], ["Authenticated Users"]));
      await get(site, PLAIN, NAMED);
      denied(await site.anonymous("GET", `/${NAMED}/a.txt`));
    }),
    row(
      "the system Guest account, which is restricted to read-only S3 API actions",
      async (site) => {
        await putPolicy(site, ADMIN, NAMED, statement(["s3:*"], ["Everyone"]));
        answered(await site.anonymous("GET", `/${NAMED}/a.txt`), 200, "a.txt");
        answered(await site.anonymous("GET", `/${NAMED}`), 200);
        denied(await site.anonymous("PUT", `/${NAMED}/b.txt`, "new"));
        denied(await site.anonymous("DELETE", `/${NAMED}/a.txt`));
        denied(await site.anonymous("DELETE", `/${NAMED}?policy`));
      },
    ),
    row(
      "a default S3 bucket policy that permits all S3 API actions to all principals – is understood",
      async (site) => {
        await putPolicy(site, ADMIN, NAMED, statement(["s3:*"], ["Everyone"]));
        await site.boto(PLAIN, "put_object", { Bucket: NAMED, Key: "by-plain", Body: "new" });
        await site.boto(PLAIN, "delete_object", { Bucket: NAMED, Key: "by-plain" });
      },
    ),
    ...forms,
    row("names are those of a directory – without regard to case", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:GetObject"], ["RESEARCHERS"]));
      await get(site, JANE, NAMED);
    }),
    row(
      '"Action": ["s3:GetBucketPolicy", ...], "Effect": "Allow", "Index": 1 – the printed example',
      async (site) => {
        const policy = statement(["s3:GetBucketPolicy", "s3:GetObject"], ["Everyone"]);
        await putPolicy(site, ADMIN, NAMED, policy);
        const got = await site.boto(PLAIN, "get_bucket_policy", { Bucket: NAMED });
        assert.equal(fieldOf(got, "Policy"), JSON.stringify(policy));
      },
    ),
    row("(Optional) Id, (Optional) Version", async (site) => {
      const Statements = [
        { Action: ["s3:GetObject"], Effect: "Allow", Principal: { Qumulo: [PLAIN] } },
      ];
      await putPolicy(site, ADMIN, NAMED, { Statements });
      await get(site, PLAIN, NAMED);
    }),
    row(
      "The order of the fields has no effect on the permissions that an access policy grants",
      async (site) => {
        const allow = { Action: ["s3:GetObject"], Effect: "Allow", Principal: { Qumulo: [PLAIN] } };
        const deny = { ...allow, Effect: "Deny" };
        for (const Statements of [
          [
            { ...allow, Index: 1 },
            { ...deny, Index: 2 },
          ],
          [
            { ...deny, Index: 1 },
            { ...allow, Index: 2 },
          ],
        ]) {
          await putPolicy(site, ADMIN, NAMED, { Statements, Version: "2012-10-17" });
          await refused(get(site, PLAIN, NAMED));
        }
      },
    ),
    row("s3:* matches all S3 API actions.", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:*"], [JANE]));
      await get(site, JANE, NAMED);
      await site.boto(JANE, "put_object", { Bucket: NAMED, Key: "b.txt", Body: "b" });
      await site.boto(JANE, "get_bucket_acl", { Bucket: NAMED });
      await refused(get(site, PLAIN, NAMED));
    }),
    malformed(
      "subset of the Amazon S3 API Actions which Qumulo Core supports – no others",
      statement(["s3:PutBucketCORS"], [JANE]),
    ),
    malformed("s3:* – no other wildcards", statement(["s3:Get*"], [JANE])),
    malformed("If you specify this field, enter 2012-10-17", {
      ...statement(["s3:GetObject"], [JANE]),
      Version: "2008-10-17",
    }),
    malformed("contains the following fields – not AWS's Statement", {
      Version: "2012-10-17",
      Statement: [{ Action: "s3:GetObject", Effect: "Allow", Principal: "*", Resource: "*" }],
    }),
    malformed(
      "contains the following fields – no Resource",
      statement(["s3:GetObject"], [JANE], { Resource: "*" }),
    ),
    malformed(
      "contains the following fields – no Condition",
      statement(["s3:GetObject"], [JANE], {
        Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
      }),
    ),
    row(
      "required role-based access control (RBAC) privileges: PRIVILEGE_S3_BUCKETS_WRITE – with it",
      async (site) => {
        const none = { Bucket: "qumulo-none" };
        await putPolicy(site, ADMIN, none.Bucket, statement(["s3:GetObject"], [JANE]));
        await site.boto(ADMIN, "delete_bucket_policy", none);
      },
    ),
    row(
      "required role-based access control (RBAC) privileges: PRIVILEGE_S3_BUCKETS_WRITE – not without",
      async (site) => {
        for (const bucket of ["qumulo-none", "qumulo-janes"]) {
          await refused(putPolicy(site, PLAIN, bucket, statement(["s3:*"], [PLAIN])));
        }
        await get(site, JANE, "qumulo-janes");
        const got = await site.boto(ADMIN, "get_bucket_policy", { Bucket: "qumulo-janes" });
        assert.equal(fieldOf(got, "Policy"), "{}");
      },
    ),
    row(
      "To delegate the management of an access policy … grant the s3:PutBucketPolicy and s3:DeleteBucketPolicy",
      async (site) => {
        const may = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy"];
        const bucket = { Bucket: "qumulo-none" };
        await putPolicy(site, ADMIN, bucket.Bucket, statement(may, [JANE]));
        await putPolicy(site, JANE, bucket.Bucket, statement([...may, "s3:GetObject"], [JANE]));
        await get(site, JANE, bucket.Bucket);
        await refused(putPolicy(site, PLAIN, bucket.Bucket, statement(["s3:*"], [PLAIN])));
        await site.boto(JANE, "delete_bucket_policy", bucket);
        await get(site, PLAIN, bucket.Bucket);
      },
    ),
    row(
      "if a user has the … privilege … to perform an API action, Qumulo Core ignores the access policy: S3_BUCKETS_READ",
      async (site) => {
        await putPolicy(site, ADMIN, NAMED, statement(["s3:*"], [ADMIN], { Effect: "Deny" }));
        await site.boto(ADMIN, "get_bucket_policy", { Bucket: NAMED });
        await site.boto(ADMIN, "get_bucket_acl", { Bucket: NAMED });
        await site.boto(ADMIN, "list_buckets");
      },
    ),
    row("ignores the access policy and permits the API action: S3_BUCKETS_WRITE", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:*"], [ADMIN], { Effect: "Deny" }));
      await site.boto(ADMIN, "delete_bucket_policy", { Bucket: NAMED });
    }),
    row("S3_UPLOADS_READ", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:GetObject"], [JANE]));
      await site.boto(ADMIN, "list_multipart_uploads", { Bucket: NAMED });
    }),
    row("S3_UPLOADS_WRITE | s3:AbortMultipartUpload", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:PutObject"], [JANE]));
      const parts = { Bucket: NAMED, Key: "parts" };
      const UploadId = fieldOf(await site.boto(JANE, "create_multipart_upload", parts), "UploadId");
      await refused(site.boto(PLAIN, "abort_multipart_upload", { ...parts, UploadId }));
      await site.boto(ADMIN, "abort_multipart_upload", { ...parts, UploadId });
    }),
    row("privileges – of no object", async (site) => {
      await putPolicy(site, ADMIN, NAMED, statement(["s3:GetObject"], [JANE]));
      await refused(get(site, ADMIN, NAMED));
      await refused(site.boto(ADMIN, "put_object", { Bucket: NAMED, Key: "b.txt", Body: "b" }));
    }),
    row(
      "because Qumulo Core doesn’t use regions, the system always returns local.",
      async (site) => {
        const got = await site.boto(JANE, "get_bucket_location", { Bucket: "qumulo-none" });
        assert.equal(fieldOf(got, "LocationConstraint"), "local");
      },
    ),
    ...actions,
  ],
};
