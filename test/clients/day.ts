import { createHash } from "node:crypto";

/**
 * The usual work of a day with an S3 store, as steps in order, with the outcome of each for every
 * client. A client reports the facts that it can see. Other outcomes of a client or the store are
 * in differences.ts, each with its reason.
 */
export const DAY = {
  "creates a bucket": { ok: true },
  "puts an object": { ok: true, etag: "9e107d9d372bb6826bd81d3542a419d6" },
  "gets an object": {
    ok: true,
    sha256: "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592",
    type: "text/plain",
    colour: "blue",
  },
  "heads an object": { ok: true, size: 43, type: "text/plain", colour: "blue" },
  "gets a range": { ok: true, text: "quick" },
  "gets the last bytes": { ok: true, text: "dog" },
  "gets an unsatisfiable range": { ok: false, code: "InvalidRange" },
  "gets a missing key": { ok: false, code: "NoSuchKey" },
  "gets from a missing bucket": { ok: false, code: "NoSuchBucket" },
  "gets unless unchanged": { ok: false, code: "304" },
  "puts an empty object": { ok: true, size: 0 },
  "keeps odd keys": { ok: true, wrong: [] },
  "lists in pages": {
    ok: true,
    keys: ["page/0", "page/1", "page/2", "page/3", "page/4"],
    pages: 3,
  },
  "lists with a delimiter": { ok: true, keys: ["tree/leaf"], prefixes: ["tree/branch/"] },
  "copies an object": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
  "copies with new metadata": { ok: true, colour: "green" },
  "uploads 64 MB in parts": { ok: true, size: 67_108_864, intact: true, located: true },
  "copies a part": { ok: true, text: "quick" },
  "aborts a multipart upload": { ok: true, parts: 1, before: 1, after: 0 },
  "uploads a stream": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
  "uploads with trailing checksums": { ok: true, wrong: [], encoding: "" },
  "presigns a GET": {
    ok: true,
    status: 200,
    text: "The quick brown fox jumps over the lazy dog",
  },
  "presigns a GET with a response header": { ok: true, status: 200, disposition: "attachment" },
  "presigns a PUT": { ok: true, status: 200, text: "The quick brown fox jumps over the lazy dog" },
  "tampers with a presigned URL": { ok: false, status: 403, code: "SignatureDoesNotMatch" },
  "posts a browser form": {
    ok: true,
    status: 204,
    text: "The quick brown fox jumps over the lazy dog",
  },
  "posts a form against its policy": { ok: false, status: 403 },
  "keeps versions": { ok: true, versions: 2, old: "one", markers: 1, left: 0 },
  "deletes several objects": { ok: true, deleted: ["page/0", "page/1", "page/2"] },
  "tags an object": { ok: true, tags: ["colour=blue"] },
  "tags a bucket": { ok: true, tags: ["colour=blue"] },
  "opens an object by ACL": { ok: true, closed: 403, open: 200 },
  "answers a CORS preflight": { ok: true, status: 200, origin: "https://example.org" },
  "sets a lifecycle": { ok: true, days: 7 },
  "opens a prefix by bucket policy": { ok: true, closed: 403, open: 200 },
  "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
  "uses an unknown key": { ok: false, code: "InvalidAccessKeyId" },
  "finds a bucket by its host name": {
    ok: true,
    text: "The quick brown fox jumps over the lazy dog",
  },
  "deletes a bucket that is not empty": { ok: false, code: "BucketNotEmpty" },
  "deletes everything": { ok: true, left: 0 },
} as const satisfies Record<string, Outcome>;

export type StepName = keyof typeof DAY;

/**
 * The outcome of a step: `ok`, the S3 error `code` if not, and everything else that the client saw.
 */
export type Outcome = {
  readonly ok: boolean;
  readonly [fact: string]: string | number | boolean | readonly string[];
};

/** The facts seen in a successful step. */
export type Facts = Readonly<Record<string, Outcome[string]>>;

/** A place to work: the store itself, or the gateway in front of it. */
export type Site = {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The domain below which bucket names are host names; they need not resolve. */
  readonly domain: string;
  /** A bucket name that nobody else uses; `${bucket}-versions` is free, too. */
  readonly bucket: string;
  /** An empty folder. */
  readonly scratch: string;
  /** A file of 64 MiB. */
  readonly large: string;
  readonly largeSha256: string;
};

export const REGION = "us-east-1";

/** The object of most steps; its digests in DAY are the well-known ones of this sentence. */
export const FOX = "The quick brown fox jumps over the lazy dog";

/**
 * Keys that a decoder, a normalizer or a router might change; each is the name of an object as it
 * stands.
 */
export const ODD_KEYS = [
  "odd/a//b",
  "odd/../x",
  "odd/./y",
  "odd/a b+c",
  "odd/🪣 ä",
  "odd/%2F",
  "odd/%2e%2e/z",
  "odd/q?acl=1&b#c",
  "odd/~!*'();:@,$=",
  "odd/tail/",
  "?acl",
] as const;

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
