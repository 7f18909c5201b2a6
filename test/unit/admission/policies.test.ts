import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { goodConfig } from "../../support/config.ts";
import { word } from "../../support/decided.ts";
import { judge, KEYS, type Ask } from "./world.ts";

/** A snapshot in which `lab` has `account` as its policy and `reader`, without a tier, has `user`. */
function world(account: readonly object[], user: readonly object[], tier = ""): Snapshot {
  const document = (statements: readonly object[]): string =>
    JSON.stringify({ Version: "2012-10-17", Statement: statements }, undefined, 2);
  const accounts = `accounts:
  - name: lab
    tenant: ""
    policies: [lab.json]
    keys: [{ accessKey: ${KEYS.lab}, secretKey: secret-lab }]
    subusers:
      - { name: reader, ${tier}policies: [user.json], keys: [{ accessKey: ${KEYS.reader}, secretKey: secret-reader }] }
`;
  const files = {
    "accounts.yaml": accounts,
    "lab.json": document(account.length === 0 ? [DENY_NOTHING] : account),
    "user.json": document(user.length === 0 ? [DENY_NOTHING] : user),
  };
  return compileSnapshot(goodConfig(files), 1);
}

const DENY_NOTHING = {
  Effect: "Deny",
  Action: "s3:GetObjectTorrent",
  Resource: "arn:aws:s3:::none/*",
};
const allow = (action: string, resource: string, more = {}): object => ({
  Effect: "Allow",
  Action: action,
  Resource: `arn:aws:s3:::${resource}`,
  ...more,
});
const deny = (action: string, resource: string, more = {}): object => ({
  ...allow(action, resource, more),
  Effect: "Deny",
});

/** `forward`, or the gate that refused. */
function outcome(
  snapshot: Snapshot,
  line: string,
  ask: Ask = { as: "reader" },
): string | undefined {
  const verdict = judge(snapshot, line, ask);
  const gate = verdict.kind === "refuse" ? verdict.facts.denial?.gate : undefined;
  return gate ?? word(verdict);
}

describe("a subuser without a tier", () => {
  const READS = world([], [allow("s3:GetObject", "photos/public/*")]);
  const rows = [
    ["may do what its policy allows", "GET /photos/public/a", "forward"],
    ["may not do it elsewhere", "GET /photos/private/a", "allow"],
    ["may do nothing else there", "DELETE /photos/public/a", "allow"],
    ["is not helped by dots in a key", "GET /photos/public/../private/a", "forward"],
    ["is not helped by an encoded slash", "GET /photos%2Fpublic/a", "InvalidBucketName"],
    ["needs the version's own action", "GET /photos/public/a?versionId=v", "allow"],
    ["may not list", "GET /photos?prefix=public%2F", "allow"],
  ] as const;
  for (const [name, line, expected] of rows) {
    test(name, () => assert.equal(outcome(READS, line), expected));
  }

  test("needs every pair of a copy, its source too", () => {
    const copy = { as: "reader", headers: { "x-amz-copy-source": "/photos/a" } } as const;
    const puts = [allow("s3:PutObject", "mine/*")];
    assert.equal(outcome(world([], puts), "PUT /mine/a", copy), "allow");
    const both = [
      ...puts,
      allow("s3:GetObject", "photos/*"),
      allow("s3:GetObjectTagging", "photos/*"),
    ];
    assert.equal(outcome(world([], both), "PUT /mine/a", copy), "forward");
  });

  test("is denied by a Deny of its account, whatever its own policy allows", () => {
    const snapshot = world([deny("s3:*", "photos/secret/*")], [allow("s3:*", "photos/*")]);
    assert.equal(outcome(snapshot, "GET /photos/a"), "forward");
    assert.equal(outcome(snapshot, "GET /photos/secret/a"), "explicit-deny");
  });

  test("is denied by a bucket's Deny however the bucket is spelled", () => {
    const snapshot = world([], [allow("s3:*", "*"), deny("s3:*", "photos/*")]);
    for (const path of ["/photos/a", "/t:photos/a", "/%3Aphotos/a"]) {
      assert.equal(outcome(snapshot, `GET ${path}`), "explicit-deny", path);
    }
  });
});

test("an account is denied by its own policy and needs no Allow", () => {
  const snapshot = world([deny("s3:DeleteBucket", "*")], []);
  assert.equal(outcome(snapshot, "DELETE /photos", { as: "lab" }), "explicit-deny");
  assert.equal(outcome(snapshot, "GET /photos", { as: "lab" }), "forward");
});

test("a policy cannot lift a subuser above its tier", () => {
  const snapshot = world([], [allow("s3:*", "photos/*")], "tier: READ, ");
  assert.equal(outcome(snapshot, "GET /photos/a"), "forward");
  assert.equal(outcome(snapshot, "PUT /photos/a", { as: "reader", body: "x" }), "tier");
});

describe("conditions see", () => {
  const rows = [
    [
      "the source address",
      { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } },
      { from: "198.51.100.9" },
      { from: "192.0.2.1" },
    ],
    [
      "a mapped source address",
      { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } },
      { from: "::ffff:198.51.100.9" },
      { from: "::ffff:192.0.2.1" },
    ],
    ["the time", { DateLessThan: { "aws:CurrentTime": "2026-11-22T12:00:01Z" } }, {}, undefined],
    [
      "that the time has passed",
      { DateLessThan: { "aws:CurrentTime": "2026-11-22T12:00:00Z" } },
      undefined,
      {},
    ],
    ["the transport", { Bool: { "aws:SecureTransport": "true" } }, undefined, {}],
    ["the user", { StringEquals: { "aws:username": "reader" } }, {}, undefined],
    [
      "the referer",
      { StringLike: { "aws:Referer": "https://example.org/*" } },
      { headers: { referer: "https://example.org/a" } },
      { headers: { referer: "https://evil.example/?https://example.org/" } },
    ],
    [
      "no header of the name of a key",
      { StringEquals: { "aws:Referer": "x" } },
      undefined,
      { headers: { "x-referer": "x" } },
    ],
    [
      "how the request was signed",
      { StringEquals: { "s3:authType": "REST-HEADER" } },
      {},
      undefined,
    ],
    ["the signature's version", { StringEquals: { "s3:signatureversion": "AWS" } }, undefined, {}],
    [
      "the region that was signed for",
      { StringEquals: { "aws:RequestedRegion": "us-east-1" } },
      {},
      undefined,
    ],
    [
      "the gateway's own operation name",
      { StringEquals: { "gw:Operation": "GetObject" } },
      {},
      undefined,
    ],
  ] as const;
  for (const [name, condition, good, bad] of rows) {
    test(name, () => {
      const snapshot = world([], [allow("s3:GetObject", "photos/*", { Condition: condition })]);
      if (good !== undefined)
        assert.equal(outcome(snapshot, "GET /photos/a", { as: "reader", ...good }), "forward");
      if (bad !== undefined)
        assert.equal(outcome(snapshot, "GET /photos/a", { as: "reader", ...bad }), "allow");
    });
  }

  const listings = [
    ["prefix, when it is given", "StringEquals", "s3:prefix", "a/", "?prefix=a%2F", "?prefix=b%2F"],
    ["an empty prefix as one that is given", "StringEquals", "s3:prefix", "", "?prefix=", ""],
    [
      "max-keys, when it is not given",
      "NumericLessThanEquals",
      "s3:max-keys",
      "1000",
      "",
      "?max-keys=1001",
    ],
    ["delimiter", "StringEquals", "s3:delimiter", "/", "?delimiter=%2F", "?delimiter=x"],
  ] as const;
  for (const [name, operator, key, value, good, bad] of listings) {
    test(`a listing's ${name}`, () => {
      const statement = allow("s3:ListBucket", "photos", {
        Condition: { [operator]: { [key]: value } },
      });
      const snapshot = world([], [statement]);
      assert.equal(outcome(snapshot, `GET /photos${good}`), "forward");
      assert.equal(outcome(snapshot, `GET /photos${bad}`), "allow");
    });
  }

  test("a prefix of open uploads is none of objects", () => {
    const withPrefix = (is: string): Snapshot =>
      world(
        [],
        [
          allow("s3:ListBucketMultipartUploads", "photos", {
            Condition: { Null: { "s3:prefix": is, "s3:delimiter": is } },
          }),
        ],
      );
    const line = "GET /photos?uploads&prefix=a&delimiter=%2F";
    assert.equal(outcome(withPrefix("true"), line, { as: "reader" }), "forward");
    assert.equal(outcome(withPrefix("false"), line, { as: "reader" }), "allow");
  });

  test("the copy source as bucket/key, decoded", () => {
    const condition = { StringLike: { "s3:x-amz-copy-source": "photos/public/*" } };
    const snapshot = world(
      [],
      [
        allow("s3:PutObject", "mine/*", { Condition: condition }),
        allow("s3:GetObject*", "photos/*"),
      ],
    );
    const copying = (source: string): Ask => ({
      as: "reader",
      headers: { "x-amz-copy-source": source },
    });
    assert.equal(outcome(snapshot, "PUT /mine/a", copying("/photos/p%75blic/a")), "forward");
    assert.equal(outcome(snapshot, "PUT /mine/a", copying("/photos/private/a")), "allow");
  });

  test("a copy's source with its own version, which its target has not", () => {
    const of = (version: string) => ({
      Condition: { StringEquals: { "s3:versionid": version } },
    });
    const copying = (version: string): Ask => ({
      as: "reader",
      headers: { "x-amz-copy-source": `/photos/a?versionId=${version}` },
    });
    const reads = allow("s3:GetObject*", "photos/*", of("v1"));
    const source = world([], [reads, allow("s3:PutObject", "mine/*")]);
    assert.equal(outcome(source, "PUT /mine/a", copying("v1")), "forward");
    assert.equal(outcome(source, "PUT /mine/a", copying("v2")), "allow");
    const target = world(
      [],
      [allow("s3:GetObject*", "photos/*"), allow("s3:PutObject", "mine/*", of("v1"))],
    );
    assert.equal(outcome(target, "PUT /mine/a", copying("v1")), "allow");
  });

  test("each key of a DeleteObjects with its own version", () => {
    const snapshot = world(
      [],
      [
        allow("s3:DeleteObject", "photos/*"),
        allow("s3:DeleteObjectVersion", "photos/*", {
          Condition: { StringEquals: { "s3:versionid": "v1" } },
        }),
      ],
    );
    const object = (key: string, version: string): string =>
      `<Object><Key>${key}</Key><VersionId>${version}</VersionId></Object>`;
    const body = `<Delete>${object("a", "v1")}${object("b", "v2")}</Delete>`;
    const verdict = judge(snapshot, "POST /photos?delete", { as: "reader", body }, { body });
    assert(verdict.kind === "forward" && verdict.reply.kind === "merge-delete");
    assert.deepEqual(
      verdict.reply.denied.map(({ key }) => key),
      ["b"],
    );
  });
});

test("admit() names the statement that denied for the operator, and no policy to the client", () => {
  const verdict = judge(
    world([deny("s3:GetObject", "photos/*", { Sid: "NoPhotos" })], []),
    "GET /photos/a",
    { as: "lab" },
  );
  assert(verdict.kind === "refuse");
  assert.match(verdict.facts.denial?.rule ?? "", /^lab\.json:\d+ NoPhotos$/);
  assert.equal(
    verdict.fault.message,
    "A policy explicitly denies s3:GetObject on arn:aws:s3:::photos/a",
  );
});
