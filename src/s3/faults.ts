import { FAULTS, type FaultCode } from "./fault-table.ts";
import type { LimitName } from "./limit-table.ts";

/** What a request was refused for because the gateway does not serve anything of that name. */
export type UnknownName = { readonly kind: "header" | "parameter"; readonly name: string };

/** A further element of the error document, such as `StringToSign`. */
export type FaultElement = readonly [name: string, value: string];

/** A refusal. `message` and `elements` are the client's; `detail` is for our log only. */
export type Fault = {
  readonly code: FaultCode;
  readonly message: string;
  readonly elements: readonly FaultElement[];
  readonly detail: string | undefined;
  /** Which limit was met; undefined: none (limit-table.ts). */
  readonly limit?: LimitName | undefined;
  /** After how many seconds it may be tried again, where that is known. */
  readonly retryAfterSeconds?: number | undefined;
  /** For our log and metrics; `undefined` if it was refused for something else. */
  readonly unknown?: UnknownName | undefined;
};

const NO_ELEMENTS: readonly FaultElement[] = [];

/** `message`: a sentence for the client, without a final period; the code's own if absent. */
export function fault(
  code: FaultCode,
  message: string = FAULTS[code].message,
  more: {
    readonly elements?: readonly FaultElement[] | undefined;
    readonly detail?: string;
  } = {},
): Fault {
  return { code, message, elements: more.elements ?? NO_ELEMENTS, detail: more.detail };
}

/** `refusal`, for the name of a header or query parameter that is not served. */
export function unknownName(kind: UnknownName["kind"], name: string, refusal: Fault): Fault {
  return { ...refusal, unknown: { kind, name } };
}
