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

/** The subject of a request, after one parse and one proof. */
export type Subject = {
  readonly head: RequestHead;
  readonly operation: OperationName;
  readonly address: Address<Bucket>;
  /** The source of a copy or rename; `undefined` for everything else. */
  readonly source: CopySource<Bucket> | undefined;
  /** The version of the addressed object; `undefined` for the current one. */
  readonly versionId: string | undefined;
  readonly query: readonly QueryParameter[];
  /** The headers, with those that a presigned URL carried as parameters. */
  readonly headers: HeaderList;
  readonly caller: Caller;
  /** The declared payload, proved if a signature covers it. */
  readonly payload: Payload;
  /**
   * The values in its headers and, once it was read, its document; `undefined` if no policy asks.
   */
  readonly values: RequestValues | undefined;
  /** The answers that the decision has had so far. */
  readonly known: Known;
};

/** The start of a decision, which has asked for nothing. */
export const NOTHING_KNOWN: Known = { records: undefined, tags: new Map() };
