import type { Facts } from "../admission/facts.ts";
import type { Refused } from "../admission/refuse.ts";
import type { Inbound } from "./forward.ts";
import { Usage } from "../limiter/usage.ts";

/**
 * Counts the request, once, for its proved sender; or returns the refusal if it is one too many.
 * `undefined` if it may go on. Called only once it is proved who sent it, or that it is anonymous:
 * nobody can use up the limits of an account without its keys.
 */
export function overLimit({ gateway, live, exchange }: Inbound, facts: Facts): Refused | undefined {
  const { allowances } = live.limits;
  if (allowances === undefined || exchange.counted) return undefined;
  const begun = gateway.limiter.begin(allowances, facts, performance.now());
  exchange.counted = true;
  if (begun instanceof Usage) {
    exchange.begun(begun);
    return undefined;
  }
  // No gate refused this: whatever gates said of it is not recorded as a denial.
  return { kind: "refuse", facts: { ...facts, denial: undefined, reported: false }, fault: begun };
}
