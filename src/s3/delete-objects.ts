import { err, ok, type Result } from "../lib/result.ts";
import { isKeyTooLong, keyTooLong } from "./address.ts";
import type { Fault } from "./faults.ts";
import { wrongVersionId } from "./said-values.ts";
import { malformed, parseXml, xmlElement, type XmlElement } from "./xml.ts";

/** One `<Object>` of a DeleteObjects body. */
export type DeleteEntry = {
  readonly key: string;
  readonly versionId: string | undefined;
  /** The conditions, as sent. */
  readonly eTag: string | undefined;
  readonly lastModifiedTime: string | undefined;
  readonly size: string | undefined;
};

export type DeleteRequest = {
  /** Only errors are answered. */
  readonly quiet: boolean;
  /** In the order received; 1 to 1000 when parsed. */
  readonly entries: readonly DeleteEntry[];
};

/** An entry that was not forwarded, and what its owner is told. */
export type DeniedEntry = {
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly code: string;
  readonly message: string;
};

const ENTRIES_MAX = 1000;
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
const DELETE_CHILDREN: ReadonlySet<string> = new Set(["Object", "Quiet"]);
const OBJECT_CHILDREN: ReadonlySet<string> = new Set([
  "ETag",
  "Key",
  "LastModifiedTime",
  "Size",
  "VersionId",
]);

/**
 * Reads the body of DeleteObjects (S3 API Reference), whatever its Content-Type. Unknown and
 * repeated elements are refused, since another reader might follow them.
 * Errors: MalformedXML, also above 1000 objects as at AWS; KeyTooLongError; InvalidArgument for
 * an empty version.
 */
export function parseDeleteObjects(body: Buffer): Result<DeleteRequest, Fault> {
  const root = parseXml(body);
  if (!root.ok) return root;
  const wrong = wrongRoot(root.value) ?? wrongChildren(root.value, DELETE_CHILDREN, "Object");
  if (wrong !== undefined) return err(wrong);
  const objects = root.value.children.filter((child) => child.name === "Object");
  if (objects.length === 0) return err(malformed("it names no object"));
  if (objects.length > ENTRIES_MAX)
    return err(malformed(`it names more than ${ENTRIES_MAX} objects`));
  const quiet = textOf(root.value, "Quiet")?.trim() ?? "false";
  if (quiet !== "true" && quiet !== "false") return err(malformed(`Quiet is "${quiet}"`));
  const entries: DeleteEntry[] = [];
  for (const object of objects) {
    const entry = readEntry(object);
    if (!entry.ok) return entry;
    entries.push(entry.value);
  }
  return ok({ quiet: quiet === "true", entries });
}

/** The body that the store receives: written anew, so that it says just what was judged. */
export function writeDeleteObjects(request: DeleteRequest): Buffer {
  const objects = request.entries.map(
    (entry) =>
      `<Object>${element("Key", entry.key)}${element("VersionId", entry.versionId)}` +
      `${element("ETag", entry.eTag)}${element("LastModifiedTime", entry.lastModifiedTime)}` +
      `${element("Size", entry.size)}</Object>`,
  );
  const quiet = request.quiet ? "<Quiet>true</Quiet>" : "";
  return Buffer.from(
    `${DECLARATION}<Delete xmlns="${NAMESPACE}">${quiet}${objects.join("")}</Delete>`,
  );
}

/**
 * The store's DeleteResult (empty if nothing was forwarded) with an `<Error>` for every denied
 * entry: errors are answered in quiet mode too. Anything else that the store says, such as its own
 * error document, is returned as it is.
 */
export function mergeDeleteResult(storeXml: string, denied: readonly DeniedEntry[]): string {
  const errors = denied.map(
    ({ key, versionId, code, message }) =>
      `<Error>${element("Key", key)}${element("VersionId", versionId)}` +
      `${element("Code", code)}${element("Message", message)}</Error>`,
  );
  const added = errors.join("");
  if (storeXml === "") {
    return `${DECLARATION}<DeleteResult xmlns="${NAMESPACE}">${added}</DeleteResult>`;
  }
  // A "<" inside a key is escaped, so the last closing tag is the document's own.
  const end = storeXml.lastIndexOf(CLOSING);
  if (end >= 0) return storeXml.slice(0, end) + added + storeXml.slice(end);
  return openEmptyResult(storeXml, added);
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
const OPENING = "<DeleteResult";
const CLOSING = "</DeleteResult>";

/** `<DeleteResult … />`, as stores write it in quiet mode, opened for `added`. */
function openEmptyResult(storeXml: string, added: string): string {
  const start = storeXml.indexOf(OPENING);
  const end = start < 0 ? -1 : storeXml.indexOf("/>", start);
  if (end < 0) return storeXml;
  return `${storeXml.slice(0, end)}>${added}${CLOSING}${storeXml.slice(end + 2)}`;
}

function readEntry(object: XmlElement): Result<DeleteEntry, Fault> {
  const wrong = wrongChildren(object, OBJECT_CHILDREN);
  if (wrong !== undefined) return err(wrong);
  const key = textOf(object, "Key");
  const versionId = textOf(object, "VersionId");
  if (key === undefined || key === "") return err(malformed("an object has no key"));
  if (isKeyTooLong(key)) return err(keyTooLong());
  const odd = versionId === undefined ? undefined : wrongVersionId(versionId);
  if (odd !== undefined) return err(odd);
  return ok({
    key,
    versionId,
    eTag: textOf(object, "ETag"),
    lastModifiedTime: textOf(object, "LastModifiedTime"),
    size: textOf(object, "Size"),
  });
}

function wrongRoot(root: XmlElement): Fault | undefined {
  if (root.name !== "Delete") return malformed(`its root is "${root.name}", not "Delete"`);
  for (const [name, value] of root.attributes) {
    if (name !== "xmlns" || value !== NAMESPACE)
      return malformed(`the attribute "${name}" is unknown`);
  }
  return undefined;
}

/** Why `parent` does not hold what `known` has: each once and without more inside, but `repeatable`. */
function wrongChildren(
  parent: XmlElement,
  known: ReadonlySet<string>,
  repeatable?: string,
): Fault | undefined {
  const seen = new Set<string>();
  for (const child of parent.children) {
    if (!known.has(child.name) || child.attributes.size > 0) return unexpected(child);
    if (child.name !== repeatable && child.children.length > 0) return unexpected(child);
    if (child.name !== repeatable && seen.has(child.name)) {
      return malformed(`"${child.name}" is repeated in "${parent.name}"`);
    }
    seen.add(child.name);
  }
  return parent.text.trim() === "" ? undefined : malformed(`"${parent.name}" contains text`);
}

function unexpected(child: XmlElement): Fault {
  return malformed(`the element "${child.name}" is not as expected`);
}

/** The character data of the child called `name`; undefined if there is none. */
function textOf(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

function element(name: string, text: string | undefined): string {
  return text === undefined ? "" : xmlElement(name, text);
}
