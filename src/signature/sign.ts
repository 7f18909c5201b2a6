import { firstValue, hasHeader, type HeaderList } from "../http/headers.ts";
import {
  ALGORITHM,
  canonicalHeaders,
  canonicalRequest,
  joinedNames,
  stringToSign,
} from "./canonical.ts";
import type { Credential } from "./credential.ts";
import { hmac } from "./hmac.ts";
import type { KeyRing } from "./key-ring.ts";
import { scopeOf, SERVICE } from "./scope.ts";

/** A head as it goes to the store, but for its Authorization header. */
export type UnsignedHead = {
  readonly method: string;
  /** The path, encoded with `encodePath` and sent exactly so. */
  readonly path: string;
  /** The query from `canonicalQuery`, sent exactly so; empty if there is none. */
  readonly query: string;
  /** The headers with `host`, `x-amz-date` (from `amzDate`) and `x-amz-content-sha256`. */
  readonly headers: HeaderList;
};

/**
 * Returns the Authorization header for the store ("Authenticating Requests: Using the Authorization
 * Header"). Signs `host`, every `x-amz-*` header, `content-md5` and `content-type`. Fields that may
 * change on the way, such as lengths and hop-by-hop fields, stay out. Throws if one of the three
 * named by `UnsignedHead` is missing: that is a bug.
 */
export function signHead(
  head: UnsignedHead,
  credential: Credential,
  region: string,
  ring: KeyRing,
): string {
  required(head.headers, "host");
  const timestamp = required(head.headers, "x-amz-date");
  const names = signedNames(head.headers);
  const signedHeaders = joinedNames(names);
  const canonical = canonicalRequest({
    method: head.method,
    path: head.path,
    query: head.query,
    headers: canonicalHeaders(head.headers, names),
    signedHeaders,
    payload: required(head.headers, "x-amz-content-sha256"),
  });
  const date = timestamp.slice(0, 8);
  const scope = scopeOf(date, region);
  const key = ring.signingKey(credential.secret, date, region, SERVICE);
  const signature = hmac(key, stringToSign(timestamp, scope, canonical));
  return `${ALGORITHM} Credential=${credential.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

function required(headers: HeaderList, name: string): string {
  const value = firstValue(headers, name);
  if (value === undefined) throw new TypeError(`Cannot sign a head without ${name}`);
  return value;
}

/** The fields that are signed besides every `x-amz-*`, as they are sorted. */
const SIGNED: readonly string[] = ["content-md5", "content-type", "host"];

/** Returns the signed names, sorted, each once. */
function signedNames(headers: HeaderList): readonly string[] {
  const names = SIGNED.filter((name) => hasHeader(headers, name));
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (name.startsWith("x-amz-") && !names.includes(name)) names.push(name);
  }
  return isSorted(names) ? names : names.sort();
}

function isSorted(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if ((names[i - 1] ?? "") > (names[i] ?? "")) return false;
  return true;
}
