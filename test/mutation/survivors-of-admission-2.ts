import type { Explained } from "./reasons.ts";

/** What survives of admission/ and was looked at: it needs no test. */
export const OF_ADMISSION_2: Readonly<Record<string, readonly Explained[]>> = {
  "admission/known.ts": [
    ["export const TAGS_BYTES_MAX = 64 * 1024;", 1, "elsewhere"],
    [
      'const document = status === 200 ? readDocument("PutObjectTagging", [], body) : undefined;',
      1,
      "same",
    ],
    ['document?.ok === true && document.value.kind === "xml"', 1, "unreachable"],
    [
      'const message = "The store does not tell the tags that this decision depends on";',
      1,
      "words",
    ],
  ],
  "admission/need.ts": [
    ["if (!keepsRecords(snapshot)) return subject;", 1, "same"],
    ['const own = address.kind === "service" ? undefined : address.bucket;', 2, "same"],
    ["const fresh = bucket === own && isAboutRecord(subject);", 1, "unreachable"],
    ['return { kind: "subject", subject: { ...subject, known: { ...known, tags } } };', 1, "same"],
    [
      'if (address.kind === "service" || snapshot.policy.provider.bucketPolicyRole === "restrict") {',
      2,
      "unreachable",
    ],
    ['if (record === undefined) return "caller";', 1, "same"],
    ['return isOwn ? "caller" : "owner";', 1, "same"],
    ["headers: [],", 1, "same"],
    ['return { name, value, rawName: "", rawValue: "" };', 2, "same"],
  ],
  "admission/page-token.ts": [
    ["if (sealed.length > SEALED_CHARACTERS_MAX) return undefined;", 1, "same"],
    ["if (bytes.length <= IV_BYTES) return undefined;", 1, "same"],
    ['return { cipher: made("cipher"), code: made("code") };', 2, "same"],
  ],
  "admission/passthrough.ts": [
    ["const others = toS3 ? (head.forwardedHosts ?? []) : [];", 2, "same"],
    ['const sentTo = [firstValue(head.headers, "host") ?? "", ...others];', 1, "unreachable"],
    [
      'const FOREIGN = fault("AccessDenied", "Your IP address is not allowed on this path");',
      1,
      "words",
    ],
    [
      'const DOUBTFUL = fault("InvalidURI", "The path has dot segments or bytes that may not stand in it");',
      1,
      "words",
    ],
    [
      'return fault("InvalidBucketName", `Paths below ${path} are not S3 on this gateway`);',
      1,
      "words",
    ],
  ],
  "admission/plan-body.ts": [
    [
      'const message = "aws-chunked framing needs a STREAMING- value in x-amz-content-sha256";',
      1,
      "words",
    ],
    [
      'return err(awsFault("BodyUnexpected", { why: "This operation does not take a request body" }));',
      2,
      "words",
    ],
    [
      'const message = "x-amz-trailer needs an x-amz-content-sha256 that ends in -TRAILER";',
      1,
      "words",
    ],
    ['payload.signed && caller.kind === "known" && "proof" in caller.proved', 1, "unreachable"],
    [': err(awsFault("MissingContentLength", { why: `${field} is missing` }));', 2, "words"],
    ['const why = `${field} must be a number of bytes: got "${text}"`;', 1, "words"],
    ['return err(awsFault("MissingContentLength", { why }));', 1, "words"],
  ],
  "admission/policy-names.ts": [
    ["if (isOwn && !reachesTenants) return { name, alias: undefined };", 1, "speed"],
  ],
  "admission/presence.ts": [
    ['operation: "HeadBucket",', 1, "same"],
    ["query: [],", 1, "same"],
    ["headers: [],", 1, "same"],
    [
      "const body = { payload: EMPTY_SHA256, length: undefined, deframed: false, md5: undefined };",
      1,
      "same",
    ],
  ],
  "admission/principal.ts": [
    ['if (notBeforeMs !== undefined && nowMs < notBeforeMs) return "notBefore";', 1, "same"],
    ['return expiresMs !== undefined && nowMs >= expiresMs ? "expires" : undefined;', 1, "same"],
  ],
  "admission/provider-rules.ts": [
    ['return found ? reserved(stateBucket ?? "") : undefined;', 1, "unreachable"],
    [
      'return fault("InvalidBucketName", `A tenant cannot be named here: write "${bucket}" alone`);',
      1,
      "words",
    ],
    ['return err(fault("InvalidArgument", `max-keys must be at most ${cap} here`));', 1, "words"],
    ['const isCopy = asks.some(({ operation }) => operation === "CopyObject");', 1, "unreachable"],
    [
      'const message = "Request specific response headers cannot be used for anonymous GET requests.";',
      1,
      "words",
    ],
  ],
  "admission/question.ts": [
    ["return { shared: undefined, ignoredByStore: undefined, ofDocument: false };", 1, "same"],
  ],
  "admission/recognize.ts": [
    ['if (asArrived.kind === "request" && asArrived.operation === "Preflight") {', 1, "same"],
    ['if (recognized.kind === "subject") return recognized;', 2, "speed"],
    [
      'hostBucket: style === "virtual" && address.kind !== "service" ? address.bucket.name : undefined,',
      2,
      "unreachable",
    ],
    [
      'target.ok && target.value.kind !== "service" && target.value.bucket.id === bucket.value.id;',
      4,
      "unreachable",
    ],
    ['const ACROSS = "An object can only be renamed within its bucket";', 1, "words"],
    ['const message = "Only one auth mechanism allowed: a form carries its own";', 1, "words"],
    [
      'if (address.kind !== "bucket") return ended(refused(facts, fault("MethodNotAllowed")));',
      2,
      "unreachable",
    ],
    ['const contentType = firstValue(head.headers, "content-type") ?? "";', 1, "unreachable"],
    ['case "form":', 2, "unreachable"],
    ['key: address.kind === "object" ? address.key : undefined,', 1, "same"],
  ],
  "admission/signed-encoding.ts": [
    ['if (claim.kind !== "v4" || !claim.signedHeaders.includes(NAME)) return [];', 1, "speed"],
    ["originals.delete(arrived);", 1, "speed"],
    [
      "original === undefined ? [] : [{ ...head, headers: withEncoding(head.headers, original) }],",
      1,
      "same",
    ],
  ],
  "admission/signed-host.ts": [
    ['const arrived = firstValue(head.headers, "host") ?? "";', 1, "same"],
    [
      "const hosts = new Set([...(head.forwardedHosts ?? []), ...hostInDomains(arrived, names)]);",
      1,
      "same",
    ],
    ["hosts.delete(arrived);", 1, "speed"],
    [
      'const tried = new Set([bucketIn(snapshot, head, firstValue(head.headers, "host"))]);',
      2,
      "speed",
    ],
    ["return hosts.filter((host) => {", 1, "speed"],
    ["tried.add(bucket);", 1, "speed"],
    ["if (!located.ok) return false;", 1, "speed"],
    [
      'return style === "virtual" && address.kind !== "service" ? address.bucket.name : undefined;',
      2,
      "unreachable",
    ],
  ],
  "admission/sts-address.ts": [
    ['const host = firstValue(headers, "host") ?? "";', 1, "same"],
    [
      "if (stsDomains.length > 0 && stsDomains.includes(withoutPort(host))) return true;",
      2,
      "speed",
    ],
    ['if (target.path !== "/") return false;', 1, "same"],
    ["return (colon < 0 ? host : host.slice(0, colon)).toLowerCase();", 1, "same"],
  ],
  "admission/trust-caller.ts": [
    ["if (session?.role === undefined) return principalArn(key);", 2, "unreachable"],
  ],
};
