import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { err } from "../lib/result.ts";
import { deleteReader } from "../s3/delete-objects.ts";
import type { OperationName } from "../s3/operations.ts";
import { xmlElement } from "../s3/xml.ts";
import { DemoFault, found } from "./demo-fault.ts";
import { documentOf, readRequest, type DemoRequest } from "./demo-request.ts";
import { bucketsPage, listPage, NAMESPACE, uploadsPage, type Query } from "./list-page.ts";
import { answerObject, conditionsOf, proveWritable, rangeOf } from "./object-answer.ts";
import { DemoBucket, type OpenUpload, type Piece, type StoredObject } from "./objects.ts";

/** A store for trying things out. It checks no signatures: only the gateway may reach it. */
export type DemoStore = {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
};

/**
 * The operations of the store besides those of every store. It refuses all others, and does
 * nothing.
 */
export const DEMO_OPERATIONS: readonly OperationName[] = [
  "ListMultipartUploads",
  "ListParts",
  "UploadPartCopy",
];

/** Starts the store on a free port of loopback, its objects as files below `directory`. */
export async function startDemoStore(directory: string): Promise<DemoStore> {
  mkdirSync(directory, { recursive: true });
  const store = new Store(directory);
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    void store.answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Not listening on a port");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

type Serve = (request: DemoRequest, response: ServerResponse) => Promise<void> | void;

/** A form of a request: parameters that it needs, and others that it may have. */
type Route = {
  readonly needs: readonly string[];
  readonly takes?: readonly string[];
  readonly serve: Serve;
};

const LISTING = ["delimiter", "encoding-type", "max-keys", "prefix"];
const RESPONSE = [
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
];
const KEPT_HEADERS =
  /^(?:cache-control|content-(?:disposition|encoding|language|type)|expires|x-amz-meta-.+)$/;

class Store {
  readonly #root: string;
  readonly #buckets = new Map<string, DemoBucket>();
  readonly #routes: ReadonlyMap<string, readonly Route[]>;

  constructor(root: string) {
    this.#root = root;
    for (const name of readdirSync(root).toSorted()) {
      const bucket = DemoBucket.read(root, name);
      if (bucket !== undefined) this.#buckets.set(name, bucket);
    }
    this.#routes = this.#table();
  }

  async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = readRequest(message);
      await this.#routeOf(request)(request, response);
    } catch (error) {
      refuse(error, message, response);
    }
  }

  /** Returns the route for exactly the request: a parameter that no route has refuses it. */
  #routeOf({ method, bucket, key, query }: DemoRequest): Serve {
    const level = bucket === "" ? "service" : key === "" ? "bucket" : "object";
    const route = this.#routes.get(`${method} ${level}`)?.find(({ needs, takes = [] }) => {
      const allowed = new Set([...needs, ...takes]);
      return (
        needs.every((name) => query.has(name)) &&
        [...query.keys()].every((name) => allowed.has(name))
      );
    });
    return found(route, "NotImplemented").serve;
  }

  /** The whole of what this store does. */
  #table(): ReadonlyMap<string, readonly Route[]> {
    const object: Route = {
      needs: [],
      takes: ["partNumber", ...RESPONSE],
      serve: (request, response) => answerObject(request, this.#bucketOf(request), response),
    };
    const upload = ["uploadId"];
    const part = ["partNumber", "uploadId"];
    return new Map<string, readonly Route[]>([
      [
        "GET service",
        [
          {
            needs: [],
            takes: ["bucket-region", "continuation-token", "max-buckets", "prefix"],
            serve: (request, response) => this.#listBuckets(request, response),
          },
        ],
      ],
      ["PUT bucket", [{ needs: [], serve: (...both) => this.#createBucket(...both) }]],
      ["HEAD bucket", [{ needs: [], serve: (...both) => this.#headBucket(...both) }]],
      ["DELETE bucket", [{ needs: [], serve: (...both) => this.#deleteBucket(...both) }]],
      [
        "GET bucket",
        [
          { needs: ["location"], serve: (...both) => this.#location(...both) },
          {
            needs: ["uploads"],
            takes: ["encoding-type", "max-uploads", "prefix"],
            serve: (request, response) =>
              answerXml(response, uploadsPage(this.#bucketOf(request), request.query)),
          },
          {
            needs: ["list-type"],
            takes: [...LISTING, "continuation-token", "fetch-owner", "start-after"],
            serve: (...both) => this.#list(...both),
          },
          { needs: [], takes: [...LISTING, "marker"], serve: (...both) => this.#list(...both) },
        ],
      ],
      ["POST bucket", [{ needs: ["delete"], serve: (...both) => this.#deleteObjects(...both) }]],
      [
        "GET object",
        [
          {
            needs: upload,
            takes: ["max-parts", "part-number-marker"],
            serve: (...both) => this.#listParts(...both),
          },
          object,
        ],
      ],
      ["HEAD object", [object]],
      [
        "PUT object",
        [
          { needs: part, serve: (...both) => this.#putPart(...both) },
          { needs: [], serve: (...both) => this.#putObject(...both) },
        ],
      ],
      [
        "POST object",
        [
          { needs: ["uploads"], serve: (...both) => this.#beginUpload(...both) },
          { needs: upload, serve: (...both) => this.#completeUpload(...both) },
        ],
      ],
      [
        "DELETE object",
        [
          { needs: upload, serve: (...both) => this.#abortUpload(...both) },
          { needs: [], serve: (...both) => this.#deleteObject(...both) },
        ],
      ],
    ]);
  }

  #bucketOf({ bucket }: DemoRequest): DemoBucket {
    return found(this.#buckets.get(bucket), "NoSuchBucket");
  }

  #listBuckets({ query }: DemoRequest, response: ServerResponse): void {
    const all = [...this.#buckets.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    answerXml(response, bucketsPage(all, query));
  }

  async #createBucket(request: DemoRequest, response: ServerResponse): Promise<void> {
    await documentOf(request);
    const { bucket } = request;
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
      throw new DemoFault("InvalidBucketName");
    if (this.#buckets.has(bucket)) throw new DemoFault("BucketAlreadyOwnedByYou");
    this.#buckets.set(bucket, DemoBucket.make(this.#root, bucket, Date.now()));
    response.writeHead(200, { location: `/${bucket}` }).end();
  }

  #headBucket(request: DemoRequest, response: ServerResponse): void {
    this.#bucketOf(request);
    response.writeHead(200).end();
  }

  #deleteBucket(request: DemoRequest, response: ServerResponse): void {
    const bucket = this.#bucketOf(request);
    if (bucket.keys().length > 0) throw new DemoFault("BucketNotEmpty");
    bucket.destroy();
    this.#buckets.delete(bucket.name);
    response.writeHead(204).end();
  }

  #location(request: DemoRequest, response: ServerResponse): void {
    this.#bucketOf(request);
    answerXml(response, `<LocationConstraint ${NAMESPACE}/>`);
  }

  #list(request: DemoRequest, response: ServerResponse): void {
    answerXml(response, listPage(this.#bucketOf(request), request.query));
  }

  async #deleteObjects(request: DemoRequest, response: ServerResponse): Promise<void> {
    const bucket = this.#bucketOf(request);
    const { reader, end } = deleteReader();
    const wrong = reader.push(Buffer.from(await documentOf(request)));
    const read = wrong === undefined ? end() : err(wrong);
    if (!read.ok) throw new DemoFault("MalformedXML", read.error.message);
    const { quiet, entries } = read.value;
    const said = entries.map(({ key, versionId, eTag, lastModifiedTime, size }) => {
      if ([versionId, eTag, lastModifiedTime, size].some((condition) => condition !== undefined)) {
        const fault = new DemoFault("NotImplemented");
        const code = xmlElement("Code", fault.code) + xmlElement("Message", fault.message);
        return `<Error>${xmlElement("Key", key)}${code}</Error>`;
      }
      bucket.remove(key);
      return quiet ? "" : `<Deleted>${xmlElement("Key", key)}</Deleted>`;
    });
    answerXml(response, `<DeleteResult ${NAMESPACE}>${said.join("")}</DeleteResult>`);
  }

  async #putObject(request: DemoRequest, response: ServerResponse): Promise<void> {
    const bucket = this.#bucketOf(request);
    if (request.headers["x-amz-copy-source"] !== undefined) {
      return this.#copyObject(request, bucket, response);
    }
    const piece = await received(bucket, request);
    try {
      proveWritable(bucket.get(request.key), request.headers);
    } catch (error) {
      bucket.discard([piece]);
      throw error;
    }
    bucket.put(objectOf(request.key, [piece], piece.md5, keptOf(request.headers)));
    response.writeHead(200, { etag: `"${piece.md5}"` }).end();
  }

  async #copyObject(
    { key, headers }: DemoRequest,
    bucket: DemoBucket,
    response: ServerResponse,
  ): Promise<void> {
    const { bucket: from, object } = this.#sourceOf(headers);
    const replaces = headers["x-amz-metadata-directive"] === "REPLACE";
    const piece = await bucket.write(from.read(object, 0, object.size - 1));
    try {
      proveWritable(bucket.get(key), headers);
    } catch (error) {
      bucket.discard([piece]);
      throw error;
    }
    const copy = objectOf(key, [piece], piece.md5, replaces ? keptOf(headers) : object.headers);
    bucket.put(copy);
    answerXml(response, copyResult("CopyObjectResult", copy.etag, copy.modifiedMs));
  }

  #sourceOf(headers: DemoRequest["headers"]): {
    readonly bucket: DemoBucket;
    readonly object: StoredObject;
  } {
    const source = headers["x-amz-copy-source"] ?? "";
    // No object here has versions.
    if (source.includes("?")) throw new DemoFault("NotImplemented");
    const [name = "", ...rest] = decodeURIComponent(source.replace(/^\//, "")).split("/");
    const bucket = found(this.#buckets.get(name), "NoSuchBucket");
    const object = found(bucket.get(rest.join("/")), "NoSuchKey");
    if (conditionsOf(object, headers, "x-amz-copy-source-") === "not modified") {
      throw new DemoFault("PreconditionFailed");
    }
    return { bucket, object };
  }

  #deleteObject(request: DemoRequest, response: ServerResponse): void {
    const bucket = this.#bucketOf(request);
    const object = bucket.get(request.key);
    if (request.headers["if-match"] !== undefined) proveWritable(object, request.headers);
    bucket.remove(request.key);
    response.writeHead(204).end();
  }

  #beginUpload(request: DemoRequest, response: ServerResponse): void {
    const bucket = this.#bucketOf(request);
    const { key, headers } = request;
    const id = randomUUID();
    const upload = { id, key, beganMs: Date.now(), headers: keptOf(headers), parts: new Map() };
    bucket.uploads.set(id, upload);
    const elements = [
      xmlElement("Bucket", bucket.name),
      xmlElement("Key", key),
      xmlElement("UploadId", id),
    ];
    const result = elements.join("");
    answerXml(
      response,
      `<InitiateMultipartUploadResult ${NAMESPACE}>${result}</InitiateMultipartUploadResult>`,
    );
  }

  #uploadOf(request: DemoRequest): OpenUpload {
    const upload = this.#bucketOf(request).uploads.get(request.query.get("uploadId") ?? "");
    return found(upload?.key === request.key ? upload : undefined, "NoSuchUpload");
  }

  async #putPart(request: DemoRequest, response: ServerResponse): Promise<void> {
    const bucket = this.#bucketOf(request);
    const upload = this.#uploadOf(request);
    const number = Number(request.query.get("partNumber"));
    if (!Number.isInteger(number) || number < 1 || number > 10_000) {
      throw new DemoFault("InvalidArgument");
    }
    const isCopy = request.headers["x-amz-copy-source"] !== undefined;
    const piece = isCopy ? await this.#copied(bucket, request) : await received(bucket, request);
    const before = upload.parts.get(number);
    if (before !== undefined) bucket.discard([before]);
    const modifiedMs = Date.now();
    upload.parts.set(number, { ...piece, modifiedMs });
    if (isCopy) answerXml(response, copyResult("CopyPartResult", piece.md5, modifiedMs));
    else response.writeHead(200, { etag: `"${piece.md5}"` }).end();
  }

  #copied(to: DemoBucket, { headers }: DemoRequest): Promise<Piece> {
    const { bucket, object } = this.#sourceOf(headers);
    const range = rangeOf(headers["x-amz-copy-source-range"], object.size);
    return to.write(bucket.read(object, range?.start ?? 0, range?.end ?? object.size - 1));
  }

  async #completeUpload(request: DemoRequest, response: ServerResponse): Promise<void> {
    const bucket = this.#bucketOf(request);
    const upload = this.#uploadOf(request);
    const wanted = partsIn(await documentOf(request));
    proveWritable(bucket.get(upload.key), request.headers);
    const pieces = wanted.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      return found(part?.md5 === etag ? part : undefined, "InvalidPart");
    });
    const isSorted = wanted.every(({ number }, i) => number > (wanted[i - 1]?.number ?? 0));
    if (!isSorted) throw new DemoFault("InvalidPartOrder");
    const digests = pieces.map(({ md5 }) => Buffer.from(md5, "hex"));
    const md5 = createHash("md5").update(Buffer.concat(digests)).digest("hex");
    bucket.uploads.delete(upload.id);
    const kept = new Set(pieces.map(({ file }) => file));
    bucket.discard([...upload.parts.values()].filter(({ file }) => !kept.has(file)));
    const object = objectOf(upload.key, pieces, `${md5}-${pieces.length}`, upload.headers);
    bucket.put(object);
    const elements = [
      xmlElement("Location", `/${bucket.name}/${encodeURIComponent(upload.key)}`),
      xmlElement("Bucket", bucket.name),
      xmlElement("Key", upload.key),
      xmlElement("ETag", `"${object.etag}"`),
    ];
    const result = elements.join("");
    answerXml(
      response,
      `<CompleteMultipartUploadResult ${NAMESPACE}>${result}</CompleteMultipartUploadResult>`,
    );
  }

  #abortUpload(request: DemoRequest, response: ServerResponse): void {
    const upload = this.#uploadOf(request);
    const bucket = this.#bucketOf(request);
    bucket.uploads.delete(upload.id);
    bucket.discard(upload.parts.values());
    response.writeHead(204).end();
  }

  #listParts(request: DemoRequest, response: ServerResponse): void {
    const { id, key, parts } = this.#uploadOf(request);
    const { from, max } = partsWanted(request.query);
    const all = [...parts].toSorted(([a], [b]) => a - b).filter(([number]) => number > from);
    const rows = all
      .slice(0, max)
      .map(
        ([number, { size, md5, modifiedMs }]) =>
          `<Part>${xmlElement("PartNumber", String(number))}${xmlElement("LastModified", new Date(modifiedMs).toISOString())}` +
          `${xmlElement("ETag", `"${md5}"`)}${xmlElement("Size", String(size))}</Part>`,
      );
    const next = all[max - 1]?.[0];
    const isCut = all.length > max;
    const elements = [
      xmlElement("Bucket", request.bucket),
      xmlElement("Key", key),
      xmlElement("UploadId", id),
      xmlElement("IsTruncated", String(isCut)),
      isCut ? xmlElement("NextPartNumberMarker", String(next)) : "",
      ...rows,
    ];
    answerXml(response, `<ListPartsResult ${NAMESPACE}>${elements.join("")}</ListPartsResult>`);
  }
}

function partsWanted(query: Query): { readonly from: number; readonly max: number } {
  const max = Math.min(Number(query.get("max-parts") ?? 1000), 1000);
  return { from: Number(query.get("part-number-marker") ?? 0), max };
}

/** The body as bytes on disk, if it is what its Content-MD5 says. */
async function received(bucket: DemoBucket, { body, headers }: DemoRequest): Promise<Piece> {
  const piece = await bucket.write(body);
  const said = headers["content-md5"];
  if (said === undefined || Buffer.from(piece.md5, "hex").toString("base64") === said) return piece;
  bucket.discard([piece]);
  throw new DemoFault("BadDigest");
}

function objectOf(
  key: string,
  pieces: readonly Piece[],
  etag: string,
  headers: StoredObject["headers"],
): StoredObject {
  const size = pieces.reduce((sum, piece) => sum + piece.size, 0);
  const stored = pieces.map(({ file, size: of, md5 }) => ({ file, size: of, md5 }));
  return { key, etag, size, modifiedMs: Date.now(), headers, pieces: stored };
}

function keptOf(headers: DemoRequest["headers"]): StoredObject["headers"] {
  const kept = Object.entries(headers).filter(([name]) => KEPT_HEADERS.test(name));
  return { "content-type": "binary/octet-stream", ...Object.fromEntries(kept) };
}

/** The parts of a CompleteMultipartUpload document, which the gateway has read and written anew. */
function partsIn(document: string): readonly { readonly number: number; readonly etag: string }[] {
  const parts = [...document.matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, part = ""]) => {
    const [, number = ""] = /<PartNumber>\s*(\d+)\s*<\/PartNumber>/.exec(part) ?? [];
    const [, etag = ""] = /<ETag>\s*(?:"|&quot;|&#34;)?([0-9a-f]+)/.exec(part) ?? [];
    return { number: Number(number), etag };
  });
  if (parts.length === 0) throw new DemoFault("MalformedXML");
  return parts;
}

function copyResult(root: string, etag: string, modifiedMs: number): string {
  const modified = xmlElement("LastModified", new Date(modifiedMs).toISOString());
  return `<${root} ${NAMESPACE}>${modified}${xmlElement("ETag", `"${etag}"`)}</${root}>`;
}

function answerXml(response: ServerResponse, document: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${document}`;
  response.writeHead(200, {
    "content-type": "application/xml",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** A fault becomes its error; whatever else was thrown, a 500 or a broken connection. */
function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent || request.socket.destroyed) return void response.destroy();
  const fault = error instanceof DemoFault ? error : new DemoFault("InternalError");
  const body = request.method === "HEAD" ? "" : fault.document();
  // A body that nobody reads any more would be taken for the next request.
  if (!request.complete) response.setHeader("connection", "close");
  const headers = { "content-type": "application/xml", "content-length": Buffer.byteLength(body) };
  response.writeHead(fault.status, headers).end(body);
}
