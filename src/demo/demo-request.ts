import type { IncomingMessage } from "node:http";
import { DemoFault } from "./demo-fault.ts";
import type { Query } from "./list-page.ts";

/** The parts of a request that the demo's store reads. */
export type DemoRequest = {
  readonly method: string;
  /** "" for the service itself. */
  readonly bucket: string;
  /** "" for the bucket itself. */
  readonly key: string;
  readonly query: Query;
  /** The headers by name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: IncomingMessage;
};

/** A document is no longer than that of the largest DeleteObjects. */
const DOCUMENT_MAX = 4 * 1024 * 1024;

export function readRequest(message: IncomingMessage): DemoRequest {
  const { method = "", url = "" } = message;
  const [path = "", text = ""] = url.split("?", 2);
  const [, bucket = "", ...rest] = path.split("/");
  const query = new Map<string, string>();
  for (const pair of text.split("&")) {
    const [name = "", value = ""] = pair.split("=", 2).map((part) => decode(part));
    // The AWS SDK for JavaScript adds its operation's name.
    if (name !== "" && name !== "x-id") query.set(name, value);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (typeof value === "string") headers[name] = value;
  }
  const key = decode(rest.join("/"));
  refuseUnknown(headers);
  return { method, bucket: decode(bucket), key, query, headers, body: message };
}

/** Returns the whole body, if it is a document. */
export async function documentOf({ body }: DemoRequest): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("a body without an encoding is of bytes");
    size += chunk.length;
    if (size > DOCUMENT_MAX) throw new DemoFault("MalformedXML");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Names after `x-amz-` that change nothing here, or that are acted on. */
const ACTED_ON =
  /^(?:content-sha256|copy-source|copy-source-range|date|meta-.+|metadata-directive|mp-object-size|security-token|user-agent|(?:sdk-)?checksum-.+|tagging|tagging-directive)$/;
/** The value of each header that only states the default. */
const AS_IT_IS: ReadonlyMap<string, string> = new Map([
  ["acl", "private"],
  ["storage-class", "STANDARD"],
]);

/** Refuses headers that this store cannot act on: nobody is to believe that an object is locked. */
function refuseUnknown(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith("x-amz-")) continue;
    const short = name.slice("x-amz-".length);
    if (ACTED_ON.test(short) || AS_IT_IS.get(short) === value) continue;
    throw new DemoFault("NotImplemented", `The demo's store does not implement ${name}`);
  }
  const encoding = headers["content-encoding"] ?? "";
  if (encoding.includes("aws-chunked")) throw new DemoFault("NotImplemented");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DemoFault("InvalidURI");
  }
}
