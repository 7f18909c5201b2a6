import { err, ok, type Result } from "../lib/result.ts";
import type { Action } from "./actions.ts";
import { isKeyTooLong, keyTooLong, parseBucket, type BucketName } from "./address.ts";
import type { Ask } from "./asks.ts";
import type { Fault } from "./faults.ts";
import { malformed, type XmlElement } from "./xml.ts";

/** An ask of a document, whatever the operation. */
export type DocumentAsk = Omit<Ask, "operation">;
export type Needs = Result<readonly DocumentAsk[], Fault>;

/** Returns the asks of s3:PutObject and `more` on every key that begins with the prefix. */
export function writesTo(
  bucketElement: XmlElement | undefined,
  prefixElement: XmlElement | undefined,
  more: readonly Action[],
): Needs {
  if (bucketElement === undefined) return err(malformed("it names no destination bucket"));
  const bucket = bucketNamed(bucketElement.text);
  if (!bucket.ok) return bucket;
  const prefix = prefixElement?.text ?? "";
  // Stores that trim would write below another prefix than the one that was judged.
  if (prefix !== prefix.trim()) return err(malformed(`the prefix "${prefix}" has outer spaces`));
  if (isKeyTooLong(prefix)) return err(keyTooLong(prefix));
  const actions: readonly Action[] = ["s3:PutObject", ...more];
  return ok(actions.map((action) => ({ action, bucket: bucket.value, key: prefix, below: true })));
}

/** A bucket by name or, as replication, inventory and analytics have it, by ARN. */
function bucketNamed(text: string): Result<BucketName, Fault> {
  const name = text.startsWith("arn:") ? bucketOfArn(text) : text;
  // Here "%" encodes nothing, and no bucket has one.
  if (name === undefined || name.includes("%")) {
    return err(malformed(`"${text}" is not the name or ARN of a bucket`));
  }
  return parseBucket(name);
}

/**
 * The bucket of `arn:aws:s3:::bucket`, in any partition, or of MinIO's
 * `arn:minio:replication:region:id:bucket` ("Bucket replication", MinIO's documentation).
 */
function bucketOfArn(arn: string): string | undefined {
  const [, , service, region, account, name, ...more] = arn.split(":");
  if (more.length > 0) return undefined;
  if (service === "replication") return name;
  return service === "s3" && region === "" && account === "" ? name : undefined;
}
