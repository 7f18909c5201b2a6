import { hostile, type Hostile } from "./case.ts";
import { good, KEYS, plain } from "./site.ts";
import type { KeyPair } from "../../support/signed.ts";

const DENIED = "403 AccessDenied";
const by =
  (
    key: KeyPair,
    method: string,
    target: string,
    ...headers: (readonly [string, string])[]
  ): Hostile["request"] =>
  (site) =>
    good(site, method, target, { key, headers });

/** Well-signed requests that somebody may not make. */
export const GATES: readonly Hostile[] = [
  hostile("a key from another network", DENIED, by(KEYS.elsewhere, "GET", "/bucket/key")),
  hostile("an account from another network", DENIED, by(KEYS.fenced, "GET", "/bucket/key")),
  hostile("a subuser from a denied network", DENIED, by(KEYS.exiled, "GET", "/bucket/key")),
  hostile(
    "a subuser from a denied network who says X-Forwarded-For",
    DENIED,
    by(KEYS.exiled, "GET", "/bucket/key", ["x-forwarded-for", "192.0.2.1"]),
  ),
  hostile(
    "a deletion of a version, blocked for all",
    DENIED,
    by(KEYS.owner, "DELETE", "/bucket/key?versionId=a"),
  ),
  hostile(
    "a deletion of the version null, blocked for all",
    DENIED,
    by(KEYS.owner, "DELETE", "/bucket/key?versionId=null"),
  ),
  hostile(
    "an ACL, blocked for a subuser",
    DENIED,
    by(KEYS.blocked, "PUT", "/bucket/key?acl=", ["x-amz-acl", "public-read"]),
  ),
  hostile("an ACL by header, blocked for a subuser", DENIED, (site) =>
    good(site, "PUT", "/bucket/key", {
      key: KEYS.blocked,
      body: "",
      headers: [["x-amz-acl", "public-read"]],
    }),
  ),
  hostile("a grant by header, blocked for a subuser", DENIED, (site) =>
    good(site, "PUT", "/bucket/key", {
      key: KEYS.blocked,
      body: "",
      headers: [["x-amz-grant-read", "id=a"]],
    }),
  ),
  hostile("an encryption that has no effect", "501 NotImplemented", (site) =>
    good(site, "PUT", "/bucket?encryption=", { body: "<a/>" }),
  ),
  hostile(
    "a deletion of an encryption that has no effect",
    "501 NotImplemented",
    by(KEYS.owner, "DELETE", "/bucket?encryption="),
  ),
  hostile(
    "a deletion of an encryption, which RGW takes for one of the bucket",
    "501 NotImplemented",
    (site) => good(site, "DELETE", "/bucket?encryption=", { scope: { region: "eu-central-1" } }),
    { gateway: "strict" },
  ),
  hostile(
    "a rename, which RGW takes for an upload",
    "501 NotImplemented",
    (site) =>
      good(site, "PUT", "/bucket/key?renameObject=", {
        scope: { region: "eu-central-1" },
        headers: [["x-amz-rename-source", "bucket/other"]],
      }),
    { gateway: "strict" },
  ),
  hostile("a reader who writes", DENIED, (site) =>
    good(site, "PUT", "/bucket/key", { key: KEYS.reader, body: "data" }),
  ),
  hostile("a reader who deletes", DENIED, by(KEYS.reader, "DELETE", "/bucket/key")),
  hostile(
    "a reader who copies",
    DENIED,
    by(KEYS.reader, "PUT", "/bucket/key", ["x-amz-copy-source", "bucket/other"]),
  ),
  hostile("a reader who begins an upload", DENIED, by(KEYS.reader, "POST", "/bucket/key?uploads=")),
  hostile("a reader who sets a policy", DENIED, (site) =>
    good(site, "PUT", "/bucket?policy=", { key: KEYS.reader, body: "{}" }),
  ),
  hostile("a reader who sets an ACL", DENIED, by(KEYS.reader, "PUT", "/bucket/key?acl=")),
  hostile("a reader who makes a bucket", DENIED, by(KEYS.reader, "PUT", "/new-bucket")),
  hostile("a reader who removes a bucket", DENIED, by(KEYS.reader, "DELETE", "/bucket")),
  hostile("a writer who reads", DENIED, by(KEYS.writer, "GET", "/bucket/key")),
  hostile("a writer who looks", DENIED, by(KEYS.writer, "HEAD", "/bucket/key")),
  hostile(
    "a writer who reads by copying",
    DENIED,
    by(KEYS.writer, "PUT", "/bucket/key", ["x-amz-copy-source", "other/secret"]),
  ),
  hostile(
    "a writer who reads by copying a part",
    DENIED,
    by(KEYS.writer, "PUT", "/bucket/key?uploadId=a&partNumber=1", [
      "x-amz-copy-source",
      "other/secret",
    ]),
  ),
  hostile("nobody who reads", DENIED, (site) => plain(site, "GET", "/bucket/key")),
  hostile("nobody who lists buckets", DENIED, (site) => plain(site, "GET", "/")),
  hostile("nobody who writes", DENIED, (site) =>
    plain(site, "PUT", "/bucket/key", { body: "data" }),
  ),
  hostile("nobody who deletes", DENIED, (site) => plain(site, "DELETE", "/bucket")),
  hostile("nobody who says a payload kind", DENIED, (site) =>
    plain(site, "PUT", "/bucket/key", {
      body: "data",
      headers: [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]],
    }),
  ),
  hostile("nobody with signed chunks", "400 InvalidRequest", (site) =>
    plain(site, "PUT", "/bucket/key", {
      body: "",
      headers: [["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]],
    }),
  ),
  hostile("nobody with two payload kinds", "400 InvalidRequest", (site) =>
    plain(site, "PUT", "/bucket/key", {
      body: "",
      headers: [
        ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
        ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
      ],
    }),
  ),
];
