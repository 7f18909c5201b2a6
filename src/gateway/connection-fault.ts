import type { Duplex } from "node:stream";
import { fault, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import type { Served } from "./connections.ts";
import type { Observer } from "./exchange.ts";

/** What Node's HTTP server complains of, by llhttp's names and its own. */
export type ConnectionError = Error & { readonly code?: string };

/** Node's parser errors as S3 says them. */
export function connectionFault(error: ConnectionError): Fault {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return limitFault("header_bytes");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return limitFault("header_timeout");
    case "HPE_INVALID_URL":
      return fault("InvalidURI");
    case "HPE_INVALID_METHOD":
      return fault("MethodNotAllowed");
    default:
      return fault("InvalidRequest", "The request is not well-formed HTTP/1.1");
  }
}

/** What follows the head is not the body that it promised; or it is another, broken request. */
export function breakServed(
  { request, exchange }: Served,
  socket: Duplex,
  error: ConnectionError,
  { metrics }: Observer,
): void {
  // A connection that was reset: nobody would read an answer.
  if (socket.destroyed) return;
  const cutOff = error.code === "HPE_INVALID_EOF_STATE";
  const why = cutOff ? fault("IncompleteBody") : connectionFault(error);
  if (!request.complete) return exchange.refuse(why);
  // The limit was met by the request behind, which leaves no record of its own.
  if (why.limit !== undefined) metrics.limited(why.limit);
  socket.destroy();
}
