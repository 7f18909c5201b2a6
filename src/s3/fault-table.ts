/**
 * Every error the gateway itself can answer: by its S3 error code, and by the name of each more
 * exact refusal that AWS has of a code. A message is AWS's own, letter for letter; `from` says
 * where it was read. The gateway's own addition (the value, the reason, the remedy) is no part of
 * it: see `Fault.why`.
 */

/** The place where a message was read. */
type Source =
  /** "Error responses", Amazon S3 API Reference; the SDK has the list as the words on its `Error`. */
  | "api"
  /** An answer of AWS that others quote: test/unit/s3/aws-answers.ts has each with its source. */
  | "answer"
  /** AWS has no such refusal: it is about the gateway, or about the store behind it. */
  | "ours";

/** `{}` in a message stands for a value. */
type Row = { readonly status: number; readonly message: string; readonly from: Source };

/**
 * The row of each S3 error code: its HTTP status, and its message if there is no more exact one.
 */
export const FAULTS = {
  AccessDenied: { status: 403, message: "Access Denied", from: "api" },
  AuthorizationHeaderMalformed: {
    status: 400,
    message: "The authorization header you provided is invalid.",
    from: "api",
  },
  AuthorizationQueryParametersError: {
    status: 400,
    message: "The authorization query parameters that you provided are not valid.",
    from: "ours",
  },
  BadDigest: {
    status: 400,
    message: "The Content-MD5 you specified did not match what we received.",
    from: "api",
  },
  BucketAlreadyExists: {
    status: 409,
    message:
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    from: "api",
  },
  EntityTooLarge: {
    status: 400,
    message: "Your proposed upload exceeds the maximum allowed size",
    from: "answer",
  },
  EntityTooSmall: {
    status: 400,
    message: "Your proposed upload is smaller than the minimum allowed size",
    from: "answer",
  },
  ExpiredToken: { status: 400, message: "The provided token has expired.", from: "api" },
  IncompleteBody: {
    status: 400,
    message: "You did not provide the number of bytes specified by the Content-Length HTTP header",
    from: "api",
  },
  InternalError: {
    status: 500,
    message: "We encountered an internal error. Please try again.",
    from: "api",
  },
  InvalidAccessKeyId: {
    status: 403,
    message: "The AWS Access Key Id you provided does not exist in our records.",
    from: "answer",
  },
  InvalidArgument: { status: 400, message: "Invalid Argument", from: "api" },
  InvalidBucketName: { status: 400, message: "The specified bucket is not valid.", from: "api" },
  InvalidDigest: {
    status: 400,
    message: "The Content-Md5 you specified is not valid.",
    from: "answer",
  },
  InvalidEncryptionAlgorithmError: {
    status: 400,
    message: "The encryption request you specified is not valid. The valid value is AES256.",
    from: "api",
  },
  InvalidPolicyDocument: {
    status: 400,
    message:
      "The content of the form does not meet the conditions specified in the policy document.",
    from: "api",
  },
  InvalidRedirectLocation: {
    status: 400,
    message: "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    from: "answer",
  },
  InvalidRequest: { status: 400, message: "Invalid Request", from: "ours" },
  InvalidStorageClass: {
    status: 400,
    message: "The storage class you specified is not valid",
    from: "answer",
  },
  InvalidTag: { status: 400, message: "The tag provided was not a valid tag", from: "ours" },
  InvalidToken: {
    status: 400,
    message: "The provided token is malformed or otherwise invalid.",
    from: "api",
  },
  InvalidURI: { status: 400, message: "Couldn't parse the specified URI.", from: "api" },
  KeyTooLongError: { status: 400, message: "Your key is too long.", from: "api" },
  MalformedACLError: {
    status: 400,
    message:
      "The XML you provided was not well-formed or did not validate against our published schema",
    from: "answer",
  },
  MalformedPOSTRequest: {
    status: 400,
    message: "The body of your POST request is not well-formed multipart/form-data.",
    from: "api",
  },
  MalformedPolicy: { status: 400, message: "The policy document is not valid", from: "ours" },
  MalformedTrailerError: {
    status: 400,
    message:
      "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    from: "answer",
  },
  MalformedXML: {
    status: 400,
    message:
      "The XML you provided was not well-formed or did not validate against our published schema",
    from: "answer",
  },
  MaxMessageLengthExceeded: { status: 400, message: "Your request was too big.", from: "api" },
  MaxPostPreDataLengthExceededError: {
    status: 400,
    message: "Your POST request fields preceding the upload file were too large.",
    from: "api",
  },
  MethodNotAllowed: {
    status: 405,
    message: "The specified method is not allowed against this resource.",
    from: "api",
  },
  MissingContentLength: {
    status: 411,
    message: "You must provide the Content-Length HTTP header.",
    from: "api",
  },
  MissingRequestBodyError: { status: 400, message: "Request Body is empty", from: "answer" },
  MissingSecurityHeader: {
    status: 400,
    message: "Your request was missing a required header",
    from: "answer",
  },
  NoSuchBucket: { status: 404, message: "The specified bucket does not exist", from: "answer" },
  NoSuchBucketPolicy: { status: 404, message: "The bucket policy does not exist", from: "answer" },
  NotImplemented: {
    status: 501,
    message: "A header you provided implies functionality that is not implemented",
    from: "answer",
  },
  OperationAborted: {
    status: 409,
    message:
      "A conflicting conditional operation is currently in progress against this resource. Please try again.",
    from: "answer",
  },
  PreconditionFailed: {
    status: 412,
    message: "At least one of the pre-conditions you specified did not hold",
    from: "answer",
  },
  RequestHeaderSectionTooLarge: {
    status: 400,
    message: "Your request header section exceeds the maximum allowed size.",
    from: "answer",
  },
  RequestTimeTooSkewed: {
    status: 403,
    message: "The difference between the request time and the current time is too large.",
    from: "answer",
  },
  RequestTimeout: {
    status: 400,
    message:
      "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
    from: "answer",
  },
  ServiceUnavailable: {
    status: 503,
    message: "The store did not answer. Please try again",
    from: "ours",
  },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    from: "answer",
  },
  SlowDown: { status: 503, message: "Please reduce your request rate.", from: "answer" },
  UnexpectedContent: {
    status: 400,
    message: "This request does not support content.",
    from: "api",
  },
  XAmzContentSHA256Mismatch: {
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
    from: "answer",
  },
} as const satisfies Record<string, Row>;

export type FaultCode = keyof typeof FAULTS;

/** The more exact refusals of a code, by what is wrong. Their status is the code's. */
export const NAMED_FAULTS = {
  // The signer, in the Authorization header. `{}` is one of CREDENTIAL_PROBLEMS.
  MalformedAuthorization: {
    code: "AuthorizationHeaderMalformed",
    message: "The authorization header is malformed; {}",
    from: "answer",
  },
  AuthorizationWithoutSpace: {
    code: "InvalidArgument",
    message: "Authorization header is invalid -- one and only one ' ' (space) required.",
    from: "answer",
  },
  AuthorizationUnsupported: {
    code: "InvalidArgument",
    message: "Unsupported Authorization Type",
    from: "answer",
  },
  AuthorizationTwice: {
    code: "InvalidArgument",
    message:
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
    from: "answer",
  },
  VersionNotAccepted: {
    code: "InvalidRequest",
    message:
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    from: "answer",
  },
  DateMissing: {
    code: "AccessDenied",
    message: "AWS authentication requires a valid Date or x-amz-date header",
    from: "answer",
  },
  HeadersNotSigned: {
    code: "AccessDenied",
    message: "There were headers present in the request which were not signed",
    from: "answer",
  },
  V2Authorization: {
    code: "InvalidArgument",
    message: "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
    from: "answer",
  },
  // The same in the query.
  QueryIncomplete: {
    code: "AuthorizationQueryParametersError",
    message:
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    from: "answer",
  },
  QueryAlgorithm: {
    code: "AuthorizationQueryParametersError",
    message: 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"',
    from: "answer",
  },
  QueryCredential: {
    code: "AuthorizationQueryParametersError",
    message: "Error parsing the X-Amz-Credential parameter; {}",
    from: "answer",
  },
  QueryDate: {
    code: "AuthorizationQueryParametersError",
    message: "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    from: "answer",
  },
  QueryDateOther: {
    code: "AuthorizationQueryParametersError",
    message: 'Invalid credential date "{}". This date is not the same as X-Amz-Date: "{}".',
    from: "answer",
  },
  ExpiresNumber: {
    code: "AuthorizationQueryParametersError",
    message: "X-Amz-Expires should be a number",
    from: "answer",
  },
  ExpiresNegative: {
    code: "AuthorizationQueryParametersError",
    message: "X-Amz-Expires must be non-negative",
    from: "answer",
  },
  ExpiresBeyondWeek: {
    code: "AuthorizationQueryParametersError",
    message:
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
    from: "answer",
  },
  RequestExpired: { code: "AccessDenied", message: "Request has expired", from: "answer" },
  RequestTooEarly: { code: "AccessDenied", message: "Request is not valid yet", from: "answer" },
  V2QueryIncomplete: {
    code: "AccessDenied",
    message:
      "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    from: "answer",
  },
  V2Expires: {
    code: "AccessDenied",
    message: "Invalid date (should be seconds since epoch): {}",
    from: "answer",
  },
  // The signed digest of the body.
  PayloadHashMissing: {
    code: "InvalidRequest",
    message: "Missing required header for this request: x-amz-content-sha256",
    from: "answer",
  },
  PayloadHashInvalid: {
    code: "InvalidArgument",
    message:
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    from: "answer",
  },
  PayloadHashUnsigned: {
    code: "InvalidRequest",
    message:
      "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
    from: "answer",
  },
  // A browser's form.
  FormFieldMissing: {
    code: "InvalidArgument",
    message:
      "Bucket POST must contain a field named '{}'.  If it is specified, please check the order of the fields.",
    from: "answer",
  },
  FormKeyEmpty: {
    code: "InvalidArgument",
    message: "User key must have a length greater than 0.",
    from: "answer",
  },
  FormFiles: {
    code: "InvalidArgument",
    message: "POST requires exactly one file upload per request.",
    from: "api",
  },
  FormAlgorithm: {
    code: "InvalidArgument",
    message: "Only AWS4-HMAC-SHA256 is supported",
    from: "answer",
  },
  FormCredential: { code: "InvalidArgument", message: "{}", from: "answer" },
  FormDate: {
    code: "InvalidArgument",
    message: "X-Amz-Date must be formated via ISO8601 Long format",
    from: "answer",
  },
  FormChecksum: {
    code: "InvalidRequest",
    message: "The algorithm type you specified in x-amz-checksum- header is invalid.",
    from: "answer",
  },
  FormPolicy: { code: "InvalidPolicyDocument", message: "Invalid Policy: {}", from: "answer" },
  AgainstFormPolicy: {
    code: "AccessDenied",
    message: "Invalid according to Policy: {}",
    from: "answer",
  },
  // The subject of a request: its address, source and parameters.
  CopySource: {
    code: "InvalidArgument",
    message: "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
    from: "answer",
  },
  CopySourceBucket: {
    code: "InvalidArgument",
    message: "Invalid copy source bucket name",
    from: "answer",
  },
  CopySourceKey: {
    code: "InvalidArgument",
    message: "Invalid copy source object key",
    from: "answer",
  },
  CopySourceEncoding: {
    code: "InvalidArgument",
    message: "Invalid copy source encoding",
    from: "answer",
  },
  CopySourceForeign: {
    code: "InvalidArgument",
    message: "You can only specify a copy source header for copy requests.",
    from: "answer",
  },
  KeyUnexpected: {
    code: "InvalidRequest",
    message: "Key is not expected for the {} method ?{} subresource",
    from: "answer",
  },
  NotOfKeys: {
    code: "InvalidRequest",
    message: "There is no such thing as the ?{} sub-resource for a key",
    from: "answer",
  },
  PartNumberAlone: {
    code: "InvalidArgument",
    message: "This operation does not accept partNumber without uploadId",
    from: "answer",
  },
  VersionId: { code: "InvalidArgument", message: "Invalid version id specified", from: "answer" },
  VersionIdEmpty: {
    code: "InvalidArgument",
    message: "Version id cannot be the empty string",
    from: "answer",
  },
  TagKey: {
    code: "InvalidTag",
    message: "The TagKey you have provided is invalid",
    from: "answer",
  },
  TagValue: {
    code: "InvalidTag",
    message: "The TagValue you have provided is invalid",
    from: "answer",
  },
  TagTwice: {
    code: "InvalidTag",
    message: "Cannot provide multiple Tags with the same key",
    from: "answer",
  },
  TaggingHeader: {
    code: "InvalidArgument",
    message:
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    from: "answer",
  },
  // The body itself.
  BodyUnexpected: {
    code: "InvalidRequest",
    message:
      "The request included a body. Requests of this type must not include a non-empty body.",
    from: "answer",
  },
  BodyEnded: {
    code: "IncompleteBody",
    message: "The request body terminated unexpectedly",
    from: "answer",
  },
  ChecksumMismatch: {
    code: "BadDigest",
    message: "The {} you specified did not match the calculated checksum.",
    from: "answer",
  },
  ChecksumValue: {
    code: "InvalidRequest",
    message: "Value for {} header is invalid.",
    from: "answer",
  },
  TrailerValue: {
    code: "InvalidRequest",
    message: "Value for {} trailing header is invalid.",
    from: "answer",
  },
  ChecksumsTwice: {
    code: "InvalidRequest",
    message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    from: "answer",
  },
  TrailerName: {
    code: "InvalidRequest",
    message: "The value specified in the x-amz-trailer header is not supported",
    from: "answer",
  },
} as const satisfies Record<
  string,
  { readonly code: FaultCode; readonly message: string; readonly from: Source }
>;

/** The possible faults of a credential, wherever it stands. */
export const CREDENTIAL_PROBLEMS = {
  noCredential: "missing Credential.",
  noSignedHeaders: "missing SignedHeaders.",
  noSignature: "missing Signature.",
  components:
    "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
  component: 'the authorization component "{}" is malformed.',
  credential:
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
  date: 'incorrect date format "{}". This date in the credential must be in the format "yyyyMMdd".',
  terminal: 'incorrect terminal "{}". This endpoint uses "aws4_request".',
  service: 'incorrect service "{}". This endpoint belongs to "{}".',
  region: "the region '{}' is wrong; expecting '{}'",
  dateOther: 'Invalid credential date "{}". This date is not the same as X-Amz-Date: "{}".',
} as const;

export type NamedFault = keyof typeof NAMED_FAULTS;

/** The possible faults of a form's policy document. */
export const FORM_POLICY_PROBLEMS = {
  empty: "Expecting '{' but found End-of-Input",
  base64: "invalid Base64 encoding.",
  json: "Invalid JSON.",
  member: 'Unexpected: "{}"',
  noExpiration: "Policy missing expiration.",
  expiration: "Invalid 'expiration' value: '{}'",
  noConditions: "Policy missing conditions.",
  conditions: "Invalid 'conditions' value: must be a List.",
  condition: "Invalid condition test: must be a List or Object.",
  noOperation: "Invalid Condition: missing operation identifier.",
  operation: "Invalid Condition: unknown operation '{}'.",
  arguments: "Invalid {}: wrong number of arguments.",
  properties:
    "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
  simpleValue: "Invalid Simple-Condition: value must be a string.",
} as const;

/** The ways in which a form can break the policy that it carries. */
export const AGAINST_FORM_POLICY = {
  expired: "Policy expired.",
  condition: "Policy Condition failed: {}",
  extra: "Extra input fields: {}",
} as const;
