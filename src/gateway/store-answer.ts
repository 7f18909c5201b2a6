import type { IncomingHttpHeaders } from "node:http";

/** Interim answers (1xx) to one request; a store has no use for more than a few. */
const INTERIM_MAX = 32;

/**
 * Why an answer's head cannot be passed on; undefined if it can. `interim`: how many answers below
 * 200 have come before, each of which gives the store its whole time again.
 */
export function answerProblem(
  method: string,
  status: number,
  fields: IncomingHttpHeaders,
  interim: number,
): string | undefined {
  if (status < 200) {
    return interim < INTERIM_MAX ? undefined : `more than ${INTERIM_MAX} interim answers came`;
  }
  // RFC 9110 section 15: nobody knows what such a status means.
  if (status > 599) return `its status is ${status}`;
  // Such a body ends with the connection, also that of a store that crashed (RFC 9112 section 8):
  // half an object would look whole.
  const { "content-length": length, "transfer-encoding": coding } = fields;
  // Any other coding too ends with the connection, or would be lost on the way (RFC 9112 section 6.3).
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return `its Transfer-Encoding is "${coding}"`;
  }
  if (status < 300 && hasBody(method, status) && length === undefined && coding === undefined) {
    return "it says neither a length nor chunks, so that its end could not be told from a failure";
  }
  return undefined;
}

/** Whether an answer of `status` to `method` has a body (RFC 9110 section 6.4.1). */
export function hasBody(method: string, status: number): boolean {
  return method !== "HEAD" && status !== 204 && status !== 304;
}
