import { firstValue } from "../http/headers.ts";
import { queryValue } from "../http/target.ts";
import { parseCopySource } from "../s3/copy-source.ts";
import type { DeleteEntry } from "../s3/delete-objects.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { OperationName } from "../s3/operations.ts";
import { knowsVersions } from "../s3/stores.ts";
import type { StoreSettings } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/**
 * Why the store must not be sent the request, as far as its head tells: it could take it for
 * another. Undefined: it may be. Error: NotImplemented.
 */
export function notServed(
  { operations }: StoreSettings,
  { operation, query, headers }: Pick<Subject, "operation" | "query" | "headers">,
): Fault | undefined {
  if (!operations.has(operation)) return unknownOperation(operation);
  if (knowsVersions(operations)) return undefined;
  const source = firstValue(headers, "x-amz-copy-source");
  const copied = source === undefined ? undefined : parseCopySource(source);
  return unknownVersion([
    queryValue(query, "versionId"),
    copied?.ok === true ? copied.value.versionId : undefined,
  ]);
}

/** The same of what a DeleteObjects document says. */
export function notServedEntries(
  { operations }: StoreSettings,
  entries: readonly DeleteEntry[],
): Fault | undefined {
  if (knowsVersions(operations)) return undefined;
  return unknownVersion(entries.map(({ versionId }) => versionId));
}

/** Also in the messages: whoever reads one asks the operator, who must know what to set. */
const SETTINGS = "upstream.store, upstream.operations";

export function unknownOperation(operation: OperationName): Fault {
  const message = `The store behind this gateway is not known to implement ${operation}: see upstream.store and upstream.operations`;
  return fault("NotImplemented", message, { detail: SETTINGS });
}

/** "null" is the one version that an object without versions has: the object itself. */
function unknownVersion(versions: readonly (string | undefined)[]): Fault | undefined {
  if (versions.every((version) => version === undefined || version === "null")) return undefined;
  const message =
    "The store behind this gateway is not known to have versions of objects: see upstream.store";
  return fault("NotImplemented", message, { detail: SETTINGS });
}
