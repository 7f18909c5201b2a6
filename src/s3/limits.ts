import { awsFault, type Fault, type FaultElement } from "./faults.ts";
import { LIMITS, type LimitName } from "./limit-table.ts";

/**
 * The refusal of what goes beyond `limit`; its setting is the rule that the record names.
 * `retryAfterSeconds`: whole, at least 1; only for a SlowDown. `why`: for the client.
 */
export function limitFault(
  limit: LimitName,
  more: {
    readonly why?: string;
    readonly elements?: readonly FaultElement[];
    readonly retryAfterSeconds?: number;
  } = {},
): Fault {
  const { setting, code } = LIMITS[limit];
  const { why, elements, retryAfterSeconds } = more;
  return { ...awsFault(code, { why, elements, rule: setting }), limit, retryAfterSeconds };
}
