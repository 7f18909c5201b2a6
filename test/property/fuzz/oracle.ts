import { createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { NodeHash } from "../../support/node-hash.ts";
import type { Outgoing } from "../../support/signed.ts";
import { OWNER } from "./wire.ts";

/**
 * Returns true if the request is still as its credential signed it, judged by nothing of ours. The
 * AWS SDK's signer signs the same headers for the same time and scope, and must get the signature
 * in the request. `undefined` if it is not of Signature Version 4.
 */
export async function isSignedV4(request: Outgoing): Promise<boolean | undefined> {
  const shown = shownIn(request);
  if (shown === undefined) return undefined;
  const { date, region, service, names, signature, payload, query } = shown;
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId: OWNER.accessKey, secretAccessKey: OWNER.secretKey },
    sha256: NodeHash,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const headers: Record<string, string> = { "x-amz-content-sha256": payload };
  for (const name of names) {
    const values = valuesOf(request, name);
    if (values.length > 0) headers[name] = values.join(",");
  }
  // The signer adds the date as a header, wherever the request has it.
  const unsignable = [...Object.keys(headers), "x-amz-date"].filter(
    (name) => !names.includes(name),
  );
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: "http:",
      hostname: "s3.example.org",
      path: pathOf(request.target),
      query,
      headers,
    },
    {
      signingDate: dateOf(date),
      signableHeaders: new Set(names),
      unsignableHeaders: new Set(unsignable),
    },
  );
  return /Signature=([0-9a-f]{64})/.exec(signed.headers["authorization"] ?? "")?.[1] === signature;
}

/** Parameters that Version 2 signs ("Signing and authenticating REST requests", S3 User Guide). */
const SUBRESOURCES =
  /^(?:acl|cors|delete|lifecycle|location|logging|notification|partNumber|policy|requestPayment|response-.*|restore|tagging|torrent|uploadId|uploads|versionId|versioning|versions|website)$/;

/**
 * Does the same for Version 2, written from its own page. `undefined` if it is not of Version 2.
 */
export function isSignedV2(request: Outgoing): boolean | undefined {
  const query = queryOf(request.target);
  const [authorization = ""] = valuesOf(request, "authorization");
  // Another scheme beside a URL belongs to a web application: S3 ignores it.
  const inHeader = /^AWS [^:]*:(.*)$/.exec(authorization)?.[1];
  const shown = inHeader ?? query["Signature"]?.[0];
  if (shown === undefined) return undefined;
  const header = (name: string): string => valuesOf(request, name)[0] ?? "";
  const amz = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const amzLines = [...amz]
    .filter((name) => name.startsWith("x-amz-"))
    .sort()
    .map((name) => `${name}:${valuesOf(request, name).join(",")}\n`);
  const date = amz.has("x-amz-date") ? "" : header("date");
  const subresources = Object.entries(query)
    .filter(([name]) => SUBRESOURCES.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, [value = ""]]) => (value === "" ? name : `${name}=${value}`));
  const text = [
    request.method,
    header("content-md5"),
    header("content-type"),
    inHeader === undefined ? (query["Expires"]?.[0] ?? "") : date,
    amzLines.join("") + hostBucketOf(header("host")) + pathOf(request.target),
  ].join("\n");
  const more = subresources.length === 0 ? "" : `?${subresources.join("&")}`;
  const signature = createHmac("sha1", OWNER.secretKey).update(text + more, "latin1");
  return signature.digest("base64") === shown;
}

/** Returns `/bucket` if the bucket stands in the host. */
function hostBucketOf(host: string): string {
  const bucket = /^(.+)\.s3\.example\.org\.?(?::\d+)?$/i.exec(host)?.[1];
  return bucket === undefined ? "" : `/${bucket}`;
}

type Shown = {
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly names: readonly string[];
  readonly signature: string;
  readonly payload: string;
  /** The query, decoded. */
  readonly query: Readonly<Record<string, string[]>>;
};

/**
 * Reads the request's claims about its own signature, in its header or its query, as tolerantly as
 * possible.
 */
function shownIn(request: Outgoing): Shown | undefined {
  const query = queryOf(request.target);
  const [authorization] = valuesOf(request, "authorization");
  const inHeader = authorization?.startsWith("AWS4") ?? false;
  const value = (name: string): string =>
    inHeader
      ? (new RegExp(`${name}=([^,\\s]*)`).exec(authorization ?? "")?.[1] ?? "")
      : (query[`X-Amz-${name}`]?.[0] ?? "");
  const [, day = "", region = "", service = ""] = value("Credential").split("/");
  if (day === "") return undefined;
  const date = inHeader ? valuesOf(request, "x-amz-date")[0] : query["X-Amz-Date"]?.[0];
  const [payload = "UNSIGNED-PAYLOAD"] = valuesOf(request, "x-amz-content-sha256");
  return {
    date: date ?? "",
    region,
    service,
    names: value("SignedHeaders").split(";"),
    signature: value("Signature"),
    payload,
    query,
  };
}

/**
 * Returns names of headers that S3 wants signed, and that the request's signature does not cover.
 */
export function unsignedNames(request: Outgoing): readonly string[] {
  const signed = [...(shownIn(request)?.names ?? [])];
  const names = request.headers.map(([name]) => name.toLowerCase());
  const wanted = names.filter((name) => name === "host" || name.startsWith("x-amz-"));
  // Its value is a line of the signed text, whether its name is listed or not.
  signed.push("x-amz-content-sha256");
  return wanted.filter((name) => !signed.includes(name));
}

function valuesOf(request: Outgoing, name: string): readonly string[] {
  const found = request.headers.filter(([known]) => known.toLowerCase() === name);
  return found.map(([, value]) => value.replace(/^[ \t]+|[ \t]+$/g, ""));
}

function queryOf(target: string): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  const mark = target.indexOf("?");
  for (const piece of mark < 0 ? [] : target.slice(mark + 1).split("&")) {
    if (piece === "") continue;
    const [name = "", ...value] = piece.split("=");
    (query[decodeURIComponent(name)] ??= []).push(decodeURIComponent(value.join("=")));
  }
  return query;
}

/** `%2f` and `%61` are spellings of `%2F` and `a`. */
function pathOf(target: string): string {
  return (target.split("?")[0] ?? "").split("/").map(respelled).join("/");
}

function respelled(segment: string): string {
  return encodeURIComponent(decodeURIComponent(segment)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Reads a date of the form `YYYYMMDDTHHMMSSZ`. */
function dateOf(text: string): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
