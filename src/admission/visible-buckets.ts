import type { PolicySet } from "../policy/policy-set.ts";
import { stepsTaken } from "../policy/request-memo.ts";
import type { Ask } from "../s3/asks.ts";
import { canonicalBucket, type Bucket } from "../s3/bucket.ts";
import { nameBehind, startOfNames, type BucketPrefix } from "../s3/mapped-names.ts";
import { OPERATION_LIST, operationNamed, type Operation } from "../s3/operations.ts";
import type { BucketRecord } from "./record.ts";
import { contextOf } from "./condition-context.ts";
import { judge, judgeWithoutPolicies } from "./gates.ts";
import { spend, startWork, type ListingWork } from "./listing-work.ts";
import { policyNames, type PolicyNames } from "./policy-names.ts";
import { holderOf, type Key } from "./principal.ts";
import { memoSlot } from "./question.ts";
import type { Judging, ListingFilter } from "./reply-plan.ts";
import type { Snapshot } from "./snapshot.ts";
import {
  type About,
  aboutBucket,
  type ResourceStatements,
  resourceStatements,
  statementsAboutBucket,
  statementsAboutKey,
} from "./resource-statements.ts";
import type { Subject } from "./subject.ts";
import { tenantOf } from "./caller.ts";

/** Keeps every bucket but the one of that name, if there is one. */
export function allBut(hidden: string | undefined): ListingFilter {
  return {
    needs: () => undefined,
    // oxlint-disable-next-line eslint/require-yield -- Too short to leave a turn to anybody.
    *keeps(name) {
      return name !== hidden;
    },
  };
}

/**
 * `filter` by the clients' names, for a list in which `prefix` stands before those of `tenant`. Others are
 * not kept, nor the bucket called `hidden` there, nor names that do not begin with `start`.
 */
export function renamedBuckets(
  filter: ListingFilter,
  prefix: BucketPrefix,
  tenant: string,
  start: string,
  hidden: string | undefined,
): ListingFilter {
  const shows = (stored: string): string | undefined => {
    const name = stored === hidden ? undefined : nameBehind(prefix, tenant, stored);
    return name?.startsWith(start) === true ? name : undefined;
  };
  return {
    shows,
    start: startOfNames(prefix, tenant),
    needs: (stored) => {
      const name = shows(stored);
      return name === undefined ? undefined : filter.needs(name);
    },
    *keeps(stored, record) {
      const name = shows(stored);
      return name === undefined ? false : yield* filter.keeps(name, record);
    },
  };
}

/**
 * Keeps those buckets in the answer to `subject`, a ListBuckets, in which its caller may do
 * anything: some operation, on the bucket, on any of its objects, or on one that an Allow names.
 * Conditions are judged as this request meets them; a condition on stored tags counts as no.
 *
 * A list may have thousands of names. Buckets of one owner with the same statements about them have
 * one answer, which is judged once; for the others it is enough to see which statements those are.
 * The rest is bounded: owners write the policies of their buckets, and the caller may be one.
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
    *keeps(name, record) {
      const bucket = bucketOf(name);
      if (bucket === undefined) return false;
      return yield* isSeen(bucket, buckets.get(bucket.id) ?? record);
    },
  };
}

/** Returns a test of a bucket, by its record: whether the caller may do anything in it. */
function visibility(
  snapshot: Snapshot,
  subject: Subject,
  nowMs: number,
): (bucket: Bucket, record: BucketRecord | undefined) => Judging {
  const { caller } = subject;
  const tried = triedBy(snapshot, subject, nowMs);
  const context = contextOf(snapshot, subject, nowMs);
  const { missingKeyNegated } = snapshot.policy.provider.switches;
  const policies = caller.kind === "known" ? policiesOf(caller.key) : [];
  const own = policies.map((set) => ({
    set,
    one: resourceStatements(set, context, missingKeyNegated),
  }));
  const answers = new Map<string, boolean>();
  const work = startWork();
  return function* (bucket, record) {
    const known = { ...subject.known, records: new Map([[bucket.id, record]]) };
    const about = { ...subject, known };
    const listing: Listing = { snapshot, subject: about, nowMs, tried, bucket, work };
    const ofCaller = own.map(({ set, one }) =>
      lookedAt(one, policyNames(snapshot, caller, bucket, set)),
    );
    if (record?.policy === undefined) {
      const owner = record === undefined ? "nobody" : `of ${record.owner.name}`;
      return yield* isVisible(listing, ofCaller, owner, answers);
    }
    // A bucket's policy never names its tenant.
    const ofBucket = resourceStatements(record.policy, context, missingKeyNegated);
    const each = [...ofCaller, lookedAt(ofBucket, { name: bucket.name, alias: undefined })];
    return yield* isVisible(listing, each, "", new Map());
  };
}

type Listing = {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  readonly nowMs: number;
  /** The operations that only policies can refuse. */
  readonly tried: readonly Operation[];
  readonly bucket: Bucket;
  readonly work: ListingWork;
};

/**
 * The cost of looking at one statement, or judging one operation, besides the search for patterns.
 */
const STEPS_A_STATEMENT = 30;
const STEPS_AN_OPERATION = 1_000;

/** The identity policies. Each set is judged by itself, as it has its own names for a bucket. */
function policiesOf(key: Key): readonly PolicySet[] {
  const { policies } = holderOf(key);
  const session = key.session?.policy;
  return session === undefined ? [policies] : [policies, session];
}

/** A key of an object that no policy names. */
const ANY_KEY = "s3warden-any-key";

/**
 * The operations that ask for something in a bucket that exists; the usual ones first, as most find
 * one at once.
 */
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
    prefix: undefined,
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

/**
 * Judges a bucket. `answers`: earlier results, by the owner and the statements about a resource.
 */
function* isVisible(
  listing: Listing,
  each: Each,
  owner: string,
  answers: Map<string, boolean>,
): Judging {
  const ofBucket = textOfAll(each, ({ one, about, names }) =>
    statementsAboutBucket(one, about, names),
  );
  if (yield* spend(listing.work, ofBucket.steps)) return "spent";
  const kind = `${owner}|bucket|${ofBucket.text}`;
  const bySelf = yield* known(answers, kind, () => isAllowed(listing, undefined));
  if (bySelf !== false) return bySelf;
  const anyObject = function* (): Judging {
    for (const key of keysOf(each)) {
      const ofKey = textOfAll(each, ({ one, about, names }) =>
        statementsAboutKey(one, about, names, key),
      );
      if (yield* spend(listing.work, ofKey.steps)) return "spent";
      const kindOfKey = `${owner}|object|${ofKey.text}`;
      const byKey = yield* known(answers, kindOfKey, () => isAllowed(listing, key));
      if (byKey !== false) return byKey;
    }
    return false;
  };
  // If no statement depends on the name, objects are as those of any other such bucket.
  const isNamed = each.some(({ about }) => about.named.size > 0);
  return yield* isNamed ? anyObject() : known(answers, `${owner}|objects`, anyObject);
}

/** The sets of policies that one bucket is judged by. */
type Each = readonly LookedAt[];

type LookedAt = {
  readonly one: ResourceStatements;
  readonly about: About;
  readonly names: PolicyNames;
};

/** A set of policies, looked at for the bucket that it knows by `names`. */
function lookedAt(one: ResourceStatements, names: PolicyNames): LookedAt {
  return { one, about: aboutBucket(one, names), names };
}

/** Returns the text of all items, and the cost of reading them. */
function textOfAll(
  each: Each,
  say: (set: LookedAt) => string,
): { readonly text: string; readonly steps: number } {
  let steps = STEPS_A_STATEMENT;
  const texts = each.map((set) => {
    const { budget } = set.one.facts;
    const before = budget.stepsLeft;
    const text = say(set);
    steps += before - budget.stepsLeft + STEPS_A_STATEMENT * set.about.all.size;
    return text;
  });
  return { text: texts.join("|"), steps };
}

function* known(answers: Map<string, boolean>, kind: string, find: () => Judging): Judging {
  const answer = answers.get(kind) ?? (yield* find());
  if (answer !== "spent") answers.set(kind, answer);
  return answer;
}

/** Returns the keys to try: an object that no statement names is as good as any other. */
function keysOf(each: Each): readonly string[] {
  const isSaid = each.some(({ about }) => about.all.size > 0);
  return isSaid ? [ANY_KEY, ...each.flatMap(({ one }) => one.keys)] : [ANY_KEY];
}

/** Returns true if any operation may be done on the bucket, or on the object if `key` names one. */
function* isAllowed(
  { snapshot, subject, nowMs, tried, bucket, work }: Listing,
  key: string | undefined,
): Judging {
  for (const operation of tried) {
    if ((operation.level === "object") !== (key !== undefined)) continue;
    const asks = asksOf(operation, bucket, key);
    const asking = { ...subject, operation: operation.name };
    const memo = memoSlot();
    const { kind } = judge(snapshot, asking, asks, nowMs, undefined, memo);
    if (kind === "allowed") return true;
    const steps = memo.shared === undefined ? 0 : stepsTaken(memo.shared);
    if (yield* spend(work, STEPS_AN_OPERATION + steps)) return "spent";
  }
  return false;
}

function asksOf(
  { name: operation, actions }: Operation,
  bucket: Bucket,
  key: string | undefined,
): readonly Ask<Bucket>[] {
  return actions.map((action) => ({ action, operation, bucket, key }));
}

/** Returns true if a list of buckets has only those that are of use to its caller. */
export function hidesBuckets({ policy }: Pick<Snapshot, "policy">): boolean {
  return policy.listBuckets === "filtered" && policy.mode === "enforce";
}

/** Returns true if some bucket may be taken out of a list: also the gateway's own. */
export function isListFiltered(snapshot: Pick<Snapshot, "policy" | "stateBucket">): boolean {
  return hidesBuckets(snapshot) || snapshot.stateBucket !== undefined;
}
