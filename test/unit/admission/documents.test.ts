/** Documents through admit(): the buckets that they name, what they say, in whose name they go. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Key } from "../../../src/admission/principal.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot, recordReader } from "../../../src/config/compile.ts";
import { goodConfig } from "../../support/config.ts";
import type { Decided, Told } from "../../support/decided.ts";
import { decide, filesOf, gatewayOf, signerOf, type People } from "./people.ts";

/** The gate that refused and the code; the question; or who signs for the store. */
function outcome(decision: Decided): string {
  if (decision.kind === "asking") return `asks ${decision.need.kind}`;
  if (decision.kind !== "refuse") return signerOf(decision) ?? decision.kind;
  return `${decision.facts.denial?.gate ?? "none"}: ${decision.fault.code}`;
}

function put(
  snapshot: Snapshot,
  who: string,
  target: string,
  body: string,
  told: Told = {},
): Decided {
  const headers = { "content-length": String(body.length) };
  return decide(snapshot, who, `PUT ${target}`, { headers }, { body, ...told });
}

const A: People = { accounts: { A: {} } };
const logsTo = (bucket: string): string =>
  `<BucketLoggingStatus><LoggingEnabled><TargetBucket>${bucket}</TargetBucket><TargetPrefix>p</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`;

test("a document is refused for a bucket that it names and that cannot be", () => {
  const snapshot = gatewayOf({ ...A, store: { store: "aws" } });
  const logs = (bucket: string): string =>
    outcome(put(snapshot, "A", "/bucket?logging", logsTo(bucket)));
  assert.equal(logs("logs"), "STORE-A");
  assert.equal(logs("lo/gs"), "none: InvalidBucketName");
  assert.equal(logs("some-alias-s3alias"), "none: InvalidBucketName");
});

test("no document names the gateway's own bucket", () => {
  const kept = { bucketPolicies: "gateway" };
  const files = filesOf({ ...A, policy: kept, store: { store: "aws" } });
  const gateway = JSON.parse(files["gateway.yaml"] ?? "");
  const state = { bucket: "of-the-gateway", accessKey: "STORE-gw", secretKey: "of the gateway" };
  const snapshot = compileSnapshot(
    goodConfig({ ...files, "gateway.yaml": JSON.stringify({ ...gateway, state }) }),
    1,
  );
  const logs = (bucket: string): string =>
    outcome(put(snapshot, "A", "/bucket?logging", logsTo(bucket)));
  assert.equal(logs("logs"), "STORE-A");
  assert.equal(logs("of-the-gateway"), "none: InvalidBucketName");
});

test("a document cannot name a bucket that has another name at the store, a creation can", () => {
  const snapshot = gatewayOf({
    policy: { bucketPolicies: "gateway", bucketNames: { prefix: "{account}-" } },
    store: { store: "aws" },
    accounts: { lab: {} },
  });
  assert.equal(
    outcome(put(snapshot, "lab", "/bucket?logging", logsTo("logs"))),
    "none: NotImplemented",
  );
  const creation =
    "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>1</Value></Tag></Tags></CreateBucketConfiguration>";
  assert.equal(outcome(put(snapshot, "lab", "/bucket", creation)), "STORE-lab");
});

const tagging = (...tags: readonly string[]): string => {
  const all = tags.map((tag) => `<Tag><Key>${tag}</Key><Value>1</Value></Tag>`);
  return `<Tagging><TagSet>${all.join("")}</TagSet></Tagging>`;
};

test("a document whose values a policy asks for is refused if they have two meanings", () => {
  const deny = {
    Effect: "Deny",
    Action: "s3:*",
    Resource: "*",
    Condition: { StringEquals: { "aws:RequestTag/secret": "1" } },
  };
  const asking = gatewayOf({ accounts: { A: { policy: [deny] } } });
  const tag = (snapshot: Snapshot, ...tags: readonly string[]): string =>
    outcome(put(snapshot, "A", "/bucket?tagging", tagging(...tags)));
  assert.equal(tag(asking, "open"), "STORE-A");
  assert.equal(tag(asking, "secret"), "explicit-deny: AccessDenied");
  assert.equal(tag(asking, "a", "A"), "none: InvalidTag");
  assert.equal(tag(gatewayOf(A), "a", "A"), "STORE-A");
});

test("a copy is refused whose tags a policy asks for and stores read differently", () => {
  const condition = { StringEquals: { "s3:RequestObjectTag/a": "1" } };
  const deny = { Effect: "Deny", Action: "s3:*", Resource: "*", Condition: condition };
  const asking = gatewayOf({ accounts: { A: { policy: [deny] } } });
  const headers = { "x-amz-copy-source": "/bucket/j", "x-amz-tagging": "b=1" };
  const copy = (snapshot: Snapshot): string =>
    outcome(decide(snapshot, "A", "PUT /bucket/k", { headers }));
  assert.equal(copy(asking), "none: InvalidArgument");
  assert.equal(copy(gatewayOf({ ...A, store: { store: "aws" } })), "STORE-A");
});

test("a document that policies must see is not read for who is refused whatever it says", () => {
  const condition = { StringEquals: { "aws:RequestTag/a": "1" } };
  const allow = { Effect: "Allow", Action: "s3:PutBucketTagging", Resource: "*" };
  const snapshot = gatewayOf({
    accounts: { A: { users: { ann: { policy: [{ ...allow, Condition: condition }] } } } },
  });
  const tag = (target: string, told: Told): string =>
    outcome(
      decide(snapshot, "A:ann", `PUT ${target}`, { headers: { "content-length": "9" } }, told),
    );
  assert.equal(tag("/bucket?tagging", {}), "asks document");
  assert.equal(tag("/bucket?tagging", { body: tagging("a") }), "STORE-A");
  assert.equal(tag("/bucket?tagging", { body: tagging("b") }), "allow: AccessDenied");
  assert.equal(tag("/bucket/k?tagging", {}), "allow: AccessDenied");
});

const OPEN = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:*",
      Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
    },
  ],
};
const TEXT = JSON.stringify(OPEN);

test("a document goes in the name of an owner whose bucket lets its sender in", () => {
  const policy = [{ Effect: "Allow", Action: "s3:*", Resource: "*" }];
  const snapshot = gatewayOf({
    accounts: { A: { users: { ann: { tier: "FULL", policy } } }, B: {} },
    buckets: { bucket: { account: "B", policy: OPEN } },
  });
  const found = outcome(put(snapshot, "A:ann", "/bucket/k?tagging", tagging("a")));
  assert.equal(found, "STORE-B");
});

/** A gateway that knows account A from Ceph, by its key alone, and remembers its bucket. */
function ofCeph(policy: string | undefined): {
  readonly snapshot: Snapshot;
  readonly told: Told;
  readonly key: Key;
} {
  const accounts = { A: {}, B: { policy: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] } };
  const files = filesOf({ accounts, policy: { bucketPolicies: "gateway" } });
  const gateway = JSON.parse(files["gateway.yaml"] ?? "");
  const config = goodConfig({
    ...files,
    "gateway.yaml": JSON.stringify({ ...gateway, state: { directory: "records" } }),
  });
  const written = compileSnapshot(config, 1);
  const record = recordReader(config)("bucket", { owner: "A", policy });
  const key = written.keys.get("AKID.A");
  assert(key !== undefined && record.ok);
  const account = { ...key.account, upstream: undefined };
  const own = { ...key, account };
  return {
    snapshot: {
      ...written,
      keys: new Map([...written.keys].filter(([id]) => id !== "AKID.A")),
      owners: new Map(),
      elsewhere: { ...written.elsewhere, keys: true, records: true },
    },
    told: {
      keys: new Map([["AKID.A", own]]),
      records: new Map([["bucket", { ...record.value, owner: account }]]),
    },
    key: own,
  };
}

test("a policy that lets others in needs a key of the owner, and nothing else asks for one", () => {
  const { snapshot, told, key } = ofCeph(undefined);
  const at = (target: string, body: string, more: Told = {}): string =>
    outcome(put(snapshot, "A", target, body, { ...told, ...more }));
  assert.equal(at("/bucket?policy", TEXT), "asks owner");
  assert.equal(at("/bucket?policy", TEXT, { owners: new Map([["A", key]]) }), "keep");
  const nobody = { owners: new Map([["A", undefined]]) };
  assert.equal(at("/bucket?policy", TEXT, nobody), "none: MethodNotAllowed");
  const disabled = { owners: new Map([["A", { ...key, disabled: true }]]) };
  assert.equal(at("/bucket?policy", TEXT, disabled), "none: MethodNotAllowed");
  assert.equal(at("/bucket?tagging", tagging("a")), "AKID.A");
});

test("who is let into a bucket by its policy gets there by its owner's key", () => {
  const { snapshot, told, key } = ofCeph(TEXT);
  const get = (more: Told): string =>
    outcome(decide(snapshot, "B", "GET /bucket/k", {}, { ...told, ...more }));
  assert.equal(get({}), "asks owner");
  assert.equal(get({ owners: new Map([["A", key]]) }), "AKID.A");
  assert.equal(get({ owners: new Map([["A", undefined]]) }), "none: AccessDenied");
  assert.equal(outcome(decide(snapshot, "A", "GET /bucket/k", {}, told)), "AKID.A");
});

test("a policy that the store keeps needs no key of anybody's", () => {
  const { snapshot, told } = ofCeph(undefined);
  const upstream = {
    ...snapshot,
    policy: { ...snapshot.policy, bucketPolicies: "upstream" as const },
  };
  assert.equal(outcome(put(upstream, "A", "/bucket?policy", TEXT, told)), "AKID.A");
});

test("the making and the end of a bucket are remembered, and another document only passed on", () => {
  const { snapshot, told } = ofCeph(undefined);
  const unknown = { ...told, records: new Map([["bucket", undefined]]) };
  const made = put(snapshot, "A", "/bucket", "<CreateBucketConfiguration/>", unknown);
  assert.equal(made.kind === "forward" && made.reply.kind, "remember");
  const ended = decide(snapshot, "A", "DELETE /bucket", {}, told);
  assert.equal(ended.kind === "forward" && ended.reply.kind, "remember");
  const tagged = put(snapshot, "A", "/bucket?tagging", tagging("a"), told);
  assert.equal(tagged.kind === "forward" && tagged.reply.kind, "relay");
});
