/**
 * Tests "User and permission management in Atman Object Storage", sentence by sentence, cell by
 * cell.
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
  textOf,
} from "./expect.ts";
import type { Row, SeedDocument } from "./row.ts";
import type { Site } from "./site.ts";

const MASTER = "username01";
const OTHER = "username02";
const TIERS = { READ: "01", WRITE: "02", READWRITE: "03", FULL: "04" } as const;
type Tier = keyof typeof TIERS;
const subuser = (tier: Tier): string => `${MASTER}:subuser${TIERS[tier]}`;

const Bucket = "atman-cells";
const OBJECT = { Bucket, Key: "a.txt" };

/** Returns a policy that allows the other customer, or those that `Principal` names. */
const allow = (bucket: string, Action: unknown, more: object = {}): object => ({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: [`arn:aws:iam:::user/${OTHER}`] },
      Action,
      Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
      ...more,
    },
  ],
});

const NOTHING_MORE = allow(Bucket, "s3:GetBucketLocation");

/** The table: an operation, whether READ, WRITE, READWRITE and FULL may, and the call. */
const CELLS: readonly (readonly [
  operation: string,
  marks: string,
  call: (site: Site, user: string, tier: Tier) => Promise<unknown>,
])[] = [
  [
    "creation of buckets",
    "✓✓✓✓",
    (site, user, tier) =>
      site.boto(user, "create_bucket", { Bucket: `atman-new-${tier.toLowerCase()}` }),
  ],
  ["bucket list", "✓✓✓✓", (site, user) => site.boto(user, "list_buckets")],
  [
    "listing the contents of buckets",
    "✓✗✓✓",
    (site, user) => site.boto(user, "list_objects_v2", { Bucket }),
  ],
  [
    "removal of buckets",
    "✗✓✓✓",
    (site, user, tier) =>
      site.boto(user, "delete_bucket", { Bucket: `atman-old-${tier.toLowerCase()}` }),
  ],
  ["reading of objects", "✓✓✓✓", (site, user) => site.boto(user, "get_object", OBJECT)],
  [
    "saving of objects",
    "✗✓✓✓",
    (site, user, tier) => site.boto(user, "put_object", { Bucket, Key: `by-${tier}`, Body: "a" }),
  ],
  [
    "removal of objects",
    "✗✓✓✓",
    (site, user, tier) => site.boto(user, "delete_object", { Bucket, Key: `old-${tier}` }),
  ],
  [
    "preview of bucket policies (ACLs and bucket policies)",
    "✗✗✗✓",
    async (site, user) => {
      await site.boto(user, "get_bucket_policy", { Bucket });
      await site.boto(user, "get_bucket_acl", { Bucket });
    },
  ],
  [
    "assignment of access policies to buckets (ACLs and bucket policies)",
    "✗✗✗✓",
    async (site, user) => {
      await putPolicy(site, user, Bucket, NOTHING_MORE);
      await site.boto(user, "put_bucket_acl", { Bucket, ACL: "private" });
    },
  ],
];

const cells: readonly Row[] = CELLS.flatMap(([operation, marks, call]) =>
  (["READ", "WRITE", "READWRITE", "FULL"] as const).map((tier, i) => {
    const mark = marks[i] ?? "";
    return row(`${operation} | ${tier} ${mark}`, (site) =>
      mark === "✓"
        ? done(call(site, subuser(tier), tier))
        : refused(call(site, subuser(tier), tier)),
    );
  }),
);

async function done(call: Promise<unknown>): Promise<void> {
  await call;
}

const ACTED = "atman-acts";
const IN = { Bucket: ACTED };
const AT = { ...IN, Key: "a.txt" };
const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };

type Call = readonly [method: string, params: Readonly<Record<string, unknown>>];

/**
 * The 47 actions, each with a call that needs it alone. An action has no call if no request needs
 * it alone (`s3:CreateBucket` and `s3:ListAllMyBuckets` are about no bucket that has a policy).
 */
const ACTIONS: Readonly<Record<string, Call | undefined>> = {
  "s3:AbortMultipartUpload": ["abort_multipart_upload", { ...AT, UploadId: "none" }],
  "s3:CreateBucket": undefined,
  "s3:DeleteBucketPolicy": ["delete_bucket_policy", IN],
  "s3:DeleteBucket": ["delete_bucket", { Bucket: `${ACTED}-gone` }],
  "s3:DeleteBucketWebsite": ["delete_bucket_website", IN],
  "s3:DeleteObject": ["delete_object", { ...IN, Key: "gone" }],
  "s3:DeleteObjectVersion": ["delete_object", { ...IN, Key: "gone", VersionId: "null" }],
  "s3:DeleteReplicationConfiguration": ["delete_bucket_replication", IN],
  "s3:GetAccelerateConfiguration": ["get_bucket_accelerate_configuration", IN],
  "s3:GetBucketAcl": ["get_bucket_acl", IN],
  "s3:GetBucketCORS": ["get_bucket_cors", IN],
  "s3:GetBucketLocation": ["get_bucket_location", IN],
  "s3:GetBucketLogging": ["get_bucket_logging", IN],
  "s3:GetBucketNotification": ["get_bucket_notification_configuration", IN],
  "s3:GetBucketPolicy": ["get_bucket_policy", IN],
  "s3:GetBucketRequestPayment": ["get_bucket_request_payment", IN],
  "s3:GetBucketTagging": ["get_bucket_tagging", IN],
  "s3:GetBucketVersioning": ["get_bucket_versioning", IN],
  "s3:GetBucketWebsite": ["get_bucket_website", IN],
  "s3:GetLifecycleConfiguration": ["get_bucket_lifecycle_configuration", IN],
  "s3:GetObjectAcl": ["get_object_acl", AT],
  "s3:GetObject": ["get_object", AT],
  "s3:GetObjectTorrent": ["get_object_torrent", AT],
  "s3:GetObjectVersionAcl": ["get_object_acl", { ...AT, VersionId: "null" }],
  "s3:GetObjectVersion": ["get_object", { ...AT, VersionId: "null" }],
  "s3:GetObjectVersionTorrent": undefined,
  "s3:GetReplicationConfiguration": ["get_bucket_replication", IN],
  "s3:ListAllMyBuckets": undefined,
  "s3:ListBucketMultiPartUploads": ["list_multipart_uploads", IN],
  "s3:ListBucket": ["list_objects_v2", IN],
  "s3:ListBucketVersions": ["list_object_versions", IN],
  "s3:ListMultipartUploadParts": ["list_parts", { ...AT, UploadId: "none" }],
  "s3:PutAccelerateConfiguration": [
    "put_bucket_accelerate_configuration",
    { ...IN, AccelerateConfiguration: { Status: "Suspended" } },
  ],
  "s3:PutBucketAcl": ["put_bucket_acl", { ...IN, ACL: "private" }],
  "s3:PutBucketCORS": [
    "put_bucket_cors",
    {
      ...IN,
      CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] },
    },
  ],
  "s3:PutBucketLogging": ["put_bucket_logging", { ...IN, BucketLoggingStatus: {} }],
  "s3:PutBucketNotification": [
    "put_bucket_notification_configuration",
    { ...IN, NotificationConfiguration: {} },
  ],
  "s3:PutBucketPolicy": [
    "put_bucket_policy",
    { ...IN, Policy: JSON.stringify(allow(ACTED, "s3:PutBucketPolicy")) },
  ],
  "s3:PutBucketRequestPayment": [
    "put_bucket_request_payment",
    { ...IN, RequestPaymentConfiguration: { Payer: "BucketOwner" } },
  ],
  "s3:PutBucketTagging": ["put_bucket_tagging", { ...IN, Tagging }],
  "s3:PutBucketVersioning": [
    "put_bucket_versioning",
    { ...IN, VersioningConfiguration: { Status: "Suspended" } },
  ],
  "s3:PutBucketWebsite": [
    "put_bucket_website",
    { ...IN, WebsiteConfiguration: { IndexDocument: { Suffix: "a" } } },
  ],
  "s3:PutLifecycleConfiguration": [
    "put_bucket_lifecycle_configuration",
    {
      ...IN,
      LifecycleConfiguration: {
        Rules: [{ ID: "a", Status: "Enabled", Filter: { Prefix: "z" }, Expiration: { Days: 9 } }],
      },
    },
  ],
  "s3:PutObjectAcl": ["put_object_acl", { ...AT, ACL: "private" }],
  "s3:PutObject": ["put_object", { ...IN, Key: "new", Body: "new" }],
  "s3:PutObjectVersionAcl": ["put_object_acl", { ...AT, VersionId: "null", ACL: "private" }],
  "s3:RestoreObject": ["restore_object", { ...AT, RestoreRequest: { Days: 1 } }],
};

const actions: readonly Row[] = Object.entries(ACTIONS).map(([action, call]) =>
  row(`List of supported actions: ${action}`, async (site) => {
    const bucket = action === "s3:DeleteBucket" ? `${ACTED}-gone` : ACTED;
    await site.boto(MASTER, "delete_bucket_policy", { Bucket: bucket });
    if (call !== undefined) await refused(site.boto(OTHER, ...call));
    await putPolicy(site, MASTER, bucket, allow(bucket, action));
    if (call !== undefined) await passes(site.boto(OTHER, ...call));
  }),
);

const LIFTED = "atman-lift";
const getOf = (site: Site, user: string): Promise<unknown> =>
  site.boto(user, "get_object", { Bucket: LIFTED, Key: "a.txt" });
const putOf = (site: Site, user: string): Promise<unknown> =>
  site.boto(user, "put_object", { Bucket: LIFTED, Key: "b.txt", Body: "b" });

/** The requests that a condition allows, and those that it does not. */
const CONDITIONS: Readonly<Record<string, readonly [met: object, unmet: object]>> = {
  "aws:CurrentTime": [
    { DateLessThan: { "aws:CurrentTime": "2099-01-01T00:00:00Z" } },
    { DateLessThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" } },
  ],
  "aws:EpochTime": [
    { DateGreaterThan: { "aws:EpochTime": "1500000000" } },
    { DateGreaterThan: { "aws:EpochTime": "4000000000" } },
  ],
  "aws:SourceIp": [
    { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } },
    { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  ],
  "aws:username": [
    { StringEquals: { "aws:username": OTHER } },
    { StringEquals: { "aws:username": MASTER } },
  ],
};

const conditions: readonly Row[] = Object.entries(CONDITIONS).map(([key, [met, unmet]]) =>
  row(`List of supported conditions: ${key}`, async (site) => {
    await putPolicy(site, MASTER, LIFTED, allow(LIFTED, "s3:GetObject", { Condition: unmet }));
    await refused(getOf(site, OTHER));
    await putPolicy(site, MASTER, LIFTED, allow(LIFTED, "s3:GetObject", { Condition: met }));
    await getOf(site, OTHER);
  }),
);

/** Tests a policy of statements that must not be accepted. */
const malformed = (says: string, more: object): Row =>
  row(says, async (site) => {
    await notOffered(
      putPolicy(site, MASTER, LIFTED, allow(LIFTED, "s3:GetObject", more)),
      /MalformedPolicy/,
    );
  });

const PUBLIC = "przykladowy-bucket";
const PUBLIC_POLICY = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: ["s3:ListBucket", "s3:GetObject"],
      Resource: [`arn:aws:s3:::${PUBLIC}`, `arn:aws:s3:::${PUBLIC}/*`],
    },
  ],
};

export const ATMAN: SeedDocument = {
  title: "Atman",
  provider: "atman",
  prepare: async (site) => {
    await bucketWith(site, MASTER, Bucket, "a.txt", ...Object.keys(TIERS).map((t) => `old-${t}`));
    await putPolicy(site, MASTER, Bucket, NOTHING_MORE);
    for (const tier of Object.keys(TIERS)) {
      await bucketWith(site, MASTER, `atman-old-${tier.toLowerCase()}`);
    }
    await bucketWith(site, MASTER, ACTED, "a.txt", "gone");
    await bucketWith(site, MASTER, `${ACTED}-gone`);
    await bucketWith(site, MASTER, LIFTED, "a.txt");
    await bucketWith(site, MASTER, PUBLIC, "a.txt");
    await bucketWith(site, MASTER, "examples-bucket", "a.txt");
    await bucketWith(site, MASTER, "example-bucket", "a.txt");
  },
  rows: [
    ...cells,
    row("The master account has full rights to the created resources (FULL).", async (site) => {
      for (const [operation, , call] of CELLS) {
        if (!/creation|removal of buckets/.test(operation)) await call(site, MASTER, "FULL");
      }
    }),
    row(
      "The main account is the owner of all created buckets. – of a sub-account's, too",
      async (site) => {
        const made = { Bucket: "atman-new-read" };
        await site.boto(MASTER, "put_object", { ...made, Key: "a.txt", Body: "a" });
        await site.boto(MASTER, "delete_object", { ...made, Key: "a.txt" });
        await putPolicy(site, MASTER, made.Bucket, allow(made.Bucket, "s3:GetObject"));
        await refused(site.boto(subuser("READ"), "put_object", { ...made, Key: "b", Body: "b" }));
      },
    ),
    row(
      "Sub-user accounts … have their own credentials (access and secret keys).",
      async (site) => {
        const users = Object.values(TIERS).map((number) => `${MASTER}:subuser${number}`);
        const keys = [MASTER, ...users].map(site.keyOf);
        assert.equal(new Set(keys.map(({ accessKey }) => accessKey)).size, 5);
        assert.equal(new Set(keys.map(({ secretKey }) => secretKey)).size, 5);
      },
    ),
    row(
      "Separation at bucket level – another customer has nothing without a policy",
      async (site) => {
        await refused(site.boto(OTHER, "get_object", OBJECT));
        await refused(site.boto(OTHER, "list_objects_v2", { Bucket }));
        await refused(site.boto(OTHER, "put_object", { Bucket, Key: "b.txt", Body: "b" }));
        await refused(site.boto(OTHER, "delete_bucket", { Bucket }));
        await refused(putPolicy(site, OTHER, Bucket, allow(Bucket, "s3:GetObject")));
      },
    ),
    row(
      "By default, access to the resource is denied. – also without credentials",
      async (site) => {
        denied(await site.anonymous("GET", `/${Bucket}/a.txt`));
        denied(await site.anonymous("GET", `/${Bucket}`));
      },
    ),
    row('"arn:aws:iam:::user/username01" – an account and its sub-accounts', async (site) => {
      await putPolicy(site, MASTER, LIFTED, allow(LIFTED, "s3:GetObject"));
      await getOf(site, OTHER);
      await refused(putOf(site, OTHER));
    }),
    row(
      '"arn:aws:iam:::user/username01:subuser01" – a policy lifts that sub-account',
      async (site) => {
        await refused(putOf(site, subuser("READ")));
        const AWS = [`arn:aws:iam:::user/${subuser("READ")}`];
        await putPolicy(
          site,
          MASTER,
          LIFTED,
          allow(LIFTED, "s3:PutObject", { Principal: { AWS } }),
        );
        await putOf(site, subuser("READ"));
        await refused(site.boto(subuser("WRITE"), "list_objects_v2", { Bucket: LIFTED }));
        await refused(putOf(site, OTHER));
      },
    ),
    row("Effect … Accepted values: Allow or Deny. – a Deny wins", async (site) => {
      const both = [
        ...statementsOf(allow(LIFTED, "s3:GetObject")),
        ...statementsOf(allow(LIFTED, "s3:GetObject", { Effect: "Deny" })),
      ];
      await putPolicy(site, MASTER, LIFTED, { Version: "2012-10-17", Statement: both });
      await refused(getOf(site, OTHER));
      const AWS = [`arn:aws:iam:::user/${subuser("FULL")}`];
      await putPolicy(
        site,
        MASTER,
        LIFTED,
        allow(LIFTED, "s3:GetObject", { Effect: "Deny", Principal: { AWS } }),
      );
      await refused(getOf(site, subuser("FULL")));
      await getOf(site, subuser("READ"));
    }),
    row("Principal/NotPrincipal – a Deny spares whom it lists", async (site) => {
      const everybody = { Principal: { AWS: "*" } };
      const spared = { AWS: [`arn:aws:iam:::user/${OTHER}`, `arn:aws:iam:::user/${MASTER}`] };
      const [deny] = statementsOf(allow(LIFTED, "s3:GetObject", { Effect: "Deny" }));
      const without = withoutField(deny, "Principal");
      const Statement = [
        ...statementsOf(allow(LIFTED, "s3:GetObject", everybody)),
        { ...without, NotPrincipal: spared },
      ];
      await putPolicy(site, MASTER, LIFTED, { Version: "2012-10-17", Statement });
      await getOf(site, OTHER);
      denied(await site.anonymous("GET", `/${LIFTED}/a.txt`));
    }),
    row("Principal/NotPrincipal – an Allow to all but those it lists", async (site) => {
      const [one] = statementsOf(allow(LIFTED, "s3:GetObject"));
      const without = withoutField(one, "Principal");
      const NotPrincipal = { AWS: [`arn:aws:iam:::user/${MASTER}`] };
      const Statement = [{ ...without, NotPrincipal }];
      await putPolicy(site, MASTER, LIFTED, { Version: "2012-10-17", Statement });
      await getOf(site, OTHER);
    }),
    row("Action/NotAction – NotAction", async (site) => {
      const [one] = statementsOf(allow(LIFTED, "s3:GetObject"));
      const without = withoutField(one, "Action");
      const Statement = [{ ...without, NotAction: "s3:PutObject" }];
      await putPolicy(site, MASTER, LIFTED, { Version: "2012-10-17", Statement });
      await getOf(site, OTHER);
      await refused(putOf(site, OTHER));
    }),
    row("Resource - … bucket or object. – one object", async (site) => {
      const Resource = `arn:aws:s3:::${LIFTED}/other.txt`;
      await putPolicy(site, MASTER, LIFTED, allow(LIFTED, "s3:GetObject", { Resource }));
      await refused(getOf(site, OTHER));
    }),
    row("Sid - an optional identifier for the instruction. … a-z, A-Z, and 0-9.", async (site) => {
      await putPolicy(site, MASTER, LIFTED, allow(LIFTED, "s3:GetObject", { Sid: "Abc123" }));
      await getOf(site, OTHER);
    }),
    malformed("Acceptable characters: a-z, A-Z, and 0-9. – no others", { Sid: "not good!" }),
    row("This field must be unique within the policy being created.", async (site) => {
      const twice = statementsOf(allow(LIFTED, "s3:GetObject", { Sid: "Twice" }));
      const policy = { Version: "2012-10-17", Statement: [...twice, ...twice] };
      await notOffered(putPolicy(site, MASTER, LIFTED, policy), /MalformedPolicy/);
    }),
    malformed(
      "The wildcard character * is not supported. Strict definition of users is required.",
      {
        Principal: { AWS: ["arn:aws:iam:::user/*"] },
      },
    ),
    malformed("Users must be defined in ARN format", { Principal: { AWS: [OTHER] } }),
    malformed("Accepted values: Allow or Deny. – no others", { Effect: "Maybe" }),
    malformed("A list of available actions is provided below. – no others", {
      Action: "s3:PutObjectTagging",
    }),
    malformed("List of supported conditions – no others", {
      Condition: { StringEquals: { "s3:prefix": "a" } },
    }),
    malformed("each instruction contains the following elements – no others", {
      NotResource: `arn:aws:s3:::${LIFTED}`,
    }),
    ...conditions,
    row(
      "Public bucket: Allow objects to be listed and retrieved (including an anonymous user).",
      async (site) => {
        denied(await site.anonymous("GET", `/${PUBLIC}/a.txt`));
        await putPolicy(site, MASTER, PUBLIC, PUBLIC_POLICY);
        answered(await site.anonymous("GET", `/${PUBLIC}/a.txt`), 200, "a.txt");
        answered(await site.anonymous("GET", `/${PUBLIC}`), 200);
      },
    ),
    row(
      "will be visible to everyone, i.e. all Atman Object Storage users and public network queries.",
      async (site) => {
        assert.equal(await textOf(site, OTHER, PUBLIC, "a.txt"), "a.txt");
        await site.boto(OTHER, "list_objects_v2", { Bucket: PUBLIC });
      },
    ),
    row("Public bucket – to be listed and retrieved, and nothing else", async (site) => {
      denied(await site.anonymous("PUT", `/${PUBLIC}/b.txt`, "new"));
      denied(await site.anonymous("DELETE", `/${PUBLIC}/a.txt`));
      denied(await site.anonymous("GET", `/${PUBLIC}?policy`));
      await refused(site.boto(OTHER, "delete_object", { Bucket: PUBLIC, Key: "a.txt" }));
    }),
    row(
      "aws s3api put-bucket-policy --bucket examples-bucket --policy file://file.json --endpoint https://s3.atman.pl",
      async (site) => {
        const text = JSON.stringify(PUBLIC_POLICY).replaceAll(PUBLIC, "examples-bucket");
        const policy = `file://${site.file("file.json", text)}`;
        const put = ["s3api", "put-bucket-policy", "--bucket", "examples-bucket"];
        await site.aws(MASTER, ...put, "--policy", policy);
        answered(await site.anonymous("GET", "/examples-bucket/a.txt"), 200, "a.txt");
      },
    ),
    row("s3cmd setpolicy policy.json s3://example-bucket", async (site) => {
      const text = JSON.stringify(PUBLIC_POLICY).replaceAll(PUBLIC, "example-bucket");
      await site.s3cmd(MASTER, "setpolicy", site.file("policy.json", text), "s3://example-bucket");
      answered(await site.anonymous("GET", "/example-bucket/a.txt"), 200, "a.txt");
    }),
    ...actions,
  ],
};

function statementsOf(policy: object): readonly object[] {
  const statements = fieldOf(policy, "Statement");
  assert.ok(Array.isArray(statements));
  return statements;
}

function withoutField(statement: object | undefined, field: string): object {
  return Object.fromEntries(Object.entries(statement ?? {}).filter(([name]) => name !== field));
}
