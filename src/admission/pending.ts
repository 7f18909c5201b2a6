import type { RequestHead } from "../http/head.ts";
import type { BucketName } from "../s3/address.ts";
import type { Facts } from "./facts.ts";

/** A browser's form, whose fields hold its sender and its request. */
export type PendingForm = {
  readonly head: RequestHead;
  readonly bucket: BucketName;
  /** The account whose `bucket` it is, if neither it nor the form names one; see Located. */
  readonly hostAccount: string | undefined;
  readonly contentType: string;
  /** Bytes of the whole form; undefined if it did not say. */
  readonly contentLength: number | undefined;
  readonly facts: Facts;
};
