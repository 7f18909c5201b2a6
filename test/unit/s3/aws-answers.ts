/**
 * What AWS answers, as others have quoted it: data to hold our table of faults to. `source`: who
 * quotes it; files of test suites by their repository and path.
 */

export type Answer = {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly source: string;
};

const VERSITY = "versity/versitygw v1.8.0 s3err/";
const MINIO = "minio/minio cmd/api-errors.go";
const S3RVER = "jamhall/s3rver lib/";
const SWIFT = "openstack/swift swift/common/middleware/s3api/s3request.py";

const answer = (code: string, status: number, message: string, source: string): Answer => ({
  code,
  status,
  message,
  source,
});

/** `{}` stands for a value of the request. */
export const AWS_ANSWERS: readonly Answer[] = [
  answer(
    "InvalidAccessKeyId",
    403,
    "The AWS Access Key Id you provided does not exist in our records.",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "SignatureDoesNotMatch",
    403,
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    `${VERSITY}s3err.go, ${MINIO}`,
  ),
  answer(
    "AccessDenied",
    403,
    "Request has expired",
    `transcripts in reports, with X-Amz-Expires, Expires and ServerTime; ${MINIO}`,
  ),
  answer("AccessDenied", 403, "Request is not valid yet", MINIO),
  answer(
    "AccessDenied",
    403,
    "AWS authentication requires a valid Date or x-amz-date header",
    `${MINIO}, and the handler of s3proxy`,
  ),
  answer(
    "AccessDenied",
    403,
    "There were headers present in the request which were not signed",
    `${VERSITY}headers-not-signed-error.go, with HeadersNotSigned`,
  ),
  answer(
    "RequestTimeTooSkewed",
    403,
    "The difference between the request time and the current time is too large.",
    `${VERSITY}s3err.go, with RequestTime, ServerTime, MaxAllowedSkewMilliseconds`,
  ),
  answer(
    "InvalidRequest",
    400,
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    "transcripts with RequestId and HostId in many issue reports",
  ),
  answer("InvalidArgument", 400, "Unsupported Authorization Type", `${VERSITY}invalid-argument.go`),
  answer(
    "InvalidArgument",
    400,
    "Authorization header is invalid -- one and only one ' ' (space) required.",
    `${VERSITY}invalid-argument.go, ${MINIO}`,
  ),
  ...[
    "missing Credential.",
    "missing SignedHeaders.",
    "missing Signature.",
    "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    'the authorization component "{}" is malformed.',
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    'incorrect date format "{}". This date in the credential must be in the format "yyyyMMdd".',
    'incorrect terminal "{}". This endpoint uses "aws4_request".',
    'incorrect service "{}". This endpoint belongs to "{}".',
  ].map((problem) =>
    answer(
      "AuthorizationHeaderMalformed",
      400,
      `The authorization header is malformed; ${problem}`,
      `${VERSITY}sigv4.go`,
    ),
  ),
  answer(
    "AuthorizationHeaderMalformed",
    400,
    "The authorization header is malformed; the region '{}' is wrong; expecting '{}'",
    "transcripts in reports, with the Region element that SDKs read",
  ),
  ...[
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"',
    'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    'Invalid credential date "{}". This date is not the same as X-Amz-Date: "{}".',
    "X-Amz-Expires should be a number",
    "X-Amz-Expires must be non-negative",
    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
  ].map((message) =>
    answer("AuthorizationQueryParametersError", 400, message, `${VERSITY}presigned-urls.go`),
  ),
  answer(
    "InvalidRequest",
    400,
    "Missing required header for this request: x-amz-content-sha256",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "InvalidArgument",
    400,
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    `${VERSITY}invalid-argument.go`,
  ),
  answer(
    "XAmzContentSHA256Mismatch",
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "InvalidDigest",
    400,
    "The Content-Md5 you specified is not valid.",
    `${VERSITY}s3err.go, ${MINIO}`,
  ),
  answer(
    "BadDigest",
    400,
    "The Content-MD5 you specified did not match what we received.",
    `${VERSITY}s3err.go, with ExpectedDigest and CalculatedDigest`,
  ),
  answer(
    "BadDigest",
    400,
    "The {} you specified did not match the calculated checksum.",
    `${VERSITY}s3err.go`,
  ),
  answer("InvalidRequest", 400, "Value for {} header is invalid.", `${VERSITY}s3err.go`),
  answer(
    "InvalidRequest",
    400,
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "InvalidRequest",
    400,
    "The value specified in the x-amz-trailer header is not supported",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "IncompleteBody",
    400,
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "IncompleteBody",
    400,
    "The request body terminated unexpectedly",
    `${VERSITY}s3err.go, of bad and cut aws-chunked bodies`,
  ),
  answer(
    "MalformedTrailerError",
    400,
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "MissingContentLength",
    411,
    "You must provide the Content-Length HTTP header.",
    "a transcript with RequestId and HostId in a report on a log store",
  ),
  answer("MissingRequestBodyError", 400, "Request Body is empty", `${VERSITY}s3err.go`),
  answer("UnexpectedContent", 400, "This request does not support content.", `${VERSITY}s3err.go`),
  answer(
    "RequestHeaderSectionTooLarge",
    400,
    "Your request header section exceeds the maximum allowed size.",
    `${VERSITY}s3err.go, with MaxSizeAllowed`,
  ),
  answer(
    "EntityTooLarge",
    400,
    "Your proposed upload exceeds the maximum allowed size",
    "a recorded answer with ProposedSize and MaxSizeAllowed in the tests of a .NET storage library",
  ),
  answer(
    "EntityTooSmall",
    400,
    "Your proposed upload is smaller than the minimum allowed size",
    `${VERSITY}s3err.go, with ProposedSize and MinSizeAllowed`,
  ),
  answer(
    "InvalidToken",
    400,
    "The provided token is malformed or otherwise invalid.",
    "recorded answers with Token-0, RequestId and HostId in mountpoint-s3's tests",
  ),
  answer(
    "NotImplemented",
    501,
    "A header you provided implies functionality that is not implemented",
    "transcripts with the Header element in many issue reports",
  ),
  answer(
    "OperationAborted",
    409,
    "A conflicting conditional operation is currently in progress against this resource. Please try again.",
    "recorded answers in jclouds' and boto's tests",
  ),
  answer(
    "RequestTimeout",
    400,
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
    "recorded answers in the tests of several clients",
  ),
  answer(
    "NoSuchBucketPolicy",
    404,
    "The bucket policy does not exist",
    "a recorded answer with BucketName, RequestId and HostId",
  ),
  answer(
    "InvalidStorageClass",
    400,
    "The storage class you specified is not valid",
    "a recorded answer with StorageClassRequested",
  ),
  answer(
    "PreconditionFailed",
    412,
    "At least one of the pre-conditions you specified did not hold",
    `${MINIO}; with Condition in ${VERSITY}precondition-failed-error.go`,
  ),
  answer("InvalidArgument", 400, "Invalid version id specified", `${VERSITY}invalid-argument.go`),
  answer("InvalidArgument", 400, "Invalid copy source encoding", `${VERSITY}invalid-argument.go`),
  answer(
    "InvalidArgument",
    400,
    "Invalid copy source bucket name",
    `${VERSITY}invalid-argument.go`,
  ),
  answer(
    "InvalidArgument",
    400,
    "You can only specify a copy source header for copy requests.",
    `${VERSITY}invalid-argument.go`,
  ),
  answer(
    "InvalidArgument",
    400,
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    `${VERSITY}invalid-argument.go`,
  ),
  answer("InvalidTag", 400, "The TagKey you have provided is invalid", `${VERSITY}s3err.go`),
  answer("InvalidTag", 400, "The TagValue you have provided is invalid", `${VERSITY}s3err.go`),
  answer("InvalidTag", 400, "Cannot provide multiple Tags with the same key", `${VERSITY}s3err.go`),
  answer(
    "InvalidRequest",
    400,
    "Key is not expected for the {} method ?{} subresource",
    `${VERSITY}s3err.go, of GET ?uploads`,
  ),
  answer(
    "InvalidRequest",
    400,
    "There is no such thing as the ?{} sub-resource for a key",
    `${VERSITY}s3err.go, of ?versions`,
  ),
  answer(
    "InvalidRequest",
    400,
    "The request included a body. Requests of this type must not include a non-empty body.",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "InvalidArgument",
    400,
    "Bucket POST must contain a field named '{}'.  If it is specified, please check the order of the fields.",
    `${VERSITY}post-object.go`,
  ),
  answer(
    "InvalidArgument",
    400,
    "POST requires exactly one file upload per request.",
    `${VERSITY}invalid-argument.go, ${MINIO}`,
  ),
  answer(
    "InvalidArgument",
    400,
    "Only AWS4-HMAC-SHA256 is supported",
    `${VERSITY}invalid-argument.go`,
  ),
  ...[
    "Expecting '{' but found End-of-Input",
    "invalid Base64 encoding.",
    "Invalid JSON.",
    'Unexpected: "{}"',
    "Policy missing expiration.",
    "Invalid 'expiration' value: '{}'",
    "Policy missing conditions.",
    "Invalid 'conditions' value: must be a List.",
    "Invalid condition test: must be a List or Object.",
    "Invalid Condition: missing operation identifier.",
    "Invalid Condition: unknown operation '{}'.",
    "Invalid {}: wrong number of arguments.",
    "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
    "Invalid Simple-Condition: value must be a string.",
  ].map((problem) =>
    answer("InvalidPolicyDocument", 400, `Invalid Policy: ${problem}`, `${VERSITY}post-object.go`),
  ),
  answer(
    "AccessDenied",
    403,
    "Invalid according to Policy: Policy expired.",
    "recorded answers in the tests of several upload forms",
  ),
  answer(
    "AccessDenied",
    403,
    "Invalid according to Policy: Policy Condition failed: {}",
    'recorded answers such as ["eq", "$error_action_redirect", "…"]',
  ),
  answer(
    "AccessDenied",
    403,
    "Invalid according to Policy: Extra input fields: {}",
    `${VERSITY}post-object.go`,
  ),
  answer(
    "BucketAlreadyExists",
    409,
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    "transcripts of `aws s3api create-bucket` in many reports",
  ),
  answer(
    "InvalidRedirectLocation",
    400,
    "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    `${VERSITY}s3err.go`,
  ),
  ...["MalformedXML", "MalformedACLError"].map((code) =>
    answer(
      code,
      400,
      "The XML you provided was not well-formed or did not validate against our published schema",
      "reports of both codes: boto/boto3 #180, aws/aws-sdk #765, kaliber-scala/play-s3 #60",
    ),
  ),
  answer("MissingSecurityHeader", 400, "Your request was missing a required header", MINIO),
  answer("NoSuchBucket", 404, "The specified bucket does not exist", MINIO),
  answer(
    "SlowDown",
    503,
    "Please reduce your request rate.",
    "transcripts with RequestId and HostId: pingcap/tiflash #10538, flightstats/hub #291",
  ),
  answer(
    "InvalidArgument",
    400,
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
    `rclone's backend for Amazon Drive, ${S3RVER}middleware/authentication.js`,
  ),
  answer(
    "InvalidArgument",
    400,
    "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
    `${S3RVER}signature/v2.js, ${SWIFT}`,
  ),
  answer(
    "AccessDenied",
    403,
    "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    `${S3RVER}signature/v2.js`,
  ),
  answer(
    "AccessDenied",
    403,
    "Invalid date (should be seconds since epoch): {}",
    `${S3RVER}signature/v2.js, ${SWIFT}`,
  ),
  answer(
    "InvalidRequest",
    400,
    "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
    `${VERSITY}s3err.go`,
  ),
  answer(
    "InvalidArgument",
    400,
    "User key must have a length greater than 0.",
    `${S3RVER}controllers/bucket.js`,
  ),
  answer(
    "InvalidArgument",
    400,
    "X-Amz-Date must be formated via ISO8601 Long format",
    `${VERSITY}invalid-argument.go`,
  ),
  answer(
    "InvalidRequest",
    400,
    "The algorithm type you specified in x-amz-checksum- header is invalid.",
    `${VERSITY}s3err.go`,
  ),
  answer("InvalidRequest", 400, "Value for {} trailing header is invalid.", `${VERSITY}s3err.go`),
  answer(
    "InvalidArgument",
    400,
    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
    `answers quoted in the tests of several servers; with a period in ${MINIO}`,
  ),
  answer("InvalidArgument", 400, "Invalid copy source object key", `${VERSITY}invalid-argument.go`),
  answer(
    "InvalidArgument",
    400,
    "This operation does not accept partNumber without uploadId",
    `${VERSITY}invalid-argument.go`,
  ),
  answer(
    "InvalidArgument",
    400,
    "Version id cannot be the empty string",
    `${VERSITY}invalid-argument.go`,
  ),
];
