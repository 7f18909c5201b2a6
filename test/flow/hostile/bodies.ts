import { CHECKSUM_ALGORITHMS, CHECKSUM_BYTES } from "../../../src/s3/checksums.ts";
import { md5, plus, type Header, type Outgoing } from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { good, presigned, type Site } from "./site.ts";

const put = (site: Site, ...headers: readonly Header[]): Outgoing =>
  good(site, "PUT", "/bucket/key", { body: "data", headers });
const crc32OfData = "rfPzYw==";
const sha1OfData = "oXyaquXkMK/lxSeZcz14nkhwu5c=";

const MALFORMED = "400 IncompleteBody";

/** Bodies that are not what their head says. */
export const BODIES: readonly Hostile[] = [
  hostile("an upload without a length but chunked", "411 MissingContentLength", (site) => ({
    ...good(site, "PUT", "/bucket/key", { headers: [["transfer-encoding", "chunked"]] }),
    body: Buffer.from("4\r\ndata\r\n0\r\n\r\n"),
  })),
  hostile("a document without a length but chunked", "411 MissingContentLength", (site) => ({
    ...good(site, "PUT", "/bucket?tagging=", { headers: [["transfer-encoding", "chunked"]] }),
    body: Buffer.from("4\r\n<a/>\r\n0\r\n\r\n"),
  })),
  hostile("a body on an operation that takes none", "400 InvalidRequest", (site) =>
    good(site, "POST", "/bucket/key?uploads=", { body: "data" }),
  ),
  hostile(
    "a digest of something on an operation without a body",
    "400 XAmzContentSHA256Mismatch",
    (site) =>
      good(site, "GET", "/bucket/key", { headers: [["x-amz-content-sha256", "a".repeat(64)]] }),
  ),
  // RGW 16 takes these two.
  hostile("an upload that lost its body", "400 XAmzContentSHA256Mismatch", (site) =>
    good(site, "PUT", "/bucket/key", {
      body: "",
      headers: [["x-amz-content-sha256", "a".repeat(64)]],
    }),
  ),
  hostile("a part that lost its body", "400 XAmzContentSHA256Mismatch", (site) =>
    good(site, "PUT", "/bucket/key?partNumber=1&uploadId=u", {
      headers: [["x-amz-content-sha256", "a".repeat(64)]],
    }),
  ),
  hostile("signed chunks on an operation without a body", "400 InvalidRequest", (site) =>
    good(site, "GET", "/bucket/key", {
      headers: [["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]],
    }),
  ),
  hostile("a Content-MD5 that is no base64", "400 InvalidDigest", (site) =>
    put(site, ["content-md5", "not base64!"]),
  ),
  hostile("a Content-MD5 in hex", "400 InvalidDigest", (site) =>
    put(site, ["content-md5", "8d777f385d3dfec8815d20f7496026dc"]),
  ),
  hostile("a Content-MD5 of 15 bytes", "400 InvalidDigest", (site) =>
    put(site, ["content-md5", "AAAAAAAAAAAAAAAAAAAA"]),
  ),
  hostile("an empty Content-MD5", "400 InvalidDigest", (site) => put(site, ["content-md5", ""])),
  hostile("a Content-MD5 of something else", "400 BadDigest", (site) =>
    put(site, ["content-md5", md5("else")]),
  ),
  hostile("two Content-MD5s", "400 InvalidRequest", (site) =>
    put(site, ["content-md5", md5("data")], ["content-md5", md5("data")]),
  ),
  hostile("a CRC32 of something else", "400 BadDigest", (site) =>
    put(site, ["x-amz-checksum-crc32", "AAAAAA=="]),
  ),
  hostile("a CRC32C of something else", "400 BadDigest", (site) =>
    put(site, ["x-amz-checksum-crc32c", "AAAAAA=="]),
  ),
  hostile("a CRC64NVME of something else", "400 BadDigest", (site) =>
    put(site, ["x-amz-checksum-crc64nvme", "AAAAAAAAAAA="]),
  ),
  hostile("a SHA1 of something else", "400 BadDigest", (site) =>
    put(site, ["x-amz-checksum-sha1", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="]),
  ),
  hostile("a SHA256 of something else", "400 BadDigest", (site) =>
    put(site, ["x-amz-checksum-sha256", `${"A".repeat(43)}=`]),
  ),
  ...CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
    const field = `x-amz-checksum-${algorithm}`;
    const bytes = CHECKSUM_BYTES[algorithm];
    const name = algorithm.toUpperCase();
    const value = (length: number): string => Buffer.alloc(length, 1).toString("base64");
    return [
      hostile(`a ${name} header of something else`, "400 BadDigest", (site) =>
        put(site, [field, value(bytes)]),
      ),
      hostile(`a ${name} header that is one byte short`, "400 InvalidRequest", (site) =>
        put(site, [field, value(bytes - 1)]),
      ),
      hostile(`a ${name} header that is one byte long`, "400 InvalidRequest", (site) =>
        put(site, [field, value(bytes + 1)]),
      ),
      hostile(`a composite ${name} of a whole body`, "400 InvalidRequest", (site) =>
        put(site, [field, `${value(bytes)}-1`]),
      ),
      hostile(`a ${name} header under another algorithm's name`, "400 InvalidRequest", (site) =>
        put(
          site,
          [field, value(bytes)],
          ["x-amz-sdk-checksum-algorithm", algorithm === "crc32" ? "MD5" : "CRC32"],
        ),
      ),
    ];
  }),
  hostile("an algorithm named without its checksum", "400 InvalidRequest", (site) =>
    put(site, ["x-amz-sdk-checksum-algorithm", "CRC32"]),
  ),
  hostile("a CRC32 that is too long", "400 InvalidRequest", (site) =>
    put(site, ["x-amz-checksum-crc32", "AAAAAAAA"]),
  ),
  hostile("a CRC32 that is no base64", "400 InvalidRequest", (site) =>
    put(site, ["x-amz-checksum-crc32", "!!!!!!=="]),
  ),
  hostile("a CRC32 in a second spelling of base64", "400 InvalidRequest", (site) =>
    put(site, ["x-amz-checksum-crc32", "rfPzYx=="]),
  ),
  hostile("an unknown checksum", "400 InvalidArgument", (site) =>
    put(site, ["x-amz-checksum-md4", "AAAA"]),
  ),
  hostile("two kinds of checksum", "400 InvalidRequest", (site) =>
    put(site, ["x-amz-checksum-crc32", crc32OfData], ["x-amz-checksum-sha1", sha1OfData]),
  ),
  hostile("one checksum twice", "400 InvalidRequest", (site) =>
    put(site, ["x-amz-checksum-crc32", crc32OfData], ["x-amz-checksum-crc32", crc32OfData]),
  ),
  hostile("a right Content-MD5 beside a wrong CRC32", "400 BadDigest", (site) =>
    put(site, ["content-md5", md5("data")], ["x-amz-checksum-crc32", "AAAAAA=="]),
  ),
  hostile("a wrong checksum of an empty upload", "400 BadDigest", (site) =>
    good(site, "PUT", "/bucket/key", {
      body: "",
      headers: [["x-amz-checksum-crc32", crc32OfData]],
    }),
  ),
  hostile("aws-chunked with a plain digest", "400 InvalidRequest", (site) =>
    put(site, ["content-encoding", "aws-chunked"]),
  ),
  hostile("aws-chunked behind gzip with a plain digest", "400 InvalidRequest", (site) =>
    put(site, ["content-encoding", "gzip, AWS-Chunked"]),
  ),
  hostile("aws-chunked in a second header with a plain digest", "400 InvalidRequest", (site) =>
    put(site, ["content-encoding", "gzip"], ["content-encoding", "aws-chunked"]),
  ),
  hostile("aws-chunked in a presigned upload", "400 InvalidRequest", (site) =>
    presigned(site, "PUT", "/bucket/key", {
      body: "4\r\ndata\r\n0\r\n\r\n",
      headers: [["content-encoding", "aws-chunked"]],
    }),
  ),
  hostile("aws-chunked in an unsigned header of a presigned upload", "400 InvalidRequest", (site) =>
    plus(
      presigned(site, "PUT", "/bucket/key", { body: "4\r\ndata\r\n0\r\n\r\n" }),
      ["content-encoding", "gzip"],
      ["content-encoding", "aws-chunked"],
    ),
  ),
  hostile("a decoded length with a plain digest", "400 InvalidRequest", (site) =>
    put(site, ["x-amz-decoded-content-length", "4"]),
  ),
  hostile("a trailer announced with a plain digest", "400 InvalidRequest", (site) =>
    put(site, ["x-amz-trailer", "x-amz-checksum-crc32"]),
  ),
  hostile(
    "a body that ends too early",
    MALFORMED,
    (site) => ({ ...put(site, ["content-md5", md5("data")]), body: Buffer.from("da") }),
    { cut: true },
  ),
  hostile(
    "no body where one was promised",
    MALFORMED,
    (site) => ({ ...put(site), body: Buffer.alloc(0) }),
    { cut: true },
  ),
];
