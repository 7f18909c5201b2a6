import { plus, retargeted, signatureOf, timestampOf } from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { DIFFERS, MINUTE_MS, get, link } from "./changes.ts";
import { MANY_NAMES } from "./header-signatures.ts";
import { good, KEYS, plain, presigned } from "./site.ts";

const QUERY = "400 AuthorizationQueryParametersError";
/** A good presigned GET whose URL is then changed. */
const url =
  (from: string | RegExp, to: string): Hostile["request"] =>
  (site) =>
    retargeted(link(site), (target) => target.replace(from, to));
const linkAt =
  (offsetMs: number, expires = "300"): Hostile["request"] =>
  (site) =>
    presigned(site, "GET", "/bucket/key", {
      scope: { timestamp: timestampOf(site.nowMs + offsetMs), expires },
    });

/** Presigned URLs of version 4 wrong in each of their parts. */
export const QUERY_SIGNATURES: readonly Hostile[] = [
  ...["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"].map((part) =>
    hostile(`a URL without X-Amz-${part}`, QUERY, url(new RegExp(`X-Amz-${part}=[^&]*&?`), "")),
  ),
  ...["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"].map((part) =>
    hostile(
      `a URL with X-Amz-${part} twice`,
      "400 InvalidArgument",
      url(new RegExp(`(X-Amz-${part}=[^&]*)`), "$1&$1"),
    ),
  ),
  hostile(
    "a parameter in another case beside itself",
    "400 InvalidArgument",
    url("X-Amz-Expires=300", "X-Amz-Expires=300&x-amz-expires=9"),
  ),
  hostile(
    "a URL with 4,000 names in SignedHeaders",
    QUERY,
    url("SignedHeaders=host", `SignedHeaders=host;${MANY_NAMES}`),
  ),
  hostile("a URL with another algorithm", QUERY, url("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1")),
  hostile(
    "a URL of SigV4A",
    "501 NotImplemented",
    url("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
  ),
  hostile("a URL with a credential of four parts", QUERY, url("%2Fus-east-1%2F", "%2F")),
  hostile("a URL for another service", QUERY, (site) =>
    presigned(site, "GET", "/bucket/key", { scope: { service: "sts" } }),
  ),
  hostile("a URL with another terminator", QUERY, (site) =>
    presigned(site, "GET", "/bucket/key", { scope: { terminator: "aws4" } }),
  ),
  hostile("a URL for a region that was not configured", QUERY, link, { gateway: "strict" }),
  hostile("a URL with a scope of another day", QUERY, (site) =>
    presigned(site, "GET", "/bucket/key", { scope: { date: "20130524" } }),
  ),
  hostile("a URL with a date that is none", QUERY, url(/X-Amz-Date=[^&]*/, "X-Amz-Date=today")),
  hostile(
    "a URL with an HTTP date",
    QUERY,
    url(/X-Amz-Date=[^&]*/, "X-Amz-Date=Sun%2C%2022%20Nov%202026%2000%3A00%3A00%20GMT"),
  ),
  hostile("a URL that lasts 0 seconds", QUERY, url("Expires=300", "Expires=0")),
  hostile("a URL that lasts -1 seconds", QUERY, url("Expires=300", "Expires=-1")),
  hostile(
    "a URL that lasts a second more than a week",
    QUERY,
    url("Expires=300", "Expires=604801"),
  ),
  hostile(
    "a URL that lasts longer than is allowed here",
    QUERY,
    (site) =>
      presigned(site, "GET", "/bucket/key", { scope: { region: "eu-central-1", expires: "3601" } }),
    { gateway: "strict" },
  ),
  hostile("a URL that lasts 1e3 seconds", QUERY, url("Expires=300", "Expires=1e3")),
  hostile("a URL that lasts 60abc seconds", QUERY, url("Expires=300", "Expires=60abc")),
  hostile("a URL that lasts an empty time", QUERY, url("Expires=300", "Expires=")),
  hostile(
    "a URL that lasts very many digits of seconds",
    QUERY,
    url("Expires=300", `Expires=${"9".repeat(400)}`),
  ),
  hostile(
    "a URL that lasts 301 seconds instead of 300",
    DIFFERS,
    url("Expires=300", "Expires=301"),
  ),
  hostile("an expired URL", "403 AccessDenied", linkAt(-301_000)),
  hostile("a URL that expired within the skew", "403 AccessDenied", linkAt(-10 * MINUTE_MS, "60")),
  hostile("a URL of 16 minutes ahead", "403 AccessDenied", linkAt(16 * MINUTE_MS)),
  hostile(
    "a URL without host in its signed headers",
    QUERY,
    url("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=range"),
  ),
  hostile(
    "a URL with Host in capitals",
    QUERY,
    url("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=Host"),
  ),
  hostile(
    "a URL with host twice",
    QUERY,
    url("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Bhost"),
  ),
  hostile("a URL with a signature in capitals", DIFFERS, (site) =>
    retargeted(link(site), (target) => target.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase())),
  ),
  hostile("a URL with a truncated signature", DIFFERS, url(/.$/, "")),
  hostile("a URL with an empty signature", DIFFERS, url(/X-Amz-Signature=.*/, "X-Amz-Signature=")),
  hostile("a URL with one digit of its signature changed", DIFFERS, (site) =>
    retargeted(link(site), (target) => target.slice(0, -1) + (target.endsWith("0") ? "1" : "0")),
  ),
  hostile("a URL for another key", DIFFERS, url("/bucket/key", "/bucket/other")),
  hostile("a URL for GET used for DELETE", DIFFERS, (site) => ({
    ...link(site),
    method: "DELETE",
  })),
  hostile("a URL with versionId put in", DIFFERS, url("?", "?versionId=a&")),
  hostile(
    "a URL with response-content-type put in",
    DIFFERS,
    url(/$/, "&response-content-type=text%2Fhtml"),
  ),
  hostile("a URL with an x-amz-acl put in", DIFFERS, (site) =>
    retargeted(
      presigned(site, "PUT", "/bucket/key", { body: "" }),
      (target) => `${target}&x-amz-acl=public-read`,
    ),
  ),
  hostile("a URL of an unknown key", "403 InvalidAccessKeyId", (site) =>
    presigned(site, "GET", "/bucket/key", { key: KEYS.unknown }),
  ),
  hostile(
    "a URL with another key's signature",
    DIFFERS,
    url(KEYS.owner.accessKey, KEYS.reader.accessKey),
  ),
  hostile("a presigned PUT with an unsigned copy source", "403 AccessDenied", (site) =>
    plus(presigned(site, "PUT", "/bucket/key"), ["x-amz-copy-source", "bucket/other"]),
  ),
  hostile("a presigned PUT with an unsigned ACL", "403 AccessDenied", (site) =>
    plus(presigned(site, "PUT", "/bucket/key", { body: "" }), ["x-amz-acl", "public-read"]),
  ),
  hostile("a hoisted header that is also a header", "400 InvalidArgument", (site) =>
    plus(presigned(site, "PUT", "/bucket/key?x-amz-acl=private", { body: "" }), [
      "x-amz-acl",
      "public-read",
    ]),
  ),
  hostile("a hoisted header with a line break", "400 InvalidArgument", (site) =>
    presigned(site, "PUT", "/bucket/key?x-amz-meta-a=a%0D%0Ax-amz-acl%3A%20public-read", {
      body: "",
    }),
  ),
  hostile("a payload in header and query", "400 InvalidRequest", (site) =>
    plus(presigned(site, "GET", "/bucket/key?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"), [
      "x-amz-content-sha256",
      "UNSIGNED-PAYLOAD",
    ]),
  ),
  hostile("signatures in header and query", "400 InvalidArgument", (site) =>
    plus(link(site), [
      "authorization",
      good(site, "GET", "/bucket/key").headers.find(([name]) => name === "authorization")?.[1] ??
        "",
    ]),
  ),
  hostile("a V2 header beside a V4 query", "400 InvalidArgument", (site) =>
    plus(link(site), ["authorization", `AWS ${KEYS.owner.accessKey}:a`]),
  ),
  hostile(
    "a V2 query beside a V4 query",
    "400 InvalidArgument",
    url("?", "?AWSAccessKeyId=AKIAOWNER&Signature=a&Expires=1&"),
  ),
  hostile("a URL's signature in a header too", "400 InvalidArgument", (site) =>
    plus(link(site), [
      "authorization",
      `AWS4-HMAC-SHA256 Credential=a, Signature=${signatureOf(get(site))}`,
    ]),
  ),
  hostile("a lone X-Amz-Credential", QUERY, (site) =>
    plain(site, "GET", "/bucket/key?X-Amz-Credential=a"),
  ),
  hostile("a lone x-amz-signature in lower case", "400 InvalidArgument", (site) =>
    plain(site, "GET", "/bucket/key?x-amz-signature=a"),
  ),
];
