import type { StoreRequest } from "../admission/verdict.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Fault } from "../s3/faults.ts";
import { fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import type { Presence } from "../state/store-change.ts";
import type { NotFetched } from "./answers.ts";
import type { Patience, Upstream } from "./upstream.ts";
import { storeErrorKind, upstreamFault, type UpstreamErrorKind } from "./upstream-error.ts";

/**
 * Asks the store whether a bucket is there, by `request`: a HeadBucket. An answer without a body
 * cannot say why it is no; what the store says to the request itself can. Errors: SlowDown,
 * ServiceUnavailable.
 */
export async function presenceOf(
  upstream: Upstream,
  request: StoreRequest,
  whose: Patience,
): Promise<Result<Presence, NotFetched>> {
  const endpoint = await upstream.connection(whose);
  if (endpoint === undefined)
    return err({ fault: limitFault("store_connections"), store: undefined });
  const failed = (kind: UpstreamErrorKind, fault: Fault): Result<never, NotFetched> =>
    err({ fault, store: { kind, endpoint: endpoint.origin } });
  try {
    const { target, headers } = request;
    // undici gives up the connection after each HEAD unless told that the server can be trusted.
    const options = { method: "HEAD", path: target, headers, reset: false } as const;
    const { statusCode, body } = await endpoint.pool.request(options);
    await body.dump();
    upstream.markUp(endpoint);
    if (statusCode >= 500) return failed("other", unanswered(statusCode));
    return ok(PRESENCE.get(statusCode) ?? "unclear");
  } catch (error) {
    const kind = error instanceof Error ? storeErrorKind(error) : undefined;
    // A bug of ours says nothing of the store: settle() tells it as what it is.
    if (!(error instanceof Error) || kind === undefined) throw error;
    upstream.failed(endpoint, error);
    return failed(kind, upstreamFault(kind, error));
  } finally {
    upstream.give(endpoint);
  }
}

const PRESENCE: ReadonlyMap<number, Presence> = new Map([
  [200, "present"],
  [404, "absent"],
]);

function unanswered(status: number): Fault {
  const message = "The store does not tell whether the bucket is there. Please try again";
  return fault("ServiceUnavailable", message, { detail: `HeadBucket: status ${status}` });
}
