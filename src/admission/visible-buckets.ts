import { compilePolicies, type PolicySet } from "../policy/policy-set.ts";
import type { Ask } from "../s3/asks.ts";
import { canonicalBucket, type Bucket } from "../s3/bucket.ts";
import { OPERATION_LIST, operationNamed, type Operation } from "../s3/operations.ts";
import type { BucketRecord } from "./buckets.ts";
import { contextOf } from "./condition-context.ts";
import { judge, judgeWithoutPolicies } from "./gates.ts";
import { policyNames, type PolicyNames } from "./policy-names.ts";
import { holderOf } from "./principal.ts";
import type { ListingFilter } from "./reply-plan.ts";
import type { Snapshot } from "./snapshot.ts";
import {
  type About,
  aboutBucket,
  type Spoken,
  spokenBy,
  spokenOfBucket,
  spokenOfKey,
} from "./spoken-resources.ts";
import { tenantOf, type Subject } from "./subject.ts";

/** Keeps every bucket but the one of that name. */
export function allBut(hidden: string): ListingFilter {
  return { needs: () => undefined, keeps: (name) => name !== hidden };
}

/**
 * Keeps of the buckets in the answer to `subject`, a ListBuckets, those in which its caller may do
 * anything: some operation, on the bucket, on any of its objects, or on one that an Allow speaks of.
 * Conditions are judged as this request meets them; what depends on stored tags counts as no.
 *
 * A list may have thousands of names. Buckets of one owner about which the same statements speak
 * have one answer, which is judged once; of the others it only takes to see which statements those
 * are.
 */
export function visibleBuckets(snapshot: Snapshot, subject: Subject, nowMs: number): ListingFilter {
  const { caller } = subject;
  const { elsewhere, buckets, stateBucket, store } = snapshot;
  const isSeen = visibility(snapshot, subject, nowMs);
  const bucketOf = (name: string): Bucket | undefined => {
    const bucket = canonicalBucket({ tenant: undefined, name }, tenantOf(caller), store.naming);
    return bucket.ok && name !== stateBucket ? bucket.value : undefined;
  };
  return {
    needs: (name) => {
      const bucket = elsewhere.records ? bucketOf(name) : undefined;
      return bucket === undefined || buckets.has(bucket.id)
        ? undefined
        : { kind: "record", bucket, fresh: false };
    },
    keeps: (name, record) => {
      const bucket = bucketOf(name);
      return bucket !== undefined && isSeen(bucket, buckets.get(bucket.id) ?? record);
    },
  };
}

/** Tells of a bucket, by what is known of it, whether the caller may do anything in it. */
function visibility(
  snapshot: Snapshot,
  subject: Subject,
  nowMs: number,
): (bucket: Bucket, record: BucketRecord | undefined) => boolean {
  const { caller } = subject;
  const tried = triedBy(snapshot, subject, nowMs);
  const context = contextOf(snapshot, subject, nowMs);
  const policies = caller.kind === "known" ? holderOf(caller.key).policies : NO_POLICIES;
  const { missingKeyNegated } = snapshot.policy.provider.switches;
  const own = spokenBy(policies, context, missingKeyNegated);
  const answers = new Map<string, boolean>();
  return (bucket, record) => {
    const known = { ...subject.known, records: new Map([[bucket.id, record]]) };
    const listing: Listing = { snapshot, subject: { ...subject, known }, nowMs, tried, bucket };
    const names = policyNames(snapshot, caller, bucket, policies);
    if (record?.policy === undefined) {
      const owner = record === undefined ? "nobody" : `of ${record.owner.name}`;
      return isVisible(listing, names, [own], owner, answers);
    }
    const spoken = [own, spokenBy(record.policy, context, missingKeyNegated)];
    return isVisible(listing, names, spoken, "", new Map());
  };
}

type Listing = {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  readonly nowMs: number;
  /** The operations that only policies can refuse. */
  readonly tried: readonly Operation[];
  readonly bucket: Bucket;
};

const NO_POLICIES: PolicySet = compilePolicies([]);

/** Of an object that no policy speaks of by name. */
const ANY_KEY = "s3warden-any-key";

/** What asks for something in a bucket that is there; the usual ones first, as most find one at once. */
const TRIED: readonly Operation[] = [
  ...(["ListObjectsV2", "GetObject", "PutObject"] as const).map(operationNamed),
  ...OPERATION_LIST,
].filter(
  ({ level, actions, name }) =>
    level !== "service" && actions.length > 0 && name !== "CreateBucket",
);

const ANY_BUCKET = anyBucket();

function anyBucket(): Bucket {
  const naming = {
    tenants: false,
    tenantsKnown: true,
    aliases: false,
    addressing: "path",
  } as const;
  const bucket = canonicalBucket({ tenant: undefined, name: "any-bucket" }, "", naming);
  if (!bucket.ok) throw new Error("A plain name is a bucket's");
  return bucket.value;
}

/** The other gates ask nothing of a bucket or key, so that any stands for all. */
function triedBy(snapshot: Snapshot, subject: Subject, nowMs: number): readonly Operation[] {
  return TRIED.filter((operation) => {
    const asks = asksOf(operation, ANY_BUCKET, ANY_KEY);
    const asking = { ...subject, operation: operation.name };
    return judgeWithoutPolicies(snapshot, asking, asks, nowMs) === undefined;
  });
}

/** `answers`: what was found before, by the owner and what is said of a resource. */
function isVisible(
  listing: Listing,
  names: PolicyNames,
  spoken: readonly Spoken[],
  owner: string,
  answers: Map<string, boolean>,
): boolean {
  const each = spoken.map((one) => ({ one, about: aboutBucket(one, names) }));
  const known = (kind: string, find: () => boolean): boolean => {
    const answer = answers.get(kind) ?? find();
    answers.set(kind, answer);
    return answer;
  };
  const ofBucket = each.map(({ one, about }) => spokenOfBucket(one, about, names)).join("|");
  if (known(`${owner}|bucket|${ofBucket}`, () => isAllowed(listing, undefined))) return true;
  const anyObject = (): boolean =>
    keysOf(each).some((key) => {
      const ofKey = each.map(({ one, about }) => spokenOfKey(one, about, names, key)).join("|");
      return known(`${owner}|object|${ofKey}`, () => isAllowed(listing, key));
    });
  // Where no statement depends on the name, objects are as those of any other such bucket.
  const isNamed = each.some(({ about }) => about.named.size > 0);
  return isNamed ? anyObject() : known(`${owner}|objects`, anyObject);
}

/** Of an object about which nobody speaks any is as good as any other. */
function keysOf(
  each: readonly { readonly one: Spoken; readonly about: About }[],
): readonly string[] {
  const isSaid = each.some(({ about }) => about.all.size > 0);
  return isSaid ? [ANY_KEY, ...each.flatMap(({ one }) => one.keys)] : [ANY_KEY];
}

/** Whether any operation may be done on the bucket, or on the object if `key` names one. */
function isAllowed(
  { snapshot, subject, nowMs, tried, bucket }: Listing,
  key: string | undefined,
): boolean {
  return tried.some((operation) => {
    if ((operation.level === "object") !== (key !== undefined)) return false;
    const asks = asksOf(operation, bucket, key);
    const asking = { ...subject, operation: operation.name };
    return judge(snapshot, asking, asks, nowMs).kind === "allowed";
  });
}

function asksOf(
  { name: operation, actions }: Operation,
  bucket: Bucket,
  key: string | undefined,
): readonly Ask<Bucket>[] {
  return actions.map((action) => ({ action, operation, bucket, key }));
}
