/** From the traffic of real clients to a policy of their own, as docs/replay.md tells. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, createReadStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Client as MinioClient } from "minio";
import { startDemoStore } from "../../src/demo/demo-store.ts";
import { runReplay } from "../../src/cli/replay.ts";
import { runSuggest } from "../../src/cli/suggest.ts";
import { writeConfig } from "../support/config-files.ts";
import { UPSTREAM } from "../support/flow.ts";
import { openInProcess, type InProcess } from "../support/in-process.ts";
import { clientOf, told } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { KeyPair } from "../support/signed.ts";
import { ran } from "../support/terminal.ts";

const WORKER: KeyPair = { accessKey: "AKIAWORKER", secretKey: "theSecretOfTheWorker" };
const OTHER: KeyPair = { accessKey: "AKIAOTHER", secretKey: "theSecretOfTheOther" };
const ALL =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}';

/** The worker may do what `policy` allows. */
function siteWith(policy: string) {
  const subusers = [
    { name: "worker", policies: ["worker.json"], keys: [WORKER] },
    { name: "other", tier: "FULL", keys: [OTHER] },
  ];
  return {
    accounts: [{ name: "lab", upstream: UPSTREAM, subusers }],
    files: { "worker.json": policy },
    store: { store: "aws" },
  } as const;
}

async function open(t: TestContext, upstream: string, policy: string): Promise<InProcess> {
  const gateway = await openInProcess({ upstream, ...siteWith(policy) });
  t.after(() => gateway.close());
  return gateway;
}

/** What an application does in a day. */
async function work(gateway: InProcess): Promise<void> {
  const Bucket = "photos";
  const client = clientOf(`http://${gateway.address}`, WORKER);
  const send = client.send.bind(client);
  for (let i = 0; i < 6; i++) {
    await send(
      new s3.PutObjectCommand({ Bucket, Key: `in/2026/${i} é*?.jpg`, Body: `photo ${i}` }),
    );
  }
  await send(new s3.PutObjectCommand({ Bucket, Key: "index $.html", Body: "x", Tagging: "a=b" }));
  await send(new s3.ListObjectsV2Command({ Bucket, Prefix: "in/", Delimiter: "/" }));
  const got = await send(new s3.GetObjectCommand({ Bucket, Key: "in/2026/1 é*?.jpg" }));
  await got.Body?.transformToString();
  await send(new s3.HeadObjectCommand({ Bucket, Key: "index $.html" }));
  const CopySource = `${Bucket}/${encodeURIComponent("index $.html")}`;
  await send(new s3.CopyObjectCommand({ Bucket, Key: "copy.html", CopySource }));
  const Body = Buffer.alloc(6 * 1024 * 1024, "m");
  await new Upload({ client, params: { Bucket, Key: "large.bin", Body } }).done();
  const url = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key: "copy.html" }));
  assert.equal((await fetch(url)).status, 200);
  const Objects = [{ Key: "in/2026/0 é*?.jpg" }, { Key: "copy.html" }];
  await send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  client.destroy();
  const { hostname: endPoint, port } = new URL(`http://${gateway.address}`);
  const { accessKey, secretKey } = WORKER;
  const minio = new MinioClient({
    endPoint,
    port: Number(port),
    useSSL: false,
    accessKey,
    secretKey,
    region: "us-east-1",
  });
  await minio.putObject(Bucket, "minio/one", "from another client");
  assert.equal(await text(await minio.getObject(Bucket, "minio/one")), "from another client");
}

/** The whole audit log, which is written when the gateway has ended. */
async function recorded(gateway: InProcess): Promise<string> {
  await gateway.close();
  return gateway.auditFile;
}

async function suggestedFor(file: string): Promise<string> {
  const { code, out, err } = await ran((terminal) =>
    runSuggest([file], { as: "lab:worker" }, terminal),
  );
  assert.equal(code, 0, err);
  return out;
}

test("the policy suggested for real clients lets them do the same again, and nothing else", async (t) => {
  const store = await startDemoStore(scratchFolder("store"));
  t.after(() => store.stop());
  const before = await open(t, store.endpoint, ALL);
  const owner = clientOf(`http://${before.address}`, OTHER);
  t.after(() => owner.destroy());
  await owner.send(new s3.CreateBucketCommand({ Bucket: "photos" }));
  await work(before);
  const file = await recorded(before);
  const policy = await suggestedFor(file);
  assert.doesNotMatch(policy, /CreateBucket|s3:\*/);
  const config = writeConfig(siteWith(policy));
  const replayed = await ran((terminal) => runReplay([file], { config }, terminal));
  assert.equal(replayed.code, 0, replayed.out);
  assert.match(replayed.out, /^\d+ requests: \d+ decided alike, 0 differently$/m);

  const after = await open(t, store.endpoint, policy);
  await work(after);
  const client = clientOf(`http://${after.address}`, WORKER);
  t.after(() => client.destroy());
  const Key = "in/2026/1 é*?.jpg";
  const PHOTOS = { Bucket: "photos" };
  const denied = [
    client.send(new s3.DeleteBucketCommand(PHOTOS)),
    client.send(new s3.PutObjectCommand({ ...PHOTOS, Key: "elsewhere/x", Body: "x" })),
    client.send(new s3.GetObjectTaggingCommand({ ...PHOTOS, Key })),
    client.send(new s3.ListBucketsCommand({})),
  ];
  assert.deepEqual(await Promise.all(denied.map(told)), Array(4).fill("AccessDenied"));
});

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const LINES = 100_000;

test("100,000 lines are replayed and suggested from in little memory, from a file and from a pipe", async (t) => {
  const store = await startDemoStore(scratchFolder("store"));
  t.after(() => store.stop());
  const gateway = await open(t, store.endpoint, ALL);
  const owner = clientOf(`http://${gateway.address}`, OTHER);
  t.after(() => owner.destroy());
  await owner.send(new s3.CreateBucketCommand({ Bucket: "photos" }));
  await work(gateway);
  const lines = readFileSync(await recorded(gateway), "utf8")
    .split("\n")
    .slice(0, -1);
  const file = join(scratchFolder("large"), "audit.jsonl");
  writeFileSync(file, "");
  for (let count = 0; count < LINES; count += 1_000) {
    const more = Array.from({ length: 1_000 }, (_, i) => {
      const line = lines[(count + i) % lines.length] ?? "";
      return line.replace(/"key":"minio\/one"/, `"key":"minio/${count + i}"`);
    });
    appendFileSync(file, `${more.join("\n")}\n`);
  }
  const config = writeConfig(siteWith(await suggestedFor(file)));
  // Young objects are counted apart; all the rest of a replay must fit into this.
  const node = ["--max-old-space-size=48", MAIN];
  const child = spawn(process.execPath, [...node, "replay", "--config", config, "--json", "-"]);
  createReadStream(file).pipe(child.stdin);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const report: { requests: number; same: number; different: number } = JSON.parse(out || err);
  assert.deepEqual([report.requests, report.different], [LINES, 0]);
  assert.ok(report.same > LINES * 0.9);
});
