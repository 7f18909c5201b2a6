import { err, ok, type Result } from "../lib/result.ts";

/**
 * Takes entries out of a store's list of buckets while it passes. Everything else goes by byte for
 * byte: owner, prefix, continuation token, the white space between entries. A page may so become
 * shorter, even empty, and still have a next one, as S3 allows ("ListBuckets", S3 API Reference).
 */
export type BucketFilter = {
  /**
   * The bytes to send on for the next bytes of the list, split anywhere. The error says why the
   * list cannot be read; the answer must be broken off then, since an entry could go unseen.
   */
  readonly push: (chunk: Buffer) => Result<Buffer, string>;
  /** After the last chunk: why the list is not whole; undefined if it is. */
  readonly end: () => string | undefined;
};

/**
 * A filter that lets through the buckets for which `keep` says so of their name. It reads what S3
 * stores write, which is less than XML has: UTF-8, no comment, CDATA, DTD or prefix. An entry
 * without one plain name is never let through. It holds one entry at a time.
 */
export function createBucketFilter(keep: (name: string) => boolean): BucketFilter {
  let pending: Buffer = EMPTY;
  let rooted = false;
  return {
    push: (chunk) => {
      const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const pass = filterBytes(bytes, rooted, keep);
      if (!pass.ok) return pass;
      pending = pass.value.rest;
      rooted = pass.value.rooted;
      return ok(pass.value.kept);
    },
    end: () => (rooted && pending.length === 0 ? undefined : "The list of buckets is cut short"),
  };
}

/** The same for a whole list. */
export function filterBuckets(
  xml: string,
  keep: (name: string) => boolean,
): Result<string, string> {
  const filter = createBucketFilter(keep);
  const kept = filter.push(Buffer.from(xml));
  if (!kept.ok) return kept;
  const problem = filter.end();
  return problem === undefined ? ok(kept.value.toString()) : err(problem);
}

const EMPTY = Buffer.alloc(0);

/** Far above a name of 255 characters with its date, region and ARN. */
const ENTRY_BYTES_MAX = 8 * 1024;
const ENTRY_END = Buffer.from("</Bucket>");
const BYTE_LESS = 0x3c;
const ROOTS: ReadonlySet<string> = new Set([
  "ListAllMyBucketsResult",
  "ListAllMyDirectoryBucketsResult",
]);

type Pass = {
  readonly kept: Buffer;
  /** Begins a tag or an entry of which the end has not come yet. */
  readonly rest: Buffer;
  /** Whether the root has been seen. */
  readonly rooted: boolean;
};

/** Goes through `bytes`, which begin outside of any tag. */
function filterBytes(
  bytes: Buffer,
  rootedBefore: boolean,
  keep: (name: string) => boolean,
): Result<Pass, string> {
  const kept: Buffer[] = [];
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
      kept.push(bytes.subarray(from, start));
      const rest = Buffer.from(bytes.subarray(start));
      if (rest.length > ENTRY_BYTES_MAX) return err(`An entry exceeds ${ENTRY_BYTES_MAX} bytes`);
      return ok({ kept: joined(kept), rest, rooted });
    }
    rooted ||= unit.kind === "root";
    if (unit.kind === "entry" && !isKept(bytes.toString("utf8", start, unit.end), keep)) {
      kept.push(bytes.subarray(from, start));
      from = unit.end;
    }
    at = unit.end;
  }
}

/** One tag, or one entry from its first tag to its last; `end`: the index behind it. */
type Unit = { readonly kind: "tag" | "root" | "entry"; readonly end: number };

/** More bytes are needed. */
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
  if (name !== "Bucket") return ok({ kind: "tag", end });
  if (bytes[greater - 1] === BYTE_SLASH) return ok({ kind: "entry", end });
  const close = bytes.indexOf(ENTRY_END, end);
  if (close < 0) return PARTIAL;
  return bytes.subarray(end, close).includes("<!")
    ? err(NOT_PLAIN)
    : ok({ kind: "entry", end: close + ENTRY_END.length });
}

const NOT_PLAIN = "It has a comment, CDATA section or document type";
const BYTE_SLASH = 0x2f;

/** What stands before the first white space; a closing tag keeps its slash. */
function tagName(tag: string): string {
  const name = /^[^\s]*/.exec(tag)?.[0] ?? "";
  return name.length > 1 && name.endsWith("/") ? name.slice(0, -1) : name;
}

/** An entry whose name two readers could read differently is not let through. */
function isKept(entry: string, keep: (name: string) => boolean): boolean {
  const [, named, ...more] = entry.split("<Name");
  if (named === undefined || more.length > 0 || !named.startsWith(">")) return false;
  const close = named.indexOf("</Name>");
  const name = close < 0 ? "" : named.slice(1, close);
  return name !== "" && !name.includes("&") && !name.includes("<") && keep(name);
}

/** White space and a byte order mark, which may stand before the root. */
function isBlank(bytes: Buffer): boolean {
  return bytes.toString("utf8").trim() === "";
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}
