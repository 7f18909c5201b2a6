import type { SigningKey } from "./key-ring.ts";

/** The input of the signatures of chunks and trailer, besides the data itself. */
export type ChunkProof = {
  readonly signingKey: SigningKey;
  /** `x-amz-date` of the request, `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  /** `YYYYMMDD/region/s3/aws4_request`. */
  readonly scope: string;
  /** The proved signature of the head, 64 hex digits: the chain's first link. */
  readonly seedSignature: string;
};
