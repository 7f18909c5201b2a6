import type { RequestHead } from "../http/head.ts";
import { firstValue } from "../http/headers.ts";
import { encodeComponent } from "../http/percent.ts";
import { amzDate } from "./amz-date.ts";
import {
  ALGORITHM,
  canonicalHeaders,
  canonicalQuery,
  canonicalRequest,
  compare,
  stringToSign,
} from "./canonical.ts";
import type { Credential } from "./credential.ts";
import { hmac, hmacSha1 } from "./hmac.ts";
import type { KeyRing } from "./key-ring.ts";
import { scopeOf, SERVICE } from "./scope.ts";
import { stringToSignV2 } from "./v2-verify.ts";

/** The time when a presigned URL was made, in milliseconds since the epoch, and its lifetime. */
export type Lifetime = { readonly signedAtMs: number; readonly seconds: number };

/**
 * `head` as its presigned URL ("Authenticating Requests: Using Query Parameters"): its query, encoded,
 * with the signature's parameters. Signs `host` and every `x-amz-*` header.
 */
export function presignedQuery(
  { method, target, headers }: RequestHead,
  credential: Credential & { readonly sessionToken: string | undefined },
  region: string,
  { signedAtMs, seconds }: Lifetime,
  ring: KeyRing,
): string {
  const timestamp = amzDate(signedAtMs);
  const date = timestamp.slice(0, 8);
  const scope = scopeOf(date, region);
  const names = signedNames(headers);
  const signedHeaders = names.join(";");
  const parameters = [
    ...target.query,
    { name: "X-Amz-Algorithm", value: ALGORITHM },
    { name: "X-Amz-Credential", value: `${credential.accessKeyId}/${scope}` },
    { name: "X-Amz-Date", value: timestamp },
    { name: "X-Amz-Expires", value: String(seconds) },
    { name: "X-Amz-SignedHeaders", value: signedHeaders },
  ];
  const token = credential.sessionToken;
  if (token !== undefined) parameters.push({ name: "X-Amz-Security-Token", value: token });
  const query = canonicalQuery(parameters);
  const canonical = canonicalRequest({
    method,
    path: target.path,
    query,
    headers: canonicalHeaders(headers, names),
    signedHeaders,
    payload: firstValue(headers, "x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD",
  });
  const key = ring.signingKey(credential.secret, date, region, SERVICE);
  const signature = hmac(key, stringToSign(timestamp, scope, canonical));
  return `${query}&X-Amz-Signature=${signature}`;
}

/** The Authorization header of version 2 for `head`, which has a `date`. */
export function authorizationV2(head: RequestHead, credential: Credential, date: string): string {
  const text = stringToSignV2(date, head, undefined);
  return `AWS ${credential.accessKeyId}:${hmacSha1(credential.secret, text)}`;
}

/** `head` as its presigned URL of version 2; `endsAtMs`: milliseconds since the epoch. */
export function presignedQueryV2(
  head: RequestHead,
  credential: Credential,
  endsAtMs: number,
): string {
  const expires = String(Math.floor(endsAtMs / 1000));
  const signature = hmacSha1(credential.secret, stringToSignV2(expires, head, undefined));
  const query = canonicalQuery([
    ...head.target.query,
    { name: "AWSAccessKeyId", value: credential.accessKeyId },
    { name: "Expires", value: expires },
  ]);
  return `${query}&Signature=${encodeComponent(signature)}`;
}

function signedNames(headers: RequestHead["headers"]): readonly string[] {
  const names = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (name === "host" || name.startsWith("x-amz-")) names.add(name);
  }
  return [...names].sort(compare);
}
