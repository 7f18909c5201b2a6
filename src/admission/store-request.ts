import { err, ok, type Result } from "../lib/result.ts";
import { isFoldable, storePath, type Address } from "../s3/address.ts";
import { forwardedQuery } from "../s3/classify.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { amzDate } from "../signature/amz-date.ts";
import { signHead } from "../signature/sign.ts";
import { recordOf } from "./buckets.ts";
import type { Facts } from "./facts.ts";
import { tenantOf } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import { droppedByConnection, forwardedHeaders, type StoreBody } from "./store-headers.ts";
import { credentialOf, signedBy, signerOf, sourceAddress } from "./store-signer.ts";
import type { Subject } from "./subject.ts";
import type { StoreRequest } from "./verdict.ts";

/**
 * The head for the store: what was judged, written canonically, signed with the credential that the
 * store knows the caller by. Errors: InvalidRequest where `Connection` names a field that counts,
 * InvalidArgument for a key that would arrive as another.
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
  const forStore = addressFor(snapshot, subject, address);
  if (!forStore.ok) return forStore;
  const source = sourceAddress(subject);
  const readable = source === undefined ? forStore : addressFor(snapshot, subject, source);
  if (!readable.ok) return readable;
  if (store.foldsPaths && address.kind === "object" && isFoldable(address.key)) {
    return err(fault("InvalidArgument", FOLDED));
  }
  const path = storePath(forStore.value, store.addressing);
  const query = forwardedQuery(operation, subject.query);
  const host =
    store.addressing === "virtual" && address.kind !== "service"
      ? `${address.bucket.name}.${store.authority}`
      : store.authority;
  const headers = ["host", host, ...forwardedHeaders(subject, body, store.tenants)];
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

/** Behind a proxy that folds paths the store would read another key than the one that was judged. */
const FOLDED =
  "Keys with an empty segment, or one that is a dot or two, do not reach the store as they are";

/**
 * As the store knows the bucket. Where it has no tenants, a tenant's prefix is left out, if the bucket
 * is known to be that account's. Errors: InvalidBucketName, NoSuchBucket.
 */
function addressFor(
  snapshot: Snapshot,
  subject: Subject,
  address: Address,
): Result<Address, Fault> {
  const { store } = snapshot;
  const { caller } = subject;
  if (address.kind === "service" || address.bucket.tenant === undefined) return ok(address);
  const { tenant, name } = address.bucket;
  if (store.tenants) {
    return store.addressing === "path"
      ? ok(address)
      : err(fault("InvalidBucketName", "A tenant cannot be named to this store"));
  }
  const own = caller.kind === "known" ? caller.key.account : undefined;
  const owner = recordOf(snapshot, subject, address.bucket)?.owner ?? own;
  if (owner === undefined || tenantOf(owner) !== tenant) return err(fault("NoSuchBucket"));
  return ok({ ...address, bucket: { tenant: undefined, name } });
}
