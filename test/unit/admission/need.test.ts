/**
 * What a decision asks for on its way: stored tags, and the key by which the store knows a bucket's
 * owner. Each is asked for once, in the right name, by a request that says nothing of the client's.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Need } from "../../../src/admission/known.ts";
import type { StoreRequest } from "../../../src/admission/outgoing.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import type { Tags } from "../../../src/s3/tags.ts";
import { asItself, keeping, settle } from "./asked.ts";
import { gatewayOf, signerOf, word, type People } from "./people.ts";
import { NOW } from "./world.ts";

/** The requests by which tags were asked for. */
const requestsIn = (needs: readonly Need[]): readonly StoreRequest[] =>
  needs.flatMap((need) => (need.kind === "tags" ? [need.request] : []));

const linesOf = (needs: readonly Need[]): readonly string[] =>
  requestsIn(needs).map(({ head }) => `${head.method} ${head.target}`);

/** As whom tags were asked for. */
const signersOf = (needs: readonly Need[]): readonly (string | undefined)[] =>
  requestsIn(needs).map(({ head: { headers } }) => {
    const authorization = headers[headers.indexOf("authorization") + 1] ?? "";
    return /Credential=([^/]+)\//.exec(authorization)?.[1];
  });

const OPEN: Tags = new Map([["open", "yes"]]);
const IS_OPEN = { StringEquals: { "s3:ExistingObjectTag/open": "yes" } };
const policyOf = (...Statement: readonly object[]): object => ({
  Version: "2012-10-17",
  Statement,
});
/** An Allow of everything on what is tagged as open. */
const OF_OPEN = {
  Effect: "Allow",
  Action: "s3:*",
  Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
  Condition: IS_OPEN,
};

describe("the stored tags that a policy depends on", () => {
  const gateway = gatewayOf({
    accounts: {
      A: {
        users: {
          U: {
            policy: [
              { ...OF_OPEN, Resource: "*" },
              { Effect: "Allow", Action: "s3:PutObject", Resource: "arn:aws:s3:::mine/*" },
              {
                ...OF_OPEN,
                Action: "s3:ListBucket",
                Resource: "*",
                Condition: { StringEquals: { "aws:ResourceTag/open": "yes" } },
              },
            ],
          },
        },
      },
    },
  });
  const tagging = "GET /bucket/k?tagging=";
  const rows = [
    ["of the object that is read", "GET /bucket/k", {}, "bucket//k", tagging],
    ["of the object whose head is read", "HEAD /bucket/k", {}, "bucket//k", tagging],
    [
      "of the version that is read",
      "GET /bucket/k?versionId=v1",
      {},
      "bucket/2:v1/k",
      `${tagging}&versionId=v1`,
    ],
    [
      "and not what else the client said",
      "GET /bucket/k?partNumber=1",
      { range: "bytes=0-1", "x-amz-checksum-mode": "ENABLED" },
      "bucket//k",
      tagging,
    ],
    ["before tags are deleted", "DELETE /bucket/k?tagging", {}, "bucket//k", tagging],
    [
      "of a copy's source",
      "PUT /mine/k",
      { "x-amz-copy-source": "/bucket/k?versionId=v1" },
      "bucket/2:v1/k",
      `${tagging}&versionId=v1`,
    ],
    ["of a bucket", "GET /bucket?list-type=2", {}, "bucket", "GET /bucket?tagging="],
  ] as const;
  for (const [what, line, headers, name, expected] of rows) {
    test(`are asked for ${what}, and decide`, () => {
      const sent = { headers };
      const { verdict, needs } = settle(gateway, "A:U", line, sent, { tags: { [name]: OPEN } });
      assert.equal(word(verdict), "forward");
      assert.deepEqual(linesOf(needs), [expected]);
      const [request] = requestsIn(needs);
      assert.deepEqual(
        request?.head.headers.filter((_, i) => i % 2 === 0),
        ["host", "x-amz-content-sha256", "x-amz-date", "authorization"],
      );
      const { verdict: shut } = settle(gateway, "A:U", line, sent);
      assert.equal(word(shut), "allow");
    });
  }

  test("are asked for of no store that would answer with the object", () => {
    const people: People = {
      store: { store: "generic" },
      accounts: { A: { users: { U: { policy: [{ ...OF_OPEN, Resource: "*" }] } } } },
    };
    const { verdict, needs } = settle(gatewayOf(people), "A:U", "GET /bucket/k");
    assert.equal(word(verdict), "NotImplemented");
    assert.deepEqual(needs, []);
    const Condition = { StringEquals: { "s3:BucketTag/open": "yes" } };
    const policy = [{ ...OF_OPEN, Resource: "*", Condition }];
    const ofObjects = gatewayOf({
      store: { store: "generic", operations: ["GetObjectTagging"] },
      accounts: { A: { users: { U: { policy } } } },
    });
    const bucket = settle(ofObjects, "A:U", "GET /bucket/k");
    assert.equal(word(bucket.verdict), "NotImplemented");
    assert.deepEqual(bucket.needs, []);
  });

  test("are asked for of an object and its bucket, one after the other", () => {
    const both = {
      StringEquals: { "s3:ExistingObjectTag/open": "yes", "s3:BucketTag/open": "yes" },
    };
    const policy = [{ ...OF_OPEN, Resource: "*", Condition: both }];
    const people = { accounts: { A: { users: { U: { policy } } } } };
    const tags = { "bucket//k": OPEN, bucket: OPEN };
    const { verdict, needs } = settle(gatewayOf(people), "A:U", "GET /bucket/k", {}, { tags });
    assert.equal(word(verdict), "forward");
    assert.deepEqual([...linesOf(needs)].sort(), [
      "GET /bucket/k?tagging=",
      "GET /bucket?tagging=",
    ]);
  });

  test("of a key that a store would fold into another are asked for of nobody", () => {
    const people: People = {
      store: { store: "aws", foldsPaths: true },
      accounts: { A: { users: { U: { policy: [{ ...OF_OPEN, Resource: "*" }] } } } },
    };
    const copy = { headers: { "x-amz-copy-source": "/bucket/a/../k" } };
    for (const [line, sent] of [
      ["GET /bucket/a/../k", {}],
      ["PUT /bucket/k", copy],
    ] as const) {
      const { verdict, needs } = settle(gatewayOf(people), "A:U", line, sent);
      assert.equal(verdict.kind, "refuse", line);
      assert.deepEqual(requestsIn(needs), [], line);
    }
  });
});

/** Bucket `bucket` of A, whose policy lets everybody in where `Condition` holds. */
const letIn = (Condition: object): string =>
  JSON.stringify(policyOf({ ...OF_OPEN, Principal: "*", Condition }));
const PEOPLE: People = {
  policy: { bucketPolicies: "gateway", anonymous: "policy", tierMode: "union" },
  accounts: { A: { users: { U: { tier: "READ" } } }, B: {} },
};

/** The same gateway, where keys can be looked up, too. */
const everywhere = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  elsewhere: { ...snapshot.elsewhere, keys: true },
});

const keysAt = (...times: readonly object[]): readonly object[] =>
  times.map((time, i) => ({ accessKey: `AKID.A${i}`, secretKey: `secret-A${i}`, ...time }));
const PAST = "2026-11-22T12:00:00Z";
const FUTURE = "2026-11-22T12:00:01Z";

describe("a key of the bucket's owner, for whom its policy lets in", () => {
  const written = [
    ["the first", keysAt({}, {}), "AKID.A0"],
    ["the first in force", keysAt({ expires: PAST }, { disabled: true }, {}), "AKID.A2"],
    ["none that is not in force yet", keysAt({ notBefore: FUTURE }), undefined],
    ["none that is a session's", keysAt({ sessionToken: "t" }), undefined],
  ] as const;
  for (const [what, keys, signer] of written) {
    test(`is ${what} of those that the store knows from the configuration`, () => {
      const { snapshot: kept, records } = keeping(asItself(PEOPLE, "A", keys), letIn({}));
      const known = what.startsWith("none that is a session") ? kept : everywhere(kept);
      const { verdict, needs } = settle(known, "B", "GET /bucket/k", {}, { records });
      assert.equal(word(verdict), signer === undefined ? "AccessDenied" : "forward");
      assert.equal(signerOf(verdict), signer);
      assert.deepEqual(
        needs.map(({ kind }) => kind),
        ["record"],
      );
    });
  }

  test("is not needed by the owner's own users, nor where the configuration has one", () => {
    const { snapshot, records } = keeping(
      asItself(PEOPLE, "A", keysAt({ disabled: true })),
      letIn({}),
    );
    const own = settle(snapshot, "A:U", "GET /bucket/k", {}, { records });
    assert.equal(signerOf(own.verdict), "AKID.A.U");
    const upstream = keeping(asItself(PEOPLE, "nobody"), letIn({}));
    const known = everywhere(upstream.snapshot);
    const other = settle(known, "B", "GET /bucket/k", {}, upstream);
    assert.equal(signerOf(other.verdict), "STORE-A");
    assert.deepEqual(
      other.needs.map(({ kind }) => kind),
      ["record"],
    );
  });

  /** The gateway of an owner whom only the records name, and whose keys somebody else knows. */
  function foreign(Condition: object) {
    const config = asItself({ ...PEOPLE, accounts: { B: {} } }, "nobody");
    const { snapshot, records } = keeping(config, letIn(Condition));
    const keys = compileSnapshot(asItself(PEOPLE, "A"), 1).keys;
    const ofA = keys.get("AKID.A") ?? assert.fail();
    return { snapshot: everywhere(snapshot), records, ofA };
  }

  test("is asked for of an owner whom the configuration does not know", () => {
    const { snapshot, records, ofA } = foreign({});
    const asked = settle(snapshot, "B", "GET /bucket/k", {}, { records, owner: ofA });
    assert.equal(signerOf(asked.verdict), "AKID.A");
    assert.deepEqual(asked.needs.slice(1), [{ kind: "owner", account: "A", tenant: "" }]);
    const none = settle(snapshot, "B", "GET /bucket/k", {}, { records });
    assert.equal(word(none.verdict), "AccessDenied");
  });

  test("is taken from nobody who knows keys where nobody does", () => {
    const { snapshot, records, ofA } = foreign({});
    const alone = { ...snapshot, elsewhere: { keys: false, records: true } };
    const { verdict, needs } = settle(alone, "B", "GET /bucket/k", {}, { records, owner: ofA });
    assert.equal(word(verdict), "AccessDenied");
    assert.deepEqual(
      needs.map(({ kind }) => kind),
      ["record"],
    );
  });

  const unfit = [
    ["is disabled", { disabled: true }],
    ["has expired", { expiresMs: NOW }],
    ["is not good yet", { notBeforeMs: NOW + 1 }],
  ] as const;
  for (const [what, more] of unfit) {
    test(`is none that ${what}`, () => {
      const { snapshot, records, ofA } = foreign({});
      const owner = { ...ofA, ...more };
      const { verdict } = settle(snapshot, "B", "GET /bucket/k", {}, { records, owner });
      assert.equal(word(verdict), "AccessDenied");
    });
  }

  test("is none of another account, and none of a namesake's in another tenant", () => {
    const { snapshot, records, ofA } = foreign({});
    for (const account of [
      { ...ofA.account, name: "C" },
      { ...ofA.account, tenant: "T" },
    ]) {
      const owner = { ...ofA, account };
      const { verdict } = settle(snapshot, "B", "GET /bucket/k", {}, { records, owner });
      assert.equal(word(verdict), "AccessDenied");
    }
  });

  const DELETE = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
  const MD5 = {
    "content-md5": "hPSOaHiN0EJ1FLk3Tb6KQg==",
    "content-length": String(DELETE.length),
  };
  const lines = [
    ["GET /bucket/k", {}, ""],
    ["PUT /bucket/k?tagging", { "content-length": "1" }, "<Tagging><TagSet/></Tagging>"],
    ["POST /bucket?delete", MD5, DELETE],
  ] as const;
  for (const [line, headers, body] of lines) {
    test(`is asked for once, for the tags of objects and buckets and then the request: ${line}`, () => {
      const { snapshot, records, ofA } = foreign({
        StringEquals: { "s3:BucketTag/open": "yes" },
        StringEqualsIfExists: { "s3:ExistingObjectTag/open": "yes" },
      });
      const tags = { bucket: OPEN, "bucket//k": OPEN };
      const answers = { records, owner: ofA, tags, body };
      const { verdict, needs } = settle(snapshot, "B", line, { headers }, answers);
      assert.equal(signerOf(verdict), "AKID.A", word(verdict));
      assert.equal(needs.filter(({ kind }) => kind === "owner").length, 1);
      const signers = signersOf(needs);
      assert.ok(signers.length > 0);
      assert.deepEqual(new Set(signers), new Set(["AKID.A"]));
    });
  }
});

describe("tags are asked for", () => {
  const { snapshot, records } = keeping(asItself(PEOPLE, "A", keysAt({})), letIn(IS_OPEN));
  const tags = { "bucket//k": OPEN };
  const signers = (who: string | undefined, line = "GET /bucket/k"): readonly unknown[] =>
    signersOf(settle(snapshot, who, line, {}, { records, tags }).needs);

  test("as the owner for others", () => {
    assert.deepEqual(signers("B"), ["AKID.A0"]);
    assert.deepEqual(signers(undefined), ["AKID.A0"]);
  });

  test("as themselves for the owner's users", () => {
    assert.deepEqual(signers("A:U"), ["AKID.A.U"]);
  });

  test("as themselves where policies only restrict", () => {
    const upstream = keeping(asItself(PEOPLE, "nobody"), letIn(IS_OPEN));
    const { provider, ...policy } = upstream.snapshot.policy;
    for (const [bucketPolicyRole, signer] of [
      ["grant", "STORE-A"],
      ["restrict", "STORE-B"],
    ] as const) {
      const role = { ...provider, bucketPolicyRole };
      const restricting = { ...upstream.snapshot, policy: { ...policy, provider: role } };
      const answers = { records: upstream.records, tags };
      const { verdict, needs } = settle(restricting, "B", "GET /bucket/k", {}, answers);
      assert.equal(signerOf(verdict), signer);
      assert.deepEqual(signersOf(needs), [signer]);
    }
  });

  test("of nobody, if no key of the owner can sign", () => {
    const shut = keeping(asItself(PEOPLE, "A", keysAt({ disabled: true })), letIn(IS_OPEN));
    const { verdict, needs } = settle(shut.snapshot, "B", "GET /bucket/k", {}, shut);
    assert.equal(word(verdict), "AccessDenied");
    assert.deepEqual(signersOf(needs), []);
  });

  test("as themselves where nothing is known of the bucket", () => {
    const policy = [{ ...OF_OPEN, Resource: "*" }];
    const people = { ...PEOPLE, accounts: { A: {}, B: { users: { V: { policy } } } } };
    const unknown = keeping(asItself(people, "B"), letIn({}));
    const { needs } = settle(unknown.snapshot, "B:V", "GET /other/k", {}, {});
    assert.deepEqual(signersOf(needs), ["AKID.B.V"]);
  });
});

test("a record of the configuration is not asked for elsewhere", () => {
  const people: People = {
    ...PEOPLE,
    buckets: { bucket: { account: "A", policy: policyOf({ ...OF_OPEN, Principal: "*" }) } },
  };
  const { snapshot, records } = keeping(asItself(people, "nobody"), letIn({}));
  const { needs } = settle(snapshot, "B", "GET /bucket/k", {}, { records });
  assert.deepEqual(
    needs.map(({ kind }) => kind),
    ["tags"],
  );
});
