import http from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TlsConfig } from "../config/config.ts";
import { fault } from "../s3/faults.ts";
import { acceptFor, type Speech } from "./accept.ts";
import { bind, type Place } from "./bind.ts";
import { breakServed, connectionFault, type ConnectionError } from "./connection-fault.ts";
import { ConnectionLimits, followLimits } from "./connection-limits.ts";
import { Connections, type Served } from "./connections.ts";
import { methodOf } from "./inbound.ts";
import type { Gateway } from "./forward.ts";
import { handle, refuseNext, refuseUnreadable } from "./handle.ts";
import { mayUpgrade, upgrade } from "./web-socket.ts";

/** Where and how clients are listened to. */
export type ListenOptions = Place & {
  /** Undefined: plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** Whether trusted proxies must begin each connection with a PROXY header. */
  readonly proxyProtocol: boolean;
};

export type Listening = {
  /** `host:port` as bound. */
  readonly address: string;
  /** How many connections are open. */
  readonly connections: () => number;
  /**
   * Opens what other certificates and times need, or throws where that cannot be; what it gives puts
   * them in force for connections that come then, with the limits that are in force at that time.
   */
  readonly prepare: (speech: Speech) => () => void;
  /** Each answer from now on is the last on its connection; new connections are still taken. */
  readonly leave: () => void;
  /**
   * Stops accepting, lets requests under way finish, resolves when all have; after `timeoutMs` they
   * are broken off.
   */
  readonly close: (timeoutMs: number) => Promise<void>;
};

/** How often connections are looked at whose heads are not complete: that late may a limit be. */
const HEAD_CHECK_MS = 500;

/** Opens the port on which S3 is spoken. */
export async function listen(gateway: Gateway, options: ListenOptions): Promise<Listening> {
  const { observer, live } = gateway;
  const connections = new Connections();
  const server = createServer((request) => {
    const { socket } = request;
    // Behind an answer that is still being written nothing can leave HTTP.
    if (connections.isOver(socket) || connections.servedOn(socket) !== undefined) return false;
    return mayUpgrade(gateway, request);
  });
  followLimits(server, live.current.limits);
  const prepare = acceptFor(server, gateway, connections, new ConnectionLimits(gateway), {
    ...options,
    handshakeMs: live.current.limits.headerTimeoutMs,
  });
  let leaving = false;
  const serve = (expectsContinue: boolean): http.RequestListener => {
    return (request, response) => {
      const connection = connections.of(request.socket);
      if (connection === undefined || connections.isOver(request.socket)) {
        request.resume();
        return;
      }
      if (leaving) response.shouldKeepAlive = false;
      const { pipelinedRequestsMax } = live.current.limits;
      const exchange =
        connection.unanswered < pipelinedRequestsMax
          ? handle(gateway, request, response, expectsContinue)
          : refuseNext(gateway, request, response);
      exchange.countedOn = connection;
      connection.unanswered++;
      connection.served = { request, exchange };
    };
  };
  server.on("request", serve(false));
  server.on("checkContinue", serve(true));
  // Any other expectation: the client is answered as if it had none (RFC 9110 section 10.1.1).
  server.on("checkExpectation", serve(false));
  server.on("upgrade", (request: http.IncomingMessage, socket: Duplex, first: Buffer) => {
    const exchange = upgrade(gateway, request, socket, first);
    if (exchange !== undefined) connections.upgraded(socket, { request, exchange });
  });
  server.on("connect", (request: http.IncomingMessage, socket: Duplex) => {
    refuseUnreadable(gateway, socket, methodOf(request), fault("MethodNotAllowed"));
  });
  server.on("clientError", (error: ConnectionError, socket) => {
    const connection = connections.of(socket);
    const served = connections.servedOn(socket);
    if (served !== undefined) return breakServed(served, socket, error, observer);
    if (connection === undefined || error.code === "ECONNRESET") return void socket.destroy();
    connection.refused = true;
    refuseUnreadable(gateway, socket, undefined, connectionFault(error));
  });
  server.on("timeout", (socket: Socket) => {
    const served = connections.servedOn(socket);
    if (served !== undefined && isHeldBack(served)) return served.exchange.storeStoodStill();
    if (isWaitingForStore(socket, served?.request)) return;
    observer.metrics.limited("idle_timeout");
    socket.destroy();
  });
  const address = await bind(server, options);
  const leave = (): void => {
    leaving = true;
    connections.leave();
  };
  return {
    address,
    connections: () => connections.size,
    prepare: (speech) => {
      const speak = prepare(speech);
      return () => {
        followLimits(server, live.current.limits);
        speak();
      };
    },
    leave,
    close: (timeoutMs) => {
      leave();
      return connections.close(server, timeoutMs);
    },
  };
}

function createServer(
  shouldUpgradeCallback: (request: http.IncomingMessage) => boolean,
): http.Server {
  const server = http.createServer({
    shouldUpgradeCallback,
    connectionsCheckingInterval: HEAD_CHECK_MS,
    // A large upload takes as long as it takes; standing still is what ends it.
    requestTimeout: 0,
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  });
  // The number of fields is judged by inbound.ts, not cut off silently.
  server.maxHeadersCount = 0;
  return server;
}

/**
 * A request that has come whole and has no answer yet waits for the store, whose own time limits
 * count; anything else that stands still is a client that does.
 */
function isWaitingForStore(socket: Socket, request: http.IncomingMessage | undefined): boolean {
  return request !== undefined && request.complete && socket.writableLength === 0;
}

/**
 * An upload of which no more is read because the store takes no more, or nothing yet because it
 * waits for a connection: not its client stands still.
 */
function isHeldBack({ request, exchange }: Served): boolean {
  const isRead = request.readableFlowing !== null && !request.isPaused();
  return !isRead && exchange.responder.status === 0;
}
