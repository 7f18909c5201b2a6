/** The operator's rules for accepted signatures. Times in milliseconds. */
export type SignatureRules = {
  /** True if SigV2 is accepted, which only an old client needs. */
  readonly v2: boolean;
  /** The regions that a credential scope may name; empty if it may name any. */
  readonly regions: readonly string[];
  /** The largest distance of `x-amz-date` from now, either way. */
  readonly clockSkewMs: number;
  /** The longest `X-Amz-Expires` accepted, and the oldest form; never above S3's own seven days. */
  readonly presignedExpiryMaxMs: number;
  /** The shortest; 0 is "valid in the same second". */
  readonly presignedExpiryMinMs: number;
  /**
   * The longest time until a URL or a form of version 2 ends; `undefined` if that is not limited.
   */
  readonly presignedV2MaxMs: number | undefined;
  /** True if URLs may be presigned with version 2, provided that version 2 is accepted at all. */
  readonly presignedV2: boolean;
};
