import type { QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Provider } from "../provider/provider.ts";
import type { Address, BucketName } from "../s3/address.ts";
import type { Ask } from "../s3/asks.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { isIgnored } from "../s3/ignored-headers.ts";
import type { OperationName } from "../s3/operations.ts";
import type { Snapshot, StoreSettings } from "./snapshot.ts";
import type { Caller } from "./caller.ts";

/** Refuses a tenant's prefix if the provider has no such addresses. */
export function tenantFault(provider: Provider, address: Address): Fault | undefined {
  return address.kind === "service" || mayName(provider, address.bucket.tenant)
    ? undefined
    : noTenants(address.bucket.name);
}

/** The same in a copy's source. */
export function tenantFaultIn(provider: Provider, asks: readonly Ask[]): Fault | undefined {
  const bucket = asks.find((ask) => !mayName(provider, ask.bucket?.tenant))?.bucket;
  return bucket && noTenants(bucket.name);
}

/** The bucket of the gateway's own is none for clients. */
export function reservedFault({ stateBucket }: Snapshot, address: Address): Fault | undefined {
  const isReserved = address.kind !== "service" && address.bucket.name === stateBucket;
  return isReserved ? reserved(address.bucket.name) : undefined;
}

/** The same of a copy's source, or of a bucket that a document names. */
export function reservedFaultIn(
  { stateBucket }: Snapshot,
  asks: readonly Ask[],
): Fault | undefined {
  const found = asks.some(({ bucket }) => bucket !== undefined && bucket.name === stateBucket);
  return found ? reserved(stateBucket ?? "") : undefined;
}

function reserved(name: string): Fault {
  return fault("InvalidBucketName", `The bucket name "${name}" is reserved`);
}

function mayName({ tenantAddressing }: Provider, tenant: string | undefined): boolean {
  return tenantAddressing || tenant === undefined;
}

function noTenants(bucket: string): Fault {
  return fault("InvalidBucketName", `A tenant cannot be named here: write "${bucket}" alone`);
}

/**
 * Returns the query of a listing within the provider's cap. S3 itself answers a larger number with
 * its most and no error ("ListObjectsV2", S3 API Reference: MaxKeys). Error: InvalidArgument if the
 * provider refuses it.
 */
export function cappedQuery(
  { maxKeys }: Provider,
  operation: OperationName,
  query: readonly QueryParameter[],
): Result<readonly QueryParameter[], Fault> {
  if (maxKeys === undefined || !LISTINGS.has(operation)) return ok(query);
  const { cap, excess } = maxKeys;
  const isOver = ({ name, value }: QueryParameter): boolean =>
    name === "max-keys" && Number(value) > cap;
  if (!query.some(isOver)) return ok(query);
  if (excess === "refuse") {
    return err(fault("InvalidArgument", `max-keys must be at most ${cap} here`));
  }
  const value = String(cap);
  return ok(query.map((one) => (isOver(one) ? { ...one, value, rawValue: value } : one)));
}

/** Operations that have `s3:prefix`, `s3:delimiter` and `s3:max-keys`, and whose pages `max-keys` bounds. */
export const LISTINGS: ReadonlySet<OperationName> = new Set<OperationName>([
  "ListObjects",
  "ListObjectsV2",
  "ListObjectVersions",
]);

/**
 * Adds the permissions for a source's tags if the store takes them along whatever
 * `x-amz-tagging-directive` says: they become readable at the target.
 */
export function askedAtStore<B extends BucketName>(
  { ignoredHeaders }: StoreSettings,
  asks: readonly Ask<B>[],
): readonly Ask<B>[] {
  return isIgnored(ignoredHeaders, "CopyObject", "x-amz-tagging-directive")
    ? withCopiedTags(asks)
    : asks;
}

/** Adds the same permissions if it is not known what the store does. */
export function withCopiedTags<B extends BucketName>(asks: readonly Ask<B>[]): readonly Ask<B>[] {
  const isCopy = asks.some(({ operation }) => operation === "CopyObject");
  if (!isCopy || asks.some(isOfCopiedTags)) return asks;
  return asks.flatMap((ask): readonly Ask<B>[] => {
    if (ask.action === "s3:GetObject") return [ask, { ...ask, action: "s3:GetObjectTagging" }];
    return ask.action === "s3:GetObjectVersion"
      ? [ask, { ...ask, action: "s3:GetObjectVersionTagging" }]
      : [ask];
  });
}

/**
 * Removes the permissions that the provider does not ask for: a source's tags, or reading an object
 * for its attributes.
 */
export function askedBy<B extends BucketName>(
  { copyReadsTags, attributesReadObjects }: Provider,
  asks: readonly Ask<B>[],
): readonly Ask<B>[] {
  const isLeftOut = (ask: Ask): boolean =>
    (!copyReadsTags && isOfCopiedTags(ask)) || (!attributesReadObjects && isOfAttributes(ask));
  return asks.some(isLeftOut) ? asks.filter((ask) => !isLeftOut(ask)) : asks;
}

/**
 * Returns true for AWS's permissions besides the attributes' own action ("GetObjectAttributes", S3
 * API Reference).
 */
function isOfAttributes({ operation, action }: Ask): boolean {
  return (
    operation === "GetObjectAttributes" &&
    (action === "s3:GetObject" || action === "s3:GetObjectVersion")
  );
}

function isOfCopiedTags({ operation, action }: Ask): boolean {
  return (
    operation === "CopyObject" &&
    (action === "s3:GetObjectTagging" || action === "s3:GetObjectVersionTagging")
  );
}

/**
 * Refuses response headers in requests without credentials, which must not choose the headers of an
 * answer ("GetObject", S3 API Reference: response headers can only be overridden by signed
 * requests). The store cannot tell, since the gateway signs for them.
 */
export function overriddenByNobody(
  caller: Caller,
  query: readonly QueryParameter[],
): Fault | undefined {
  if (caller.kind === "known" || !query.some(({ name }) => name.startsWith("response-"))) {
    return undefined;
  }
  const message = "Request specific response headers cannot be used for anonymous GET requests.";
  return fault("InvalidRequest", message);
}
