import type { Template } from "../../../src/policy/template.ts";
import type { PolicySet } from "../../../src/policy/policy-set.ts";
import type { Ask } from "../../../src/s3/asks.ts";
import type { BucketName } from "../../../src/s3/address.ts";
import { OPERATION_LIST, operationNamed, type Operation } from "../../../src/s3/operations.ts";
import { recordOf } from "../../../src/admission/buckets.ts";
import { contextOf } from "../../../src/admission/condition-context.ts";
import { judge } from "../../../src/admission/gates.ts";
import { holderOf } from "../../../src/admission/principal.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Subject } from "../../../src/admission/subject.ts";

/**
 * Tells of each bucket in the answer to `subject`, a ListBuckets, whether its caller may do anything
 * in it: some operation, on the bucket, on any of its objects, or on one that an Allow speaks of.
 * Conditions are judged as this request meets them; what depends on stored tags counts as no.
 */
export function visibleBuckets(
  snapshot: Snapshot,
  subject: Subject,
  nowMs: number,
): (name: string) => boolean {
  const { caller } = subject;
  const own = caller.kind === "known" ? keysIn(holderOf(caller.key).policies) : NO_KEYS;
  const keys = (set: PolicySet | undefined): readonly Template[] =>
    set === undefined ? own : [...own, ...keysIn(set)];
  return (name) => {
    const bucket: BucketName = { tenant: undefined, name };
    const spoken = keys(recordOf(snapshot, subject, bucket)?.policy);
    const samples = new Set([
      ANY_KEY,
      ...spoken.map((one) => sampleOf(one, snapshot, subject, nowMs)),
    ]);
    return TRIED.some((operation) =>
      samplesFor(operation, samples).some((key) => {
        const asks = operation.actions.map((action): Ask => ({
          action,
          operation: operation.name,
          bucket,
          key,
        }));
        const asking = { ...subject, operation: operation.name };
        return judge(snapshot, asking, asks, nowMs).kind === "allowed";
      }),
    );
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
