import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { uniqueValue, valuesOf, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import { parseTarget } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";

/** More header fields than any S3 client sends; 2 KB of metadata is at most a few dozen. */
const HEADER_FIELDS_MAX = 128;

/**
 * The head of a request as plain data, or why it is not one HTTP request (RFC 9112). Node's parser
 * has already refused bad bytes, obs-fold, and Content-Length beside Transfer-Encoding.
 */
export function readHead(request: IncomingMessage): Result<RequestHead, Fault> {
  const headers = lowerCased(request.rawHeaders);
  const problem = headProblem(request, headers);
  if (problem !== undefined) return err(fault("InvalidRequest", problem));
  const target = parseTarget(request.url ?? "");
  if (!target.ok) return err(fault("InvalidURI", target.error));
  return ok({
    method: request.method ?? "",
    target: target.value,
    headers,
    sourceAddress: addressOf(request.socket),
    ...transportOf(request.socket),
  });
}

const PLAIN = { secure: false } as const;

/** Node says `TLSv1.3`; conditions compare the number ("s3:TlsVersion", S3 User Guide). */
function transportOf(socket: Socket): Pick<RequestHead, "secure" | "tlsVersion"> {
  if (!(socket instanceof TLSSocket)) return PLAIN;
  return { secure: true, tlsVersion: socket.getProtocol()?.replace("TLSv", "") };
}

/** What can be said of a request even if its head cannot be read. */
export type Origin = { readonly method: string; readonly sourceAddress: string | undefined };

export function originOf(request: IncomingMessage): Origin {
  return { method: request.method ?? "", sourceAddress: addressOf(request.socket) };
}

/** The peer's address; undefined for what is no network connection, or no longer one. */
export function addressOf(connection: Duplex): string | undefined {
  return connection instanceof Socket ? connection.remoteAddress : undefined;
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
  const hosts = valuesOf(headers, "host");
  if (hosts.length !== 1 || hosts[0] === "") return "The request must have exactly one Host header";
  const coding = uniqueValue(headers, "transfer-encoding");
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return `Transfer-Encoding "${coding}" is not served: only chunked`;
  }
  return undefined;
}
