import { awsFault, type Fault } from "./faults.ts";

/**
 * The `aws-chunked` content encoding, read incrementally ("Signature calculations for the
 * Authorization header: transferring payload in multiple chunks", and the same "with trailing
 * headers"):
 *
 *     size-hex[;chunk-signature=hex64] CRLF data CRLF …
 *     0[;chunk-signature=hex64] CRLF [name:value CRLF [x-amz-trailer-signature:hex64 CRLF]] CRLF
 *
 * Written exactly so by the SDKs for JavaScript, Python, Java, Go, Rust and .NET. minio-go ends
 * the line of a trailer with LF CRLF, as the AWS page prints it; that is accepted too.
 */

/** The results of a push of bytes, in order. */
export type ChunkToken =
  /** A chunk begins; `signature` is empty if chunks are not signed. Size 0: the last. */
  | { readonly kind: "chunk"; readonly size: number; readonly signature: string }
  /** Data of the chunk that began last: a view of the pushed bytes, never empty. */
  | { readonly kind: "data"; readonly bytes: Buffer }
  /** The framing is complete. */
  | {
      readonly kind: "end";
      readonly trailers: readonly Trailer[];
      readonly trailerSignature: string | undefined;
    };

/** A trailer field: name in lower case, value as sent. */
export type Trailer = readonly [name: string, value: string];

/** The facts about the framing from the head. */
export type ChunkFraming = {
  /** Every chunk has a signature, or none has. */
  readonly signed: boolean;
  /** A trailer section is allowed. */
  readonly trailer: boolean;
};

/** The longest line of framing, line ending included; SDKs write about 100 bytes. */
const LINE_BYTES_MAX = 1024;
/** The whole trailer section. */
const TRAILER_BYTES_MAX = 4096;
/** The largest chunk: what S3 takes in one request, 5 GiB; nine hex digits. */
const CHUNK_BYTES_MAX = 5 * 1024 ** 3;

/** The state of reading one body; made and changed only here. */
export type Deframer = {
  readonly framing: ChunkFraming;
  phase: "header" | "data" | "data-end" | "trailer" | "trailer-lf" | "done";
  /** The part of a line that has come so far, latin1. */
  line: string;
  /** Bytes of the current chunk still to come. */
  remaining: number;
  trailerBytes: number;
  readonly trailers: Trailer[];
  trailerSignature: string | undefined;
  /** The fault of the framing; set once, and then nothing more is read. */
  problem: Fault | undefined;
};

export function createDeframer(framing: ChunkFraming): Deframer {
  return {
    framing,
    phase: "header",
    line: "",
    remaining: 0,
    trailerBytes: 0,
    trailers: [],
    trailerSignature: undefined,
    problem: undefined,
  };
}

/**
 * Reads the next bytes of a body, split anywhere; the tokens' data are views of `bytes`. Bad
 * framing stands in `problem`, after the tokens of what came before it, so that the same bytes are
 * judged alike wherever they are split. It is IncompleteBody, or MalformedTrailerError for a
 * trailer section.
 */
export function deframe(deframer: Deframer, bytes: Buffer): readonly ChunkToken[] {
  const tokens: ChunkToken[] = [];
  let at = 0;
  while (at < bytes.length && deframer.problem === undefined) {
    at =
      deframer.phase === "data"
        ? takeData(deframer, bytes, at, tokens)
        : takeText(deframer, bytes, at, tokens);
  }
  return tokens;
}

/** Reads the rest of a line, or the part of it that has come; returns its end. */
function takeText(deframer: Deframer, bytes: Buffer, at: number, tokens: ChunkToken[]): number {
  const feed = bytes.indexOf(0x0a, at);
  const end = feed < 0 ? bytes.length : feed + 1;
  if (deframer.phase === "done") deframer.problem = malformed("bytes follow the last chunk");
  else if (deframer.line.length + end - at > LINE_BYTES_MAX) {
    deframer.problem = malformed("a line is too long");
  } else {
    deframer.line += bytes.toString("latin1", at, end);
    if (feed >= 0) deframer.problem = takeLine(deframer, tokens);
  }
  return end;
}

/** The refusal of a body whose framing is bad or not complete when its bytes end. */
export function unfinished(deframer: Deframer): Fault | undefined {
  if (deframer.phase === "done") return deframer.problem;
  return (
    deframer.problem ??
    awsFault("BodyEnded", { why: "The aws-chunked body ended before its last chunk was complete" })
  );
}

function takeData(deframer: Deframer, bytes: Buffer, at: number, tokens: ChunkToken[]): number {
  const end = Math.min(bytes.length, at + deframer.remaining);
  tokens.push({ kind: "data", bytes: bytes.subarray(at, end) });
  deframer.remaining -= end - at;
  if (deframer.remaining === 0) deframer.phase = "data-end";
  return end;
}

function takeLine(deframer: Deframer, tokens: ChunkToken[]): Fault | undefined {
  const { line } = deframer;
  deframer.line = "";
  switch (deframer.phase) {
    case "header":
      return takeHeader(deframer, line, tokens);
    case "data-end":
      if (line !== "\r\n") return malformed("chunk data is not followed by CRLF");
      deframer.phase = "header";
      return undefined;
    case "trailer-lf":
      // The second half of minio-go's LF CRLF.
      if (line !== "\r\n") return badTrailer("a line does not end in CRLF");
      deframer.phase = "trailer";
      return undefined;
    case "trailer":
      return takeTrailer(deframer, line, tokens);
    case "data":
    case "done":
      throw new Error(`no line is read in phase ${deframer.phase}`);
  }
}

const HEADER = /^([0-9a-fA-F]{1,9})(?:;chunk-signature=([0-9a-f]{64}))?\r\n$/;

function takeHeader(deframer: Deframer, line: string, tokens: ChunkToken[]): Fault | undefined {
  const match = HEADER.exec(line);
  if (match === null) return malformed("a chunk header is not valid");
  const [, digits = "", signature = ""] = match;
  if (deframer.framing.signed !== (signature !== "")) {
    return malformed(
      `a chunk-signature is ${deframer.framing.signed ? "missing" : "not expected"}`,
    );
  }
  const size = Number.parseInt(digits, 16);
  if (size > CHUNK_BYTES_MAX) return malformed("a chunk is larger than 5 GiB");
  tokens.push({ kind: "chunk", size, signature });
  deframer.remaining = size;
  deframer.phase = size === 0 ? "trailer" : "data";
  return undefined;
}

const TRAILER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\x21-\x7e]*)(\r?\n)$/;
const SIGNATURE = /^[0-9a-f]{64}$/;

function takeTrailer(deframer: Deframer, line: string, tokens: ChunkToken[]): Fault | undefined {
  if (line === "\r\n") {
    const { trailers, trailerSignature } = deframer;
    tokens.push({ kind: "end", trailers, trailerSignature });
    deframer.phase = "done";
    return undefined;
  }
  deframer.trailerBytes += line.length;
  if (deframer.trailerBytes > TRAILER_BYTES_MAX) return badTrailer("it is too long");
  if (!deframer.framing.trailer) return badTrailer("the request announced none");
  // The signature covers what stands before it, so that nothing may follow.
  if (deframer.trailerSignature !== undefined) return badTrailer("a field follows its signature");
  const match = TRAILER.exec(line);
  if (match === null) return badTrailer("a line is not name:value");
  const [, name = "", value = "", ending] = match;
  if (ending === "\n") deframer.phase = "trailer-lf";
  return addTrailer(deframer, name.toLowerCase(), value);
}

function addTrailer(deframer: Deframer, name: string, value: string): Fault | undefined {
  if (name === "x-amz-trailer-signature") {
    if (!deframer.framing.signed) return badTrailer("a signature is not expected");
    if (!SIGNATURE.test(value)) return badTrailer("its signature is not 64 hex digits");
    deframer.trailerSignature = value;
    return undefined;
  }
  if (deframer.trailers.some(([known]) => known === name)) {
    return badTrailer(`${name} occurs more than once`);
  }
  deframer.trailers.push([name, value]);
  return undefined;
}

function malformed(what: string): Fault {
  return awsFault("BodyEnded", { why: `The aws-chunked body is malformed: ${what}` });
}

function badTrailer(what: string): Fault {
  return awsFault("MalformedTrailerError", { why: `The trailer section is malformed: ${what}` });
}
