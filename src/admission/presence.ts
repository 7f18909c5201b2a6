import type { Facts } from "./facts.ts";
import { EMPTY_SHA256 } from "./plan-body.ts";
import type { Snapshot } from "./snapshot.ts";
import { storeRequest } from "./store-request.ts";
import type { Subject } from "./subject.ts";
import type { StoreRequest } from "./outgoing.ts";

/**
 * The request that asks the store whether the bucket of `subject` is there ("HeadBucket", S3 API
 * Reference), in the name that the request itself will have there. Undefined: its head cannot be
 * written, and neither can that of the request itself.
 */
export function presenceRequest(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  nowMs: number,
): StoreRequest | undefined {
  const asking: Subject = {
    ...subject,
    head: { ...subject.head, method: "HEAD" },
    operation: "HeadBucket",
    query: [],
    headers: [],
  };
  const body = { payload: EMPTY_SHA256, length: undefined, deframed: false, md5: undefined };
  const request = storeRequest(snapshot, asking, facts, { ...body, headers: [] }, nowMs);
  return request.ok ? request.value : undefined;
}
