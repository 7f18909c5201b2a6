/**
 * The store that everything is measured in front of: answers from memory, checks nothing, keeps
 * nothing, so that the proxies and not the store are the slow part. A process of its own.
 */
import http from "node:http";
import { portOf } from "../support/ports.ts";
import { LARGE_BYTES, SMALL_GET_BYTES } from "./support/workload.ts";

const SMALL = Buffer.alloc(SMALL_GET_BYTES, "s3warden ");
const LARGE = Buffer.alloc(LARGE_BYTES, "s3warden ");
const ETAG = '"0123456789abcdef0123456789abcdef"';

function headersOf(length: number): string[] {
  return [
    ["content-length", String(length)],
    ["content-type", "application/octet-stream"],
    ["etag", ETAG],
    ["last-modified", "Sun, 22 Nov 2026 00:00:00 GMT"],
    ["x-amz-request-id", "tx00000000000000000001"],
  ].flat();
}

const SMALL_HEADERS = headersOf(SMALL.length);
const LARGE_HEADERS = headersOf(LARGE.length);
const STORED_HEADERS = ["content-length", "0", "etag", ETAG, "x-amz-request-id", "tx1"];

const server = http.createServer({ requestTimeout: 0 }, (request, response) => {
  response.sendDate = false;
  if (request.method === "PUT") {
    request.resume();
    request.once("end", () => response.writeHead(200, STORED_HEADERS).end());
    return;
  }
  const large = request.url?.startsWith("/bench/large/") ?? false;
  response.writeHead(200, large ? LARGE_HEADERS : SMALL_HEADERS).end(large ? LARGE : SMALL);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = `127.0.0.1:${portOf(server.address())}`;
  console.log(JSON.stringify({ msg: "listening", address }));
});
