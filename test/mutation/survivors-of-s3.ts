import type { Explained } from "./reasons.ts";

/** What survives of s3/ and was looked at: it needs no test. */
export const OF_S3: Readonly<Record<string, readonly Explained[]>> = {
  "s3/acl-document.ts": [
    ['if (list === undefined) return malformed("it has no AccessControlList");', 1, "words"],
    ['const permission = child(grant, "Permission")?.text ?? "";', 1, "words"],
    [
      'if (!PERMISSIONS.has(permission)) return malformed(`the permission is "${permission}"`);',
      1,
      "words",
    ],
    ["const [only, ...more] = grantee?.children ?? [];", 1, "same"],
    ['const type = grantee?.attributes.get("xsi:type") ?? "";', 1, "words"],
    [
      'if (wanted === undefined) return malformed(`the type of a grantee is "${type}"`);',
      2,
      "words",
    ],
    ['if (grantee !== undefined && child(grantee, "Type") !== undefined) {', 1, "unreachable"],
    ['return malformed("a grantee has a type of its own");', 1, "words"],
    [
      "const identities = grantee?.children.filter(({ name }) => IDENTITIES.has(name)) ?? [];",
      2,
      "unreachable",
    ],
    [
      'if (identities.length === 1 && identity?.name === wanted && identity.text !== "")',
      1,
      "unreachable",
    ],
    [
      'return malformed(`a grantee of type "${type}" needs "${wanted}" and nothing else`);',
      1,
      "words",
    ],
  ],
  "s3/address.ts": [
    ["const segment = slash < 0 ? path.slice(1) : path.slice(1, slash);", 1, "unreachable"],
    [
      'return located(parseBucket(segment), slash < 0 ? "" : path.slice(slash + 1), "path");',
      1,
      "unreachable",
    ],
    ['if (hostAccount === undefined || address.kind === "service") return address;', 1, "same"],
    ['const text = decode(segment) ?? "";', 1, "same"],
    [
      "return (colon < 0 || isTenant(text.slice(0, colon))) && isReservedName(text.slice(colon + 1));",
      1,
      "same",
    ],
    ['const why = "The key is not valid percent-encoded UTF-8";', 1, "words"],
    [
      "return key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX;",
      2,
      "speed",
    ],
    ['const names = ofBuckets.length > ofAccounts.length ? "bucket" : "account";', 2, "same"],
    ["if (domain.length > longest.length && isBelow(name, domain)) longest = domain;", 1, "same"],
    ["const name = colon < 0 ? host : host.slice(0, colon);", 1, "same"],
    ['return fault("InvalidBucketName", `The host names no account: got "${got}"`);', 1, "words"],
  ],
  "s3/asks.ts": [
    ["if (ancillary.length === 0 && source === undefined) return asks;", 1, "speed"],
    ['bucket: address.kind === "service" ? undefined : address.bucket,', 2, "same"],
    ['key: address.kind === "object" ? address.key : undefined,', 1, "same"],
  ],
  "s3/aws-chunked-write.ts": [
    [
      'if (algorithm === undefined) throw new RangeError(`Cannot frame with the trailer "${trailer}"`);',
      1,
      "words",
    ],
    ['if (open === 0) throw new RangeError("A body is longer than was announced");', 1, "words"],
    ["const part = piece.length > open ? piece.subarray(0, open) : piece;", 2, "speed"],
    ['await data.return("");', 1, "same"],
    [
      "if (length > CHUNK_BYTES) throw new RangeError(`Cannot frame ${length} bytes as one chunk`);",
      1,
      "words",
    ],
  ],
  "s3/aws-chunked.ts": [
    [
      'if (deframer.phase === "done") deframer.problem = malformed("bytes follow the last chunk");',
      1,
      "words",
    ],
    ['deframer.problem = malformed("a line is too long");', 1, "words"],
    [
      'awsFault("BodyEnded", { why: "The aws-chunked body ended before its last chunk was complete" })',
      2,
      "words",
    ],
    ['if (line !== "\\r\\n") return malformed("chunk data is not followed by CRLF");', 1, "words"],
    ['if (line !== "\\r\\n") return badTrailer("a line does not end in CRLF");', 1, "words"],
    ['case "data":', 1, "unreachable"],
    ['case "done":', 2, "unreachable"],
    ["throw new Error(`no line is read in phase ${deframer.phase}`);", 1, "unreachable"],
    ["const HEADER = /^([0-9a-fA-F]{1,9})(?:;chunk-signature=([0-9a-f]{64}))?\\r\\n$/;", 1, "same"],
    ['if (match === null) return malformed("a chunk header is not valid");', 1, "words"],
    ['const [, digits = "", signature = ""] = match;', 1, "unreachable"],
    ['`a chunk-signature is ${deframer.framing.signed ? "missing" : "not expected"}`,', 3, "words"],
    ['if (size > CHUNK_BYTES_MAX) return malformed("a chunk is larger than 5 GiB");', 1, "words"],
    ["const TRAILER = /^([!#$%&'*+\\-.^_`|~0-9A-Za-z]+):([\\x21-\\x7e]*)(\\r?\\n)$/;", 1, "same"],
    [
      'if (deframer.trailerBytes > TRAILER_BYTES_MAX) return badTrailer("it is too long");',
      1,
      "words",
    ],
    ['if (!deframer.framing.trailer) return badTrailer("the request announced none");', 1, "words"],
    [
      'if (deframer.trailerSignature !== undefined) return badTrailer("a field follows its signature");',
      1,
      "words",
    ],
    ['if (match === null) return badTrailer("a line is not name:value");', 1, "words"],
    ['const [, name = "", value = "", ending] = match;', 2, "unreachable"],
    ['if (!deframer.framing.signed) return badTrailer("a signature is not expected");', 1, "words"],
    [
      'if (!SIGNATURE.test(value)) return badTrailer("its signature is not 64 hex digits");',
      1,
      "words",
    ],
    ["return badTrailer(`${name} occurs more than once`);", 1, "words"],
    [
      'return awsFault("BodyEnded", { why: `The aws-chunked body is malformed: ${what}` });',
      2,
      "words",
    ],
    [
      'return awsFault("MalformedTrailerError", { why: `The trailer section is malformed: ${what}` });',
      2,
      "words",
    ],
  ],
  "s3/bucket.ts": [
    [
      "return tenant !== undefined || home === signer ? bucket : { tenant: home, name };",
      1,
      "same",
    ],
    [
      'const ALIAS = "An alias of an access point cannot be named here: name its bucket";',
      1,
      "words",
    ],
    [
      '"A tenant cannot be named here: the gateway is not told the tenants of its accounts";',
      1,
      "words",
    ],
  ],
  "s3/ceph-versions.ts": [
    [
      'return err(`Expected a version of Ceph from ${CEPH_MEASURED} to ${NEWEST}, such as "18.2.7"`);',
      1,
      "words",
    ],
  ],
};
