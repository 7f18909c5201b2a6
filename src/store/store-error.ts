/** The kinds of failures at the store or on the way to it. */
export type StoreErrorKind =
  /** No connection came about. */
  | "connect"
  /** The store is not who it must be, or does not take the gateway for who that is. */
  | "tls"
  /** The store took too long. */
  | "timeout"
  /** The connection ended before the answer did. */
  | "reset"
  /** The bytes are no answer, or none that can be passed on. */
  | "protocol"
  /** The operating system says something else of the connection. */
  | "other";

/** A request at the store has failed, and neither the request nor its body is to blame. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** Returns what was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Node's codes of invalid certificates ("X509 certificate error codes", node:tls). */
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

/** Codes of a socket's errors. Unlisted: see `kindOf`. */
const KINDS: ReadonlyMap<string, StoreErrorKind> = new Map<string, StoreErrorKind>([
  ...CERTIFICATE_CODES.map((code) => [code, "tls"] as const),
  ["EPROTO", "tls"],
  ["ECONNREFUSED", "connect"],
  ["EHOSTUNREACH", "connect"],
  ["ENETUNREACH", "connect"],
  ["ENOTFOUND", "connect"],
  ["EAI_AGAIN", "connect"],
  ["ETIMEDOUT", "connect"],
  ["ECONNRESET", "reset"],
  ["EPIPE", "reset"],
]);

/** Returns the error of the store that a socket's own error means. */
export function socketError(error: Error): StoreError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // An AggregateError, of several addresses that were tried, has no message.
  const message = error.message === "" ? code : error.message;
  return new StoreError(kindOf(code), message, error);
}

function kindOf(code: string): StoreErrorKind {
  const known = KINDS.get(code);
  if (known !== undefined) return known;
  if (/^(?:ERR_SSL|ERR_TLS|CERT)_/.test(code)) return "tls";
  return /^ERR_(?:SOCKET|STREAM)_/.test(code) ? "reset" : "other";
}
