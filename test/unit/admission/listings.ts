import assert from "node:assert/strict";
import { recognize } from "../../../src/admission/recognize.ts";
import type { BucketRecord } from "../../../src/admission/record.ts";
import type { ListingFilter } from "../../../src/admission/reply-plan.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Subject } from "../../../src/admission/subject.ts";
import { visibleBuckets } from "../../../src/admission/visible-buckets.ts";
import { told } from "../../support/decided.ts";
import { headOf, type Sent } from "./people.ts";
import { NOW } from "./world.ts";

const ARN = "arn:aws:s3:::";

export const allow = (Action: string, Resource: string, more: object = {}): object => ({
  Effect: "Allow",
  Action,
  Resource: `${ARN}${Resource}`,
  ...more,
});

export const deny = (Action: string, Resource: string): object => ({
  ...allow(Action, Resource),
  Effect: "Deny",
});

/** Opens no bucket. */
export const LISTS = allow("s3:ListAllMyBuckets", "*");

/** Of a bucket's statement. */
export const EVERYBODY = { Principal: "*" };

/** Of a bucket's statement: about everybody, the bucket and its objects. */
export const everythingIn = (bucket: string): object => ({
  ...EVERYBODY,
  Resource: [`${ARN}${bucket}`, `${ARN}${bucket}/*`],
});

export const policyOf = (...Statement: readonly object[]): object => ({
  Version: "2012-10-17",
  Statement,
});

/** Of gateway.yaml: lists show what is of use. */
export const FILTERED = { bucketPolicies: "gateway", listBuckets: "filtered" } as const;

/** A ListBuckets of `who`, as the gateway understands it. */
export function listingOf(snapshot: Snapshot, who: string | undefined, sent: Sent = {}): Subject {
  const step = recognize(snapshot, headOf(who, "GET /", sent), NOW).next();
  assert.ok(step.done === true && step.value.kind === "subject");
  return step.value.subject;
}

/** The filter of that list, whether or not anything lets `who` ask for one. */
export function filterFor(
  snapshot: Snapshot,
  who: string | undefined,
  sent: Sent = {},
): ListingFilter {
  return visibleBuckets(snapshot, listingOf(snapshot, who, sent), NOW);
}

/** Those of `names` that are left, as the client reads them. `record`: what is kept of each elsewhere. */
export function shown(
  { keeps, shows }: ListingFilter,
  names: readonly string[],
  record?: BucketRecord,
): readonly string[] {
  return names.flatMap((name) =>
    told(keeps(name, record)) === true ? [shows?.(name) ?? name] : [],
  );
}
