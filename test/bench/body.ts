/**
 * Measures the cost of proving a body: 64 MiB in pieces of 64 KiB, best of five, in MB/s (10^6
 * bytes). Run with `node test/bench/body.ts`.
 */
import type { BodyPlan } from "../../src/admission/body-plan.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from "../../src/s3/checksums.ts";
import { createDigest, loadDigests } from "../../src/checksum/digest.ts";
import { provenBody } from "../../src/body/body.ts";
import { KeyRing } from "../../src/signature/key-ring.ts";
import { readForm } from "../support/whole-form.ts";
import { EXAMPLE, signedBody, unsignedBody } from "../support/chunked.ts";

const SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const PIECE = 65_536;
const PIECES = 1024;
const DATA = Array.from({ length: PIECES }, (_, i) => Buffer.alloc(PIECE, i % 256));
const LENGTH = PIECE * PIECES;

async function base64(algorithm: ChecksumAlgorithm): Promise<string> {
  await loadDigests([algorithm]);
  const digest = createDigest(algorithm);
  for (const piece of DATA) digest.update(piece);
  return digest.base64();
}

async function* inPieces(body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE) yield body.subarray(at, at + PIECE);
}

async function measure(name: string, run: () => AsyncIterable<Buffer>): Promise<void> {
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const startMs = performance.now();
    let bytes = 0;
    for await (const piece of run()) bytes += piece.length;
    if (bytes < LENGTH) throw new Error(`${name} gave ${bytes} bytes`);
    best = Math.max(best, bytes / 1000 / (performance.now() - startMs));
  }
  console.log(`${name.padEnd(42)} ${best.toFixed(0).padStart(8)} MB/s`);
}

const plain = Buffer.concat(DATA);
const signed = signedBody(SEED, DATA).body;
const proof = {
  signingKey: new KeyRing(1).signingKey(EXAMPLE.secret, "20130524", "us-east-1", "s3"),
  timestamp: EXAMPLE.timestamp,
  scope: EXAMPLE.scope,
  seedSignature: SEED,
};
const deframe: BodyPlan = {
  kind: "deframe",
  decodedLength: LENGTH,
  proof: undefined,
  trailers: [],
  checks: [],
};
const pass: BodyPlan = { kind: "pass", length: LENGTH, checks: [] };

console.log(`node ${process.version}, ${process.arch}`);
await measure("source alone", () => inPieces(plain));
await measure("pass", () => provenBody(inPieces(plain), pass));
for (const algorithm of ["crc32", "md5", "sha256"] as const) {
  const check = {
    algorithm,
    field: `x-amz-checksum-${algorithm}`,
    expectedBase64: await base64(algorithm),
  };
  await measure(`pass, ${algorithm}`, () =>
    provenBody(inPieces(plain), { ...pass, checks: [check] }),
  );
}
const bare = unsignedBody(DATA);
await measure("deframe, no checksum", () => provenBody(inPieces(bare), deframe));
for (const algorithm of CHECKSUM_ALGORITHMS) {
  const name = `x-amz-checksum-${algorithm}`;
  const body = unsignedBody(DATA, `${name}:${await base64(algorithm)}`);
  await measure(`deframe, ${algorithm} trailer`, () =>
    provenBody(inPieces(body), { ...deframe, trailers: [name] }),
  );
}
await measure("deframe, signed chunks", () => provenBody(inPieces(signed), { ...deframe, proof }));

const formBody = Buffer.concat([
  Buffer.from('--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'),
  plain,
  Buffer.from("\r\n--b--\r\n"),
]);
async function* formFile(): AsyncGenerator<Buffer> {
  const form = await readForm(
    inPieces(formBody),
    "multipart/form-data; boundary=b",
    formBody.length,
    { fieldBytesMax: 20_480, fileBufferBytesMax: 2 * 1024 * 1024 },
  );
  if (!form.ok) throw new Error(form.error.message);
  yield* form.value.file.body;
}
await measure("file of a POST form", formFile);
