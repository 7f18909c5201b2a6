import type { QueryParameter } from "../http/target.ts";
import { compare } from "./canonical.ts";

/**
 * The query parameters that a signature of version 2 covers: those of AWS's page "Signing and
 * authenticating REST requests", and those that RGW and botocore sign too. A client that leaves one
 * of them out of its signature is refused, which is the safe side.
 */
const SIGNED: ReadonlySet<string> = new Set([
  "accelerate",
  "acl",
  "analytics",
  "cors",
  "delete",
  "encryption",
  "inventory",
  "lifecycle",
  "location",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "partNumber",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "replication",
  "requestPayment",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "restore",
  "select",
  "select-type",
  "storageClass",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
]);

/** Parameters that may stand unsigned beside them: they carry the credential or shape a listing. */
const UNSIGNED: ReadonlySet<string> = new Set([
  "AWSAccessKeyId",
  "Expires",
  "Signature",
  "continuation-token",
  "delimiter",
  "encoding-type",
  "fetch-owner",
  "key-marker",
  "list-type",
  "marker",
  "max-keys",
  "max-parts",
  "max-uploads",
  "part-number-marker",
  "prefix",
  "start-after",
  "upload-id-marker",
  "version-id-marker",
  "x-id",
]);

/**
 * Returns the first parameter that a signature of version 2 leaves open and that could change what
 * the request does, so that the holder of a presigned URL could add it; `undefined` if there is
 * none.
 */
export function uncoveredParameter(query: readonly QueryParameter[]): string | undefined {
  for (const { name } of query) {
    // `x-amz-…` parameters of a presigned URL are signed as the headers they stand for.
    if (!SIGNED.has(name) && !UNSIGNED.has(name) && !name.startsWith("x-amz-")) return name;
  }
  return undefined;
}

/**
 * The first signed parameter whose value reads like further signed ones. Values are signed decoded and
 * joined by `&`, so a link signed for `?response-expires=x&versionId=v` also fits
 * `?response-expires=x%26versionId%3Dv`, which is another version of the object. Undefined: none.
 */
export function ambiguousParameter(query: readonly QueryParameter[]): string | undefined {
  for (const { name, value } of query) {
    if (SIGNED.has(name) && value.includes("&") && namesSigned(value)) return name;
  }
  return undefined;
}

/**
 * Returns true if text after a `&` names a signed parameter. Other text, such as "R&D.pdf", can
 * only be read in one way.
 */
function namesSigned(value: string): boolean {
  const [, ...further] = value.split("&");
  return further.some((piece) => SIGNED.has(piece.split("=", 1)[0] ?? ""));
}

/**
 * The CanonicalizedResource: the bucket if it stands in the Host header, the path as sent, and the
 * signed parameters sorted by name with their decoded values, as bytes of UTF-8.
 */
export function canonicalResource(
  hostBucket: string | undefined,
  path: string,
  query: readonly QueryParameter[],
): string {
  const resource = hostBucket === undefined ? path : `/${hostBucket}${path}`;
  const signed = query.filter(({ name }) => SIGNED.has(name));
  if (signed.length === 0) return resource;
  signed.sort((a, b) => compare(a.name, b.name));
  return `${resource}?${signed.map(asText).join("&")}`;
}

function asText({ name, value }: QueryParameter): string {
  // Values are signed as they mean, not as they are encoded.
  return value === "" ? name : `${name}=${Buffer.from(value, "utf8").toString("latin1")}`;
}
