/**
 * The reasons why bytes are not a message of HTTP/1.1, or not one that is read here, each with its
 * sentence.
 */
export const WIRE_PROBLEMS = {
  method: "its method is none that is known",
  target: "its target has a byte that no URI has, or is empty",
  "start-line": "its first line is none of HTTP/1.1 or HTTP/1.0",
  "head-bytes": "its head is longer than is read",
  field: "a header field is malformed",
  length: "its Content-Length is no length",
  coding: "its Transfer-Encoding is not chunked alone",
  protocol: "it changes to another protocol, which nobody asked for",
  "no-length":
    "it says neither a length nor chunks, so that its end could not be told from a failure",
  chunk: "its chunks are malformed",
  "trailer-bytes": "its trailers are longer than is read",
} as const;

export type WireProblem = keyof typeof WIRE_PROBLEMS;
