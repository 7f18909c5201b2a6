import { err, ok, type Result } from "../lib/result.ts";
import { NO_BODY, readDelivery, readFields, type Framing } from "./fields.ts";
import type { HeadKind } from "./head-gatherer.ts";
import type { WireProblem } from "./problem.ts";

/** The head of an answer as it came. */
export type WireAnswer = {
  readonly status: number;
  /**
   * The reason phrase: it can be empty, or have bytes that a status line must not have. It has no
   * meaning, so no answer is refused for it, but its writer must check it.
   */
  readonly reason: string;
  /** The fields: name in lower case, value, name, value, …; one character a byte. */
  readonly fields: string[];
  /** `until-close`: the end of the connection is the end of the body. */
  readonly framing: Framing | { readonly kind: "until-close" };
  /** True if the connection takes another request after this answer. */
  readonly goesOn: boolean;
};

/** RFC 9112 section 4; the blank before an empty reason is often left out. Other statuses than these
 * have no meaning (RFC 9110 section 15). */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([^\r\n]*))?\r\n/;

/**
 * Reads the head of an answer to `method` (RFC 9112 sections 4 to 7). `text`: its lines, each with its
 * CRLF, without the empty line behind them; one character a byte.
 *
 * Errors: `start-line`, `field`, `length`, `coding`; `protocol` for 101, since no request asks for one; and `no-length` for a success whose body would end
 * with the connection: so ends that of a store that crashed, and half an object would look whole
 * (section 8).
 */
export function readAnswerHead(text: string, method: string): Result<WireAnswer, WireProblem> {
  const line = STATUS_LINE.exec(text);
  if (line === null) return err("start-line");
  const minor = line[1] === "1" ? 1 : 0;
  const status = Number(line[2]);
  if (status === 101) return err("protocol");
  const fields = readFields(text.slice(line[0].length));
  if (!fields.ok) return fields;
  const delivery = readDelivery(fields.value, minor);
  if (!delivery.ok) return delivery;
  const { goesOn } = delivery.value;
  const answer = { status, reason: line[3] ?? "", fields: fields.value };
  if (!hasBody(method === "HEAD", status)) return ok({ ...answer, framing: NO_BODY, goesOn });
  const { framing } = delivery.value;
  if (framing !== undefined) return ok({ ...answer, framing, goesOn });
  if (status < 300) return err("no-length");
  return ok({ ...answer, framing: { kind: "until-close" }, goesOn: false });
}

/**
 * Returns true if an answer of `status` has a body; `isHead` marks an answer to HEAD (RFC 9110
 * section 6.4.1).
 */
export function hasBody(isHead: boolean, status: number): boolean {
  return !isHead && status >= 200 && status !== 204 && status !== 304;
}

const VERSION = "HTTP/1.";

/** The beginnings that the head of an answer can have. */
export const ANSWER_HEADS: HeadKind = {
  startProblem: (start) => (VERSION.startsWith(start) ? undefined : "start-line"),
  startBytes: VERSION.length,
  skipsEmptyLines: false,
};
