import { err, ok, type Result } from "../lib/result.ts";

/** Bytes of a list of buckets. */
export type ListPiece = {
  readonly bytes: Buffer;
  /** The name if they are a bucket's entry; `undefined` for all else. */
  readonly bucket: string | undefined;
  /** The text if they are the element of the continuation token; `undefined` for all else. */
  readonly token: string | undefined;
};

/** The element by which the next page is asked for. */
export const TOKEN_ELEMENT = "ContinuationToken";

/**
 * Reads a store's list of buckets while it passes, so that entries can be taken out. Everything else
 * goes by byte for byte: owner, prefix, the white space between entries. A page
 * may so become shorter, even empty, and still have a next one, as S3 allows ("ListBuckets", S3 API
 * Reference).
 */
export type BucketListReader = {
  /**
   * The pieces of the next bytes of the list, split anywhere. The error says why the list cannot be
   * read; the answer must be broken off then, since an entry could go unseen.
   */
  readonly push: (chunk: Buffer) => Result<readonly ListPiece[], string>;
  /**
   * Returns, after the last chunk, the reason why the list is incomplete; `undefined` if it is
   * complete.
   */
  readonly end: () => string | undefined;
};

/**
 * Reads what S3 stores write, which is less than XML has: UTF-8, no comment, CDATA, DTD or prefix. An
 * entry without one plain name is in no piece. Holds one entry at a time.
 */
export function createBucketListReader(): BucketListReader {
  let pending: Buffer = EMPTY;
  let rooted = false;
  return {
    push: (chunk) => {
      const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const pass = readBytes(bytes, rooted);
      if (!pass.ok) return pass;
      pending = pass.value.rest;
      rooted = pass.value.rooted;
      return ok(pass.value.pieces);
    },
    end: () => (rooted && pending.length === 0 ? undefined : "The list of buckets is cut short"),
  };
}

const EMPTY = Buffer.alloc(0);

/** Far above a name of 255 characters with its date, region and ARN. */
const ENTRY_BYTES_MAX = 8 * 1024;
const BYTE_LESS = 0x3c;
const ROOTS: ReadonlySet<string> = new Set([
  "ListAllMyBucketsResult",
  "ListAllMyDirectoryBucketsResult",
]);

type Pass = {
  readonly pieces: readonly ListPiece[];
  /** The beginning of a tag or an entry whose end has not come yet. */
  readonly rest: Buffer;
  /** True if the root was read. */
  readonly rooted: boolean;
};

/** Reads `bytes`, which begin outside of any tag. */
function readBytes(bytes: Buffer, rootedBefore: boolean): Result<Pass, string> {
  const pieces: ListPiece[] = [];
  const passed = (end: number): void => {
    if (end > from)
      pieces.push({ bytes: bytes.subarray(from, end), bucket: undefined, token: undefined });
  };
  let rooted = rootedBefore;
  let from = 0;
  let at = 0;
  for (;;) {
    const less = bytes.indexOf(BYTE_LESS, at);
    const start = less < 0 ? bytes.length : less;
    if (!rooted && !isBlank(bytes.subarray(at, start))) return err("It does not begin as XML");
    const read = less < 0 ? PARTIAL : unitAt(bytes, start, rooted);
    if (!read.ok) return read;
    const unit = read.value;
    if (unit === undefined) {
      passed(start);
      const rest = Buffer.from(bytes.subarray(start));
      if (rest.length > ENTRY_BYTES_MAX) return err(`An entry exceeds ${ENTRY_BYTES_MAX} bytes`);
      return ok({ pieces, rest, rooted });
    }
    rooted ||= unit.kind === "root";
    if (unit.kind === "entry" || unit.kind === "token") {
      passed(start);
      from = unit.end;
      const piece = pieceOf(unit.kind, bytes.subarray(start, unit.end));
      if (!piece.ok) return piece;
      if (piece.value !== undefined) pieces.push(piece.value);
    }
    at = unit.end;
  }
}

/** Returns the piece of a whole element; `undefined` if the element must not be seen. */
function pieceOf(kind: "entry" | "token", bytes: Buffer): Result<ListPiece | undefined, string> {
  const text = bytes.toString("utf8");
  if (kind === "entry") {
    const bucket = nameIn(text);
    return ok(bucket === undefined ? undefined : { bytes, bucket, token: undefined });
  }
  const token = text.slice(text.indexOf(">") + 1, Math.max(0, text.lastIndexOf("<")));
  if (/[<&]/.test(token)) return err("The continuation token is no plain text");
  return ok({ bytes, bucket: undefined, token });
}

/** A tag, or an element from its first tag to its last; `end`: the index after it. */
type Unit = { readonly kind: "tag" | "root" | "entry" | "token"; readonly end: number };

/** The result if more bytes are needed. */
const PARTIAL = ok(undefined);

/** The unit that begins at `start`; undefined if its end has not come yet. */
function unitAt(bytes: Buffer, start: number, rooted: boolean): Result<Unit | undefined, string> {
  const greater = bytes.indexOf(">", start);
  if (greater < 0) return PARTIAL;
  const end = greater + 1;
  const name = tagName(bytes.toString("latin1", start + 1, greater));
  if (name.startsWith("!")) return err(NOT_PLAIN);
  if (name.includes(":")) return err(`The element "${name}" has a prefix`);
  if (!rooted) {
    if (name === "?xml") return ok({ kind: "tag", end });
    return ROOTS.has(name) ? ok({ kind: "root", end }) : err(`Its root is "${name}"`);
  }
  const kind = ELEMENTS.get(name);
  if (kind === undefined) return ok({ kind: "tag", end });
  if (bytes[greater - 1] === BYTE_SLASH) return ok({ kind, end });
  const last = `</${name}>`;
  const close = bytes.indexOf(last, end);
  if (close < 0) return PARTIAL;
  return bytes.subarray(end, close).includes("<!")
    ? err(NOT_PLAIN)
    : ok({ kind, end: close + last.length });
}

/** The elements that are read whole. */
const ELEMENTS: ReadonlyMap<string, "entry" | "token"> = new Map([
  ["Bucket", "entry"],
  [TOKEN_ELEMENT, "token"],
]);

const NOT_PLAIN = "It has a comment, CDATA section or document type";
const BYTE_SLASH = 0x2f;

/** Returns the text before the first white space; a closing tag keeps its slash. */
function tagName(tag: string): string {
  const name = /^[^\s]*/.exec(tag)?.[0] ?? "";
  return name.length > 1 && name.endsWith("/") ? name.slice(0, -1) : name;
}

/** The name in an entry; undefined if two readers could read it differently. */
function nameIn(entry: string): string | undefined {
  const [, named, ...more] = entry.split("<Name");
  if (named === undefined || more.length > 0 || !named.startsWith(">")) return undefined;
  const close = named.indexOf("</Name>");
  const name = close < 0 ? "" : named.slice(1, close);
  return name === "" || name.includes("&") || name.includes("<") ? undefined : name;
}

/** Returns true for white space and a byte order mark, which may stand before the root. */
function isBlank(bytes: Buffer): boolean {
  return bytes.toString("utf8").trim() === "";
}
