import type { StatementRef } from "../policy/policy.ts";
import type { RequestMemo } from "../policy/request-memo.ts";
import type { Ask } from "../s3/asks.ts";
import type { Bucket } from "../s3/bucket.ts";
import type { DeleteEntry } from "../s3/delete-objects.ts";
import type { S3Document } from "../s3/document-reader.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Denial, Gate } from "./facts.ts";
import type { Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/** The input of every gate. */
export type Question = {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  /** The key; `undefined` if the request is anonymous. */
  readonly key: Key | undefined;
  readonly asks: readonly Ask<Bucket>[];
  /** The content of the body, if it has been read: a document, or one entry of a DeleteObjects. */
  readonly document:
    | S3Document
    | { readonly kind: "entry"; readonly entry: DeleteEntry }
    | undefined;
  readonly nowMs: number;
  readonly memo: MemoSlot;
};

/** The memory of evaluating the policies of one request, however often that is. */
export type MemoSlot = {
  /** The values that the evaluations share, once there are any. */
  shared: RequestMemo | undefined;
  /**
   * The headers that they came to depend on and that the store ignores; `undefined` if there are
   * none.
   */
  ignoredByStore: Set<string> | undefined;
  /** True if any evaluation came to depend on what a document can say. */
  ofDocument: boolean;
};

export function memoSlot(): MemoSlot {
  return { shared: undefined, ignoredByStore: undefined, ofDocument: false };
}

/** The refusal of a gate: the client's fault, and the operator's denial. */
export type Refusal = { readonly fault: Fault; readonly denial: Denial };

/**
 * Returns a refusal. `rule`: the setting, for the operator. `message`: the reason, for the client.
 * `place`: the place of the rule, if it stands in a policy.
 */
export function refusal(gate: Gate, rule: string, message: string, place?: StatementRef): Refusal {
  return { fault: fault("AccessDenied", message), denial: { gate, rule, place } };
}
