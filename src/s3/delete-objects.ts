import { err, ok, type Result } from "../lib/result.ts";
import { isKeyTooLong, keyTooLong } from "./address.ts";
import type { Fault } from "./faults.ts";
import { closed, LEAF, watchShape } from "./document-shape.ts";
import { wrongVersionId } from "./said-values.ts";
import type { XmlBounds } from "./xml-bounds.ts";
import { createXmlReader, type XmlReader } from "./xml-reader.ts";
import { createXmlTree } from "./xml-tree.ts";
import { malformed, xmlElement, type XmlElement } from "./xml.ts";

/** An `<Object>` of a DeleteObjects body. */
export type DeleteEntry = {
  readonly key: string;
  readonly versionId: string | undefined;
  /** The conditions, as sent. */
  readonly eTag: string | undefined;
  readonly lastModifiedTime: string | undefined;
  readonly size: string | undefined;
};

export type DeleteRequest = {
  /** True if only errors are answered. */
  readonly quiet: boolean;
  /**
   * The entries in the order received; at most 1000 when parsed. None: AWS and MinIO refuse that,
   * RGW does not.
   */
  readonly entries: readonly DeleteEntry[];
};

/** An entry that was not forwarded, and the error for its owner. */
export type DeniedEntry = {
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly code: string;
  readonly message: string;
};

const ENTRIES_MAX = 1000;
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
/**
 * The elements without a prefix and in no other case: another reader might follow other spellings.
 */
const SHAPE = closed({
  "Object*": closed({ ETag: LEAF, Key: LEAF, LastModifiedTime: LEAF, Size: LEAF, VersionId: LEAF }),
  Quiet: LEAF,
});
/** A root, Quiet, and each object with its five children. */
const BOUNDS: XmlBounds = {
  elements: 2 + ENTRIES_MAX * 6,
  // One more, so that the sentence on too many objects is theirs.
  children: ENTRIES_MAX + 2,
  textLength: 64 * 1024,
};

/**
 * Reads the body of DeleteObjects (S3 API Reference) as it comes, whatever its Content-Type; each
 * object becomes an entry when its element ends. Unknown and repeated elements are refused, since
 * another reader might follow them.
 * Errors: MalformedXML, also at the 1001st object as at AWS; KeyTooLongError; InvalidArgument for
 * an empty version.
 */
export function deleteReader(): {
  readonly reader: Pick<XmlReader, "push">;
  readonly end: () => Result<DeleteRequest, Fault>;
} {
  const entries: DeleteEntry[] = [];
  const tree = createXmlTree(watchShape("Delete", SHAPE), (child) => {
    if (child.name !== "Object") return KEPT;
    if (entries.length === ENTRIES_MAX) return TOO_MANY;
    const entry = readEntry(child);
    if (!entry.ok) return entry;
    entries.push(entry.value);
    return TAKEN;
  });
  const reader = createXmlReader(BOUNDS, tree);
  return {
    reader,
    end: () => {
      const wrong = reader.end();
      return wrong === undefined ? requestOf(tree.root, entries) : err(wrong);
    },
  };
}

const KEPT = ok(false);
const TAKEN = ok(true);
const TOO_MANY = err(malformed(`it names more than ${ENTRIES_MAX} objects`));

function requestOf(
  root: XmlElement | undefined,
  entries: readonly DeleteEntry[],
): Result<DeleteRequest, Fault> {
  if (root === undefined) throw new Error("a document that was read has no root");
  const wrong = wrongRoot(root) ?? wrongText(root) ?? wrongAttributes(root);
  if (wrong !== undefined) return err(wrong);
  const quiet = textOf(root, "Quiet")?.trim() ?? "false";
  if (quiet !== "true" && quiet !== "false") return err(malformed(`Quiet is "${quiet}"`));
  return ok({ quiet: quiet === "true", entries });
}

/** Returns the body that the store receives: written anew, so that it says just what was judged. */
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
  const wrong = unexpected(object) ?? wrongText(object) ?? wrongAttributes(object);
  if (wrong !== undefined) return err(wrong);
  const key = textOf(object, "Key");
  const versionId = textOf(object, "VersionId");
  if (key === undefined || key === "") return err(malformed("an object has no key"));
  if (isKeyTooLong(key)) return err(keyTooLong(key));
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

/** The namespace is the only attribute of all. */
function wrongRoot(root: XmlElement): Fault | undefined {
  for (const [name, value] of root.attributes) {
    if (name !== "xmlns" || value !== NAMESPACE)
      return malformed(`the attribute "${name}" is unknown`);
  }
  return undefined;
}

function wrongText({ name, text }: XmlElement): Fault | undefined {
  return text.trim() === "" ? undefined : malformed(`"${name}" contains text`);
}

function wrongAttributes({ children }: XmlElement): Fault | undefined {
  for (const child of children) {
    const wrong = unexpected(child);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function unexpected({ name, attributes }: XmlElement): Fault | undefined {
  return attributes.size === 0
    ? undefined
    : malformed(`the element "${name}" is not as expected: it has an attribute`);
}

/** The character data of the child called `name`; undefined if there is none. */
function textOf(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

function element(name: string, text: string | undefined): string {
  return text === undefined ? "" : xmlElement(name, text);
}
