import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { Metrics } from "../observe/metrics.ts";
import { Upstream, type UpstreamOptions } from "./upstream.ts";

/** The connections to the store, of one configuration after the other. */
export class StorePools {
  readonly #metrics: Metrics;
  readonly #log: Logger;
  #options: UpstreamOptions | undefined;
  #current: Upstream | undefined;

  constructor(metrics: Metrics, log: Logger) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /**
   * Returns the pools for `config`: the existing ones if it names the same store in the same way.
   */
  for(config: Config): Upstream {
    const options = optionsOf(config);
    if (this.#current !== undefined && isDeepStrictEqual(options, this.#options)) {
      return this.#current;
    }
    const gone = (this.#options?.endpoints ?? []).filter((old) => !options.endpoints.includes(old));
    for (const endpoint of gone) this.#metrics.endpointGone(endpoint);
    this.#options = options;
    // The known state of an endpoint stays, however it is reached from now on.
    const known = new Map(this.#current?.states().map(({ origin, up }) => [origin, up]));
    this.#current = new Upstream(
      options,
      (endpoint) => known.get(endpoint),
      (endpoint, up, why) => this.#noteState(options, endpoint, up, why),
    );
    return this.#current;
  }

  /**
   * Notes the state, unless its pools were replaced: they no longer count, although requests may
   * still go there.
   */
  #noteState(options: UpstreamOptions, endpoint: string, up: boolean, why?: Error): void {
    if (options !== this.#options) return;
    this.#metrics.endpointUp(endpoint, up);
    if (why === undefined) return;
    const { message } = why;
    this.#log.warn({ endpoint, why: message }, "An endpoint of the store does not answer");
  }
}

function optionsOf({ upstream, limits }: Config): UpstreamOptions {
  const { endpoints, connectionsMax, connectTimeoutMs, queueTimeoutMs, headersTimeoutMs } =
    upstream;
  const { ca, serverName, clientCertificate } = upstream;
  return {
    endpoints: endpoints.map((endpoint) => endpoint.origin),
    connectionsMax,
    connectTimeoutMs,
    queueTimeoutMs,
    headersTimeoutMs,
    bodyTimeoutMs: limits.idleTimeoutMs,
    tls: { ca, serverName, clientCertificate },
  };
}
