import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";

/**
 * Makes signatures of version 4 and 2 independently of src/, with `createHmac` and string
 * templates. So each part of a request can be made wrong without a change of any other part.
 */

export type Header = readonly [name: string, value: string];

/** A request as it will be sent. */
export type Outgoing = {
  readonly method: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
};

export type KeyPair = { readonly accessKey: string; readonly secretKey: string };

/** The scope and time of a V4 signature. */
export type V4Scope = {
  /** The time as `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  /** The date of the credential's scope; that of `timestamp` if absent. */
  readonly date?: string;
  readonly region?: string;
  readonly service?: string;
  readonly terminator?: string;
  /** Headers that are left out of SignedHeaders. */
  readonly unsigned?: readonly string[];
  /** The seconds for which a presigned URL is valid. */
  readonly expires?: string;
};

const UNSIGNED = "UNSIGNED-PAYLOAD";
export const sha256 = (bytes: string | Buffer): string =>
  createHash("sha256").update(bytes).digest("hex");
export const md5 = (bytes: string | Buffer): string =>
  createHash("md5").update(bytes).digest("base64");
const hmac = (key: string | Buffer | KeyObject, text: string): Buffer =>
  createHmac("sha256", key).update(text, "latin1").digest();

/** Returns `ms` since the epoch as `YYYYMMDDTHHMMSSZ`. */
export function timestampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** Returns the bytes of a request; header values and target are latin1. */
export function bytesOf({ method, target, headers, body }: Outgoing): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `${method} ${target} HTTP/1.1\r\n${lines}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

/** Returns `request` with an `Authorization: AWS4-HMAC-SHA256 …` over all its headers so far. */
export function signV4(request: Outgoing, key: KeyPair, scope: V4Scope): Outgoing {
  const dated = plus(request, ["x-amz-date", scope.timestamp]);
  const payload = valueOf(dated, "x-amz-content-sha256");
  const full =
    payload === undefined ? plus(dated, ["x-amz-content-sha256", sha256(request.body)]) : dated;
  const { names, signature } = signatureV4(full, key, scope, payload ?? sha256(request.body));
  const value =
    `AWS4-HMAC-SHA256 Credential=${key.accessKey}/${scopeText(scope)}, ` +
    `SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return plus(full, ["authorization", value]);
}

/** Returns `request` with its signature in the query, over all its headers. */
export function presignV4(
  request: Outgoing,
  key: KeyPair,
  scope: V4Scope,
  payload = UNSIGNED,
): Outgoing {
  const parameters = [
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${key.accessKey}/${scopeText(scope)}`],
    ["X-Amz-Date", scope.timestamp],
    ["X-Amz-Expires", scope.expires ?? "300"],
    ["X-Amz-SignedHeaders", signedNames(request, scope).join(";")],
  ].map(([name = "", value = ""]) => `${name}=${encode(value)}`);
  const target = withQuery(request.target, parameters.join("&"));
  const { signature } = signatureV4({ ...request, target }, key, scope, payload);
  return { ...request, target: `${target}&X-Amz-Signature=${signature}` };
}

/** The signing key of a scope, for chunk signatures and forms. */
export function signingKey(secret: string, scope: V4Scope): KeyObject {
  const [date = "", ...rest] = scopeText(scope).split("/");
  const name = JSON.stringify([secret, date, ...rest]);
  const known = signingKeys.get(name);
  if (known !== undefined) return known;
  let derived = hmac(`AWS4${secret}`, date);
  for (const part of rest) derived = hmac(derived, part);
  const key = createSecretKey(derived);
  signingKeys.set(name, key);
  return key;
}

/**
 * The signing keys by secret and scope: tests sign 100,000 requests with a few keys, and four of five
 * HMACs are these. Node takes four times as long for an HMAC whose key is a Buffer.
 */
const signingKeys = new Map<string, KeyObject>();

/** `date/region/service/aws4_request`. */
export function scopeText(scope: V4Scope): string {
  const { timestamp, date = timestamp.slice(0, 8), region = "us-east-1" } = scope;
  return `${date}/${region}/${scope.service ?? "s3"}/${scope.terminator ?? "aws4_request"}`;
}

export function hmacHex(key: KeyObject, text: string): string {
  return hmac(key, text).toString("hex");
}

/** Returns `request` with an `Authorization: AWS …` of version 2 over `Date` and the path alone. */
export function signV2(request: Outgoing, key: KeyPair, date: string): Outgoing {
  const dated = plus(request, ["date", date]);
  const signature = signatureV2(dated, key, date);
  return plus(dated, ["authorization", `AWS ${key.accessKey}:${signature}`]);
}

/** Returns `request` as a URL of version 2; `expires` in seconds since the epoch. */
export function presignV2(request: Outgoing, key: KeyPair, expires: string): Outgoing {
  const signature = encode(signatureV2(request, key, expires));
  const query = `AWSAccessKeyId=${key.accessKey}&Expires=${expires}&Signature=${signature}`;
  return { ...request, target: withQuery(request.target, query) };
}

/** Returns `request` with more headers after its own. */
export function plus(request: Outgoing, ...headers: readonly Header[]): Outgoing {
  return { ...request, headers: [...request.headers, ...headers] };
}

export function without(request: Outgoing, name: string): Outgoing {
  return { ...request, headers: request.headers.filter(([known]) => known !== name) };
}

/** Returns `request` with `change` done to the value of header `name`, which must exist. */
export function edited(
  request: Outgoing,
  name: string,
  change: (value: string) => string,
): Outgoing {
  const value = valueOf(request, name);
  if (value === undefined) throw new Error(`The request has no ${name}`);
  const changed = change(value);
  if (changed === value) throw new Error(`Nothing was changed in ${name}`);
  const headers = request.headers.map((header): Header => {
    return header[0] === name ? [name, changed] : header;
  });
  return { ...request, headers };
}

/** Returns `request` with `change` done to its target, which must change. */
export function retargeted(request: Outgoing, change: (target: string) => string): Outgoing {
  const target = change(request.target);
  if (target === request.target) throw new Error("Nothing was changed in the target");
  return { ...request, target };
}

export function valueOf(request: Outgoing, name: string): string | undefined {
  return request.headers.find(([known]) => known === name)?.[1];
}

/** Returns the signature in an Authorization header that `signV4` wrote. */
export function signatureOf(request: Outgoing): string {
  return (valueOf(request, "authorization") ?? "").slice(-64);
}

function signatureV4(
  request: Outgoing,
  key: KeyPair,
  scope: V4Scope,
  payload: string,
): { readonly names: readonly string[]; readonly signature: string } {
  const [path = "", query = ""] = request.target.split("?");
  const names = signedNames(request, scope);
  const lines = names.map((name) => {
    const values = request.headers.filter(([known]) => known === name);
    return `${name}:${values.map(([, value]) => value.trim().replace(/ +/g, " ")).join(",")}\n`;
  });
  const canonical = [
    request.method,
    path,
    canonicalQuery(query),
    lines.join(""),
    names.join(";"),
    payload,
  ].join("\n");
  const digest = createHash("sha256").update(canonical, "latin1").digest("hex");
  const text = `AWS4-HMAC-SHA256\n${scope.timestamp}\n${scopeText(scope)}\n${digest}`;
  return { names, signature: hmacHex(signingKey(key.secretKey, scope), text) };
}

/** Returns the headers to sign: all but those that a client's HTTP library may still change. */
function signedNames(request: Outgoing, scope: V4Scope): readonly string[] {
  const left = ["content-length", "connection", "expect", "transfer-encoding", "user-agent"];
  const names = new Set(request.headers.map(([name]) => name));
  for (const name of [...left, ...(scope.unsigned ?? [])]) names.delete(name);
  return [...names].sort();
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").map((piece) => {
    const [name = "", ...value] = piece.split("=");
    return [name, value.join("=")] as const;
  });
  // Sorts by name, not as joined texts: `-` comes before `=`.
  const order = ([a, x]: readonly string[], [b, y]: readonly string[]): number =>
    `${a}\0${x}` < `${b}\0${y}` ? -1 : 1;
  return pairs
    .toSorted(order)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function signatureV2(request: Outgoing, key: KeyPair, time: string): string {
  const header = (name: string): string => valueOf(request, name) ?? "";
  const amz = request.headers
    .filter(([name]) => name.startsWith("x-amz-"))
    .map(([name, value]) => `${name}:${value}\n`)
    .sort();
  const text = `${request.method}\n${header("content-md5")}\n${header("content-type")}\n${time}\n`;
  return createHmac("sha1", key.secretKey)
    .update(text + amz.join("") + request.target, "latin1")
    .digest("base64");
}

function withQuery(target: string, query: string): string {
  return `${target}${target.includes("?") ? "&" : "?"}${query}`;
}

/** Encodes as SigV4's UriEncode: everything but the unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
