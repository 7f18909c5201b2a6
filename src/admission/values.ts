import { ok, type Result } from "../lib/result.ts";
import type { S3Document } from "../s3/document-reader.ts";
import type { Fault } from "../s3/faults.ts";
import { requestValues } from "../s3/request-values.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/**
 * Returns true if policies that came with its caller's key or session ask for the tags and other
 * values that requests set.
 */
export function asksValues({ caller }: Subject): boolean {
  if (caller.kind !== "known") return false;
  const { key } = caller;
  return key.asksValues === true || key.session?.asksValues === true;
}

/** Returns `subject` with its tags and other values, if a policy asks for them. */
export function withValues(
  { policy }: Snapshot,
  subject: Subject,
  document: S3Document | undefined,
): Result<Subject, Fault> {
  if (!policy.asksValues && !asksValues(subject)) return ok(subject);
  const values = requestValues(subject.operation, subject.headers, document);
  return values.ok ? ok({ ...subject, values: values.value }) : values;
}
