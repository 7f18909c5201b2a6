/** README's first command: the demo as a stranger meets it, with what it tells them to try. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { FREE_PORTS, MAIN, startDemo } from "../support/demo.ts";
import { until } from "../support/flow.ts";
import { runProgram } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";

const OBJECT = { Bucket: "photos", Key: "README.md" };

test("the demo does what it says, and keeps everything for the next start", async (t) => {
  const dir = join(scratchFolder("demo"), "data");
  const first = await startDemo(dir, t);
  const lab = first.as("lab");
  await lab.send(new s3.CreateBucketCommand({ Bucket: "photos" }));
  await lab.send(new s3.PutObjectCommand({ ...OBJECT, Body: "hello" }));
  const url = `${first.endpoint}/photos/README.md`;
  assert.equal((await fetch(url)).status, 403);

  const [, policy = ""] = /--policy '([^']+)'/.exec(first.welcome) ?? [];
  await lab.send(new s3.PutBucketPolicyCommand({ Bucket: "photos", Policy: policy }));
  assert.equal(await (await fetch(url)).text(), "hello");

  const reader = first.as("lab:reader");
  const read = await reader.send(new s3.GetObjectCommand(OBJECT));
  assert.equal(await read.Body?.transformToString(), "hello");
  await assert.rejects(reader.send(new s3.DeleteObjectCommand(OBJECT)), {
    name: "AccessDenied",
    message: /The tier READ of this key does not include s3:DeleteObject on arn:aws:s3:::photos/,
  });
  assert.equal(await first.interrupt(), 0);

  const second = await startDemo(dir, t);
  assert.equal(await (await fetch(`${second.endpoint}/photos/README.md`)).text(), "hello");
  await second.as("lab:backup").send(new s3.DeleteObjectCommand(OBJECT));
  assert.equal(await second.interrupt(), 0);

  const checked = await runProgram(process.execPath, [
    MAIN,
    "check",
    "--config",
    join(dir, "gateway.yaml"),
  ]);
  assert.match(checked.output.toString(), /^Configuration is good: 1 account, 2 subusers, 3 keys/);
  assert.equal(checked.errors, "");

  const [, asked = ""] = / (explain --config .*)'/.exec(second.welcome) ?? [];
  const [options = "", request = ""] = asked.split(" --request '");
  const explained = await runProgram(process.execPath, [
    MAIN,
    ...options.split(" "),
    "--request",
    request,
  ]);
  assert.match(explained.output.toString(), /tier +refused {2}\(lab:reader: READ\)/);
  assert.equal(explained.status, 1);
});

test("the demo stores an object of 50 MiB, in one piece and in parts, and returns it", async (t) => {
  const demo = await startDemo(join(scratchFolder("demo"), "data"), t);
  const lab = demo.as("lab");
  const Bucket = "large";
  const Body = randomBytes(50 * 1024 * 1024);
  await lab.send(new s3.CreateBucketCommand({ Bucket }));
  await lab.send(new s3.PutObjectCommand({ Bucket, Key: "whole", Body }));
  const partSize = 20 * 1024 * 1024;
  await new Upload({ client: lab, partSize, params: { Bucket, Key: "parts", Body } }).done();
  for (const Key of ["whole", "parts"]) {
    const { Body: got } = await lab.send(new s3.GetObjectCommand({ Bucket, Key }));
    const bytes = await got?.transformToByteArray();
    assert(bytes !== undefined && Body.equals(bytes), Key);
  }
  const { Body: end } = await lab.send(
    new s3.GetObjectCommand({ Bucket, Key: "parts", Range: "bytes=-3" }),
  );
  assert.deepEqual(Buffer.from((await end?.transformToByteArray()) ?? []), Body.subarray(-3));
  assert.equal(await demo.interrupt(), 0);
});

test("the demo in a folder that is a file says so and ends with 1", async () => {
  const file = join(scratchFolder("demo"), "file");
  writeFileSync(file, "");
  const ended = await runProgram(process.execPath, [MAIN, "demo", "--dir", file, ...FREE_PORTS]);
  assert.equal(ended.status, 1);
  assert.match(ended.errors, /^Cannot start: E[A-Z]+: [^\n]+\n$/);
});

test("changes of the demo's files are picked up by themselves", async (t) => {
  const dir = join(scratchFolder("demo"), "data");
  const demo = await startDemo(dir, t);
  const lab = demo.as("lab");
  await lab.send(new s3.CreateBucketCommand({ Bucket: "photos" }));
  const reader = demo.as("lab:reader");
  const removed = (): Promise<boolean> =>
    reader.send(new s3.DeleteObjectCommand(OBJECT)).then(
      () => true,
      () => false,
    );
  assert.equal(await removed(), false);
  const file = join(dir, "accounts.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("tier: READ\n", "tier: FULL\n"));
  await until(removed, 20_000);
  assert.equal(await demo.interrupt(), 0);
});
