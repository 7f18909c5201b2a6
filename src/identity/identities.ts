import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { LookedUp, OwnerNeed } from "../admission/outgoing.ts";
import { holderName, type Key } from "../admission/principal.ts";
import type { Config, CephConfig } from "../config/config.ts";
import {
  accountNameOf,
  compileForeign,
  misplaced,
  userIdOf,
  type ForeignUser,
} from "../config/foreign.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { AdminAnswer, AdminQuestion } from "./admin-answer.ts";
import { openAdminOps } from "./admin-ops.ts";
import { CephSource, type Found } from "./ceph-source.ts";

/** All sources of keys besides the configuration's own. */
export type Identities = {
  /** What memory holds. */
  readonly find: (accessKeyId: string) => Key | "nobody" | "unknown";
  /** Whose key it is; undefined: nobody's. Error: SlowDown where it cannot be known now. */
  readonly key: (accessKeyId: string) => Promise<Result<Key | undefined, Fault>>;
  /** The same of an account: one of its own keys. `undefined`: it is no user there, or has none. */
  readonly findOwner: (owner: OwnerNeed) => Key | "nobody" | "unknown";
  readonly owner: (owner: OwnerNeed) => Promise<Result<Key | undefined, Fault>>;
  /**
   * Asks again for what signed a request that the store refused; `sure`: it said that the key is to
   * blame. Whether something else is known now, so that the request may be decided on anew.
   */
  readonly hasChanged: (used: LookedUp, sure: boolean) => Promise<boolean>;
  /**
   * The key with the id `name`, or else one of the holder called so (`account`, `account:subuser`):
   * for operators' questions, not for requests. `undefined`: there is none.
   */
  readonly findKey: (name: string) => Promise<Result<Key | undefined, Fault>>;
  /** Whether a source refused the gateway's own credential when it was last asked for it. */
  readonly refused: () => boolean;
  /** Asks the sources of which that is not known. Waits for a moment only. */
  readonly proveOwn: () => Promise<void>;
  /** Forgets what was looked up. */
  readonly drop: () => void;
  /** The source that a configuration names in the very same way; undefined: there is none. */
  readonly sourceOf: (ceph: CephConfig) => CephSource | undefined;
  readonly close: () => Promise<void>;
};

/** A probe of readiness is not patient: Kubernetes waits for a second. */
const PROOF_WAIT_MS = 500;
/** A complaint about one source is written once in this time. */
const COMPLAINT_MS = 60_000;

/**
 * Opens the sources of `config`; undefined: it has none. Nothing is asked yet. `before`: those of the
 * configuration before, whose known keys must not be lost because Ceph is away during a reload.
 */
export function openIdentities(
  config: Config,
  metrics: Metrics,
  log: Logger,
  before?: Identities,
): Identities | undefined {
  if (config.ceph.length === 0) return undefined;
  const keyOf = compileForeign(config);
  const noteTwice = conflicts(config, log);
  const opened = config.ceph.map((ceph) =>
    openSource(ceph, { keyOf, noteTwice, metrics, log }, before?.sourceOf(ceph)),
  );
  const sources = opened.map(({ source }) => source);
  return {
    find: (accessKeyId) => {
      const found = findIn(sources, (source) => source.find(accessKeyId));
      metrics.cacheAsked("identities", found !== "unknown");
      return found;
    },
    key: (accessKeyId) => keyIn(sources, YOURS, (source) => source.key(accessKeyId)),
    findOwner: ({ account, tenant }) => {
      const userId = userIdOf(account, tenant);
      if (userId === undefined) return "nobody";
      const found = findIn(sources, (source) => source.findOwner(userId));
      metrics.cacheAsked("identities", found !== "unknown");
      return found;
    },
    owner: async ({ account, tenant }) => {
      const userId = userIdOf(account, tenant);
      if (userId === undefined) return ok(undefined);
      return keyIn(sources, OWNERS, (source) => source.owner(userId));
    },
    hasChanged: async (used, sure) => {
      const asked = questionOf(used.need);
      if (asked === undefined) return false;
      // Each that does not have it has nothing else to say of it.
      const changed = sources.map((source) => source.hasChanged(asked, used.credential, sure));
      return (await Promise.all(changed)).every(Boolean);
    },
    findKey: async (name) => {
      const key = await keyIn(sources, YOURS, (source) => source.key(name));
      return key.ok && key.value === undefined ? keyOfHolder(sources, name) : key;
    },
    refused: () => sources.some((source) => source.refused),
    proveOwn: async () => {
      const proved = Promise.all(sources.map((source) => source.proveOwn()));
      await Promise.race([proved, pause(PROOF_WAIT_MS, undefined, { ref: false })]);
    },
    drop: () => {
      for (const source of sources) source.drop();
    },
    sourceOf: (ceph) => opened.find(({ config: own }) => isDeepStrictEqual(own, ceph))?.source,
    close: async () => {
      await Promise.all(opened.map(({ close }) => close()));
    },
  };
}

function questionOf(need: LookedUp["need"]): AdminQuestion | undefined {
  if (need.kind === "key") return need;
  const userId = userIdOf(need.account, need.tenant);
  return userId === undefined ? undefined : { kind: "user", userId };
}

const YOURS = "Your access key cannot be looked up at the moment. Please try again";
const OWNERS = "The key of the bucket's owner cannot be looked up at the moment. Please try again";

/** The first that knows the key has it. */
function findIn(
  sources: readonly CephSource[],
  find: (source: CephSource) => ReturnType<CephSource["find"]>,
): ReturnType<CephSource["find"]> {
  for (const source of sources) {
    const found = find(source);
    if (found !== "nobody") return found;
  }
  return "nobody";
}

/**
 * As findIn(). A source that does not answer is passed over, or one dead Ceph would lock out the
 * users of all others; that a key is nobody's can only be said by all.
 */
async function keyIn(
  sources: readonly CephSource[],
  message: string,
  ask: (source: CephSource) => Promise<Found>,
): Promise<Result<Key | undefined, Fault>> {
  let silent = false;
  for (const source of sources) {
    const found = await ask(source);
    if (typeof found === "object") return ok(found);
    silent ||= found === "unavailable";
  }
  return silent ? unanswered(message) : ok(undefined);
}

/** One of the holder's keys, of those in force first; asked for now, and not remembered. */
async function keyOfHolder(
  sources: readonly CephSource[],
  holder: string,
): Promise<Result<Key | undefined, Fault>> {
  let silent = false;
  for (const source of sources) {
    for (const userId of userIdsOf(holder)) {
      const keys = await source.keysOf(userId);
      silent ||= keys === "unavailable";
      const own = keys === "unavailable" ? [] : keys.filter((key) => holderName(key) === holder);
      const key = own.find(({ disabled }) => !disabled) ?? own[0];
      if (key !== undefined) return ok(key);
    }
  }
  return silent ? unanswered(YOURS) : ok(undefined);
}

function unanswered(message: string): Result<never, Fault> {
  return err(fault("SlowDown", message, { rule: "identities: Ceph does not answer" }));
}

/** How its RGW may call the user of a holder: see `accountNameOf`. */
function userIdsOf(holder: string): readonly string[] {
  const colon = holder.indexOf(":");
  const account = colon < 0 ? holder : holder.slice(0, colon);
  return account.includes("$") ? [account] : [account, `${account}$${account}`];
}

type Surroundings = {
  readonly keyOf: (user: ForeignUser, accessKeyId: string) => Key | undefined;
  readonly noteTwice: (user: ForeignUser) => void;
  readonly metrics: Metrics;
  readonly log: Logger;
};

function openSource(
  config: CephConfig,
  { keyOf, noteTwice, metrics, log }: Surroundings,
  before: CephSource | undefined,
): {
  readonly config: CephConfig;
  readonly source: CephSource;
  readonly close: () => Promise<void>;
} {
  const ops = openAdminOps(config);
  const endpoint = config.endpoint.origin;
  const complain = atMostEvery(COMPLAINT_MS, (why: string) => {
    log.error({ endpoint, why }, "Ceph cannot look up a key");
  });
  const onAnswer = (answer: AdminAnswer): void => {
    metrics.identityLookedUp("ceph", RESULTS[answer.kind]);
    if (answer.kind === "user") noteTwice(answer.user);
    if (answer.kind === "unavailable") complain(answer.why);
  };
  const onPowerless = atMostEvery(COMPLAINT_MS, () => {
    const remedy = `radosgw-admin caps add --uid=… --caps="users=read", for the user of ${config.accessKey}`;
    log.error({ endpoint, remedy }, "The gateway's own user in Ceph is not allowed to read users");
  });
  const { ask, close } = ops;
  const ports = { ask, keyOf, nowMs: () => performance.now(), onAnswer, onPowerless };
  return { config, source: new CephSource(config, ports, before), close };
}

const RESULTS = { user: "found", nobody: "nobody", unavailable: "unavailable" } as const;

/**
 * Warns once of each access key that an accounts file has too (there the file's counts), of each user
 * whose keys count for nothing, since the file's account of its name has another tenant, and of each
 * that an account of another name is at the store.
 */
function conflicts(config: Config, log: Logger): (user: ForeignUser) => void {
  const configured = new Set(
    config.accounts.flatMap(({ keys, subusers }) =>
      [keys, ...subusers.map((subuser) => subuser.keys)].flat().map(({ accessKey }) => accessKey),
    ),
  );
  const isElsewhere = misplaced(config);
  const told = new Set<string>();
  const signers = new Map(
    config.accounts.flatMap((account) =>
      account.upstream === undefined ? [] : [[account.upstream.accessKey, account.name] as const],
    ),
  );
  return (user) => {
    const { tenant, name, keys } = user;
    const full = `${tenant}$${name}`;
    if (isElsewhere(user) && !told.has(full)) {
      told.add(full);
      log.warn(
        { user: full },
        "The keys of this Ceph user are refused: the account of the same name has another tenant",
      );
    }
    for (const { accessKeyId } of keys) {
      const account = signers.get(accessKeyId);
      if (account !== undefined && account !== accountNameOf(user)) {
        signers.delete(accessKeyId);
        log.warn(
          { user: full, account },
          "This Ceph user is also the upstream of an account: each can use all buckets of the other that have no record here",
        );
      }
      if (!configured.delete(accessKeyId)) continue;
      log.warn(
        { accessKey: accessKeyId },
        "An access key is in an accounts file and in Ceph: the accounts file wins",
      );
    }
  };
}

function atMostEvery<T extends readonly unknown[]>(
  ms: number,
  tell: (...what: T) => void,
): (...what: T) => void {
  let toldMs = Number.NEGATIVE_INFINITY;
  return (...what) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < ms) return;
    toldMs = nowMs;
    tell(...what);
  };
}
