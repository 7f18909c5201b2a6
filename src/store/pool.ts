import type { StoreTls } from "./store-connector.ts";
import type { AnswerHandler, Sending } from "./answer-handler.ts";
import { Call } from "./call.ts";
import { StoreConnection, type ConnectionOwner, type StoreTimes } from "./connection.ts";
import { dialerFor, type Dialer } from "./dial.ts";
import { asError } from "./store-error.ts";

/** Times in milliseconds. */
export type PoolOptions = Omit<StoreTimes, "lookMs"> & {
  /** The most connections open at a time. */
  readonly connectionsMax: number;
  readonly tls: StoreTls;
};

/** Looks within the shortest time that something may take, so that none is late by much. */
const LOOKS_IN_A_TIME = 4;
const LOOK_MS_MIN = 10;
const LOOK_MS_MAX = 500;
/** The time for which no connection is kept to a store that has sent what nobody asked for. */
const DISTRUST_MS = 600_000;

/**
 * The connections to one endpoint of the store: kept open and used again, one request at a time
 * each. The sender must not send more at a time than there can be connections.
 */
export class StorePool {
  readonly #dialer: Dialer;
  readonly #connectionsMax: number;
  readonly #times: StoreTimes;
  readonly #open = new Set<StoreConnection>();
  /** The connections in the order in which they came to rest. */
  readonly #resting: StoreConnection[] = [];
  /** The connections that were resting and are to write a request. */
  #promised: StoreConnection[] = [];
  readonly #owner: ConnectionOwner = {
    rested: (connection) => this.#rested(connection),
    closed: (connection) => this.#closed(connection),
    unsent: (call) => this.#place(call),
    unasked: () => this.#unasked(),
  };
  /** The time until which no connection is kept, on the clock that only goes forward. */
  #distrustedUntilMs = 0;
  #turns = 0;
  #turning = false;
  #looking: NodeJS.Timeout | undefined;
  #destroyed = false;

  /** `origin`: such as `http://127.0.0.1:7480`. Throws for certificates that do not hold together. */
  constructor(origin: string, { connectionsMax, tls, ...times }: PoolOptions) {
    this.#dialer = dialerFor(origin, tls);
    this.#connectionsMax = connectionsMax;
    const shortest = Math.min(times.headersTimeoutMs, times.bodyTimeoutMs) / LOOKS_IN_A_TIME;
    this.#times = { ...times, lookMs: Math.max(LOOK_MS_MIN, Math.min(LOOK_MS_MAX, shortest)) };
  }

  /** Sends a request; `handler` hears what becomes of it, also if it is no request at all. */
  send(sending: Sending, handler: AnswerHandler): void {
    let call;
    try {
      call = new Call(sending, handler);
    } catch (error) {
      process.nextTick(() => handler.onError(asError(error)));
      return;
    }
    this.#place(call);
  }

  /** Closes every connection; calls on them fail. */
  destroy(): void {
    this.#destroyed = true;
    for (const connection of this.#open) connection.destroy();
  }

  #place(call: Call): void {
    const name = this.#dialer.nameFor(call.host);
    const kept = this.#destroyed ? undefined : this.#takeResting(name);
    if (kept === undefined) {
      this.#dial(call, name);
      return;
    }
    kept.promise(call);
    call.line = kept;
    this.#promised.push(kept);
    this.#nextTurn();
  }

  #dial(call: Call, name: string): void {
    try {
      if (this.#destroyed) throw new Error("The connections to the store are closed");
      if (this.#open.size >= this.#connectionsMax) this.#resting[0]?.destroy();
      if (this.#open.size >= this.#connectionsMax) {
        throw new Error(`More than ${this.#connectionsMax} requests were sent at a time`);
      }
      const connection = new StoreConnection(this.#dialer, name, this.#owner, this.#times, call);
      call.line = connection;
      this.#open.add(connection);
      this.#looking ??= setInterval(() => this.#look(), this.#times.lookMs).unref();
    } catch (error) {
      process.nextTick(() => call.fail(asError(error)));
    }
  }

  /** The one that was used last, so that those which are not needed grow old. */
  #takeResting(name: string): StoreConnection | undefined {
    for (let i = this.#resting.length - 1; i >= 0; i--) {
      const connection = this.#resting[i];
      if (connection?.name !== name) continue;
      this.#resting.splice(i, 1);
      return connection;
    }
    return undefined;
  }

  /**
   * A store that sends what nobody asked for, such as bodies to HEAD, does so on every connection. As
   * the answer to the next request it would be somebody else's: so there is none for a while.
   */
  #unasked(): void {
    this.#distrustedUntilMs = performance.now() + DISTRUST_MS;
    const kept = [...this.#resting.splice(0), ...this.#promised.splice(0)];
    for (const connection of kept) connection.destroy();
  }

  #rested(connection: StoreConnection): void {
    if (performance.now() < this.#distrustedUntilMs) {
      connection.destroy();
      return;
    }
    connection.restedTurn = this.#turns;
    this.#resting.push(connection);
    this.#nextTurn();
  }

  #closed(connection: StoreConnection): void {
    this.#open.delete(connection);
    const at = this.#resting.indexOf(connection);
    if (at >= 0) this.#resting.splice(at, 1);
    if (this.#open.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #nextTurn(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => this.#turn());
  }

  /**
   * A connection that was kept is written to only after Node has looked at all sockets once since it
   * came to rest, and once since it was promised. So bytes that a store sends behind an answer are
   * taken for no other's, and an end that has already come costs no request.
   */
  #turn(): void {
    this.#turning = false;
    this.#turns++;
    const promised = this.#promised;
    if (promised.length === 0) return;
    this.#promised = [];
    for (const connection of promised) {
      if (connection.restedTurn + 2 <= this.#turns) connection.start();
      else this.#promised.push(connection);
    }
    if (this.#promised.length > 0) this.#nextTurn();
  }

  #look(): void {
    for (const connection of this.#open) connection.look();
  }
}
