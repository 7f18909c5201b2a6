import assert from "node:assert/strict";
import { test } from "node:test";
import { fitOf, parseRoutePath } from "../../../src/http/route-path.ts";

const fits = [
  ["inside", "/dashboard/"],
  ["inside", "/dashboard/api/user"],
  ["inside", "/dashboard/a//b/"],
  ["inside", "/dashboard/tenant%2Fbucket/..a/a../...;x"],
  ["inside", "/dashboard/caf%C3%A9/100%25"],
  ["inside", "/dashboard/a%252Fb/%252541"],
  ["bare", "/dashboard"],
  ["outside", "/"],
  ["outside", "/dash"],
  ["outside", "/dashboards/"],
  ["outside", "/dashboardx"],
  ["outside", "/Dashboard/"],
  ["outside", "//dashboard/"],
  ["outside", "/./dashboard/"],
  ["outside", "/x/../dashboard/"],
  ["outside", "/%64ashboard/"],
  ["outside", "/dashboard%2Fapi"],
  ["outside", "/dashboard%2f"],
  ["outside", "/dashboard\\api"],
  ["outside", "/dashboard;a/"],
  ["outside", "/dashboard%00/"],
  ["outside", "\\dashboard/"],
  ["outside", "dashboard/"],
  ["outside", "http://host/dashboard/"],
  ["doubtful", "/dashboard/.."],
  ["doubtful", "/dashboard/."],
  ["doubtful", "/dashboard/../bucket/key"],
  ["doubtful", "/dashboard/a/../../bucket"],
  ["doubtful", "/dashboard/a/./b"],
  ["doubtful", "/dashboard/%2e%2e/bucket"],
  ["doubtful", "/dashboard/.%2E/bucket"],
  ["doubtful", "/dashboard/..%2fbucket"],
  ["doubtful", "/dashboard/a%2F..%2Fb"],
  ["doubtful", "/dashboard/..%5Cbucket"],
  ["doubtful", "/dashboard/..;/bucket"],
  ["doubtful", "/dashboard/..;a=b/bucket"],
  ["doubtful", "/dashboard/..%3b/bucket"],
  ["doubtful", "/dashboard/%252e%252e/bucket"],
  ["doubtful", "/dashboard/caf%C3%A9/%25252e%25252e/bucket"],
  ["doubtful", "/dashboard/%25%32%65%25%32%65/bucket"],
  ["doubtful", "/dashboard/%2525252525252541"],
  ["doubtful", "/dashboard/a\\b"],
  ["doubtful", "/dashboard/%c0%ae%c0%ae/bucket"],
  ["doubtful", "/dashboard/%"],
  ["doubtful", "/dashboard/%zz"],
  ["doubtful", "/dashboard/a%00b"],
  ["doubtful", "/dashboard/a%0d%0ab"],
  ["doubtful", "/dashboard/a%250db"],
  ["doubtful", "/dashboard/caf\xe9"],
] as const;
for (const [fit, path] of fits) {
  test(`fitOf() finds ${path} ${fit}`, () => assert.equal(fitOf(path, "/dashboard/"), fit));
}

test("a route of several segments takes what is below the last", () => {
  for (const [fit, path] of [
    ["inside", "/tools/grafana/x"],
    ["bare", "/tools/grafana"],
    ["outside", "/tools/"],
    ["outside", "/tools/other/grafana/"],
  ] as const) {
    assert.equal(fitOf(path, "/tools/grafana/"), fit, path);
  }
});

for (const path of ["/dashboard/", "/a/", "/tools/grafana-2/", "/~x_y.z/"]) {
  test(`parseRoutePath() takes ${path}`, () => {
    assert.deepEqual(parseRoutePath(path), { ok: true, value: path });
  });
}

const SHAPE = "Expected a path such as /dashboard/, with a slash at both ends";
for (const [path, error] of [
  ["/", "The path / would take every request away from S3"],
  ["", SHAPE],
  ["//", SHAPE],
  ["/dashboard", SHAPE],
  ["dashboard/", SHAPE],
  ["/a//b/", SHAPE],
  ["/../", SHAPE],
  ["/a/./", SHAPE],
  ["/a b/", SHAPE],
  ["/%61/", SHAPE],
  ["/a?b/", SHAPE],
  ["/caf\u00e9/", SHAPE],
  [`/${"x".repeat(65)}/`, SHAPE],
] as const) {
  test(`parseRoutePath() refuses "${path}"`, () => {
    assert.deepEqual(parseRoutePath(path), { ok: false, error });
  });
}
