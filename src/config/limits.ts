import { liesIn } from "../policy/network.ts";
import type { AccountConfig, AllowanceConfig, Config } from "./config.ts";

/** What one account or subuser may take. */
export type Allowance = AllowanceConfig;

/** What the accounts and subusers of a configuration may take. */
export type Allowances = {
  /** Where nothing else is said. */
  readonly account: Allowance;
  readonly subuser: Allowance;
  /** By account, those of which something else is said. */
  readonly accounts: ReadonlyMap<string, AccountAllowances>;
};

type AccountAllowances = {
  readonly own: Allowance;
  readonly subusers: ReadonlyMap<string, Allowance>;
};

/** The limits that hold apart from any decision, of the configuration in force. */
export type TrafficLimits = {
  readonly headerBytesMax: number;
  /** Held of requests that are not decided, by the whole process. */
  readonly unprovedBytesMax: number;
  readonly headerTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly connectionsMax: number;
  /** Undefined: not limited. */
  readonly connectionsPerAddressMax: number | undefined;
  /** Requests of one connection whose answers are not delivered. */
  readonly pipelinedRequestsMax: number;
  /** Whether a peer may have any number of connections, as a proxy in front has. */
  readonly isExempt: (address: string) => boolean;
  /** Undefined: nobody is limited, and nobody need be watched. */
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
