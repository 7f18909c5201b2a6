import type { Decision, Gate } from "../admission/facts.ts";
import type { UnknownName } from "../s3/faults.ts";
import type { LimitName } from "../s3/limit-table.ts";

/** How a request can end: the `outcome` label of `s3warden_requests_total`. */
export const OUTCOMES = [
  /** The store answered and its answer was delivered whole. */
  "forwarded",
  /** The gateway itself answered: an answer that needs no store, or a refusal. */
  "answered",
  "refused",
  /** The store did not answer, or broke off. */
  "failed",
  /** The client went away before its answer was complete. */
  "aborted",
  /** A bug of the gateway's own; neither the client nor the store did anything wrong. */
  "gateway_fault",
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Where a fault of the gateway's own happened: the label of `s3warden_faults_total`. */
export const FAULT_PLACES = [
  /** While the request was read or decided on, or something was fetched for the decision. */
  "decision",
  /** While the request was handed to the connection to the store. */
  "dispatch",
  /** While the client's body went to the store. */
  "body",
  /** While the store's answer went to the client. */
  "answer",
] as const;

export type FaultPlace = (typeof FAULT_PLACES)[number];

/** What is known of one request when it has ended; log lines and metrics are made from this only. */
export type AccessRecord = {
  /** When the head had been read, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly requestId: string;
  readonly sourceAddress: string | undefined;
  readonly method: string;
  readonly operation: string;
  /** Of what is not S3, as sent, without the query. */
  readonly path?: string | undefined;
  readonly bucket: string | undefined;
  /** Of the bucket, where the request names one. */
  readonly tenant: string | undefined;
  readonly key: string | undefined;
  readonly versionId: string | undefined;
  readonly account: string | undefined;
  readonly subuser: string | undefined;
  /** Of a session of a role: the role's name, and the session's as its caller chose it. */
  readonly role?: string | undefined;
  readonly session?: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly outcome: Outcome;
  /** The HTTP status the client saw; 0 if none was sent. */
  readonly status: number;
  /** The S3 error code of an answer the gateway itself made. */
  readonly errorCode: string | undefined;
  readonly decision: Decision;
  /** The gate that refused, or in report mode would have. */
  readonly gate: Gate | undefined;
  /** The rule that refused, in the operator's words. */
  readonly rule: string | undefined;
  /** The limit that was met; then `rule` names its setting. */
  readonly limit: LimitName | undefined;
  /** The header or query parameter that it was refused for, because nothing of that name is served. */
  readonly unknown?: UnknownName | undefined;
  /** What the client was told beside AWS's message: the value or the reason. */
  readonly detail?: string | undefined;
  /** Where the rule stands, if in a policy: its file, and the line from 1. */
  readonly ruleFile: string | undefined;
  readonly ruleLine: number | undefined;
  /** True where report mode let a refused request through. */
  readonly reported: boolean;
  readonly endpoint: string | undefined;
  /** Body bytes from and to the client. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  /** From dispatch to the first byte of the store's answer. */
  readonly firstByteMs: number | undefined;
  /** What kind of upstream error it was: a label of `upstream_errors_total`. */
  readonly upstreamError: string | undefined;
  /** Where the gateway itself failed; `undefined` if it did not. */
  readonly fault?: FaultPlace | undefined;
  readonly userAgent: string | undefined;
  /** What the store calls the request (`x-amz-request-id`); its log knows it by that. */
  readonly storeRequestId?: string | undefined;
  /** What the client's SDK calls the call (`amz-sdk-invocation-id`): the same for each attempt. */
  readonly invocationId?: string | undefined;
};
