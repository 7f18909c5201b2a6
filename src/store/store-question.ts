import { err, type Result } from "../lib/result.ts";
import type { Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import type { Patience, Upstream } from "./upstream.ts";
import type { Endpoint } from "./endpoint.ts";
import { storeErrorKind, upstreamFault, type UpstreamErrorKind } from "./upstream-error.ts";

/** The failure to get something, and what the client reads of it. */
export type NotFetched = {
  readonly fault: Fault;
  /** The store's failure; `undefined` if the store was not asked, or not yet. */
  readonly store: StoreFailure | undefined;
};

/** `endpoint`: its origin. */
export type StoreFailure = { readonly kind: UpstreamErrorKind; readonly endpoint: string };

/**
 * Asks the store something that the request of `whose` depends on: `ask` receives an endpoint, and
 * a way to say that the answer cannot be used. A client who has left is not waited for. Errors:
 * SlowDown if no connection is free, ServiceUnavailable. Rejects with an error that is no failure
 * of the store.
 */
export async function askStore<T>(
  upstream: Upstream,
  whose: Patience,
  ask: (
    endpoint: Endpoint,
    failed: (kind: UpstreamErrorKind, fault: Fault) => Result<never, NotFetched>,
  ) => Promise<Result<T, NotFetched>>,
): Promise<Result<T, NotFetched>> {
  const endpoint = await upstream.connection(whose);
  if (endpoint === undefined)
    return err({ fault: limitFault("store_connections"), store: undefined });
  const failed = (kind: UpstreamErrorKind, fault: Fault): Result<never, NotFetched> =>
    err({ fault, store: { kind, endpoint: endpoint.origin } });
  try {
    return await ask(endpoint, failed);
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
