import { edited, plus, sha256, timestampOf, without } from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { DIFFERS, MINUTE_MS, get, scoped } from "./changes.ts";
import { good, KEYS } from "./site.ts";

const HOUR_MS = 60 * MINUTE_MS;
const MALFORMED = "400 AuthorizationHeaderMalformed";
const OTHER_DIGEST = sha256("something else");
/** A good GET whose Authorization header is then changed. */
const authorization =
  (change: (value: string) => string): Hostile["request"] =>
  (site) =>
    edited(get(site), "authorization", change);
const replaced = (from: string | RegExp, to: string): Hostile["request"] =>
  authorization((value) => value.replace(from, to));
const at =
  (offsetMs: number): Hostile["request"] =>
  (site) =>
    good(site, "GET", "/bucket/key", { scope: { timestamp: timestampOf(site.nowMs + offsetMs) } });

/** Of no header that the request has. */
export const MANY_NAMES = Array.from({ length: 4000 }, (_, i) => i.toString(36)).join(";");

/** `Authorization: AWS4-HMAC-SHA256 …` wrong in each of its parts. */
export const HEADER_SIGNATURES: readonly Hostile[] = [
  hostile("an Authorization without a Credential", MALFORMED, replaced(/Credential=[^,]*, /, "")),
  hostile(
    "an Authorization without SignedHeaders",
    MALFORMED,
    replaced(/SignedHeaders=[^,]*, /, ""),
  ),
  hostile("an Authorization without a Signature", MALFORMED, replaced(/, Signature=.*/, "")),
  hostile(
    "4,000 names in SignedHeaders",
    MALFORMED,
    replaced("SignedHeaders=host", `SignedHeaders=host;${MANY_NAMES}`),
  ),
  hostile("two Credentials", MALFORMED, replaced(/(Credential=[^,]*), /, "$1, $1, ")),
  hostile("two SignedHeaders", MALFORMED, replaced(/(SignedHeaders=[^,]*), /, "$1, $1, ")),
  hostile("two Signatures", MALFORMED, replaced(/(Signature=.*)$/, "$1, $1")),
  hostile("an unknown component", MALFORMED, replaced("Credential=", "Extra=1, Credential=")),
  hostile(
    "a component without an equals sign",
    MALFORMED,
    replaced("Credential=", "Credential, Credential="),
  ),
  hostile("a comma at the end", MALFORMED, replaced(/$/, ",")),
  hostile("a component in another case", MALFORMED, replaced("Credential=", "credential=")),
  hostile(
    "nothing behind the scheme",
    "400 InvalidArgument",
    authorization(() => "AWS4-HMAC-SHA256 "),
  ),
  hostile("a credential of four parts", MALFORMED, replaced("/us-east-1/", "/")),
  hostile("a credential without its key", MALFORMED, replaced(KEYS.owner.accessKey, "")),
  hostile("an empty credential", MALFORMED, replaced(/Credential=[^,]*/, "Credential=")),
  hostile("a credential with a space", MALFORMED, replaced(KEYS.owner.accessKey, "AKIA OWNER")),
  hostile(
    "a credential with a byte above ASCII",
    MALFORMED,
    replaced(KEYS.owner.accessKey, "AKIA\xe9"),
  ),
  hostile("another service", MALFORMED, scoped({ scope: { service: "s3express" } })),
  hostile("the service sts", MALFORMED, scoped({ scope: { service: "sts" } })),
  hostile("the service S3 in capitals", MALFORMED, scoped({ scope: { service: "S3" } })),
  hostile("another terminator", MALFORMED, scoped({ scope: { terminator: "aws5_request" } })),
  hostile("a region of 129 letters", MALFORMED, scoped({ scope: { region: "r".repeat(129) } })),
  hostile("a region that was not configured", MALFORMED, get, { gateway: "strict" }),
  hostile("a scope of another day", MALFORMED, scoped({ scope: { date: "20130524" } })),
  hostile("a scope date that is no date", MALFORMED, scoped({ scope: { date: "2013-5-24" } })),
  hostile(
    "a credential changed to another day only",
    MALFORMED,
    replaced(/\/\d{8}\//, "/20130524/"),
  ),
  hostile(
    "a credential changed to another region",
    DIFFERS,
    replaced("/us-east-1/", "/eu-west-1/"),
  ),
  hostile("SignedHeaders without host", MALFORMED, scoped({ scope: { unsigned: ["host"] } })),
  hostile("empty SignedHeaders", MALFORMED, replaced(/SignedHeaders=[^,]*/, "SignedHeaders=")),
  hostile(
    "SignedHeaders in capitals",
    MALFORMED,
    replaced("SignedHeaders=host", "SignedHeaders=Host"),
  ),
  hostile(
    "SignedHeaders with one name twice",
    MALFORMED,
    replaced("SignedHeaders=host", "SignedHeaders=host;host"),
  ),
  hostile(
    "SignedHeaders with an empty name",
    MALFORMED,
    replaced("SignedHeaders=host", "SignedHeaders=host;"),
  ),
  hostile(
    "SignedHeaders with commas",
    MALFORMED,
    replaced("host;x-amz-content-sha256", "host,x-amz-content-sha256"),
  ),
  hostile(
    "SignedHeaders in another order",
    DIFFERS,
    replaced(/SignedHeaders=[^,]*/, "SignedHeaders=x-amz-date;x-amz-content-sha256;host"),
  ),
  hostile(
    "SignedHeaders that name a header which did not come",
    DIFFERS,
    replaced("SignedHeaders=host", "SignedHeaders=host;x-amz-acl"),
  ),
  hostile(
    "x-amz-date left unsigned",
    "403 AccessDenied",
    scoped({ scope: { unsigned: ["x-amz-date"] } }),
  ),
  hostile("an unsigned x-amz-acl", "403 AccessDenied", (site) =>
    plus(good(site, "PUT", "/bucket/key", { body: "" }), ["x-amz-acl", "public-read"]),
  ),
  hostile("an unsigned copy source", "403 AccessDenied", (site) =>
    plus(good(site, "PUT", "/bucket/key"), ["x-amz-copy-source", "bucket/other"]),
  ),
  hostile("an unsigned tagging", "403 AccessDenied", (site) =>
    plus(good(site, "PUT", "/bucket/key", { body: "" }), ["x-amz-tagging", "a=b"]),
  ),
  hostile("an unsigned bypass of a lock", "403 AccessDenied", (site) =>
    plus(good(site, "DELETE", "/bucket/key"), ["x-amz-bypass-governance-retention", "true"]),
  ),
  hostile("an unsigned redirect", "403 AccessDenied", (site) =>
    plus(good(site, "PUT", "/bucket/key", { body: "" }), ["x-amz-website-redirect-location", "/a"]),
  ),
  hostile("an unsigned session token", "403 AccessDenied", (site) =>
    plus(get(site), ["x-amz-security-token", "a"]),
  ),
  hostile("an unsigned Content-MD5", "403 AccessDenied", (site) =>
    plus(good(site, "PUT", "/bucket/key", { body: "" }), [
      "content-md5",
      "1B2M2Y8AsgTpgAmY7PhCfg==",
    ]),
  ),
  hostile("an unsigned expected owner", "403 AccessDenied", (site) =>
    plus(get(site), ["x-amz-expected-bucket-owner", "1"]),
  ),
  hostile("an unsigned header that says nothing", "403 AccessDenied", (site) =>
    plus(get(site), ["x-amz-api-version", "2006-03-01"]),
  ),
  hostile("a second, unsigned line of a signed list", DIFFERS, (site) =>
    plus(
      good(site, "GET", "/bucket/key?attributes=", {
        headers: [["x-amz-object-attributes", "ETag"]],
      }),
      ["x-amz-object-attributes", "ObjectParts"],
    ),
  ),
  hostile("a second, unsigned value of a signed header", "400 InvalidRequest", (site) =>
    plus(good(site, "GET", "/bucket/key", { headers: [["range", "bytes=0-1"]] }), [
      "range",
      "bytes=0-99",
    ]),
  ),
  hostile("x-amz-date twice", "400 InvalidRequest", (site) =>
    plus(get(site), ["x-amz-date", site.scope.timestamp]),
  ),
  hostile("no date at all", "403 AccessDenied", (site) => without(get(site), "x-amz-date")),
  hostile("an empty x-amz-date", "403 AccessDenied", (site) =>
    edited(get(site), "x-amz-date", () => ""),
  ),
  hostile("an HTTP date in x-amz-date", "403 AccessDenied", (site) =>
    edited(get(site), "x-amz-date", () => new Date(site.nowMs).toUTCString()),
  ),
  hostile("the 31st of February", "403 AccessDenied", (site) =>
    edited(get(site), "x-amz-date", () => "20260231T000000Z"),
  ),
  hostile("an x-amz-date changed by a second", DIFFERS, (site) =>
    edited(get(site), "x-amz-date", () =>
      timestampOf(site.nowMs + (new Date(site.nowMs).getUTCSeconds() > 30 ? -1000 : 1000)),
    ),
  ),
  hostile("a signature of 16 minutes ago", "403 RequestTimeTooSkewed", at(-16 * MINUTE_MS)),
  hostile("a signature 16 minutes ahead", "403 RequestTimeTooSkewed", at(16 * MINUTE_MS)),
  hostile("a signature of last year", "403 RequestTimeTooSkewed", at(-365 * 24 * HOUR_MS)),
  hostile("a signature of 1970", "403 RequestTimeTooSkewed", (site) =>
    good(site, "GET", "/bucket/key", { scope: { timestamp: "19700101T000000Z" } }),
  ),
  hostile("a signature of the year 9999", "403 RequestTimeTooSkewed", (site) =>
    good(site, "GET", "/bucket/key", { scope: { timestamp: "99991231T235959Z" } }),
  ),
  hostile(
    "one digit of the signature changed",
    DIFFERS,
    authorization((value) => value.slice(0, -1) + (value.endsWith("0") ? "1" : "0")),
  ),
  hostile("a signature in capitals", DIFFERS, (site) =>
    edited(get(site), "authorization", (value) =>
      value.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase()),
    ),
  ),
  hostile("a signature without its last digit", DIFFERS, replaced(/.$/, "")),
  hostile("a signature with a digit too many", DIFFERS, replaced(/$/, "0")),
  hostile("an empty signature", DIFFERS, replaced(/Signature=.*/, "Signature=")),
  hostile(
    "a signature of 64 zeros",
    DIFFERS,
    replaced(/Signature=.*/, `Signature=${"0".repeat(64)}`),
  ),
  hostile(
    "a signature that is no hex",
    DIFFERS,
    replaced(/Signature=.*/, `Signature=${"z".repeat(64)}`),
  ),
  hostile(
    "a signature with another secret",
    DIFFERS,
    scoped({ key: { ...KEYS.owner, secretKey: "wrong" } }),
  ),
  hostile(
    "a signature with an empty secret",
    DIFFERS,
    scoped({ key: { ...KEYS.owner, secretKey: "" } }),
  ),
  hostile(
    "another key's signature",
    DIFFERS,
    replaced(KEYS.owner.accessKey, KEYS.reader.accessKey),
  ),
  hostile("an unknown key", "403 InvalidAccessKeyId", scoped({ key: KEYS.unknown })),
  hostile(
    "the store's own key",
    "403 InvalidAccessKeyId",
    scoped({ key: { accessKey: "AKIAUPSTREAM", secretKey: "wrong" } }),
  ),
  hostile(
    "a key in another case",
    "403 InvalidAccessKeyId",
    scoped({ key: { ...KEYS.owner, accessKey: "akiaowner" } }),
  ),
  hostile(
    "a key called __proto__",
    "403 InvalidAccessKeyId",
    scoped({ key: { accessKey: "__proto__", secretKey: "a" } }),
  ),
  hostile("a signed GET sent as DELETE", DIFFERS, (site) => ({ ...get(site), method: "DELETE" })),
  hostile("a signed GET sent for another key", DIFFERS, (site) => ({
    ...get(site),
    target: "/bucket/other",
  })),
  hostile("a signed GET sent with a query", DIFFERS, (site) => ({
    ...get(site),
    target: "/bucket/key?versionId=a",
  })),
  hostile("a signed GET sent for another host", DIFFERS, (site) =>
    edited(get(site), "host", () => "other.example"),
  ),
  hostile("a signed Accept-Encoding that nobody trusted has changed", DIFFERS, (site) =>
    edited(
      plus(good(site, "GET", "/bucket/key", { headers: [["accept-encoding", "gzip"]] }), [
        "x-original-accept-encoding",
        "gzip",
      ]),
      "accept-encoding",
      () => "identity",
    ),
  ),
  hostile("a signed header with another value", DIFFERS, (site) =>
    edited(
      good(site, "PUT", "/bucket/key", { body: "", headers: [["x-amz-acl", "private"]] }),
      "x-amz-acl",
      () => "public-read",
    ),
  ),
  hostile("a signed header with other spaces inside a word", DIFFERS, (site) =>
    edited(
      good(site, "PUT", "/bucket/key", { body: "", headers: [["x-amz-meta-a", "one two"]] }),
      "x-amz-meta-a",
      () => "onetwo",
    ),
  ),
  hostile("no x-amz-content-sha256", "400 InvalidRequest", (site) =>
    without(get(site), "x-amz-content-sha256"),
  ),
  hostile("two x-amz-content-sha256", "400 InvalidRequest", (site) =>
    plus(get(site), ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]),
  ),
  hostile("a digest of 63 digits", "400 InvalidArgument", (site) =>
    edited(get(site), "x-amz-content-sha256", (value) => value.slice(1)),
  ),
  hostile("a digest in capitals", "400 InvalidArgument", (site) =>
    edited(get(site), "x-amz-content-sha256", (value) => value.toUpperCase()),
  ),
  hostile("an unknown payload kind", "400 InvalidArgument", (site) =>
    edited(get(site), "x-amz-content-sha256", () => "STREAMING-AWS4-HMAC-SHA512-PAYLOAD"),
  ),
  hostile("SigV4A's payload kind", "501 NotImplemented", (site) =>
    edited(get(site), "x-amz-content-sha256", () => "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"),
  ),
  hostile("another digest than was signed", DIFFERS, (site) =>
    edited(get(site), "x-amz-content-sha256", () => OTHER_DIGEST),
  ),
  hostile("a signed digest made UNSIGNED-PAYLOAD", DIFFERS, (site) =>
    edited(
      good(site, "PUT", "/bucket/key", { body: "data" }),
      "x-amz-content-sha256",
      () => "UNSIGNED-PAYLOAD",
    ),
  ),
  hostile("SigV4A", "501 NotImplemented", replaced("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
  hostile(
    "SHA-512 for SHA-256",
    "400 InvalidArgument",
    replaced("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
  ),
  hostile(
    "the scheme in lower case",
    "400 InvalidArgument",
    replaced("AWS4-HMAC-SHA256", "aws4-hmac-sha256"),
  ),
  hostile(
    "a Bearer token",
    "400 InvalidArgument",
    authorization(() => "Bearer abc.def.ghi"),
  ),
  hostile(
    "Basic credentials",
    "400 InvalidArgument",
    authorization(() => "Basic bGFiOnNlY3JldA=="),
  ),
  hostile(
    "an empty Authorization",
    "400 InvalidArgument",
    authorization(() => ""),
  ),
  hostile("two Authorization headers", "400 InvalidArgument", (site) =>
    plus(get(site), ["authorization", "Bearer a"]),
  ),
  hostile("a good Authorization behind a wrong one", "400 InvalidArgument", (site) => {
    const request = get(site);
    return { ...request, headers: [["authorization", "AWS a:b"], ...request.headers] };
  }),
];
