/**
 * Tests a real Ceph as the source of identities: its users come with their own keys, and the
 * gateway refuses requests that their RGW permissions would let through.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as s3 from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { CEPH, startCeph, type Ceph, type StoreCredential } from "./ceph.ts";
import { startCutProxy, type CutProxy } from "../support/cut-proxy.ts";
import { until } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { codeOf, rawExchange } from "../support/raw-client.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf, PLAIN } from "../support/s3-client.ts";
import { bytesOf, signV4, timestampOf } from "../support/signed.ts";

const SUBUSERS = ["reader", "writer", "rw", "full"] as const;

/** The rights of reader, writer, rw and full. */
type Cells = `${Cell} ${Cell} ${Cell} ${Cell}`;
type Cell = "y" | "n";

const WORDS: ReadonlyMap<string | undefined, string> = new Map([
  ["y", "passes"],
  ["n", "refused by the gateway"],
]);
const REFUSER: ReadonlyMap<string | undefined, Outcome["refusedBy"] | "nobody"> = new Map([
  ["y", "nobody"],
  ["n", "gateway"],
]);

const BUCKET = "matrix";
const CACHE_MS = 2_000;
/** The longest time of a look-up and a request. */
const SLACK_MS = 1_000;

type Send = (client: s3.S3Client, mine: string) => Promise<unknown>;
type Row = readonly [what: string, cells: Cells, send: Send];

const onBucket = { Bucket: BUCKET };
const onObject = { Bucket: BUCKET, Key: "object" };
const CORSConfiguration = { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] };
const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };
const VersioningConfiguration = { Status: "Suspended" } as const;

/**
 * The table in CEPH.md of the rules that RGW enforces itself, through a gateway of the provider
 * `aws`.
 */
const AWS_ROWS: readonly Row[] = [
  ["ListBuckets", "y n y y", (c) => c.send(new s3.ListBucketsCommand({}))],
  [
    "CreateBucket",
    "n y y y",
    (c, m) => c.send(new s3.CreateBucketCommand({ Bucket: `made-${m}` })),
  ],
  ["HeadBucket", "y n y y", (c) => c.send(new s3.HeadBucketCommand(onBucket))],
  ["ListObjectsV2", "y n y y", (c) => c.send(new s3.ListObjectsV2Command(onBucket))],
  ["ListObjectVersions", "y n y y", (c) => c.send(new s3.ListObjectVersionsCommand(onBucket))],
  ["ListMultipartUploads", "y n y y", (c) => c.send(new s3.ListMultipartUploadsCommand(onBucket))],
  ["DeleteBucket", "n y y y", (c, m) => c.send(new s3.DeleteBucketCommand({ Bucket: `old-${m}` }))],
  ["GetObject", "y n y y", (c) => c.send(new s3.GetObjectCommand(onObject))],
  ["HeadObject", "y n y y", (c) => c.send(new s3.HeadObjectCommand(onObject))],
  ["GetObjectTagging", "y n y y", (c) => c.send(new s3.GetObjectTaggingCommand(onObject))],
  ["PutObject", "n y y y", (c, m) => put(c, m)],
  [
    "CreateMultipartUpload",
    "n y y y",
    (c, m) => c.send(new s3.CreateMultipartUploadCommand({ Bucket: BUCKET, Key: m })),
  ],
  [
    "PutObjectTagging",
    "n y y y",
    (c) => c.send(new s3.PutObjectTaggingCommand({ ...onObject, Tagging })),
  ],
  [
    "DeleteObject",
    "n y y y",
    (c, m) => c.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: m })),
  ],
  [
    "CopyObject",
    "n n y y",
    (c, m) =>
      c.send(new s3.CopyObjectCommand({ Bucket: BUCKET, Key: m, CopySource: `${BUCKET}/object` })),
  ],
  ["GetBucketAcl", "n n n y", (c) => c.send(new s3.GetBucketAclCommand(onBucket))],
  ["GetBucketPolicy", "n n n y", (c) => c.send(new s3.GetBucketPolicyCommand(onBucket))],
  [
    "GetBucketLifecycleConfiguration",
    "n n n y",
    (c) => c.send(new s3.GetBucketLifecycleConfigurationCommand(onBucket)),
  ],
  ["GetBucketTagging", "n n n y", (c) => c.send(new s3.GetBucketTaggingCommand(onBucket))],
  ["GetBucketLocation", "y y y y", (c) => c.send(new s3.GetBucketLocationCommand(onBucket))],
  ["GetBucketVersioning", "y y y y", (c) => c.send(new s3.GetBucketVersioningCommand(onBucket))],
  // RGW lets every subuser do these four.
  [
    "PutBucketVersioning",
    "n n n y",
    (c) => c.send(new s3.PutBucketVersioningCommand({ ...onBucket, VersioningConfiguration })),
  ],
  ["GetBucketCors", "n n n y", (c) => c.send(new s3.GetBucketCorsCommand(onBucket))],
  [
    "PutBucketCors",
    "n n n y",
    (c) => c.send(new s3.PutBucketCorsCommand({ ...onBucket, CORSConfiguration })),
  ],
  [
    "PutBucketTagging",
    "n n n y",
    (c) => c.send(new s3.PutBucketTaggingCommand({ ...onBucket, Tagging })),
  ],
];

/** Atman's "Entitlements at sub-account level", row by row. */
const ATMAN_ROWS: readonly Row[] = [
  [
    "creation of buckets",
    "y y y y",
    (c, m) => c.send(new s3.CreateBucketCommand({ Bucket: `made-${m}` })),
  ],
  ["bucket list", "y y y y", (c) => c.send(new s3.ListBucketsCommand({}))],
  [
    "listing the contents of buckets",
    "y n y y",
    (c) => c.send(new s3.ListObjectsV2Command(onBucket)),
  ],
  [
    "removal of buckets",
    "n y y y",
    (c, m) => c.send(new s3.DeleteBucketCommand({ Bucket: `old-${m}` })),
  ],
  // RGW's own mask of WRITE does not read; the gateway signs with its user's key, so Atman's table
  // holds.
  ["reading of objects", "y y y y", (c) => c.send(new s3.GetObjectCommand(onObject))],
  ["saving of objects", "n y y y", (c, m) => put(c, m)],
  [
    "removal of objects",
    "n y y y",
    (c, m) => c.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: m })),
  ],
  ["preview of bucket policies", "n n n y", (c) => c.send(new s3.GetBucketAclCommand(onBucket))],
  [
    "assignment of access policies",
    "n n n y",
    (c) => c.send(new s3.PutBucketAclCommand({ ...onBucket, ACL: "private" })),
  ],
];

const MATRICES = [
  ["ceiling", { tierMode: "ceiling" }, AWS_ROWS],
  ["union", { tierMode: "union" }, AWS_ROWS],
  ["atman", { provider: "atman" }, ATMAN_ROWS],
] as const;

function put(client: s3.S3Client, Key: string): Promise<unknown> {
  return client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key, Body: "x" }));
}

describe("a real Ceph as the source of identities", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  let adminWay: CutProxy;
  let direct: s3.S3Client;
  const gateways = new Map<string, Gateway>();
  const gatewayNamed = (name: string): Gateway => {
    const gateway = gateways.get(name);
    assert(gateway !== undefined);
    return gateway;
  };

  before(async () => {
    ceph = await startCeph();
    adminWay = await startCutProxy(ceph.endpoint);
    direct = plainClient(ceph.endpoint, ceph.users("alice"));
    await direct.send(new s3.CreateBucketCommand(onBucket));
    await direct.send(new s3.PutObjectCommand({ ...onObject, Body: "content" }));
    const source = { ...ceph.users("gwadmin"), cache: `${CACHE_MS}ms`, stale: "1m" };
    for (const [name, policy] of MATRICES) {
      for (const subuser of SUBUSERS) {
        await direct.send(new s3.CreateBucketCommand({ Bucket: `old-${name}-${subuser}` }));
      }
      const gateway = await startGateway({
        upstream: ceph.endpoint,
        accounts: [],
        ceph: [{ ...source, endpoint: adminWay.endpoint }],
        policy,
      });
      gateways.set(name, gateway);
    }
  });
  after(async () => {
    for (const gateway of gateways.values()) await gateway.stop();
    await adminWay.stop();
    await ceph.stop();
  });

  for (const [name, , rows] of MATRICES) {
    for (const [what, cells, send] of rows) {
      SUBUSERS.forEach((subuser, i) => {
        const cell = cells.split(" ")[i];
        test(`${name}: ${what} by ${subuser}: ${WORDS.get(cell)}`, async () => {
          const gateway = gatewayNamed(name);
          const client = plainClient(gateway.endpoint, ceph.users(`alice:${subuser}`));
          const outcome = await outcomeOf(send(client, `${name}-${subuser}`));
          assert.equal(outcome.refusedBy ?? "nobody", REFUSER.get(cell), outcome.code);
        });
      });
    }
  }

  test("each subuser of the matrix was recorded under its name", async () => {
    const gateway = gatewayNamed("ceiling");
    await until(() => {
      const seen = new Set(recordsOf(gateway).map(({ subuser }) => subuser));
      return SUBUSERS.every((subuser) => seen.has(subuser));
    });
  });

  test("a tenant's user comes as its tenant, with its own buckets", async () => {
    const gateway = gatewayNamed("ceiling");
    const client = plainClient(gateway.endpoint, ceph.users("465000001$465000001"));
    await client.send(new s3.CreateBucketCommand(onBucket));
    const reply = await client.send(new s3.ListBucketsCommand({}));
    assert.deepEqual(
      reply.Buckets?.map(({ Name }) => Name),
      [BUCKET],
    );
    await until(() => recordsOf(gateway).some(({ account }) => account === "465000001"));
  });

  /** Makes a user with a key and a bucket, which the gateway knows already. */
  async function temporary(name: string): Promise<{
    readonly client: s3.S3Client;
    readonly read: () => Promise<Outcome>;
  }> {
    const credential = { accessKey: `AK${name}`.toUpperCase(), secretKey: `SK${name}` };
    const keys = [`--access-key=${credential.accessKey}`, `--secret-key=${credential.secretKey}`];
    await ceph.admin("user", "create", `--uid=${name}`, `--display-name=${name}`, ...keys);
    const client = plainClient(gatewayNamed("ceiling").endpoint, credential);
    await client.send(new s3.CreateBucketCommand({ Bucket: name }));
    await client.send(new s3.PutObjectCommand({ Bucket: name, Key: "k", Body: "x" }));
    const read = (): Promise<Outcome> =>
      outcomeOf(client.send(new s3.GetObjectCommand({ Bucket: name, Key: "k" })));
    return { client, read };
  }

  test("a removed key stops working within the TTL, and a presigned URL of it too", async (t) => {
    const { client, read } = await temporary("removed");
    const command = new s3.GetObjectCommand({ Bucket: "removed", Key: "k" });
    const url = await getSignedUrl(client, command, { expiresIn: 3600 });
    assert.equal((await fetch(url)).status, 200);
    await ceph.admin("key", "rm", "--uid=removed", "--access-key=AKREMOVED");
    const began = performance.now();
    await until(async () => isFromGateway(await read(), "InvalidAccessKeyId"), CACHE_MS + SLACK_MS);
    t.diagnostic(`after ${Math.round(performance.now() - began)} ms`);
    const answer = await fetch(url);
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /<Code>InvalidAccessKeyId</);
  });

  test("a suspended user is refused within the TTL, and let in again", async (t) => {
    const { read } = await temporary("suspended");
    assert.equal((await read()).refusedBy, undefined);
    await ceph.admin("user", "suspend", "--uid=suspended");
    const began = performance.now();
    await until(async () => isFromGateway(await read(), "AccessDenied"), CACHE_MS + SLACK_MS);
    t.diagnostic(`after ${Math.round(performance.now() - began)} ms`);
    await ceph.admin("user", "enable", "--uid=suspended");
    await until(async () => (await read()).refusedBy === undefined, CACHE_MS + SLACK_MS);
  });

  test("a changed permission is the tier within the TTL", async () => {
    const client = plainClient(gatewayNamed("ceiling").endpoint, ceph.users("alice:rw"));
    const write = (): Promise<Outcome> => outcomeOf(put(client, "changing"));
    assert.equal((await write()).refusedBy, undefined);
    const modify = (access: string): Promise<void> =>
      ceph.admin("subuser", "modify", "--uid=alice", "--subuser=alice:rw", `--access=${access}`);
    await modify("read");
    await until(async () => isFromGateway(await write(), "AccessDenied"), CACHE_MS + SLACK_MS);
    await modify("readwrite");
    await until(async () => (await write()).refusedBy === undefined, CACHE_MS + SLACK_MS);
  });

  test("while RGW is silent for 30 s known keys go on, nobody new gets in, and all recovers", async () => {
    const { endpoint } = gatewayNamed("union");
    const known = plainClient(endpoint, ceph.users("alice:full"));
    const fresh = plainClient(endpoint, ceph.users("bob"));
    const forged = plainClient(endpoint, { ...ceph.users("alice:full"), secretKey: "guess" });
    const list = (client: s3.S3Client): Promise<Outcome> =>
      outcomeOf(client.send(new s3.ListBucketsCommand({})));
    assert.equal((await list(known)).refusedBy, undefined);
    adminWay.cut();
    const end = Date.now() + 30_000;
    let served = 0;
    while (Date.now() < end) {
      assert.equal((await list(known)).refusedBy, undefined);
      served++;
      const [stranger, forger] = [await list(fresh), await list(forged)];
      assert.deepEqual([stranger.status, stranger.code], [503, "SlowDown"]);
      assert.deepEqual([forger.status, forger.code], [403, "SignatureDoesNotMatch"]);
      await pause(50);
    }
    assert(served > 20, String(served));
    adminWay.mend();
    await until(async () => (await list(fresh)).refusedBy === undefined, 3_000);
    assert.equal((await list(known)).refusedBy, undefined);
  });

  test("5,000 unknown keys find RGW with 16 connections, and a known key unharmed", async (t) => {
    const { endpoint } = gatewayNamed("union");
    const known = plainClient(endpoint, ceph.users("alice:full"));
    const list = (client: s3.S3Client): Promise<Outcome> =>
      outcomeOf(client.send(new s3.ListBucketsCommand({})));
    assert.equal((await list(known)).refusedBy, undefined);
    const before = adminWay.most();
    const codes = new Map<string, number>();
    const began = performance.now();
    let worstMs = 0;
    const flood = Array.from({ length: 100 }, async (_, i) => {
      for (let j = 0; j < 50; j++) {
        const code = await strangerAt(endpoint, `FLOOD${i * 50 + j}`);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    });
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      assert.equal((await list(known)).refusedBy, undefined);
      worstMs = Math.max(worstMs, performance.now() - start);
    }
    await Promise.all(flood);
    assert(adminWay.most() <= MATRICES.length * 16, String(adminWay.most()));
    t.diagnostic(
      `${before} connections before, ${adminWay.most()} at most; ${[...codes].join(" ")}`,
    );
    const ms = Math.round(performance.now() - began);
    t.diagnostic(`${ms} ms in all; the known key ${Math.round(worstMs)} ms at worst`);
  });
});

type Outcome = {
  /** The one that answered 403 or 503; an answer that something is missing is no refusal. */
  readonly refusedBy: "gateway" | "store" | undefined;
  readonly status: number;
  readonly code: string;
};

async function outcomeOf(sending: Promise<unknown>): Promise<Outcome> {
  try {
    await sending;
    return { refusedBy: undefined, status: 200, code: "" };
  } catch (error) {
    if (!(error instanceof s3.S3ServiceException)) throw error;
    const { httpStatusCode: status = 0, requestId = "" } = error.$metadata;
    const isRefusal = status === 403 || status === 503;
    // RGW's own request ids have this prefix.
    const who = requestId.startsWith("tx") ? "store" : "gateway";
    return { refusedBy: isRefusal ? who : undefined, status, code: error.name };
  }
}

/** Returns the answer to a client with a key that nobody has. */
async function strangerAt(endpoint: string, accessKey: string): Promise<string> {
  const { host } = new URL(endpoint);
  const unsigned = { method: "GET", target: "/", body: Buffer.alloc(0) };
  const scope = { timestamp: timestampOf(Date.now()) };
  const key = { accessKey, secretKey: "guess" };
  const request = signV4({ ...unsigned, headers: [["host", host]] }, key, scope);
  return codeOf(await rawExchange(host, bytesOf(request), { method: "GET" }));
}

/** Returns true if the gateway itself refuses the request, before RGW could. */
function isFromGateway({ refusedBy, code }: Outcome, wanted: string): boolean {
  return refusedBy === "gateway" && code === wanted;
}

/** Returns the audit log so far. */
function recordsOf(gateway: Gateway): readonly Readonly<Record<string, unknown>>[] {
  const lines = readFileSync(gateway.auditFile, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const record: unknown = JSON.parse(line);
    if (typeof record !== "object" || record === null) throw new Error(`Not a record: ${line}`);
    return { ...record };
  });
}

function plainClient(endpoint: string, credential: StoreCredential): s3.S3Client {
  return clientOf(endpoint, credential, PLAIN);
}
