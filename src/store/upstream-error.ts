import type { StoreRequest } from "../admission/outgoing.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { StoreError, type StoreErrorKind } from "./store-error.ts";

/** The closed set behind `upstream_errors_total{kind}`. */
export type UpstreamErrorKind =
  | StoreErrorKind
  | "credential"
  /** The target of a pass-through route failed, not the store. */
  | "passthrough";

/**
 * The kind of a failure of the store or the way to it; `undefined` if neither can have caused
 * `error`, which then is a bug of the gateway.
 */
export function storeErrorKind(error: Error): StoreErrorKind | undefined {
  return error instanceof StoreError ? error.kind : undefined;
}

/** Returns the error of an answer that is HTTP, but not valid. */
export function protocolError(message: string): Error {
  return new StoreError("protocol", message);
}

/** The store's error codes about the signer of the request. */
const SIGNER_FAULTS: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
]);

/** The codes that say that the key itself is not good at the store. `UserSuspended` is RGW's. */
const KEY_FAULTS: ReadonlySet<string> = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "UserSuspended",
]);

/**
 * Returns the client's fault for a store's error, with this `code`, that blames the signer. If the
 * gateway's own key signed, the client did nothing wrong, and the document would name that key. If
 * the client's own key signed, it was proved here. So the store, which holds another key or none,
 * would puzzle the client with what it says. `undefined` if it blames nobody.
 */
export function credentialFault(
  { signedBy }: StoreRequest,
  code: string | undefined,
): Fault | undefined {
  if (code === undefined || signedBy === "nobody") return undefined;
  if (signedBy === "client" && KEY_FAULTS.has(code)) {
    const message = "The store does not accept your access key: it was revoked or changed there";
    return fault("AccessDenied", message, { rule: `credential: the store says ${code}` });
  }
  const blames = SIGNER_FAULTS.has(code) || KEY_FAULTS.has(code);
  if (signedBy !== "gateway" || !blames) return undefined;
  const message = "The store does not accept this gateway's own credential for your account";
  return fault("ServiceUnavailable", message, { rule: `credential: the store says ${code}` });
}

/**
 * Returns the fault that the client reads: that it was not their fault, and that trying again may
 * help.
 */
export function upstreamFault(kind: UpstreamErrorKind, error: Error): Fault {
  const message =
    kind === "timeout"
      ? "The store did not answer in time. Please try again"
      : "The store could not be reached or broke off. Please try again";
  return fault("ServiceUnavailable", message, { rule: `${kind}: ${error.message}` });
}
