import { valuesOf, type HeaderList } from "../http/headers.ts";

const PREFIX = "x-amz-";
/** User metadata: the one family of names that clients choose; any of them is known. */
export const METADATA_PREFIX = "x-amz-meta-";

/**
 * Returns true if `name`, in lower case, is an `x-amz-*` header that nothing here knows. A store
 * could give it a meaning of its own, which no rule could judge, so it is refused (S3-AUTHORIZATION
 * section 6.5). Which of the known ones go on to the store is decided in admission.
 */
export function isUnknownAmzHeader(name: string): boolean {
  return name.startsWith(PREFIX) && !KNOWN.has(name) && !name.startsWith(METADATA_PREFIX);
}

/**
 * The reason why a known header stops at the gateway, and the clients that send it all the same.
 */
type Dropped = { readonly sentBy: string; readonly why: string };

const ECHO: Dropped = {
  sentBy:
    "s3cmd modify, and the SDK for Java 1 (populateRequestMetadata), which send an object's metadata back as they read it",
  why: "a header of answers: it says nothing in a request, and neither AWS, RGW nor MinIO reads it there",
};

const ECHOES = names(`
  abort-date abort-rule-id archive-status bucket-region delete-marker expiration id-2 missing-meta
  mp-parts-count object-size region request-charged request-id restore tagging-count version-id
`);

/**
 * Headers that clients send and no kind of store acts on, by name. The signature must cover them as
 * any other; then they are left out of what the store gets. A header that some store acts on must not
 * stand here: it belongs to the API's, or is refused. Every `x-amz-*` name in the sources of the SDKs
 * for C++, Go 1 and 2, Java 1 and 2, JavaScript, Kotlin, .NET, Python (botocore), Ruby and Rust, of the
 * CRT, minio-go and mc was held against this file, and these against the headers that RGW 16.2.15 and MinIO
 * of 2026-02-12 read. What is left are answers' headers, and those in ACTED_ON.
 */
export const DROPPED_HEADERS: ReadonlyMap<string, Dropped> = new Map([
  ...ECHOES.map((name) => [name, ECHO] as const),
  [
    "x-amz-api-version",
    {
      sentBy: "the SDK for C++ with every request: pyarrow, ClickHouse",
      why: "the date of the API's model, 2006-03-01: S3 has had no other",
    },
  ],
  [
    "x-amz-cf-id",
    { sentBy: "CloudFront", why: "names its request, and is added after the signature" },
  ],
]);

/**
 * Unknown headers that some store acts on: no setting can let them pass, since they would be judged
 * by no rule if they were forwarded, and lose their effect if they were not.
 */
export const ACTED_ON: ReadonlyMap<string, string> = new Map([
  ...names(`
    cache copy-if-match copy-if-modified-since copy-if-none-match copy-if-unmodified-since
    delete-if-unmodified-since
  `).map((name) => [name, "Ceph RGW acts on it"] as const),
  ["x-amz-region-set", "it is part of a signature of version 4A"],
  ["x-amz-s3session-token", "it is a credential of S3 Express"],
]);

/**
 * Headers whose value is a list, which the SDKs for Go 2 and Java 2 send as several lines. For them
 * several lines mean the same as one with commas (RFC 9110 section 5.3).
 */
export const LIST_HEADERS: ReadonlySet<string> = new Set(
  names("object-attributes optional-object-attributes"),
);

/**
 * Returns `headers` with the lines of each header of LIST_HEADERS joined to one, in their order:
 * this list is judged, and the store gets it. If none is repeated, the very same list.
 */
export function joinLists(headers: HeaderList): HeaderList {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (LIST_HEADERS.has(name) && valuesOf(headers, name).length > 1) return joined(headers);
  }
  return headers;
}

function joined(headers: HeaderList): HeaderList {
  const seen = new Set<string>();
  const all: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (seen.has(name)) continue;
    const isList = LIST_HEADERS.has(name);
    if (isList) seen.add(name);
    all.push(name, isList ? valuesOf(headers, name).join(",") : (headers[i + 1] ?? ""));
  }
  return all;
}

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

/** The headers with which WriteGetObjectResponse describes the object that it answers with. */
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
 * behind the body, as the SDKs for Go (1) and Java (2) do; the SDK for JavaScript, which cannot set
 * User-Agent in a browser, sends `user-agent`.
 */
const PROTOCOL_HEADERS = names(`
  content-sha256 date decoded-content-length security-token te trailer user-agent
`);

const KNOWN: ReadonlySet<string> = new Set([
  ...API_HEADERS,
  ...DROPPED_HEADERS.keys(),
  ...FORWARDED_ANSWER_HEADERS,
  ...PROTOCOL_HEADERS,
]);

function names(text: string): readonly string[] {
  const words = text.trim().split(/\s+/);
  return words.map((word) => `${PREFIX}${word}`);
}
