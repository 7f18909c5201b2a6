import { fault, type Fault } from "../s3/faults.ts";

/** The closed set behind `upstream_errors_total{kind}`. */
export type UpstreamErrorKind =
  | "connect"
  | "timeout"
  | "reset"
  | "protocol"
  | "credential"
  /** Not the store, but the target of a pass-through route. */
  | "passthrough"
  | "other";

/** undici's and Node's error codes, by what they mean for us. Unlisted: `other`. */
const KINDS: ReadonlyMap<string, UpstreamErrorKind> = new Map([
  ["ECONNREFUSED", "connect"],
  ["EHOSTUNREACH", "connect"],
  ["ENETUNREACH", "connect"],
  ["ENOTFOUND", "connect"],
  ["EAI_AGAIN", "connect"],
  ["ETIMEDOUT", "connect"],
  ["UND_ERR_CONNECT_TIMEOUT", "connect"],
  ["UND_ERR_HEADERS_TIMEOUT", "timeout"],
  ["UND_ERR_BODY_TIMEOUT", "timeout"],
  ["ECONNRESET", "reset"],
  ["EPIPE", "reset"],
  ["UND_ERR_SOCKET", "reset"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "protocol"],
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "protocol"],
  ["UND_ERR_HEADERS_OVERFLOW", "protocol"],
]);

export function kindOf(error: Error): UpstreamErrorKind {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return KINDS.get(code) ?? (code.startsWith("HPE_") ? "protocol" : "other");
}

/** The store's error codes about whoever signed the request. */
const SIGNERS_FAULTS: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
]);

/**
 * What becomes of a store's error that blames the signer where that was the gateway: the client did
 * nothing wrong, and the document would name the gateway's key. Undefined: it blames nobody.
 */
export function credentialFault(code: string | undefined): Fault | undefined {
  if (code === undefined || !SIGNERS_FAULTS.has(code)) return undefined;
  const message = "The store does not accept this gateway's own credential for your account";
  return fault("ServiceUnavailable", message, { detail: `credential: the store says ${code}` });
}

/** What the client reads of it: that it was not them, and that trying again may help. */
export function upstreamFault(kind: UpstreamErrorKind, error: Error): Fault {
  const message =
    kind === "timeout"
      ? "The store did not answer in time. Please try again"
      : "The store could not be reached or broke off. Please try again";
  return fault("ServiceUnavailable", message, { detail: `${kind}: ${error.message}` });
}
