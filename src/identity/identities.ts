import { setTimeout as pause } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { LookedUp, OwnerNeed } from "../admission/outgoing.ts";
import type { Key } from "../admission/principal.ts";
import type { Config } from "../config/config.ts";
import { sourcesElsewhere } from "../config/elsewhere.ts";
import { compileForeign, type ForeignUser } from "../config/foreign.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { conflicts, noteCredentials, openCephSource, type OpenCeph } from "./ceph-identities.ts";
import { openDirectorySource, type OpenDirectory } from "./directory-source.ts";
import type { Found } from "./key-source.ts";
import type { IdentityState, Source } from "./source.ts";
import { StoreUsers } from "./store-users.ts";

/** All sources of keys besides the configuration's own. */
export type Identities = {
  /** Returns the key in memory. */
  readonly find: (accessKeyId: string) => Key | "nobody" | "unknown";
  /** Fetches a key; `undefined` if it is nobody's. Error: SlowDown if it cannot be known now. */
  readonly key: (accessKeyId: string) => Promise<Result<Key | undefined, Fault>>;
  /**
   * The same of an account: one of its own keys. `undefined` if it is no user there, or has none.
   */
  readonly findOwner: (owner: OwnerNeed) => Key | "nobody" | "unknown";
  readonly owner: (owner: OwnerNeed) => Promise<Result<Key | undefined, Fault>>;
  /**
   * Asks again for what signed a request that the store refused; `sure`: it said that the key is to
   * blame. Whether something else is known now, so that the request may be decided on anew.
   */
  readonly hasChanged: (used: LookedUp, sure: boolean) => Promise<boolean>;
  /**
   * Finds the key with the id `name`, or else one of the holder with that name (`account`,
   * `account:subuser`): for operators' questions, not for requests. `undefined` if there is none.
   */
  readonly findKey: (name: string) => Promise<Result<Key | undefined, Fault>>;
  /**
   * Returns true if a source refused the gateway's own credential when it was last asked for it.
   */
  readonly refused: () => boolean;
  /** Returns the state of each source, for people. */
  readonly states: () => readonly IdentityState[];
  /** Asks the sources for which that is not known. Waits for a moment only. */
  readonly proveOwn: () => Promise<void>;
  /** Forgets the looked-up keys. */
  readonly drop: () => void;
  readonly sources: readonly (OpenCeph | OpenDirectory)[];
  readonly close: () => Promise<void>;
};

/** A probe of readiness is not patient: Kubernetes waits for a second. */
const PROOF_WAIT_MS = 500;

/**
 * Opens the sources of `config`; `undefined` if it has none. Nothing is asked yet. `before`: those
 * of the configuration before, whose known keys must not be lost because a source is away during a
 * reload.
 */
export function openIdentities(
  config: Config,
  metrics: Metrics,
  log: Logger,
  before?: Identities,
): Identities | undefined {
  const sources = openAll(config, metrics, log, before?.sources ?? []);
  if (sources.length === 0) return undefined;
  const who = sourcesElsewhere(config);
  const yours = silence(YOURS, who);
  const owners = silence(OWNERS, who);
  const counted = (found: ReturnType<Source["find"]>): ReturnType<Source["find"]> => {
    metrics.cacheAsked("identities", found !== "unknown");
    return found;
  };
  return {
    find: (accessKeyId) => counted(findIn(sources, (source) => source.find(accessKeyId))),
    key: async (accessKeyId) => {
      const key = await keyIn(sources, yours, (source) => source.key(accessKeyId));
      return key.ok ? key : err(explained(key.error, sources, accessKeyId));
    },
    findOwner: (owner) => counted(findIn(sources, (source) => source.findOwner(owner))),
    owner: (owner) => keyIn(sources, owners, (source) => source.owner(owner)),
    hasChanged: async (used, sure) => {
      // Each that does not have it has nothing else to say of it.
      const changed = sources.map((source) => source.hasChanged(used, sure));
      return (await Promise.all(changed)).every(Boolean);
    },
    findKey: async (name) => {
      const key = await keyIn(sources, yours, (source) => source.key(name));
      return key.ok && key.value === undefined ? keyOfHolder(sources, name, yours) : key;
    },
    states: () => sources.map((source) => source.state()),
    refused: () => sources.some((source) => source.refused()),
    proveOwn: async () => {
      const proved = Promise.all(sources.map((source) => source.proveOwn()));
      await Promise.race([proved, pause(PROOF_WAIT_MS, undefined, { ref: false })]);
    },
    drop: () => {
      for (const source of sources) source.drop();
    },
    sources,
    close: async () => {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}

/** Opens the sources of Ceph, then directories, each in the order of the configuration. */
function openAll(
  config: Config,
  metrics: Metrics,
  log: Logger,
  before: Identities["sources"],
): Identities["sources"] {
  const { ceph, directories } = config;
  if (ceph.length + directories.length === 0) return [];
  const keyOf = compileForeign(config);
  const entries = directories.reduce((sum, one) => sum + one.entries, 1);
  const storeUsers = new StoreUsers(entries, complainingOfBoth(log));
  const noteUser = notingUsers(config, log, storeUsers);
  const cephsBefore = before.filter((one) => one.kind === "ceph");
  const directoriesBefore = before.filter((one) => one.kind === "http");
  return [
    ...ceph.map((one) => openCephSource(one, { keyOf, noteUser, metrics, log }, cephsBefore)),
    ...directories.map((one) =>
      openDirectorySource(one, { config, metrics, log, storeUsers }, directoriesBefore),
    ),
  ];
}

/**
 * Returns what hears of each user of Ceph's. A function of its own: what it returns lives as long as
 * the sources, and would keep those before them in memory if it stood where they can be seen.
 */
function notingUsers(
  config: Config,
  log: Logger,
  storeUsers: StoreUsers,
): (user: ForeignUser) => void {
  const noteTwice = conflicts(config, log);
  const isShared = config.directories.length > 0;
  return (user) => {
    noteTwice(user);
    if (isShared) noteCredentials(user, storeUsers);
  };
}

/** Says once of each pair that they are one user of the store. */
function complainingOfBoth(log: Logger): (cephUser: string, account: string) => void {
  const told = new LRUCache<string, true>({ max: TOLD_MAX });
  return (user, account) => {
    const pair = `${user}\n${account}`;
    if (told.has(pair)) return;
    told.set(pair, true);
    log.warn(
      { user, account },
      "This Ceph user is also an account of a directory: each can use all buckets of the other that have no record here",
    );
  };
}

/** The most pairs that are remembered as told. */
const TOLD_MAX = 10_000;

const YOURS = "Your access key cannot be looked up at the moment. Please try again";
const OWNERS = "The key of the bucket's owner cannot be looked up at the moment. Please try again";

/** The first that knows the key has it. */
function findIn(
  sources: readonly Source[],
  find: (source: Source) => ReturnType<Source["find"]>,
): ReturnType<Source["find"]> {
  for (const source of sources) {
    const found = find(source);
    if (found !== "nobody") return found;
  }
  return "nobody";
}

/**
 * Does the same as findIn(). A source that does not answer is skipped, or one dead source would
 * lock out the users of all others. Only all sources together can say that a key is nobody's.
 */
async function keyIn(
  sources: readonly Source[],
  unanswered: Fault,
  ask: (source: Source) => Promise<Found>,
): Promise<Result<Key | undefined, Fault>> {
  let silent = false;
  for (const source of sources) {
    const found = await ask(source);
    if (typeof found === "object") return ok(found);
    silent ||= found === "unavailable";
  }
  return silent ? err(unanswered) : ok(undefined);
}

/** Says in the record of a request why a source's answer about its key could not be used. */
function explained(fault: Fault, sources: readonly Source[], accessKeyId: string): Fault {
  for (const source of sources) {
    const why = source.unusable(accessKeyId);
    if (why === undefined) continue;
    const { endpoint } = source.state();
    return { ...fault, rule: `identities: the answer of ${endpoint} cannot be used: ${why}` };
  }
  return fault;
}

/** Returns one of the holder's keys, of those in force first; asked for now, and not remembered. */
async function keyOfHolder(
  sources: readonly Source[],
  holder: string,
  unanswered: Fault,
): Promise<Result<Key | undefined, Fault>> {
  let silent = false;
  for (const source of sources) {
    const keys = await source.keysOf(holder);
    silent ||= keys === "unavailable";
    const own = keys === "unavailable" ? [] : keys;
    const key = own.find(({ disabled }) => !disabled) ?? own[0];
    if (key !== undefined) return ok(key);
  }
  return silent ? err(unanswered) : ok(undefined);
}

function silence(message: string, who: string): Fault {
  return fault("SlowDown", message, { rule: `identities: ${who} does not answer` });
}
