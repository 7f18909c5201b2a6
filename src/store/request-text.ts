import type { GatedHead } from "../http/field-gate.ts";
import type { Sending } from "./answer-handler.ts";

/** A request's head as it is written, and how many bytes of a body follow it. */
export type RequestText = { readonly text: string; readonly bodyBytes: number };

/** Methods whose requests say that they have no body (RFC 9110 section 8.6). */
const WITH_CONTENT: ReadonlySet<string> = new Set(["PUT", "POST"]);

/**
 * Returns the head of `sending` as bytes, one character each: what passed the gate, and how its
 * connection goes on.
 *
 * Throws a TypeError for a body of another length than Content-Length says, and an iterated one
 * without a length.
 */
export function requestText({ head, body, last }: Sending): RequestText {
  const bodyBytes = lengthOf(body, head.bodyBytes);
  const unsaid = head.bodyBytes === undefined && (bodyBytes > 0 || WITH_CONTENT.has(head.method));
  const length = unsaid ? `content-length: ${bodyBytes}\r\n` : "";
  const connection = last === true ? "close" : "keep-alive";
  return { text: `${head.text}${length}connection: ${connection}\r\n\r\n`, bodyBytes };
}

/** Returns the bytes of `body`; `said`: those that the head says. */
function lengthOf(body: Sending["body"], said: number | undefined): number {
  if (body === undefined || Buffer.isBuffer(body)) {
    const bytes = body?.length ?? 0;
    if (said === undefined || said === bytes) return bytes;
    throw new TypeError(`A body of ${bytes} bytes was announced with ${said}`);
  }
  if (said === undefined) throw new TypeError("A body without a length was to be sent");
  return said;
}

/** The host that the request names, without a port; `undefined` if it names none. */
export function hostOf({ host }: GatedHead): string | undefined {
  return host?.replace(/:\d+$/, "");
}
