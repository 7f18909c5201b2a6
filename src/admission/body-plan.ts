import type { ChecksumCheck } from "../checksum/checksum.ts";
import type { ChunkProof } from "../signature/chunk-proof.ts";

/** How the body of an admitted request travels. Lengths in bytes. */
export type BodyPlan =
  | { readonly kind: "none" }
  /** The bytes as they come; held back at the end where there is something to check. */
  | {
      readonly kind: "pass";
      readonly length: number;
      readonly checks: readonly ChecksumCheck[];
    }
  /** aws-chunked: framing removed, chunk signatures, trailer and checksums proved. */
  | {
      readonly kind: "deframe";
      /** `x-amz-decoded-content-length`: what the store gets. */
      readonly decodedLength: number;
      /** Present where every chunk is signed. */
      readonly proof: ChunkProof | undefined;
      /** Lower-case names that `x-amz-trailer` announced; empty: no trailer section may follow. */
      readonly trailers: readonly string[];
      /** Checksums already known from headers; trailer checksums are found by their name. */
      readonly checks: readonly ChecksumCheck[];
    };
