import type { Caller } from "./caller.ts";
import type { RequestHead } from "../http/head.ts";
import type { HeaderList } from "../http/headers.ts";
import type { QueryParameter } from "../http/target.ts";
import type { Payload } from "../signature/payload.ts";
import type { Address } from "../s3/address.ts";
import type { Bucket } from "../s3/bucket.ts";
import type { CopySource } from "../s3/copy-source.ts";
import type { OperationName } from "../s3/operations.ts";
import type { RequestValues } from "../s3/request-values.ts";
import type { Known } from "./known.ts";

/** What a request is about, after one parse and one proof. */
export type Subject = {
  readonly head: RequestHead;
  readonly operation: OperationName;
  readonly address: Address<Bucket>;
  /** What a copy or rename reads; undefined for everything else. */
  readonly source: CopySource<Bucket> | undefined;
  /** Of the object that is addressed; undefined: the current one. */
  readonly versionId: string | undefined;
  readonly query: readonly QueryParameter[];
  /** With the headers that a presigned URL carried as parameters. */
  readonly headers: HeaderList;
  readonly caller: Caller;
  /** What the body was said to be, proved where a signature covers it. */
  readonly payload: Payload;
  /** What its headers and, once it was read, its document say; undefined: no policy asks. */
  readonly values: RequestValues | undefined;
  /** What the decision has asked for so far. */
  readonly known: Known;
};

/** Of a decision that has asked for nothing. */
export const NOTHING_KNOWN: Known = { records: undefined, tags: new Map() };
