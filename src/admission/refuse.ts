import type { Fault } from "../s3/faults.ts";
import type { Denial, Facts, Gate } from "./facts.ts";
import type { Verdict } from "./verdict.ts";

/** The verdict that nothing follows. */
export type Refused = Verdict & { readonly kind: "refuse" };

export function refused(facts: Facts, fault: Fault): Refused {
  return { kind: "refuse", facts, fault };
}

/** A refusal that counts as a denial of `gate`. */
export function denied(facts: Facts, fault: Fault, gate: Gate): Refused {
  const denial: Denial = { gate, rule: fault.rule ?? fault.code, place: undefined };
  return { kind: "refuse", facts: { ...facts, denial }, fault };
}
