import type { WireRequest } from "../wire/request-head.ts";
import type { Peer } from "./peer.ts";
import type { RequestBody } from "./request-body.ts";

/** A request that a client has sent, at the time when its head has come. */
export type ClientRequest = {
  readonly head: WireRequest;
  readonly peer: Peer;
  /** The body; `undefined` if its head says that it has none. */
  readonly body: RequestBody | undefined;
};

/**
 * Returns true if the client waits to be asked for the body (RFC 9110 section 10.1.1). Any other
 * expectation counts as none, and HTTP/1.0 knows none.
 */
export function expectsContinue({ head }: ClientRequest): boolean {
  const { fields, minor } = head;
  if (minor === 0) return false;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === "expect" && CONTINUE.test(fields[i + 1] ?? "")) return true;
  }
  return false;
}

const CONTINUE = /(?:^|[\s,])100-continue(?:$|[\s,;])/i;
