import type { ChecksumCheck } from "../checksum/checksum.ts";
import { digestMismatch } from "../checksum/checks.ts";
import { createDigest, digestOf, type Digest } from "../checksum/digest.ts";
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
  if (promises.received > promises.length) return wrongLength(promises.length, "more");
  for (const digest of promises.digests.values()) digest.update(bytes);
  return undefined;
}

/** Returns true if no more bytes may come: the last of them has. */
export function isAllThere({ received, length }: BodyPromises): boolean {
  return received === length;
}

/**
 * The body has ended: whether its length and every one of `checks` are as promised. Each check's
 * algorithm must have been given to `startPromises`.
 * Errors: IncompleteBody, BadDigest, XAmzContentSHA256Mismatch.
 */
export function brokenPromise(
  promises: BodyPromises,
  checks: readonly ChecksumCheck[],
): Fault | undefined {
  if (promises.received < promises.length) return wrongLength(promises.length, "less");
  const values = new Map<ChecksumAlgorithm, string>();
  for (const [algorithm, digest] of promises.digests) values.set(algorithm, digest.base64());
  return firstMismatch(values, checks);
}

/**
 * Returns the same of a body that is all there. The algorithms of `checks` are loaded.
 * Errors: IncompleteBody, BadDigest, XAmzContentSHA256Mismatch.
 */
export function brokenByWhole(
  body: Buffer,
  length: number,
  checks: readonly ChecksumCheck[],
): Fault | undefined {
  if (body.length !== length) {
    return wrongLength(length, body.length > length ? "more" : "less");
  }
  const values = new Map<ChecksumAlgorithm, string>();
  // Two checks can be of one algorithm: x-amz-content-sha256, and a checksum.
  for (const { algorithm } of checks) {
    if (!values.has(algorithm)) values.set(algorithm, digestOf(algorithm, body));
  }
  return firstMismatch(values, checks);
}

function firstMismatch(
  values: ReadonlyMap<ChecksumAlgorithm, string>,
  checks: readonly ChecksumCheck[],
): Fault | undefined {
  for (const check of checks) {
    const actual = values.get(check.algorithm);
    if (actual === undefined) throw new Error(`no digest was made for ${check.field}`);
    const problem = digestMismatch(check, actual);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wrongLength(promised: number, than: "more" | "less"): Fault {
  const why = `The body has ${than} bytes than the request promised: promised ${promised}`;
  return awsFault("IncompleteBody", { why });
}
