import { firstValue } from "../http/headers.ts";
import type { Bucket } from "../s3/bucket.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { isIgnored, isMeasured } from "../s3/ignored-headers.ts";
import { recordOf } from "./buckets.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

const TARGET = "x-amz-expected-bucket-owner";
const SOURCE = "x-amz-source-expected-bucket-owner";

/**
 * Returns the fault of a request whose buckets are not those of the accounts that its headers
 * expect ("Verifying bucket ownership with bucket owner condition", S3 User Guide), for a store
 * that does not check them. The owner is the account of the bucket's record. `undefined` if they
 * are, or nothing is expected, or the store itself checks. Errors: AccessDenied; NotImplemented if
 * the owner is not known.
 */
export function unexpectedOwner(snapshot: Snapshot, subject: Subject): Fault | undefined {
  const { address, source, headers } = subject;
  if (address.kind === "service" || snapshot.store.withoutEffect === "pass") return undefined;
  const target = unexpected(snapshot, subject, firstValue(headers, TARGET), address.bucket, TARGET);
  if (target !== undefined || source === undefined) return target;
  return unexpected(snapshot, subject, firstValue(headers, SOURCE), source.bucket, SOURCE);
}

function unexpected(
  { store, policy }: Snapshot,
  subject: Subject,
  expected: string | undefined,
  bucket: Bucket,
  header: string,
): Fault | undefined {
  if (expected === undefined || expected === "") return undefined;
  if (!isIgnored(store.ignoredHeaders, subject.operation, header)) return undefined;
  const owner = recordOf(subject, bucket)?.owner.name;
  if (owner === expected) return undefined;
  const elements = [["Header", header]] as const;
  if (owner !== undefined) {
    return policy.mode === "report" ? undefined : fault("AccessDenied", undefined, { elements });
  }
  if (!isMeasured(store.ignoredHeaders)) return undefined;
  return fault("NotImplemented", UNKNOWN, {
    rule: "upstream.store, upstream.withoutEffect",
    elements,
  });
}

const UNKNOWN =
  "The gateway does not know whose the bucket is, and the store behind it does not look at the expected owner";
