import { parseDocument } from "yaml";

/**
 * What deploy/ already names and another branch brings: delete each line when its code is here, and
 * this file when it is empty.
 */
const COMING_KEYS: readonly (readonly string[])[] = [
  ["workers"],
  ["limits", "drainDelay"],
  ["limits", "drainTimeout"],
];

/** Metrics, with their labels. */
export const COMING_METRICS: Readonly<Record<string, readonly string[]>> = {
  s3warden_limited_total: ["limit"],
  s3warden_connections: [],
  s3warden_audit_errors_total: [],
  s3warden_worker_restarts_total: [],
};

/** A gateway.yaml as this version can read it. */
export function withoutComing(text: string): string {
  const document = parseDocument(text);
  for (const path of COMING_KEYS) document.deleteIn(path);
  return document.toString();
}
