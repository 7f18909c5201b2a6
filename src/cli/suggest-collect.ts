import { judgedAsks } from "../admission/gates.ts";
import { askedBy, withCopiedTags } from "../admission/provider-rules.ts";
import { queryValue } from "../http/target.ts";
import type { Provider } from "../provider/provider.ts";
import { asksOf, asksOfDelete, type Ask } from "../s3/asks.ts";
import { asksOfExtensions } from "../s3/extensions.ts";
import { copySourceOf } from "../s3/copy-source.ts";
import { needsOfDocument } from "../s3/document-asks.ts";
import type { DeleteEntry } from "../s3/delete-objects.ts";
import { identityOf, type AuditEntry } from "./audit-entry.ts";
import type { AuditFiles } from "./audit-reader.ts";
import { recordedRequest, type RecordedRequest, type WhyNot } from "./recorded-request.ts";
import { UsedActions } from "./suggest-policy.ts";

/** The facts in an audit log about one identity. */
export type UsedBy = {
  readonly used: UsedActions;
  /** The number of lines of the audit log, of all identities. */
  lines: number;
  requests: number;
  denied: number;
  /** The number of requests that were let through, and refused by the store. */
  storeRefused: number;
  others: number;
  torn: number;
  readonly left: Map<WhyNot, number>;
  /** Requests whose documents may have needed more than is recorded. */
  documents: number;
  /** The number of DeleteObjects whose keys are not recorded, and of forms. */
  unrecorded: number;
  /** The number of DeleteObjects of which a part was denied, and is not taken. */
  inPart: number;
  /** The same, if it is not recorded which part. */
  someParts: number;
  readonly identities: Set<string>;
};

/** `as`: whose requests; `includeDenied`: also those that were refused; `exact`: see UsedActions. */
type CollectOptions = {
  readonly as: string;
  readonly includeDenied?: boolean;
  readonly exact?: boolean;
};

/** Names that are remembered, for who mistyped one. */
const IDENTITIES_MAX = 10_000;

/** Reads all of it once. */
export async function collect(
  { items }: AuditFiles,
  provider: Provider,
  options: CollectOptions,
): Promise<UsedBy> {
  const used = new UsedActions(options.exact === true);
  const identities = new Set<string>();
  const left = new Map<WhyNot, number>();
  const found: UsedBy = {
    used,
    identities,
    left,
    lines: 0,
    requests: 0,
    denied: 0,
    storeRefused: 0,
    others: 0,
    torn: 0,
    documents: 0,
    unrecorded: 0,
    inPart: 0,
    someParts: 0,
  };
  for await (const item of items) {
    if (item.kind === "other") found.others++;
    else if (item.kind === "torn") found.torn++;
    else note(found, item.entry, provider, options);
  }
  return found;
}

function note(found: UsedBy, entry: AuditEntry, provider: Provider, options: CollectOptions): void {
  found.lines++;
  const identity = identityOf(entry);
  if (identity !== options.as || entry.account === undefined) {
    if (found.identities.size < IDENTITIES_MAX) found.identities.add(identity);
    return;
  }
  // Report mode lets through what it would refuse: that was done, too.
  const done = entry.decision === "allow" || entry.reported;
  if (done && isStoreRefusal(entry) && options.includeDenied !== true) {
    found.storeRefused++;
    return;
  }
  const isTaken = done || (options.includeDenied === true && entry.decision === "deny");
  const taken = isTaken ? entry : allowedPart(found, entry);
  if (taken === undefined) return;
  const recorded = recordedRequest(withoutKeys(taken));
  if (!recorded.ok) return leave(found, recorded.error);
  if (noteAsks(found, recorded.value, provider)) found.requests++;
  else leave(found, "unknown");
}

/**
 * Returns true if the store itself refused, so that nothing was done: to be allowed it here gives a
 * caller no more.
 */
function isStoreRefusal({ outcome, status }: AuditEntry): boolean {
  return outcome === "forwarded" && status === 403;
}

/** Returns the part of a denied request that was done, which only one with many parts can have. */
function allowedPart(found: UsedBy, entry: AuditEntry): AuditEntry | undefined {
  const { deletes, denied } = entry.request ?? {};
  if (entry.request !== undefined && deletes !== undefined && denied !== undefined) {
    found.inPart++;
    const left = new Set(denied);
    const done = deletes.filter((_, i) => !left.has(i));
    return { ...entry, request: { ...entry.request, deletes: done } };
  }
  // The gateway itself answers one of which every part is denied.
  const isInPart = entry.operation === "DeleteObjects" && entry.outcome === "forwarded";
  if (isInPart) found.someParts++;
  else found.denied++;
  return undefined;
}

/**
 * Returns the entry without keys. Of a list that is too long for its line, the bucket is known,
 * which is what matters here.
 */
function withoutKeys(entry: AuditEntry): AuditEntry {
  const { operation, request } = entry;
  if (operation !== "DeleteObjects" || request === undefined || request.deletes !== undefined) {
    return entry;
  }
  return { ...entry, request: { ...request, clipped: false } };
}

function leave({ left }: UsedBy, why: WhyNot): void {
  left.set(why, (left.get(why) ?? 0) + 1);
}

/** Notes the asks of a line. Returns false if the line contradicts itself. */
function noteAsks(found: UsedBy, recorded: RecordedRequest, provider: Provider): boolean {
  const { operation, address, query, headers } = recorded;
  if (needsOfDocument(operation)) found.documents++;
  if (address.kind !== "service" && (operation === "PostObject" || operation === "DeleteObjects")) {
    noteBody(found, recorded, address.bucket, provider);
    return true;
  }
  const source = copySourceOf(operation, headers);
  if (!source.ok) return false;
  const asks = [
    ...asksOf(operation, address, queryValue(query, "versionId"), headers, source.value),
    ...asksOfExtensions(operation, address, query),
  ];
  // No line tells which store it was, and most take a source's tags along in any case.
  addAll(found, askedBy(provider, withCopiedTags(asks)), provider);
  return true;
}

/** Notes a request whose head asks for nothing. */
function noteBody(
  found: UsedBy,
  { operation, headers, inputs, address }: RecordedRequest,
  bucket: Extract<RecordedRequest["address"], { readonly kind: "bucket" }>["bucket"],
  provider: Provider,
): void {
  if (operation === "PostObject") {
    found.unrecorded++;
    if (address.kind !== "object") return found.used.addSomewhere("s3:PutObject", bucket);
    const ask = { action: "s3:PutObject", operation, bucket, key: address.key } as const;
    return found.used.add(ask);
  }
  if (inputs.deletes === undefined) {
    found.unrecorded++;
    return found.used.addSomewhere("s3:DeleteObject", bucket);
  }
  for (const [key = "", versionId] of inputs.deletes) {
    addAll(found, asksOfDelete(bucket, entryOf(key, versionId), headers), provider);
  }
}

function entryOf(key: string, versionId: string | undefined): DeleteEntry {
  return { key, versionId, eTag: undefined, lastModifiedTime: undefined, size: undefined };
}

function addAll({ used }: UsedBy, asks: readonly Ask[], provider: Provider): void {
  for (const ask of judgedAsks(provider, asks)) used.add(ask);
}
