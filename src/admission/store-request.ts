import { firstValue, hasHeader, type HeaderList } from "../http/headers.ts";
import { connectionOptions } from "../http/hop-by-hop.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { storePath, type BucketName } from "../s3/address.ts";
import { forwardedQuery } from "../s3/classify.ts";
import { copySourceHeader, parseCopySource } from "../s3/copy-source.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { writeTagging } from "../s3/tags.ts";
import { ECHOED_HEADERS } from "../s3/known-headers.ts";
import { amzDate } from "../signature/amz-date.ts";
import { signHead } from "../signature/sign.ts";
import { codingsOfContent } from "./plan-body.ts";
import type { Credential } from "../signature/credential.ts";
import { recordOf } from "./buckets.ts";
import type { Facts } from "./facts.ts";
import type { Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Caller, Subject } from "./subject.ts";
import type { StoreRequest } from "./verdict.ts";

/**
 * Standard fields with a meaning for a store (RFC 9110, RFC 9111, Fetch's CORS). Others, save the
 * known `x-amz-*`, stay behind: no signature need cover them, and stores and what stands before them
 * may give them a meaning of their own (`x-forwarded-for`, `cookie`, `x-http-method-override`).
 */
const FORWARDED: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "access-control-request-headers",
  "access-control-request-method",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-md5",
  "content-type",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "origin",
  "range",
  "referer",
  "user-agent",
]);

/**
 * Known `x-amz-*` fields that stay behind: those of the client's signature and framing are written
 * anew, the others mean nothing to a store.
 */
const KEPT_BACK: ReadonlySet<string> = new Set([
  ...ECHOED_HEADERS,
  "x-amz-cf-id",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-decoded-content-length",
  "x-amz-security-token",
  "x-amz-trailer",
]);

/** What the store is told of the body. */
export type StoreBody = {
  /** Content-MD5 of a document written anew, of which no checksum of the client's is true. */
  readonly md5: string | undefined;
  /** `x-amz-content-sha256` for the store. */
  readonly payload: string;
  /** Content-Length in bytes; undefined: no body. */
  readonly length: number | undefined;
  /** Whether aws-chunked framing was removed, so that nothing may speak of it any more. */
  readonly deframed: boolean;
  /** Fields that framing and signature need besides. */
  readonly headers: HeaderList;
};

/**
 * The head for the store: what was judged, written canonically, signed with the credential that the
 * store knows the caller by. Error: InvalidRequest where `Connection` names a field that counts.
 */
export function storeRequest(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  body: StoreBody,
  nowMs: number,
): Result<StoreRequest, Fault> {
  const { store } = snapshot;
  const { head, address, operation } = subject;
  const dropped = droppedByConnection(subject.headers);
  if (dropped !== undefined) {
    return err(fault("InvalidRequest", `The Connection header must not name "${dropped}"`));
  }
  if (
    store.addressing === "virtual" &&
    address.kind !== "service" &&
    address.bucket.tenant !== undefined
  ) {
    return err(fault("InvalidBucketName", "A tenant cannot be named to this store"));
  }
  const path = storePath(address, store.addressing);
  const query = forwardedQuery(operation, subject.query);
  const host =
    store.addressing === "virtual" && address.kind !== "service"
      ? `${address.bucket.name}.${store.authority}`
      : store.authority;
  const headers = ["host", host, ...forwarded(subject, body)];
  if (body.length !== undefined) headers.push("content-length", String(body.length));
  const signer = signerOf(snapshot, subject, facts);
  if (!signer.ok) return signer;
  const credential = credentialOf(signer.value, headers);
  if (credential !== undefined) {
    headers.push("x-amz-date", amzDate(nowMs), "x-amz-content-sha256", body.payload);
    const request = { method: head.method, path, query, headers };
    headers.push("authorization", signHead(request, credential, store.region, snapshot.ring));
  }
  const target = query === "" ? path : `${path}?${query}`;
  return ok({ method: head.method, target, headers, signedBy: signedBy(signer.value) });
}

function forwarded({ headers, values }: Subject, body: StoreBody): string[] {
  const out: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!isForwarded(name)) continue;
    if (body.deframed && name === "x-amz-sdk-checksum-algorithm") continue;
    if (body.md5 !== undefined && isChecksum(name)) continue;
    const value = valueFor(name, headers[i + 1] ?? "", body, values);
    if (value !== "") out.push(name, value);
  }
  if (body.md5 !== undefined) out.push("content-md5", body.md5);
  out.push(...body.headers);
  return out;
}

function isChecksum(name: string): boolean {
  return (
    name === "content-md5" ||
    name.startsWith("x-amz-checksum-") ||
    name === "x-amz-sdk-checksum-algorithm"
  );
}

function isForwarded(name: string): boolean {
  return FORWARDED.has(name) || (name.startsWith("x-amz-") && !KEPT_BACK.has(name));
}

function valueFor(name: string, value: string, body: StoreBody, values: Subject["values"]): string {
  switch (name) {
    case "x-amz-tagging":
      // Ceph takes a `+` for itself and S3 for a space: the store must read what was judged.
      return values?.objectTags === undefined ? value : writeTagging(values.objectTags);
    case "content-encoding":
      return body.deframed ? withoutFraming(value, body) : value;
    case "x-amz-copy-source":
    case "x-amz-rename-source":
      return canonicalSource(value);
    default:
      return value;
  }
}

/** Empty, and so not sent, where nothing is left or `body` brings a field of its own. */
function withoutFraming(value: string, body: StoreBody): string {
  if (hasHeader(body.headers, "content-encoding")) return "";
  return codingsOfContent(value).join(",");
}

/** Written from the parsed source, so that the store reads what policy judged. */
function canonicalSource(value: string): string {
  const source = parseCopySource(value);
  if (!source.ok) throw new Error("An admitted copy source does not parse");
  return copySourceHeader(source.value);
}

/** A field that `Connection` declares hop-by-hop would be dropped by a strict reader. */
function droppedByConnection(headers: HeaderList): string | undefined {
  const connection = firstValue(headers, "connection");
  if (connection === undefined) return undefined;
  return connectionOptions(connection).find((name) => isForwarded(name) || name === "host");
}

/** In whose name the store is asked. */
type Signer =
  /** Goes unsigned: the store judges anonymous requests itself. */
  | { readonly kind: "nobody" }
  | { readonly kind: "account"; readonly credential: Credential }
  | { readonly kind: "client"; readonly key: Key };

/**
 * Whom a bucket's policy lets in reaches it as its owner; everything else goes in the caller's own
 * name. Error: AccessDenied where no one credential reaches all that the request names.
 */
function signerOf(snapshot: Snapshot, subject: Subject, facts: Facts): Result<Signer, Fault> {
  const { caller, address } = subject;
  // What report mode lets pass without an allowance gets nobody else's rights.
  if (facts.reported || facts.actor === undefined || facts.actor === "caller") {
    return ok(asCaller(caller));
  }
  if (address.kind === "service") return ok(asCaller(caller));
  const owner = recordOf(snapshot, subject, address.bucket)?.owner;
  const source = sourceBucket(subject);
  const other = source && recordOf(snapshot, subject, source)?.owner;
  if (facts.actor === "both" || (source !== undefined && other !== owner)) {
    // The store may open the one part to everybody, and judges the other itself.
    if (caller.kind === "anonymous") return ok(asCaller(caller));
    return err(fault("AccessDenied", TWO_OWNERS));
  }
  if (owner?.upstream === undefined) return ok({ kind: "nobody" });
  return ok({ kind: "account", credential: owner.upstream });
}

const TWO_OWNERS =
  "What is asked for belongs to different accounts of the store, which no one credential reaches";

function sourceBucket({ headers }: Subject): BucketName | undefined {
  const text = firstValue(headers, "x-amz-copy-source");
  const source = text === undefined ? undefined : parseCopySource(text);
  return source?.ok === true ? source.value.bucket : undefined;
}

function asCaller(caller: Caller): Signer {
  if (caller.kind === "anonymous") return { kind: "nobody" };
  const { key } = caller;
  const { upstream } = key.account;
  if (upstream === undefined) return { kind: "client", key };
  return { kind: "account", credential: upstream };
}

function signedBy(signer: Signer): StoreRequest["signedBy"] {
  return signer.kind === "account" ? "gateway" : signer.kind;
}

function credentialOf(signer: Signer, headers: string[]): Credential | undefined {
  switch (signer.kind) {
    case "nobody":
      return undefined;
    case "account":
      return signer.credential;
    case "client": {
      const { accessKeyId, secret, sessionToken } = signer.key;
      if (sessionToken !== undefined) headers.push("x-amz-security-token", sessionToken);
      return { accessKeyId, secret };
    }
  }
}
