import { admitFile, admitForm } from "../../src/admission/admit-form.ts";
import type { PendingForm } from "../../src/admission/pending.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import type { Verdict } from "../../src/admission/verdict.ts";

/** The verdict on a form with a file of `length` bytes behind its fields. */
export function formVerdict(
  snapshot: Snapshot,
  pending: PendingForm,
  fields: ReadonlyMap<string, string>,
  length: number,
  nowMs: number,
): Verdict {
  const verdict = admitForm(snapshot, pending, { fields, fileBytesMax: length }, nowMs);
  return verdict.kind === "file" ? admitFile(snapshot, verdict.pending, length, nowMs) : verdict;
}
