import type { Fault } from "../s3/faults.ts";
import type { BodyPlan } from "./body-plan.ts";
import type { Facts } from "./facts.ts";
import type { RecordChange } from "./record-change.ts";
import type { ReplyPlan } from "./reply-plan.ts";

/** The head that the store will receive, signed for it. */
export type StoreRequest = {
  readonly method: string;
  /** Path and query, canonically encoded from what was judged. */
  readonly target: string;
  /** Not read-only, since undici will not take such: made for this request and handed over. */
  readonly headers: string[];
  /** Whose key signed it: what the store says of that key is about them. */
  readonly signedBy: "gateway" | "client" | "nobody";
};

/** What becomes of a request. */
export type Verdict =
  | { readonly kind: "refuse"; readonly facts: Facts; readonly fault: Fault }
  | {
      readonly kind: "forward";
      readonly facts: Facts;
      readonly request: StoreRequest;
      readonly body: BodyPlan;
      /** Whether the proved body is framed again with its trailer for the store. */
      readonly reframe: boolean;
      /** The body where the gateway has read or rewritten it; else it is streamed by `body`. */
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
  /** What the gateway remembers of a bucket is changed; then the answer is 204. */
  | { readonly kind: "keep"; readonly facts: Facts; readonly change: RecordChange };
