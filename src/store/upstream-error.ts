import type { StoreRequest } from "../admission/outgoing.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { StoreError, type StoreErrorKind } from "./store-error.ts";

/** The closed set behind `upstream_errors_total{kind}`. */
export type UpstreamErrorKind =
  | StoreErrorKind
  | "credential"
  /** Not the store, but the target of a pass-through route. */
  | "passthrough";

/**
 * The kind of a failure of the store or the way to it; `undefined` if neither can have caused
 * `error`, which then is a bug of the gateway.
 */
export function storeErrorKind(error: Error): StoreErrorKind | undefined {
  return error instanceof StoreError ? error.kind : undefined;
}

/** What ends a request at the store whose answer is no good, though it is HTTP. */
export function protocolError(message: string): Error {
  return new StoreError("protocol", message);
}

/** The store's error codes about whoever signed the request. */
const SIGNERS_FAULTS: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
]);

/** Those that say that the key itself is not good there. `UserSuspended` is RGW's. */
const KEYS_FAULTS: ReadonlySet<string> = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "UserSuspended",
]);

/**
 * What becomes of a store's error, whose `code` this is, that blames whoever signed. By the gateway's
 * own key: the client did nothing wrong, and the document would name that key. By the client's own: it
 * was proved here, so the store, which holds another key or none, would puzzle the client with what it
 * says. `undefined`: it blames nobody.
 */
export function credentialFault(
  { signedBy }: StoreRequest,
  code: string | undefined,
): Fault | undefined {
  if (code === undefined || signedBy === "nobody") return undefined;
  if (signedBy === "client" && KEYS_FAULTS.has(code)) {
    const message = "The store does not accept your access key: it was revoked or changed there";
    return fault("AccessDenied", message, { rule: `credential: the store says ${code}` });
  }
  const blames = SIGNERS_FAULTS.has(code) || KEYS_FAULTS.has(code);
  if (signedBy !== "gateway" || !blames) return undefined;
  const message = "The store does not accept this gateway's own credential for your account";
  return fault("ServiceUnavailable", message, { rule: `credential: the store says ${code}` });
}

/** What the client reads of it: that it was not them, and that trying again may help. */
export function upstreamFault(kind: UpstreamErrorKind, error: Error): Fault {
  const message =
    kind === "timeout"
      ? "The store did not answer in time. Please try again"
      : "The store could not be reached or broke off. Please try again";
  return fault("ServiceUnavailable", message, { rule: `${kind}: ${error.message}` });
}
