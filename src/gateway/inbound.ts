import { forwardedBy, type Forwarded } from "../http/forwarded.ts";
import { firstValue, hasHeader, uniqueValue, valuesOf, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import { connectionOptions } from "../http/hop-by-hop.ts";
import { hostProblem } from "../http/host.ts";
import { originForm, parseTarget } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ClientRequest } from "../listen/client-request.ts";
import type { Peer } from "../listen/peer.ts";
import { liesIn, type NetworkSet } from "../policy/network.ts";
import { awsFault, fault, type Fault } from "../s3/faults.ts";

/**
 * The most header fields, more than any S3 client sends; 2 KB of metadata is at most a few dozen.
 */
const HEADER_FIELDS_MAX = 128;

/** The facts about a request that are known even if its head cannot be read. */
export type Origin = { readonly method: string; readonly sourceAddress: string | undefined };

/** A request that has come, and from where, before its head is judged. */
export type Arrival = Origin & {
  readonly headers: HeaderList;
  /** The proxy's word; `undefined` if no trusted proxy is in between. */
  readonly forwarded: Result<Forwarded, string> | undefined;
};

/** `trusted`: the proxies whose word on the client counts. */
export function arrivalOf(request: ClientRequest, trusted: NetworkSet): Arrival {
  const { method, fields: headers } = request.head;
  const peer = request.peer.address;
  if (peer === undefined || trusted.length === 0 || liesIn(trusted, peer) !== true) {
    return { method, headers, sourceAddress: peer, forwarded: undefined };
  }
  const forwarded = forwardedBy(headers, peer, (address) => liesIn(trusted, address));
  const sourceAddress = forwarded.ok ? forwarded.value.sourceAddress : undefined;
  return { method, headers, sourceAddress, forwarded };
}

/**
 * Returns the head of a request as plain data, or why it cannot be served. `wire/` has already
 * refused anything that is not one request of HTTP/1.1 or 1.0 (RFC 9112).
 */
export function readHead(request: ClientRequest, arrival: Arrival): Result<RequestHead, Fault> {
  const { method, headers, sourceAddress, forwarded } = arrival;
  const problem = headProblem(headers);
  if (problem !== undefined) return err(fault("InvalidRequest", problem));
  if (forwarded?.ok === false) return err(fault("InvalidRequest", forwarded.error));
  const origin = originForm(request.head.target, firstValue(headers, "host") ?? "");
  const target = origin.ok ? parseTarget(origin.value) : origin;
  if (!target.ok) return err(awsFault("InvalidURI", { why: target.error }));
  const transport = transportOf(request.peer, forwarded?.value);
  return ok({ method, target: target.value, headers, sourceAddress, ...transport });
}

type Transport = Pick<RequestHead, "secure" | "tlsVersion" | "forwardedHosts">;

const PLAIN: Transport = { secure: false };

/**
 * Returns the transport. If a proxy tells of the client's own connection, that counts; nobody tells
 * its version of TLS.
 */
function transportOf(peer: Peer, forwarded: Forwarded | undefined): Transport {
  const own = peer.secure ? { secure: true, tlsVersion: peer.tlsVersion } : PLAIN;
  if (forwarded === undefined) return own;
  const { secure, hosts: forwardedHosts } = forwarded;
  return secure === undefined ? { ...own, forwardedHosts } : { secure, forwardedHosts };
}

/** Returns true if a body was promised. */
export function announcesBody({ body }: ClientRequest): boolean {
  return body !== undefined;
}

/**
 * Returns true if a client wants a tunnel to some other host, which is no request about anything
 * here.
 */
export function wantsTunnel({ head }: ClientRequest): boolean {
  return head.method === "CONNECT";
}

/**
 * Returns true if a client asks to speak WebSocket (RFC 6455 section 4.1) and sends nothing before
 * it has the answer. A body would be taken for the first bytes of the other protocol.
 */
export function wantsWebSocket(request: ClientRequest): boolean {
  const { method, fields } = request.head;
  if (method !== "GET" || !hasHeader(fields, "upgrade") || announcesBody(request)) return false;
  const options = valuesOf(fields, "connection").flatMap(connectionOptions);
  return (
    options.includes("upgrade") && uniqueValue(fields, "upgrade")?.toLowerCase() === "websocket"
  );
}

function headProblem(headers: HeaderList): string | undefined {
  if (headers.length > 2 * HEADER_FIELDS_MAX) {
    return `The request has ${headers.length / 2} header fields: at most ${HEADER_FIELDS_MAX} are read`;
  }
  return hostProblem(headers);
}
