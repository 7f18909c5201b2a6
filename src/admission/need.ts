import type { QueryParameter } from "../http/target.ts";
import type { Ask } from "../s3/asks.ts";
import type { Bucket, BucketId } from "../s3/bucket.ts";
import type { Tags } from "../s3/tags.ts";
import type { Tagged } from "./ask-context.ts";
import { isOwnedBy, keepsRecords, recordOf } from "./buckets.ts";
import type { BucketRecord } from "./record.ts";
import type { Facts } from "./facts.ts";
import { UNTOUCHED } from "./forward.ts";
import { isAboutRecord } from "./kept-policy.ts";
import { answered, type Deciding } from "./deciding.ts";
import { EMPTY_SHA256 } from "./plan-body.ts";
import { whyNotInForce } from "./principal.ts";
import { refused, type Refused } from "./refuse.ts";
import { unknownOperation } from "./served.ts";
import type { Snapshot } from "./snapshot.ts";
import { storeRequest } from "./store-request.ts";
import { ownerNeed, sharedBucket, type SharedBucket } from "./store-signer.ts";
import type { Subject } from "./subject.ts";

/** `subject` with the records of its own bucket and of all that `asks` are about. */
export function* withRecords(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  asks: readonly Ask<Bucket>[],
): Deciding<Subject> {
  if (!keepsRecords(snapshot)) return subject;
  const { address, known } = subject;
  const records = new Map<BucketId, BucketRecord | undefined>(known.records);
  const own = address.kind === "service" ? undefined : address.bucket;
  for (const bucket of [own, ...asks.map((ask) => ask.bucket)]) {
    if (bucket === undefined || records.has(bucket.id)) continue;
    let record = snapshot.buckets.get(bucket.id);
    if (record === undefined && snapshot.elsewhere.records) {
      const fresh = bucket === own && isAboutRecord(subject);
      record = answered("record", yield { need: { kind: "record", bucket, fresh }, facts }).record;
    }
    records.set(bucket.id, record);
  }
  return { ...subject, known: { ...known, records } };
}

/**
 * `subject` with a key of the bucket's owner, if the request acts as the owner and the configuration
 * has no `upstream` for it. A key of an accounts file comes first; of Ceph's users it is asked for.
 */
export function* withOwner(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  nowMs: number,
): Deciding<Subject> {
  const shared = sharedBucket(subject, facts);
  if (typeof shared === "string") return subject;
  return yield* withKeyOf(snapshot, subject, facts, shared, nowMs);
}

/** `subject` with a key of that owner, unless the configuration says how the store knows it. */
export function* withKeyOf(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  { bucket, owner }: SharedBucket,
  nowMs: number,
): Deciding<Subject> {
  const { known } = subject;
  if (owner.upstream !== undefined || known.owners?.has(bucket.id) === true) return subject;
  const written = snapshot.owners.get(owner.name);
  let key = written?.find((one) => whyNotInForce(one, nowMs) === undefined);
  if (written === undefined && snapshot.elsewhere.keys) {
    key = answered("owner", yield { need: ownerNeed(owner, bucket), facts }).key;
  }
  const fits =
    key !== undefined &&
    whyNotInForce(key, nowMs) === undefined &&
    isOwnedBy(snapshot, bucket, { owner }, key.account);
  const owners = new Map(known.owners).set(bucket.id, fits ? key : undefined);
  return { ...subject, known: { ...known, owners } };
}

/**
 * `subject` with the tags of `wanted`, and with the owners' keys by which they were asked for; or the
 * verdict if they cannot be asked for.
 */
export function* withTags(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  wanted: readonly Tagged[],
  nowMs: number,
): Deciding<
  | { readonly kind: "subject"; readonly subject: Subject }
  | { readonly kind: "verdict"; readonly verdict: Refused }
> {
  const tags = new Map<string, Tags>(subject.known.tags);
  let { known } = subject;
  for (const tagged of wanted) {
    const asking = askingFor({ ...subject, known }, tagged);
    // A store that does not know it answers with the object, whose bytes are the client's to choose.
    if (!snapshot.store.operations.has(asking.operation)) {
      return { kind: "verdict", verdict: refused(facts, unknownOperation(asking.operation)) };
    }
    const body = { ...UNTOUCHED, payload: EMPTY_SHA256, length: undefined };
    const signed = { ...facts, actor: asks(snapshot, subject, tagged) };
    const asked = yield* withOwner(snapshot, asking, signed, nowMs);
    ({ known } = asked);
    const request = storeRequest(snapshot, asked, signed, body, nowMs);
    if (!request.ok) return { kind: "verdict", verdict: refused(facts, request.error) };
    const need = { kind: "tags", name: tagged.name, request: request.value } as const;
    tags.set(tagged.name, answered("tags", yield { need, facts }).tags);
  }
  return { kind: "subject", subject: { ...subject, known: { ...known, tags } } };
}

/**
 * Returns the actor in whose name tags are asked for ("GetObjectTagging", "GetBucketTagging", S3
 * API Reference). It is the one who will send the request itself, or the tags of another bucket
 * could decide on this one.
 */
function asks(snapshot: Snapshot, subject: Subject, { address }: Tagged): Facts["actor"] {
  const { caller } = subject;
  if (address.kind === "service" || snapshot.policy.provider.bucketPolicyRole === "restrict") {
    return "caller";
  }
  const { bucket } = address;
  const record = recordOf(subject, bucket);
  if (record === undefined) return "caller";
  const isOwn = caller.kind === "known" && isOwnedBy(snapshot, bucket, record, caller.key.account);
  return isOwn ? "caller" : "owner";
}

function askingFor(subject: Subject, { address, versionId }: Tagged): Subject {
  const query: QueryParameter[] = [parameter("tagging", "")];
  if (versionId !== undefined) query.push(parameter("versionId", versionId));
  return {
    ...subject,
    head: { ...subject.head, method: "GET" },
    operation: address.kind === "object" ? "GetObjectTagging" : "GetBucketTagging",
    address,
    source: undefined,
    versionId,
    query,
    headers: [],
  };
}

function parameter(name: string, value: string): QueryParameter {
  return { name, value, rawName: "", rawValue: "" };
}
