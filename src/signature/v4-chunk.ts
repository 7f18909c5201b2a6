import type { ChunkProof } from "./chunk-proof.ts";
import { hmac } from "./hmac.ts";

const SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * The signature of a chunk: `previous` is the signature of the chunk before or of the head,
 * `chunkSha256` the hash of its data (hex), without framing ("Transferring Payload in Multiple
 * Chunks", "Defining the Chunk Body").
 */
export function chunkSignature(proof: ChunkProof, previous: string, chunkSha256: string): string {
  const { signingKey, timestamp, scope } = proof;
  return hmac(
    signingKey,
    `AWS4-HMAC-SHA256-PAYLOAD\n${timestamp}\n${scope}\n${previous}\n${SHA256_OF_NOTHING}\n${chunkSha256}`,
  );
}

/**
 * The signature of the trailer: `previous` is the signature of the last, empty chunk,
 * `trailerSha256` the hash of the lines `name:value\n` without the signature's own line
 * ("Including Trailing Headers").
 */
export function trailerSignature(
  proof: ChunkProof,
  previous: string,
  trailerSha256: string,
): string {
  const { signingKey, timestamp, scope } = proof;
  return hmac(
    signingKey,
    `AWS4-HMAC-SHA256-TRAILER\n${timestamp}\n${scope}\n${previous}\n${trailerSha256}`,
  );
}
