import { Pool, type Dispatcher } from "undici";

/** How the store is reached. Times in milliseconds. */
export type UpstreamOptions = {
  /** Origins such as `http://127.0.0.1:7480`. */
  readonly endpoints: readonly string[];
  /** Sockets per endpoint at most. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  /** How long the store may take until its answer begins. */
  readonly headersTimeoutMs: number;
  /** How long a body may stand still, either way. */
  readonly bodyTimeoutMs: number;
  /** PEM certificates that sign the store's; undefined: the system's. */
  readonly ca: string | undefined;
};

export type Endpoint = {
  readonly origin: string;
  readonly pool: Pool;
  up: boolean;
  inFlight: number;
};

const PROBE_INTERVAL_MS = 1_000;

/** The endpoints of the store: the least busy living one gets the next request. */
export class Upstream {
  readonly #endpoints: readonly Endpoint[];
  readonly #onState: (endpoint: string, up: boolean) => void;
  readonly #probe: NodeJS.Timeout;
  #next = 0;
  #holders = 0;

  /** `onState` hears of each endpoint at once, and then whenever it dies or comes back. */
  constructor(options: UpstreamOptions, onState: (endpoint: string, up: boolean) => void) {
    this.#onState = onState;
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

  /**
   * The living endpoint with the fewest requests under way, ties taken in turn; `avoid` only if
   * there is no other. With none alive, one is tried all the same.
   */
  choose(avoid?: Endpoint): Endpoint {
    let best: Endpoint | undefined;
    const count = this.#endpoints.length;
    this.#next = (this.#next + 1) % count;
    for (let i = 0; i < count; i++) {
      const endpoint = this.#endpoints[(this.#next + i) % count];
      if (endpoint === undefined || endpoint === avoid || !endpoint.up) continue;
      if (best === undefined || endpoint.inFlight < best.inFlight) best = endpoint;
    }
    best ??= avoid ?? this.#endpoints[this.#next];
    if (best === undefined) throw new Error("Cannot choose an endpoint: none is configured");
    return best;
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
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.pool.close()));
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
    connectTimeout: options.connectTimeoutMs,
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs,
    ...(options.ca === undefined ? {} : { connect: { ca: options.ca } }),
  });
}
