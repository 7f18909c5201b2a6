import type { RequestHead } from "../http/head.ts";
import type { ChecksumCheck } from "../checksum/checksum.ts";
import type { BucketName } from "../s3/address.ts";
import type { Ask } from "../s3/asks.ts";
import type { PutFromForm } from "../s3/post-object.ts";
import type { LengthRange } from "../signature/post-policy.ts";
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

/** A form that was decided on from its fields. Its file is still to be read, and to be measured. */
export type PendingFile = {
  readonly form: PendingForm;
  readonly subject: Subject;
  readonly asks: readonly Ask[];
  readonly upload: FormUpload;
  /** Before the policies were asked. */
  readonly facts: Facts;
  readonly judged: Facts;
  /** Bytes that the file was judged by. */
  readonly bytesMax: number;
};

/** The object that a form uploads, and what must be true of its bytes. */
export type FormUpload = {
  readonly put: PutFromForm;
  readonly checks: readonly ChecksumCheck[];
  /** How long the form's own policy lets it be. */
  readonly range: LengthRange;
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
