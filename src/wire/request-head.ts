import { err, ok, type Result } from "../lib/result.ts";
import { NO_BODY, readDelivery, readFields, type Framing } from "./fields.ts";
import type { HeadKind } from "./head-gatherer.ts";
import type { WireProblem } from "./problem.ts";

/** The head of a request as it came: nothing in it is decoded. */
export type WireRequest = {
  readonly method: string;
  /** The target as sent, in any form. */
  readonly target: string;
  /** The minor version: HTTP/1.`minor`. */
  readonly minor: 0 | 1;
  /** The fields: name in lower case, value, name, value, …; one character a byte. */
  readonly fields: string[];
  readonly framing: Framing;
  /** True if the client may send another request on the connection. */
  readonly goesOn: boolean;
};

/** Methods of HTTP and its registered extensions: what begins with none of them is no request. */
const METHODS: readonly string[] = (
  "GET PUT HEAD POST DELETE OPTIONS PATCH TRACE CONNECT QUERY " +
  "ACL BIND CHECKOUT COPY LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY " +
  "PROPFIND PROPPATCH PURGE REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE"
).split(" ");
const KNOWN: ReadonlySet<string> = new Set(METHODS);

/** Matches a target: every other character is percent-encoded (RFC 3986 section 2). */
const TARGET = /^[\x21-\x7e]+$/;

/** Over a version that is not served: HTTP/2 says hello with a method of its own (RFC 9113 3.4). */
const HTTP2 = "PRI";
const STARTS: readonly string[] = [...METHODS, HTTP2];

/**
 * Reads a request's head (RFC 9112 sections 2 to 7). `text`: its lines, each with its CRLF, without
 * the empty line behind them; one character a byte.
 *
 * Errors: `method`, `target`, `start-line` (versions other than 1.0 and 1.1 are not read), `field`,
 * `length`, `coding`.
 */
export function readRequestHead(text: string): Result<WireRequest, WireProblem> {
  // The first LF ends the first line whatever stands before it, so that the problem that is told does
  // not depend on what comes behind.
  const lf = text.indexOf("\n");
  const line = lf < 0 ? text : text.slice(0, lf);
  const afterMethod = line.indexOf(" ");
  const method = line.slice(0, Math.max(0, afterMethod));
  if (method === HTTP2) return err("start-line");
  if (!KNOWN.has(method)) return err("method");
  const afterTarget = line.indexOf(" ", afterMethod + 1);
  const targetEnd = afterTarget < 0 ? withoutCr(line) : afterTarget;
  const target = line.slice(afterMethod + 1, targetEnd);
  if (!TARGET.test(target)) return err("target");
  const minor = MINORS.get(line.slice(targetEnd));
  if (minor === undefined) return err("start-line");
  const fields = readFields(text.slice(lf + 1));
  if (!fields.ok) return fields;
  const delivery = readDelivery(fields.value, minor);
  if (!delivery.ok) return delivery;
  const { framing = NO_BODY, goesOn } = delivery.value;
  return ok({ method, target, minor, fields: fields.value, framing, goesOn });
}

/** The minor version by the text after the target. */
const MINORS: ReadonlyMap<string, 0 | 1> = new Map([
  [" HTTP/1.0\r", 0],
  [" HTTP/1.1\r", 1],
]);

function withoutCr(line: string): number {
  return line.endsWith("\r") ? line.length - 1 : line.length;
}

/** The beginnings that the head of a request can have; only the method is checked. */
export const REQUEST_HEADS: HeadKind = {
  startProblem: (start) => {
    const end = start.indexOf(" ");
    if (end < 0) return STARTS.some((method) => method.startsWith(start)) ? undefined : "method";
    return STARTS.includes(start.slice(0, end)) ? undefined : "method";
  },
  startBytes: 1 + Math.max(...METHODS.map((method) => method.length)),
  skipsEmptyLines: true,
};
