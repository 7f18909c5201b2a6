import type { Logger } from "pino";
import type { Snapshot } from "../admission/snapshot.ts";
import { compileSnapshot } from "../config/compile.ts";
import type { Config, ProvedClaims } from "../config/config.ts";
import { trafficLimits, type TrafficLimits } from "../config/limits.ts";
import type { Identities } from "../identity/identities.ts";
import type { IdentityState } from "../identity/source.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { StateStore } from "../state/state-store.ts";
import type { Sources } from "./answers.ts";
import { openSources, type OpenSources } from "./sources.ts";
import type { StorePools } from "../store/store-pools.ts";
import { Targets } from "./targets.ts";
import type { LateIssuers } from "../sts/late-issuers.ts";
import type { Upstream } from "../store/upstream.ts";

/** The surroundings in which configurations come and go. */
export type World = {
  readonly state: StateStore | undefined;
  readonly pools: StorePools;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/**
 * An accepted configuration in force, and everything that is opened for it. A request keeps the one
 * that it began with, so what was opened ends only after the last of its requests.
 */
export class Live {
  readonly snapshot: Snapshot;
  readonly limits: TrafficLimits;
  /** The upstream, shared by configurations that name the same store in the same way. */
  readonly upstream: Upstream;
  /** The targets of pass-through routes. Requests that pass there keep no configuration alive. */
  readonly targets = new Targets();
  /** The result of proving it; `undefined` if it has no claims. */
  readonly proved: ProvedClaims | undefined;
  readonly #opened: OpenSources;
  #requests = 0;
  #onIdle: (() => void) | undefined;

  /**
   * Opens all that `config` needs. `before`: the one it replaces. If it throws, nothing has
   * changed.
   */
  constructor(config: Config, generation: number, world: World, before?: Live) {
    const compiled = compileSnapshot(config, generation);
    this.limits = trafficLimits(config);
    this.proved = config.proved;
    const { state, metrics, log, pools } = world;
    const opened = before === undefined ? undefined : before.#opened;
    this.#opened = openSources(config, state, metrics, log, opened);
    this.snapshot = { ...compiled, elsewhere: this.#opened.elsewhere };
    this.upstream = pools.for(config);
    this.upstream.hold();
  }

  /** The sources of facts that the snapshot does not have itself. */
  get sources(): Sources {
    return this.#opened.sources;
  }

  /** The issuers whose tokens are believed. */
  get issuers(): LateIssuers {
    return this.#opened.issuers;
  }

  /** The reason why it cannot serve now, in a sentence; `undefined` if it can. */
  get notReady(): string | undefined {
    if (!this.upstream.ready) return "No endpoint of the store responds";
    return this.#opened.notReady();
  }

  /** See `Identities.findKey`; `undefined` if all keys are in the configuration. */
  get findKey(): Identities["findKey"] | undefined {
    return this.#opened.identities?.findKey;
  }

  /** The state of each source of identities besides the configuration. */
  get identityStates(): readonly IdentityState[] {
    return this.#opened.identities?.states() ?? [];
  }

  /** Asks what is not known yet of whether it can serve. */
  proveReady(): Promise<void> {
    return this.#opened.proveReady();
  }

  /** Forgets whose the keys are that were looked up elsewhere. */
  dropIdentities(): void {
    this.#opened.dropIdentities();
  }

  /** A request begins with it. */
  enter(): void {
    this.#requests++;
  }

  /** Notes that a request has ended. */
  leave(): void {
    this.#requests--;
    if (this.#requests === 0) this.#onIdle?.();
  }

  /** No further request begins with it: resolves when its last one has ended and all is closed. */
  async retire(): Promise<void> {
    if (this.#requests > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.upstream.release();
    await this.#opened.close();
  }
}
