import type { QueryParameter } from "../http/target.ts";
import { firstValue } from "../http/headers.ts";
import type { Ask } from "../s3/asks.ts";
import { unknownRecords } from "./buckets.ts";
import type { Tagged } from "./ask-context.ts";
import type { Facts } from "./facts.ts";
import { UNTOUCHED } from "./forward.ts";
import type { Need } from "./known.ts";
import { EMPTY_SHA256 } from "./plan-body.ts";
import { unknownOperation } from "./served.ts";
import type { Snapshot } from "./snapshot.ts";
import { storeRequest } from "./store-request.ts";
import type { Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/**
 * The verdict that tags of the store are needed ("GetObjectTagging", "GetBucketTagging", S3 API
 * Reference), asked for in the name that the request itself will have there.
 */
export function needVerdict(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  wanted: readonly Tagged[],
  nowMs: number,
): Verdict {
  const needs: Need[] = [];
  for (const tagged of wanted) {
    const asking = askingFor(subject, tagged);
    // A store that does not know it answers with the object, whose bytes are the client's to choose.
    if (!snapshot.store.operations.has(asking.operation)) {
      return { kind: "refuse", facts, fault: unknownOperation(asking.operation) };
    }
    const body = { ...UNTOUCHED, payload: EMPTY_SHA256, length: undefined };
    const request = storeRequest(snapshot, asking, facts, body, nowMs);
    if (!request.ok) return { kind: "refuse", facts, fault: request.error };
    needs.push({ kind: "tags", name: tagged.name, request: request.value });
  }
  return { kind: "need", facts, needs };
}

/** The verdict that records of buckets are needed; undefined: all of them are known. */
export function recordsVerdict(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  asks: readonly Ask[],
): Verdict | undefined {
  const { address } = subject;
  const own = address.kind === "service" ? undefined : address.bucket;
  const names = unknownRecords(snapshot, subject, [own, ...asks.map(({ bucket }) => bucket)]);
  if (names.length === 0) return undefined;
  return { kind: "need", facts, needs: names.map((name) => ({ kind: "bucket", name })) };
}

function askingFor(subject: Subject, { address, versionId }: Tagged): Subject {
  const query: QueryParameter[] = [parameter("tagging", "")];
  if (versionId !== undefined) query.push(parameter("versionId", versionId));
  return {
    ...subject,
    head: { ...subject.head, method: "GET" },
    operation: address.kind === "object" ? "GetObjectTagging" : "GetBucketTagging",
    address,
    query,
    headers: ["host", firstValue(subject.headers, "host") ?? ""],
  };
}

function parameter(name: string, value: string): QueryParameter {
  return { name, value, rawName: "", rawValue: "" };
}
