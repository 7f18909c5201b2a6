import type { Logger } from "pino";
import type { Elsewhere } from "../admission/snapshot.ts";
import { keepsRecordsIn } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { keysElsewhere } from "../config/elsewhere.ts";
import { openIdentities, type Identities } from "../identity/identities.ts";
import { Late } from "../lib/late.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Revocation } from "../session/revocation.ts";
import { cachedRecords } from "../state/cached-records.ts";
import type { Asker } from "../state/read-slots.ts";
import { REVOKED_NAME } from "../state/record-name.ts";
import type { StateStore } from "../state/state-store.ts";
import type { Sources } from "./answers.ts";
import { openLateIssuers, type LateIssuers } from "../sts/late-issuers.ts";
import { openRecords, type Records } from "./records.ts";

/** The sources that a configuration names elsewhere: identities, records of buckets. */
export type OpenSources = {
  /** The kinds of facts that exist elsewhere. */
  readonly elsewhere: Elsewhere;
  /** The functions that find and fetch them. */
  readonly sources: Sources;
  /** The looked-up identities; `undefined` if all are in the configuration. */
  readonly identities: Identities | undefined;
  /** The issuers whose tokens are believed. */
  readonly issuers: LateIssuers;
  /** Forgets looked-up keys, so that they are asked for again. */
  readonly dropIdentities: () => void;
  /**
   * Returns, in a sentence, the facts that decisions need and that were missing when last tried.
   */
  readonly notReady: () => string | undefined;
  /** Asks for everything in `notReady` that is not known yet. */
  readonly proveReady: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Opens the sources of `config`; `state`: the place of records; `before`: those of the
 * configuration before. Nothing is fetched yet.
 */
export function openSources(
  config: Config,
  state: StateStore | undefined,
  metrics: Metrics,
  log: Logger,
  before?: OpenSources,
): OpenSources {
  const identities = openIdentities(config, metrics, log, before?.identities);
  const records = recordsOf(config, state, metrics);
  const asked = (issuer: string, answered: boolean): void => metrics.issuerAsked(issuer, answered);
  const issuers = openLateIssuers(config.issuers, { log, asked }, before?.issuers);
  metrics.watchIssuers(issuers.health);
  const revocations = revocationsOf(config, state, metrics);
  return {
    elsewhere: {
      ...keysElsewhere(config),
      records: records !== undefined,
      revocations: revocations !== undefined,
    },
    sources: {
      knownKey: identities?.find ?? (() => "nobody"),
      key: identities?.key ?? (() => Promise.resolve(ok(undefined))),
      knownOwner: identities?.findOwner ?? (() => "nobody"),
      owner: identities?.owner ?? (() => Promise.resolve(ok(undefined))),
      knownRevoked: revocations?.find ?? (() => []),
      revoked: revocations?.fetch ?? (() => Promise.resolve(ok([]))),
      hasChanged: identities?.hasChanged ?? (() => Promise.resolve(false)),
      knownRecord: records?.find ?? (() => "none"),
      record: records?.fetch ?? (() => Promise.resolve(ok(undefined))),
      freshRecord: records?.fetchFresh ?? (() => Promise.resolve(ok(undefined))),
      change: records?.change ?? (() => Promise.resolve(fault("NotImplemented"))),
      begin: records?.begin ?? (() => Promise.resolve(err(fault("NotImplemented")))),
    },
    identities,
    issuers,
    dropIdentities: () => identities?.drop(),
    notReady: () => {
      if (records?.healthy() === false) return "Bucket records in state cannot be read";
      return identities?.refused() === true ? REFUSED : undefined;
    },
    proveReady: async () => identities?.proveOwn(),
    close: async () => {
      records?.close();
      await Promise.all([identities?.close(), issuers.close()]);
    },
  };
}

const REFUSED = "A source of identities refuses the gateway's own credential";

function recordsOf(
  config: Config,
  state: StateStore | undefined,
  metrics: Metrics,
): Records | undefined {
  if (state === undefined || config.state === undefined || !keepsRecordsIn(config)) {
    return undefined;
  }
  return openRecords(config, state, config.state.refreshMs, metrics);
}

/** The sessions that `s3warden revoke` has ended, as the state has them. */
type Revocations = {
  readonly find: () => readonly Revocation[] | "unknown";
  readonly fetch: (asker: Asker) => Promise<Result<readonly Revocation[], Fault>>;
};

const NOT_READ = "The gateway cannot read now which sessions are revoked. Please try again";

/**
 * Returns the revocations; `undefined` if there are no sessions, or nothing is shared between
 * gateways.
 */
function revocationsOf(
  config: Config,
  state: StateStore | undefined,
  metrics: Metrics,
): Revocations | undefined {
  if (state === undefined || config.state === undefined || config.sealing.length === 0) {
    return undefined;
  }
  const reader = new Late(() => import("../state/revoked-record.ts"));
  const cached = cachedRecords<readonly Revocation[]>(state, {
    compile: async (_, record) => {
      const loaded = await reader.get();
      return loaded.ok ? loaded.value.revocationsIn(record) : loaded;
    },
    refreshMs: config.state.refreshMs,
    entries: 1,
    onRead: (worked) => metrics.stateUsed(worked),
  });
  return {
    find: () => {
      const found = cached.find(REVOKED_NAME);
      return found === "none" ? [] : found;
    },
    fetch: async (asker) => {
      const read = await cached.fetch(REVOKED_NAME, asker);
      if (read.ok) return ok(read.value ?? []);
      const { code, rule } = read.error;
      if (code === "SlowDown") return read;
      return err(fault("ServiceUnavailable", NOT_READ, { rule }));
    },
  };
}
