const PREFIX = "x-amz-";
/** User metadata: the one family of names that clients choose; any of them is known. */
export const METADATA_PREFIX = "x-amz-meta-";

/**
 * Whether `name`, in lower case, is an `x-amz-*` header that nothing here knows. A store could give
 * it a meaning of its own, which no rule could judge, so it is refused (S3-AUTHORIZATION section
 * 6.5). Which of the known ones go on to the store is decided in admission.
 */
export function isUnknownAmzHeader(name: string): boolean {
  return name.startsWith(PREFIX) && !KNOWN.has(name) && !name.startsWith(METADATA_PREFIX);
}

/**
 * What S3 answers to a HEAD and `s3cmd modify` sends back with its copy. They say nothing in a
 * request, so they go no further.
 */
export const ECHOED_HEADERS = names(`
  archive-status expiration missing-meta mp-parts-count request-charged restore tagging-count
`);

/** The inputs that the S3 API's operations take from a header ("Actions", Amazon S3 API Reference). */
const API_HEADERS = names(`
  acl bucket-namespace bucket-object-lock-enabled bucket-object-lock-token
  bypass-governance-retention checksum-algorithm checksum-crc32 checksum-crc32c
  checksum-crc64nvme checksum-md5 checksum-mode checksum-sha1 checksum-sha256 checksum-sha512
  checksum-type checksum-xxhash128 checksum-xxhash3 checksum-xxhash64 client-token
  confirm-remove-self-bucket-access copy-source copy-source-if-match
  copy-source-if-modified-since copy-source-if-none-match copy-source-if-unmodified-since
  copy-source-range copy-source-server-side-encryption-customer-algorithm
  copy-source-server-side-encryption-customer-key
  copy-source-server-side-encryption-customer-key-md5 create-session-mode expected-bucket-owner
  grant-full-control grant-read grant-read-acp grant-write grant-write-acp
  if-match-initiated-time if-match-last-modified-time if-match-size max-parts metadata-directive
  mfa mp-object-size object-annotation-directive object-attributes object-if-match
  object-lock-event-hold object-lock-event-hold-duration-days
  object-lock-event-hold-duration-years object-lock-legal-hold object-lock-mode
  object-lock-retain-until-date object-ownership optional-object-attributes part-number-marker
  rename-source rename-source-if-match rename-source-if-modified-since
  rename-source-if-none-match rename-source-if-unmodified-since request-payer request-route
  request-token sdk-checksum-algorithm server-side-encryption
  server-side-encryption-aws-kms-key-id server-side-encryption-bucket-key-enabled
  server-side-encryption-context server-side-encryption-customer-algorithm
  server-side-encryption-customer-key server-side-encryption-customer-key-md5
  skip-destination-validation source-expected-bucket-owner storage-class tagging
  tagging-directive transition-default-minimum-object-size website-redirect-location
  write-offset-bytes
`);

/** What WriteGetObjectResponse says of the object that it answers with. */
const FORWARDED_ANSWER_HEADERS = names(`
  fwd-error-code fwd-error-message fwd-header-accept-ranges fwd-header-cache-control
  fwd-header-content-disposition fwd-header-content-encoding fwd-header-content-language
  fwd-header-content-range fwd-header-content-type fwd-header-etag fwd-header-expires
  fwd-header-last-modified fwd-header-x-amz-checksum-crc32 fwd-header-x-amz-checksum-crc32c
  fwd-header-x-amz-checksum-crc64nvme fwd-header-x-amz-checksum-md5
  fwd-header-x-amz-checksum-sha1 fwd-header-x-amz-checksum-sha256
  fwd-header-x-amz-checksum-sha512 fwd-header-x-amz-checksum-xxhash128
  fwd-header-x-amz-checksum-xxhash3 fwd-header-x-amz-checksum-xxhash64
  fwd-header-x-amz-delete-marker fwd-header-x-amz-expiration fwd-header-x-amz-missing-meta
  fwd-header-x-amz-mp-parts-count fwd-header-x-amz-object-lock-legal-hold
  fwd-header-x-amz-object-lock-mode fwd-header-x-amz-object-lock-retain-until-date
  fwd-header-x-amz-replication-status fwd-header-x-amz-request-charged
  fwd-header-x-amz-restore fwd-header-x-amz-server-side-encryption
  fwd-header-x-amz-server-side-encryption-aws-kms-key-id
  fwd-header-x-amz-server-side-encryption-bucket-key-enabled
  fwd-header-x-amz-server-side-encryption-customer-algorithm
  fwd-header-x-amz-server-side-encryption-customer-key-md5 fwd-header-x-amz-storage-class
  fwd-header-x-amz-tagging-count fwd-header-x-amz-version-id fwd-status
`);

/**
 * Signature and framing: "Authenticating requests (AWS Signature Version 4)". `te` asks for an MD5
 * behind the body, as the SDKs for Go (1) and Java (2) do; CloudFront adds `cf-id`, and the SDK
 * for JavaScript, which cannot set User-Agent in a browser, `user-agent`.
 */
const PROTOCOL_HEADERS = names(`
  cf-id content-sha256 date decoded-content-length security-token te trailer user-agent
`);

const KNOWN: ReadonlySet<string> = new Set([
  ...API_HEADERS,
  ...ECHOED_HEADERS,
  ...FORWARDED_ANSWER_HEADERS,
  ...PROTOCOL_HEADERS,
]);

function names(text: string): readonly string[] {
  const words = text.trim().split(/\s+/);
  return words.map((word) => `${PREFIX}${word}`);
}
