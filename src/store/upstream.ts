import type { Endpoint } from "./endpoint.ts";
import { setTimeout as pause } from "node:timers/promises";
import type { EndpointState } from "./endpoint.ts";
import type { StoreTls } from "./store-connector.ts";
import { StorePool } from "./pool.ts";
import { Probes } from "./probes.ts";
import { storeErrorKind } from "./upstream-error.ts";

/** The settings by which the store is reached. Times in milliseconds. */
export type UpstreamOptions = {
  /** Origins such as `http://127.0.0.1:7480`. */
  readonly endpoints: readonly string[];
  /** The most sockets per endpoint. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  /** The longest wait for a free connection. */
  readonly queueTimeoutMs: number;
  /** The longest time until the store's answer begins. */
  readonly headersTimeoutMs: number;
  /** The longest time for which a body may stand still, either way. */
  readonly bodyTimeoutMs: number;
  readonly tls: StoreTls;
};

/** Reports that an endpoint answers or no longer does; `why`: the reason, if it no longer does. */
export type OnState = (endpoint: string, up: boolean, why?: Error) => void;

/** A request that wants a connection to the store; called back exactly once, unless it leaves. */
export type Waiter = {
  /** Grants the waiter a connection at `endpoint`, which is its own until it is given back. */
  readonly granted: (endpoint: Endpoint) => void;
  /** Reports that none came free in time. */
  readonly tooLate: () => void;
};

/** A request that waits only as long as its client does: an Exchange. */
export type Patience = {
  readonly responder: { readonly closed: boolean };
  /** The request that is ended when the client goes away. */
  forwarded: { abort(): void } | undefined;
};

/**
 * The endpoints of the store: the least busy living one gets the next request. A request has a
 * connection of its own, or waits for one here, in order and for a time.
 */
export class Upstream {
  readonly #endpoints: readonly Endpoint[];
  readonly #onState: OnState;
  readonly #probes: Probes;
  readonly #connectionsMax: number;
  readonly #queueTimeoutMs: number;
  /**
   * The waiters in the order they came, with the time until which, on the clock that only goes
   * forward.
   */
  readonly #waiting = new Map<Waiter, number>();
  #deadline: NodeJS.Timeout | undefined;
  #next = 0;
  #holders = 0;
  #serving = false;

  /**
   * Opens the endpoints. `known`: the earlier knowledge of each. `onState` hears of each endpoint
   * at once, and then whenever it dies or comes back.
   */
  constructor(
    options: UpstreamOptions,
    known: (endpoint: string) => boolean | undefined,
    onState: OnState,
  ) {
    this.#onState = onState;
    this.#connectionsMax = options.connectionsMax;
    this.#queueTimeoutMs = options.queueTimeoutMs;
    this.#endpoints = options.endpoints.map((origin) => ({
      origin,
      pool: openPool(origin, options),
      up: known(origin),
      quietIntervals: 0,
      inFlight: 0,
    }));
    for (const { origin, up } of this.#endpoints) onState(origin, up === true);
    this.#probes = new Probes(this.#endpoints, {
      answered: (endpoint) => this.markUp(endpoint),
      silent: (endpoint, why) => this.#markDown(endpoint, why),
    });
  }

  get origins(): readonly string[] {
    return this.#endpoints.map(({ origin }) => origin);
  }

  /** Resolves when something is known of each endpoint, or after `waitMs`. */
  async firstAnswers(waitMs: number): Promise<void> {
    const late = new AbortController();
    const pausing = pause(waitMs, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.#probes.first, pausing]);
    late.abort();
  }

  /** True if any endpoint is known to answer. */
  get ready(): boolean {
    return this.#endpoints.some((endpoint) => endpoint.up === true);
  }

  /** Returns the known state of each endpoint. */
  states(): readonly EndpointState[] {
    return this.#endpoints.map(({ origin, up, inFlight }) => ({
      origin,
      up: up === true,
      requestsInFlight: inFlight,
    }));
  }

  /**
   * Returns a free connection at the living endpoint with the fewest requests under way, ties taken
   * in turn; at `avoid` only if no other has one. With none alive, one is tried all the same.
   * `undefined` if none is free, or others wait already. The caller must give it back.
   */
  take(avoid?: Endpoint): Endpoint | undefined {
    return this.#waiting.size > 0 ? undefined : this.#takeFree(avoid);
  }

  /** `waiter` gets the next connection that is free, behind those who came before. */
  wait(waiter: Waiter): void {
    this.#waiting.set(waiter, performance.now() + this.#queueTimeoutMs);
    this.#deadline ??= setTimeout(() => this.#endWaits(), this.#queueTimeoutMs);
  }

  /** `waiter` wants none any more, if it still did. */
  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /**
   * Returns the same as a promise; `undefined` if none came free in time, or before `whose` client
   * left.
   */
  connection(whose: Patience): Promise<Endpoint | undefined> {
    return new Promise((resolve) => {
      const free = this.take();
      if (free !== undefined) return resolve(free);
      if (whose.responder.closed) return resolve(undefined);
      const settled = (endpoint: Endpoint | undefined): void => {
        whose.forwarded = undefined;
        resolve(endpoint);
      };
      const waiter: Waiter = { granted: settled, tooLate: () => settled(undefined) };
      whose.forwarded = {
        abort: () => {
          this.leave(waiter);
          settled(undefined);
        },
      };
      return this.wait(waiter);
    });
  }

  /** A request at `endpoint` has ended. */
  give(endpoint: Endpoint): void {
    endpoint.inFlight--;
    if (this.#waiting.size > 0) this.#serveWaiting();
  }

  /** A request there has failed; one that did not even get a connection shows that it is dead. */
  failed(endpoint: Endpoint, why: Error): void {
    const kind = storeErrorKind(why);
    if (kind === "connect" || kind === "tls") this.#markDown(endpoint, why);
  }

  /** Marks an endpoint that has answered, even with an error. */
  markUp(endpoint: Endpoint): void {
    endpoint.quietIntervals = 0;
    if (endpoint.up === true) return;
    endpoint.up = true;
    this.#onState(endpoint.origin, true);
    this.#serveWaiting();
  }

  /** Counts a configuration that sends its requests here. */
  hold(): void {
    this.#holders++;
  }

  /** Ends the hold of one of them, whose requests have ended; the last closes what was opened. */
  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    this.#probes.stop();
    clearTimeout(this.#deadline);
    // Only probes are under way, and a store may be silent for as long as it likes.
    for (const { pool } of this.#endpoints) pool.destroy();
  }

  /** Marks an endpoint that does not answer: it gets no more requests until it does. */
  #markDown(endpoint: Endpoint, why: Error): void {
    if (endpoint.up === false) return;
    endpoint.up = false;
    this.#onState(endpoint.origin, false, why);
  }

  #takeFree(avoid: Endpoint | undefined): Endpoint | undefined {
    this.#next = (this.#next + 1) % this.#endpoints.length;
    const living = this.#leastBusy(true, avoid) ?? this.#leastBusy(true);
    const endpoint = living ?? (this.ready ? undefined : this.#anyFree(avoid));
    if (endpoint !== undefined) endpoint.inFlight++;
    return endpoint;
  }

  #anyFree(avoid: Endpoint | undefined): Endpoint | undefined {
    return this.#leastBusy(false, avoid) ?? this.#leastBusy(false);
  }

  /** `living`: whether only those will do that are known to answer. */
  #leastBusy(living: boolean, avoid?: Endpoint): Endpoint | undefined {
    let best: Endpoint | undefined;
    const count = this.#endpoints.length;
    for (let i = 0; i < count; i++) {
      const endpoint = this.#endpoints[(this.#next + i) % count];
      if (endpoint === undefined || endpoint === avoid || !this.#isFree(endpoint)) continue;
      if (living && endpoint.up !== true) continue;
      if (best === undefined || endpoint.inFlight < best.inFlight) best = endpoint;
    }
    return best;
  }

  #isFree({ inFlight }: Endpoint): boolean {
    return inFlight < this.#connectionsMax;
  }

  #serveWaiting(): void {
    // A request that fails at once gives its connection back from within `granted`. The loop that
    // called it goes on with the next waiter, so that the stack does not grow with their number.
    if (this.#serving) return;
    this.#serving = true;
    try {
      for (const waiter of this.#waiting.keys()) {
        const endpoint = this.#takeFree(undefined);
        if (endpoint === undefined) return;
        this.#waiting.delete(waiter);
        waiter.granted(endpoint);
      }
    } finally {
      this.#serving = false;
    }
  }

  /** All wait for as long, so that those who came first are late first. */
  #endWaits(): void {
    this.#deadline = undefined;
    const nowMs = performance.now();
    for (const [waiter, untilMs] of this.#waiting) {
      if (untilMs > nowMs) {
        this.#deadline = setTimeout(() => this.#endWaits(), untilMs - nowMs);
        return;
      }
      this.#waiting.delete(waiter);
      waiter.tooLate();
    }
  }
}

function openPool(origin: string, options: UpstreamOptions): StorePool {
  const { connectionsMax, connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs, tls } = options;
  return new StorePool(origin, {
    // The last is for probes, which must not wait for requests that an endpoint leaves hanging.
    connectionsMax: connectionsMax + 1,
    connectTimeoutMs,
    headersTimeoutMs,
    bodyTimeoutMs,
    tls,
  });
}
