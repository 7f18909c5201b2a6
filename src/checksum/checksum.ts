/** The algorithms of `x-amz-checksum-*`, and Content-MD5's. */
export type ChecksumAlgorithm = "crc32" | "crc32c" | "crc64nvme" | "sha1" | "sha256" | "md5";

/** A value that the body must have. */
export type ChecksumCheck = {
  readonly algorithm: ChecksumAlgorithm;
  /** The header or trailer field that promised it, lower-case, for the error message. */
  readonly field: string;
  /** The promised value: raw bytes in base64, or hex where the field is x-amz-content-sha256. */
  readonly expectedBase64: string;
};
