import { encodeComponent } from "../http/percent.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { isKeyTooLong, keyTooLong } from "./address.ts";
import { CHECKSUM_ALGORITHMS, CHECKSUM_PREFIX } from "./checksums.ts";
import { readDocument } from "./document-reader.ts";
import { argument, awsFault, fault, type Fault } from "./faults.ts";
import { tagsOfTagging, writeTagging, type Tags } from "./tags.ts";
import { refusedHeader } from "./vendor.ts";
import { xmlElement } from "./xml.ts";

/** A browser's form as the PutObject it stands for ("POST Object", Amazon S3 API Reference). */
export type PutFromForm = {
  readonly key: string;
  /** Name (lower-case), value (latin1), …: all that the form says of the object. */
  readonly headers: readonly string[];
  readonly success: PostSuccess;
};

/** The answer that the form wants once the object is stored. */
type PostSuccess =
  | { readonly kind: "status"; readonly status: 200 | 201 | 204 }
  /** `url` is an absolute http or https URL. */
  | { readonly kind: "redirect"; readonly url: string };

/** An answer to a form: XML or nothing. `ETag` is the store's header and not repeated here. */
export type PostResponse = {
  readonly status: 200 | 201 | 204 | 303;
  readonly headers: readonly string[];
  readonly body: string;
};

type Fields = ReadonlyMap<string, string>;

/**
 * Returns `fields` with `${filename}` replaced by the file's name without its directories, in every
 * field ("HTML Form Fields", S3 API Reference). Done once, before anybody judges a field: the policy
 * and the access rules must see the final values. `undefined` if the values would take more than
 * `bytesMax`: a short form can name a long file a thousand times.
 */
export function withFilename(
  fields: Fields,
  filename: string,
  bytesMax: number,
): Fields | undefined {
  // Windows browsers have sent whole paths.
  const name = filename.slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1);
  const pieces = [...fields].map(([field, value]) => [field, value.split("${filename}")] as const);
  const nameBytes = Buffer.byteLength(name);
  let bytes = 0;
  for (const [, [first = "", ...rest]] of pieces) {
    bytes += Buffer.byteLength(first);
    for (const piece of rest) bytes += nameBytes + Buffer.byteLength(piece);
  }
  if (bytes > bytesMax) return undefined;
  return new Map(pieces.map(([field, parts]) => [field, parts.join(name)]));
}

/**
 * The PutObject that the form's `fields` (by lower-case name, see `withFilename`) stand for in
 * `bucket`, the bucket of the URL. Only known fields become headers.
 * Errors: InvalidArgument for a missing key, an unknown field or a value that no header can carry;
 * KeyTooLongError; MalformedXML and InvalidTag for `tagging`; those of refusedHeader().
 */
export function putFromForm(fields: Fields, bucket: string): Result<PutFromForm, Fault> {
  const key = parseFormKey(fields.get("key"));
  if (!key.ok) return key;
  const named = fields.get("bucket");
  if (named !== undefined && named !== bucket) {
    return invalid(`The field bucket must be the bucket of the URL: got "${named}"`);
  }
  const headers: string[] = [];
  for (const [name, value] of fields) {
    if (NOT_STORED.has(name) || name.startsWith("x-ignore-")) continue;
    const header = headerOf(name, value);
    if (!header.ok) return header;
    headers.push(...header.value);
  }
  // A form's fields go the way of the head: a switch of the store's is one here, too.
  const refused = refusedHeader(headers);
  if (refused !== undefined) return err(refused);
  return ok({ key: key.value, headers, success: successOf(fields) });
}

/**
 * Returns the answer to a form whose object was stored: `object.url` is where the client finds it,
 * `object.etag` the store's, quotes included.
 */
export function postResponse(
  put: PutFromForm,
  object: { readonly bucket: string; readonly url: string; readonly etag: string },
): PostResponse {
  const { success } = put;
  if (success.kind === "redirect") {
    const query = [
      ["bucket", object.bucket],
      ["key", put.key],
      ["etag", object.etag],
    ].map(([name = "", value = ""]) => `${name}=${encodeComponent(value)}`);
    const location = withQuery(success.url, query.join("&"));
    return { status: 303, headers: ["location", location], body: "" };
  }
  const location = ["location", object.url];
  if (success.status !== 201) return { status: success.status, headers: location, body: "" };
  return {
    status: 201,
    headers: [...location, "content-type", "application/xml"],
    body: createdXml(put.key, object),
  };
}

function createdXml(
  key: string,
  object: { readonly bucket: string; readonly url: string; readonly etag: string },
): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>',
    xmlElement("Location", object.url),
    xmlElement("Bucket", object.bucket),
    xmlElement("Key", key),
    xmlElement("ETag", object.etag),
    "</PostResponse>",
  ].join("");
}

/** Puts parameters after the query of an absolute URL and before its fragment. */
function withQuery(url: string, parameters: string): string {
  const hash = url.indexOf("#");
  const before = hash < 0 ? url : url.slice(0, hash);
  const mark = before.includes("?") ? "&" : "?";
  return `${before}${mark}${parameters}${url.slice(before.length)}`;
}

/** The fields about the form itself, for the gateway. */
const NOT_STORED: ReadonlySet<string> = new Set([
  "awsaccesskeyid",
  "bucket",
  "key",
  "policy",
  "redirect",
  "signature",
  "success_action_redirect",
  "success_action_status",
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-security-token",
  "x-amz-signature",
]);

/** Fields that are the PutObject header of the same name. */
const SAME_NAME: ReadonlySet<string> = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
  "x-amz-checksum-algorithm",
  ...CHECKSUM_ALGORITHMS.map((algorithm) => CHECKSUM_PREFIX + algorithm),
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write-acp",
  "x-amz-object-lock-legal-hold",
  "x-amz-object-lock-mode",
  "x-amz-object-lock-retain-until-date",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-bucket-key-enabled",
  "x-amz-server-side-encryption-context",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-server-side-encryption-customer-key",
  "x-amz-server-side-encryption-customer-key-md5",
  "x-amz-storage-class",
  "x-amz-website-redirect-location",
]);

/** RFC 9110 section 5.6.2: what a header's name consists of. */
const META_NAME = /^x-amz-meta-[!#$%&'*+\-.^_`|~0-9a-z]+$/;

function headerOf(name: string, value: string): Result<readonly string[], Fault> {
  if (name === "acl") return header("x-amz-acl", name, value);
  if (name === "tagging") return taggingHeader(value);
  if (SAME_NAME.has(name) || META_NAME.test(name)) return header(name, name, value);
  if (name.startsWith(CHECKSUM_PREFIX)) return err(awsFault("FormChecksum"));
  // AWS passes over what it does not know, such as the button of a page. What would mean something as
  // a header is no such thing: to pass over a condition or a digest would be to break a promise.
  return name.startsWith("x-") || MEANT.has(name)
    ? invalid(`The form field "${name}" is unknown`)
    : ok([]);
}

/** Headers of a PutObject that a form cannot have. */
const MEANT: ReadonlySet<string> = new Set([
  "authorization",
  "content-length",
  "content-md5",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
]);

/**
 * Returns a header; nothing for an empty value, which browsers send for a field that was not filled
 * in.
 */
function header(name: string, field: string, value: string): Result<readonly string[], Fault> {
  const text = value.trim();
  if (text === "") return ok([]);
  if (CONTROL.test(text)) {
    return invalid(`The form field "${field}" must not contain control characters`);
  }
  return ok([name, Buffer.from(text, "utf8").toString("latin1")]);
}

/** A line break here would be a further header of ours. */
// oxlint-disable-next-line no-control-regex -- They are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** The field's XML is the body of PutObjectTagging; PutObject's header is a query string. */
function taggingHeader(xml: string): Result<readonly string[], Fault> {
  const document = readDocument("PutObjectTagging", [], Buffer.from(xml, "utf8"));
  if (!document.ok) return document;
  const tags = document.value.kind === "xml" ? tagsOfTagging(document.value.root) : NO_TAGS;
  return tags.ok ? header("x-amz-tagging", "tagging", writeTagging(tags.value)) : tags;
}

const NO_TAGS = ok<Tags>(new Map());

function parseFormKey(key: string | undefined): Result<string, Fault> {
  if (key === undefined) {
    return err(fieldMissing("key"));
  }
  if (key === "") {
    return err(awsFault("FormKeyEmpty", { elements: argument("key", "") }));
  }
  if (key.includes("\0")) return invalid("The field key must not contain NUL");
  return isKeyTooLong(key) ? err(keyTooLong(key)) : ok(key);
}

/** The refusal of a form without the field `name`, which it needs. */
export function fieldMissing(name: string): Fault {
  return awsFault("FormFieldMissing", { values: [name], elements: argument(name, "") });
}

/** A redirect that is no URL and a status that is not offered count as absent, as in S3. */
function successOf(fields: Fields): PostSuccess {
  const url = fields.get("success_action_redirect") ?? fields.get("redirect");
  if (url !== undefined && isRedirect(url)) return { kind: "redirect", url };
  const status = fields.get("success_action_status");
  if (status === "200") return { kind: "status", status: 200 };
  if (status === "201") return { kind: "status", status: 201 };
  return { kind: "status", status: 204 };
}

/** Returns true for visible ASCII only, so that nothing can break out of the Location header. */
function isRedirect(url: string): boolean {
  return /^https?:\/\/[\x21-\x7e]+$/i.test(url) && URL.canParse(url);
}

function invalid(message: string): Result<never, Fault> {
  return err(fault("InvalidArgument", message));
}
