import type { Socket } from "node:net";
import type { TrafficLimits } from "../config/limits.ts";
import { turnAway } from "../listen/http-server.ts";
import type { Service } from "../listen/service.ts";
import { networkOf } from "../policy/network.ts";
import { limitFault } from "../s3/limits.ts";
import type { LimitName } from "../s3/limit-table.ts";
import type { Observer } from "./exchange.ts";
import { Responder } from "./respond.ts";

/**
 * The most clients that are answered at a time while they are turned away: beyond it they are cut
 * off.
 */
const TURNED_AWAY_MAX = 256;

/**
 * The limits of connections. A client over one is answered and sent away if the port speaks
 * plainly. With TLS it is closed before the handshake, the costliest thing that a stranger can ask
 * for; an answer could not be read without it.
 */
export class ConnectionLimits {
  readonly #gateway: Limiting;
  readonly #service: Service;
  readonly #counts = new ConnectionCounts();
  #turnedAway = 0;

  /** `service`: of the port whose connections are limited. */
  constructor(gateway: Limiting, service: Service) {
    this.#gateway = gateway;
    this.#service = service;
  }

  /** Returns true if one more connection is taken; else it is refused here. */
  admit(socket: Socket, plainly: boolean): boolean {
    const { live, observer } = this.#gateway;
    if (!this.#counts.opens(live.current.limits))
      return this.#refuse(socket, "connections", plainly);
    observer.metrics.connectionOpened();
    socket.once("close", () => {
      this.#counts.closed();
      observer.metrics.connectionClosed();
    });
    return true;
  }

  /** The same for one that was taken, when it is known at whose `address` its other end is. */
  admitFrom(socket: Socket, address: string, plainly: boolean): boolean {
    const network = networkOf(address);
    const { limits } = this.#gateway.live.current;
    if (!this.#counts.opensFrom(limits, network, address)) {
      return this.#refuse(socket, "connections_per_address", plainly);
    }
    socket.once("close", () => this.#counts.closedFrom(network));
    return true;
  }

  #refuse(socket: Socket, limit: LimitName, plainly: boolean): false {
    const { observer, newRequestId } = this.#gateway;
    observer.metrics.limited(limit);
    if (!plainly || this.#turnedAway >= TURNED_AWAY_MAX) {
      socket.destroy();
      return false;
    }
    this.#turnedAway++;
    socket.once("close", () => this.#turnedAway--);
    turnAway(socket, this.#service, (answer) => {
      new Responder(answer, newRequestId()).refuse(limitFault(limit), "/");
    });
    return false;
  }
}

/** The parts of a gateway that limiting needs. */
type Limiting = {
  readonly live: { readonly current: { readonly limits: TrafficLimits } };
  readonly observer: Pick<Observer, "metrics">;
  readonly newRequestId: () => string;
};

/** Counts open connections, in all and by network. */
class ConnectionCounts {
  #open = 0;
  readonly #byNetwork = new Map<string, number>();

  /** Counts one more; false: it would be one too many. */
  opens({ connectionsMax }: TrafficLimits): boolean {
    if (this.#open >= connectionsMax) return false;
    this.#open++;
    return true;
  }

  closed(): void {
    this.#open--;
  }

  /** Returns the same as opens(), for those from `network`, in which `address` is. */
  opensFrom(limits: TrafficLimits, network: string, address: string): boolean {
    const { connectionsPerAddressMax: max, isExempt } = limits;
    const open = this.#byNetwork.get(network) ?? 0;
    if (max !== undefined && open >= max && !isExempt(address)) return false;
    this.#byNetwork.set(network, open + 1);
    return true;
  }

  closedFrom(network: string): void {
    const left = (this.#byNetwork.get(network) ?? 0) - 1;
    if (left > 0) this.#byNetwork.set(network, left);
    else this.#byNetwork.delete(network);
  }
}
