import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import aws4 from "aws4";
import { unsignedBody } from "../../support/chunked.ts";

/** The one user of the gateway under test. */
export const CREDENTIAL = {
  accessKeyId: "BENCHBENCHBENCH00001",
  secretAccessKey: "bench-secret-that-protects-nothing-at-all",
};

/** One name for every system, so that each gets the same bytes. */
export const HOST = "s3.example.org";

const KIB = 1024;
const MIB = 1024 * KIB;
export const SMALL_GET_BYTES = KIB;
export const SMALL_PUT_BYTES = 4 * KIB;
export const LARGE_BYTES = 64 * MIB;

/** What is measured, in this order. */
export const CELL_NAMES = [
  "get-small",
  "put-small",
  "get-large",
  "put-large",
  "put-large-digest",
  "put-large-trailer",
] as const;

export type CellName = (typeof CELL_NAMES)[number];

type Cell = {
  readonly title: string;
  readonly connections: number;
  /** Whose rate a second is told. */
  readonly unit: "requests" | "bytes";
};

export const CELLS: Readonly<Record<CellName, Cell>> = {
  "get-small": { title: "1 KiB GET", connections: 16, unit: "requests" },
  "put-small": { title: "4 KiB PUT, digest", connections: 16, unit: "requests" },
  "get-large": { title: "64 MiB GET", connections: 2, unit: "bytes" },
  "put-large": { title: "64 MiB PUT, UNSIGNED-PAYLOAD", connections: 2, unit: "bytes" },
  "put-large-digest": { title: "64 MiB PUT, digest", connections: 2, unit: "bytes" },
  "put-large-trailer": { title: "64 MiB PUT, crc32 trailer", connections: 2, unit: "bytes" },
};

/** A request as it goes onto the wire, signed for this run. */
export type WireRequest = {
  /** The head, and a small body behind it. */
  readonly start: Buffer;
  /** A large body, one buffer for all requests; empty: none. */
  readonly body: Buffer;
  /** What the answer's Content-Length must be. */
  readonly answerBytes: number;
};

/** Different keys and so different signatures; more than any cache of a processor holds. */
const SMALL_REQUESTS = 4096;
const LARGE_REQUESTS = 4;
const NOTHING = Buffer.alloc(0);

/** The requests of a cell, signed by an independent signer (aws4) before the clock starts. */
export function requestsOf(cell: CellName): readonly WireRequest[] {
  return MAKERS[cell]();
}

const MAKERS: Readonly<Record<CellName, () => readonly WireRequest[]>> = {
  "get-small": () =>
    many(SMALL_REQUESTS, (n) => get(`/small/run-${n}/sample.parquet`, SMALL_GET_BYTES)),
  "put-small": smallPuts,
  "get-large": () => many(LARGE_REQUESTS, (n) => get(`/large/run-${n}/archive.tar`, LARGE_BYTES)),
  "put-large": () => largePuts("UNSIGNED-PAYLOAD", largeBody()),
  "put-large-digest": () => largePuts(sha256(largeBody()), largeBody()),
  "put-large-trailer": trailerPuts,
};

function smallPuts(): readonly WireRequest[] {
  const body = Buffer.alloc(SMALL_PUT_BYTES, "s3warden ");
  const payload = sha256(body);
  return many(SMALL_REQUESTS, (n) => {
    const { start } = put(`/small/run-${n}/sample.parquet`, payload, body.length);
    return { start: Buffer.concat([start, body]), body: NOTHING, answerBytes: 0 };
  });
}

function largePuts(
  payload: string,
  body: Buffer,
  headers: Readonly<Record<string, string>> = {},
): readonly WireRequest[] {
  return many(LARGE_REQUESTS, (n) => ({
    ...put(`/large/run-${n}/archive.tar`, payload, body.length, headers),
    body,
  }));
}

/** Framed as SDKs do it: chunks of 64 KiB, a crc32 behind them. */
function trailerPuts(): readonly WireRequest[] {
  const body = largeBody();
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += 64 * KIB) chunks.push(body.subarray(at, at + 64 * KIB));
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc32(body));
  const framed = unsignedBody(chunks, `x-amz-checksum-crc32:${digest.toString("base64")}`);
  return largePuts("STREAMING-UNSIGNED-PAYLOAD-TRAILER", framed, {
    "Content-Encoding": "aws-chunked",
    "X-Amz-Decoded-Content-Length": String(body.length),
    "X-Amz-Trailer": "x-amz-checksum-crc32",
    "X-Amz-Sdk-Checksum-Algorithm": "CRC32",
  });
}

let large: Buffer | undefined;

function largeBody(): Buffer {
  large ??= Buffer.alloc(LARGE_BYTES, "s3warden ");
  return large;
}

function get(path: string, answerBytes: number): WireRequest {
  return { start: signed("GET", path, sha256(NOTHING), {}), body: NOTHING, answerBytes };
}

function put(
  path: string,
  payload: string,
  length: number,
  headers: Readonly<Record<string, string>> = {},
): WireRequest {
  const all = {
    "Content-Type": "application/octet-stream",
    "Content-Length": String(length),
    ...headers,
  };
  return { start: signed("PUT", path, payload, all), body: NOTHING, answerBytes: 0 };
}

/** The head with the fields that boto3 sends. */
function signed(
  method: string,
  path: string,
  payload: string,
  headers: Readonly<Record<string, string>>,
): Buffer {
  const { headers: all = {} } = aws4.sign(
    {
      service: "s3",
      region: "us-east-1",
      method,
      path: `/bench${path}`,
      headers: {
        Host: HOST,
        "Accept-Encoding": "identity",
        "User-Agent": "Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux lang/python#3.13",
        "amz-sdk-invocation-id": "5f1f3b0e-7c6e-4a39-9d0b-2f6c0f6a7b11",
        "amz-sdk-request": "attempt=1",
        "X-Amz-Content-Sha256": payload,
        ...headers,
      },
    },
    CREDENTIAL,
  );
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return Buffer.from(`${method} /bench${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
}

function many(count: number, make: (n: number) => WireRequest): readonly WireRequest[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
