/** A form that Node's parsers accept and ours refuse, with the reason. */
type Stricter = {
  readonly why: string;
  /** The name of our refusal. */
  readonly problem: string;
  /** A pattern that the bytes contain. */
  readonly holds: RegExp;
};

const EXTENSIONS: Stricter = {
  why: "a chunk extension has a name, and a value after its `=` (RFC 9112 section 7.1.1)",
  problem: "chunk",
  holds: /^[0-9a-f]+;[^\r]*(?:;|=)(?:;|\r|=)|^[0-9a-f]+;(?:;|=|\r)/im,
};
const TRAILERS: Stricter = {
  why: "a trailer says nothing of where its message goes or ends (RFC 9110 section 6.5.1)",
  problem: "field",
  holds:
    /\r\n0[^\n]*\r\n(?:.+\r\n)*(?:connection|content-length|host|te|trailer|transfer-encoding|upgrade):/i,
};
const CODING: Stricter = {
  why: "Transfer-Encoding stands once, and is `chunked` alone, with no tab, list or other coding",
  problem: "coding",
  holds: /transfer-encoding:(?! *chunked *\r)|transfer-encoding:[^]*\ntransfer-encoding:/i,
};

/** The stricter rules for requests. */
export const STRICTER_REQUESTS: readonly Stricter[] = [
  {
    why: "an LF ends no line without its CR, also before the first (RFC 9112 section 2.2)",
    problem: "method",
    holds: /^(?:\r\n)*\r*\n/,
  },
  {
    why: "a CR is no empty line without its LF (RFC 9112 section 2.2)",
    problem: "start-line",
    holds: /^(?:\r\n)*\r[^\n]/,
  },
  {
    why: "one blank stands between method and target (RFC 9112 section 3)",
    problem: "target",
    holds: /^\s*[A-Z-]+ {2,}/,
  },
  {
    why: "one blank stands between target and version (RFC 9112 section 3)",
    problem: "start-line",
    holds: /^\s*[A-Z-]+ \S+ {2,}HTTP/,
  },
  {
    why: "a line without a version is HTTP/0.9, which nobody speaks (RFC 1945 section 4.1)",
    problem: "start-line",
    holds: /^\s*[A-Z-]+ \S+\r?\n/,
  },
  CODING,
  TRAILERS,
  EXTENSIONS,
];

/** The stricter rules for answers. */
export const STRICTER_ANSWERS: readonly Stricter[] = [
  {
    why: "the end of a success that says no length looks like a store that broke (RFC 9112 section 8)",
    problem: "no-length",
    holds: /^HTTP\/1\.[01] 2/m,
  },
  {
    why: "nobody asks a store for another protocol (RFC 9110 section 15.2.2)",
    problem: "protocol",
    holds: /^HTTP\/1\.[01] 101/m,
  },
  {
    why: "a status beyond 100 to 599 means nothing (RFC 9110 section 15)",
    problem: "start-line",
    holds: /^HTTP\/1\.[01] (?![1-5]\d\d[ \r])/m,
  },
  {
    why: "nothing stands before an answer, not even an empty line (RFC 9112 section 2.2)",
    problem: "start-line",
    holds: /^[\r\n]/,
  },
  CODING,
  TRAILERS,
  EXTENSIONS,
];
