import { admit } from "../../../src/admission/admit.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Verdict } from "../../../src/admission/verdict.ts";
import type { RequestHead } from "../../../src/http/head.ts";

/**
 * Returns the verdict on a request that depends on memory and head alone. Throws if it asks for
 * more.
 */
export function ended(snapshot: Snapshot, head: RequestHead, nowMs: number): Verdict {
  const step = admit(snapshot, head, nowMs).next();
  if (step.done !== true) throw new Error(`Expected a verdict, asked for ${step.value.need.kind}`);
  return step.value;
}
