import { compilePolicies, type PolicySet } from "../policy/policy-set.ts";
import type { BucketName } from "../s3/address.ts";
import type { Ask } from "../s3/asks.ts";
import { OPERATION_LIST, operationNamed, type Operation } from "../s3/operations.ts";
import { recordOf } from "./buckets.ts";
import { contextOf } from "./condition-context.ts";
import { judge, judgeWithoutPolicies } from "./gates.ts";
import { holderOf } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import {
  type About,
  aboutBucket,
  type Spoken,
  spokenBy,
  spokenOfBucket,
  spokenOfKey,
} from "./spoken-resources.ts";
import type { Subject } from "./subject.ts";

/**
 * Tells of each bucket in the answer to `subject`, a ListBuckets, whether its caller may do anything
 * in it: some operation, on the bucket, on any of its objects, or on one that an Allow speaks of.
 * Conditions are judged as this request meets them; what depends on stored tags counts as no.
 *
 * A list may have thousands of names. Buckets of one owner about which the same statements speak
 * have one answer, which is judged once; of the others it only takes to see which statements those
 * are.
 */
export function visibleBuckets(
  snapshot: Snapshot,
  subject: Subject,
  nowMs: number,
): (name: string) => boolean {
  const { caller } = subject;
  const listing: Listing = { snapshot, subject, nowMs, tried: triedBy(snapshot, subject, nowMs) };
  const context = contextOf(snapshot, subject, nowMs);
  const policies = caller.kind === "known" ? holderOf(caller.key).policies : NO_POLICIES;
  const { missingKeyNegated } = snapshot.policy.provider.switches;
  const own = spokenBy(policies, context, missingKeyNegated);
  const answers = new Map<string, boolean>();
  return (name) => {
    const record = recordOf(snapshot, subject, { tenant: undefined, name });
    if (record?.policy === undefined) {
      const owner = record === undefined ? "nobody" : `of ${record.owner.name}`;
      return isVisible(listing, name, [own], owner, answers);
    }
    const spoken = [own, spokenBy(record.policy, context, missingKeyNegated)];
    return isVisible(listing, name, spoken, "", new Map());
  };
}

type Listing = {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  readonly nowMs: number;
  /** The operations that only policies can refuse. */
  readonly tried: readonly Operation[];
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

/** The other gates ask nothing of a bucket or key, so that any stands for all. */
function triedBy(snapshot: Snapshot, subject: Subject, nowMs: number): readonly Operation[] {
  return TRIED.filter((operation) => {
    const asks = asksOf(operation, { tenant: undefined, name: "any-bucket" }, ANY_KEY);
    const asking = { ...subject, operation: operation.name };
    return judgeWithoutPolicies(snapshot, asking, asks, nowMs) === undefined;
  });
}

/** `answers`: what was found before, by the owner and what is said of a resource. */
function isVisible(
  listing: Listing,
  name: string,
  spoken: readonly Spoken[],
  owner: string,
  answers: Map<string, boolean>,
): boolean {
  const each = spoken.map((one) => ({ one, about: aboutBucket(one, name) }));
  const known = (kind: string, find: () => boolean): boolean => {
    const answer = answers.get(kind) ?? find();
    answers.set(kind, answer);
    return answer;
  };
  const ofBucket = each.map(({ one, about }) => spokenOfBucket(one, about, name)).join("|");
  if (known(`${owner}|bucket|${ofBucket}`, () => isAllowed(listing, name, undefined))) return true;
  const anyObject = (): boolean =>
    keysOf(each).some((key) => {
      const ofKey = each.map(({ one, about }) => spokenOfKey(one, about, name, key)).join("|");
      return known(`${owner}|object|${ofKey}`, () => isAllowed(listing, name, key));
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
  { snapshot, subject, nowMs, tried }: Listing,
  name: string,
  key: string | undefined,
): boolean {
  return tried.some((operation) => {
    if ((operation.level === "object") !== (key !== undefined)) return false;
    const asks = asksOf(operation, { tenant: undefined, name }, key);
    const asking = { ...subject, operation: operation.name };
    return judge(snapshot, asking, asks, nowMs).kind === "allowed";
  });
}

function asksOf(
  { name: operation, actions }: Operation,
  bucket: BucketName,
  key: string | undefined,
): readonly Ask[] {
  return actions.map((action) => ({ action, operation, bucket, key }));
}
