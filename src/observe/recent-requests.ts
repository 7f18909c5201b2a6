import { GATE_NAMES } from "../admission/facts.ts";
import { clientTexts } from "./client-texts.ts";
import type { AccessRecord } from "./record.ts";

/**
 * The fields of each of the latest requests on the page. Holds nothing that the audit log has not.
 */
type RecentRequest = Pick<
  AccessRecord,
  | "timeMs"
  | "requestId"
  | "sourceAddress"
  | "account"
  | "subuser"
  | "accessKeyId"
  | "method"
  | "operation"
  | "bucket"
  | "key"
  | "versionId"
  | "errorCode"
  | "rule"
> & {
  /** True if not all of the request is shown. */
  readonly clipped: boolean;
};

/** The parts of the gateway whose refusals are denials. */
export const REFUSERS = [...GATE_NAMES, "enforced-claim"] as const;

export type Refuser = (typeof REFUSERS)[number];

/** A request that a gate refused, or in report mode would have, or an enforced claim. */
export type RecentDenial = RecentRequest &
  Pick<AccessRecord, "ruleFile" | "ruleLine" | "reported" | "gate" | "claim">;

/** A request that no gate refused, and that was answered with a status from 500 or broken off. */
export type RecentFailure = RecentRequest &
  Pick<
    AccessRecord,
    "status" | "outcome" | "endpoint" | "upstreamError" | "fault" | "storeRequestId" | "path"
  >;

/** Returns who refused, or in report mode would have; `undefined` if the request is no denial. */
export function refuserOf({
  gate,
  claim,
}: Pick<AccessRecord, "gate" | "claim">): Refuser | undefined {
  return gate ?? (claim === undefined ? undefined : "enforced-claim");
}

/**
 * Returns true if a request is a failure. Each request is shown once: one that a gate refused is a
 * denial, whatever its status.
 */
export function isFailure({ status, outcome, gate, reported }: AccessRecord): boolean {
  const refused = gate !== undefined && !reported;
  return !refused && (status >= 500 || outcome === "failed" || outcome === "gateway_fault");
}

/** Returns a denial without the fields that the page does not show. */
export function shownDenial(record: AccessRecord): RecentDenial {
  const { gate, claim, ruleFile, ruleLine, reported } = record;
  return { ...shown(record), gate, claim, ruleFile, ruleLine, reported };
}

/** Returns a failure likewise. */
export function shownFailure(record: AccessRecord): RecentFailure {
  const { status, outcome, endpoint, upstreamError, fault } = record;
  const { storeRequestId, path } = clientTexts(record);
  return {
    ...shown(record),
    status,
    outcome,
    endpoint,
    upstreamError,
    fault,
    storeRequestId,
    path,
  };
}

function shown(record: AccessRecord): RecentRequest {
  const { timeMs, requestId, sourceAddress, account, subuser, method, operation } = record;
  const { bucket, errorCode } = record;
  const { key, versionId, accessKeyId, rule, isWhole } = clientTexts(record);
  return {
    timeMs,
    requestId,
    sourceAddress,
    account,
    subuser,
    accessKeyId,
    method,
    operation,
    bucket,
    key,
    versionId,
    errorCode,
    rule,
    clipped: !isWhole,
  };
}
