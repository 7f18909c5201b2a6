import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { startGateway } from "../support/gateway.ts";
import { startHttpStore, startRawStore } from "../support/scripted-store.ts";
import { bytesOf, signV4, timestampOf, type Header, type KeyPair } from "../support/signed.ts";

const MIB = 1024 * 1024;
const TRANSFER = 1024 * MIB;
/** Enough for the heap, the JIT and the pools of both ways to reach their usual size. */
const WARM_UP = 256 * MIB;
const GROWTH_MAX = 32 * MIB;
const SAMPLE_MS = 10;

const OWNER: KeyPair = { accessKey: "AKIAOWNER", secretKey: "theSecretOfTheOwner" };
const PIECE = Buffer.alloc(256 * 1024, "s3warden");

/** Takes any upload and gives as many bytes as the key says. */
function discardOrGenerate(): ReturnType<typeof startHttpStore> {
  return startHttpStore((request, response) => {
    request.on("end", () => {
      if (request.method === "PUT") return void response.end();
      let left = Number(request.url?.split("/")[2]);
      response.writeHead(200, { "content-length": String(left) });
      const more = (): void => {
        while (left > 0) {
          const piece = PIECE.subarray(0, left);
          left -= piece.length;
          if (!response.write(piece)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    request.resume();
  });
}

/** Resident memory of process `pid` in bytes. */
function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`Cannot read the memory of ${pid}`);
  return Number(kib) * 1024;
}

/**
 * The highest resident memory of `pid` while `work` is done. It rises and falls by some 30 MiB as
 * buffers are collected, so that only peaks can be compared with each other.
 */
async function peakDuring(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = residentBytes(pid);
  const sampler = setInterval(() => (peak = Math.max(peak, residentBytes(pid))), SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(sampler);
  }
  return Math.max(peak, residentBytes(pid));
}

async function open(endpoint: string): Promise<Socket> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

/** The head of a request about `/bucket/<bytes>`; `more` is signed, `behind` is not. */
function headFor(
  endpoint: string,
  method: string,
  bytes: number,
  more: readonly Header[] = [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]],
  behind: readonly Header[] = [],
): Buffer {
  const headers: Header[] = [["host", new URL(endpoint).host], ...more];
  const target = `/bucket/${bytes}`;
  const signed = signV4({ method, target, headers, body: Buffer.alloc(0) }, OWNER, {
    timestamp: timestampOf(Date.now()),
  });
  return bytesOf({ ...signed, headers: [...signed.headers, ...behind] });
}

/** Head, repeated piece and end of an upload of `bytes`, a multiple of the piece's. */
type Upload = readonly [head: Buffer, piece: Buffer, end: Buffer];

function plain(endpoint: string, bytes: number): Upload {
  const length: Header = ["content-length", String(bytes)];
  return [headFor(endpoint, "PUT", bytes, undefined, [length]), PIECE, Buffer.alloc(0)];
}

function framed(endpoint: string, bytes: number): Upload {
  const count = bytes / PIECE.length;
  const frame = [Buffer.from(`${PIECE.length.toString(16)}\r\n`), PIECE, Buffer.from("\r\n")];
  const piece = Buffer.concat(frame);
  let crc = 0;
  for (let i = 0; i < count; i++) crc = crc32(PIECE, crc);
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc);
  const end = Buffer.from(`0\r\nx-amz-checksum-crc32:${value.toString("base64")}\r\n\r\n`);
  const headers: Header[] = [
    ["content-encoding", "aws-chunked"],
    ["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
    ["x-amz-decoded-content-length", String(bytes)],
    ["x-amz-trailer", "x-amz-checksum-crc32"],
  ];
  const length: Header = ["content-length", String(count * piece.length + end.length)];
  return [headFor(endpoint, "PUT", bytes, headers, [length]), piece, end];
}

/** Plain, or in aws-chunked framing with a trailer, as SDKs send it. */
async function upload(endpoint: string, bytes: number, framing?: "framed"): Promise<void> {
  const socket = await open(endpoint);
  const answered = once(socket, "data");
  const [head, piece, end] =
    framing === undefined ? plain(endpoint, bytes) : framed(endpoint, bytes);
  socket.write(head);
  for (let left = bytes; left > 0; left -= PIECE.length) {
    if (!socket.write(piece)) await once(socket, "drain");
  }
  socket.write(end);
  const [answer] = await answered;
  assert.match(String(answer), /^HTTP\/1\.1 200 /);
  socket.destroy();
}

async function download(endpoint: string, bytes: number): Promise<void> {
  const socket = await open(endpoint);
  socket.write(headFor(endpoint, "GET", bytes));
  let received = 0;
  let head = "";
  socket.on("data", (chunk: Buffer) => {
    if (head === "") head = chunk.toString("latin1", 0, chunk.indexOf("\r\n\r\n") + 4);
    received += chunk.length;
    if (received >= bytes + head.length) socket.destroy();
  });
  await once(socket, "close");
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.equal(received, bytes + head.length);
}

test("1 GiB up, plain and framed, and 1 GiB down let resident memory grow by no more than 32 MiB", async (t) => {
  const store = await discardOrGenerate();
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    accounts: [{ name: "lab", keys: [OWNER] }],
  });
  t.after(() => gateway.stop());
  const { endpoint, pid } = gateway;
  const warm = await peakDuring(pid, async () => {
    await upload(endpoint, WARM_UP);
    await upload(endpoint, WARM_UP, "framed");
    await download(endpoint, WARM_UP);
  });
  const inMib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
  t.diagnostic(`during the warm-up ${inMib(warm)}, after it ${inMib(residentBytes(pid))}`);
  for (const [what, work] of [
    ["the upload", () => upload(endpoint, TRANSFER)],
    ["the framed upload", () => upload(endpoint, TRANSFER, "framed")],
    ["the download", () => download(endpoint, TRANSFER)],
  ] as const) {
    const grown = (await peakDuring(pid, work)) - warm;
    t.diagnostic(`during ${what}: ${inMib(grown)} more`);
    assert.ok(grown <= GROWTH_MAX, `Memory grew by ${inMib(grown)} during ${what}`);
  }
});

test("an answer that is held costs its bytes, however small the pieces are that it comes in", async (t) => {
  const bytes = 4 * MIB;
  const pieces = Buffer.from("1\r\nx\r\n".repeat(bytes / 64));
  const store = await startRawStore((socket, received) => {
    if (!received.includes("\r\n\r\n")) return;
    socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    let left = 64;
    const more = (): void => {
      while (left-- > 0) if (!socket.write(pieces)) return void socket.once("drain", more);
      socket.write("0\r\n\r\n");
    };
    more();
  });
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    accounts: [{ name: "lab", keys: [OWNER] }],
  });
  t.after(() => gateway.stop());
  const { endpoint, pid } = gateway;
  const { host } = new URL(endpoint);
  const request = signV4(
    {
      method: "POST",
      target: "/bucket/key?uploadId=u",
      headers: [["host", host]],
      body: Buffer.from(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>",
      ),
    },
    OWNER,
    { timestamp: timestampOf(Date.now()) },
  );
  const before = residentBytes(pid);
  let received = 0;
  const peak = await peakDuring(pid, async () => {
    const socket = await open(endpoint);
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received > bytes) socket.destroy();
    });
    const length: Header = ["content-length", String(request.body.length)];
    socket.write(bytesOf({ ...request, headers: [...request.headers, length] }));
    await once(socket, "close");
  });
  assert.ok(received > bytes);
  const grown = (peak - before) / MIB;
  t.diagnostic(`${grown.toFixed(1)} MiB`);
  assert.ok(grown <= 96, `Memory grew by ${grown.toFixed(1)} MiB`);
});
