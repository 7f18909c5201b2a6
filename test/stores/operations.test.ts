/**
 * Holds `storeTraits("ceph").operations` against a real RGW: each operation is sent to it as it is, past the
 * gateway, and then it is looked at what became of the bucket and the object. An operation that RGW
 * takes for another one must not be in the list.
 */
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import aws4 from "aws4";
import { OPERATION_LIST, type Operation } from "../../src/s3/operations.ts";
import { storeTraits } from "../../src/s3/stores.ts";
import { skipUnless } from "../support/requirement.ts";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";

type Answer = { readonly status: number; readonly body: string };

const ORIGINAL = "the object as it was";

/** What could be taken for the plain request of its method, and would show it. */
const SUBJECTS = OPERATION_LIST.filter(({ name, level, required, header }) => {
  if (name === "ListObjectsV2") return false; // A listing is just what it asks for.
  return (
    (level === "bucket" || level === "object") && (required.length > 0 || header !== undefined)
  );
});

describe("RGW", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  let buckets = 0;
  before(async () => {
    ceph = await startCeph();
  });
  after(() => ceph.stop());

  for (const operation of SUBJECTS) {
    if (!storeTraits("ceph").operations.has(operation.name)) continue;
    test(`takes ${operation.name} for what it is`, async () => {
      assert.equal(await mistakenFor(operation), undefined);
    });
  }

  // What the list is for: without it a client's slip would be a loss.
  const taken = [
    ["DeleteBucketEncryption", "DeleteBucket"],
    ["DeleteBucketOwnershipControls", "DeleteBucket"],
    ["DeleteObjectAnnotation", "DeleteObject"],
    ["GetBucketEncryption", "ListObjects"],
    ["GetObjectAttributes", "GetObject"],
    ["RenameObject", "PutObject"],
    ["UpdateObjectEncryption", "PutObject"],
  ] as const;
  for (const [name, mistake] of taken) {
    test(`takes ${name} for ${mistake}, so the gateway must not send it`, async () => {
      assert(!storeTraits("ceph").operations.has(name));
      const operation = OPERATION_LIST.find((row) => row.name === name);
      assert(operation !== undefined);
      assert.equal(await mistakenFor(operation), mistake);
    });
  }

  /** Sends the operation to a bucket with one object and tells which other one was executed. */
  async function mistakenFor(operation: Operation): Promise<string | undefined> {
    const bucket = `measure-${++buckets}`;
    await send("PUT", `/${bucket}`);
    await send("PUT", `/${bucket}/k`, ORIGINAL);
    const target = operation.level === "object" ? `/${bucket}/k` : `/${bucket}`;
    // DeleteBucket needs an empty bucket to be seen.
    if (operation.level === "bucket") await send("DELETE", `/${bucket}/k`);
    const body = operation.method === "PUT" || operation.method === "POST" ? "no document" : "";
    const answer = await send(
      operation.method,
      `${target}${queryOf(operation)}`,
      body,
      headersOf(operation, bucket),
    );
    if ((await send("GET", `/${bucket}`)).status === 404) return "DeleteBucket";
    if (operation.level === "bucket") {
      return answer.body.includes("<ListBucketResult") ? "ListObjects" : undefined;
    }
    const object = await send("GET", `/${bucket}/k`);
    if (object.status === 404) return "DeleteObject";
    if (object.body !== ORIGINAL) return "PutObject";
    return answer.body === ORIGINAL ? "GetObject" : undefined;
  }

  function send(method: string, path: string, body = "", headers = {}): Promise<Answer> {
    const { accessKey, secretKey } = ceph.users("alice");
    const { host } = new URL(ceph.endpoint);
    const length =
      method === "PUT" || method === "POST" ? { "content-length": Buffer.byteLength(body) } : {};
    const signed = aws4.sign(
      {
        service: "s3",
        region: "us-east-1",
        host,
        method,
        path,
        body,
        headers: { ...headers, ...length },
      },
      { accessKeyId: accessKey, secretAccessKey: secretKey },
    );
    return answerOf(ceph.endpoint, method, path, signed.headers ?? {}, body);
  }
});

function queryOf({ required }: Operation): string {
  const pairs = required.map(({ name, value }) => {
    if (value === undefined) return `${name}=${name === "partNumber" ? "1" : "x"}`;
    return value === "" ? name : `${name}=${value}`;
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function headersOf({ header }: Operation, bucket: string): Record<string, string> {
  if (header === "x-amz-copy-source") return { [header]: `/${bucket}/k` };
  return header === "x-amz-rename-source" ? { [header]: "k" } : {};
}

function answerOf(
  endpoint: string,
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders,
  body: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    const request = http.request({ hostname, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
