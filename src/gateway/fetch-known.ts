import type { BucketRecord } from "../admission/buckets.ts";
import type { Key } from "../admission/principal.ts";
import type { RecordChange } from "../admission/record-change.ts";
import type { StoreRequest } from "../admission/verdict.ts";
import { tagsOfAnswer, TAGS_BYTES_MAX, type Known, type Need } from "../admission/known.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import type { Tags } from "../s3/tags.ts";
import { errorCodeOf } from "./reply.ts";
import type { Endpoint, Upstream } from "./upstream.ts";
import {
  credentialFault,
  storeErrorKind,
  upstreamFault,
  type UpstreamErrorKind,
} from "./upstream-error.ts";

/** Where what is not in the configuration is kept. Errors: SlowDown, ServiceUnavailable. */
export type Sources = {
  readonly key: (accessKeyId: string) => Promise<Result<Key | undefined, Fault>>;
  readonly bucket: (name: string) => Promise<Result<BucketRecord | undefined, Fault>>;
  /** Changes what is remembered of a bucket, or tells why it could not. Never rejects. */
  readonly change: (change: RecordChange) => Promise<Fault | undefined>;
};

/** That something cannot be had, and what the client reads of it. */
export type NotFetched = {
  readonly fault: Fault;
  /** Undefined: it was not asked of the store, or not yet. */
  readonly store: StoreFailure | undefined;
};

/** `endpoint`: its origin. */
export type StoreFailure = { readonly kind: UpstreamErrorKind; readonly endpoint: string };

/**
 * `known` with what a decision needs besides. Errors: ServiceUnavailable or SlowDown where it cannot
 * be had, since a decision must not be made without it.
 */
export async function fetchKnown(
  upstream: Upstream,
  sources: Sources,
  needs: readonly Need[],
  known: Known,
): Promise<Result<Known, NotFetched>> {
  const keys = new Map(known.keys);
  const buckets = new Map(known.buckets);
  const tags = new Map(known.tags);
  for (const need of needs) {
    const failed = await fetchNeed(need);
    if (failed !== undefined) return err(failed);
  }
  return ok({ keys, buckets, tags });

  async function fetchNeed(need: Need): Promise<NotFetched | undefined> {
    switch (need.kind) {
      case "key":
        return keep(keys, need.accessKeyId, elsewhere(await sources.key(need.accessKeyId)));
      case "bucket":
        return keep(buckets, need.name, elsewhere(await sources.bucket(need.name)));
      case "tags":
        return keep(tags, need.name, await fetchTags(upstream, need.request));
    }
  }
}

function keep<T>(
  map: Map<string, T>,
  name: string,
  value: Result<T, NotFetched>,
): NotFetched | undefined {
  if (!value.ok) return value.error;
  map.set(name, value.value);
  return undefined;
}

function elsewhere<T>(fetched: Result<T, Fault>): Result<T, NotFetched> {
  return fetched.ok ? fetched : err({ fault: fetched.error, store: undefined });
}

async function fetchTags(
  upstream: Upstream,
  request: StoreRequest,
): Promise<Result<Tags, NotFetched>> {
  const endpoint = await upstream.connection();
  if (endpoint === undefined) return elsewhere(err(limitFault("store_connections")));
  const failed = (kind: UpstreamErrorKind, fault: Fault): Result<never, NotFetched> =>
    err({ fault, store: { kind, endpoint: endpoint.origin } });
  try {
    const { status, body } = await asked(endpoint, request);
    const tags = tagsOfAnswer(status, body);
    if (tags.ok) return tags;
    const blame = credentialFault(request, errorCodeOf(body));
    return blame === undefined ? failed("protocol", tags.error) : failed("credential", blame);
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

/** Of a longer answer than tags can be, only its beginning. */
async function asked(
  { pool }: Endpoint,
  { method, target, headers }: StoreRequest,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  const response = await pool.request({ method: "GET", path: target, headers });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError(`${method} gave something but bytes`);
    bytes += chunk.length;
    if (bytes > TAGS_BYTES_MAX) break;
    chunks.push(chunk);
  }
  return { status: response.statusCode, body: Buffer.concat(chunks) };
}
