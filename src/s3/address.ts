import { decode, encodePath } from "../http/percent.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { awsFault, fault, type Fault } from "./faults.ts";

/** A bucket as the client named it, decoded. `tenant` "" is Ceph's empty tenant, `:bucket`. */
export type BucketName = { readonly tenant: string | undefined; readonly name: string };

/** `bucket` or `tenant:bucket`, decoded. */
export function bucketText({ tenant, name }: BucketName): string {
  return tenant === undefined ? name : `${tenant}:${name}`;
}

/**
 * The service, bucket or object that a request addresses. `key`: decoded once, never normalised;
 * never empty. `B`: the bucket as spelled, or as the store knows it (see bucket.ts).
 */
export type Address<B extends BucketName = BucketName> =
  | { readonly kind: "service" }
  | { readonly kind: "bucket"; readonly bucket: B }
  | { readonly kind: "object"; readonly bucket: B; readonly key: string };

export type Located = {
  readonly address: Address;
  readonly style: "path" | "virtual";
  /** The account that the host names, if it is one of an account's own. */
  readonly hostAccount?: string;
};

/** "Creating object key names", Amazon S3 User Guide: bytes of UTF-8. */
const KEY_BYTES_MAX = 1024;
const BUCKET_CHARACTERS_MIN = 3;
/** The old US-East grammar, which Ceph and MinIO still have buckets of. */
const BUCKET_CHARACTERS_MAX = 255;

/**
 * First path segments that are no buckets in a store but another interface of it: RGW's admin,
 * Swift and Swift login, MinIO's admin and STS. A bucket of that name would be judged as an object
 * request and executed as an administrator's.
 */
const RESERVED: ReadonlySet<string> = new Set(["admin", "auth", "minio", "swift"]);
const RESERVED_PREFIX = ".rgw";

/** The host names of the gateway, in lower case. Each has labels before it. */
export type HostNames = {
  /** The domains below which a label is a bucket. */
  readonly domains: readonly string[];
  /** The domains below which a label is an account. */
  readonly accountDomains: readonly string[];
};

const SERVICE: Located = Object.freeze({
  address: Object.freeze({ kind: "service" }),
  style: "path",
});

/**
 * Reads the address in `path` (raw, with its leading slash), under `host` (the Host header as sent)
 * and the gateway's own names. Path-style and virtual-hosted style as in "Methods for accessing a
 * bucket", S3 User Guide; `tenant:bucket` as in RGW's "Multitenancy". Decodes once and folds
 * nothing: `//`, `.` and `..` are parts of a key. Errors: InvalidBucketName, KeyTooLongError,
 * InvalidURI.
 */
export function parseAddress(
  path: string,
  host: string | undefined,
  hosts: HostNames,
): Result<Located, Fault> {
  const below = host === undefined ? undefined : labelOf(host, hosts);
  if (below?.names === "bucket") {
    return located(checkedName(undefined, below.label), path.slice(1), "virtual");
  }
  const inPath = locatedInPath(path);
  if (below === undefined || !inPath.ok) return inPath;
  const { label } = below;
  if (label === "" || !isTenant(label)) return err(badAccount(label));
  return ok({ ...inPath.value, hostAccount: label });
}

/**
 * Returns true if `host` itself names a bucket or an account, so that its paths belong to it alone.
 */
export function isNamingHost(host: string, hosts: HostNames): boolean {
  return labelOf(host, hosts) !== undefined;
}

function locatedInPath(path: string): Result<Located, Fault> {
  if (path === "/") return ok(SERVICE);
  const slash = path.indexOf("/", 1);
  const segment = slash < 0 ? path.slice(1) : path.slice(1, slash);
  return located(parseBucket(segment), slash < 0 ? "" : path.slice(slash + 1), "path");
}

/**
 * `address` for a request without credentials on an account's own host: a bare bucket is one of that
 * account's. With credentials it is one of the caller's own, whatever the host (LUMI-O, "Public
 * buckets").
 */
export function inAccount(address: Address, hostAccount: string | undefined): Address {
  if (hostAccount === undefined || address.kind === "service") return address;
  const { tenant, name } = address.bucket;
  return { ...address, bucket: { tenant: tenant ?? hostAccount, name } };
}

/**
 * Returns the path, percent-encoded as SigV4 wants it, under which the store knows `address`. Made
 * from the decoded parts, so that the store gets what was judged.
 */
export function storePath(address: Address, addressing: "path" | "virtual"): string {
  if (address.kind === "service") return "/";
  const key = address.kind === "object" ? `/${encodePath(address.key)}` : "";
  if (addressing === "virtual") return key === "" ? "/" : key;
  return `/${bucketSegment(address.bucket)}${key}`;
}

/** `bucket` as one path segment; the tenant's colon as V4's canonical path must have it. */
export function bucketSegment(bucket: BucketName): string {
  return bucket.tenant === undefined ? bucket.name : `${bucket.tenant}%3A${bucket.name}`;
}

/**
 * The bucket of a raw path segment, decoded once and only then checked, so that `%2F` cannot be
 * both a part of the bucket and the end of it. Error: InvalidBucketName.
 */
export function parseBucket(segment: string): Result<BucketName, Fault> {
  const text = decode(segment);
  if (text === undefined) return err(badBucket(segment));
  const colon = text.indexOf(":");
  if (colon < 0) return checkedName(undefined, text);
  const tenant = text.slice(0, colon);
  if (!isTenant(tenant)) return err(badBucket(segment));
  return checkedName(tenant, text.slice(colon + 1));
}

/**
 * Returns true if `segment`, read by parseBucket(), names a bucket that is valid in S3 but reserved
 * by stores.
 */
export function isReservedBucket(segment: string): boolean {
  const text = decode(segment) ?? "";
  const colon = text.indexOf(":");
  return (colon < 0 || isTenant(text.slice(0, colon))) && isReservedName(text.slice(colon + 1));
}

function isReservedName(name: string): boolean {
  return RESERVED.has(name) || name.startsWith(RESERVED_PREFIX);
}

/**
 * The key of the raw remainder of a path, which may be anything but too long, without meaning in
 * UTF-8, or NUL (which ends a string in some stores, CVE-2022-3854). Errors: InvalidURI,
 * KeyTooLongError.
 */
export function parseKey(raw: string): Result<string, Fault> {
  const key = decode(raw);
  if (key === undefined || key.includes("\0")) {
    const why = "The key is not valid percent-encoded UTF-8";
    return err(awsFault("InvalidURI", { elements: [["URI", raw]], why }));
  }
  return isKeyTooLong(key) ? err(keyTooLong(key)) : ok(key);
}

/** Returns true if `key` has more UTF-8 bytes than S3 takes. */
export function isKeyTooLong(key: string): boolean {
  // A UTF-16 unit is at most three bytes, so that most keys need no counting.
  return key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX;
}

/** The refusal of `key`. */
export function keyTooLong(key: string): Fault {
  const elements = [
    ["Size", `${Buffer.byteLength(key)}`],
    ["MaxSizeAllowed", `${KEY_BYTES_MAX}`],
  ] as const;
  return awsFault("KeyTooLongError", { elements });
}

function located(
  bucket: Result<BucketName, Fault>,
  rawKey: string,
  style: Located["style"],
): Result<Located, Fault> {
  if (!bucket.ok) return bucket;
  if (rawKey === "") return ok({ address: { kind: "bucket", bucket: bucket.value }, style });
  const key = parseKey(rawKey);
  if (!key.ok) return key;
  return ok({ address: { kind: "object", bucket: bucket.value, key: key.value }, style });
}

/** The label in front of one of the gateway's own names, and what it stands for. */
type Below = { readonly names: "bucket" | "account"; readonly label: string };

/**
 * The part of `host` below the longest of the gateway's names that fits; undefined for such a name
 * itself and for any other, which both mean path style. Host names ignore case (RFC 9110 section
 * 4.2.3).
 */
function labelOf(host: string, { domains, accountDomains }: HostNames): Below | undefined {
  const name = withoutPort(host).toLowerCase();
  if (domains.includes(name) || accountDomains.includes(name)) return undefined;
  const ofBuckets = longestAbove(name, domains);
  const ofAccounts = longestAbove(name, accountDomains);
  const names = ofBuckets.length > ofAccounts.length ? "bucket" : "account";
  const domain = names === "bucket" ? ofBuckets : ofAccounts;
  if (domain === "") return undefined;
  return { names, label: name.slice(0, name.length - domain.length - 1) };
}

/**
 * Returns the hosts that `host` can have been under the gateway's other names of its kind. A label
 * in front stays. For a host that is none of the gateway's, these are the bare names of `domains`.
 */
export function hostInDomains(host: string, hosts: HostNames): readonly string[] {
  const { domains, accountDomains } = hosts;
  const below = labelOf(host, hosts);
  if (below === undefined) return domains;
  const names = below.names === "bucket" ? domains : accountDomains;
  return names.map((domain) => `${below.label}.${domain}`);
}

function longestAbove(name: string, domains: readonly string[]): string {
  let longest = "";
  for (const domain of domains) {
    if (domain.length > longest.length && isBelow(name, domain)) longest = domain;
  }
  return longest;
}

function isBelow(name: string, domain: string): boolean {
  return name.endsWith(domain) && name.charAt(name.length - domain.length - 1) === ".";
}

/**
 * `host` without `:port` and without the dot that ends a fully qualified name. Of an IPv6 address,
 * which is below no name, only a part is left.
 */
function withoutPort(host: string): string {
  const colon = host.indexOf(":");
  const name = colon < 0 ? host : host.slice(0, colon);
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function checkedName(tenant: string | undefined, name: string): Result<BucketName, Fault> {
  if (isReservedName(name)) {
    return err(fault("InvalidBucketName", `The bucket name "${name}" is reserved by stores`));
  }
  return isBucketName(name) ? ok({ tenant, name }) : err(badBucket(name));
}

/**
 * Returns true for a name by the lax grammar, everywhere. The store judges if a new name follows
 * today's stricter rules, and an old bucket must stay reachable. The grammar still leaves no room
 * for `.`, `..` or `/`.
 */
function isBucketName(name: string): boolean {
  if (name.length < BUCKET_CHARACTERS_MIN || name.length > BUCKET_CHARACTERS_MAX) return false;
  if (name.charCodeAt(0) === CODE_DOT || name.charCodeAt(0) === CODE_HYPHEN) return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (!isWord(code) && code !== CODE_DOT && code !== CODE_HYPHEN) return false;
  }
  return true;
}

function isTenant(tenant: string): boolean {
  for (let i = 0; i < tenant.length; i++) {
    const code = tenant.charCodeAt(i);
    if (!isWord(code) && code !== CODE_HYPHEN) return false;
  }
  return true;
}

const CODE_DOT = 0x2e;
const CODE_HYPHEN = 0x2d;
const CODE_UNDERSCORE = 0x5f;

/** Returns true for an ASCII letter, digit or underscore. */
function isWord(code: number): boolean {
  const lower = code | 0x20;
  return (
    (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x7a) || code === CODE_UNDERSCORE
  );
}

/** Returns the refusal of an invalid bucket name. */
export function badBucket(got: string): Fault {
  return awsFault("InvalidBucketName", { elements: [["BucketName", got]] });
}

function badAccount(got: string): Fault {
  return fault("InvalidBucketName", `The host names no account: got "${got}"`);
}

/**
 * Returns true if a store with folders would take `key` for another one, or for something of its
 * own. Some readers fold paths (RFC 3986 section 5.2.4, and `//` into `/`; a slash at its end
 * stays). MinIO takes `a__XLDIR__` for the key `a/`; versitygw has the parts of uploads below
 * `.sgwtmp/`.
 */
export function isFoldable(key: string): boolean {
  return FOLDABLE.test(key);
}

/** An empty segment that is not the last, or one that is a dot or two; then the names of the two stores. */
const FOLDABLE = /(?:^|\/)(?:\/|\.{1,2}(?:\/|$))|__XLDIR__(?:\/|$)|^\.sgwtmp(?:\/|$)/;
