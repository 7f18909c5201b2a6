/** The pairs of statements of the small scope, and a share of them put before the laws. */

import { STATEMENTS, type Placed } from "../../reference/small.ts";
import { Laws, type Count } from "./laws.ts";

/** Each `every`th pair from the `from`th on. */
export type Share = { readonly from: number; readonly every: number };

export const PAIRS = (STATEMENTS.length * (STATEMENTS.length + 1)) / 2;

/** Checks a share of the pairs. `told` hears the count after each. */
export function checkShare(share: Share, told?: (count: Count) => void): Count {
  const laws = new Laws();
  for (const [first, second] of pairsOf(share)) {
    laws.check(first, second);
    told?.(laws.count);
  }
  return laws.count;
}

/** Each two statements once. */
function* pairsOf({ from, every }: Share): Generator<readonly [Placed, Placed]> {
  let until = from;
  for (const [i, first] of STATEMENTS.entries()) {
    for (const second of STATEMENTS.slice(i)) {
      if (until === 0) yield [first, second];
      until = until === 0 ? every - 1 : until - 1;
    }
  }
}
