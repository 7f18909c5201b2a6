import { errors } from "undici";
import type { StoreRequest } from "../admission/verdict.ts";
import { fault, type Fault } from "../s3/faults.ts";

/** The closed set behind `upstream_errors_total{kind}`. */
export type UpstreamErrorKind =
  | "connect"
  | "tls"
  | "timeout"
  | "reset"
  | "protocol"
  | "credential"
  /** Not the store, but the target of a pass-through route. */
  | "passthrough"
  | "other";

/** What Node calls a certificate that does not hold ("X509 certificate error codes", node:tls). */
const CERTIFICATE_CODES = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
] as const;

/** undici's and Node's error codes, by what they mean for us. Unlisted: `other`. */
const KINDS: ReadonlyMap<string, UpstreamErrorKind> = new Map<string, UpstreamErrorKind>([
  ...CERTIFICATE_CODES.map((code) => [code, "tls"] as const),
  ["EPROTO", "tls"],
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

/** What undici says with the code of a broken socket when it was the answer that was bad. */
const BAD_ANSWERS: ReadonlySet<string> = new Set(["bad response", "bad upgrade"]);

/**
 * The kind of a failure of the store or the way to it; `undefined` if neither can have caused
 * `error`, which then is a bug of the gateway. An unknown code of a socket or of undici is the
 * store's, and an exception without a code, or with one of Node's for wrong arguments, is ours.
 */
export function storeErrorKind(error: Error): UpstreamErrorKind | undefined {
  // undici's parser errors lost their code.
  if (error instanceof errors.HTTPParserError || error instanceof AnswerError) return "protocol";
  if (BAD_ANSWERS.has(error.message)) return "protocol";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = KINDS.get(code);
  if (known !== undefined) return known;
  if (/^(?:ERR_SSL|ERR_TLS|CERT)_/.test(code)) return "tls";
  if (/^ERR_(?:SOCKET|STREAM)_/.test(code)) return "reset";
  const ours = OWN_CODES.has(code) || code.startsWith("ERR_") || code === "";
  return ours ? undefined : "other";
}

/** undici's codes of wrong use: the request was not one, or went to connections that were closed. */
const OWN_CODES: ReadonlySet<string> = new Set([
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
  "UND_ERR_INVALID_ARG",
  "UND_ERR_INVALID_RETURN_VALUE",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);

class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/** What ends a request at the store whose answer is no good, though it is HTTP. */
export function protocolError(message: string): Error {
  return new AnswerError(message);
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
 * What becomes of a store's error, whose `code` this is, that blames the signer where that was the
 * gateway: the client did nothing wrong, and the document would name the gateway's key. Undefined: it
 * blames nobody, or the client.
 */
export function credentialFault(
  { signedBy }: StoreRequest,
  code: string | undefined,
): Fault | undefined {
  if (signedBy !== "gateway" || code === undefined || !SIGNERS_FAULTS.has(code)) return undefined;
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
