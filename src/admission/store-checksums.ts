import { firstValue, hasHeader, type HeaderList } from "../http/headers.ts";
import { CHECKSUM_PREFIX, checksumNamed, checksumOf, isChecksumField } from "../s3/checksums.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { OperationName } from "../s3/operations.ts";
import type { StoreSettings } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

const ALGORITHM = "x-amz-checksum-algorithm";
const SDK_ALGORITHM = "x-amz-sdk-checksum-algorithm";
const TYPE = "x-amz-checksum-type";

/** Returns true if `name`, in lower case, is a header about checksums. */
export function isChecksumHeader(name: string): boolean {
  return name.startsWith(CHECKSUM_PREFIX) || name === SDK_ALGORITHM;
}

/**
 * Returns true if the client's header `name`, one of isChecksumHeader(), stays behind. The store
 * does not know its algorithm, which the gateway has verified, or the header is about something
 * that the store does not get. `added`: the gateway's own headers about the body.
 */
export function isWithheld(
  store: StoreSettings,
  { operation, headers }: Subject,
  added: HeaderList,
  name: string,
  value: string,
): boolean {
  // If the store reads no trailers, the checksums of large parts do not reach it. MinIO then
  // refuses each part for its missing checksum, and at the end compares the object's with one of
  // nothing.
  if (OF_PARTS.has(operation) && !store.trailers) return name !== "x-amz-checksum-mode";
  switch (name) {
    case SDK_ALGORITHM:
      if (!isKnownTo(store, value)) return true;
      return hasHeader(headers, "x-amz-trailer") && !carriesChecksum(added);
    case ALGORITHM:
    case TYPE:
      return !isKnownTo(store, firstValue(headers, ALGORITHM) ?? "");
    default: {
      const algorithm = checksumOf(name);
      return algorithm !== undefined && !store.checksums.has(algorithm);
    }
  }
}

/** The operations that begin and end an upload in parts. */
const OF_PARTS: ReadonlySet<OperationName> = new Set([
  "CreateMultipartUpload",
  "CompleteMultipartUpload",
]);

/**
 * Returns the fault of a request that asks the store to verify an object of several parts: only the
 * store sees them all, and it does not know the algorithm. `undefined` if it does, and for a store
 * that keeps no checksums of parts, which ignores all of them. Error: NotImplemented.
 */
export function unverifiable(
  store: StoreSettings,
  { operation, headers }: Subject,
): Fault | undefined {
  if (!store.trailers || !OF_PARTS.has(operation)) return undefined;
  if (operation === "CreateMultipartUpload") {
    if (firstValue(headers, TYPE) !== "FULL_OBJECT") return undefined;
    const named = checksumNamed(firstValue(headers, ALGORITHM) ?? "");
    return named === undefined || store.checksums.has(named) ? undefined : unknownTo(named);
  }
  for (let i = 0; i < headers.length; i += 2) {
    const algorithm = checksumOf(headers[i] ?? "");
    if (algorithm !== undefined && !store.checksums.has(algorithm)) return unknownTo(algorithm);
  }
  return undefined;
}

function unknownTo(algorithm: string): Fault {
  const message = `The store behind this gateway does not know ${algorithm.toUpperCase()}, so nobody can verify the whole object by it: use the checksum type COMPOSITE, or another algorithm`;
  return fault("NotImplemented", message, { rule: "upstream.store" });
}

/** Returns true also for a name that S3 does not have: the store says so. */
function isKnownTo({ checksums }: StoreSettings, name: string): boolean {
  const algorithm = checksumNamed(name);
  return algorithm === undefined || checksums.has(algorithm);
}

/** Returns true if a checksum's name stands there, as a header or as the value of x-amz-trailer. */
function carriesChecksum(added: HeaderList): boolean {
  return added.some(isChecksumField);
}
