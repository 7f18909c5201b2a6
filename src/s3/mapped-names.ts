import { err, ok, type Result } from "../lib/result.ts";

/**
 * The text before the name of an account's bucket at a store in which all accounts share one space
 * of names: `before`, the account's tenant, `after`.
 */
export type BucketPrefix = { readonly before: string; readonly after: string };

/** A bucket's name at the store, and as the client wrote it. */
export type MappedName = { readonly stored: string; readonly shown: string };

/** "Bucket naming rules", S3 User Guide. */
const NAME_CHARACTERS_MAX = 63;
/**
 * Matches a prefix. One mark ends the tenant, which cannot contain it: no two buckets get one name,
 * whatever accounts there are.
 */
const PREFIX = /^([a-z0-9][a-z0-9.-]*[.-])?\{account\}([.-])$/;
const TENANT = /^[a-z0-9]{1,40}$/;

/** Reads `{account}-` or `warden-{account}.`. The error says what is expected. */
export function parseBucketPrefix(text: string): Result<BucketPrefix, string> {
  const [, before = "", after = ""] = PREFIX.exec(text) ?? [];
  if (after !== "" && before.length <= NAME_CHARACTERS_MAX / 2) return ok({ before, after });
  return err(
    'Expected "{account}-" or "{account}.", perhaps behind a fixed part such as "warden-"',
  );
}

/** Returns true if a tenant of that name can have buckets under a prefix. */
export function canBePrefix(tenant: string): boolean {
  return TENANT.test(tenant);
}

/** Returns the beginning of the store's names of all buckets of `tenant`, and of nobody else's. */
export function startOfNames({ before, after }: BucketPrefix, tenant: string): string {
  return `${before}${tenant}${after}`;
}

/**
 * Returns the name at the store of the bucket `name` of `tenant`; `undefined` if no bucket can have
 * it.
 */
export function mappedName(prefix: BucketPrefix, tenant: string, name: string): string | undefined {
  const stored = `${startOfNames(prefix, tenant)}${name}`;
  return canBePrefix(tenant) && stored.length <= NAME_CHARACTERS_MAX ? stored : undefined;
}

/**
 * Returns the name under which `tenant` knows the store's bucket; `undefined` if it is not that
 * tenant's.
 */
export function nameBehind(
  prefix: BucketPrefix,
  tenant: string,
  stored: string,
): string | undefined {
  const start = startOfNames(prefix, tenant);
  const isIts = canBePrefix(tenant) && stored.startsWith(start) && stored.length > start.length;
  return isIts ? stored.slice(start.length) : undefined;
}

/** Elements of S3's answers and errors whose text is a bucket's name. */
const ELEMENTS = ["Name", "Bucket", "BucketName"] as const;

/**
 * `document`, an answer of the store that is no object's content, with the clients' names of buckets in
 * place of the store's. Names and keys in it are escaped, so that no tag can stand in one.
 */
export function withShownNames(document: string, names: readonly MappedName[]): string {
  let text = document;
  for (const { stored, shown } of names) {
    for (const element of ELEMENTS) {
      text = text.replaceAll(
        `<${element}>${stored}</${element}>`,
        () => `<${element}>${shown}</${element}>`,
      );
    }
    for (const end of ["/", "<"]) {
      text = text.replaceAll(`<Resource>/${stored}${end}`, () => `<Resource>/${shown}${end}`);
    }
  }
  return text;
}

/**
 * Returns the text around the entries of a list of buckets, with the prefix that the client asked
 * for.
 */
export function withShownPrefix(text: string, start: string): string {
  return text.replace(`<Prefix>${start}`, () => "<Prefix>");
}

/** Returns an entry of a list of buckets with the client's name, in its ARN too. */
export function entryWithShownName(entry: string, { stored, shown }: MappedName): string {
  return entry
    .replace(`<Name>${stored}</Name>`, () => `<Name>${shown}</Name>`)
    .replace(`:::${stored}</BucketArn>`, () => `:::${shown}</BucketArn>`);
}

/**
 * A field of an answer, `name` in lower case, with the client's names: `location` of a new bucket
 * (`/bucket`, or its URL at the store), and a bucket's ARN.
 */
export function fieldWithShownName(
  name: string,
  value: string,
  names: readonly MappedName[],
): string {
  for (const { stored, shown } of names) {
    if (name === "location" && (value === `/${stored}` || value.endsWith(`/${stored}/`))) {
      return `/${shown}`;
    }
    if (name === "x-amz-bucket-arn" && value.endsWith(`:::${stored}`)) {
      return value.slice(0, -stored.length) + shown;
    }
  }
  return value;
}
