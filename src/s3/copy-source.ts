import { firstValue, type HeaderList } from "../http/headers.ts";
import { decode, encodeComponent, encodePath } from "../http/percent.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  bucketSegment,
  isReservedBucket,
  parseBucket,
  parseKey,
  type BucketName,
} from "./address.ts";
import { argument, awsFault, fault, type Fault, type FaultElement } from "./faults.ts";
import { operationNamed, type OperationName } from "./operations.ts";
import { wrongVersionId } from "./said-values.ts";

/** The second object of a copy or rename, decoded once. `B`: as for Address. */
export type CopySource<B extends BucketName = BucketName> = {
  readonly bucket: B;
  readonly key: string;
  readonly versionId: string | undefined;
};

/**
 * Reads the source of a copy or rename from the headers of `operation`; `undefined` if it has none.
 * Read once for each request, and carried from there on. Errors: those of parseCopySource().
 */
export function copySourceOf(
  operation: OperationName,
  headers: HeaderList,
): Result<CopySource | undefined, Fault> {
  const { header } = operationNamed(operation);
  if (header !== "x-amz-copy-source" && header !== "x-amz-rename-source") return NO_SOURCE;
  return parseCopySource(firstValue(headers, header) ?? "");
}

const NO_SOURCE = ok<CopySource | undefined>(undefined);

const VERSION_MARK = "?versionId=";

/**
 * Reads `x-amz-copy-source` or `x-amz-rename-source` (CopyObject, RenameObject in the S3 API):
 * `[/]bucket/key[?versionId=id]`, percent-encoded as a whole (`bucket%2Fkey`, as AWS's own examples for
 * Java have it), in part, or not. The version is cut off before anything is decoded, so that
 * `%3FversionId=` belongs to the key and a version cannot hide in it; then the first slash ends the
 * bucket, also an encoded one, and each side is decoded once. A plus is a plus. `raw` is the header as
 * received, one character a byte.
 * Errors: InvalidArgument, InvalidBucketName for a name that is reserved, KeyTooLongError.
 */
export function parseCopySource(raw: string): Result<CopySource, Fault> {
  const text = escaped(withoutSlash(raw));
  if (text === undefined) return err(bad(raw));
  if (isArn(text))
    return err(fault("NotImplemented", `Copying from an ARN is not served: got "${raw}"`));
  const mark = text.lastIndexOf(VERSION_MARK);
  const path = mark < 0 ? text : text.slice(0, mark);
  const elements = argument("x-amz-copy-source", raw);
  if (decode(path) === undefined) return err(awsFault("CopySourceEncoding", { elements }));
  const slash = SLASH.exec(path);
  const keyAt = slash === null ? path.length : slash.index + slash[0].length;
  if (slash === null || keyAt === path.length) return err(bad(raw));
  const segment = path.slice(0, slash.index);
  const bucket = parseBucket(segment);
  if (!bucket.ok) return isReservedBucket(segment) ? bucket : err(badPart("Bucket", elements));
  const key = parseKey(path.slice(keyAt));
  if (!key.ok) return key.error.code === "InvalidURI" ? err(badPart("Key", elements)) : key;
  if (mark < 0) return ok({ bucket: bucket.value, key: key.value, versionId: undefined });
  const versionId = parseVersion(text.slice(mark + VERSION_MARK.length));
  if (!versionId.ok) return versionId;
  return ok({ bucket: bucket.value, key: key.value, versionId: versionId.value });
}

/** `source` in the one form that the store receives, whatever form the client chose. */
export function copySourceHeader(source: CopySource): string {
  const path = `${bucketSegment(source.bucket)}/${encodePath(source.key)}`;
  if (source.versionId === undefined) return path;
  return `${path}${VERSION_MARK}${encodeComponent(source.versionId)}`;
}

const SLASH = /\/|%2F/i;

/** Removes the one slash that may stand in front, encoded or not. */
function withoutSlash(raw: string): string {
  const slash = SLASH.exec(raw);
  return slash?.index === 0 ? raw.slice(slash[0].length) : raw;
}

function parseVersion(raw: string): Result<string, Fault> {
  if (raw === "") return err(awsFault("VersionIdEmpty", { elements: argument("versionId", "") }));
  const version = parseKey(raw);
  if (!version.ok || wrongVersionId(version.value) !== undefined) return err(badVersion(raw));
  return version;
}

/**
 * Returns `text` with spaces and bytes above ASCII escaped, since some clients leave them plain;
 * `undefined` if it has a control character.
 */
function escaped(text: string): string | undefined {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f || code > 0xff) return undefined;
    out += code > 0x20 && code < 0x7f ? text[i] : `%${code.toString(16)}`;
  }
  return out;
}

/**
 * Returns true for an ARN. It names an access point: another way to a bucket, which no rule here
 * knows.
 */
function isArn(text: string): boolean {
  return text.startsWith("arn:") || text.toLowerCase().startsWith("arn%3a");
}

function badPart(part: "Bucket" | "Key", elements: readonly FaultElement[]): Fault {
  return awsFault(`CopySource${part}`, { elements });
}

function bad(raw: string): Fault {
  return awsFault("CopySource", { elements: argument("x-amz-copy-source", raw) });
}

function badVersion(raw: string): Fault {
  return awsFault("VersionId", { elements: argument("versionId", raw) });
}
