import http from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TlsConfig } from "../config/config.ts";
import { liesIn } from "../policy/network.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Exchange } from "./exchange.ts";
import { openFront, type Front } from "./front.ts";
import { methodOf } from "./inbound.ts";
import type { Gateway } from "./forward.ts";
import { handle, refuseUnreadable } from "./handle.ts";

/** Where and how clients are listened to. Sizes in bytes, times in milliseconds. */
export type ListenOptions = {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Whether other processes listen on the same port: the system gives each its part of clients. */
  readonly reusePort: boolean;
  /** Undefined: plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** Whether trusted proxies must begin each connection with a PROXY header. */
  readonly proxyProtocol: boolean;
  readonly headerBytesMax: number;
  /** How long a connection may stand still, within a request or between two. */
  readonly idleTimeoutMs: number;
};

export type Listening = {
  /** `host:port` as bound. */
  readonly address: string;
  /** How many connections are open. */
  readonly connections: () => number;
  /** Puts other time limits in force, and other certificates for connections that come then. */
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
  const server = createServer(options);
  const connections: Connections = new Map();
  let leaving = false;
  const front = placeFront(server, gateway, connections, options);
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
  server.on("connect", (request: http.IncomingMessage, socket: Duplex) => {
    refuseUnreadable(gateway, socket, methodOf(request), fault("MethodNotAllowed"));
  });
  server.on("clientError", (error: Error & { code?: string }, socket) => {
    const served = servedOn(connections.get(socket));
    if (served !== undefined) breakServed(served, socket, error);
    else if (error.code === "ECONNRESET") socket.destroy();
    else refuseUnreadable(gateway, socket, undefined, connectionFault(error));
  });
  server.on("timeout", (socket: Socket) => {
    const served = servedOn(connections.get(socket));
    if (served !== undefined && isHeldBack(served)) served.exchange.storeStoodStill();
    else if (!isWaitingForStore(socket, served?.request)) socket.destroy();
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
  let inUse = options.tls;
  const change = ({ tls, idleTimeoutMs }: Changeable): void => {
    server.timeout = idleTimeoutMs;
    server.keepAliveTimeout = idleTimeoutMs;
    // The same again would only make clients shake hands anew.
    if (!isDeepStrictEqual(tls, inUse)) front.useTls(tls);
    inUse = tls;
  };
  return {
    address,
    connections: () => connections.size,
    change,
    leave,
    close,
  };
}

/** Puts what comes before HTTP between the port and Node's HTTP server. */
function placeFront(
  server: http.Server,
  gateway: Gateway,
  connections: Connections,
  { tls, proxyProtocol }: ListenOptions,
): Front {
  const [serveHttp] = server.rawListeners("connection");
  if (serveHttp === undefined) throw new Error("An HTTP server listens to its connections");
  server.removeAllListeners("connection");
  const track = (socket: Socket): void => {
    connections.set(socket, { served: undefined });
    socket.once("close", () => connections.delete(socket));
  };
  const front = openFront(
    {
      expectsHeader: (address) =>
        proxyProtocol && liesIn(gateway.live.current.snapshot.trustedProxies, address) === true,
      serve: (socket, raw) => {
        if (socket !== raw) {
          connections.delete(raw);
          track(socket);
        }
        Reflect.apply(serveHttp, server, [socket]);
      },
      failed: (stage, address, why) => {
        gateway.observer.metrics.connectionFailed(stage);
        // Anybody can break off a handshake; a trusted proxy that sends no header is a mistake.
        const level = stage === "proxy" ? "warn" : "debug";
        gateway.log[level]({ stage, address, why }, "A connection ended before any request");
      },
    },
    tls,
  );
  server.on("connection", (raw: Socket) => {
    track(raw);
    front.accept(raw);
  });
  return front;
}

/** A request that is being served on a connection. */
type Served = { readonly request: http.IncomingMessage; readonly exchange: Exchange };

/** The open connections, each with the last request on it. */
type Connections = Map<Duplex, Connection>;
type Connection = { served: Served | undefined };

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

function createServer(options: ListenOptions): http.Server {
  const server = http.createServer({
    maxHeaderSize: options.headerBytesMax,
    // The number of fields is judged by inbound.ts, not cut off silently.
    headersTimeout: HEAD_TIMEOUT_MS,
    // A large upload takes as long as it takes; standing still is what ends it.
    requestTimeout: 0,
    keepAliveTimeout: options.idleTimeoutMs,
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  });
  server.maxHeadersCount = 0;
  server.timeout = options.idleTimeoutMs;
  return server;
}

/** Binds `server` and gives `host:port` as bound. Rejects where the port cannot be had. */
export async function bind(
  server: http.Server,
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

/** Ends at once what serves no request, and the rest when it has been served or time is up. */
async function closed(
  server: http.Server,
  connections: Connections,
  timeoutMs: number,
): Promise<void> {
  // Node counts a connection on which nothing was ever asked as busy, and does not look again.
  const endIdle = (): void => {
    for (const [socket, connection] of connections) {
      if (servedOn(connection) === undefined) socket.destroy();
    }
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

/** An upload of which no more is read because the store takes no more: not its client stands still. */
function isHeldBack({ request, exchange }: Served): boolean {
  return request.isPaused() && exchange.responder.status === 0;
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
