import { Pool, type Dispatcher } from "undici";
import type { EndpointState } from "../status/status.ts";
import { storeConnector, type StoreTls } from "../state/store-connector.ts";

/** How the store is reached. Times in milliseconds. */
export type UpstreamOptions = {
  /** Origins such as `http://127.0.0.1:7480`. */
  readonly endpoints: readonly string[];
  /** Sockets per endpoint at most. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  /** How long a request may wait for one of them to be free. */
  readonly queueTimeoutMs: number;
  /** How long the store may take until its answer begins. */
  readonly headersTimeoutMs: number;
  /** How long a body may stand still, either way. */
  readonly bodyTimeoutMs: number;
  readonly tls: StoreTls;
};

export type Endpoint = {
  readonly origin: string;
  readonly pool: Pool;
  up: boolean;
  inFlight: number;
};

/** A request that wants a connection to the store; called back exactly once, unless it leaves. */
export type Waiter = {
  /** One at `endpoint` is its own until it is given back. */
  readonly granted: (endpoint: Endpoint) => void;
  /** None came free in time. */
  readonly tooLate: () => void;
};

const PROBE_INTERVAL_MS = 1_000;

/**
 * The endpoints of the store: the least busy living one gets the next request. A request has a
 * connection of its own, or waits for one here, in order and for a time: undici's queue has neither
 * a limit nor a way out of it.
 */
export class Upstream {
  readonly #endpoints: readonly Endpoint[];
  readonly #onState: (endpoint: string, up: boolean) => void;
  readonly #probe: NodeJS.Timeout;
  readonly #connectionsMax: number;
  readonly #queueTimeoutMs: number;
  /** In the order they came, with the time on the clock that only goes forward until which. */
  readonly #waiting = new Map<Waiter, number>();
  #deadline: NodeJS.Timeout | undefined;
  #next = 0;
  #holders = 0;

  /** `onState` hears of each endpoint at once, and then whenever it dies or comes back. */
  constructor(options: UpstreamOptions, onState: (endpoint: string, up: boolean) => void) {
    this.#onState = onState;
    this.#connectionsMax = options.connectionsMax;
    this.#queueTimeoutMs = options.queueTimeoutMs;
    this.#endpoints = options.endpoints.map((origin) => ({
      origin,
      pool: openPool(origin, options),
      up: true,
      inFlight: 0,
    }));
    for (const { origin, up } of this.#endpoints) onState(origin, up);
    this.#probe = setInterval(() => this.#probeDead(), PROBE_INTERVAL_MS).unref();
  }

  get origins(): readonly string[] {
    return this.#endpoints.map(({ origin }) => origin);
  }

  /** Whether any endpoint is believed to answer. */
  get ready(): boolean {
    return this.#endpoints.some((endpoint) => endpoint.up);
  }

  /** Each endpoint as it is believed to be. */
  states(): readonly EndpointState[] {
    return this.#endpoints.map(({ origin, up, inFlight }) => ({
      origin,
      up,
      requestsInFlight: inFlight,
    }));
  }

  /**
   * A free connection at the living endpoint with the fewest requests under way, ties taken in turn;
   * at `avoid` only if there is no other. With none alive, one is tried all the same. Undefined:
   * none is free, or others wait already. Who has one gives it back.
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

  /** The same as a promise; undefined: none came free in time. */
  connection(): Promise<Endpoint | undefined> {
    return new Promise((resolve) => {
      const free = this.take();
      if (free !== undefined) resolve(free);
      else this.wait({ granted: resolve, tooLate: () => resolve(undefined) });
    });
  }

  /** A request at `endpoint` has ended. */
  give(endpoint: Endpoint): void {
    endpoint.inFlight--;
    if (this.#waiting.size > 0) this.#serveWaiting();
  }

  /** The endpoint refused a connection: it gets no more requests until a probe finds it alive. */
  markDown(endpoint: Endpoint): void {
    if (!endpoint.up) return;
    endpoint.up = false;
    this.#onState(endpoint.origin, false);
  }

  /** Another configuration sends its requests here. */
  hold(): void {
    this.#holders++;
  }

  /** One of them does no longer; the last closes what was opened, after the requests under way. */
  async release(): Promise<void> {
    this.#holders--;
    if (this.#holders > 0) return;
    clearInterval(this.#probe);
    clearTimeout(this.#deadline);
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.pool.close()));
  }

  #takeFree(avoid: Endpoint | undefined): Endpoint | undefined {
    this.#next = (this.#next + 1) % this.#endpoints.length;
    const free = this.ready ? this.#leastBusy(avoid, true) : this.#leastBusy(avoid, false);
    const endpoint = free ?? (avoid !== undefined && this.#isFree(avoid) ? avoid : undefined);
    if (endpoint !== undefined) endpoint.inFlight++;
    return endpoint;
  }

  /** `living`: whether only those will do that are believed to answer. */
  #leastBusy(avoid: Endpoint | undefined, living: boolean): Endpoint | undefined {
    let best: Endpoint | undefined;
    const count = this.#endpoints.length;
    for (let i = 0; i < count; i++) {
      const endpoint = this.#endpoints[(this.#next + i) % count];
      if (endpoint === undefined || endpoint === avoid || !this.#isFree(endpoint)) continue;
      if (living && !endpoint.up) continue;
      if (best === undefined || endpoint.inFlight < best.inFlight) best = endpoint;
    }
    return best;
  }

  #isFree({ inFlight }: Endpoint): boolean {
    return inFlight < this.#connectionsMax;
  }

  #serveWaiting(): void {
    for (const waiter of this.#waiting.keys()) {
      const endpoint = this.#takeFree(undefined);
      if (endpoint === undefined) return;
      this.#waiting.delete(waiter);
      waiter.granted(endpoint);
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

  #probeDead(): void {
    for (const endpoint of this.#endpoints) {
      if (!endpoint.up) endpoint.pool.dispatch(PROBE, this.#probeHandler(endpoint));
    }
  }

  /** Any answer at all, also 403, shows that the store is there. */
  #probeHandler(endpoint: Endpoint): Dispatcher.DispatchHandler {
    return {
      onRequestStart: () => undefined,
      onResponseStart: () => {
        if (endpoint.up) return;
        endpoint.up = true;
        this.#onState(endpoint.origin, true);
        this.#serveWaiting();
      },
      onResponseData: () => undefined,
      onResponseEnd: () => undefined,
      onResponseError: () => undefined,
    };
  }
}

const PROBE = { method: "HEAD", path: "/", reset: false } as const;

function openPool(origin: string, options: UpstreamOptions): Pool {
  return new Pool(origin, {
    connections: options.connectionsMax,
    pipelining: 1,
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs,
    allowH2: false,
    connect: storeConnector(options.tls, options.connectTimeoutMs),
  });
}
