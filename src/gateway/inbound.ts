import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { forwardedBy, type Forwarded } from "../http/forwarded.ts";
import { uniqueValue, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import { hostProblem } from "../http/host.ts";
import { parseTarget } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { liesIn, type NetworkSet } from "../policy/network.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { peerOf } from "./peer.ts";

/** More header fields than any S3 client sends; 2 KB of metadata is at most a few dozen. */
const HEADER_FIELDS_MAX = 128;

/** What can be said of a request even if its head cannot be read. */
export type Origin = { readonly method: string; readonly sourceAddress: string | undefined };

/** A request that has come, and from where, before its head is judged. */
export type Arrival = Origin & {
  readonly headers: HeaderList;
  /** Undefined: nobody is in between whose word counts. */
  readonly forwarded: Result<Forwarded, string> | undefined;
};

/** `trusted`: the proxies whose word on the client counts. */
export function arrivalOf(request: IncomingMessage, trusted: NetworkSet): Arrival {
  const headers = lowerCased(request.rawHeaders);
  const method = methodOf(request);
  const peer = peerOf(request.socket);
  if (peer === undefined || trusted.length === 0 || liesIn(trusted, peer) !== true) {
    return { method, headers, sourceAddress: peer, forwarded: undefined };
  }
  const forwarded = forwardedBy(headers, peer, (address) => liesIn(trusted, address));
  const sourceAddress = forwarded.ok ? forwarded.value.sourceAddress : undefined;
  return { method, headers, sourceAddress, forwarded };
}

export function methodOf(request: IncomingMessage): string {
  return request.method ?? "";
}

/**
 * The head of a request as plain data, or why it is not one HTTP request (RFC 9112). Node's parser
 * has already refused bad bytes, obs-fold, and Content-Length beside Transfer-Encoding.
 */
export function readHead(request: IncomingMessage, arrival: Arrival): Result<RequestHead, Fault> {
  const { method, headers, sourceAddress, forwarded } = arrival;
  const problem = headProblem(request, headers);
  if (problem !== undefined) return err(fault("InvalidRequest", problem));
  if (forwarded?.ok === false) return err(fault("InvalidRequest", forwarded.error));
  const target = parseTarget(request.url ?? "");
  if (!target.ok) return err(fault("InvalidURI", target.error));
  const transport = transportOf(request.socket, forwarded?.value);
  return ok({ method, target: target.value, headers, sourceAddress, ...transport });
}

type Transport = Pick<RequestHead, "secure" | "tlsVersion" | "forwardedHosts">;

const PLAIN: Transport = { secure: false };

/**
 * Node says `TLSv1.3`; conditions compare the number ("s3:TlsVersion", S3 User Guide). Where a proxy
 * tells of the client's own connection, that counts; its version nobody tells.
 */
function transportOf(socket: Socket, forwarded: Forwarded | undefined): Transport {
  const own =
    socket instanceof TLSSocket
      ? { secure: true, tlsVersion: socket.getProtocol()?.replace("TLSv", "") }
      : PLAIN;
  if (forwarded === undefined) return own;
  const { secure, hosts: forwardedHosts } = forwarded;
  return secure === undefined ? { ...own, forwardedHosts } : { secure, forwardedHosts };
}

/** Whether a body was promised: Node itself knows that none comes only after the head was served. */
export function announcesBody(request: IncomingMessage): boolean {
  const { "content-length": length = "0", "transfer-encoding": coding } = request.headers;
  return length !== "0" || coding !== undefined;
}

/**
 * Whether a client asks to speak WebSocket (RFC 6455 section 4.1) and sends nothing before it has
 * the answer. A body would be taken for the first bytes of the other protocol.
 */
export function wantsWebSocket(request: IncomingMessage): boolean {
  const { upgrade = "" } = request.headers;
  return (
    request.method === "GET" && upgrade.toLowerCase() === "websocket" && !announcesBody(request)
  );
}

/** Node's raw header with the names in lower case. */
export function lowerCased(raw: readonly string[]): HeaderList {
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    headers.push((raw[i] ?? "").toLowerCase(), raw[i + 1] ?? "");
  }
  return headers;
}

/** Puts the head that is to be passed in place of what came; see putHeaders(). */
export function putHead(request: IncomingMessage, target: string, headers: HeaderList): void {
  request.url = target;
  putHeaders(request, headers);
}

/**
 * Puts `headers` in place of what came, for a library that reads a message of Node's itself. A field
 * that stands there several times becomes a list.
 */
export function putHeaders(message: IncomingMessage, headers: HeaderList): void {
  const fields: IncomingHttpHeaders = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const value = headers[i + 1] ?? "";
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  message.headers = fields;
}

function headProblem(request: IncomingMessage, headers: HeaderList): string | undefined {
  if (request.httpVersionMajor !== 1) return `HTTP version ${request.httpVersion} is not served`;
  if (headers.length > 2 * HEADER_FIELDS_MAX) {
    return `The request has ${headers.length / 2} header fields: at most ${HEADER_FIELDS_MAX} are read`;
  }
  const ofHost = hostProblem(headers);
  if (ofHost !== undefined) return ofHost;
  const coding = uniqueValue(headers, "transfer-encoding");
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return `Transfer-Encoding "${coding}" is not served: only chunked`;
  }
  return undefined;
}
