import { xmlElement } from "../s3/xml.ts";

/** The errors of this store, with status and message ("Error responses", S3 API Reference). */
const FAULTS = {
  BadDigest: [400, "The Content-MD5 you specified did not match what we received."],
  BucketAlreadyOwnedByYou: [409, "Your previous request to create the named bucket succeeded."],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty"],
  InternalError: [500, "We encountered an internal error. Please try again."],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  InvalidPart: [400, "One or more of the specified parts could not be found."],
  InvalidPartOrder: [400, "The list of parts was not in ascending order."],
  InvalidRange: [416, "The requested range is not satisfiable"],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  MalformedXML: [400, "The XML you provided was not well-formed."],
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchUpload: [404, "The specified multipart upload does not exist."],
  NotImplemented: [501, "The demo's store does not implement this"],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold"],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;
type DemoFaultCode = keyof typeof FAULTS;

/** The error of a request that the demo's store refuses: an error of S3, with its status. */
export class DemoFault extends Error {
  readonly code: DemoFaultCode;
  readonly status: number;

  constructor(code: DemoFaultCode, message: string = FAULTS[code][1]) {
    super(message);
    this.code = code;
    [this.status] = FAULTS[code];
  }

  /** Returns the document with which S3 reports an error. */
  document(): string {
    const elements = xmlElement("Code", this.code) + xmlElement("Message", this.message);
    return `<?xml version="1.0" encoding="UTF-8"?><Error>${elements}</Error>`;
  }
}

/** `value`, or the refusal with `code` if there is none. */
export function found<T>(value: T | undefined, code: DemoFaultCode): T {
  if (value === undefined) throw new DemoFault(code);
  return value;
}
