import assert from "node:assert/strict";
import { test } from "node:test";
import { statusPage } from "../../../src/status/page.ts";
import { mergeStatus } from "../../../src/status/status.ts";
import { activityOf, busyStatus, denialOf, statusOf } from "../../support/status.ts";

test("mergeStatus() makes one gateway of several processes", () => {
  const up = { origin: "http://a", up: true, requestsInFlight: 2 };
  const one = statusOf({
    endpoints: [up],
    config: { generation: 3, acceptedMs: 5, refusedMs: undefined },
  });
  const other = statusOf({
    notReady: "No endpoint of the store responds",
    endpoints: [
      { ...up, up: false },
      { ...up, origin: "http://b" },
    ],
    config: { generation: 3, acceptedMs: 5, refusedMs: 6 },
  });
  const merged = mergeStatus([one, other]);
  assert.equal(merged.notReady, undefined);
  assert.equal(mergeStatus([other, other]).notReady, "No endpoint of the store responds");
  assert.equal(merged.processes.length, 2);
  assert.deepEqual(merged.config, { generation: 3, acceptedMs: 5, refusedMs: 6 });
  assert.deepEqual(merged.endpoints, [
    { origin: "http://a", up: false, requestsInFlight: 4 },
    { origin: "http://b", up: true, requestsInFlight: 2 },
  ]);
  assert.deepEqual(mergeStatus([one]), one);
});

test("mergeStatus() tells the configuration that is in force last", () => {
  const before = statusOf({ config: { generation: 1, acceptedMs: 5, refusedMs: 9 } });
  const after = statusOf({ config: { generation: 2, acceptedMs: 10, refusedMs: undefined } });
  assert.equal(mergeStatus([before, after]).config.generation, 2);
  assert.equal(mergeStatus([after, before]).config.refusedMs, undefined);
});

test("the page has something to say where nothing happened", () => {
  const page = statusPage(statusOf(), undefined);
  for (const text of [
    "No requests in the last hour",
    "No denials in the last hour",
    "No denials since the start",
  ]) {
    assert(page.includes(text), text);
  }
});

test("the page shows ten denials and hides the rest behind a click", () => {
  const denials = Array.from({ length: 12 }, () => denialOf({}));
  const page = statusPage(statusOf({ activity: activityOf(() => ({}), denials) }), undefined);
  assert.match(page, /<summary>2 more<\/summary>/);
  assert.equal(
    page.split(/<summary>2 more/)[0]?.match(/<time datetime="2026-11-22T11:59:47/g)?.length,
    10,
  );
});

const links = [
  ["a key with spaces and signs", { key: "a b&c?d#e" }, "DELETE /photos/a%20b%26c%3Fd%23e"],
  ["a version", { versionId: "v+/=" }, "DELETE /photos/2026/cat.jpg?versionId=v%2B%2F%3D"],
  [
    "a subresource",
    { operation: "GetBucketPolicy", method: "GET", key: undefined },
    "GET /photos?policy",
  ],
  [
    "no bucket",
    { operation: "ListBuckets", method: "GET", bucket: undefined, key: undefined },
    "GET /",
  ],
] as const;
for (const [name, changes, request] of links) {
  test(`a denial of ${name} can be explained`, () => {
    const activity = activityOf(() => ({}), [denialOf(changes)]);
    const page = statusPage(statusOf({ activity }), undefined);
    const [, query = ""] = /href="\/\?([^"]+)#explain"/.exec(page) ?? [];
    const form = new URLSearchParams(query.replaceAll("&amp;", "&"));
    const as = "AKIDREADER0000000000";
    assert.deepEqual(Object.fromEntries(form), { as, ip: "198.51.100.7", request });
  });
}

const nobody = { account: undefined, subuser: undefined, accessKeyId: undefined };
for (const [name, changes, expected] of [
  ["no credentials", { gate: "authentication", rule: "policy.anonymous: deny" }, "anonymous"],
  ["no credentials, by a policy", { gate: "allow" }, "anonymous"],
  ["credentials that cannot be read", { gate: "authentication", rule: "malformed" }, "not proved"],
  ["a key that did not hold", { gate: "authentication", accessKeyId: "AKID" }, "not proved"],
  ["no request", { gate: "request" }, "not known"],
] as const) {
  test(`a denial of ${name} is shown as ${expected}`, () => {
    const activity = activityOf(() => ({}), [denialOf({ ...nobody, ...changes })]);
    assert.ok(statusPage(statusOf({ activity }), undefined).includes(`<b>${expected}</b>`));
  });
}

const unexplained = [
  ["proved nobody", { gate: "authentication" }],
  ["is no request", { gate: "request", operation: "Unknown" }],
  ["is not shown whole", { clipped: true }],
  ["a header made what it was", { operation: "CopyObject" }],
] as const;
for (const [name, changes] of unexplained) {
  test(`a denial that ${name} has no link that would explain another`, () => {
    const activity = activityOf(() => ({}), [denialOf(changes)]);
    assert.doesNotMatch(statusPage(statusOf({ activity }), undefined), /href="\/\?/);
  });
}

test("the page has no script, no style attribute and nothing from elsewhere", () => {
  const page = statusPage(busyStatus(), undefined);
  assert.doesNotMatch(page, /<script|\sstyle="|\son\w+="|(?:src|href|action)="(?!\/|#)/);
});
