import type { FaultCode } from "../s3/fault-table.ts";
import { FAULTS } from "../s3/fault-table.ts";
import type { Fault } from "../s3/faults.ts";

/**
 * The errors of STS with their status ("Common Errors" and the errors of each action, STS API
 * Reference; the service model of the SDKs).
 */
const STS_FAULTS = {
  AccessDenied: 403,
  ExpiredToken: 403,
  ExpiredTokenException: 400,
  IDPCommunicationError: 400,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidIdentityToken: 400,
  InvalidParameterValue: 400,
  MalformedPolicyDocument: 400,
  MalformedQueryString: 400,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  PackedPolicyTooLarge: 400,
  RequestEntityTooLarge: 413,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
} as const satisfies Readonly<Record<string, number>>;

export type StsCode = keyof typeof STS_FAULTS;

/** A refusal of STS. */
export type StsFault = {
  readonly code: StsCode;
  readonly status: number;
  /** The message for the client. */
  readonly message: string;
  /** The rule for the operator only; `undefined` if the message says it all. */
  readonly rule: string | undefined;
};

/**
 * Returns a fault of STS. `message`: AWS's words if it has some; it never quotes a token or a
 * signature.
 */
export function stsFault(code: StsCode, message: string, rule?: string): StsFault {
  return { code, status: STS_FAULTS[code], message, rule };
}

/** Returns STS's name of a refusal in the steps that S3 and STS share. */
export function stsFaultOf(fault: Fault): StsFault {
  const { code, message, rule } = fault;
  const known = NAMES.get(code);
  if (known !== undefined) return stsFault(known, MESSAGES.get(known) ?? message, rule);
  const { status } = FAULTS[code];
  if (status >= 500) return stsFault("ServiceUnavailable", message, rule);
  return stsFault(status === 403 ? "AccessDenied" : "ValidationError", message, rule);
}

const NAMES: ReadonlyMap<FaultCode, StsCode> = new Map<FaultCode, StsCode>([
  ["AuthorizationHeaderMalformed", "IncompleteSignature"],
  ["InvalidAccessKeyId", "InvalidClientTokenId"],
  ["InvalidToken", "InvalidClientTokenId"],
  ["ExpiredToken", "ExpiredToken"],
  ["SignatureDoesNotMatch", "SignatureDoesNotMatch"],
  ["RequestTimeTooSkewed", "SignatureDoesNotMatch"],
  ["InternalError", "InternalFailure"],
  ["SlowDown", "Throttling"],
  ["MaxMessageLengthExceeded", "RequestEntityTooLarge"],
  ["EntityTooLarge", "RequestEntityTooLarge"],
]);

/** The messages of AWS that differ from those of S3. */
const MESSAGES: ReadonlyMap<StsCode, string> = new Map<StsCode, string>([
  ["InvalidClientTokenId", "The security token included in the request is invalid."],
  ["ExpiredToken", "The security token included in the request is expired"],
  ["Throttling", "Rate exceeded"],
]);
