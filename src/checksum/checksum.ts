import type { ChecksumAlgorithm } from "../s3/checksums.ts";

/** A value that the body must have. */
export type ChecksumCheck = {
  readonly algorithm: ChecksumAlgorithm;
  /** The header or trailer field that promised it, lower-case, for the error message. */
  readonly field: string;
  /** The promised value: raw bytes in base64, or hex if the field is x-amz-content-sha256. */
  readonly expectedBase64: string;
};
