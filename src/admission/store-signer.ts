import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Credential } from "../signature/credential.ts";
import { recordOf } from "./buckets.ts";
import type { Facts } from "./facts.ts";
import type { Account, Key } from "./principal.ts";
import type { Subject } from "./subject.ts";
import type { Caller } from "./caller.ts";
import type { StoreRequest } from "./outgoing.ts";

/** In whose name the store is asked. */
export type Signer =
  /** Goes unsigned: the store judges anonymous requests itself. */
  | { readonly kind: "nobody" }
  | { readonly kind: "account"; readonly account: Account; readonly credential: Credential }
  | { readonly kind: "client"; readonly key: Key };

/**
 * Whom a bucket's policy lets in reaches it as its owner; everything else goes in the caller's own
 * name. Error: AccessDenied where no one credential reaches all that the request names.
 */
export function signerOf(subject: Subject, facts: Facts): Result<Signer, Fault> {
  const { caller, address } = subject;
  // What report mode lets pass without an allowance gets nobody else's rights.
  if (facts.reported || facts.actor === undefined || facts.actor === "caller") {
    return ok(asCaller(caller));
  }
  if (address.kind === "service") return ok(asCaller(caller));
  const owner = recordOf(subject, address.bucket)?.owner;
  const { source } = subject;
  const other = source && recordOf(subject, source.bucket)?.owner;
  if (facts.actor === "both" || (source !== undefined && other !== owner)) {
    // The store may open the one part to everybody, and judges the other itself.
    if (caller.kind === "anonymous") return ok(asCaller(caller));
    return err(fault("AccessDenied", TWO_OWNERS));
  }
  // An owner whose credential is not known here cannot be spoken for.
  if (owner?.upstream === undefined) return ok(asCaller(caller));
  return ok({ kind: "account", account: owner, credential: owner.upstream });
}

const TWO_OWNERS =
  "What is asked for belongs to different accounts of the store, which no one credential reaches";

function asCaller(caller: Caller): Signer {
  if (caller.kind === "anonymous") return { kind: "nobody" };
  const { key } = caller;
  const { account } = key;
  if (account.upstream === undefined) return { kind: "client", key };
  return { kind: "account", account, credential: account.upstream };
}

/** Whose buckets bare names mean to the store in a request of `signer`; "" is no tenant. */
export function signersTenant(signer: Signer): string {
  switch (signer.kind) {
    case "nobody":
      return "";
    case "account":
      return signer.account.tenant;
    case "client":
      return signer.key.account.tenant;
  }
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
