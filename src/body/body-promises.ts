import type { ChecksumCheck } from "../checksum/checksum.ts";
import { digestMismatch } from "../checksum/checks.ts";
import { createDigest, type Digest } from "../checksum/digest.ts";
import type { ChecksumAlgorithm } from "../s3/checksums.ts";
import { awsFault, type Fault } from "../s3/faults.ts";

/** Length and digests of one body while it comes. Mutable: it lives as long as the body. */
export type BodyPromises = {
  /** The promised length in bytes. */
  readonly length: number;
  received: number;
  readonly digests: ReadonlyMap<ChecksumAlgorithm, Digest>;
};

/** Starts a digest for each of `algorithms`, which may repeat and are loaded (`loadDigests`). */
export function startPromises(
  length: number,
  algorithms: readonly ChecksumAlgorithm[],
): BodyPromises {
  const digests = new Map<ChecksumAlgorithm, Digest>();
  for (const algorithm of algorithms) digests.set(algorithm, createDigest(algorithm));
  return { length, received: 0, digests };
}

/** The next bytes of the body. Error: IncompleteBody as soon as there are too many. */
export function takeBytes(promises: BodyPromises, bytes: Buffer): Fault | undefined {
  promises.received += bytes.length;
  if (promises.received > promises.length) return wrongLength(promises, "more");
  for (const digest of promises.digests.values()) digest.update(bytes);
  return undefined;
}

/**
 * The body has ended: whether its length and every one of `checks` are as promised. Each check's
 * algorithm must have been given to `startPromises`.
 * Errors: IncompleteBody, BadDigest, XAmzContentSHA256Mismatch.
 */
export async function brokenPromise(
  promises: BodyPromises,
  checks: readonly ChecksumCheck[],
): Promise<Fault | undefined> {
  if (promises.received < promises.length) return wrongLength(promises, "less");
  const values = new Map<ChecksumAlgorithm, string>();
  for (const [algorithm, digest] of promises.digests) values.set(algorithm, await digest.base64());
  for (const check of checks) {
    const actual = values.get(check.algorithm);
    if (actual === undefined) throw new Error(`no digest was started for ${check.field}`);
    const problem = digestMismatch(check, actual);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wrongLength(promises: BodyPromises, than: "more" | "less"): Fault {
  const why = `The body has ${than} bytes than the request promised: promised ${promises.length}`;
  return awsFault("IncompleteBody", { why });
}
