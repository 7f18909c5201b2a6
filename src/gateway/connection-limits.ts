import type http from "node:http";
import type { Socket } from "node:net";
import type { TrafficLimits } from "../config/limits.ts";
import { parseAddress } from "../policy/network.ts";
import { limitFault, type LimitName } from "../s3/limits.ts";
import type { Observer } from "./exchange.ts";
import { turnAway } from "./respond.ts";

/** Of clients that are turned away, how many are answered at a time: beyond it they are cut off. */
const TURNED_AWAY_MAX = 256;

/**
 * Puts the limits of connections in front of what `server` does with a new one. Who is over a limit
 * is answered and sent away where `speaksPlainly`. With TLS it is closed before the handshake, the
 * costliest thing that a stranger can ask for; an answer could not be read without it.
 */
export function limitConnections(
  server: http.Server,
  { live, observer, newRequestId }: Limiting,
  speaksPlainly: boolean,
): void {
  const counts = new ConnectionCounts();
  let turnedAway = 0;
  const refuse = (socket: Socket, limit: LimitName): void => {
    observer.metrics.limited(limit);
    if (!speaksPlainly || turnedAway >= TURNED_AWAY_MAX) return void socket.destroy();
    turnedAway++;
    socket.once("close", () => turnedAway--);
    turnAway(socket, limitFault(limit), newRequestId());
  };
  // Node's own listener must not see a connection that is refused: it would read requests off it.
  const takers = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const { limits } = live.current;
    const network = networkOf(socket.remoteAddress ?? "");
    const over = counts.over(limits, network, socket.remoteAddress);
    if (over !== undefined) return refuse(socket, over);
    counts.opened(network);
    observer.metrics.connectionOpened();
    socket.once("close", () => {
      counts.closed(network);
      observer.metrics.connectionClosed();
    });
    for (const take of takers) Reflect.apply(take, server, [socket]);
  });
}

/** What is needed of a gateway. */
type Limiting = {
  readonly live: { readonly current: { readonly limits: TrafficLimits } };
  readonly observer: Pick<Observer, "metrics">;
  readonly newRequestId: () => string;
};

/** How many connections are open, in all and by network. */
class ConnectionCounts {
  #open = 0;
  readonly #byNetwork = new Map<string, number>();

  /** The limit that one more connection would go beyond. */
  over(limits: TrafficLimits, network: string, address: string | undefined): LimitName | undefined {
    const { connectionsMax, connectionsPerAddressMax, isExempt } = limits;
    if (this.#open >= connectionsMax) return "connections";
    if (connectionsPerAddressMax === undefined) return undefined;
    if ((this.#byNetwork.get(network) ?? 0) < connectionsPerAddressMax) return undefined;
    return isExempt(address ?? "") ? undefined : "connections_per_address";
  }

  opened(network: string): void {
    this.#open++;
    this.#byNetwork.set(network, (this.#byNetwork.get(network) ?? 0) + 1);
  }

  closed(network: string): void {
    this.#open--;
    const left = (this.#byNetwork.get(network) ?? 0) - 1;
    if (left > 0) this.#byNetwork.set(network, left);
    else this.#byNetwork.delete(network);
  }
}

/**
 * What counts as one client: an IPv4 address, or the 64 bits of an IPv6 network, within which one
 * host may take as many addresses as it likes (RFC 4291 section 2.5.4, RFC 8981).
 */
export function networkOf(address: string): string {
  const parsed = parseAddress(address);
  return typeof parsed === "object" ? parsed.slice(0, 4).join(":") : String(parsed);
}

/**
 * Puts `limits` in force for what `server` does itself. Node reads these properties at each
 * connection, that of heads' time at each look at them.
 */
export function followLimits(server: http.Server, limits: TrafficLimits): void {
  const { headerBytesMax, headerTimeoutMs, idleTimeoutMs } = limits;
  server.headersTimeout = headerTimeoutMs;
  server.timeout = idleTimeoutMs;
  server.keepAliveTimeout = idleTimeoutMs;
  // An option of createServer() for which Node's types have no property.
  Object.assign(server, { maxHeaderSize: headerBytesMax });
}
