import type { Key } from "../admission/principal.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { RequestHead } from "../http/head.ts";
import { parseTarget } from "../http/target.ts";
import { storePath } from "../s3/address.ts";
import { amzDate } from "../signature/amz-date.ts";
import { canonicalQuery } from "../signature/canonical.ts";
import { authorizationV2, presignedQuery, presignedQueryV2 } from "../signature/presign.ts";
import { signHead } from "../signature/sign.ts";
import type { AuditEntry } from "./audit-entry.ts";
import type { RecordedRequest } from "./recorded-request.ts";

/** The key that signs: of a temporary key, its token too. */
type SigningKey = Pick<Key, "accessKeyId" | "secret" | "sessionToken">;

/**
 * Returns the head of a recorded request, signed with `key` as it was: in its header or as a
 * presigned URL, by version 4 or 2. Without `key` it is anonymous.
 */
export function signedAgain(
  snapshot: Snapshot,
  entry: AuditEntry,
  recorded: RecordedRequest,
  key: SigningKey | undefined,
  nowMs: number,
): RequestHead {
  const { inputs } = recorded;
  const head = headOf(entry, recorded);
  if (key === undefined) return head;
  const tokened = withToken(head, key);
  const region = inputs.region ?? snapshot.store.region;
  const signedAtMs = inputs.signedAt === undefined ? nowMs : Date.parse(inputs.signedAt);
  const endsAtMs = inputs.endsAt === undefined ? nowMs : Date.parse(inputs.endsAt);
  if (inputs.auth === "query") {
    if (inputs.signature === "v2")
      return presigned(tokened, presignedQueryV2(tokened, key, endsAtMs));
    const lifetime = { signedAtMs, seconds: Math.round((endsAtMs - signedAtMs) / 1000) };
    return presigned(head, presignedQuery(head, key, region, lifetime, snapshot.ring));
  }
  return inputs.signature === "v2"
    ? signedV2(tokened, key, nowMs)
    : signedV4(tokened, key, region, nowMs, snapshot);
}

function presigned(head: RequestHead, query: string): RequestHead {
  return { ...head, target: targetOf(head.target.path, query) };
}

function headOf(
  { method, sourceAddress }: AuditEntry,
  { address, query, headers, inputs }: RecordedRequest,
): RequestHead {
  return {
    method,
    target: targetOf(storePath(address, "path"), canonicalQuery(query)),
    headers,
    sourceAddress,
    secure: inputs.secure,
    ...(inputs.secure && { tlsVersion: inputs.tlsVersion }),
  };
}

function targetOf(path: string, query: string): RequestHead["target"] {
  const target = parseTarget(query === "" ? path : `${path}?${query}`);
  if (!target.ok) throw new Error(`Cannot write a target anew: ${target.error}`);
  return target.value;
}

function withToken(head: RequestHead, { sessionToken }: SigningKey): RequestHead {
  if (sessionToken === undefined) return head;
  return { ...head, headers: [...head.headers, "x-amz-security-token", sessionToken] };
}

function signedV4(
  head: RequestHead,
  key: SigningKey,
  region: string,
  nowMs: number,
  { ring }: Snapshot,
): RequestHead {
  const headers = [...head.headers, "x-amz-date", amzDate(nowMs)];
  const { path, query } = head.target;
  const unsigned = { method: head.method, path, query: canonicalQuery(query), headers };
  const authorization = signHead(unsigned, key, region, ring);
  return { ...head, headers: [...headers, "authorization", authorization] };
}

function signedV2(head: RequestHead, key: SigningKey, nowMs: number): RequestHead {
  const date = new Date(nowMs).toUTCString();
  const authorization = authorizationV2(head, key, date);
  return { ...head, headers: [...head.headers, "date", date, "authorization", authorization] };
}
