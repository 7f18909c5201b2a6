import type { Elsewhere } from "../admission/snapshot.ts";
import type { Config } from "../config/config.ts";
import { ok } from "../lib/result.ts";
import { fault } from "../s3/faults.ts";
import type { Sources } from "./fetch-known.ts";

/** Everything that a configuration says is kept elsewhere: identities, records of buckets. */
export type OpenSources = {
  /** What is in memory of it, for decisions. */
  readonly elsewhere: Elsewhere;
  /** How the rest is fetched. */
  readonly sources: Sources;
  readonly close: () => Promise<void>;
};

/** Opens the sources of `config`. Nothing is fetched yet. */
export function openSources(_config: Config): OpenSources {
  return {
    elsewhere: { key: undefined, bucket: undefined },
    sources: {
      key: () => Promise.resolve(ok(undefined)),
      bucket: () => Promise.resolve(ok(undefined)),
      change: () => Promise.resolve(fault("NotImplemented")),
    },
    close: () => Promise.resolve(),
  };
}
