import type { StatementRef } from "../policy/policy.ts";
import type { Ask } from "../s3/asks.ts";
import type { DeleteEntry } from "../s3/delete-objects.ts";
import type { S3Document } from "../s3/document-reader.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Denial, Gate } from "./facts.ts";
import type { Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/** What every gate is asked. */
export type Question = {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  /** Undefined: the request is anonymous. */
  readonly key: Key | undefined;
  readonly asks: readonly Ask[];
  /** What the body says, where it has been read: a document, or one entry of a DeleteObjects. */
  readonly document:
    | S3Document
    | { readonly kind: "entry"; readonly entry: DeleteEntry }
    | undefined;
  readonly nowMs: number;
};

/** A gate's no: what the client reads, and what the operator reads. */
export type Refusal = { readonly fault: Fault; readonly denial: Denial };

/**
 * `rule`: which setting it was, for the operator. `message`: why, for the client. `place`: where the
 * rule stands, if it stands in a policy.
 */
export function refusal(gate: Gate, rule: string, message: string, place?: StatementRef): Refusal {
  return { fault: fault("AccessDenied", message), denial: { gate, rule, place } };
}
