/**
 * Runs the store behind every measured system. It answers from memory, checks nothing and keeps
 * nothing, so that the proxies and not the store are the slow part. Only bodies under the key
 * `check` are compared byte for byte, so that no system is measured that changes them. A process of
 * its own.
 */
import http from "node:http";
import { buffer } from "node:stream/consumers";
import { portOf } from "../support/ports.ts";
import {
  LARGE_BYTES,
  SMALL_GET_BYTES,
  SMALL_PUT_BYTES,
  STORED_FRAMED,
  STORED_PLAIN,
  patternOf,
} from "./support/workload.ts";

const SMALL = patternOf(SMALL_GET_BYTES);
const SMALL_UPLOAD = patternOf(SMALL_PUT_BYTES);
const LARGE = patternOf(LARGE_BYTES);
/** The answer to versitygw's question about a bucket before it stores an object. */
const VERSIONING = Buffer.from(
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>',
);

function headersOf(length: number, type: string): string[] {
  return [
    ["content-length", String(length)],
    ["content-type", type],
    ["etag", STORED_PLAIN],
    ["last-modified", "Sun, 22 Nov 2026 00:00:00 GMT"],
    ["x-amz-request-id", "tx00000000000000000001"],
  ].flat();
}

const SMALL_HEADERS = headersOf(SMALL.length, "application/octet-stream");
const LARGE_HEADERS = headersOf(LARGE.length, "application/octet-stream");
const VERSIONING_HEADERS = headersOf(VERSIONING.length, "application/xml");

const server = http.createServer({ requestTimeout: 0 }, (request, response) => {
  response.sendDate = false;
  const { method, url = "" } = request;
  if (method === "PUT") store(request, response, url);
  else if (url.startsWith("/bench/small/")) response.writeHead(200, SMALL_HEADERS).end(SMALL);
  else if (url.startsWith("/bench/large/")) response.writeHead(200, LARGE_HEADERS).end(LARGE);
  else response.writeHead(200, VERSIONING_HEADERS).end(VERSIONING);
});

function store(request: http.IncomingMessage, response: http.ServerResponse, url: string): void {
  const isFramed = request.headers["content-encoding"] === "aws-chunked";
  const etag = isFramed ? STORED_FRAMED : STORED_PLAIN;
  const stored = ["content-length", "0", "etag", etag, "x-amz-request-id", "tx1"];
  if (url.includes("/check/")) {
    const expected = url.startsWith("/bench/large/") ? LARGE : SMALL_UPLOAD;
    answerChecked(request, response, { expected, isFramed, stored }).catch(() =>
      response.destroy(),
    );
    return;
  }
  request.resume();
  request.once("end", () => response.writeHead(200, stored).end());
}

/** Answers 200 only if the upload is byte for byte the one that the generator sent. */
async function answerChecked(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { expected, isFramed, stored }: { expected: Buffer; isFramed: boolean; stored: string[] },
): Promise<void> {
  const body = await buffer(request);
  const plain = isFramed ? withoutFraming(body) : body;
  if (plain.equals(expected)) {
    response.writeHead(200, stored).end();
    return;
  }
  const problem = `The store received ${plain.length} bytes, expected ${expected.length} others`;
  response.writeHead(400, { "content-length": problem.length }).end(problem);
}

/**
 * Returns the content of an aws-chunked body: chunks of `size[;extensions]` CRLF data CRLF, the
 * last empty.
 */
function withoutFraming(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.toString("latin1", at, end), 16);
    if (end < 0 || !(size > 0)) break;
    pieces.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(pieces);
}

server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = `127.0.0.1:${portOf(server.address())}`;
  console.log(JSON.stringify({ msg: "listening", address }));
});
