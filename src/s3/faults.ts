import { FAULTS, NAMED_FAULTS, type FaultCode, type NamedFault } from "./fault-table.ts";
import type { LimitName } from "./limit-table.ts";

/** The name for which a request was refused, because the gateway serves nothing of that name. */
export type UnknownName = { readonly kind: "header" | "parameter"; readonly name: string };

/** A further element of the error document, such as `StringToSign`. */
export type FaultElement = readonly [name: string, value: string];

/** A refusal. The client reads all of it but `rule`. */
export type Fault = {
  readonly code: FaultCode;
  /** AWS's own words wherever AWS has this refusal (fault-table.ts). */
  readonly message: string;
  /** The elements as AWS has them. */
  readonly elements: readonly FaultElement[];
  /** The gateway's addition: the value, the reason, the remedy. The element `Detail`. */
  readonly why: string | undefined;
  /** The setting or store that refused, for our log only. */
  readonly rule: string | undefined;
  /** The limit that was met; `undefined` if none was (limit-table.ts). */
  readonly limit?: LimitName | undefined;
  /** The seconds after which to try again, if they are known. */
  readonly retryAfterSeconds?: number | undefined;
  /**
   * The unknown name, for our log and metrics; `undefined` if the request was refused for something
   * else.
   */
  readonly unknown?: UnknownName | undefined;
  /** The claim of the operator that a policy would not keep, for our page. */
  readonly claim?: string | undefined;
};

type More = {
  readonly elements?: readonly FaultElement[] | undefined;
  readonly why?: string | undefined;
  readonly rule?: string | undefined;
};

/** `values`: for the `{}` of AWS's message, in their order. */
export type AwsMore = More & { readonly values?: readonly string[] };

const NO_ELEMENTS: readonly FaultElement[] = [];

/**
 * `message`: our own sentence for the client, without a final period, for what AWS never refuses; the
 * code's own if absent. See `awsFault` for what AWS refuses too.
 */
export function fault(
  code: FaultCode,
  message: string = FAULTS[code].message,
  { elements = NO_ELEMENTS, why, rule }: More = {},
): Fault {
  return { code, message, elements, why, rule };
}

/**
 * A refusal that AWS has, in its words: of a code or, more exactly, of a row of NAMED_FAULTS.
 */
export function awsFault(name: FaultCode | NamedFault, more: AwsMore = {}): Fault {
  const row = isNamed(name) ? NAMED_FAULTS[name] : { code: name, message: FAULTS[name].message };
  return fault(row.code, filledIn(row.message, more.values ?? NO_VALUES), more);
}

const NO_VALUES: readonly string[] = [];

/** `text` with `values` in place of each `{}`, in their order. */
export function filledIn(text: string, values: readonly string[]): string {
  let out = "";
  let from = 0;
  for (const value of values) {
    const at = text.indexOf("{}", from);
    if (at < 0) break;
    out += text.slice(from, at) + value;
    from = at + 2;
  }
  return out + text.slice(from);
}

/** Returns the elements with which AWS names the argument of an InvalidArgument and the like. */
export function argument(name: string, value: string): readonly FaultElement[] {
  return [
    ["ArgumentName", name],
    ["ArgumentValue", value],
  ];
}

function isNamed(name: FaultCode | NamedFault): name is NamedFault {
  return Object.hasOwn(NAMED_FAULTS, name);
}

/** `refusal`, for the name of a header or query parameter that is not served. */
export function unknownName(kind: UnknownName["kind"], name: string, refusal: Fault): Fault {
  return { ...refusal, unknown: { kind, name } };
}
