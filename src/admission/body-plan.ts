import type { ChecksumCheck } from "../checksum/checksum.ts";
import type { ChunkProof } from "../signature/chunk-proof.ts";

/**
 * The length, in bytes, up to which a body is read and proved before the store gets any of it. A
 * large body cannot have that, and for a small one it is also the fastest way.
 */
export const WHOLE_BODY_BYTES_MAX = 64 * 1024;

/** A body that was read whole, and proved. */
export type WholeBody = {
  readonly content: Buffer;
  /** The value of the trailer that was announced; empty if none was. */
  readonly trailer: string;
};

/** The way in which the body of an admitted request travels. Lengths in bytes. */
export type BodyPlan =
  | { readonly kind: "none" }
  /** The bytes as they come; held back at the end if there is something to check. */
  | {
      readonly kind: "pass";
      readonly length: number;
      readonly checks: readonly ChecksumCheck[];
    }
  /** aws-chunked: framing removed, chunk signatures, trailer and checksums proved. */
  | {
      readonly kind: "deframe";
      /** `x-amz-decoded-content-length`: the bytes that the store gets. */
      readonly decodedLength: number;
      /** The proof; present if every chunk is signed. */
      readonly proof: ChunkProof | undefined;
      /**
       * The lower-case names that `x-amz-trailer` announced; empty if no trailer section may
       * follow.
       */
      readonly trailers: readonly string[];
      /** Checksums already known from headers; trailer checksums are found by their name. */
      readonly checks: readonly ChecksumCheck[];
    };
