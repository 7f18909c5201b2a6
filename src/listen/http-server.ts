import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { bind, type Place } from "./bind.ts";
import type { ClientAnswer } from "./client-answer.ts";
import { ClientConnection } from "./client-connection.ts";
import { openFront, type FrontOptions, type Speech } from "./front.ts";
import type { Service } from "./service.ts";

/** The interval of checking connections whose heads are not complete: a limit can be that late. */
const HEAD_CHECK_MS = 500;

/** The interval at which a closing server looks for connections that serve nothing any more. */
const SWEEP_MS = 100;

/** The checks of new connections, and the service for their requests. */
export type HttpServerOptions = Pick<FrontOptions, "expectsHeader" | "failed"> & {
  readonly service: Service;
  /**
   * Returns true if one more connection is taken; else it was refused. `plainly`: true if an answer
   * on it could be read.
   */
  readonly admits: (raw: Socket, plainly: boolean) => boolean;
  /** The same for one that was taken, when it is known at whose `address` its other end is. */
  readonly admitsFrom: (raw: Socket, address: string, plainly: boolean) => boolean;
};

/** The port on which clients speak HTTP/1.1, with TLS or without. */
export type HttpServer = {
  /** `host:port` as bound. */
  readonly address: string;
  /** Returns the number of open connections. */
  readonly connections: () => number;
  /**
   * Returns a function that prepares other certificates and times; call its result to use them for
   * connections accepted from then on (see `Front.prepare`). Throws if they cannot be used.
   */
  readonly prepare: (speech: Speech) => () => void;
  /** Makes each answer from now on the last on its connection; new connections are still taken. */
  readonly leave: () => void;
  /**
   * Stops accepting, lets requests under way finish, resolves when all have; after `timeoutMs` they
   * are broken off. WebSockets end when nothing else is left.
   */
  readonly close: (timeoutMs: number) => Promise<void>;
};

/** Opens the port at `place`. Rejects if it cannot be had. */
export async function openHttpServer(
  options: HttpServerOptions,
  place: Place,
  speech: Speech,
): Promise<HttpServer> {
  const open = new OpenConnections(options.service);
  let current = speech;
  const isPlain = (): boolean => current.tls === undefined;
  const front = openFront(
    {
      expectsHeader: options.expectsHeader,
      failed: options.failed,
      admits: (raw, address) => options.admitsFrom(raw, address, isPlain()),
      serve: (socket, raw, peer, first) => {
        open.speaks(raw, new ClientConnection(socket, peer, options.service), first);
      },
    },
    speech,
  );
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on("connection", (raw: Socket) => {
    if (!options.admits(raw, isPlain())) return;
    open.accepted(raw);
    front.accept(raw);
  });
  const address = await bind(server, place);
  const checks = setInterval(() => open.checkHeads(), HEAD_CHECK_MS).unref();
  return {
    address,
    connections: () => open.size,
    prepare: (next) => {
      // The same again would only make clients shake hands anew.
      if (isDeepStrictEqual(next, current)) return () => undefined;
      const speak = front.prepare(next);
      return () => {
        current = next;
        speak();
      };
    },
    leave: () => open.leave(),
    close: async (timeoutMs) => {
      open.leave();
      await open.close(server, timeoutMs);
      clearInterval(checks);
    },
  };
}

/**
 * Answers on a connection that is not accepted, and ends it. Bytes from its client are skipped,
 * since a reset could overtake the answer.
 */
export function turnAway(
  raw: Socket,
  service: Service,
  answer: (answer: ClientAnswer) => void,
): void {
  const peer = { address: raw.remoteAddress, secure: false, tlsVersion: undefined };
  new ClientConnection(raw, peer, service).turnAway(answer);
}

/** The open connections of clients, from accept to close. */
class OpenConnections {
  readonly #service: Service;
  /** The open connections; the value is `undefined` before HTTP has begun. */
  readonly #open = new Map<Socket, ClientConnection | undefined>();
  #leaving = false;

  constructor(service: Service) {
    this.#service = service;
  }

  get size(): number {
    return this.#open.size;
  }

  accepted(raw: Socket): void {
    this.#open.set(raw, undefined);
    raw.once("close", () => this.#open.delete(raw));
  }

  /** Notes that HTTP begins on the socket that was accepted as `raw`. */
  speaks(raw: Socket, connection: ClientConnection, first: Buffer): void {
    if (!this.#open.has(raw)) return connection.destroy();
    this.#open.set(raw, connection);
    if (this.#leaving) connection.leave();
    connection.start(first);
  }

  checkHeads(): void {
    const beforeMs = performance.now() - this.#service.limits().headerTimeoutMs;
    for (const connection of this.#open.values()) connection?.checkHead(beforeMs);
  }

  leave(): void {
    this.#leaving = true;
    for (const connection of this.#open.values()) connection?.leave();
  }

  async close(server: Server, timeoutMs: number): Promise<void> {
    const sweep = setInterval(() => this.#endIdle(), SWEEP_MS);
    const late = setTimeout(() => {
      for (const raw of this.#open.keys()) raw.destroy();
    }, timeoutMs);
    const closed = once(server, "close");
    server.close();
    this.#endIdle();
    await closed;
    clearInterval(sweep);
    clearTimeout(late);
    // Those that were just destroyed have yet to tell their exchanges.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends what serves no request; WebSockets when nothing else is left. */
  #endIdle(): void {
    let requests = 0;
    for (const [raw, connection] of this.#open) {
      if (connection?.busy !== true) raw.destroy();
      else if (!connection.isTaken) requests++;
    }
    if (requests > 0) return;
    for (const raw of this.#open.keys()) raw.destroy();
  }
}
