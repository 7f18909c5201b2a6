import { gateHead, type GateProblem } from "../http/field-gate.ts";
import { queryValue } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { badBucket, storePath, type Address, type BucketName } from "../s3/address.ts";
import { spelledFor, type Bucket } from "../s3/bucket.ts";
import { forwardedQuery } from "../s3/classify.ts";
import type { CopySource } from "../s3/copy-source.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { startOfNames } from "../s3/mapped-names.ts";
import { signHead } from "../signature/sign.ts";
import { recordOf } from "./buckets.ts";
import { openPageToken } from "./page-token.ts";
import { foldedKey } from "./served.ts";
import type { Facts } from "./facts.ts";
import type { Snapshot } from "./snapshot.ts";
import {
  droppedByConnection,
  NAMES_BUCKETS,
  pushForwarded,
  type StoreBody,
} from "./store-headers.ts";
import { credentialOf, signedBy, signerOf, tenantOfSigner } from "./store-signer.ts";
import type { Subject } from "./subject.ts";
import { tenantOf } from "./caller.ts";
import { isListFiltered } from "./visible-buckets.ts";
import type { Renamed, StoreRequest } from "./outgoing.ts";

/**
 * Returns the head for the store: the judged request, written canonically, signed with the
 * credential that the store knows the caller by. Errors: InvalidRequest if `Connection` names a
 * field that counts; AccessDenied, InvalidBucketName, NoSuchBucket if no request of that signer
 * reaches the bucket; InvalidArgument for a key that would arrive as another, or a field of the
 * client's that no header can carry, or a continuation token of nobody's. Throws if a part that the gateway itself writes is wrong.
 */
export function storeRequest(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  body: StoreBody,
  nowMs: number,
): Result<StoreRequest, Fault> {
  const { store } = snapshot;
  const { head, operation } = subject;
  const dropped = droppedByConnection(subject.headers);
  if (dropped !== undefined) {
    return err(fault("InvalidRequest", `The Connection header must not name "${dropped}"`));
  }
  const signer = signerOf(snapshot, subject, facts);
  if (!signer.ok) return signer;
  const target = targetFor(snapshot, subject, tenantOfSigner(signer.value));
  if (!target.ok) return target;
  const { address, source } = target.value;
  const folded = foldedKey(store, address, source);
  if (folded !== undefined) return err(folded);
  const path = storePath(address, store.naming.addressing);
  const asked = queryFor(snapshot, subject);
  if (!asked.ok) return asked;
  const query = forwardedQuery(operation, asked.value);
  const host =
    store.naming.addressing === "virtual" && address.kind !== "service"
      ? `${address.bucket.name}.${store.authority}`
      : store.authority;
  const headers = ["host", host];
  pushForwarded(headers, store, subject, body, source);
  const clientEnd = headers.length;
  if (body.length !== undefined) headers.push("content-length", String(body.length));
  const credential = credentialOf(signer.value, headers);
  if (credential !== undefined) {
    // In the order in which they are signed.
    const timestamp = snapshot.ring.timestamp(nowMs);
    headers.push("x-amz-content-sha256", body.payload, "x-amz-date", timestamp);
    const request = { method: head.method, path, query, headers };
    headers.push("authorization", signHead(request, credential, store.region, snapshot.ring));
  }
  const gated = gateHead({
    method: head.method,
    target: query === "" ? path : `${path}?${query}`,
    headers,
  });
  if (!gated.ok) return err(refusalOf(gated.error, headers, clientEnd));
  return ok({
    head: gated.value,
    renamed: renamedIn(subject),
    ...signedBy(snapshot, signer.value),
  });
}

/**
 * Returns the refusal of a head. The client's fields follow `host` and end before `clientEnd`. All
 * of them were checked when they were read, so this is the last of two locks. The rest is the
 * gateway's own work, and no client can correct it.
 */
function refusalOf(problem: GateProblem, headers: readonly string[], clientEnd: number): Fault {
  if (problem.part !== "field") throw new Error(`The gateway wrote an invalid ${problem.part}`);
  const { at, why } = problem;
  // An invalid name can have any character, and stays out of messages and logs.
  const name = why === "name" ? "" : ` "${headers[at] ?? ""}"`;
  if (at >= 2 && at < clientEnd) {
    return fault("InvalidArgument", `The header${name} cannot be sent to the store: bad ${why}`);
  }
  throw new Error(`The gateway wrote an invalid header field${name}: bad ${why}`);
}

/**
 * Asks only for the caller's own buckets if they have other names at the store: the continuation of
 * a list may name the last of a page, and must not name somebody else's. Where that cannot be asked,
 * the client's token is opened. Error: InvalidArgument for a token that was not given to it.
 */
function queryFor(snapshot: Snapshot, subject: Subject): Result<Subject["query"], Fault> {
  const { prefix } = snapshot.store.naming;
  const { operation, query, caller } = subject;
  if (!LISTS_OF_BUCKETS.has(operation)) return ok(query);
  if (prefix !== undefined && operation === "ListBuckets") {
    const start = queryValue(query, "prefix") ?? "";
    return ok(withParameter(query, "prefix", `${startOfNames(prefix, tenantOf(caller))}${start}`));
  }
  const sealed = queryValue(query, TOKEN);
  const isFiltered = prefix !== undefined || isListFiltered(snapshot);
  if (sealed === undefined || sealed === "" || !isFiltered) return ok(query);
  const token = caller.kind === "known" ? openPageToken(sealed, caller.key) : undefined;
  if (token === undefined) return err(fault("InvalidArgument", BAD_TOKEN));
  return ok(withParameter(query, TOKEN, token));
}

const LISTS_OF_BUCKETS: ReadonlySet<string> = new Set(["ListBuckets", "ListDirectoryBuckets"]);
const TOKEN = "continuation-token";
const BAD_TOKEN = "The continuation token provided is incorrect";

function withParameter(query: Subject["query"], name: string, value: string): Subject["query"] {
  const others = query.filter((one) => one.name !== name);
  return [...others, { name, value, rawName: name, rawValue: value }];
}

/** The buckets of the request that have other names at the store. */
function renamedIn({ operation, address, source }: Subject): Renamed | undefined {
  if (address.kind === "service" || address.bucket.stored === undefined) return undefined;
  const buckets = source === undefined ? [address.bucket] : [address.bucket, source.bucket];
  const names = buckets.flatMap(({ stored, name }) =>
    stored === undefined ? [] : [{ stored, shown: name }],
  );
  return { names, inAnswer: NAMES_BUCKETS.has(operation) };
}

/** The object or bucket, and the source of a copy, as a request of that tenant must name them. */
type Target = { readonly address: Address; readonly source: CopySource | undefined };

function targetFor(snapshot: Snapshot, subject: Subject, tenant: string): Result<Target, Fault> {
  const { address, source } = subject;
  if (address.kind === "service") return ok({ address, source });
  const bucket = forStore(snapshot, subject, address.bucket, tenant);
  if (!bucket.ok) return bucket;
  // The usual bucket is spelled as the store needs it: nothing is made for it.
  const isSame = bucket.value === address.bucket;
  const target = isSame ? address : { ...address, bucket: bucket.value };
  if (source === undefined) return ok({ address: target, source });
  const from = forStore(snapshot, subject, source.bucket, tenant);
  if (!from.ok) return from;
  return ok({ address: target, source: { ...source, bucket: from.value } });
}

/**
 * Returns the bucket as the store reads it from somebody of `tenant`: the very one that was judged.
 * If the store has no tenants, they are the gateway's own, and are left out if the bucket is known
 * to be of that tenant. Errors: InvalidBucketName, NoSuchBucket.
 */
function forStore(
  { store, stateBucket }: Snapshot,
  subject: Subject,
  bucket: Bucket,
  tenant: string,
): Result<BucketName, Fault> {
  const { tenants, addressing } = store.naming;
  if (bucket.stored !== undefined) {
    if (bucket.stored === stateBucket) return err(badBucket(bucket.name));
    return ok({ tenant: undefined, name: bucket.stored });
  }
  if (tenants) {
    const spelled = spelledFor(bucket, tenant);
    return addressing === "path" || spelled.tenant === undefined
      ? ok(spelled)
      : err(fault("InvalidBucketName", "A tenant cannot be named to this store"));
  }
  if (bucket.tenant === undefined) return ok(bucket);
  const { caller } = subject;
  const own = caller.kind === "known" ? caller.key.account : undefined;
  const owner = recordOf(subject, bucket)?.owner ?? own;
  if (owner?.tenant !== bucket.home) return err(fault("NoSuchBucket"));
  return ok({ tenant: undefined, name: bucket.name });
}
