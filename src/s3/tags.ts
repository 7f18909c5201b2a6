import { decode, encodeComponent } from "../http/percent.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { child } from "./document-shape.ts";
import { argument, awsFault, type Fault } from "./faults.ts";
import { malformed, type XmlElement } from "./xml.ts";

/** The value of each tag by its key, both exactly as they will be stored, in the order sent. */
export type Tags = ReadonlyMap<string, string>;

/**
 * The tags of an `x-amz-tagging` header ("PutObject", S3 API Reference: "encoded as URL Query
 * parameters"). A `+` is a space, as in S3; a tag without `=` has the empty value; an empty header
 * says that there are none.
 * Error: InvalidArgument for what is not fully encoded, for a tag that cannot be, and for one given
 * twice. A semicolon is refused too: some readers separate by it.
 */
export function parseTagging(text: string): Result<Tags, Fault> {
  const tags = new Map<string, string>();
  if (text === "") return ok(tags);
  for (const pair of text.split("&")) {
    const equals = pair.indexOf("=");
    const key = decodePart(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decodePart(pair.slice(equals + 1));
    if (key === undefined || value === undefined || !isTag(key, value) || tags.has(key)) {
      return err(awsFault("TaggingHeader", { elements: argument("x-amz-tagging", text) }));
    }
    tags.set(key, value);
  }
  return ok(tags);
}

/** `tags` as an `x-amz-tagging` header that every store reads alike: a space is `%20`. */
export function writeTagging(tags: Tags): string {
  const pairs = [...tags].map(([key, value]) => [key, value].map(encodeComponent).join("="));
  return pairs.join("&");
}

/** The value of the tag that is called `lower` in lower case: IAM compares tags of buckets so. */
export function valueIgnoringCase(tags: Tags | undefined, lower: string): string | undefined {
  if (tags === undefined) return undefined;
  for (const [name, value] of tags) if (name.toLowerCase() === lower) return value;
  return undefined;
}

/**
 * The tags of a `<Tagging>` whose elements are known to be the expected ones ("PutObjectTagging"
 * and "PutBucketTagging", S3 API Reference).
 * Errors: MalformedXML without a TagSet, and those of tagsIn().
 */
export function tagsOfTagging(tagging: XmlElement): Result<Tags, Fault> {
  const set = child(tagging, "TagSet");
  return set === undefined ? err(malformed("it has no TagSet")) : tagsIn(set);
}

/**
 * The tags of a list of `<Tag>` ("Tag", S3 API Reference), which may be empty.
 * Errors: MalformedXML for a tag that is not whole or that a store could trim; InvalidTag for one
 * that cannot be or that is given twice.
 */
export function tagsIn(list: XmlElement): Result<Tags, Fault> {
  const tags = new Map<string, string>();
  for (const tag of list.children) {
    const key = child(tag, "Key")?.text;
    const value = child(tag, "Value")?.text;
    if (key === undefined || value === undefined) {
      return err(malformed("a tag needs a Key and a Value"));
    }
    if (key !== key.trim() || value !== value.trim()) {
      return err(malformed(`the tag "${key}" has outer spaces`));
    }
    if (!isTag(key, "")) return err(awsFault("TagKey", { elements: [["TagKey", key]] }));
    if (!isTag(key, value)) {
      const elements = [
        ["TagKey", key],
        ["TagValue", value],
      ] as const;
      return err(awsFault("TagValue", { elements }));
    }
    if (tags.has(key)) return err(awsFault("TagTwice", { elements: [["TagKey", key]] }));
    tags.set(key, value);
  }
  return ok(tags);
}

function decodePart(raw: string): string | undefined {
  return raw.includes(";") ? undefined : decode(raw.replaceAll("+", "%20"));
}

/** Returns true for a valid tag. Control characters are in no tag, and readers in C end at NUL. */
function isTag(key: string, value: string): boolean {
  return key !== "" && !/\p{Cc}/u.test(key) && !/\p{Cc}/u.test(value);
}
