import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import aws4 from "aws4";
import { unsignedBody } from "../../support/chunked.ts";

/** The one user of the gateway under test. */
export const CREDENTIAL = {
  accessKeyId: "BENCHBENCHBENCH00001",
  secretAccessKey: "bench-secret-that-protects-nothing-at-all",
};

/** The credential by which the gateways sign for the store. */
export const STORE_CREDENTIAL = {
  accessKey: "STORE",
  secretKey: "what-the-store-knows-the-account-by",
};

/** The host name of every system, so that each gets the same bytes. */
export const HOST = "s3.example.org";

const KIB = 1024;
const MIB = 1024 * KIB;
export const SMALL_GET_BYTES = KIB;
export const SMALL_PUT_BYTES = 4 * KIB;
export const LARGE_BYTES = 64 * MIB;

/**
 * The ETag of the store's object, and those of uploads without and with the framing of aws-chunked.
 */
export const STORED_PLAIN = '"0123456789abcdef0123456789abcdef"';
export const STORED_FRAMED = '"fedcba9876543210fedcba9876543210"';

/** Returns the content of every object and upload of that size. */
export function patternOf(bytes: number): Buffer {
  return Buffer.alloc(bytes, "s3warden ");
}

/** The kinds of requests. */
export const WORKLOADS = [
  "get-small",
  "put-small",
  "get-large",
  "put-large",
  "put-large-digest",
  "put-large-trailer",
] as const;

export type Workload = (typeof WORKLOADS)[number];

/** A request in the form in which it is sent, signed for this run. */
export type WireRequest = {
  /** The head, and a small body after it. */
  readonly start: Buffer;
  /** A large body, one buffer for all requests; empty if there is none. */
  readonly body: Buffer;
  /** The expected Content-Length of the answer. */
  readonly answerBytes: number;
};

/**
 * The number of small requests, with different keys and so different signatures; more than any
 * cache of a processor holds.
 */
const SMALL_REQUESTS = 4096;
const LARGE_REQUESTS = 4;
const NOTHING = Buffer.alloc(0);

/**
 * Returns the requests of a workload, signed by an independent signer (aws4) before the clock
 * starts.
 */
export function requestsOf(workload: Workload): readonly WireRequest[] {
  const isLarge = workload.includes("large");
  const make = makerOf(workload);
  return Array.from({ length: isLarge ? LARGE_REQUESTS : SMALL_REQUESTS }, (_, n) =>
    make(isLarge ? `/large/run-${n}/archive.tar` : `/small/run-${n}/sample.parquet`),
  );
}

/** Returns the same request under a key whose upload the store compares byte for byte. */
export function checkRequestOf(workload: Workload): WireRequest {
  return makerOf(workload)(`/${workload.includes("large") ? "large" : "small"}/check/object`);
}

/** Returns a small GET whose signature ends in another digit. */
export function forgedRequest(): WireRequest {
  const { start, ...rest } = checkRequestOf("get-small");
  const text = start.toString("latin1");
  const forged = text.replace(/(Signature=[0-9a-f]{63})([0-9a-f])/, (_, all: string, last) =>
    all.concat(last === "0" ? "1" : "0"),
  );
  return { ...rest, start: Buffer.from(forged, "latin1") };
}

/** Returns a small upload in chunks whose trailer promises another CRC32. */
export function wrongTrailerRequest(): WireRequest {
  const body = patternOf(SMALL_PUT_BYTES);
  const { start, body: framed } = trailerMaker(body, patternOf(1))("/small/check/object");
  return { start: Buffer.concat([start, framed]), body: NOTHING, answerBytes: 0 };
}

type Maker = (path: string) => WireRequest;

function makerOf(workload: Workload): Maker {
  switch (workload) {
    case "get-small":
      return (path) => get(path, SMALL_GET_BYTES);
    case "get-large":
      return (path) => get(path, LARGE_BYTES);
    case "put-small": {
      const body = patternOf(SMALL_PUT_BYTES);
      const payload = sha256(body);
      return (path) => {
        const { start } = put(path, payload, NOTHING, body.length);
        return { start: Buffer.concat([start, body]), body: NOTHING, answerBytes: 0 };
      };
    }
    case "put-large":
      return (path) => put(path, "UNSIGNED-PAYLOAD", largeBody());
    case "put-large-digest": {
      const payload = sha256(largeBody());
      return (path) => put(path, payload, largeBody());
    }
    case "put-large-trailer":
      return trailerMaker(largeBody(), largeBody());
  }
}

/**
 * Returns a function that frames as SDKs do: chunks of 64 KiB, and after them the CRC32 of
 * `promised`.
 */
function trailerMaker(body: Buffer, promised: Buffer): Maker {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += 64 * KIB) chunks.push(body.subarray(at, at + 64 * KIB));
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc32(promised));
  const framed = unsignedBody(chunks, `x-amz-checksum-crc32:${digest.toString("base64")}`);
  const headers = {
    "Content-Encoding": "aws-chunked",
    "X-Amz-Decoded-Content-Length": String(body.length),
    "X-Amz-Trailer": "x-amz-checksum-crc32",
    "X-Amz-Sdk-Checksum-Algorithm": "CRC32",
  };
  const payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  return (path) => put(path, payload, framed, framed.length, headers);
}

let large: Buffer | undefined;

function largeBody(): Buffer {
  large ??= patternOf(LARGE_BYTES);
  return large;
}

function get(path: string, answerBytes: number): WireRequest {
  return { start: signed("GET", path, sha256(NOTHING), {}), body: NOTHING, answerBytes };
}

function put(
  path: string,
  payload: string,
  body: Buffer,
  length = body.length,
  headers: Readonly<Record<string, string>> = {},
): WireRequest {
  const all = {
    "Content-Type": "application/octet-stream",
    "Content-Length": String(length),
    ...headers,
  };
  return { start: signed("PUT", path, payload, all), body, answerBytes: 0 };
}

/** Returns the head with the fields that boto3 sends. */
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

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
