/** The meaning of `x-amz-content-sha256` for the body: one of five (SigV4, "Payload"). */
export type Payload =
  /** The hex SHA-256 of the whole body, 64 lower-case digits; part of the signature. */
  | { readonly kind: "digest"; readonly sha256: string }
  /** `UNSIGNED-PAYLOAD`, also what presigned URLs and SigV2 mean. */
  | { readonly kind: "unsigned" }
  /** `STREAMING-…`: aws-chunked framing. `signed`: each chunk has a signature. */
  | { readonly kind: "chunked"; readonly signed: boolean; readonly trailer: boolean };
