import { LRUCache } from "lru-cache";
import type { Allowances } from "../config/limits.ts";
import type { Fault } from "../s3/faults.ts";
import { AccountUsage, NO_LIMITS, type Usage } from "./usage.ts";

/** Accounts that are watched at a time; of more, the one that asked longest ago is forgotten. */
const ACCOUNTS_MAX = 65_536;

/**
 * Holds accounts and subusers to their limits in this process. All clients without credentials are
 * one account of their own, to which the limits of accounts apply: strangers who read a public
 * bucket must not be able to exhaust its owner's.
 */
export class Limiter {
  readonly #accounts = new LRUCache<string, AccountUsage>({ max: ACCOUNTS_MAX });
  readonly #anonymous = new AccountUsage(undefined);

  /** The number of accounts that are remembered. */
  get size(): number {
    return this.#accounts.size;
  }

  /** Follows other limits from now on; `undefined` if nobody is limited. */
  follow(allowances: Allowances | undefined, nowMs: number): void {
    for (const account of [this.#anonymous, ...this.#accounts.values()]) {
      account.follow(allowances ?? NO_LIMITS, nowMs);
    }
  }

  /**
   * Counts a request of an account (`undefined` for an anonymous one) that begins; the usage must
   * be told when it has ended. Or returns the refusal: that counts nowhere, so that a client that
   * goes on asking still gets its rate. Allocates nothing for a known account. `nowMs`: of a clock
   * that only goes forward.
   */
  begin(
    allowances: Allowances,
    who: { readonly account: string | undefined; readonly subuser: string | undefined },
    nowMs: number,
  ): Usage | Fault {
    const account = this.#accountOf(who.account);
    account.follow(allowances, nowMs);
    const subuser = who.subuser === undefined ? undefined : account.subuserOf(who.subuser, nowMs);
    const refusal = account.refusal(nowMs) ?? subuser?.refusal(nowMs);
    if (refusal !== undefined) return refusal;
    account.begin(nowMs);
    subuser?.begin(nowMs);
    return subuser ?? account;
  }

  #accountOf(name: string | undefined): AccountUsage {
    if (name === undefined) return this.#anonymous;
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const usage = new AccountUsage(name);
    this.#accounts.set(name, usage);
    return usage;
  }
}
