import { err, ok, type Result } from "../lib/result.ts";
import type { Bucket } from "../s3/bucket.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Credential } from "../signature/credential.ts";
import { recordOf } from "./buckets.ts";
import type { Caller } from "./caller.ts";
import type { Facts } from "./facts.ts";
import type { LookedUp, OwnerNeed, StoreRequest } from "./outgoing.ts";
import type { Account, Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/** The actor in whose name the store is asked. */
export type Signer =
  /** The request goes unsigned: the store judges anonymous requests itself. */
  | { readonly kind: "nobody" }
  | { readonly kind: "account"; readonly account: Account; readonly credential: Credential }
  /** The owner of the bucket, by a key of its own. */
  | { readonly kind: "owner"; readonly key: Key; readonly need: OwnerNeed }
  /**
   * The client's key signs. `own`: by that very key, even if the account's own would sign for it.
   */
  | { readonly kind: "client"; readonly key: Key; readonly own: boolean };

/**
 * Returns the signer. A caller whom a bucket's policy lets in reaches it as its owner; everything
 * else goes in the caller's own name. Error: AccessDenied if no one credential reaches all that the
 * request names, or the gateway has no key of the owner: in the caller's name the store would
 * refuse what the policy allows.
 */
export function signerOf(
  { policy }: Snapshot,
  subject: Subject,
  facts: Facts,
): Result<Signer, Fault> {
  const { caller } = subject;
  const shared = sharedBucket(subject, facts);
  if (shared === "caller") return ok(asCaller(caller, facts));
  if (shared === "both") {
    // The store may open the one part to everybody, and judges the other itself.
    if (caller.kind === "anonymous" && policy.anonymous === "upstream") {
      return ok(asCaller(caller, facts));
    }
    return err(fault("AccessDenied", TWO_OWNERS));
  }
  const { owner, bucket } = shared;
  if (owner.upstream !== undefined) {
    return ok({ kind: "account", account: owner, credential: owner.upstream });
  }
  const key = subject.known.owners?.get(bucket.id);
  if (key !== undefined) return ok({ kind: "owner", key, need: ownerNeed(owner, bucket) });
  // The store may still open to everybody what nobody may do as the owner.
  if (caller.kind === "anonymous" && policy.anonymous === "upstream") {
    return ok(asCaller(caller, facts));
  }
  return err(fault("AccessDenied", NO_KEY));
}

/** A bucket in which the request acts as its owner. */
export type SharedBucket = { readonly bucket: Bucket; readonly owner: Account };

/**
 * Returns the actor: the caller, or the owner of a bucket; `both` if no one's name can do it all.
 */
export function sharedBucket(
  subject: Subject,
  { reported, actor }: Pick<Facts, "reported" | "actor">,
): SharedBucket | "caller" | "both" {
  const { address, source } = subject;
  // A request that report mode lets pass without an allowance gets nobody else's rights.
  if (reported || actor === undefined || actor === "caller") return "caller";
  if (address.kind === "service") return "caller";
  const { bucket } = address;
  const owner = recordOf(subject, bucket)?.owner;
  const other = source && recordOf(subject, source.bucket)?.owner;
  if (actor === "both" || (source !== undefined && other !== owner)) return "both";
  return owner === undefined ? "caller" : { bucket, owner };
}

/** Returns the need for a key of the bucket's owner. */
export function ownerNeed({ name }: Account, { home }: Bucket): OwnerNeed {
  return { kind: "owner", account: name, tenant: home };
}

const TWO_OWNERS =
  "The request is about different accounts of the store, which no one credential reaches";

/**
 * The reason why a policy that lets others in has no effect, for them and for the caller who puts
 * it.
 */
export const NO_KEY =
  "The gateway has no key of the bucket's owner at the store, so it can let nobody else in";

/**
 * Returns the caller as signer: what report mode lets pass without an allowance has the rights that
 * the client's key has at the store.
 */
function asCaller(caller: Caller, { reported }: Pick<Facts, "reported">): Signer {
  if (caller.kind === "anonymous") return { kind: "nobody" };
  const { key } = caller;
  const { account } = key;
  // A temporary key is the gateway's own, and no store knows it.
  const own = reported && key.session === undefined;
  if (account.upstream === undefined) return { kind: "client", key, own };
  // It was looked up with the key, and may have changed since.
  if (key.signing === account.upstream) return { kind: "client", key, own: false };
  return { kind: "account", account, credential: account.upstream };
}

/**
 * Returns the tenant whose buckets bare names mean to the store in a request of `signer`; "" is no
 * tenant.
 */
export function tenantOfSigner(signer: Signer): string {
  switch (signer.kind) {
    case "nobody":
      return "";
    case "account":
      return signer.account.tenant;
    case "owner":
    case "client":
      return signer.key.account.tenant;
  }
}

/**
 * Returns the owner of the key that the store may complain of; `lookedUp` if it may have changed
 * since.
 */
export function signedBy(
  { keys }: Snapshot,
  signer: Signer,
): Pick<StoreRequest, "signedBy" | "lookedUp"> {
  switch (signer.kind) {
    case "nobody":
      return { signedBy: "nobody", lookedUp: undefined };
    case "account":
      return { signedBy: "gateway", lookedUp: undefined };
    case "owner":
      return { signedBy: "gateway", lookedUp: lookedUp(keys, signer.key, signer.need) };
    case "client": {
      const { key, own } = signer;
      const need = { kind: "key", accessKeyId: key.accessKeyId } as const;
      const by = own || key.signing === undefined ? "client" : "gateway";
      return { signedBy: by, lookedUp: lookedUp(keys, key, need) };
    }
  }
}

/**
 * Returns the looked-up key; `undefined` if it stands in the configuration: asking again would tell
 * the same.
 */
function lookedUp(keys: Snapshot["keys"], key: Key, need: LookedUp["need"]): LookedUp | undefined {
  if (key.session !== undefined || keys.has(key.accessKeyId)) return undefined;
  return { need, credential: signingOf(key) };
}

/** Returns the credential with which requests of this key are signed for the store. */
function signingOf({ accessKeyId, secret, signing }: Key): Credential {
  return signing ?? { accessKeyId, secret };
}

/**
 * Returns the credential that signs; fields that go with it are added to `headers`. `undefined` if
 * the request goes unsigned.
 */
export function credentialOf(signer: Signer, headers: string[]): Credential | undefined {
  switch (signer.kind) {
    case "nobody":
      return undefined;
    case "account":
      return signer.credential;
    case "owner":
      return signingOf(signer.key);
    case "client": {
      const { key, own } = signer;
      const { accessKeyId, secret, sessionToken, session } = key;
      if (sessionToken !== undefined && session === undefined)
        headers.push("x-amz-security-token", sessionToken);
      return own ? { accessKeyId, secret } : signingOf(key);
    }
  }
}
