import type { StoreRequest } from "../admission/outgoing.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Fault } from "../s3/faults.ts";
import { fault } from "../s3/faults.ts";
import type { Presence } from "../state/store-change.ts";
import { wholeAnswer } from "../store/whole-answer.ts";
import { askStore, type NotFetched } from "../store/store-question.ts";
import type { Patience, Upstream } from "../store/upstream.ts";

/**
 * Asks the store if a bucket exists, by `request`: a HeadBucket. An answer without a body cannot
 * say why it is no; the store's answer to the request itself can. Errors: SlowDown,
 * ServiceUnavailable.
 */
export function presenceOf(
  upstream: Upstream,
  request: StoreRequest,
  whose: Patience,
): Promise<Result<Presence, NotFetched>> {
  return askStore(upstream, whose, async (endpoint, failed) => {
    const { status } = await wholeAnswer(endpoint.pool, request.head, 0);
    upstream.markUp(endpoint);
    if (status >= 500) return failed("other", unanswered(status));
    return ok(PRESENCE.get(status) ?? "unclear");
  });
}

const PRESENCE: ReadonlyMap<number, Presence> = new Map([
  [200, "present"],
  [404, "absent"],
]);

function unanswered(status: number): Fault {
  const message = "The store does not say whether the bucket exists. Please try again";
  return fault("ServiceUnavailable", message, { rule: `HeadBucket: status ${status}` });
}
