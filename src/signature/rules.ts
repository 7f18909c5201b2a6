/** What the operator accepts of signatures. Times in milliseconds. */
export type SignatureRules = {
  /** SigV2 is accepted only where an old client needs it. */
  readonly v2: boolean;
  /** Regions a credential scope may name; empty: any. */
  readonly regions: readonly string[];
  /** How far `x-amz-date` may be from now, either way. */
  readonly clockSkewMs: number;
  /** The longest `X-Amz-Expires` accepted; never above S3's own seven days. */
  readonly presignedExpiryMaxMs: number;
};
