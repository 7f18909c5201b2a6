import { firstValue } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Address } from "../s3/address.ts";
import { parseCopySource } from "../s3/copy-source.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Credential } from "../signature/credential.ts";
import { recordOf } from "./buckets.ts";
import type { Facts } from "./facts.ts";
import type { Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Caller, Subject } from "./subject.ts";
import type { StoreRequest } from "./verdict.ts";

/** In whose name the store is asked. */
export type Signer =
  /** Goes unsigned: the store judges anonymous requests itself. */
  | { readonly kind: "nobody" }
  | { readonly kind: "account"; readonly credential: Credential }
  | { readonly kind: "client"; readonly key: Key };

/**
 * Whom a bucket's policy lets in reaches it as its owner; everything else goes in the caller's own
 * name. Error: AccessDenied where no one credential reaches all that the request names.
 */
export function signerOf(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
): Result<Signer, Fault> {
  const { caller, address } = subject;
  // What report mode lets pass without an allowance gets nobody else's rights.
  if (facts.reported || facts.actor === undefined || facts.actor === "caller") {
    return ok(asCaller(caller));
  }
  if (address.kind === "service") return ok(asCaller(caller));
  const owner = recordOf(snapshot, subject, address.bucket)?.owner;
  const source = sourceAddress(subject);
  const other = source && recordOf(snapshot, subject, source.bucket)?.owner;
  if (facts.actor === "both" || (source !== undefined && other !== owner)) {
    // The store may open the one part to everybody, and judges the other itself.
    if (caller.kind === "anonymous") return ok(asCaller(caller));
    return err(fault("AccessDenied", TWO_OWNERS));
  }
  // An owner whose credential is not known here cannot be spoken for.
  if (owner?.upstream === undefined) return ok(asCaller(caller));
  return ok({ kind: "account", credential: owner.upstream });
}

const TWO_OWNERS =
  "What is asked for belongs to different accounts of the store, which no one credential reaches";

/** What a copy reads; undefined for everything else. */
export function sourceAddress({
  headers,
}: Subject): (Address & { readonly kind: "object" }) | undefined {
  const text = firstValue(headers, "x-amz-copy-source");
  const source = text === undefined ? undefined : parseCopySource(text);
  if (source?.ok !== true) return undefined;
  const { bucket, key } = source.value;
  return { kind: "object", bucket, key };
}

function asCaller(caller: Caller): Signer {
  if (caller.kind === "anonymous") return { kind: "nobody" };
  const { key } = caller;
  const { upstream } = key.account;
  if (upstream === undefined) return { kind: "client", key };
  return { kind: "account", credential: upstream };
}

/** What the store's word on the credential would be about. */
export function signedBy(signer: Signer): StoreRequest["signedBy"] {
  return signer.kind === "account" ? "gateway" : signer.kind;
}

/** What signs; fields that go with it are added to `headers`. Undefined: the request goes unsigned. */
export function credentialOf(signer: Signer, headers: string[]): Credential | undefined {
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
