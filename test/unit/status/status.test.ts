import assert from "node:assert/strict";
import { test } from "node:test";
import { statusPage } from "../../../src/status/page.ts";
import { mergeStatus } from "../../../src/status/status.ts";
import {
  activityOf,
  busyStatus,
  configState,
  denialOf,
  failureOf,
  statusOf,
} from "../../support/status.ts";

/** As an operator's browser asks for it first. */
const LIVE = { refreshes: true, explained: undefined };

test("mergeStatus() makes one gateway of several processes", () => {
  const up = { origin: "http://a", up: true, requestsInFlight: 2 };
  const one = statusOf({
    endpoints: [up],
    config: configState({ generation: 3, acceptedMs: 5 }),
  });
  const refused = configState({ generation: 3, acceptedMs: 5, refusedMs: 6 });
  const other = statusOf({
    notReady: "No endpoint of the store responds",
    endpoints: [
      { ...up, up: false },
      { ...up, origin: "http://b" },
    ],
    config: refused,
  });
  const merged = mergeStatus([one, other]);
  assert.equal(merged.notReady, undefined);
  assert.equal(mergeStatus([other, other]).notReady, "No endpoint of the store responds");
  assert.equal(merged.processes.length, 2);
  assert.deepEqual(merged.config, refused);
  assert.deepEqual(merged.endpoints, [
    { origin: "http://a", up: false, requestsInFlight: 4 },
    { origin: "http://b", up: true, requestsInFlight: 2 },
  ]);
  assert.deepEqual(mergeStatus([one]), one);
});

test("mergeStatus() shows the worst state of each source in any process", () => {
  const source = { kind: "ceph", endpoint: "http://c", keys: 3 } as const;
  const issuer = { name: "i", url: "http://i", keys: 1, ageMs: 5, failure: undefined } as const;
  const one = statusOf({
    identities: [{ ...source, state: "ok" }],
    issuers: [{ ...issuer, state: "lost" }],
  });
  const other = statusOf({
    identities: [{ ...source, state: "refused" }],
    issuers: [{ ...issuer, state: "ok" }],
  });
  for (const merged of [mergeStatus([one, other]), mergeStatus([other, one])]) {
    assert.deepEqual(merged.identities, other.identities);
    assert.deepEqual(merged.issuers, one.issuers);
  }
});

test("mergeStatus() shows the configuration that came into force last", () => {
  const before = statusOf({ config: configState({ refusedMs: 9 }) });
  const after = statusOf({ config: configState({ generation: 2 }) });
  assert.equal(mergeStatus([before, after]).config.generation, 2);
  assert.equal(mergeStatus([after, before]).config.refusedMs, undefined);
});

test("the page has something to say where nothing happened", () => {
  const page = statusPage(statusOf(), LIVE);
  for (const text of [
    "No requests in the last hour",
    "No denials in the last hour",
    "No denials since the start",
    "No failures since the start",
    "none: see reload.claims",
    "All keys are in the configuration",
  ]) {
    assert(page.includes(text), text);
  }
});

test("the page shows ten denials, and the rest after a click", () => {
  const denials = Array.from({ length: 12 }, () => denialOf({}));
  const page = statusPage(statusOf({ activity: activityOf(() => ({}), denials) }), LIVE);
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
    const page = statusPage(statusOf({ activity }), LIVE);
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
    assert.ok(statusPage(statusOf({ activity }), LIVE).includes(`<b>${expected}</b>`));
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
    assert.doesNotMatch(statusPage(statusOf({ activity }), LIVE), /aria-label="Explain/);
  });
}

test("the page has no script, no style attribute and nothing from elsewhere", () => {
  const page = statusPage(busyStatus(), LIVE);
  assert.doesNotMatch(page, /<script|\sstyle="|\son\w+="|(?:src|href|action)="(?!\/|#)/);
});

test("a refused reload is not green, and its reasons stand there as text", () => {
  const config = configState({
    refusedMs: 9,
    refusedFor: ['a.yaml:1: got "<b>"'],
    refusedCount: 3,
  });
  const page = statusPage(statusOf({ config }), LIVE);
  assert.match(page, /<span class="state warn">ready, reload refused<\/span>/);
  assert.match(page, /<title>s3warden: ready, reload refused<\/title>/);
  assert.match(
    page,
    /<li>a\.yaml:1: got &quot;&lt;b&gt;&quot;<\/li>\s+<li class="muted">and 2 more/,
  );
  const accepted = statusPage(statusOf(), LIVE);
  assert.match(accepted, /<span class="state good">ready<\/span>/);
  assert.doesNotMatch(accepted, /role="alert"/);
});

test("the page refreshes itself unless somebody writes in its form, or paused it", () => {
  const live = statusPage(statusOf(), LIVE);
  assert.match(live, /<meta http-equiv="refresh" content="30" \/>/);
  assert.doesNotMatch(live, /<form/);
  const still = statusPage(statusOf(), { ...LIVE, refreshes: false });
  assert.doesNotMatch(still, /http-equiv/);
  assert.match(still, /<form/);
});

for (const [name, changes, expected] of [
  ["the store", {}, "the store: connect"],
  ["an answer of the store", { upstreamError: undefined, outcome: "forwarded" }, "answered so by"],
  ["a bug", { fault: "answer" }, "a bug in the gateway (answer)"],
  [
    "a refusal",
    { upstreamError: undefined, outcome: "refused", endpoint: undefined },
    "refused by the",
  ],
  ["an answer that ended", { upstreamError: undefined }, "broken off"],
] as const) {
  test(`a failure by ${name} says who is to blame`, () => {
    const activity = activityOf(() => ({}), [], [failureOf(changes)]);
    assert.ok(statusPage(statusOf({ activity }), LIVE).includes(expected));
  });
}
