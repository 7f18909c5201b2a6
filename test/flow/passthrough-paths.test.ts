import assert from "node:assert/strict";
import { test } from "node:test";
import { startRecordingStore } from "../stores/recording.ts";
import { startDashboard } from "../support/dashboard.ts";
import { codeOf, rawExchange } from "../support/raw-client.ts";

/** Target, and what must become of it; none reaches the dashboard or the store. */
const HOSTILE = [
  ["/dashboard/..", "400"],
  ["/dashboard/../bucket/key", "400"],
  ["/dashboard/%2e%2e/bucket/key", "400"],
  ["/dashboard/..%2fbucket/key", "400"],
  ["/dashboard/..%5cbucket/key", "400"],
  ["/dashboard/..;/bucket/key", "400"],
  ["/dashboard/%252e%252e/bucket/key", "400"],
  ["/dashboard/a\\..\\b", "400"],
  ["/dashboard/a%00b", "400"],
  ["/dashboard/%c0%ae%c0%ae/", "400"],
  ["/dashboard/#fragment", "400 InvalidURI"],
  ["/dashboard/?a=%zz", "400 InvalidURI"],
  ["//dashboard/", "400 InvalidBucketName"],
  ["/./dashboard/", "400 InvalidBucketName"],
  ["/x/../dashboard/", "400 InvalidBucketName"],
  ["/bucket/../dashboard/", "403 AccessDenied"],
  ["/dashboard%2fx", "400 InvalidBucketName"],
  ["/dashboard\\x", "400 InvalidBucketName"],
  ["/dashboard;x/", "400 InvalidBucketName"],
  ["\\dashboard/", "400"],
  ["dashboard/", "400"],
  ["http://127.0.0.1/dashboard/", "400 InvalidURI"],
  ["//127.0.0.1/dashboard/", "400 InvalidBucketName"],
  ["*", "400 InvalidURI"],
  // What S3 would make of them is S3's, behind a signature.
  ["/%64ashboard/x", "403 AccessDenied"],
  ["/Dashboard/x", "403 AccessDenied"],
  ["/dashboardx/", "403 AccessDenied"],
] as const;

test("no path that is doubtful reaches a dashboard, nor by way of it the store", async (t) => {
  const target = await startRecordingStore();
  t.after(() => target.stop());
  const { gateway, store, request } = await startDashboard(t, target.endpoint);
  for (const [path, expected] of HOSTILE) {
    for (const method of ["GET", "POST"]) {
      const answer = await rawExchange(gateway.address, request(method, path));
      const code = codeOf(answer);
      const got = code === "" ? `${answer.status}` : `${answer.status} ${code}`;
      const known = method === "POST" && expected.startsWith("4") ? [expected, got] : [expected];
      assert.ok(
        known.some((one) => got.startsWith(one)),
        `${method} ${path}: ${got}`,
      );
      assert.ok(answer.status >= 400 && answer.status < 500, `${method} ${path}: ${got}`);
    }
  }
  assert.deepEqual([target.heads.length, store.heads.length], [0, 0]);
});

test("a host that is a bucket has no routes, and the host above it has", async (t) => {
  const target = await startRecordingStore();
  t.after(() => target.stop());
  const listen = { domains: ["s3.test"] };
  const { gateway, request } = await startDashboard(t, target.endpoint, {}, { listen });
  const statusAt = async (host: string): Promise<number> => {
    const text = request("GET", "/dashboard/").replace(gateway.address, host);
    return (await rawExchange(gateway.address, text)).status;
  };
  assert.equal(await statusAt("bucket.s3.test"), 403);
  assert.equal(await statusAt("s3.test"), 200);
  assert.equal(await statusAt("bucket.elsewhere.test"), 200);
  assert.equal(target.requests.length, 2);
});

test("two heads in one, or two hosts, are no request for a dashboard", async (t) => {
  const target = await startRecordingStore();
  t.after(() => target.stop());
  const { gateway, request } = await startDashboard(t, target.endpoint);
  for (const lines of [
    ["Host: other"],
    ["Content-Length: 4", "Transfer-Encoding: chunked"],
    ["Content-Length: 4", "Content-Length: 5"],
    ["Transfer-Encoding: gzip, chunked"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
  ]) {
    const answer = await rawExchange(gateway.address, request("POST", "/dashboard/", ...lines));
    assert.equal(answer.status, 400, lines.join());
  }
  assert.equal(target.heads.length, 0);
});
