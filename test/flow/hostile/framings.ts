import { CHECKSUM_ALGORITHMS, CHECKSUM_BYTES } from "../../../src/s3/checksums.ts";
import { streamed, type Framing } from "../../support/framing.ts";
import { edited, md5, plus, presignV4, without, type Header } from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { KEYS, plain } from "./site.ts";

/** An aws-chunked upload; `headers` come before those that `streamed` adds. */
function chunked(
  kind: Framing["kind"],
  edit?: (text: string) => string,
  ...headers: readonly Header[]
): Hostile["request"] {
  return framed(
    { kind, chunks: ["first chunk", "second chunk", "third"], ...(edit && { edit }) },
    ...headers,
  );
}
function framed(framing: Framing, ...headers: readonly Header[]): Hostile["request"] {
  return (site) =>
    streamed(
      plain(site, "PUT", `/bucket/${site.key}`, { headers }),
      KEYS.owner,
      site.scope,
      framing,
    );
}
const replace =
  (from: string | RegExp, to: string): ((text: string) => string) =>
  (text) => {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`Nothing was changed by ${from}`);
    return changed;
  };
/** The hex digit behind `mark` and a signature's name made another one. */
const spoil =
  (mark: RegExp): ((text: string) => string) =>
  (text) =>
    text.replace(mark, (before) => before.slice(0, -1) + (before.endsWith("0") ? "1" : "0"));

const MALFORMED = "400 IncompleteBody";
const TRAILER = "400 MalformedTrailerError";
const DIFFERS = "403 SignatureDoesNotMatch";
const BROKEN = { store: "broken upload" } as const;

/** aws-chunked bodies with something wrong in their framing, signatures or trailers. */
export const FRAMINGS: readonly Hostile[] = [
  hostile(
    "signed chunks without the decoded length",
    "411 MissingContentLength",
    chunked("signed", undefined, ["x-amz-decoded-content-length", ""]),
  ),
  hostile(
    "a negative decoded length",
    "411 MissingContentLength",
    chunked("signed", undefined, ["x-amz-decoded-content-length", "-1"]),
  ),
  hostile(
    "a decoded length in hex",
    "411 MissingContentLength",
    chunked("signed", undefined, ["x-amz-decoded-content-length", "0x1c"]),
  ),
  hostile(
    "a decoded length with a fraction",
    "411 MissingContentLength",
    chunked("signed", undefined, ["x-amz-decoded-content-length", "28.0"]),
  ),
  hostile(
    "a decoded length beyond 5 GiB",
    "400 EntityTooLarge",
    chunked("signed", undefined, ["x-amz-decoded-content-length", "5368709121"]),
  ),
  hostile(
    "a decoded length of very many digits",
    "411 MissingContentLength",
    chunked("signed", undefined, ["x-amz-decoded-content-length", "9".repeat(30)]),
  ),
  hostile("two decoded lengths", "400 InvalidRequest", (site) => {
    const twice: readonly Header[] = [
      ["x-amz-decoded-content-length", "28"],
      ["x-amz-decoded-content-length", "29"],
    ];
    return streamed(plain(site, "PUT", "/bucket/key", { headers: twice }), KEYS.owner, site.scope, {
      kind: "signed",
      chunks: ["data"],
    });
  }),
  hostile(
    "a decoded length that is one too small",
    MALFORMED,
    chunked("signed", undefined, ["x-amz-decoded-content-length", "27"]),
    BROKEN,
  ),
  hostile(
    "a decoded length that is one too large",
    MALFORMED,
    chunked("signed", undefined, ["x-amz-decoded-content-length", "29"]),
    BROKEN,
  ),
  hostile(
    "a decoded length of 0 for a body",
    MALFORMED,
    chunked("signed", undefined, ["x-amz-decoded-content-length", "0"]),
  ),
  hostile(
    "a bad signature of the first chunk",
    DIFFERS,
    chunked("signed", spoil(/^b;chunk-signature=./)),
  ),
  hostile(
    "a bad signature of the middle chunk",
    DIFFERS,
    chunked("signed", spoil(/\r\nc;chunk-signature=./)),
    BROKEN,
  ),
  hostile(
    "a bad signature of the third chunk",
    DIFFERS,
    chunked("signed", spoil(/\r\n5;chunk-signature=./)),
    BROKEN,
  ),
  hostile(
    "a bad signature of the last, empty chunk",
    DIFFERS,
    chunked("signed", spoil(/\r\n0;chunk-signature=./)),
    BROKEN,
  ),
  hostile(
    "a bad last signature behind the only chunk",
    DIFFERS,
    framed({ kind: "signed", chunks: ["data"], edit: spoil(/\r\n0;chunk-signature=./) }),
  ),
  hostile(
    "a bad signature of an empty body",
    DIFFERS,
    framed({ kind: "signed", chunks: [], edit: spoil(/^0;chunk-signature=./) }),
  ),
  hostile("changed data in the first chunk", DIFFERS, chunked("signed", replace("first", "worst"))),
  hostile(
    "changed data in the last chunk with data",
    DIFFERS,
    chunked("signed", replace("third", "thief")),
    BROKEN,
  ),
  hostile(
    "chunks in another order",
    DIFFERS,
    chunked("signed", replace(/^(b;.*\r\n.*\r\n)(c;.*\r\n.*\r\n)/, "$2$1")),
  ),
  hostile(
    "a chunk left out",
    DIFFERS,
    chunked("signed", replace(/c;.*\r\n.*\r\n/, ""), ["x-amz-decoded-content-length", "16"]),
    BROKEN,
  ),
  hostile(
    "a chunk sent twice",
    DIFFERS,
    chunked("signed", replace(/^(b;.*\r\n.*\r\n)/, "$1$1"), ["x-amz-decoded-content-length", "39"]),
    BROKEN,
  ),
  hostile(
    "a chunk signature in capitals",
    MALFORMED,
    chunked("signed", (text) => text.replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase())),
  ),
  hostile(
    "a chunk signature of 63 digits",
    MALFORMED,
    chunked("signed", replace(/(chunk-signature=.{63})./, "$1")),
  ),
  hostile(
    "a chunk without its signature",
    MALFORMED,
    chunked("signed", replace(/;chunk-signature=.*/, "")),
  ),
  hostile(
    "a chunk with another extension",
    MALFORMED,
    chunked("signed", replace(";chunk-signature=", ";a=b;chunk-signature=")),
  ),
  hostile("a chunk size that is no hex", MALFORMED, chunked("signed", replace(/^b;/, "x;"))),
  hostile("a negative chunk size", MALFORMED, chunked("signed", replace(/^b;/, "-b;"))),
  hostile("a chunk size with 0x", MALFORMED, chunked("signed", replace(/^b;/, "0xb;"))),
  hostile("an empty chunk size", MALFORMED, chunked("signed", replace(/^b;/, ";"))),
  hostile("a chunk size with a space", MALFORMED, chunked("signed", replace(/^b;/, "b ;"))),
  hostile("a chunk size beyond 5 GiB", MALFORMED, chunked("signed", replace(/^b;/, "fffffffff;"))),
  hostile(
    "a chunk size of 64 bits and more",
    MALFORMED,
    chunked("signed", replace(/^b;/, `${"f".repeat(17)};`)),
  ),
  hostile("a chunk size that is too small", MALFORMED, chunked("signed", replace(/^b;/, "a;"))),
  hostile("a chunk size that is too large", MALFORMED, chunked("signed", replace(/^b;/, "c;"))),
  hostile(
    "a chunk header that ends in LF alone",
    MALFORMED,
    chunked("signed", replace("\r\n", "\n")),
  ),
  hostile(
    "a chunk whose data is not followed by CRLF",
    MALFORMED,
    chunked("signed", replace("chunk\r\n", "chunk")),
  ),
  hostile(
    "a chunk header of 2000 characters",
    MALFORMED,
    chunked("signed", replace(/^b;/, `${"0".repeat(2000)}b;`)),
  ),
  hostile(
    "a signed body without its last chunk",
    MALFORMED,
    chunked("signed", replace(/0;chunk-signature=.*\r\n\r\n$/, "")),
    BROKEN,
  ),
  hostile(
    "a signed body without its last line break",
    MALFORMED,
    chunked("signed", replace(/\r\n$/, "")),
    BROKEN,
  ),
  hostile(
    "bytes behind the last chunk",
    MALFORMED,
    chunked("signed", (text) => `${text}more`),
    BROKEN,
  ),
  hostile(
    "a second body behind the first",
    MALFORMED,
    chunked("signed", (text) => text + text),
    BROKEN,
  ),
  hostile(
    "no framing at all",
    MALFORMED,
    chunked("signed", () => "plain data without any framing"),
  ),
  hostile(
    "an empty body where chunks were promised",
    MALFORMED,
    chunked("signed", () => ""),
  ),
  hostile(
    "a framed body that is cut off",
    MALFORMED,
    (site) => {
      const request = streamed(plain(site, "PUT", "/bucket/key"), KEYS.owner, site.scope, {
        kind: "signed",
        chunks: ["data"],
      });
      return { ...request, body: request.body.subarray(0, -40) };
    },
    { cut: true },
  ),
  hostile(
    "a trailer that signed chunks did not announce",
    TRAILER,
    chunked("signed", replace(/\r\n$/, "x-amz-checksum-crc32:AAAAAA==\r\n\r\n")),
    BROKEN,
  ),
  hostile(
    "x-amz-trailer with chunks that have none",
    "400 InvalidRequest",
    chunked("signed", undefined, ["x-amz-trailer", "x-amz-checksum-crc32"]),
  ),
  hostile(
    "a trailer that x-amz-trailer does not announce",
    TRAILER,
    chunked("unsigned-trailer", undefined, ["x-amz-trailer", ""]),
    BROKEN,
  ),
  hostile(
    "a signed trailer that x-amz-trailer does not announce",
    TRAILER,
    chunked("signed-trailer", undefined, ["x-amz-trailer", ""]),
    BROKEN,
  ),
  hostile(
    "an x-amz-trailer that is no checksum",
    "400 InvalidRequest",
    chunked("unsigned-trailer", undefined, ["x-amz-trailer", "x-amz-meta-a"]),
  ),
  hostile(
    "an x-amz-trailer of an unknown checksum",
    "400 InvalidRequest",
    chunked("unsigned-trailer", undefined, ["x-amz-trailer", "x-amz-checksum-md4"]),
  ),
  hostile(
    "an x-amz-trailer of two checksums",
    "400 InvalidRequest",
    chunked("unsigned-trailer", undefined, [
      "x-amz-trailer",
      "x-amz-checksum-crc32,x-amz-checksum-sha1",
    ]),
  ),
  hostile(
    "an announced trailer that does not come",
    TRAILER,
    chunked("unsigned-trailer", replace(/x-amz-checksum-crc32:.*\r\n/, "")),
    BROKEN,
  ),
  hostile(
    "another trailer than was announced",
    TRAILER,
    chunked("unsigned-trailer", replace("x-amz-checksum-crc32:", "x-amz-checksum-crc32c:")),
    BROKEN,
  ),
  hostile(
    "a trailer that comes twice",
    TRAILER,
    chunked("unsigned-trailer", replace(/(x-amz-checksum-crc32:.*\r\n)/, "$1$1")),
    BROKEN,
  ),
  hostile(
    "a second trailer beside the announced one",
    TRAILER,
    chunked("unsigned-trailer", replace(/(x-amz-checksum-crc32:.*\r\n)/, "$1x-amz-meta-a:b\r\n")),
    BROKEN,
  ),
  hostile(
    "a trailer with a wrong checksum",
    "400 BadDigest",
    chunked("unsigned-trailer", replace(/(x-amz-checksum-crc32:).*\r\n/, "$1AAAAAA==\r\n")),
    BROKEN,
  ),
  hostile(
    "a wrong checksum of an empty body",
    "400 BadDigest",
    framed({ kind: "unsigned-trailer", chunks: [], edit: replace("AAAAAA==", "AAAAAQ==") }),
  ),
  ...CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
    const field = `x-amz-checksum-${algorithm}`;
    const bytes = CHECKSUM_BYTES[algorithm];
    const name = algorithm.toUpperCase();
    const value = (length: number): string => Buffer.alloc(length, 1).toString("base64");
    const trailing = (kind: Framing["kind"], text: string): Hostile["request"] =>
      framed({ kind, chunks: ["one", "two"], trailer: [field, text] });
    return [
      hostile(
        `a ${name} trailer of something else`,
        "400 BadDigest",
        trailing("unsigned-trailer", value(bytes)),
        BROKEN,
      ),
      hostile(
        `a signed ${name} trailer of something else`,
        "400 BadDigest",
        trailing("signed-trailer", value(bytes)),
        BROKEN,
      ),
      hostile(
        `a ${name} trailer that is one byte short`,
        "400 InvalidRequest",
        trailing("unsigned-trailer", value(bytes - 1)),
        BROKEN,
      ),
      hostile(
        `a ${name} trailer beside a header`,
        "400 InvalidRequest",
        framed({ kind: "unsigned-trailer", chunks: ["one"], trailer: [field, value(bytes)] }, [
          "x-amz-checksum-crc32",
          "AAAAAA==",
        ]),
      ),
      hostile(
        `a ${name} trailer under another algorithm's name`,
        "400 InvalidRequest",
        framed({ kind: "unsigned-trailer", chunks: ["one"], trailer: [field, value(bytes)] }, [
          "x-amz-sdk-checksum-algorithm",
          algorithm === "crc32" ? "MD5" : "CRC32",
        ]),
      ),
    ];
  }),
  hostile(
    "a trailer that is no base64",
    "400 InvalidRequest",
    chunked("unsigned-trailer", replace(/(x-amz-checksum-crc32:).*\r\n/, "$1no!\r\n")),
    BROKEN,
  ),
  hostile(
    "a trailer without a colon",
    TRAILER,
    chunked("unsigned-trailer", replace("x-amz-checksum-crc32:", "x-amz-checksum-crc32")),
    BROKEN,
  ),
  hostile(
    "a trailer of 5000 characters",
    MALFORMED,
    chunked("unsigned-trailer", replace("x-amz-checksum-crc32:", `x-${"a".repeat(5000)}:`)),
    BROKEN,
  ),
  hostile(
    "very many trailers",
    TRAILER,
    chunked(
      "unsigned-trailer",
      replace(
        "x-amz-checksum-crc32:",
        `${Array.from({ length: 500 }, (_, i) => `x-${i}:valuevalue`).join("\r\n")}\r\nx-amz-checksum-crc32:`,
      ),
    ),
    BROKEN,
  ),
  hostile(
    "a trailer section that does not end",
    MALFORMED,
    chunked("unsigned-trailer", replace(/\r\n\r\n$/, "\r\n")),
    BROKEN,
  ),
  hostile(
    "a trailer signature where chunks are not signed",
    TRAILER,
    chunked(
      "unsigned-trailer",
      replace(/\r\n\r\n$/, `\r\nx-amz-trailer-signature:${"0".repeat(64)}\r\n\r\n`),
    ),
    BROKEN,
  ),
  hostile(
    "chunk signatures where none were announced",
    MALFORMED,
    chunked("unsigned-trailer", replace(/^b\r\n/, `b;chunk-signature=${"0".repeat(64)}\r\n`)),
  ),
  hostile(
    "a signed trailer with a bad signature",
    DIFFERS,
    chunked("signed-trailer", spoil(/x-amz-trailer-signature:./)),
    BROKEN,
  ),
  hostile(
    "a signed trailer without its signature",
    DIFFERS,
    chunked("signed-trailer", replace(/x-amz-trailer-signature:.*\r\n/, "")),
    BROKEN,
  ),
  hostile(
    "a signed trailer with two signatures",
    TRAILER,
    chunked("signed-trailer", replace(/(x-amz-trailer-signature:.*\r\n)/, "$1$1")),
    BROKEN,
  ),
  hostile(
    "a signed trailer with a short signature",
    TRAILER,
    chunked("signed-trailer", replace(/(x-amz-trailer-signature:.{63})./, "$1")),
    BROKEN,
  ),
  hostile(
    "a signed trailer with a signature in capitals",
    TRAILER,
    chunked("signed-trailer", replace(/x-amz-trailer-signature:./, "x-amz-trailer-signature:F")),
    BROKEN,
  ),
  hostile(
    "a field behind the trailer's signature",
    TRAILER,
    chunked("signed-trailer", replace(/(x-amz-trailer-signature:.*\r\n)/, "$1x-amz-meta-a:b\r\n")),
    BROKEN,
  ),
  hostile(
    "a changed signed trailer",
    DIFFERS,
    chunked("signed-trailer", replace(/(x-amz-checksum-crc32:).*\r\n/, "$1AAAAAA==\r\n")),
    BROKEN,
  ),
  hostile(
    "a signed trailer left out",
    DIFFERS,
    chunked("signed-trailer", replace(/x-amz-checksum-crc32:.*\r\n/, "")),
    BROKEN,
  ),
  hostile(
    "a well-signed trailer with a wrong checksum",
    "400 BadDigest",
    framed({
      kind: "signed-trailer",
      chunks: ["one", "two"],
      trailer: ["x-amz-checksum-crc32", "AAAAAA=="],
    }),
    BROKEN,
  ),
  hostile(
    "a well-signed trailer with the checksum of another algorithm",
    "400 InvalidRequest",
    framed({
      kind: "signed-trailer",
      chunks: ["one", "two"],
      trailer: ["x-amz-checksum-sha256", "AAAAAA=="],
    }),
    BROKEN,
  ),
  hostile(
    "a wrong Content-MD5 of signed chunks",
    "400 BadDigest",
    chunked("signed", undefined, ["content-md5", md5("else")]),
    BROKEN,
  ),
  hostile("a framed upload of a presigned URL that did not sign it", "403 AccessDenied", (site) => {
    const url = presignV4(plain(site, "PUT", "/bucket/key"), KEYS.owner, site.scope);
    return plus(
      { ...url, body: Buffer.from("0\r\n\r\n") },
      ["content-length", "5"],
      ["x-amz-trailer", "x-amz-checksum-crc32"],
      ["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
    );
  }),
  hostile("the payload kind changed to an unsigned one", DIFFERS, (site) =>
    edited(
      streamed(plain(site, "PUT", "/bucket/key"), KEYS.owner, site.scope, {
        kind: "signed",
        chunks: ["data"],
      }),
      "x-amz-content-sha256",
      () => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    ),
  ),
  hostile("the payload kind left out", "400 InvalidRequest", (site) =>
    without(
      streamed(plain(site, "PUT", "/bucket/key"), KEYS.owner, site.scope, {
        kind: "signed",
        chunks: ["data"],
      }),
      "x-amz-content-sha256",
    ),
  ),
];
