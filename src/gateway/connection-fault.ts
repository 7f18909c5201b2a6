import type { ConnectionProblem } from "../listen/service.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";

/** Returns the fault of bytes that are no request, in S3's words. */
export function connectionFault(problem: ConnectionProblem): Fault {
  switch (problem) {
    case "head-bytes":
    case "trailer-bytes":
      return limitFault("header_bytes");
    case "head-late":
      return limitFault("header_timeout");
    case "target":
      return fault("InvalidURI");
    case "method":
      return fault("MethodNotAllowed");
    case "start-line":
    case "field":
    case "length":
    case "coding":
    case "chunk":
    case "cut-off":
    // Only answers have this problem.
    case "no-length":
    case "protocol":
      return fault("InvalidRequest", "The request is not well-formed HTTP/1.1");
  }
}

/** The same of the body of a request whose head was good. */
export function bodyFault(problem: ConnectionProblem): Fault {
  return problem === "cut-off" ? fault("IncompleteBody") : connectionFault(problem);
}
