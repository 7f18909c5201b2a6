import type { Template } from "../../../src/policy/template.ts";
import type { PolicySet } from "../../../src/policy/policy-set.ts";
import type { Ask } from "../../../src/s3/asks.ts";
import { canonicalBucket, type Bucket } from "../../../src/s3/bucket.ts";
import { OPERATION_LIST, operationNamed, type Operation } from "../../../src/s3/operations.ts";
import type { BucketRecord } from "../../../src/admission/record.ts";
import { contextOf } from "../../../src/admission/condition-context.ts";
import { judge } from "../../../src/admission/gates.ts";
import { holderOf } from "../../../src/admission/principal.ts";
import type { ListingFilter } from "../../../src/admission/reply-plan.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Subject } from "../../../src/admission/subject.ts";
import { tenantOf } from "../../../src/admission/caller.ts";

/**
 * Every operation tried on every key that a policy names: slow, and what visibleBuckets() must show.
 */
export function visibleBuckets(snapshot: Snapshot, subject: Subject, nowMs: number): ListingFilter {
  const { caller } = subject;
  const own = caller.kind === "known" ? keysIn(holderOf(caller.key).policies) : NO_KEYS;
  const keys = (set: PolicySet | undefined): readonly Template[] =>
    set === undefined ? own : [...own, ...keysIn(set)];
  const bucketOf = (name: string): Bucket | undefined => {
    const spelled = { tenant: undefined, name };
    const bucket = canonicalBucket(spelled, tenantOf(caller), snapshot.store.naming);
    return bucket.ok && name !== snapshot.stateBucket ? bucket.value : undefined;
  };
  const isVisible = (bucket: Bucket, record: BucketRecord | undefined): boolean => {
    const known = { ...subject.known, records: new Map([[bucket.id, record]]) };
    const about = { ...subject, known };
    const spoken = keys(record?.policy);
    const samples = new Set([
      ANY_KEY,
      ...spoken.map((one) => sampleOf(one, snapshot, about, nowMs)),
    ]);
    return TRIED.some((operation) =>
      samplesFor(operation, samples).some((key) => {
        const asks = operation.actions.map((action): Ask<Bucket> => ({
          action,
          operation: operation.name,
          bucket,
          key,
        }));
        const asking = { ...about, operation: operation.name };
        return judge(snapshot, asking, asks, nowMs).kind === "allowed";
      }),
    );
  };
  return {
    needs: (name) => {
      const bucket = snapshot.elsewhere.records ? bucketOf(name) : undefined;
      if (bucket === undefined || snapshot.buckets.has(bucket.id)) return undefined;
      return { kind: "record", bucket, fresh: false };
    },
    // oxlint-disable-next-line eslint/require-yield -- Nobody waits in a test.
    *keeps(name, record) {
      const bucket = bucketOf(name);
      return bucket !== undefined && isVisible(bucket, snapshot.buckets.get(bucket.id) ?? record);
    },
  };
}

/** Of an object that no policy speaks of by name. */
const ANY_KEY = "s3warden-any-key";
const NO_KEYS: readonly Template[] = [];

/** What asks for something in a bucket that is there; the usual ones first, as most find one at once. */
const TRIED: readonly Operation[] = [
  ...(["ListObjectsV2", "GetObject", "PutObject"] as const).map(operationNamed),
  ...OPERATION_LIST,
].filter(
  ({ level, actions, name }) =>
    level !== "service" && actions.length > 0 && name !== "CreateBucket",
);

function samplesFor(
  { level }: Operation,
  keys: ReadonlySet<string>,
): readonly (string | undefined)[] {
  return level === "object" ? [...keys] : [undefined];
}

/** The resources that Allow statements speak of. */
function keysIn({ statements }: PolicySet): readonly Template[] {
  return statements.flatMap(({ effect, resources }) =>
    effect === "Allow" && !resources.negated ? resources.patterns : [],
  );
}

/** A key that the pattern matches, if its bucket does: nothing for each `*`, a letter for each `?`. */
function sampleOf(pattern: Template, snapshot: Snapshot, subject: Subject, nowMs: number): string {
  const context = contextOf(snapshot, subject, nowMs);
  const text = pattern.parts
    .map((part) => {
      if (part.kind === "text") return part.text;
      if (part.kind !== "variable") return part.kind === "one" ? "x" : "";
      const value = context(part.name.key, part.name.tag) ?? part.fallback;
      return typeof value === "string" ? value : "";
    })
    .join("");
  const slash = text.indexOf("/");
  return slash < 0 || slash === text.length - 1 ? ANY_KEY : text.slice(slash + 1);
}
