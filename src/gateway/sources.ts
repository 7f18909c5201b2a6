import type { Logger } from "pino";
import type { Elsewhere } from "../admission/snapshot.ts";
import type { Config } from "../config/config.ts";
import { openIdentities } from "../identity/identities.ts";
import { ok } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Sources } from "./fetch-known.ts";

/** Everything that a configuration says is kept elsewhere: identities, records of buckets. */
export type OpenSources = {
  /** What is in memory of it, for decisions. */
  readonly elsewhere: Elsewhere;
  /** How the rest is fetched. */
  readonly sources: Sources;
  /** Forgets who has which key, so that it is asked for again. */
  readonly dropIdentities: () => void;
  readonly close: () => Promise<void>;
};

/** Opens the sources of `config`. Nothing is fetched yet. */
export function openSources(config: Config, metrics: Metrics, log: Logger): OpenSources {
  const identities = openIdentities(config, metrics, log);
  return {
    elsewhere: { key: identities?.find, bucket: undefined },
    sources: {
      key: identities?.key ?? (() => Promise.resolve(ok(undefined))),
      bucket: () => Promise.resolve(ok(undefined)),
    },
    dropIdentities: () => identities?.drop(),
    close: async () => identities?.close(),
  };
}
