import type { Allowance, Allowances } from "../config/limits.ts";
import type { Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import type { LimitName } from "../s3/limit-table.ts";
import { FULL, refilled, taken, waitMs } from "./token-bucket.ts";

/** Subusers of an account that are watched at a time; of more, the first is forgotten. */
const SUBUSERS_MAX = 1024;

const UNLIMITED: Allowance = {
  requestsPerSecond: undefined,
  concurrentRequestsMax: undefined,
  bytesPerSecond: undefined,
};

/** The limits of a configuration that limits nobody. */
export const NO_LIMITS: Allowances = {
  account: UNLIMITED,
  subuser: UNLIMITED,
  accounts: new Map(),
};

/** The limit that refuses: accounts and subusers have limits of their own. */
type Names = Readonly<Record<"requests" | "concurrent" | "bytes", LimitName>>;

const ACCOUNT_LIMITS: Names = {
  requests: "requests_per_account",
  concurrent: "concurrent_requests",
  bytes: "bytes_per_account",
};
const SUBUSER_LIMITS: Names = {
  requests: "requests_per_subuser",
  concurrent: "concurrent_requests_per_subuser",
  // A subuser has no bytes of its own: the configuration knows no such limit.
  bytes: "bytes_per_account",
};

/** The present use of an account or subuser. Times as those of token-bucket.ts. */
export class Usage {
  #allowance: Allowance = UNLIMITED;
  #inFlight = 0;
  #requestsFullAtMs = FULL;
  #bytesFullAtMs = FULL;
  /** The account for which a subuser's usage counts too. */
  readonly #account: Usage | undefined;
  readonly #names: Names;

  constructor(account: Usage | undefined) {
    this.#account = account;
    this.#names = account === undefined ? ACCOUNT_LIMITS : SUBUSER_LIMITS;
  }

  /** Sets the allowance from now on. Debt stays as it is, unless anything is allowed. */
  allow(allowance: Allowance, nowMs: number): void {
    const before = this.#allowance.bytesPerSecond;
    const { bytesPerSecond } = allowance;
    this.#allowance = allowance;
    this.#bytesFullAtMs =
      before === undefined || bytesPerSecond === undefined
        ? FULL
        : refilled(this.#bytesFullAtMs, before, bytesPerSecond, nowMs);
  }

  /** True if bytes are limited; else nobody need read the clock for each piece. */
  get metered(): boolean {
    const whose: Usage = this.#account ?? this;
    return whose.#allowance.bytesPerSecond !== undefined;
  }

  /** Returns the fault if no further request may begin now; `undefined` if it may. */
  refusal(nowMs: number): Fault | undefined {
    const { requestsPerSecond, concurrentRequestsMax, bytesPerSecond } = this.#allowance;
    if (concurrentRequestsMax !== undefined && this.#inFlight >= concurrentRequestsMax) {
      return slowDown(this.#names.concurrent, 0);
    }
    if (requestsPerSecond !== undefined) {
      const ms = waitMs(this.#requestsFullAtMs, 1, requestsPerSecond, nowMs);
      if (ms > 0) return slowDown(this.#names.requests, ms);
    }
    if (bytesPerSecond !== undefined) {
      // The cost of a request is not known beforehand: the cost of those before it must be paid
      // off.
      const ms = waitMs(this.#bytesFullAtMs, 0, bytesPerSecond, nowMs);
      if (ms > 0) return slowDown(this.#names.bytes, ms);
    }
    return undefined;
  }

  /** Counts a request that begins, also in its account's usage. */
  begin(nowMs: number): void {
    const { requestsPerSecond } = this.#allowance;
    this.#inFlight++;
    if (requestsPerSecond === undefined) return;
    this.#requestsFullAtMs = taken(this.#requestsFullAtMs, 1, requestsPerSecond, nowMs);
  }

  /**
   * Counts a request that has ended, however it did, also in its account's usage. Call it once for
   * each that began.
   */
  end(): void {
    this.#inFlight--;
    this.#account?.end();
  }

  /** Bytes of a body have come or gone. */
  charge(bytes: number, nowMs: number): void {
    const { bytesPerSecond } = this.#allowance;
    if (this.#account !== undefined) this.#account.charge(bytes, nowMs);
    else if (bytesPerSecond !== undefined) {
      this.#bytesFullAtMs = taken(this.#bytesFullAtMs, bytes, bytesPerSecond, nowMs);
    }
  }
}

/** An account's usage, with that of its subusers. */
export class AccountUsage extends Usage {
  /** The account's name; `undefined` for all clients without credentials. */
  readonly #name: string | undefined;
  /** The configuration's allowances that are in force. */
  #followed: Allowances | undefined;
  #subusers: Map<string, Usage> | undefined;

  constructor(name: string | undefined) {
    super(undefined);
    this.#name = name;
  }

  /** Takes over what `allowances` says of it, unless they are in force already. */
  follow(allowances: Allowances, nowMs: number): void {
    if (this.#followed === allowances) return;
    this.#followed = allowances;
    const own = this.#name === undefined ? undefined : allowances.accounts.get(this.#name)?.own;
    this.allow(own ?? allowances.account, nowMs);
    for (const [name, usage] of this.#subusers ?? []) usage.allow(this.#allowanceOf(name), nowMs);
  }

  subuserOf(name: string, nowMs: number): Usage {
    this.#subusers ??= new Map();
    const known = this.#subusers.get(name);
    if (known !== undefined) return known;
    const usage = new Usage(this);
    usage.allow(this.#allowanceOf(name), nowMs);
    const [first] = this.#subusers.keys();
    if (this.#subusers.size >= SUBUSERS_MAX && first !== undefined) this.#subusers.delete(first);
    this.#subusers.set(name, usage);
    return usage;
  }

  #allowanceOf(subuser: string): Allowance {
    if (this.#followed === undefined) return UNLIMITED;
    const { accounts, subuser: otherwise } = this.#followed;
    return accounts.get(this.#name ?? "")?.subusers.get(subuser) ?? otherwise;
  }
}

function slowDown(limit: LimitName, ms: number): Fault {
  return limitFault(limit, { retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) });
}
