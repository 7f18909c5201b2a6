import { gateHead, type GatedHead } from "../http/field-gate.ts";
import { firstValue } from "../http/headers.ts";
import { requestHeadText } from "../wire/write.ts";
import type { Sending } from "./answer-handler.ts";

/** A request's head as it is written, and how many bytes of a body follow it. */
export type RequestText = { readonly text: string; readonly bodyBytes: number };

/** Methods whose requests say that they have no body (RFC 9110 section 8.6). */
const WITH_CONTENT: ReadonlySet<string> = new Set(["PUT", "POST"]);

/**
 * Returns the head of `sending` as bytes, one character each. The gate has seen all of it; it is
 * asked once more, since what passes here is executed.
 *
 * Throws a TypeError for a head that the gate does not let pass, a body of another length than
 * Content-Length says, and an iterated one without a length.
 */
export function requestText({ head, body, last }: Sending): RequestText {
  const gated = gateHead({ method: head.method, target: head.target, headers: head.headers });
  if (!gated.ok) throw new TypeError(`The ${gated.error.part} of a request is invalid`);
  const promised = firstValue(head.headers, "content-length");
  const bodyBytes = lengthOf(body, promised);
  const unsaid = promised === undefined && (bodyBytes > 0 || WITH_CONTENT.has(head.method));
  const length = unsaid ? `content-length: ${bodyBytes}\r\n` : "";
  const connection = last === true ? "close" : "keep-alive";
  const text = requestHeadText(gated.value).slice(0, -EMPTY_LINE.length);
  return { text: `${text}${length}connection: ${connection}\r\n${EMPTY_LINE}`, bodyBytes };
}

const EMPTY_LINE = "\r\n";

function lengthOf(body: Sending["body"], promised: string | undefined): number {
  const said = promised === undefined ? undefined : Number(promised);
  if (body === undefined || Buffer.isBuffer(body)) {
    const bytes = body?.length ?? 0;
    if (said === undefined || said === bytes) return bytes;
    throw new TypeError(`A body of ${bytes} bytes was announced with ${said}`);
  }
  if (said === undefined) throw new TypeError("A body without a length was to be sent");
  return said;
}

/** The host that the request names, without a port; `undefined` if it names none. */
export function hostOf({ headers }: GatedHead): string | undefined {
  return firstValue(headers, "host")?.replace(/:\d+$/, "");
}
