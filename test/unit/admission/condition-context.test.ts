/** The value of each condition key, from the one place of the request that the key is about. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { contextOf, type Noted } from "../../../src/admission/condition-context.ts";
import { recognize } from "../../../src/admission/recognize.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Subject } from "../../../src/admission/subject.ts";
import { withValues } from "../../../src/admission/values.ts";
import {
  type ConditionKey,
  conditionKeyNames,
  findConditionKey,
  OTHER_NAME,
} from "../../../src/policy/condition-keys.ts";
import { presignV2, presignV4, sha256, signV2, timestampOf } from "../../support/signed.ts";
import { gatewayOf, headOf, type People, type Sent } from "./people.ts";
import { NOW } from "./world.ts";
import { PLAIN_SESSION } from "../../support/sessions.ts";

const PEOPLE: People = {
  store: { store: "aws", region: "eu-central-1" },
  policy: { anonymous: "upstream", bucketPolicies: "gateway" },
  accounts: {
    A: {
      tags: { Team: "red", floor: "2" },
      users: { ann: { tier: "READWRITE", tags: { floor: "3" } } },
    },
  },
};
const SNAPSHOT = gatewayOf(PEOPLE);

/** The request of `who`, recognized, with the values in its headers. */
function subjectOf(
  snapshot: Snapshot,
  who: string | undefined,
  line: string,
  sent: Sent = {},
  change: Partial<Subject["head"]> = {},
): Subject {
  const head = { ...headOf(who, line, sent), ...change };
  const step = recognize(snapshot, head, NOW).next();
  assert(step.done === true && step.value.kind === "subject", JSON.stringify(step.value));
  const asking = { ...snapshot, policy: { ...snapshot.policy, asksValues: true } };
  const valued = withValues(asking, step.value.subject, undefined);
  assert(valued.ok);
  return valued.value;
}

type Row = readonly [
  key: ConditionKey,
  expected: string | readonly string[] | undefined,
  line: string,
  sent?: Sent & { readonly tag?: string },
];

function check(who: string | undefined, [key, expected, line, sent = {}]: Row): void {
  const subject = subjectOf(SNAPSHOT, who, line, sent);
  assert.deepEqual(contextOf(SNAPSHOT, subject, NOW)(key, sent.tag ?? ""), expected);
}

const GET = "GET /photos/k";
const PUT = "PUT /photos/k";
const LIST = "GET /photos?list-type=2&prefix=a%2F&delimiter=%2F&max-keys=7";
const header = (name: string, value: string): Sent => ({ headers: { [name]: value } });

/** The digest of an empty body. */
const EMPTY = sha256("");

/** The user `ann` of account A. */
const OF_USER: readonly Row[] = [
  ["aws:SourceIp", "192.0.2.1", GET],
  ["aws:SecureTransport", "false", GET],
  ["aws:CurrentTime", "2026-11-22T12:00:00.000Z", GET],
  ["aws:EpochTime", "1795348800", GET],
  ["aws:PrincipalArn", "arn:aws:iam::A:user/ann", GET],
  ["aws:PrincipalAccount", "A", GET],
  ["aws:PrincipalType", "User", GET],
  ["aws:userid", "A:ann", GET],
  ["aws:username", "ann", GET],
  ["rgw:subuser", "ann", GET],
  ["aws:PrincipalTag", "3", GET, { tag: "floor" }],
  ["aws:PrincipalTag", "red", GET, { tag: "team" }],
  ["aws:PrincipalTag", undefined, GET, { tag: "other" }],
  ["aws:TokenIssueTime", undefined, GET],
  ["aws:SourceIdentity", undefined, GET],
  ["aws:FederatedProvider", undefined, GET],
  ["aws:MultiFactorAuthPresent", undefined, GET],
  ["aws:Referer", "https://www.example.org", GET, header("referer", "https://www.example.org")],
  ["aws:UserAgent", "client/1", GET, header("user-agent", "client/1")],
  ["aws:RequestedRegion", "us-east-1", GET],
  ["s3:authType", "REST-HEADER", GET],
  ["s3:authType", "REST-QUERY-STRING", GET, { presignedSeconds: 60 }],
  ["s3:signatureversion", "AWS4-HMAC-SHA256", GET],
  ["s3:signatureAge", undefined, GET],
  ["s3:signatureAge", "0", GET, { presignedSeconds: 60 }],
  ["s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD", GET, { presignedSeconds: 60 }],
  ["s3:x-amz-content-sha256", EMPTY, GET],
  ["s3:prefix", "a/", LIST],
  ["s3:delimiter", "/", LIST],
  ["s3:max-keys", "7", LIST],
  ["s3:max-keys", "1000", "GET /photos?list-type=2"],
  ["s3:max-keys", undefined, GET],
  ["s3:prefix", undefined, "GET /photos?uploads&prefix=a"],
  ["s3:delimiter", undefined, "GET /photos?uploads&delimiter=a"],
  ["s3:x-amz-copy-source", "photos/a b", PUT, header("x-amz-copy-source", "/photos/a%20b")],
  ["s3:x-amz-copy-source", undefined, PUT],
  ["s3:ObjectCreationOperation", "true", PUT],
  ["s3:ObjectCreationOperation", "true", PUT, header("x-amz-copy-source", "/photos/a")],
  ["s3:ObjectCreationOperation", "true", "POST /photos/k?uploadId=u"],
  ["s3:ObjectCreationOperation", "false", "POST /photos/k?uploads"],
  ["s3:ObjectCreationOperation", "false", "PUT /photos/k?partNumber=1&uploadId=u"],
  [
    "s3:ObjectCreationOperation",
    "false",
    "PUT /photos/k?partNumber=1&uploadId=u",
    header("x-amz-copy-source", "/photos/a"),
  ],
  ["s3:ObjectCreationOperation", undefined, GET],
  ["s3:annotation-prefix", "a", "GET /photos/k?annotation&annotation-prefix=a"],
  ["s3:annotation-prefix", undefined, GET],
  ["s3:max-annotation-results", "5", "GET /photos/k?annotation&max-annotation-results=5"],
  ["s3:TlsVersion", undefined, GET],
  ["gw:KeyId", "AKID.A.ann", GET],
  ["gw:Tier", "READWRITE", GET],
  ["gw:Operation", "GetObject", GET],
  ["gw:Upstream", "store:7480", GET],
  ["gw:ContentLength", undefined, GET],
  ["gw:ContentLength", "0", PUT],
  ["gw:ContentLength", "5", PUT, header("content-length", "5")],
  ["aws:SourceVpc", undefined, GET],
  ["s3:RequestObjectTag", "1", PUT, { ...header("x-amz-tagging", "a=1&b=2"), tag: "a" }],
  ["s3:RequestObjectTag", undefined, PUT, { ...header("x-amz-tagging", "a=1"), tag: "A" }],
  ["s3:RequestObjectTag", undefined, PUT, { tag: "a" }],
  ["s3:RequestObjectTagKeys", ["a", "b"], PUT, header("x-amz-tagging", "a=1&b=2")],
  ["s3:RequestObjectTagKeys", undefined, PUT],
  ["aws:RequestTag", undefined, PUT, { ...header("x-amz-tagging", "a=1"), tag: "a" }],
  ["aws:TagKeys", undefined, PUT, header("x-amz-tagging", "a=1")],
  ["gw:AclGrantsPublic", "true", PUT, header("x-amz-acl", "public-read")],
  ["gw:AclGrantsPublic", "false", PUT, header("x-amz-acl", "private")],
  ["gw:AclGrantsPublic", undefined, PUT],
  ["s3:object-lock-legal-hold", "ON", PUT, header("x-amz-object-lock-legal-hold", "ON")],
  ["s3:locationconstraint", undefined, PUT],
];

const LOCKED = {
  headers: {
    "x-amz-object-lock-mode": "GOVERNANCE",
    "x-amz-object-lock-retain-until-date": "2026-11-24T12:00:01Z",
  },
};
const EVENT_HOLD = { "x-amz-object-lock-event-hold": "ON" };
const LOCKS: readonly Row[] = [
  ["s3:object-lock-mode", "GOVERNANCE", PUT, LOCKED],
  ["s3:object-lock-retain-until-date", "2026-11-24T12:00:01Z", PUT, LOCKED],
  // Two days and a second: the third has begun.
  ["s3:object-lock-remaining-retention-days", "3", PUT, LOCKED],
  ["s3:object-lock-remaining-retention-days", undefined, PUT],
  ["s3:object-lock-event-hold", "ON", PUT, header("x-amz-object-lock-event-hold", "ON")],
  [
    "s3:object-lock-event-hold-duration-days",
    "30",
    PUT,
    { headers: { ...EVENT_HOLD, "x-amz-object-lock-event-hold-duration-days": "30" } },
  ],
  [
    "s3:object-lock-event-hold-duration-days",
    "730",
    PUT,
    { headers: { ...EVENT_HOLD, "x-amz-object-lock-event-hold-duration-years": "2" } },
  ],
  ["s3:object-lock-event-hold-duration-days", undefined, PUT],
];

/** Headers whose key is their name behind `s3:`. */
const SAME_NAME: readonly (readonly [key: ConditionKey, value: string, line: string])[] = [
  ["s3:x-amz-acl", "private", PUT],
  ["s3:x-amz-grant-read", 'id="1"', PUT],
  ["s3:x-amz-grant-write", 'id="1"', "PUT /photos?acl"],
  ["s3:x-amz-grant-read-acp", 'id="1"', PUT],
  ["s3:x-amz-grant-write-acp", 'id="1"', PUT],
  ["s3:x-amz-grant-full-control", 'id="1"', PUT],
  ["s3:x-amz-server-side-encryption", "AES256", PUT],
  ["s3:x-amz-server-side-encryption-aws-kms-key-id", "a-key", PUT],
  ["s3:x-amz-server-side-encryption-customer-algorithm", "AES256", PUT],
  ["s3:x-amz-storage-class", "GLACIER", PUT],
  ["s3:x-amz-website-redirect-location", "/there", PUT],
  ["s3:x-amz-object-ownership", "ObjectWriter", "PUT /photos"],
  ["s3:if-match", '"0"', PUT],
  ["s3:if-none-match", "*", PUT],
  ["s3:x-amz-metadata-directive", "COPY", PUT],
  ["s3:x-amz-object-annotation-directive", "COPY", PUT],
  ["s3:x-amz-bucket-namespace", "account-regional", "PUT /photos"],
  ["s3:x-amz-object-if-match", '"0"', PUT],
];

describe("a condition key's value in a request of a user:", () => {
  for (const row of [...OF_USER, ...LOCKS]) {
    const [key, expected, line, sent] = row;
    const of = JSON.stringify(sent ?? {});
    test(`${key} of ${line} ${of}: ${String(expected)}`, () => check("A:ann", row));
  }
  for (const [key, value, line] of SAME_NAME) {
    test(`${key} is the header's`, () => {
      check("A:ann", [key, value, line, header(key.slice("s3:".length), value)]);
      check("A:ann", [key, undefined, line]);
    });
  }
});

/** The account itself, and nobody. */
const OF_ACCOUNT: readonly Row[] = [
  ["aws:PrincipalArn", "arn:aws:iam::A:root", GET],
  ["aws:PrincipalType", "Account", GET],
  ["aws:userid", "A", GET],
  ["aws:username", undefined, GET],
  ["rgw:subuser", undefined, GET],
  ["aws:PrincipalTag", "2", GET, { tag: "floor" }],
  ["gw:Tier", undefined, GET],
];
const OF_NOBODY: readonly Row[] = [
  ["aws:PrincipalArn", undefined, GET],
  ["aws:PrincipalAccount", undefined, GET],
  ["aws:PrincipalType", "Anonymous", GET],
  ["aws:userid", "anonymous", GET],
  ["aws:username", undefined, GET],
  ["aws:PrincipalTag", undefined, GET, { tag: "floor" }],
  ["aws:RequestedRegion", "eu-central-1", GET],
  ["s3:authType", undefined, GET],
  ["s3:signatureversion", undefined, GET],
  ["s3:signatureAge", undefined, GET],
  ["s3:x-amz-content-sha256", undefined, GET],
  ["s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD", PUT],
  ["s3:x-amz-content-sha256", EMPTY, PUT, header("x-amz-content-sha256", EMPTY)],
  ["gw:KeyId", undefined, GET],
];

describe("a condition key's value in a request of", () => {
  for (const row of OF_ACCOUNT) {
    test(`an account: ${row[0]} is ${String(row[1])}`, () => check("A", row));
  }
  for (const row of OF_NOBODY) {
    test(`nobody: ${row[0]} of ${row[2]} is ${String(row[1])}`, () => check(undefined, row));
  }
});

describe("a condition key's value in a request of version 2:", () => {
  const snapshot = gatewayOf({
    ...PEOPLE,
    policy: { ...PEOPLE.policy, signatures: ["v4", "v2"] },
  });
  const key = { accessKey: "AKID.A", secretKey: "secret-A" };
  const plain = { method: "GET", target: "/photos/k", headers: [], body: Buffer.of() };
  const date = new Date(NOW).toUTCString();
  for (const [via, sent] of [
    ["header", signV2(plain, key, date)],
    ["query", presignV2(plain, key, String(NOW / 1000 + 60))],
  ] as const) {
    const headers = Object.fromEntries(sent.headers);
    const subject = subjectOf(snapshot, undefined, `GET ${sent.target}`, { headers });
    const context = contextOf(snapshot, subject, NOW);
    for (const [name, expected] of [
      ["aws:PrincipalAccount", "A"],
      ["aws:RequestedRegion", "eu-central-1"],
      ["s3:authType", via === "header" ? "REST-HEADER" : "REST-QUERY-STRING"],
      ["s3:signatureversion", "AWS"],
      ["s3:signatureAge", undefined],
      ["s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
    ] as const) {
      test(`${name} by ${via} is ${expected}`, () => assert.equal(context(name, ""), expected));
    }
  }
});

test("a presigned URL can have the body's digest as a parameter", () => {
  const target = `/photos/k?X-Amz-Content-Sha256=${EMPTY}`;
  const headers = [["host", "gateway.example.org"]] as const;
  const plain = { method: "GET", target, headers, body: Buffer.of() };
  const key = { accessKey: "AKID.A", secretKey: "secret-A" };
  const sent = presignV4(plain, key, { timestamp: timestampOf(NOW) }, EMPTY);
  const subject = subjectOf(SNAPSHOT, undefined, `GET ${sent.target}`);
  assert.equal(contextOf(SNAPSHOT, subject, NOW)("s3:x-amz-content-sha256", ""), EMPTY);
});

test("a form makes an object", () => {
  const subject = { ...subjectOf(SNAPSHOT, "A", PUT), operation: "PostObject" } as const;
  assert.equal(contextOf(SNAPSHOT, subject, NOW)("s3:ObjectCreationOperation", ""), "true");
});

test("a session that no issuer vouched for has no federated provider", () => {
  const subject = subjectOf(SNAPSHOT, "A:ann", GET);
  assert(subject.caller.kind === "known");
  const session = { ...PLAIN_SESSION, parent: "AKID.A.ann", issuedMs: NOW };
  const caller = { ...subject.caller, key: { ...subject.caller.key, session } };
  const context = contextOf(SNAPSHOT, { ...subject, caller }, NOW);
  assert.equal(context("aws:FederatedProvider", ""), undefined);
  assert.equal(context("aws:MultiFactorAuthPresent", ""), "false");
  assert.equal(context("aws:PrincipalType", ""), "User");
});

test("the transport's values are those of the client's connection", () => {
  const tls = subjectOf(SNAPSHOT, "A", GET, {}, { secure: true, tlsVersion: "1.3" });
  const context = contextOf(SNAPSHOT, tls, NOW);
  assert.equal(context("aws:SecureTransport", ""), "true");
  assert.equal(context("s3:TlsVersion", ""), "1.3");
});

test("a body that is framed is as long as its content says, and an unknown length is none", () => {
  const length = (headers: Readonly<Record<string, string>>): unknown => {
    const subject = subjectOf(SNAPSHOT, "A", PUT, { headers });
    return contextOf(SNAPSHOT, subject, NOW)("gw:ContentLength", "");
  };
  const framed = { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" };
  assert.equal(
    length({ ...framed, "content-length": "99", "x-amz-decoded-content-length": "5" }),
    "5",
  );
  assert.equal(length({ ...framed, "content-length": "99" }), undefined);
  assert.equal(length({ "transfer-encoding": "chunked" }), undefined);
});

test("the source of a copy has the name that its owner gives it, however it was spelled", () => {
  const snapshot = gatewayOf({ accounts: { A: { tenant: "t" }, B: { tenant: "u" } } });
  const source = (spelled: string): unknown => {
    const sent = header("x-amz-copy-source", spelled);
    return contextOf(
      snapshot,
      subjectOf(snapshot, "A", PUT, sent),
      NOW,
    )("s3:x-amz-copy-source", "");
  };
  assert.equal(source("/photos/k"), "photos/k");
  assert.equal(source("/t:photos/k"), "photos/k");
  assert.equal(source("/u:photos/k"), "u:photos/k");
});

test("the source of a copy has its other name where buckets are addressed by tenants", () => {
  const source = (provider: string, spelled: string): unknown => {
    const accounts = { A: { tenant: "t" }, B: { tenant: "u" } };
    const snapshot = gatewayOf({ accounts, policy: { provider } });
    const subject = subjectOf(snapshot, "A", PUT, header("x-amz-copy-source", spelled));
    return contextOf(snapshot, subject, NOW)("s3:x-amz-copy-source", OTHER_NAME);
  };
  assert.equal(source("lumi-o", "/photos/k"), "t:photos/k");
  assert.equal(source("lumi-o", "/u:photos/k"), "photos/k");
  assert.equal(source("nutanix", "/photos/k"), undefined);
});

test("it is noted which headers the store passes over, and that a document can say something", () => {
  const noted = (key: ConditionKey, store: string, headers: Sent["headers"] = {}): Noted => {
    const snapshot = gatewayOf({ ...PEOPLE, store: { store } });
    const notes: Noted = { ignoredByStore: undefined, ofDocument: false };
    const subject = subjectOf(snapshot, "A", PUT, { headers });
    contextOf(snapshot, subject, NOW, notes)(key, "");
    return notes;
  };
  const acl = { "x-amz-acl": "public-read" };
  const of = (...names: readonly string[]) => new Set(names);
  assert.deepEqual(noted("s3:x-amz-acl", "minio", acl).ignoredByStore, of("x-amz-acl"));
  assert.deepEqual(noted("gw:AclGrantsPublic", "minio", acl).ignoredByStore, of("x-amz-acl"));
  assert.equal(noted("gw:AclGrantsPublic", "minio").ignoredByStore, undefined);
  assert.equal(noted("s3:x-amz-acl", "ceph", acl).ignoredByStore, undefined);
  assert.equal(noted("s3:x-amz-storage-class", "minio", acl).ignoredByStore, undefined);
  assert.equal(noted("gw:AclGrantsPublic", "ceph", acl).ofDocument, true);
  assert.equal(noted("s3:x-amz-acl", "ceph", acl).ofDocument, false);
  assert.equal(noted("aws:SourceVpc", "ceph", acl).ofDocument, false);
});

test("what a document says has the key that is about it", () => {
  const subject = subjectOf(SNAPSHOT, "A", "PUT /photos");
  assert(subject.values !== undefined);
  const said = {
    ...subject.values,
    bucketTags: new Map([["Team", "x"]]),
    inventoryFields: ["Size"],
    locationConstraint: "eu",
  };
  const context = contextOf(SNAPSHOT, { ...subject, values: said }, NOW);
  assert.equal(context("aws:RequestTag", "team"), "x");
  assert.equal(context("aws:RequestTag", "other"), undefined);
  assert.deepEqual(context("aws:TagKeys", ""), ["Team"]);
  assert.deepEqual(context("s3:InventoryAccessibleOptionalFields", ""), ["Size"]);
  assert.equal(context("s3:locationconstraint", ""), "eu");
});

const ACL_HEADERS = [
  "x-amz-acl",
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write",
  "x-amz-grant-write-acp",
];
const LOCK_KEYS = ["event-hold", "legal-hold", "mode"].map(
  (name) => [`s3:object-lock-${name}`, [`x-amz-object-lock-${name}`]] as const,
);
/** The headers that a store must act on, so that it does what a rule with this key judged. */
const ACTED_ON = new Map<string, readonly string[]>([
  ...SAME_NAME.map(([key]) => [key, [key.slice("s3:".length)]] as const),
  ...LOCK_KEYS,
  ["s3:x-amz-copy-source", ["x-amz-copy-source"]],
  ["gw:AclGrantsPublic", ACL_HEADERS],
  ["s3:RequestObjectTag", ["x-amz-tagging", "x-amz-tagging-directive"]],
  ["s3:RequestObjectTagKeys", ["x-amz-tagging", "x-amz-tagging-directive"]],
  [
    "s3:object-lock-event-hold-duration-days",
    ["x-amz-object-lock-event-hold-duration-days", "x-amz-object-lock-event-hold-duration-years"],
  ],
  ["s3:object-lock-remaining-retention-days", ["x-amz-object-lock-retain-until-date"]],
  ["s3:object-lock-retain-until-date", ["x-amz-object-lock-retain-until-date"]],
]);

test("a rule depends on the headers that its key is about, and on no others", () => {
  const names = [...new Set([...ACTED_ON.values()].flat()), "x-amz-date", "referer", "user-agent"];
  const { store } = SNAPSHOT;
  const deaf = { ...SNAPSHOT, store: { ...store, ignoredHeaders: ignoring(names) } };
  const subject = { ...subjectOf(deaf, "A", PUT), headers: names.flatMap((name) => [name, "1"]) };
  for (const name of conditionKeyNames()) {
    const { key } = findConditionKey(name) ?? assert.fail(name);
    const notes: Noted = { ignoredByStore: undefined, ofDocument: false };
    contextOf(deaf, subject, NOW, notes)(key, "");
    const expected = ACTED_ON.get(key)?.toSorted() ?? [];
    assert.deepEqual([...(notes.ignoredByStore ?? [])].toSorted(), expected, key);
  }
});

test("a rule depends on a header of which a store passes over one value, if it is that value", () => {
  const { store } = SNAPSHOT;
  const deaf = {
    ...SNAPSHOT,
    store: { ...store, ignoredHeaders: ignoring(["x-amz-acl: private"]) },
  };
  const noted = (headers: readonly string[]): Noted["ignoredByStore"] => {
    const notes: Noted = { ignoredByStore: undefined, ofDocument: false };
    const subject = { ...subjectOf(deaf, "A", PUT), headers };
    contextOf(deaf, subject, NOW, notes)("gw:AclGrantsPublic", "");
    return notes.ignoredByStore;
  };
  assert.deepEqual(noted(["x-amz-acl", "private"]), new Set(["x-amz-acl"]));
  assert.equal(noted(["x-amz-acl", "public-read"]), undefined);
  assert.equal(noted([]), undefined);
  // Nobody has to take notes.
  const sent = { ...subjectOf(deaf, "A", PUT), headers: ["x-amz-acl", "private"] };
  assert.equal(contextOf(deaf, sent, NOW)("s3:x-amz-acl", ""), "private");
});

test("a user's name is its account's, if the provider says so", () => {
  const named = (provider: string, who: string): unknown => {
    const snapshot = gatewayOf({ accounts: PEOPLE.accounts, policy: { provider } });
    return contextOf(snapshot, subjectOf(snapshot, who, GET), NOW)("aws:username", "");
  };
  assert.equal(named("qumulo", "A:ann"), "A");
  assert.equal(named("qumulo", "A"), "A");
  assert.equal(named("aws", "A:ann"), "ann");
});

/** A store that passes over these headers, whatever the operation. */
function ignoring(names: readonly string[]): Snapshot["store"]["ignoredHeaders"] {
  return new Map([["*", new Set(names)]]);
}
