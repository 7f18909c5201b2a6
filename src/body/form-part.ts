import { Busboy } from "@fastify/busboy";

/** The fields in the head of a part (RFC 7578 section 4). */
export type PartHead = {
  /** The name in lower case: S3 compares the names of fields so. */
  readonly name: string;
  /** The filename; empty if the part names none. */
  readonly filename: string;
  readonly contentType: string;
};

/** RFC 2046 section 5.1.1: 1 to 70 of these, no space at the end. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;
const CONTENT_TYPE =
  /^multipart\/form-data[ \t]*;[ \t]*boundary=(?:"([^"\\]+)"|([^\s";]+))[ \t]*$/i;

/** The boundary that a request's Content-Type names; undefined unless it is a form with just that. */
export function parseBoundary(contentType: string): string | undefined {
  const match = CONTENT_TYPE.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? "";
  return BOUNDARY.test(boundary) ? boundary : undefined;
}

/** A header line of a part. It begins with a letter, so that none can be taken for a boundary. */
const LINE = /^([A-Za-z][A-Za-z0-9-]*):/;
/** RFC 7578 section 4.7 deprecates the header; other encodings would have to be decoded. */
const IDENTITY = /^content-transfer-encoding:[ \t]*(?:7bit|8bit|binary)[ \t]*$/i;
/** A boundary for one part's head, which by `LINE` cannot occur in it. */
const ALONE = "head";

/**
 * Reads the header lines of one part, the empty line excluded. The parameters of
 * Content-Disposition (quoted, RFC 5987, in UTF-8) are busboy's to read; it gets one part with one
 * byte. Undefined for anything that is not the head of a named form-data part.
 */
export async function readPartHead(head: Buffer): Promise<PartHead | undefined> {
  if (!areLinesValid(head.toString("latin1").split("\r\n"))) return undefined;
  const { promise, resolve } = Promise.withResolvers<PartHead | undefined>();
  let found: PartHead | undefined;
  const reader = new Busboy({
    headers: { "content-type": `multipart/form-data; boundary=${ALONE}` },
    isPartAFile: () => true,
    preservePath: true,
  });
  reader.on(
    "file",
    (name: string | undefined, body, filename: string | undefined, _, contentType) => {
      body.resume();
      if (name === undefined || name === "") return;
      found = { name: name.toLowerCase(), filename: filename ?? "", contentType };
    },
  );
  reader.on("finish", () => resolve(found));
  reader.on("error", () => resolve(undefined));
  reader.end(
    Buffer.concat([
      Buffer.from(`--${ALONE}\r\n`),
      head,
      Buffer.from(`\r\n\r\nx\r\n--${ALONE}--\r\n`),
    ]),
  );
  return promise;
}

/**
 * Returns true if each name comes once: busboy takes the first of repeated lines and folds
 * continued ones.
 */
function areLinesValid(lines: readonly string[]): boolean {
  const names = new Set<string>();
  for (const line of lines) {
    const name = LINE.exec(line)?.[1]?.toLowerCase();
    if (name === undefined || names.has(name)) return false;
    if (name === "content-transfer-encoding" && !IDENTITY.test(line)) return false;
    names.add(name);
  }
  return names.has("content-disposition");
}
