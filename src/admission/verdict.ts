import type { StoreRequest } from "./outgoing.ts";
import type { Fault } from "../s3/faults.ts";
import type { BodyPlan } from "./body-plan.ts";
import type { Facts } from "./facts.ts";
import type { RecordChange } from "./record-change.ts";
import type { ReplyPlan } from "./reply-plan.ts";

/** The end of a decision on a request. */
export type Verdict =
  | { readonly kind: "refuse"; readonly facts: Facts; readonly fault: Fault }
  | {
      readonly kind: "forward";
      readonly facts: Facts;
      readonly request: StoreRequest;
      readonly body: BodyPlan;
      /** True if the proved body is framed again with its trailer for the store. */
      readonly reframe: boolean;
      /** The body if the gateway has read or rewritten it; else it is streamed by `body`. */
      readonly content: Buffer | undefined;
      readonly reply: ReplyPlan;
    }
  /** The gateway itself answers, with status 200. */
  | {
      readonly kind: "answer";
      readonly facts: Facts;
      readonly contentType: string;
      readonly body: string;
    }
  /** The gateway's record of a bucket is changed; then the answer is 204. */
  | { readonly kind: "keep"; readonly facts: Facts; readonly change: RecordChange };
