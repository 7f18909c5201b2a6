import { tagsOfAnswer, TAGS_BYTES_MAX, type Known, type Need } from "../admission/known.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Fault } from "../s3/faults.ts";
import type { Tags } from "../s3/tags.ts";
import type { Upstream } from "./upstream.ts";
import { kindOf, upstreamFault } from "./upstream-error.ts";

/**
 * Asks the store for the tags that a decision needs. Errors: ServiceUnavailable where they cannot be
 * had, since a decision must not be made without them.
 */
export async function fetchKnown(
  upstream: Upstream,
  needs: readonly Need[],
): Promise<Result<Known, Fault>> {
  const tags = new Map<string, Tags>();
  for (const need of needs) {
    const answer = await fetchTags(upstream, need);
    if (!answer.ok) return answer;
    tags.set(need.name, answer.value);
  }
  return ok({ tags });
}

async function fetchTags(upstream: Upstream, { request }: Need): Promise<Result<Tags, Fault>> {
  const endpoint = upstream.choose();
  endpoint.inFlight++;
  try {
    const { method, target, headers } = request;
    const response = await endpoint.pool.request({ method: "GET", path: target, headers });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError(`${method} gave something but bytes`);
      bytes += chunk.length;
      if (bytes > TAGS_BYTES_MAX) break;
      chunks.push(chunk);
    }
    return tagsOfAnswer(response.statusCode, Buffer.concat(chunks));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const kind = kindOf(error);
    if (kind === "connect") upstream.markDown(endpoint);
    return err(upstreamFault(kind, error));
  } finally {
    endpoint.inFlight--;
  }
}
