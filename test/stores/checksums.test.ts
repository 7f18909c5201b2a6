/**
 * Tests uploads with checksums, by clients that send them by themselves, to real stores: directly,
 * and over TLS through the gateway. The store must report the same of each object.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { CreateBucketCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { AUTHORITY, DOMAIN } from "../support/certificates.ts";
import { openInProcess, type InProcess } from "../support/in-process.ts";
import { findProgram, runProgram } from "../support/program.ts";
import { skipUnless, type Requirement } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { KeyPair } from "../support/signed.ts";
import { ROOT } from "../support/deploy.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const PYTHON = `${ROOT}.venv/bin/python`;
const SCRIPT = `${ROOT}test/stores/checksums.py`;
const BOTO3: Requirement = {
  name: "current boto3 with awscrt",
  present: spawnSync(PYTHON, ["-c", "import boto3, awscrt"]).status === 0,
  install: "python3 -m venv .venv && .venv/bin/pip install -r test/clients/requirements.txt",
};
const KEY: KeyPair = {
  accessKey: "AKWARDEN000000000000",
  secretKey: "SKwarden/+00000000000000000000000",
};
/** The algorithms that boto3 computes: it has no MD5. */
const OLD = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];
const NEW = ["SHA512", "XXHASH64", "XXHASH3", "XXHASH128"];
/** The algorithms tried on Ceph: RGW 16 ignores all of them alike. */
const OF_CEPH = ["CRC64NVME", "XXHASH128"];

type Way = { readonly endpoint: string; readonly key: KeyPair };

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`${name}, as store: ${kind}`, { skip }, () => {
    let store: Running;
    let gateway: InProcess;
    let through: Way;
    before(async () => {
      store = await start();
      gateway = await openInProcess({
        upstream: store.endpoint,
        store: { store: kind },
        accounts: [{ name: "lab", upstream: store.key, keys: [KEY] }],
        files: { "tls.crt": DOMAIN.cert, "tls.key": DOMAIN.key },
        listen: { tls: { cert: "tls.crt", key: "tls.key" } },
      });
      through = { endpoint: `https://${gateway.address}`, key: KEY };
    });
    after(async () => {
      await gateway.close();
      await store.stop();
    });

    test("boto3's uploads have the same checksums", { skip: skipUnless([BOTO3]) }, async () => {
      const algorithms = kind === "ceph" ? OF_CEPH : [...OLD, ...NEW];
      const direct = await boto3(store, "direct", algorithms);
      const proved = await boto3(through, "proved", algorithms);
      assert.equal(direct.size, 3 + 3 * algorithms.length + 2);
      for (const [upload, outcome] of direct) {
        // MinIO refuses to begin an upload whose algorithm it does not know; the gateway verifies it.
        const isNew = kind === "minio" && NEW.some((one) => upload === `parts, ${one}`);
        const expected = isNew ? '{"length":12900000,"intact":true}' : outcome;
        if (isNew) assert.equal(outcome, '{"code":"InvalidArgument"}', upload);
        assert.equal(proved.get(upload), expected, upload);
      }
    });

    test("the JavaScript SDK's Upload of a stream has the same checksum", async () => {
      assert.deepEqual(await uploaded(through, "js-proved"), await uploaded(store, "js-direct"));
    });

    const awscli = {
      name: "aws",
      present: findProgram("aws") !== undefined,
      install: "apt-get install -y --no-install-recommends awscli",
    };
    test("aws-cli's trailers are kept", { skip: skipUnless([awscli]) }, async () => {
      const told = await cli(through, "cli-proved");
      assert.equal(told.ContentLength, CLI_BYTES);
      // The digest of that many zeros, by sha256sum(1).
      const value = "MOFJVevxNSJm3C/4Bn5oEEYH51CrudOzZYK4r5Cfy1g=";
      assert.equal(told.ChecksumSHA256, kind === "ceph" ? undefined : value);
    });
  });
}

/** Uploads by boto3 and returns its report of each upload, by its name. */
async function boto3(
  { endpoint, key }: Way,
  bucket: string,
  algorithms: readonly string[],
): Promise<Map<string, string>> {
  const site = { endpoint, ...key, bucket, algorithms };
  const env = { HOME: scratchFolder("boto3") };
  const ended = await runProgram(PYTHON, [SCRIPT], {
    input: Buffer.from(JSON.stringify(site)),
    env,
  });
  assert.equal(ended.status, 0, ended.errors);
  const lines = ended.output.toString().trim().split("\n");
  return new Map(
    lines.map((line) => {
      const { name, outcome }: { name: string; outcome: object } = JSON.parse(line);
      return [name, JSON.stringify(outcome)];
    }),
  );
}

/** Uploads a stream of 12 MiB in parts and returns the store's report of it. */
async function uploaded({ endpoint, key }: Way, Bucket: string): Promise<object> {
  const httpsAgent = new Agent({ ca: AUTHORITY, servername: "s3.example.org" });
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: key.accessKey, secretAccessKey: key.secretKey },
    requestHandler: { httpsAgent },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket }));
    const pieces = Array.from({ length: 12 }, (_, i) => Buffer.alloc(1024 * 1024, i));
    const params = { Bucket, Key: "stream", Body: Readable.from(pieces) };
    await new Upload({ client, params }).done();
    const head = await client.send(
      new HeadObjectCommand({ Bucket, Key: "stream", ChecksumMode: "ENABLED" }),
    );
    const { ContentLength, ChecksumCRC32, ChecksumType } = head;
    assert.equal(ContentLength, 12 * 1024 * 1024);
    return { ContentLength, ChecksumCRC32, ChecksumType };
  } finally {
    client.destroy();
  }
}

const CLI_BYTES = 1024 * 1024;

async function cli(
  { endpoint, key }: Way,
  bucket: string,
): Promise<{ readonly ContentLength?: number; readonly ChecksumSHA256?: string }> {
  const env = {
    HOME: scratchFolder("awscli"),
    AWS_ACCESS_KEY_ID: key.accessKey,
    AWS_SECRET_ACCESS_KEY: key.secretKey,
    AWS_DEFAULT_REGION: "us-east-1",
    PYTHONWARNINGS: "ignore",
  };
  const aws = async (...args: readonly string[]): Promise<string> => {
    const all = [
      "--endpoint-url",
      endpoint,
      "--no-verify-ssl",
      "--output",
      "json",
      "s3api",
      ...args,
    ];
    const ended = await runProgram("aws", all, { env });
    assert.equal(ended.status, 0, ended.errors);
    return ended.output.toString();
  };
  const file = `${env.HOME}/zeros`;
  writeFileSync(file, Buffer.alloc(CLI_BYTES));
  const object = ["--bucket", bucket, "--key", "zeros"];
  await aws("create-bucket", "--bucket", bucket);
  await aws("put-object", ...object, "--body", file, "--checksum-algorithm", "SHA256");
  return JSON.parse(await aws("head-object", ...object, "--checksum-mode", "ENABLED"));
}
