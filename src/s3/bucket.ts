import type { Brand } from "../lib/brand.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { badBucket, bucketText, type Address, type BucketName } from "./address.ts";
import { isBucketAlias } from "./bucket-aliases.ts";
import { fault, type Fault } from "./faults.ts";
import { canBePrefix, mappedName, type BucketPrefix } from "./mapped-names.ts";

/**
 * The one name of a bucket: `name`, or `tenant:name` if the store has tenants and the bucket is in
 * one. Records, policies and tags are found by it, so that no spelling leads around them.
 */
export type BucketId = Brand<string, "BucketId">;

/**
 * A bucket as the client spelled it and as the store knows it. Only `canonicalBucket` makes one.
 * `name` and `tenant`: the spelling, decoded. `home`: the tenant whose bucket it is; "" is none.
 * `stored`: the name at a store that names buckets after their accounts; `undefined` if it is
 * `name`.
 */
export type Bucket = Brand<
  BucketName & {
    readonly home: string;
    readonly id: BucketId;
    readonly stored: string | undefined;
  },
  "CanonicalBucket"
>;

/** The way in which a store tells buckets apart. */
export type BucketNaming = {
  /** True if each tenant has bucket names of its own, as in Ceph; else one name is one bucket. */
  readonly tenants: boolean;
  /**
   * True if the tenant of every account's user at the store is known; only matters if the store has
   * tenants.
   */
  readonly tenantsKnown: boolean;
  /** True if aliases of access points, which no rule here knows, can stand for buckets. */
  readonly aliases: boolean;
  /** `virtual`: the store reads the name from a host, which ignores case (RFC 9110 section 4.2.3). */
  readonly addressing: "path" | "virtual";
  /**
   * The prefix of bucket names at a store that has no tenants; `undefined` if buckets have the
   * names that clients use.
   */
  readonly prefix: BucketPrefix | undefined;
};

/**
 * Returns the bucket that `spelled` is for somebody of the tenant `asker` ("" is none). In Ceph
 * `bucket`, `:bucket` and `tenant:bucket` can all be one bucket (RGW, "Multitenancy"); they get the
 * same id. Errors: InvalidBucketName for a name that the store would read in another way than it is
 * judged, or that is too long there; NoSuchBucket for one of nobody, if buckets are named after
 * their accounts.
 */
export function canonicalBucket(
  spelled: BucketName,
  asker: string,
  { tenants, tenantsKnown, aliases, addressing, prefix }: BucketNaming,
): Result<Bucket, Fault> {
  const { tenant, name } = spelled;
  if (aliases && isBucketAlias(name)) return err(fault("InvalidBucketName", ALIAS));
  // The bucket `tenant:bucket` might otherwise be judged under its bare name.
  if (tenants && !tenantsKnown && tenant !== undefined && tenant !== "") {
    return err(fault("InvalidBucketName", TENANT_UNKNOWN));
  }
  if (addressing === "virtual" && !isHostLabel(name)) return err(badBucket(name));
  const home = tenant ?? asker;
  const id = tenants && home !== "" ? bucketText({ tenant: home, name }) : name;
  if (prefix === undefined) return ok(mint({ tenant, name, home, id, stored: undefined }));
  if (!canBePrefix(home)) return err(fault("NoSuchBucket"));
  const stored = mappedName(prefix, home, name);
  if (stored === undefined || (aliases && isBucketAlias(stored))) return err(badBucket(name));
  return ok(mint({ tenant, name, home, id, stored }));
}

/** `address` with its bucket as the store knows it. Error: as for canonicalBucket(). */
export function canonicalAddress(
  address: Address,
  asker: string,
  naming: BucketNaming,
): Result<Address<Bucket>, Fault> {
  if (address.kind === "service") return ok(address);
  const bucket = canonicalBucket(address.bucket, asker, naming);
  if (!bucket.ok) return bucket;
  const { value } = bucket;
  if (address.kind === "bucket") return ok({ kind: "bucket", bucket: value });
  return ok({ kind: "object", bucket: value, key: address.key });
}

/** The id of a bucket of the configuration or the state. `owner`: the tenant of its account. */
export function bucketIdOf(
  { tenant, name }: BucketName,
  owner: string,
  tenants: boolean,
): BucketId {
  const home = tenant ?? owner;
  return mintId(tenants && home !== "" ? bucketText({ tenant: home, name }) : name);
}

/**
 * The spelling that leads somebody of the tenant `signer` to `bucket`, and nowhere else: the
 * client's own if it names a tenant, or if that is the signer's.
 */
export function spelledFor(bucket: Bucket, signer: string): BucketName {
  const { tenant, home, name } = bucket;
  return tenant !== undefined || home === signer ? bucket : { tenant: home, name };
}

const ALIAS = "An alias of an access point cannot be named here: name its bucket";
const TENANT_UNKNOWN =
  "A tenant cannot be named here: the gateway is not told the tenants of its accounts";
const HOST_CHARACTERS_MAX = 63;

/**
 * Returns true for small letters, digits, hyphens and dots ("Bucket naming rules", Amazon S3 User
 * Guide).
 */
function isHostLabel(name: string): boolean {
  if (name.length > HOST_CHARACTERS_MAX) return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const small = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!small && code !== 0x2d && code !== 0x2e) return false;
  }
  return true;
}

function mint(
  bucket: BucketName & {
    readonly home: string;
    readonly id: string;
    readonly stored: string | undefined;
  },
): Bucket {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The brand exists for the compiler only.
  return bucket as Bucket;
}

function mintId(id: string): BucketId {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The brand exists for the compiler only.
  return id as BucketId;
}
