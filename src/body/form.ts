import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import { argument, awsFault, fault, type Fault } from "../s3/faults.ts";
import { withFilename } from "../s3/post-object.ts";
import { BodyError } from "./body.ts";
import { lastPart, malformedForm } from "./form-file.ts";
import { Gathered } from "./gathered.ts";
import { parseBoundary, readPartHead, type PartHead } from "./form-part.ts";

/** A browser's upload form ("POST Object", Amazon S3 API Reference), read up to its file. */
export type OpenForm = {
  /** The fields by lower-case name; `${filename}` in them is replaced. */
  readonly fields: ReadonlyMap<string, string>;
  /** The filename as the form says it, directories included; empty if it says none. */
  readonly filename: string;
  /** The part's own media type: S3 ignores it, the field Content-Type is what counts. */
  readonly contentType: string;
  /** Bytes of the file if no field follows it; a little less if some do. */
  readonly fileBytesMax: number;
  /** Reads a small file whole, and finds a large one. To be called once. Errors as `openForm`. */
  readonly file: () => Promise<Result<FormFile, Fault>>;
};

export type FormFile = {
  /**
   * The bytes. They end with a `BodyError` if they were not exactly `length`, or if some may be
   * missing.
   */
  readonly body: AsyncIterable<Buffer>;
  /** Bytes. */
  readonly length: number;
};

/** A file on disk that a large form's file is written to. */
export type Spooled = {
  /** Appends `bytes`. Throws `BodyError` if there is no room for them. */
  readonly write: (bytes: Buffer) => Promise<void>;
  /** Returns the first `length` bytes. To be read once. */
  readonly bytes: (length: number) => AsyncIterable<Buffer>;
};

export type FormLimits = {
  /**
   * The limit of everything before the file's first byte, boundaries included; S3 takes 20 KB. The
   * same limit after the file, and of all values with the file's name put in.
   */
  readonly fieldBytesMax: number;
  /** The rest of a request, up to which a file is held in memory. */
  readonly fileBufferBytesMax: number;
  /**
   * Opens the place where a larger file, of `bytesMin` at least, is written until its end is known;
   * `undefined` if the file must be the last part. Throws `BodyError` if there can be no room.
   */
  readonly spool?: ((bytesMin: number) => Promise<Spooled>) | undefined;
};

/**
 * Reads a form's fields, which say all that the decision on it needs, and no more: nobody's file is
 * kept before its form's policy has been proved. `contentLength`: bytes of the whole request body.
 *
 * The store must be told the file's length before the file has come. So `file` reads the rest of a
 * small request first, and ignores fields after the file, as S3 does. The file of a large one is
 * written to `limits.spool`; without that it must be the last part, so that its length follows from
 * `contentLength`.
 *
 * A multipart reader cannot do that: busboy tells no offsets, and it skips malformed parts without
 * a word. It reads the heads of parts here, and the boundaries are ours to find.
 *
 * Errors: MissingContentLength, MalformedPOSTRequest, MaxPostPreDataLengthExceededError,
 * InvalidArgument for a field that occurs twice and for another number of files than one.
 */
export async function openForm(
  source: AsyncIterable<Buffer>,
  contentType: string,
  contentLength: number | undefined,
  limits: FormLimits,
): Promise<Result<OpenForm, Fault>> {
  if (contentLength === undefined) return err(fault("MissingContentLength"));
  const boundary = parseBoundary(contentType);
  if (boundary === undefined) return err(malformedForm("the Content-Type names no valid boundary"));
  const reader: FormReader = {
    iterator: source[Symbol.asyncIterator](),
    // With a line break in front, the first delimiter is like every other.
    buffer: Buffer.from("\r\n"),
    delimiter: Buffer.from(`\r\n--${boundary}`),
    // The line break in front is not part of the request.
    received: LINE_END.length,
    promised: contentLength + LINE_END.length,
    begun: false,
  };
  return faultOf(reader, () => readFields(reader, limits));
}

/** A form that cannot be read is left: what still comes of it is nobody's. */
async function faultOf<T>(reader: FormReader, read: () => Promise<T>): Promise<Result<T, Fault>> {
  try {
    return ok(await read());
  } catch (error) {
    await reader.iterator.return?.();
    if (error instanceof BodyError) return err(error.fault);
    throw error;
  }
}

/** The bytes that have come and were not read yet. Mutable: it lives as long as the form is read. */
type FormReader = {
  readonly iterator: AsyncIterator<Buffer>;
  buffer: Buffer;
  /** The bytes between parts: CRLF, two dashes, the boundary. */
  readonly delimiter: Buffer;
  /** Bytes that have come, read or not. */
  received: number;
  /** Bytes that come in all. */
  readonly promised: number;
  /** True if the first delimiter was read. */
  begun: boolean;
};

const LINE_END = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");
const CLOSING = Buffer.from("--");

async function readFields(reader: FormReader, limits: FormLimits): Promise<OpenForm> {
  const fields = new Map<string, string>();
  for (;;) {
    const head = await nextPart(reader, limits);
    if (head === undefined) throw new BodyError(files("0"));
    if (head.name === "file") return opened(reader, fields, head, limits);
    if (fields.has(head.name)) {
      const message = `The form field "${head.name}" occurs more than once`;
      throw new BodyError(fault("InvalidArgument", message));
    }
    fields.set(head.name, decodeField(await takeUntil(reader, reader.delimiter, limits)));
  }
}

function opened(
  reader: FormReader,
  fields: ReadonlyMap<string, string>,
  { filename, contentType }: PartHead,
  limits: FormLimits,
): OpenForm {
  const unread = reader.promised - (reader.received - reader.buffer.length);
  const named = withFilename(fields, filename, limits.fieldBytesMax);
  if (named === undefined) throw tooManyFields(limits);
  return {
    fields: named,
    filename,
    contentType,
    fileBytesMax: Math.max(0, unread - closingOf(reader).length),
    file: () => faultOf(reader, () => readFile(reader, unread, limits)),
  };
}

/** Returns the end of a form whose last part is its file. */
function closingOf({ delimiter }: FormReader): Buffer {
  return Buffer.concat([delimiter, CLOSING, LINE_END]);
}

/** Reads on from the end of a delimiter; `undefined` if it was the closing one. */
async function nextPart(reader: FormReader, limits: FormLimits): Promise<PartHead | undefined> {
  if (!reader.begun) {
    const preamble = await takeUntil(reader, reader.delimiter, limits);
    if (preamble.length > 0) throw broken("it must begin with its boundary");
    reader.begun = true;
  }
  const rest = await takeUntil(reader, LINE_END, limits);
  if (rest.equals(CLOSING)) return undefined;
  if (rest.length > 0) throw broken("other text follows a boundary");
  const head = await readPartHead(await takeUntil(reader, HEAD_END, limits));
  if (head === undefined) throw broken("the head of a part is not valid");
  return head;
}

/** The bytes before `mark`, which is read too: of fields, never of the file. */
async function takeUntil(reader: FormReader, mark: Buffer, limits: FormLimits): Promise<Buffer> {
  for (;;) {
    const at = reader.buffer.indexOf(mark);
    const read = at < 0 ? reader.buffer.length : at + mark.length;
    if (reader.received - reader.buffer.length + read > limits.fieldBytesMax) {
      throw tooManyFields(limits);
    }
    if (at >= 0) {
      const bytes = reader.buffer.subarray(0, at);
      reader.buffer = reader.buffer.subarray(read);
      return bytes;
    }
    reader.buffer = Buffer.concat([reader.buffer, await nextBytes(reader)]);
  }
}

async function nextBytes(reader: FormReader): Promise<Buffer> {
  const next = await reader.iterator.next();
  if (next.done === true) {
    if (reader.received >= reader.promised) throw broken("it ends without its boundary");
    throw new BodyError(awsFault("IncompleteBody", { why: "The form ended too early" }));
  }
  reader.received += next.value.length;
  return next.value;
}

/** `unread`: bytes of the request that were not read as fields. */
async function readFile(reader: FormReader, unread: number, limits: FormLimits): Promise<FormFile> {
  if (unread > limits.fileBufferBytesMax) {
    // More than its fields may take cannot follow the file.
    const spooled = await limits.spool?.(unread - limits.fieldBytesMax);
    if (spooled !== undefined) return spoolFile(reader, spooled, limits);
    const { iterator, buffer, delimiter } = reader;
    const closing = closingOf(reader);
    const length = unread - closing.length;
    const body = lastPart(
      { iterator, first: buffer, delimiter, closing, length },
      limits.fileBufferBytesMax,
    );
    return { body, length };
  }
  const bytes = await bufferFile(reader, unread, limits);
  return { body: once(bytes), length: bytes.length };
}

/** Returns the file of a small request, which has `length` unread bytes. */
async function bufferFile(reader: FormReader, length: number, limits: FormLimits): Promise<Buffer> {
  const gathered = new Gathered();
  gathered.add(reader.buffer);
  while (gathered.length < length) gathered.add(await nextBytes(reader));
  const rest = gathered.bytes();
  const end = rest.indexOf(reader.delimiter);
  if (end < 0) throw broken("its closing boundary is missing");
  await passOver(reader, rest.subarray(end), limits);
  return rest.subarray(0, end);
}

/**
 * Returns the file of a large request, written to `spooled` up to the first delimiter, wherever
 * that stands: its length is known then, and nothing after it is kept.
 */
async function spoolFile(
  reader: FormReader,
  spooled: Spooled,
  limits: FormLimits,
): Promise<FormFile> {
  const { delimiter } = reader;
  let length = 0;
  for (;;) {
    const at = reader.buffer.indexOf(delimiter);
    // The last bytes may begin a delimiter.
    const sure = at < 0 ? Math.max(0, reader.buffer.length - delimiter.length + 1) : at;
    await spooled.write(reader.buffer.subarray(0, sure));
    length += sure;
    reader.buffer = reader.buffer.subarray(sure);
    if (at >= 0) break;
    reader.buffer = Buffer.concat([reader.buffer, await nextBytes(reader)]);
  }
  const gathered = new Gathered();
  gathered.add(reader.buffer);
  const unread = reader.promised - reader.received;
  if (gathered.length + unread > limits.fieldBytesMax) throw tooManyFields(limits);
  while (reader.received < reader.promised) gathered.add(await nextBytes(reader));
  await passOver(reader, gathered.bytes(), limits);
  return { body: spooled.bytes(length), length };
}

/**
 * Reads over the parts after the file, within the same limit as the fields before it; refuses a second
 * file. `rest`: from the delimiter that ended the file to the end of the request.
 */
async function passOver(reader: FormReader, rest: Buffer, limits: FormLimits): Promise<void> {
  const ended = withLineEnd(rest, reader.delimiter);
  const buffer = ended.subarray(reader.delimiter.length);
  const { length } = buffer;
  const after = { ...reader, iterator: NOTHING, buffer, received: length, promised: length };
  for (;;) {
    const head = await nextPart(after, limits);
    // The bytes after the closing boundary are nobody's (RFC 2046 section 5.1.1).
    if (head === undefined) return;
    if (head.name === "file") throw new BodyError(files("2"));
    await takeUntil(after, after.delimiter, limits);
  }
}

/**
 * Adds the last line break: Node's own FormData, up to Node 20, ends with the closing boundary
 * alone.
 */
function withLineEnd(rest: Buffer, delimiter: Buffer): Buffer {
  const closing = Buffer.concat([delimiter, CLOSING]);
  const closed = rest.subarray(-closing.length).equals(closing);
  return closed ? Buffer.concat([rest, LINE_END]) : rest;
}

const NOTHING: AsyncIterator<Buffer> = { next: async () => ({ done: true, value: undefined }) };

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}

function decodeField(bytes: Buffer): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw broken("a field is not UTF-8");
  return text;
}

/** The refusal of a form with that many files. */
function files(count: string): Fault {
  return awsFault("FormFiles", { elements: argument("file", count) });
}

function tooManyFields({ fieldBytesMax }: FormLimits): BodyError {
  const why = `The fields of the form take more than ${fieldBytesMax} bytes`;
  return new BodyError(awsFault("MaxPostPreDataLengthExceededError", { why }));
}

function broken(why: string): BodyError {
  return new BodyError(malformedForm(why));
}
