import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { fault, type Fault } from "../s3/faults.ts";
import type { Exchange } from "./exchange.ts";
import { originOf } from "./inbound.ts";
import type { Gateway } from "./forward.ts";
import { handle, refuseUnreadable } from "./handle.ts";
import { mayUpgrade, upgrade } from "./web-socket.ts";

/** Where and how clients are listened to. Sizes in bytes, times in milliseconds. */
export type ListenOptions = {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Whether other processes listen on the same port: the system gives each its part of clients. */
  readonly reusePort: boolean;
  /** PEM; undefined: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly headerBytesMax: number;
  /** How long a connection may stand still, within a request or between two. */
  readonly idleTimeoutMs: number;
};

export type Listening = {
  /** `host:port` as bound. */
  readonly address: string;
  /** Puts other time limits and another certificate in force, for connections that come then. */
  readonly change: (options: Changeable) => void;
  /** Each answer from now on is the last on its connection; new connections are still taken. */
  readonly leave: () => void;
  /**
   * Stops accepting, lets requests under way finish, resolves when all have; after `timeoutMs` they
   * are broken off.
   */
  readonly close: (timeoutMs: number) => Promise<void>;
};

/** What of the options can change while it listens. */
export type Changeable = Pick<ListenOptions, "tls" | "idleTimeoutMs">;

/** How often a closing server looks for connections that serve nothing any more. */
const SWEEP_MS = 100;
/** A head must be complete this long after its first byte. */
const HEAD_TIMEOUT_MS = 30_000;

/** Opens the port on which S3 is spoken. */
export async function listen(gateway: Gateway, options: ListenOptions): Promise<Listening> {
  const connections: Connections = new Map();
  // Behind an answer that is still being written nothing can leave HTTP.
  const server = createServer(options, (request) => {
    return servedOn(connections.get(request.socket)) === undefined && mayUpgrade(gateway, request);
  });
  server.on(options.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    connections.set(socket, { served: undefined, upgraded: false });
    socket.once("close", () => connections.delete(socket));
  });
  let leaving = false;
  const serve = (expectsContinue: boolean): http.RequestListener => {
    return (request, response) => {
      if (leaving) response.shouldKeepAlive = false;
      const exchange = handle(gateway, request, response, expectsContinue);
      const connection = connections.get(request.socket);
      if (connection !== undefined) connection.served = { request, exchange };
    };
  };
  server.on("request", serve(false));
  server.on("checkContinue", serve(true));
  // Any other expectation: the client is answered as if it had none (RFC 9110 section 10.1.1).
  server.on("checkExpectation", serve(false));
  server.on("upgrade", (request: http.IncomingMessage, socket: Duplex, first: Buffer) => {
    const exchange = upgrade(gateway, request, socket, first);
    if (exchange !== undefined)
      connections.set(socket, { served: { request, exchange }, upgraded: true });
  });
  server.on("connect", (request: http.IncomingMessage, socket: Duplex) => {
    refuseUnreadable(gateway, socket, originOf(request).method, fault("MethodNotAllowed"));
  });
  server.on("clientError", (error: Error & { code?: string }, socket) => {
    const served = servedOn(connections.get(socket));
    if (served !== undefined) breakServed(served, socket, error);
    else if (error.code === "ECONNRESET") socket.destroy();
    else refuseUnreadable(gateway, socket, undefined, connectionFault(error));
  });
  server.on("timeout", (socket: Socket) => {
    if (!isWaitingForStore(socket, servedOn(connections.get(socket))?.request)) socket.destroy();
  });
  const address = await bind(server, options);
  const leave = (): void => {
    leaving = true;
    for (const connection of connections.values()) {
      servedOn(connection)?.exchange.responder.lastOnConnection();
    }
  };
  const close = (timeoutMs: number): Promise<void> => {
    leave();
    return closed(server, connections, timeoutMs);
  };
  return { address, change: (changed) => change(server, changed), leave, close };
}

function change(server: http.Server | https.Server, { tls, idleTimeoutMs }: Changeable): void {
  server.timeout = idleTimeoutMs;
  server.keepAliveTimeout = idleTimeoutMs;
  if (tls !== undefined && server instanceof https.Server) server.setSecureContext(tls);
}

/** A request that is being served on a connection. */
type Served = { readonly request: http.IncomingMessage; readonly exchange: Exchange };

/** The open connections, each with the last request on it. */
type Connections = Map<Duplex, Connection>;
/** `upgraded`: it speaks WebSocket, which has no end of its own. */
type Connection = { served: Served | undefined; readonly upgraded: boolean };

/** What is being served: the last request, as long as its answer is not delivered. */
function servedOn(connection: Connection | undefined): Served | undefined {
  const served = connection?.served;
  return served === undefined || served.exchange.responder.closed ? undefined : served;
}

/** What follows the head is not the body that it promised; or it is another, broken request. */
function breakServed(
  { request, exchange }: Served,
  socket: Duplex,
  error: Error & { code?: string },
): void {
  const cutOff = error.code === "HPE_INVALID_EOF_STATE" || error.code === "ECONNRESET";
  if (request.complete) socket.destroy();
  else exchange.refuse(cutOff ? fault("IncompleteBody") : connectionFault(error));
}

function createServer(
  options: ListenOptions,
  shouldUpgradeCallback: (request: http.IncomingMessage) => boolean,
): http.Server | https.Server {
  const settings = {
    shouldUpgradeCallback,
    maxHeaderSize: options.headerBytesMax,
    // The number of fields is judged by inbound.ts, not cut off silently.
    headersTimeout: HEAD_TIMEOUT_MS,
    // A large upload takes as long as it takes; standing still is what ends it.
    requestTimeout: 0,
    keepAliveTimeout: options.idleTimeoutMs,
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  };
  const server =
    options.tls === undefined
      ? http.createServer(settings)
      : https.createServer({ ...settings, ...options.tls, minVersion: "TLSv1.2" });
  server.maxHeadersCount = 0;
  server.timeout = options.idleTimeoutMs;
  return server;
}

/** Binds `server` and gives `host:port` as bound. Rejects where the port cannot be had. */
export async function bind(
  server: http.Server | https.Server,
  place: { readonly host: string; readonly port: number; readonly reusePort?: boolean },
): Promise<string> {
  const { host, port, reusePort = false } = place;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // Not by way of node:cluster, which loses connections on their way to a worker that crashes.
    server.listen({ port, host, reusePort, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return boundAddress(server.address());
}

/**
 * Ends at once what serves no request, and the rest when it has been served or time is up;
 * WebSockets when nothing else is left.
 */
async function closed(
  server: http.Server | https.Server,
  connections: Connections,
  timeoutMs: number,
): Promise<void> {
  // Node counts a connection on which nothing was ever asked as busy, and does not look again.
  const endIdle = (): void => {
    let requests = 0;
    for (const [socket, connection] of connections) {
      if (servedOn(connection) === undefined) socket.destroy();
      else if (!connection.upgraded) requests++;
    }
    if (requests > 0) return;
    for (const [socket, { upgraded }] of connections) if (upgraded) socket.destroy();
  };
  const sweep = setInterval(endIdle, SWEEP_MS);
  const late = setTimeout(() => {
    for (const socket of connections.keys()) socket.destroy();
  }, timeoutMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    endIdle();
  });
  clearInterval(sweep);
  clearTimeout(late);
}

function boundAddress(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("Not listening on a port");
  const { family, address: host, port } = address;
  return family === "IPv6" ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * A request that has come whole and has no answer yet waits for the store, whose own time limits
 * count; anything else that stands still is a client that does.
 */
function isWaitingForStore(socket: Socket, request: http.IncomingMessage | undefined): boolean {
  return request !== undefined && request.complete && socket.writableLength === 0;
}

/** Node's parser errors (llhttp's names) as S3 says them. */
function connectionFault(error: Error & { code?: string }): Fault {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return fault("RequestHeaderSectionTooLarge");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return fault("RequestTimeout");
    case "HPE_INVALID_URL":
      return fault("InvalidURI");
    case "HPE_INVALID_METHOD":
      return fault("MethodNotAllowed");
    default:
      return fault("InvalidRequest", "The request is not well-formed HTTP/1.1");
  }
}
