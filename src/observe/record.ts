import type { Decision, Gate } from "../admission/facts.ts";
import type { UnknownName } from "../s3/faults.ts";
import type { LimitName } from "../s3/limit-table.ts";

/** The ways in which a request can end: the `outcome` label of `s3warden_requests_total`. */
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

/** The places of a fault of the gateway's own: the label of `s3warden_faults_total`. */
export const FAULT_PLACES = [
  /** The request was read or decided on, or something was fetched for the decision. */
  "decision",
  /** The request was handed to the connection to the store. */
  "dispatch",
  /** The client's body went to the store. */
  "body",
  /** The store's answer went to the client. */
  "answer",
] as const;

export type FaultPlace = (typeof FAULT_PLACES)[number];

/** The facts about one request when it has ended; log lines and metrics are made from this only. */
export type AccessRecord = {
  /** The time when the head had been read, in milliseconds since the epoch. */
  readonly timeMs: number;
  readonly requestId: string;
  readonly sourceAddress: string | undefined;
  readonly method: string;
  readonly operation: string;
  /** The path of a request that is not S3, as sent, without the query. */
  readonly path?: string | undefined;
  readonly bucket: string | undefined;
  /** The tenant of the bucket, if the request names one. */
  readonly tenant: string | undefined;
  readonly key: string | undefined;
  readonly versionId: string | undefined;
  readonly account: string | undefined;
  readonly subuser: string | undefined;
  /** The role of a session: the role's name, and the session's as its caller chose it. */
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
  /** The enforced claim that a bucket policy would not keep. */
  readonly claim?: string | undefined;
  /** The text that the client read beside AWS's message: the value or the reason. */
  readonly detail?: string | undefined;
  /** The place of the rule, if in a policy: its file, and the line from 1. */
  readonly ruleFile: string | undefined;
  readonly ruleLine: number | undefined;
  /** True if report mode let a refused request through. */
  readonly reported: boolean;
  readonly endpoint: string | undefined;
  /** The body bytes from and to the client. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  /** The time from dispatch to the first byte of the store's answer. */
  readonly firstByteMs: number | undefined;
  /** The kind of the upstream error: a label of `upstream_errors_total`. */
  readonly upstreamError: string | undefined;
  /** The place where the gateway itself failed; `undefined` if it did not. */
  readonly fault?: FaultPlace | undefined;
  readonly userAgent: string | undefined;
  /** The store's name of the request (`x-amz-request-id`); its log knows it by that. */
  readonly storeRequestId?: string | undefined;
  /** The SDK's name of the call (`amz-sdk-invocation-id`): the same for each attempt. */
  readonly invocationId?: string | undefined;
};
