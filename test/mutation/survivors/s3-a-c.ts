import type { Explained } from "../reasons.ts";

/** What survives of s3/, a to c, and was looked at: it needs no test. */
export const OF_S3_A_C: Readonly<Record<string, readonly Explained[]>> = {
  "s3/acl-document.ts": [
    ['const permission = child(grant, "Permission")?.text ?? "";', 1, "words"],
    ["const [only, ...more] = grantee?.children ?? [];", 1, "same"],
    ['const type = grantee?.attributes.get("xsi:type") ?? "";', 1, "words"],
    [
      'if (wanted === undefined) return malformed(`the type of a grantee is "${type}"`);',
      1,
      "words",
    ],
    ['if (grantee !== undefined && child(grantee, "Type") !== undefined) {', 1, "unreachable"],
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
  ],
  "s3/action-names.ts": [
    [
      "return actions.has(action) || (operation !== undefined && operations.has(operation));",
      1,
      "same",
    ],
    ["actions: [...(known?.actions ?? []), ...actions],", 1, "same"],
    ["operations: [...(known?.operations ?? []), ...operations],", 1, "same"],
    [
      "for (const action of ACTIONS) add({ name: action, actions: [action], operations: [] });",
      1,
      "same",
    ],
    ["add({ name: `s3:${name}`, actions: [], operations: [name] });", 1, "same"],
    ["add({ name, actions: [], operations: operations.filter(isOperationName) });", 2, "same"],
    ['const wanted = pattern.includes(":") ? pattern : `s3:${pattern}`;', 1, "words"],
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
    ['case "data":', 1, "unreachable"],
    ['case "done":', 2, "unreachable"],
    ["throw new Error(`no line is read in phase ${deframer.phase}`);", 1, "unreachable"],
    ["const HEADER = /^([0-9a-fA-F]{1,9})(?:;chunk-signature=([0-9a-f]{64}))?\\r\\n$/;", 1, "same"],
    ['const [, digits = "", signature = ""] = match;', 1, "unreachable"],
    ["const TRAILER = /^([!#$%&'*+\\-.^_`|~0-9A-Za-z]+):([\\x21-\\x7e]*)(\\r?\\n)$/;", 1, "same"],
    ['const [, name = "", value = "", ending] = match;', 2, "unreachable"],
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
  "s3/classify.ts": [
    ['method === "GET" && address.kind === "bucket" && query.length > 0', 2, "speed"],
    [
      "const bad = query.length === 0 ? undefined : malformedQuery(query, watched !== undefined);",
      1,
      "speed",
    ],
    [
      "const candidates = ROUTES.get(address.kind)?.get(method)?.get(routing.value);",
      1,
      "unreachable",
    ],
    ['if (query.length === 0) return "";', 1, "speed"],
    ["if (a === b) return 0;", 1, "same"],
    ["return a < b ? -1 : 1;", 1, "same"],
    ["if (query[earlier]?.name === name) {", 1, "unreachable"],
    ['return found === "" ? NO_ROUTING : ok(found);', 2, "speed"],
    [
      'const what = routing === "" ? LEVEL_NAMES[address.kind] : `the subresource "${routing}"`;',
      4,
      "words",
    ],
    ["const operation = candidates.at(-1)?.operation;", 1, "unreachable"],
    [
      "if (operation?.header !== undefined && !hasHeader(headers, operation.header)) {",
      1,
      "unreachable",
    ],
    ["const missing = operation?.required.find(", 1, "unreachable"],
    [
      'return fault("InvalidArgument", `The request needs the query parameter "${missing?.name}"`);',
      1,
      "unreachable",
    ],
    ['const value = firstValue(headers, header) ?? "";', 1, "unreachable"],
    ['const wrong = wrongCondition(header, headers[i + 1] ?? "");', 1, "unreachable"],
    ["for (let i = 0; i < headers.length; i += 2) {", 1, "same"],
    [
      "...new Set(OPERATION_LIST.map(({ header }) => header).filter((header) => header !== undefined)),",
      2,
      "same",
    ],
    ['const type = (contentType ?? "").split(";", 1)[0] ?? "";', 2, "same"],
    ["if (extension !== undefined && isUnderstood(extensions, operation.name, name)) {", 1, "same"],
    [
      'const message = `The query parameter "${name}" has a value that is not served: got "${value}"`;',
      1,
      "words",
    ],
    [
      "if (name !== undefined) routing.set(name, (routing.get(name) ?? new Set()).add(level));",
      1,
      "same",
    ],
  ],
  "s3/copy-source.ts": [
    ["out += code > 0x20 && code < 0x7f ? text[i] : `%${code.toString(16)}`;", 1, "same"],
    ['return parseCopySource(firstValue(headers, header) ?? "");', 1, "unreachable"],
    [
      'return err(fault("NotImplemented", `Copying from an ARN is not served: got "${raw}"`));',
      1,
      "words",
    ],
    ["if (slash === null || keyAt === path.length) return err(bad(raw));", 1, "same"],
    [
      "if (mark < 0) return ok({ bucket: bucket.value, key: key.value, versionId: undefined });",
      1,
      "same",
    ],
  ],
};
