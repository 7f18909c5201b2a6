import type { HeaderList } from "../http/headers.ts";
import { queryValue } from "../http/target.ts";
import { isFoldable, type Address } from "../s3/address.ts";
import type { CopySource } from "../s3/copy-source.ts";
import type { DeleteEntry } from "../s3/delete-objects.ts";
import { extensionsIn } from "../s3/extensions.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { withoutEffect } from "../s3/ignored-headers.ts";
import type { OperationName } from "../s3/operations.ts";
import { knowsVersions } from "../s3/stores.ts";
import type { Snapshot, StoreSettings } from "./snapshot.ts";
import { unverifiable } from "./store-checksums.ts";
import type { Subject } from "./subject.ts";

/**
 * Returns the reason why the store must not be sent the request, as far as its head tells. It could
 * take it for another, or is asked to verify what it cannot. `undefined` if it may be sent. Error:
 * NotImplemented.
 */
export function notServed(store: StoreSettings, subject: Subject): Fault | undefined {
  const { operations } = store;
  const { operation, versionId, source } = subject;
  if (!operations.has(operation)) return unknownOperation(operation);
  const noEffect = ineffective(store, operation, subject.headers);
  if (noEffect !== undefined) return noEffect;
  const unknown = unverifiable(store, subject);
  if (unknown !== undefined || knowsVersions(operations)) return unknown;
  return unknownVersion([versionId, source?.versionId]);
}

/**
 * Returns the fault of `headers` that a store accepts for `operation` without effect: a reader of
 * the success would take an object for encrypted, locked or not overwritten. `undefined` if they
 * may be sent. Error: NotImplemented.
 */
export function ineffective(
  store: StoreSettings,
  operation: OperationName,
  headers: HeaderList,
): Fault | undefined {
  const acl = ineffectiveAcl(store, headers);
  if (acl !== undefined || store.withoutEffect === "pass") return acl;
  const name = withoutEffect(store.ignoredHeaders, operation, headers);
  if (name === undefined) return undefined;
  const message = `The store behind this gateway accepts "${name}" for ${operation} and does nothing of it`;
  return fault("NotImplemented", message, {
    rule: "upstream.store, upstream.withoutEffect",
    elements: [["Header", name]],
  });
}

/**
 * Returns the fault of an ACL in `headers` that a store would accept without opening anything to
 * anybody ("Canned ACL", S3 User Guide). `undefined` if it may be sent, since it is true there
 * anyway: each object belongs to its writer alone. Error: NotImplemented.
 */
function ineffectiveAcl({ acls }: StoreSettings, headers: HeaderList): Fault | undefined {
  if (acls !== "none") return undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const isAcl = name === "x-amz-acl" && !OF_OWNERS.has(headers[i + 1] ?? "");
    if (!isAcl && !name.startsWith("x-amz-grant-")) continue;
    const message = `The store behind this gateway has no ACLs, so "${name}" would open nothing to anybody: use a bucket policy`;
    return fault("NotImplemented", message, {
      rule: "upstream.store",
      elements: [["Header", name]],
    });
  }
  return undefined;
}

const OF_OWNERS: ReadonlySet<string> = new Set(["private", "bucket-owner-full-control"]);

/**
 * Returns the fault of an extension that must not be served although the store has it. Its answer
 * names buckets, and a list of them is filtered here; or it reads objects below a prefix that the
 * store takes for another. `undefined` if it may be served. Errors: NotImplemented,
 * InvalidArgument.
 */
export function notShown(
  { stateBucket, policy, store }: Snapshot,
  { operation, query }: Subject,
): Fault | undefined {
  const extensions = extensionsIn(operation, query);
  if (extensions.length === 0) return undefined;
  const prefix = queryValue(query, "prefix") ?? "";
  const isOther = store.foldsPaths && isFoldable(prefix);
  if (isOther && extensions.some(({ reads }) => reads !== undefined)) return FOLDED;
  if (stateBucket === undefined && policy.listBuckets === "all") return undefined;
  if (!extensions.some(({ namesBuckets }) => namesBuckets)) return undefined;
  const message = "The buckets in this answer cannot be filtered by the caller's rights";
  return fault("NotImplemented", message, { rule: "policy.listBuckets, state" });
}

/** Refuses the same in a DeleteObjects document, and in its keys. */
export function notServedEntries(
  { operations, foldsPaths }: StoreSettings,
  entries: readonly DeleteEntry[],
): Fault | undefined {
  if (foldsPaths && entries.some(({ key }) => isFoldable(key))) return FOLDED;
  if (knowsVersions(operations)) return undefined;
  return unknownVersion(entries.map(({ versionId }) => versionId));
}

/**
 * Returns the fault of `address` or `source` if the store would take the key for another one than
 * was judged; `undefined` if it would not. Error: InvalidArgument.
 */
export function foldedKey(
  { foldsPaths }: StoreSettings,
  address: Address,
  source: CopySource | undefined,
): Fault | undefined {
  if (!foldsPaths) return undefined;
  if (address.kind === "object" && isFoldable(address.key)) return FOLDED;
  return source !== undefined && isFoldable(source.key) ? FOLDED : undefined;
}

const FOLDED = fault(
  "InvalidArgument",
  "Keys with an empty segment, one that is a dot or two, or a name that stores use themselves (.sgwtmp, __XLDIR__) do not reach the store as they are",
);

/**
 * The settings, also named in the messages: a reader asks the operator, who must know what to set.
 */
const SETTINGS = "upstream.store, upstream.operations";

export function unknownOperation(operation: OperationName): Fault {
  const message = `The store behind this gateway is not known to implement ${operation}: see upstream.store and upstream.operations`;
  return fault("NotImplemented", message, { rule: SETTINGS });
}

/** "null" is the one version that an object without versions has: the object itself. */
function unknownVersion(versions: readonly (string | undefined)[]): Fault | undefined {
  if (versions.every((version) => version === undefined || version === "null")) return undefined;
  const message =
    "The store behind this gateway is not known to have versions of objects: see upstream.store";
  return fault("NotImplemented", message, { rule: SETTINGS });
}
