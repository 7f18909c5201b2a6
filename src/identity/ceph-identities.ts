import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { LookedUp, OwnerNeed } from "../admission/outgoing.ts";
import { holderName, type Key } from "../admission/principal.ts";
import type { CephConfig, Config } from "../config/config.ts";
import { accountNameOf, misplaced, userIdOf, type ForeignUser } from "../config/foreign.ts";
import { Late } from "../lib/late.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { AdminAnswer, AdminQuestion } from "./admin-answer.ts";
import { CephSource } from "./ceph-source.ts";
import { atMostEvery, COMPLAINT_MS, RESULTS, type Source } from "./source.ts";
import { unavailable } from "./source-answer.ts";
import type { StoreUsers } from "./store-users.ts";

/** A Ceph as a source of keys. */
export type OpenCeph = Source & {
  readonly kind: "ceph";
  readonly config: CephConfig;
  readonly users: CephSource;
};

type Surroundings = {
  readonly keyOf: (user: ForeignUser, accessKeyId: string) => Key | undefined;
  /** Receives each user that RGW tells of. */
  readonly noteUser: (user: ForeignUser) => void;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/**
 * Opens a Ceph. `before`: the sources of the configuration before; the same one among them hands
 * its keys on.
 */
export function openCephSource(
  config: CephConfig,
  { keyOf, noteUser, metrics, log }: Surroundings,
  before: readonly OpenCeph[],
): OpenCeph {
  const ops = new Late(async () => (await import("./admin-ops.ts")).openAdminOps(config));
  const ask = async (asked: AdminQuestion): Promise<AdminAnswer> => {
    const opened = await ops.get();
    return opened.ok ? opened.value.ask(asked) : unavailable("source", opened.error);
  };
  const endpoint = config.endpoint.origin;
  const complain = atMostEvery(COMPLAINT_MS, (why: string) => {
    log.error({ endpoint, why }, "Ceph cannot look up a key");
  });
  const onAnswer = (answer: AdminAnswer): void => {
    metrics.identityLookedUp("ceph", RESULTS[answer.kind]);
    if (answer.kind === "user") noteUser(answer.user);
    if (answer.kind === "unavailable") complain(answer.why);
  };
  const onOwnUserMissing = atMostEvery(COMPLAINT_MS, () => {
    const remedy = `radosgw-admin caps add --uid=… --caps="users=read", for the user of ${config.accessKey}`;
    log.error({ endpoint, remedy }, "The gateway's own user in Ceph is not allowed to read users");
  });
  const ports = { ask, keyOf, nowMs: () => performance.now(), onAnswer, onOwnUserMissing };
  const same = before.find((one) => isDeepStrictEqual(one.config, config));
  const users = new CephSource(config, ports, same?.users);
  return {
    kind: "ceph",
    config,
    users,
    find: (accessKeyId) => users.find(accessKeyId),
    key: (accessKeyId) => users.key(accessKeyId),
    unusable: (accessKeyId) => users.unusable(accessKeyId),
    findOwner: (owner) => {
      const userId = userOfOwner(owner);
      return userId === undefined ? "nobody" : users.findOwner(userId);
    },
    owner: async (owner) => {
      const userId = userOfOwner(owner);
      return userId === undefined ? "nobody" : users.owner(userId);
    },
    keysOf: (holder) => keysOfHolder(users, holder),
    hasChanged: async ({ need, credential }, sure) => {
      const asked = questionOf(need);
      return asked !== undefined && (await users.hasChanged(asked, credential, sure));
    },
    refused: () => users.refused,
    state: () => ({ kind: "ceph", endpoint, state: users.state, keys: users.size }),
    proveOwn: () => users.proveOwn(),
    drop: () => users.drop(),
    close: async () => (await ops.used())?.close(),
  };
}

function userOfOwner({ account, tenant }: OwnerNeed): string | undefined {
  return userIdOf(account, tenant);
}

function questionOf(need: LookedUp["need"]): AdminQuestion | undefined {
  if (need.kind === "key") return need;
  const userId = userOfOwner(need);
  return userId === undefined ? undefined : { kind: "user", userId };
}

async function keysOfHolder(
  users: CephSource,
  holder: string,
): Promise<readonly Key[] | "unavailable"> {
  let silent = false;
  for (const userId of userIdsOf(holder)) {
    const keys = await users.keysOf(userId);
    silent ||= keys === "unavailable";
    const own = keys === "unavailable" ? [] : keys.filter((key) => holderName(key) === holder);
    if (own.length > 0) return own;
  }
  return silent ? "unavailable" : [];
}

/** Returns the names that its RGW may have for the user of a holder: see `accountNameOf`. */
function userIdsOf(holder: string): readonly string[] {
  const colon = holder.indexOf(":");
  const account = colon < 0 ? holder : holder.slice(0, colon);
  return account.includes("$") ? [account] : [account, `${account}$${account}`];
}

/** Tells the users of the store whose the keys of `user` are. */
export function noteCredentials(user: ForeignUser, storeUsers: StoreUsers): void {
  const who = { user: `${user.tenant}$${user.name}`, account: accountNameOf(user) };
  for (const { accessKeyId, secret } of user.keys)
    storeUsers.noteCeph({ accessKeyId, secret }, who);
}

/**
 * Warns once of each access key that an accounts file has too (there the file's counts), of each user
 * whose keys count for nothing, since the file's account of its name has another tenant, and of each
 * that an account of another name is at the store.
 */
export function conflicts(config: Config, log: Logger): (user: ForeignUser) => void {
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
