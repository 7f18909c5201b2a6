/**
 * The soak's store, a process of its own: answers everything at once, keeps nothing, and tells on
 * request what has come that never should have.
 */
import http from "node:http";
import { portOf } from "../../support/ports.ts";
import { isProbe } from "../../support/probe.ts";
import { BROKEN, NEVER } from "./requests.ts";

/** What the parent is told when it asks. */
export type Seen = {
  readonly port: number;
  readonly requests: number;
  /** Targets with the mark of what must not be forwarded. */
  readonly never: readonly string[];
  /** Uploads that could only be found out to be bad at their end, and ended well all the same. */
  readonly completed: readonly string[];
};

const BYTES = Buffer.alloc(1024 * 1024, "s3warden ");
const XML = { "content-type": "application/xml" };
const MISSING = "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>";

const never: string[] = [];
const completed: string[] = [];
let requests = 0;

const server = http.createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, serve);
server.listen(0, "127.0.0.1", () => {
  process.on("message", () => {
    const port = portOf(server.address());
    process.send?.({ port, requests, never, completed } satisfies Seen);
  });
});

function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
  if (!isProbe(request)) requests++;
  const { method = "", url = "" } = request;
  if (url.includes(NEVER)) never.push(`${method} ${url}`);
  request.resume();
  request.on("error", () => {});
  request.once("end", () => {
    if (url.includes(BROKEN) && request.complete) completed.push(`${method} ${url}`);
    answer(method, url, response);
  });
}

function answer(method: string, url: string, response: http.ServerResponse): void {
  switch (method) {
    case "GET":
      return give(url, response);
    case "HEAD":
      return void response.writeHead(200, { "content-length": "1234" }).end();
    case "DELETE":
      return void response.writeHead(204).end();
    case "POST":
      return void response.writeHead(200, XML).end(documentFor(url));
    default:
      return void response.writeHead(200, { etag: '"a"', "content-length": "0" }).end();
  }
}

/** `/bucket/bytes/COUNT` has so many bytes, of known length or in chunks. */
function give(url: string, response: http.ServerResponse): void {
  const bytes = /^\/bucket\/bytes\/(\d+)/.exec(url)?.[1];
  if (bytes === undefined) {
    const listed = url.startsWith("/bucket?");
    response.writeHead(listed ? 200 : 404, XML).end(listed ? "<ListBucketResult/>" : MISSING);
    return;
  }
  const count = Number(bytes);
  response.writeHead(200, count % 2 === 0 ? { "content-length": bytes } : {});
  if (count % 2 === 1) response.write(BYTES.subarray(0, 1));
  response.end(BYTES.subarray(count % 2, count));
}

function documentFor(url: string): string {
  if (url.includes("?delete"))
    return "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>";
  if (url.includes("?uploads")) return "<InitiateMultipartUploadResult/>";
  return "<CompleteMultipartUploadResult><Location>here</Location></CompleteMultipartUploadResult>";
}
