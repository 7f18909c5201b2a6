import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { problemsOf } from "../../support/config.ts";
import { decide, filesOf, gatewayOf, signerOf, word, type People } from "./people.ts";

const READ = "GET /bucket/k";
const WRITE = "PUT /bucket/k";
const policyOf = (...statements: readonly object[]): object => ({
  Version: "2012-10-17",
  Statement: statements,
});
const ON_ALL = { Action: "s3:*", Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"] };
const to = (name: string): object => ({ Principal: { AWS: `arn:aws:iam::${name}` } });
const ALLOW = { Effect: "Allow", ...ON_ALL };
const DENY = { Effect: "Deny", ...ON_ALL };
const IDENTITY_ALLOW = [{ Effect: "Allow", Action: "s3:*", Resource: "*" }];
const IDENTITY_DENY = [{ Effect: "Deny", Action: "s3:*", Resource: "*" }];

/** Account A with the bucket and its user U, account B with its user V. */
type Row = {
  readonly name: string;
  readonly user?: object;
  readonly other?: object;
  readonly policy?: readonly object[];
  readonly who: string | undefined;
  readonly line: string;
  readonly from?: string;
  readonly ceiling: string;
  readonly union: string;
};

/** S3-AUTHORIZATION section 4.5; rows 11 and 12 speak of ACLs, which the store keeps. */
const ROWS: readonly Row[] = [
  {
    name: "1: a FULL subuser of the owner needs nothing else",
    user: { tier: "FULL" },
    who: "A:U",
    line: WRITE,
    ceiling: "forward",
    union: "forward",
  },
  {
    name: "1b: a user without a tier and without an Allow may nothing",
    user: { policy: [{ ...IDENTITY_ALLOW[0], Resource: "arn:aws:s3:::else/*" }] },
    who: "A:U",
    line: WRITE,
    ceiling: "allow",
    union: "allow",
  },
  {
    name: "2: a bucket policy lifts a READ subuser in union only",
    user: { tier: "READ" },
    policy: [{ ...ALLOW, ...to("A:user/U") }],
    who: "A:U",
    line: WRITE,
    ceiling: "tier",
    union: "forward",
  },
  {
    name: "3: a bucket policy is enough for a user without a tier",
    user: { policy: [{ ...IDENTITY_ALLOW[0], Resource: "arn:aws:s3:::else/*" }] },
    policy: [{ ...ALLOW, ...to("A:user/U") }],
    who: "A:U",
    line: WRITE,
    ceiling: "forward",
    union: "forward",
  },
  {
    name: "3b: a READ subuser reads",
    user: { tier: "READ" },
    who: "A:U",
    line: READ,
    ceiling: "forward",
    union: "forward",
  },
  {
    name: "3b: a READ subuser does not write",
    user: { tier: "READ" },
    who: "A:U",
    line: WRITE,
    ceiling: "tier",
    union: "allow",
  },
  {
    name: "4: the bucket's Deny wins over the user's Allow",
    user: { tier: "FULL", policy: IDENTITY_ALLOW },
    policy: [{ ...DENY, ...to("A:user/U") }],
    who: "A:U",
    line: READ,
    ceiling: "explicit-deny",
    union: "explicit-deny",
  },
  {
    name: "5: the user's Deny wins over the bucket's Allow",
    user: { tier: "FULL", policy: IDENTITY_DENY },
    policy: [{ ...ALLOW, ...to("A:user/U") }],
    who: "A:U",
    line: READ,
    ceiling: "explicit-deny",
    union: "explicit-deny",
  },
  {
    name: "6: an Allow for * is for anonymous requests too",
    policy: [{ ...ALLOW, Principal: "*" }],
    who: undefined,
    line: READ,
    ceiling: "forward",
    union: "forward",
  },
  {
    name: "7: a Deny by address takes it away outside",
    policy: [
      { ...ALLOW, Principal: "*" },
      {
        ...DENY,
        Principal: "*",
        Condition: { NotIpAddress: { "aws:SourceIp": "198.51.100.0/24" } },
      },
    ],
    who: undefined,
    line: READ,
    from: "192.0.2.1",
    ceiling: "explicit-deny",
    union: "explicit-deny",
  },
  {
    name: "7: and not inside",
    policy: [
      { ...ALLOW, Principal: "*" },
      {
        ...DENY,
        Principal: "*",
        Condition: { NotIpAddress: { "aws:SourceIp": "198.51.100.0/24" } },
      },
    ],
    who: undefined,
    line: READ,
    from: "198.51.100.1",
    ceiling: "forward",
    union: "forward",
  },
  {
    name: "8: another account's own Allow opens no bucket",
    other: { tier: "FULL", policy: IDENTITY_ALLOW },
    who: "B:V",
    line: READ,
    ceiling: "allow",
    union: "allow",
  },
  {
    name: "9: the bucket's Allow for B needs B's own Allow for its user",
    other: { tier: "FULL" },
    policy: [{ ...ALLOW, ...to("B:root") }],
    who: "B:V",
    line: READ,
    ceiling: "allow",
    union: "allow",
  },
  {
    name: "10: both are enough",
    other: { tier: "FULL", policy: IDENTITY_ALLOW },
    policy: [{ ...ALLOW, ...to("B:root") }],
    who: "B:V",
    line: READ,
    ceiling: "forward",
    union: "forward",
  },
  {
    name: "13: a policy that does not match leaves the owner its bucket",
    policy: [{ ...ALLOW, ...to("B:root") }],
    who: "A",
    line: WRITE,
    ceiling: "forward",
    union: "forward",
  },
  {
    name: "14: an owner's root reads the policy whatever it denies",
    policy: [{ ...DENY, Principal: "*" }],
    who: "A",
    line: "GET /bucket?policy",
    ceiling: "answer",
    union: "answer",
  },
  {
    name: "14: but not the objects",
    policy: [{ ...DENY, Principal: "*" }],
    who: "A",
    line: READ,
    ceiling: "explicit-deny",
    union: "explicit-deny",
  },
];

describe("the decision table of S3-AUTHORIZATION 4.5", () => {
  for (const row of ROWS) {
    for (const tierMode of ["ceiling", "union"] as const) {
      test(`${row.name} (${tierMode})`, () => {
        const gateway = gatewayOf({
          policy: { tierMode, anonymous: "policy" },
          accounts: {
            A: { users: { U: row.user ?? { tier: "FULL" } } },
            B: { users: { V: row.other ?? { tier: "FULL" } } },
          },
          buckets: {
            bucket: { account: "A", ...(row.policy && { policy: policyOf(...row.policy) }) },
          },
        });
        const from = row.from === undefined ? {} : { from: row.from };
        assert.equal(word(decide(gateway, row.who, row.line, from)), row[tierMode]);
      });
    }
  }

  test("9: in RGW the bucket's Allow for B is enough (crossAccount: resource)", () => {
    const gateway = gatewayOf({
      policy: { provider: "atman" },
      accounts: { A: {}, B: { users: { V: { tier: "FULL" } } } },
      buckets: {
        bucket: {
          account: "A",
          policy: policyOf({ ...ALLOW, Principal: { AWS: "arn:aws:iam:::user/B" } }),
        },
      },
    });
    assert.equal(word(decide(gateway, "B:V", READ)), "forward");
  });

  test("15: a wrong signature is 403 and never counts as anonymous", () => {
    const gateway = gatewayOf({
      policy: { anonymous: "policy" },
      accounts: { A: {} },
      buckets: { bucket: { account: "A", policy: policyOf({ ...ALLOW, Principal: "*" }) } },
    });
    const wrong = decide(gateway, "A", READ, { secret: "not the secret" });
    assert.equal(wrong.kind === "refuse" && wrong.fault.code, "SignatureDoesNotMatch");
    const unknown = decide(gateway, "B", READ);
    assert.equal(unknown.kind === "refuse" && unknown.fault.code, "InvalidAccessKeyId");
  });
});

/** A bucket of A that B, and everybody who reads, is let into. */
const SHARED: People = {
  policy: { anonymous: "policy" },
  accounts: { A: { users: { U: { tier: "READ" } } }, B: {} },
  buckets: {
    bucket: {
      account: "A",
      policy: policyOf(
        { ...ALLOW, ...to("B:root") },
        {
          Effect: "Allow",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::bucket/public/*",
        },
      ),
    },
    own: { account: "B" },
  },
};

describe("whoever is let into a bucket", () => {
  const shared = gatewayOf(SHARED);

  test("reaches it as its owner", () => {
    assert.equal(signerOf(decide(shared, "B", READ)), "STORE-A");
    assert.equal(signerOf(decide(shared, undefined, "GET /bucket/public/k")), "STORE-A");
    assert.equal(signerOf(decide(shared, "A:U", READ)), "STORE-A");
    assert.equal(signerOf(decide(shared, "B", "GET /own/k")), "STORE-B");
  });

  test("reaches buckets that nothing is known of as itself", () => {
    assert.equal(signerOf(decide(shared, "B", "GET /unknown/k")), "STORE-B");
  });

  test("gets nothing that the policy does not say", () => {
    assert.equal(word(decide(shared, undefined, READ)), "allow");
    assert.equal(word(decide(shared, undefined, "PUT /bucket/public/k")), "allow");
    assert.equal(word(decide(shared, undefined, "GET /unknown/k")), "allow");
    assert.equal(word(decide(shared, undefined, "GET /")), "tier");
    assert.equal(word(decide(shared, "A", "GET /own/k")), "allow");
  });

  test("cannot copy between accounts by one credential, and the error says so", () => {
    const copy = { headers: { "x-amz-copy-source": "/own/k" } };
    const verdict = decide(shared, "B", WRITE, copy);
    assert.match(verdict.kind === "refuse" ? verdict.fault.message : "", /different accounts/);
    const within = { headers: { "x-amz-copy-source": "/bucket/k" } };
    assert.equal(signerOf(decide(shared, "B", WRITE, within)), "STORE-A");
  });

  test("cannot read by a copy what it cannot read", () => {
    const copy = { headers: { "x-amz-copy-source": "/bucket/k" } };
    const gateway = gatewayOf({ ...SHARED, accounts: { ...SHARED.accounts, C: {} } });
    assert.equal(word(decide(gateway, "C", "PUT /mine/k", copy)), "allow");
  });

  test("chooses no headers of the answer without a credential", () => {
    const line = "GET /bucket/public/k?response-content-type=text%2Fhtml";
    assert.equal(word(decide(shared, undefined, line)), "InvalidRequest");
    assert.equal(word(decide(shared, "B", line)), "forward");
  });

  test("learns of a missing key only below the prefix that it may list", () => {
    const anybody = { Effect: "Allow", Principal: "*" };
    const list = { Action: "s3:ListBucket", Resource: "arn:aws:s3:::bucket" };
    const policy = policyOf(
      { ...anybody, Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/public/*" },
      { ...anybody, ...list, Condition: { StringLike: { "s3:prefix": "public/*/*" } } },
      {
        ...anybody,
        ...list,
        Effect: "Deny",
        Condition: { StringLike: { "s3:prefix": "public/shut/*" } },
      },
    );
    const gateway = gatewayOf({ ...SHARED, buckets: { bucket: { account: "A", policy } } });
    const replyTo = (line: string): unknown => {
      const verdict = decide(gateway, undefined, line);
      return verdict.kind === "forward" && verdict.reply.kind;
    };
    assert.equal(replyTo("GET /bucket/public/open/k"), "relay");
    assert.equal(replyTo("GET /bucket/public/shut/k"), "hide-missing");
    assert.equal(replyTo("GET /bucket/public/k"), "hide-missing");
  });

  test("learns of a missing key only where it may list", () => {
    const verdict = decide(shared, undefined, "GET /bucket/public/k");
    assert.equal(verdict.kind === "forward" && verdict.reply.kind, "hide-missing");
    const list = {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::bucket",
    };
    const read = { ...list, Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
    const open = gatewayOf({
      ...SHARED,
      buckets: { bucket: { account: "A", policy: policyOf(list, read) } },
    });
    const listed = decide(open, undefined, READ);
    assert.equal(listed.kind === "forward" && listed.reply.kind, "relay");
  });

  test("gets nobody's rights in report mode by a request that is not allowed", () => {
    const reporting = gatewayOf({ ...SHARED, policy: { anonymous: "policy", mode: "report" } });
    const anonymous = decide(reporting, undefined, READ);
    assert.equal(anonymous.kind, "forward");
    assert.equal(signerOf(anonymous), undefined);
    assert.equal(signerOf(decide(reporting, "A", "GET /own/k")), "STORE-A");
    assert.equal(signerOf(decide(reporting, "B", READ)), "STORE-A");
  });
});

test("an anonymous ceiling holds whatever a policy opens", () => {
  const gateway = gatewayOf({
    ...SHARED,
    buckets: { bucket: { account: "A", policy: policyOf({ ...ALLOW, Principal: "*" }) } },
  });
  const rows = [
    ["GET /bucket/k", "forward"],
    ["PUT /bucket/k", "forward"],
    ["GET /bucket?list-type=2", "forward"],
    ["DELETE /bucket/k", "tier"],
    ["GET /bucket?acl", "tier"],
    ["GET /bucket?policy", "tier"],
    ["PUT /bucket?versioning", "tier"],
    ["DELETE /bucket", "tier"],
  ] as const;
  for (const [line, expected] of rows) {
    assert.equal(word(decide(gateway, undefined, line)), expected, line);
  }
});

describe("a tenant's bucket", () => {
  const gateway = gatewayOf({
    accounts: { A: { tenant: "A" }, B: { tenant: "" } },
    buckets: {
      "A:bucket": {
        account: "A",
        policy: policyOf({
          ...DENY,
          ...to("A:root"),
          Action: "s3:DeleteObject",
          Resource: "arn:aws:s3:::bucket/*",
        }),
      },
    },
  });
  test("is the owner's under its bare name, and others' by the tenant's only", () => {
    assert.equal(word(decide(gateway, "A", "DELETE /bucket/k")), "explicit-deny");
    assert.equal(word(decide(gateway, "A", "DELETE /A:bucket/k")), "explicit-deny");
    assert.equal(word(decide(gateway, "B", "DELETE /A:bucket/k")), "allow");
    assert.equal(signerOf(decide(gateway, "B", "DELETE /bucket/k")), "STORE-B");
  });
  test("is meant by the bare name of every Ceph user of the tenant", () => {
    const users = gatewayOf({
      accounts: { A: { tenant: "A" }, A$U: {}, B$U: {} },
      buckets: {
        "A:bucket": {
          account: "A",
          policy: policyOf({
            ...ALLOW,
            Principal: { CanonicalUser: "A$U" },
            Action: "s3:GetObject",
            Resource: "arn:aws:s3:::bucket/*",
          }),
        },
        "A:other": { account: "A$U" },
      },
    });
    assert.equal(signerOf(decide(users, "A$U", "GET /bucket/k")), "STORE-A");
    assert.equal(word(decide(users, "A$U", "DELETE /bucket/k")), "allow");
    assert.equal(signerOf(decide(users, "B$U", "DELETE /bucket/k")), "STORE-B$U");
    assert.equal(word(decide(users, "A", "DELETE /other/k")), "allow");
  });
});

describe("a policy that the gateway keeps", () => {
  const text = policyOf({ ...ALLOW, Principal: "*" });
  const gateway = gatewayOf({
    accounts: { A: { users: { U: { tier: "READ" } } } },
    buckets: { bucket: { account: "A", policy: text }, plain: { account: "A" } },
  });
  const body = (line: string): string => {
    const verdict = decide(gateway, "A", line);
    return verdict.kind === "answer" ? verdict.body : word(verdict);
  };

  test("is given back byte for byte", () => {
    assert.equal(body("GET /bucket?policy"), JSON.stringify(text, undefined, 1));
    assert.equal(body("GET /plain?policy"), "NoSuchBucketPolicy");
    assert.equal(body("GET /unknown?policy"), "NoSuchBucketPolicy");
  });

  test("has a status", () => {
    assert.match(body("GET /bucket?policyStatus"), /<IsPublic>true<\/IsPublic>/);
    assert.equal(body("GET /plain?policyStatus"), "NoSuchBucketPolicy");
  });

  test("is changed in the configuration only", () => {
    assert.equal(body("DELETE /bucket?policy"), "MethodNotAllowed");
  });

  test("is shown to nobody whom no gate lets", () => {
    assert.equal(word(decide(gateway, "A:U", "GET /bucket?policy")), "tier");
  });

  for (const policy of [
    { anonymous: "upstream" },
    { provider: "lumi-o" },
    { anonymous: "policy", mode: "report" },
  ]) {
    test(`is shown to nobody by what is left to the store: ${JSON.stringify(policy)}`, () => {
      const left = gatewayOf({
        policy,
        accounts: { A: {}, B: {} },
        buckets: { bucket: { account: "A", policy: policyOf({ ...ALLOW, ...to("B:root") }) } },
      });
      for (const line of ["GET /bucket?policy", "GET /bucket?policyStatus"]) {
        const verdict = decide(left, undefined, line);
        assert.equal(verdict.kind === "refuse" && verdict.fault.code, "AccessDenied", line);
      }
    });
  }

  test("is not shown to everybody where no policy can let other accounts see it", () => {
    const statement = { ...ALLOW, Principal: "*", Action: "s3:GetBucketPolicy" };
    const open = gatewayOf({
      policy: { provider: "lumi-o" },
      accounts: { A: {} },
      buckets: { bucket: { account: "A", policy: policyOf(statement) } },
    });
    assert.equal(decide(open, undefined, "GET /A:bucket?policy").kind, "refuse");
  });

  // Copies read with the owner's rights, and an upload in parts belongs to nobody.
  for (const anonymous of ["policy", "upstream"] as const) {
    const everything = { ...ALLOW, Principal: "*", Action: "s3:*" };
    const open = gatewayOf({
      policy: { anonymous },
      accounts: { A: {} },
      buckets: { bucket: { account: "A", policy: policyOf(everything) } },
    });
    const copy = { "x-amz-copy-source": "/bucket/secret" };
    const beyond = [
      ["PUT /bucket/a", copy],
      ["PUT /bucket/a?partNumber=1&uploadId=u", copy],
      ["POST /bucket/a?uploads", {}],
      ["PUT /bucket/a?partNumber=1&uploadId=u", {}],
      ["POST /bucket/a?uploadId=u", {}],
      ["GET /bucket/a?torrent", {}],
    ] as const;
    test(`an open policy makes no copies and no uploads in parts for nobody (${anonymous})`, () => {
      for (const [line, headers] of beyond) {
        const verdict = decide(open, undefined, line, { headers });
        if (verdict.kind === "forward") assert.equal(verdict.request.signedBy, "nobody", line);
        else assert.equal(verdict.kind === "refuse" && verdict.fault.code, "AccessDenied", line);
        assert.notEqual(verdict.facts.actor, "owner", line);
      }
      for (const line of ["PUT /bucket/a", "GET /bucket/a", "GET /bucket?list-type=2"]) {
        const verdict = decide(open, undefined, line);
        assert.equal(verdict.kind, "forward", line);
        assert.equal(verdict.facts.actor, "owner", line);
      }
    });
  }
});

describe("aws:PrincipalTag and s3:ResourceAccount", () => {
  const home = {
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*",
  };
  const gateway = gatewayOf({
    accounts: {
      A: {
        tags: { team: "physics" },
        users: { U: { policy: [home] }, W: { tags: { Team: "maths" }, policy: [home] } },
      },
      B: {
        users: {
          V: {
            policy: [
              {
                Effect: "Allow",
                Action: "s3:*",
                Resource: "*",
                Condition: { StringEquals: { "s3:ResourceAccount": "A" } },
              },
            ],
          },
        },
      },
    },
    buckets: { bucket: { account: "A", policy: policyOf({ ...ALLOW, ...to("B:root") }) } },
  });
  test("are known", () => {
    assert.equal(word(decide(gateway, "A:U", "GET /bucket/physics/k")), "forward");
    assert.equal(word(decide(gateway, "A:U", "GET /bucket/maths/k")), "allow");
    assert.equal(word(decide(gateway, "A:W", "GET /bucket/maths/k")), "forward");
    assert.equal(word(decide(gateway, "B:V", "GET /bucket/k")), "forward");
    assert.equal(word(decide(gateway, "B:V", "GET /other/k")), "allow");
  });
});

describe("parseConfig() refuses of buckets", () => {
  const good = { accounts: { A: { users: { U: { tier: "READ" } } } } };
  const rows = [
    [
      "one without the gateway keeping policies",
      { ...good, policy: { bucketPolicies: "upstream" }, buckets: { bucket: { account: "A" } } },
      /buckets\[0\].*the store keeps bucket policies/,
    ],
    [
      "an unknown account",
      { ...good, buckets: { bucket: { account: "AA" } } },
      /Unknown account: got "AA"/,
    ],
    [
      "a policy of another bucket",
      {
        ...good,
        buckets: {
          bucket: {
            account: "A",
            policy: policyOf({ ...ALLOW, Principal: "*", Resource: "arn:aws:s3:::other/*" }),
          },
        },
      },
      /^bucket-bucket\.json:\d+.*invalid resource/,
    ],
    [
      "a share with nobody",
      {
        ...good,
        buckets: { bucket: { account: "A", shares: [{ with: "A:X", permissions: "READ" }] } },
      },
      /shares\[0\]\.with: Unknown account or subuser: got "A:X"/,
    ],
    [
      "a share of an unknown permission",
      {
        ...good,
        buckets: { bucket: { account: "A", shares: [{ with: "A:U", permissions: "RAED" }] } },
      },
      /shares\[0\]\.permissions: Unknown permissions: got "RAED" \| Known: READ, WRITE/,
    ],
    [
      "a privilege that the provider has not",
      { accounts: { A: { privileges: ["ROOT"] } } },
      /privileges\[0\]: Unknown privilege/,
    ],
    [
      "a group that is no name there",
      { policy: { provider: "qumulo" }, accounts: { A: { groups: ["gid:x"] } } },
      /groups\[0\]: Cannot read the group/,
    ],
    [
      "an account that is called as a group",
      { policy: { provider: "qumulo" }, accounts: { A: {}, B: { groups: ["a"] } } },
      /A group has the same name as the account/,
    ],
  ] as const satisfies readonly (readonly [string, People, RegExp])[];
  for (const [name, people, expected] of rows) {
    test(name, () => assert.match(problemsOf(filesOf(people)).join("\n"), expected));
  }

  test("one of an account without a key at the store", () => {
    const files = filesOf({ ...good, buckets: { bucket: { account: "A" } } });
    const accounts = (files["accounts.yaml"] ?? "").replace(/"upstream":\{[^}]*\},/, "");
    assert.match(
      problemsOf({ ...files, "accounts.yaml": accounts }).join("\n"),
      /has no store key/,
    );
  });
});

describe("an ACL in headers", () => {
  const before = (store: string) => gatewayOf({ accounts: { A: {} }, store: { store } });
  const said = (store: string, line: string, name: string, value: string): string =>
    word(decide(before(store), "A", line, { headers: { [name]: value } }));
  const LINES = ["PUT /bucket", "PUT /bucket/k", "POST /bucket/k?uploads"];

  test("that would open nothing at MinIO is refused, and not accepted without effect", () => {
    for (const line of LINES) {
      for (const acl of ["public-read", "public-read-write", "authenticated-read", "Private", ""]) {
        assert.notEqual(said("minio", line, "x-amz-acl", acl), "forward", `${line} ${acl}`);
      }
      for (const right of ["read", "write", "read-acp", "write-acp", "full-control"]) {
        const name = `x-amz-grant-${right}`;
        assert.equal(said("minio", line, name, 'id="a"'), "NotImplemented", `${line} ${name}`);
      }
      assert.equal(said("minio", line, "x-amz-acl", "public-read"), "NotImplemented", line);
    }
  });

  test("that says what is so goes on, and any where the store keeps ACLs", () => {
    for (const line of LINES) {
      assert.notEqual(said("minio", line, "x-amz-acl", "private"), "NotImplemented", line);
      assert.notEqual(said("ceph", line, "x-amz-acl", "public-read"), "NotImplemented", line);
    }
  });
});
