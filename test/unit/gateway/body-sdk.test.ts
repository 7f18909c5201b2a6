import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { PutObjectCommand, S3Client, type ChecksumAlgorithm } from "@aws-sdk/client-s3";
import { checksumChecks, trailerNames } from "../../../src/checksum/checks.ts";
import { provenBody, readBody } from "../../../src/body/body.ts";
import { uniqueValue, type HeaderList } from "../../../src/http/headers.ts";

/** Larger than one read of a stream, and not a multiple of it. */
const DATA = Buffer.alloc(200_001, "The quick brown fox ");

/** The part of the SDK's request that is looked at. */
type HttpRequest = { readonly headers: Record<string, string>; readonly body?: unknown };

type Sent = { readonly headers: HeaderList; readonly body: Buffer };

/** What the SDK sends for a stream, seen by a handler that has no network. */
async function sentBySdk(algorithm: ChecksumAlgorithm, body: Buffer): Promise<Sent> {
  let sent: Sent | undefined;
  const client = new S3Client({
    region: "us-east-1",
    endpoint: "http://127.0.0.1:1",
    forcePathStyle: true,
    credentials: { accessKeyId: "AK", secretAccessKey: "SK" },
    requestHandler: {
      handle: async (request: HttpRequest) => {
        const headers = Object.entries(request.headers).flatMap(([name, value]) => [
          name.toLowerCase(),
          value,
        ]);
        sent = { headers, body: await buffer(bytesOf(request.body)) };
        return { response: { statusCode: 200, headers: {}, body: Readable.from([]) } };
      },
    },
  });
  const stream = Readable.from(
    body.length === 0 ? [] : [body.subarray(0, 70_000), body.subarray(70_000)],
  );
  await client.send(
    new PutObjectCommand({
      Bucket: "b",
      Key: "k",
      Body: stream,
      ContentLength: body.length,
      ChecksumAlgorithm: algorithm,
    }),
  );
  assert.ok(sent !== undefined);
  return sent;
}

async function* bytesOf(body: unknown): AsyncGenerator<Buffer> {
  assert.ok(body instanceof Readable);
  for await (const piece of body) yield Buffer.from(piece);
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function planFor(headers: HeaderList) {
  assert.equal(uniqueValue(headers, "x-amz-content-sha256"), "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  const trailers = trailerNames(headers);
  const checks = checksumChecks(headers);
  assert.ok(trailers.ok && checks.ok);
  assert.equal(trailers.value.length, 1);
  const decodedLength = Number(uniqueValue(headers, "x-amz-decoded-content-length"));
  return {
    kind: "deframe",
    decodedLength,
    proof: undefined,
    trailers: trailers.value,
    checks: checks.value,
  } as const;
}

for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
  test(`provenBody() removes the framing that client-s3 writes for a stream with ${algorithm}`, async () => {
    const { headers, body } = await sentBySdk(algorithm, DATA);
    assert.ok(body.length > DATA.length);
    const data = await buffer(provenBody(inPieces(body, 1000), planFor(headers)));
    assert.deepEqual(data, DATA);
  });
}

test("provenBody() refuses what client-s3 wrote where one byte of the data differs", async () => {
  const { headers, body } = await sentBySdk("CRC32", DATA);
  body[100_000] = (body[100_000] ?? 0) ^ 1;
  const result = await readBody(inPieces(body, 1000), 1e6, planFor(headers));
  assert.ok(!result.ok);
  assert.equal(result.error.code, "BadDigest");
});

test("provenBody() proves the empty stream of client-s3", async () => {
  const { headers, body } = await sentBySdk("CRC32", Buffer.alloc(0));
  assert.deepEqual(await readBody(inPieces(body, 7), 0, planFor(headers)), {
    ok: true,
    value: Buffer.alloc(0),
  });
});
