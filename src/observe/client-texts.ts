import { clip } from "./budget.ts";
import type { AccessRecord } from "./record.ts";

/** The fields of a record with a client's own words, or with words about them. */
type ClientTexts = Pick<
  AccessRecord,
  | "key"
  | "versionId"
  | "accessKeyId"
  | "userAgent"
  | "path"
  | "rule"
  | "unknown"
  | "detail"
  | "storeRequestId"
  | "invocationId"
>;

/**
 * Returns the texts of `record` as a reader of the request may see them: the one place for the
 * audit log and the status page. `isWhole`: nothing of the request and its sender is missing.
 */
export function clientTexts(record: ClientTexts): ClientTexts & { readonly isWhole: boolean } {
  const key = clipped(record.key);
  const versionId = clipped(record.versionId);
  const userAgent = clipped(record.userAgent);
  const { unknown } = record;
  return {
    key,
    versionId,
    userAgent,
    accessKeyId: clipped(record.accessKeyId),
    path: clipped(record.path),
    rule: clipped(record.rule),
    unknown: unknown && { kind: unknown.kind, name: clip(unknown.name) },
    detail: clipped(record.detail),
    storeRequestId: clipped(record.storeRequestId),
    invocationId: clipped(record.invocationId),
    isWhole: key === record.key && versionId === record.versionId && userAgent === record.userAgent,
  };
}

function clipped(text: string | undefined): string | undefined {
  return text === undefined ? undefined : clip(text);
}
