import { createHash, type Hash } from "node:crypto";
import type { Trailer } from "../s3/aws-chunked.ts";
import { awsFault, type Fault } from "../s3/faults.ts";
import type { ChunkProof } from "../signature/chunk-proof.ts";
import { sameSignature } from "../signature/hmac.ts";
import { chunkSignature, trailerSignature } from "../signature/v4-chunk.ts";

/**
 * The chain of signatures over one aws-chunked body: each is computed over the one before it, the
 * first over the signature of the head ("Signature calculations for the Authorization header:
 * transferring payload in multiple chunks"). Mutable: it lives as long as one body.
 */
export type ChunkChain = {
  readonly proof: ChunkProof;
  /** The last signature that was proved. */
  previous: string;
  /** The claim of the current chunk; `undefined` before the first. */
  claimed: string | undefined;
  /** SHA-256 of the current chunk's data so far. */
  hash: Hash;
};

export function startChain(proof: ChunkProof): ChunkChain {
  return {
    proof,
    previous: proof.seedSignature,
    claimed: undefined,
    hash: createHash("sha256"),
  };
}

/**
 * A chunk that claims `signature` begins, so the one before it is complete and is proved.
 * Error: SignatureDoesNotMatch.
 */
export function beginChunk(chain: ChunkChain, signature: string): Fault | undefined {
  const problem = proveChunk(chain);
  chain.claimed = signature;
  chain.hash = createHash("sha256");
  return problem;
}

/**
 * Ends the chain once the framing is complete: proves the last chunk and, if one was announced, the
 * trailer section. Errors: SignatureDoesNotMatch, also if a trailer's signature is missing.
 */
export function endChain(
  chain: ChunkChain,
  trailers: readonly Trailer[],
  claimedTrailer: string | undefined,
): Fault | undefined {
  const problem = proveChunk(chain);
  if (problem !== undefined || (trailers.length === 0 && claimedTrailer === undefined)) {
    return problem;
  }
  const canonical = trailers.map(([name, value]) => `${name}:${value}\n`).join("");
  const digest = createHash("sha256").update(canonical, "latin1").digest("hex");
  const expected = trailerSignature(chain.proof, chain.previous, digest);
  return sameSignature(expected, claimedTrailer ?? "")
    ? undefined
    : awsFault("SignatureDoesNotMatch", {
        why: "The signature of the trailer section does not match",
      });
}

function proveChunk(chain: ChunkChain): Fault | undefined {
  if (chain.claimed === undefined) return undefined;
  const expected = chunkSignature(chain.proof, chain.previous, chain.hash.digest("hex"));
  if (!sameSignature(expected, chain.claimed)) {
    const why = "The signature of a chunk does not match its data";
    return awsFault("SignatureDoesNotMatch", { why });
  }
  chain.previous = expected;
  return undefined;
}
