import type { RequestHead } from "../http/head.ts";
import type { BucketName } from "../s3/address.ts";
import type { Ask } from "../s3/asks.ts";
import type { BodyPlan } from "./body-plan.ts";
import type { Facts } from "./facts.ts";
import type { Subject } from "./subject.ts";

/** An admitted request whose decision ends with its body. */
export type PendingBody = {
  readonly subject: Subject;
  readonly facts: Facts;
  /** What the head asks for and policies have not judged yet, since they need the document. */
  readonly asks: readonly Ask[];
  /** How the body is read and proved. */
  readonly plan: BodyPlan;
};

/** A browser's form: who sends it, and what, stands in its fields. */
export type PendingForm = {
  readonly head: RequestHead;
  readonly bucket: BucketName;
  /** Whose `bucket` is, where neither it nor the form names an account; see Located. */
  readonly hostAccount: string | undefined;
  readonly contentType: string;
  /** Bytes of the whole form; undefined if it did not say. */
  readonly contentLength: number | undefined;
  readonly facts: Facts;
};
