import { fault, type Fault, type FaultElement } from "./faults.ts";
import { LIMITS, type LimitName } from "./limit-table.ts";

/**
 * The refusal of what goes beyond `limit`; its setting is the rule that the record names.
 * `retryAfterSeconds`: whole, at least 1; only for a SlowDown. `message`: the code's own if absent.
 */
export function limitFault(
  limit: LimitName,
  more: {
    readonly message?: string;
    readonly elements?: readonly FaultElement[];
    readonly retryAfterSeconds?: number;
  } = {},
): Fault {
  const { setting, code } = LIMITS[limit];
  const { message, elements, retryAfterSeconds } = more;
  return { ...fault(code, message, { elements, detail: setting }), limit, retryAfterSeconds };
}
