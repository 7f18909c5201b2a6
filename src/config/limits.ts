import { liesIn } from "../policy/network.ts";
import type { AccountConfig, AllowanceConfig, Config } from "./config.ts";

/** The limits of one account or subuser. */
export type Allowance = AllowanceConfig;

/** The limits of the accounts and subusers of a configuration. */
export type Allowances = {
  /** The limits of an account that has none of its own. */
  readonly account: Allowance;
  readonly subuser: Allowance;
  /** The limits by account, of those that have their own. */
  readonly accounts: ReadonlyMap<string, AccountAllowances>;
};

type AccountAllowances = {
  readonly own: Allowance;
  readonly subusers: ReadonlyMap<string, Allowance>;
};

/** The limits that hold apart from any decision, of the configuration in force. */
export type TrafficLimits = {
  readonly headerBytesMax: number;
  /** The limit of undecided requests that are held, for the whole process. */
  readonly unprovedBytesMax: number;
  readonly headerTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly connectionsMax: number;
  /** The limit; `undefined` if there is none. */
  readonly connectionsPerAddressMax: number | undefined;
  /** Requests of one connection whose answers are not delivered. */
  readonly pipelinedRequestsMax: number;
  /** Returns true if a peer may have any number of connections, as a proxy in front has. */
  readonly isExempt: (address: string) => boolean;
  /** The limits of accounts; `undefined` if nobody is limited, and nobody need be watched. */
  readonly allowances: Allowances | undefined;
};

/** The traffic limits of a configuration that `parseConfig` found good. */
export function trafficLimits({
  limits,
  accounts,
  listen,
}: Pick<Config, "limits" | "accounts" | "listen">): TrafficLimits {
  const { headerBytesMax, unprovedBytesMax, headerTimeoutMs, idleTimeoutMs } = limits;
  const { connectionsMax, connectionsPerAddressMax, pipelinedRequestsMax } = limits;
  return {
    headerBytesMax,
    unprovedBytesMax,
    headerTimeoutMs,
    idleTimeoutMs,
    connectionsMax,
    connectionsPerAddressMax,
    pipelinedRequestsMax,
    isExempt: (address) => liesIn(listen.trustedProxies, address) === true,
    allowances: allowancesOf(limits, accounts),
  };
}

function allowancesOf(
  { account, subuser }: Config["limits"],
  accounts: readonly AccountConfig[],
): Allowances | undefined {
  const said = accounts.flatMap((written) => {
    const own = { ...account, ...definedOf(written.limits) };
    const subusers = written.subusers.flatMap(({ name, limits }) =>
      limits === undefined ? [] : [[name, { ...subuser, ...definedOf(limits) }] as const],
    );
    if (written.limits === undefined && subusers.length === 0) return [];
    return [[written.name, { own, subusers: new Map(subusers) }] as const];
  });
  if (said.length === 0 && isUnlimited(account) && isUnlimited(subuser)) return undefined;
  return { account, subuser, accounts: new Map(said) };
}

function isUnlimited(allowance: Allowance): boolean {
  return Object.values(allowance).every((amount) => amount === undefined);
}

/** The fields that a file says something of, by the names that carry units. */
function definedOf(limits: AccountConfig["limits"]): Partial<Allowance> {
  const { requests, concurrentRequests, bytes } = limits ?? {};
  return {
    ...(requests !== undefined && { requestsPerSecond: requests }),
    ...(concurrentRequests !== undefined && { concurrentRequestsMax: concurrentRequests }),
    ...(bytes !== undefined && { bytesPerSecond: bytes }),
  };
}
