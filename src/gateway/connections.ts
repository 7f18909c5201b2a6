import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Exchange } from "./exchange.ts";

/** A request that is being served on a connection. */
export type Served = { readonly request: IncomingMessage; readonly exchange: Exchange };

type Connection = {
  /** The last request on it. */
  served: Served | undefined;
  /** Requests on it whose answers are not delivered, the one being answered included. */
  unanswered: number;
  /** Its client was answered that what it sends is no request, and nothing more will be read. */
  refused: boolean;
  /** It speaks WebSocket, which has no end of its own. */
  upgraded: boolean;
};

/** How often a closing server looks for connections that serve nothing any more. */
const SWEEP_MS = 100;

/** The open connections of clients, from accept to close. */
export class Connections {
  readonly #open = new Map<Duplex, Connection>();

  get size(): number {
    return this.#open.size;
  }

  opened(socket: Duplex): void {
    this.#open.set(socket, { served: undefined, unanswered: 0, refused: false, upgraded: false });
    socket.once("close", () => this.#open.delete(socket));
  }

  /** `secure` lies over `raw` from now on, and is what requests come on. */
  secured(raw: Duplex, secure: Duplex): void {
    this.#open.delete(raw);
    this.opened(secure);
  }

  /** It speaks WebSocket from now on, by the request that asked for that. */
  upgraded(socket: Duplex, served: Served): void {
    this.#open.set(socket, { served, unanswered: 0, refused: false, upgraded: true });
  }

  /** Undefined: it is closed, or HTTP has not begun on it. */
  of(socket: Duplex): Connection | undefined {
    return this.#open.get(socket);
  }

  /**
   * Whether its client was told that nothing more is read on it: what comes all the same must not be
   * done, since nobody would hear of it (RFC 9112 section 9.6).
   */
  isOver(socket: Duplex): boolean {
    const connection = this.#open.get(socket);
    return connection?.refused === true || connection?.served?.exchange.responder.last === true;
  }

  /** What is being served on it: the last request, as long as its answer is not delivered. */
  servedOn(socket: Duplex): Served | undefined {
    return underWay(this.#open.get(socket));
  }

  /** Each answer under way is the last on its connection. */
  leave(): void {
    for (const connection of this.#open.values()) {
      underWay(connection)?.exchange.responder.lastOnConnection();
    }
  }

  /**
   * Closes `server`: ends at once what serves no request, and the rest when it has been served or
   * `timeoutMs` are over; WebSockets when nothing else is left.
   */
  async close(server: Server, timeoutMs: number): Promise<void> {
    // Node counts a connection on which nothing was ever asked as busy, and does not look again.
    const sweep = setInterval(() => this.#endIdle(), SWEEP_MS);
    const late = setTimeout(() => {
      for (const socket of this.#open.keys()) socket.destroy();
    }, timeoutMs);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      this.#endIdle();
    });
    clearInterval(sweep);
    clearTimeout(late);
    // Those that were just destroyed have yet to tell their exchanges.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #endIdle(): void {
    let requests = 0;
    for (const [socket, connection] of this.#open) {
      if (underWay(connection) === undefined) socket.destroy();
      else if (!connection.upgraded) requests++;
    }
    if (requests > 0) return;
    for (const [socket, { upgraded }] of this.#open) if (upgraded) socket.destroy();
  }
}

function underWay(connection: Connection | undefined): Served | undefined {
  const served = connection?.served;
  return served === undefined || served.exchange.responder.closed ? undefined : served;
}
