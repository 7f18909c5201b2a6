import assert from "node:assert/strict";
import { test } from "node:test";
import { passageOf, passedTarget } from "../../../src/admission/passthrough.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import type { RequestHead } from "../../../src/http/head.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { GATEWAY, goodConfig } from "../../support/config.ts";

const snapshotOf = (more = ""): ReturnType<typeof compileSnapshot> =>
  compileSnapshot(
    goodConfig({
      "gateway.yaml": `${GATEWAY}listen: { domains: [s3.test, b.s3.test], accountDomains: ["*.acc.test"] }
passthrough:
  - { path: /dashboard/, target: "http://dash:1", networks: { allow: [192.0.2.0/24], deny: [192.0.2.9] } }
  - { path: /tools/x/, target: "http://tools:1" }
${more}`,
    }),
    1,
  );

function headOf(raw: string, more: Partial<RequestHead> = {}): RequestHead {
  const target = parseTarget(raw);
  assert.ok(target.ok);
  const headers = ["host", "s3.test"];
  const head = { method: "GET", target: target.value, headers, secure: false };
  return { ...head, sourceAddress: "192.0.2.7", ...more };
}

/** What becomes of a request, in one line. */
function saidOf(head: RequestHead, snapshot = snapshotOf()): string {
  const passage = passageOf(snapshot, head);
  switch (passage?.kind) {
    case undefined:
      return "S3";
    case "pass":
      return `pass ${passage.route.target}`;
    case "redirect":
      return `redirect ${passage.location}`;
    case "refuse": {
      const { fault, denial, toS3 } = passage;
      assert.equal(denial?.gate, denial && "networks");
      return `refuse ${fault.code} ${denial?.rule ?? ""}${toS3 ? " to S3" : ""}`
        .replace(/ +/g, " ")
        .trim();
    }
  }
}

const host = (name: string): Partial<RequestHead> => ({ headers: ["host", name] });
const from = (sourceAddress: string | undefined): Partial<RequestHead> => ({ sourceAddress });
const signed = { headers: ["host", "s3.test", "authorization", "AWS4-HMAC-SHA256 x"] };

const table = [
  ["/dashboard/a?b", {}, "pass http://dash:1"],
  ["/tools/x/", {}, "pass http://tools:1"],
  ["/tools/", {}, "S3"],
  ["/bucket/dashboard/", {}, "S3"],
  ["/dashboard?a=b", {}, "redirect /dashboard/?a=b"],
  ["/dashboard/../x", {}, "refuse InvalidURI"],
  ["/dashboard/", from("192.0.2.9"), "refuse AccessDenied passthrough[0].networks: denied"],
  ["/dashboard/", from("198.51.100.1"), "refuse AccessDenied passthrough[0].networks: denied"],
  ["/dashboard/", from(undefined), "refuse AccessDenied passthrough[0].networks: unknown-address"],
  ["/dashboard", from("192.0.2.9"), "refuse AccessDenied passthrough[0].networks: denied"],
  ["/dashboard/..", from("192.0.2.9"), "refuse AccessDenied passthrough[0].networks: denied"],
  ["/tools/x/", from(undefined), "pass http://tools:1"],
  ["/dashboard/", signed, "refuse InvalidBucketName to S3"],
  ["/dashboard/..", signed, "refuse InvalidBucketName to S3"],
  ["/dashboard/", { ...signed, forwardedHosts: ["a.test", "photos.s3.test"] }, "S3"],
  ["/dashboard/", { ...signed, forwardedHosts: ["s3.test"] }, "refuse InvalidBucketName to S3"],
  ["/dashboard/", { forwardedHosts: ["photos.s3.test"] }, "pass http://dash:1"],
  [
    "/dashboard/",
    { headers: ["host", "s3.test", "authorization", "aws AKID:a"] },
    "refuse InvalidBucketName to S3",
  ],
  [
    "/dashboard/",
    { ...signed, ...from("192.0.2.9") },
    "refuse AccessDenied passthrough[0].networks: denied to S3",
  ],
  ["/dashboard/?X-Amz-Credential=a", {}, "refuse InvalidBucketName to S3"],
  ["/dashboard/?Signature=a", {}, "refuse InvalidBucketName to S3"],
  [
    "/dashboard/",
    { headers: ["host", "s3.test", "authorization", "Bearer AWS"] },
    "pass http://dash:1",
  ],
  ["/dashboard/", host("bucket.s3.test"), "S3"],
  ["/dashboard/..", host("bucket.s3.test:8080"), "S3"],
  ["/dashboard/", host("BUCKET.S3.TEST."), "S3"],
  ["/dashboard/", host("465000001.acc.test"), "S3"],
  ["/dashboard/", host("b.s3.test"), "pass http://dash:1"],
  ["/dashboard/", host("127.0.0.1:8080"), "pass http://dash:1"],
  ["/dashboard/", host("elsewhere.test"), "pass http://dash:1"],
] as const;
for (const [raw, more, expected] of table) {
  test(`passageOf() of ${raw} with ${JSON.stringify(more)}: ${expected}`, () => {
    assert.equal(saidOf(headOf(raw, more)), expected);
  });
}

test("passageOf() asks the gateway's own networks first, whatever the mode", () => {
  const snapshot = snapshotOf("policy: { mode: report, networks: { deny: [192.0.2.7] } }");
  assert.equal(
    saidOf(headOf("/tools/x/"), snapshot),
    "refuse AccessDenied policy.networks: denied",
  );
});

test("passedTarget() is the target as sent, but for the path of a route that is stripped", () => {
  const [route] = snapshotOf().routes;
  assert.ok(route);
  const sent = headOf("/dashboard/a%2f/..b?c=/dashboard/");
  assert.equal(passedTarget({ ...route, stripPath: false }, sent), sent.target.raw);
  assert.equal(passedTarget({ ...route, stripPath: true }, sent), "/a%2f/..b?c=/dashboard/");
  assert.equal(passedTarget({ ...route, stripPath: true }, headOf("/dashboard/")), "/");
});
