import type { FaultCode } from "./fault-table.ts";

/**
 * Every limit that a client can meet, by its name in metrics: the setting that an operator changes
 * it by, and S3's error for it ("Error responses", S3 API Reference).
 */
export const LIMITS = {
  header_bytes: { setting: "limits.headerBytes", code: "RequestHeaderSectionTooLarge" },
  header_timeout: { setting: "limits.headerTimeout", code: "RequestTimeout" },
  idle_timeout: { setting: "limits.idleTimeout", code: "RequestTimeout" },
  body_bytes: { setting: "limits.bodyBytes", code: "EntityTooLarge" },
  unproved_bytes: { setting: "limits.unprovedBytes", code: "SlowDown" },
  xml_bytes: { setting: "limits.xmlBytes", code: "MaxMessageLengthExceeded" },
  form_spool: { setting: "formSpool.bytes", code: "SlowDown" },
  form_spool_per_account: { setting: "formSpool.bytesPerAccount", code: "SlowDown" },
  connections: { setting: "limits.connections", code: "SlowDown" },
  connections_per_address: { setting: "limits.connectionsPerAddress", code: "SlowDown" },
  pipelined_requests: { setting: "limits.pipelinedRequests", code: "SlowDown" },
  store_connections: { setting: "upstream.queueTimeout", code: "SlowDown" },
  requests_per_account: { setting: "limits.requestsPerAccount", code: "SlowDown" },
  requests_per_subuser: { setting: "limits.requestsPerSubuser", code: "SlowDown" },
  concurrent_requests: { setting: "limits.concurrentRequests", code: "SlowDown" },
  concurrent_requests_per_subuser: {
    setting: "limits.concurrentRequestsPerSubuser",
    code: "SlowDown",
  },
  bytes_per_account: { setting: "limits.bytesPerAccount", code: "SlowDown" },
} as const satisfies Record<string, { readonly setting: string; readonly code: FaultCode }>;

export type LimitName = keyof typeof LIMITS;

/** All names of limits, for code that needs one of each. */
export const LIMIT_NAMES: readonly LimitName[] = Object.keys(LIMITS).filter(isLimitName);

function isLimitName(name: string): name is LimitName {
  return name in LIMITS;
}
