/**
 * Every error the gateway itself can answer, one row per S3 error code: its HTTP status and the
 * message used when there is nothing more exact to say. The codes are those of "Error responses",
 * Amazon S3 API Reference.
 */
export const FAULTS = {
  AccessDenied: { status: 403, message: "Access Denied" },
  AuthorizationHeaderMalformed: { status: 400, message: "The authorization header is malformed" },
  AuthorizationQueryParametersError: {
    status: 400,
    message: "The authorization query parameters are malformed",
  },
  BadDigest: {
    status: 400,
    message: "The checksum you specified did not match what we received",
  },
  BucketAlreadyExists: {
    status: 409,
    message:
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again",
  },
  EntityTooLarge: {
    status: 400,
    message: "Your proposed upload exceeds the maximum allowed size",
  },
  EntityTooSmall: {
    status: 400,
    message: "Your proposed upload is smaller than the minimum allowed size",
  },
  IncompleteBody: {
    status: 400,
    message: "You did not provide the number of bytes specified by the Content-Length HTTP header",
  },
  IncorrectNumberOfFilesInPostRequest: {
    status: 400,
    message: "POST requires exactly one file upload per request",
  },
  InternalError: { status: 500, message: "We encountered an internal error. Please try again" },
  InvalidAccessKeyId: {
    status: 403,
    message: "The AWS access key ID you provided does not exist in our records",
  },
  InvalidArgument: { status: 400, message: "Invalid argument" },
  InvalidBucketName: { status: 400, message: "The specified bucket is not valid" },
  InvalidDigest: { status: 400, message: "The digest you specified is not valid" },
  InvalidEncryptionAlgorithmError: {
    status: 400,
    message: "The encryption request you specified is not valid. Supported value: AES256",
  },
  InvalidPolicyDocument: {
    status: 400,
    message:
      "The content of the form does not meet the conditions specified in the policy document",
  },
  InvalidRedirectLocation: {
    status: 400,
    message: "The website redirect location is not valid",
  },
  InvalidRequest: { status: 400, message: "Invalid request" },
  InvalidStorageClass: { status: 400, message: "The storage class you specified is not valid" },
  InvalidTag: { status: 400, message: "The tag provided was not a valid tag" },
  InvalidToken: { status: 400, message: "The provided token is malformed or otherwise not valid" },
  InvalidURI: { status: 400, message: "The specified URI could not be parsed" },
  KeyTooLongError: { status: 400, message: "Your key is too long" },
  MalformedPOSTRequest: {
    status: 400,
    message: "The body of your POST request is not well-formed multipart/form-data",
  },
  MalformedPolicy: { status: 400, message: "The policy document is not valid" },
  MalformedTrailerError: {
    status: 400,
    message:
      "The request contained trailing data that was not well-formed or did not conform to our published schema",
  },
  MalformedXML: {
    status: 400,
    message: "The XML you provided was not well-formed or did not validate",
  },
  MaxMessageLengthExceeded: { status: 400, message: "Your request was too big" },
  MaxPostPreDataLengthExceeded: {
    status: 400,
    message: "Your POST request fields preceding the upload file were too large",
  },
  MethodNotAllowed: {
    status: 405,
    message: "The specified method is not allowed against this resource",
  },
  MissingContentLength: {
    status: 411,
    message: "You must provide the Content-Length HTTP header",
  },
  NoSuchBucket: { status: 404, message: "The specified bucket does not exist" },
  NoSuchBucketPolicy: { status: 404, message: "The bucket policy does not exist" },
  NotImplemented: {
    status: 501,
    message: "A request you provided implies functionality that is not implemented",
  },
  OperationAborted: {
    status: 409,
    message: "A conflicting operation is in progress against this resource. Try again",
  },
  RequestHeaderSectionTooLarge: {
    status: 400,
    message: "Your request header section exceeds the maximum allowed size",
  },
  RequestTimeTooSkewed: {
    status: 403,
    message: "The difference between the request time and the current time is too large",
  },
  RequestTimeout: {
    status: 400,
    message: "Your socket connection to the server was not read from or written to in time",
  },
  ServiceUnavailable: { status: 503, message: "The store did not answer. Please try again" },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      "The request signature we calculated does not match the signature you provided. Check your key and signing method",
  },
  SlowDown: { status: 503, message: "Please reduce your request rate" },
  XAmzContentSHA256Mismatch: {
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed",
  },
} as const satisfies Record<string, { readonly status: number; readonly message: string }>;

export type FaultCode = keyof typeof FAULTS;
