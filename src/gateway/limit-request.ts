import type { Verdict } from "../admission/verdict.ts";
import type { Inbound } from "./forward.ts";
import { Usage } from "./usage.ts";

/**
 * Counts the request, once, for whom it was proved to come from; or gives the verdict in place of
 * `verdict` where it is one too many. Undefined: it may go on, or nothing is proved yet. Nobody can
 * use up the limits of an account without its keys: a wrong signature counts for nobody.
 */
export function overLimit(
  { gateway, live, exchange }: Inbound,
  verdict: Verdict,
): (Verdict & { readonly kind: "refuse" }) | undefined {
  const { allowances } = live.limits;
  if (allowances === undefined || exchange.counted || !tellsWhose(verdict)) return undefined;
  const begun = gateway.limiter.begin(allowances, verdict.facts, performance.now());
  exchange.counted = true;
  if (begun instanceof Usage) {
    exchange.begun(begun);
    return undefined;
  }
  // No gate refused this: whatever gates said of it is not recorded as a denial.
  const facts = { ...verdict.facts, denial: undefined, reported: false };
  return { kind: "refuse", facts, fault: begun };
}

/** Whether it is settled who sent the request: an account, or else nobody that is known. */
function tellsWhose(verdict: Verdict): boolean {
  switch (verdict.kind) {
    case "form":
      return false;
    case "refuse":
      return verdict.facts.account !== undefined;
    case "need":
      // Before the store is asked for anything, but not before the signature is proved.
      return verdict.needs.every(({ kind }) => kind !== "key");
    case "answer":
    case "file":
    case "forward":
    case "keep":
    case "read":
      return true;
  }
}
