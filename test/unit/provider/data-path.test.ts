/**
 * The sentences of the five documents that are about requests: each is put to the data path, with a
 * configuration that names the provider.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { decided } from "../../support/decided.ts";
import { decide, gatewayOf, signerOf, word, type People } from "../admission/people.ts";
import { NOW } from "../admission/world.ts";

const outcomes = (
  gateway: Snapshot,
  who: string | undefined,
  rows: readonly (readonly [line: string, outcome: string])[],
): void => {
  for (const [line, expected] of rows) {
    assert.equal(word(decide(gateway, who, line)), expected, `${who}: ${line}`);
  }
};

describe("Atman", () => {
  const tiers = ["READ", "WRITE", "READWRITE", "FULL"] as const;
  const people = (policy?: object): People => ({
    policy: { provider: "atman" },
    accounts: {
      username01: { users: Object.fromEntries(tiers.map((tier) => [tier, { tier }])) },
      other: {},
    },
    buckets: { bucket: { account: "username01", ...(policy && { policy }) } },
  });
  const gateway = gatewayOf(people());

  /** "Access types": the document's nine rows, as requests. */
  const matrix = [
    ["creation of buckets", "✓✓✓✓", ["PUT /new-bucket"]],
    ["bucket list", "✓✓✓✓", ["GET /"]],
    [
      "listing the contents of buckets",
      "✓✗✓✓",
      ["GET /bucket?list-type=2", "GET /bucket", "GET /bucket?versions", "HEAD /bucket"],
    ],
    ["removal of buckets", "✗✓✓✓", ["DELETE /bucket"]],
    [
      "reading of objects",
      "✓✓✓✓",
      ["GET /bucket/k", "HEAD /bucket/k", "GET /bucket/k?versionId=1"],
    ],
    ["saving of objects", "✗✓✓✓", ["PUT /bucket/k", "POST /bucket/k?uploads"]],
    ["removal of objects", "✗✓✓✓", ["DELETE /bucket/k", "DELETE /bucket/k?versionId=1"]],
    [
      "preview of bucket policies",
      "✗✗✗✓",
      ["GET /bucket?acl", "GET /bucket/k?acl", "GET /bucket?policyStatus"],
    ],
    ["assignment of access policies", "✗✗✗✓", ["PUT /bucket?acl", "DELETE /bucket?policy"]],
  ] as const;
  for (const [row, marks, lines] of matrix) {
    test(`access types: ${row} ${marks}`, () => {
      for (const [i, tier] of tiers.entries()) {
        for (const line of lines) {
          const refused = word(decide(gateway, `username01:${tier}`, line)) === "allow";
          assert.equal(refused, marks[i] === "✗", `${tier}: ${line}`);
        }
      }
    });
  }

  test("the master account has full rights, and is the owner of what a subuser creates", () => {
    outcomes(gateway, "username01", [
      ["DELETE /bucket", "forward"],
      ["PUT /bucket?acl", "document"],
    ]);
    assert.equal(
      signerOf(decide(gateway, "username01:WRITE", "GET /new-bucket/k")),
      "STORE-username01",
    );
  });

  const allowing = (user: string): object => ({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "lift",
        Effect: "Allow",
        Principal: { AWS: [`arn:aws:iam:::user/${user}`] },
        Action: ["s3:PutObject"],
        Resource: ["arn:aws:s3:::bucket/*"],
      },
    ],
  });
  test("two options for setting up restrictions: a bucket policy lifts a READ subuser", () => {
    const lifted = gatewayOf(people(allowing("username01:READ")));
    outcomes(lifted, "username01:READ", [
      ["PUT /bucket/k", "forward"],
      ["DELETE /bucket/k", "allow"],
    ]);
    const ceiling = gatewayOf({
      ...people(allowing("username01:READ")),
      policy: { provider: "atman", tierMode: "ceiling" },
    });
    outcomes(ceiling, "username01:READ", [["PUT /bucket/k", "tier"]]);
  });
  test("public bucket: everybody, including an anonymous user", () => {
    const open = {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "PublicRead",
          Effect: "Allow",
          Principal: { AWS: "*" },
          Action: ["s3:GetObject"],
          Resource: ["arn:aws:s3:::bucket/*"],
        },
      ],
    };
    const gate = gatewayOf(people(open));
    outcomes(gate, undefined, [
      ["GET /bucket/k", "forward"],
      ["PUT /bucket/k", "allow"],
    ]);
    outcomes(gate, "other", [["GET /bucket/k", "forward"]]);
  });
  test("aws:username of a subuser is the master's", () => {
    const home = { ...allowing("username01"), Statement: [{ ...HOME }] };
    const gate = gatewayOf(people(home));
    outcomes(gate, "username01:READ", [["PUT /bucket/username01/k", "forward"]]);
    outcomes(gate, "username01:READ", [["PUT /bucket/READ/k", "allow"]]);
  });
  const HOME = {
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam:::user/username01" },
    Action: "s3:PutObject",
    Resource: "arn:aws:s3:::bucket/${aws:username}/*",
  };
});

describe("LUMI-O", () => {
  const partner = { AWS: ["arn:aws:iam::465000002:user/465000002"] };
  const on = (action: string, resource: string): object => ({
    Action: [action],
    Effect: "Allow",
    Resource: `arn:aws:s3:::fortheauthenticated${resource}`,
    Principal: partner,
  });
  const gateway = gatewayOf({
    policy: { provider: "lumi-o", signatures: ["v4", "v2"] },
    accounts: { "465000001": {}, "465000002": {}, "465000003": {} },
    buckets: {
      "465000001:fortheauthenticated": {
        account: "465000001",
        policy: {
          Version: "2012-10-17",
          Statement: [
            on("s3:GetObject", "/out.json"),
            on("s3:ListBucket", ""),
            on("s3:PutObject", "/upload.json"),
          ],
        },
      },
      "465000001:almostpublic": {
        account: "465000001",
        policy: {
          Statement: [
            {
              Sid: "IPAllow",
              Effect: "Allow",
              Principal: "*",
              Action: "s3:PutObject",
              Resource: "arn:aws:s3:::almostpublic/data*",
              Condition: { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } },
            },
          ],
        },
      },
    },
  });
  const at = "/465000001%3Afortheauthenticated";

  test("the full policy: project 465000002 downloads, lists and overwrites, and nothing else", () => {
    outcomes(gateway, "465000002", [
      [`GET ${at}/out.json`, "forward"],
      [`GET /465000001:fortheauthenticated/out.json`, "forward"],
      [`GET ${at}?list-type=2`, "forward"],
      [`PUT ${at}/upload.json`, "forward"],
      // Never by a grant of an ACL.
      [`DELETE ${at}`, "allow"],
      [`GET ${at}?policy`, "allow"],
      [`DELETE ${at}?policy`, "allow"],
    ]);
    // Of all else the policy says nothing, so the project comes as itself, for the store's ACLs.
    for (const [who, line] of [
      ["465000002", `GET ${at}/upload.json`],
      ["465000002", `PUT ${at}/out.json`],
      ["465000002", `DELETE ${at}/upload.json`],
      ["465000003", `GET ${at}/out.json`],
    ] as const) {
      assert.equal(signerOf(decide(gateway, who, line)), `STORE-${who}`, line);
    }
    outcomes(gateway, "465000001", [
      ["DELETE /fortheauthenticated/out.json", "forward"],
      [`DELETE ${at}/out.json`, "forward"],
    ]);
    assert.equal(signerOf(decide(gateway, "465000002", `GET ${at}/out.json`)), "STORE-465000001");
  });

  test("the policy by IP: a caller from there puts data, and does not read it", () => {
    const to = "/465000001:almostpublic";
    const inside = { from: "198.51.100.7" };
    for (const [line, from, expected] of [
      [`PUT ${to}/data1`, inside, "STORE-465000001"],
      // As itself, for the store's ACLs.
      [`PUT ${to}/other`, inside, "STORE-465000003"],
      [`GET ${to}/data1`, inside, "STORE-465000003"],
      [`PUT ${to}/data1`, {}, "STORE-465000003"],
    ] as const) {
      assert.equal(signerOf(decide(gateway, "465000003", line, from)), expected, line);
    }
  });

  test("in one's own project a bare name is one's own bucket", () => {
    assert.equal(
      signerOf(decide(gateway, "465000002", "GET /fortheauthenticated/k")),
      "STORE-465000002",
    );
  });

  test("invalid credentials lead to an access denied, also for public objects", () => {
    for (const who of ["465000009", "465000001"]) {
      const verdict = decide(gateway, who, `GET ${at}/out.json`, { secret: "wrong" });
      assert.equal(verdict.kind === "refuse" && verdict.fault.code, "AccessDenied");
      assert.match(verdict.facts.denial?.rule ?? "", /InvalidAccessKeyId|SignatureDoesNotMatch/);
    }
  });

  test("object locks and lifecycle complete successfully without effect: 501 says so", () => {
    outcomes(gateway, "465000001", [
      ["PUT /mine/k?retention", "unsupported"],
      ["PUT /mine/k?legal-hold", "unsupported"],
      ["PUT /mine?object-lock", "unsupported"],
      ["PUT /mine?lifecycle", "unsupported"],
    ]);
  });
});

describe("Qumulo", () => {
  const policy = (...statements: readonly object[]): object => ({ Statements: statements });
  const allow = (names: readonly string[], ...actions: readonly string[]): object => ({
    Action: actions,
    Effect: "Allow",
    Principal: { Qumulo: names },
  });
  const people = (own?: object): People => ({
    policy: { provider: "qumulo", guestGroups: ["visitors"] },
    accounts: {
      jane: {},
      joe: { groups: ["team", "gid:1234"] },
      admin: {
        privileges: ["S3_BUCKETS_READ", "S3_BUCKETS_WRITE", "S3_UPLOADS_READ", "S3_UPLOADS_WRITE"],
      },
      store: {},
    },
    buckets: { bucket: { account: "store", ...(own && { policy: own }) } },
  });

  test("no policy state: known callers are allowed, unsigned ones refused, and the policy is {}", () => {
    const gateway = gatewayOf(people());
    outcomes(gateway, "jane", [
      ["GET /bucket/k", "forward"],
      ["PUT /bucket/k", "forward"],
    ]);
    outcomes(gateway, undefined, [["GET /bucket/k", "allow"]]);
    const shown = decide(gateway, "admin", "GET /bucket?policy");
    assert.equal(shown.kind === "answer" && shown.body, "{}");
  });

  test("with a policy only the callers it names are allowed, even of the bucket's account", () => {
    const gateway = gatewayOf(people(policy(allow(["local:Jane"], "s3:GetObject"))));
    outcomes(gateway, "jane", [
      ["GET /bucket/k", "forward"],
      ["PUT /bucket/k", "allow"],
    ]);
    outcomes(gateway, "joe", [["GET /bucket/k", "allow"]]);
    outcomes(gateway, "store", [["GET /bucket/k", "allow"]]);
    // "file system permissions take precedence": the store judges who comes, and not the owner.
    assert.equal(signerOf(decide(gateway, "jane", "GET /bucket/k")), "STORE-jane");
  });

  test("groups count, by name and by number", () => {
    for (const group of ["Team", "gid:1234", "local:team"]) {
      const gateway = gatewayOf(people(policy(allow([group], "s3:GetObject"))));
      outcomes(gateway, "joe", [["GET /bucket/k", "forward"]]);
      outcomes(gateway, "jane", [["GET /bucket/k", "allow"]]);
    }
  });

  test("anonymous access: Everyone, Guest or a group of Guest's, read-only whatever is granted", () => {
    for (const name of ["Everyone", "world:Everyone", "local:guest", "Guest", "visitors"]) {
      const gateway = gatewayOf(people(policy(allow([name], "s3:*"))));
      outcomes(gateway, undefined, [
        ["GET /bucket/k", "forward"],
        ["GET /bucket?list-type=2", "forward"],
        ["PUT /bucket/k", "tier"],
        ["DELETE /bucket/k", "tier"],
        ["DELETE /bucket?policy", "tier"],
      ]);
    }
    for (const name of ["Authenticated Users", "local:jane"]) {
      const gateway = gatewayOf(people(policy(allow([name], "s3:*"))));
      outcomes(gateway, undefined, [["GET /bucket/k", "allow"]]);
    }
  });

  test("RBAC overrides: a privilege ignores the policy, for its API actions only", () => {
    const deny = { Action: ["s3:*"], Effect: "Deny", Principal: { Qumulo: ["Everyone"] } };
    const gateway = gatewayOf(people(policy(deny)));
    outcomes(gateway, "admin", [
      ["GET /", "forward"],
      ["GET /bucket?location", "forward"],
      ["GET /bucket?uploads", "forward"],
      ["DELETE /bucket/k?uploadId=u", "forward"],
      ["DELETE /bucket", "forward"],
      ["GET /bucket/k", "explicit-deny"],
      ["PUT /bucket/k", "explicit-deny"],
    ]);
    outcomes(gateway, "jane", [["GET /bucket?location", "explicit-deny"]]);
  });

  test("prerequisites: a policy is put with a privilege or by delegation, never by a key alone", () => {
    const scratch = gatewayOf(people());
    for (const who of ["jane", "joe", "store"]) {
      outcomes(scratch, who, [
        ["DELETE /bucket?policy", "allow"],
        ["PUT /bucket?policy", "allow"],
      ]);
    }
    // Allowed: the document is read, and the policy of this configuration is fixed.
    outcomes(scratch, "admin", [
      ["PUT /bucket?policy", "document"],
      ["DELETE /bucket?policy", "MethodNotAllowed"],
    ]);
    const delegated = policy(
      allow(["local:Jane"], "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
      allow(["Everyone"], "s3:GetObject"),
    );
    const gateway = gatewayOf(people(delegated));
    outcomes(gateway, "jane", [["DELETE /bucket?policy", "MethodNotAllowed"]]);
    outcomes(gateway, "joe", [["DELETE /bucket?policy", "allow"]]);
    outcomes(gateway, "store", [["DELETE /bucket?policy", "allow"]]);
  });

  test("prerequisites: privileges in the spelling PRIVILEGE_S3_BUCKETS_WRITE", () => {
    const gateway = gatewayOf({
      ...people(),
      accounts: { admin: { privileges: ["PRIVILEGE_S3_BUCKETS_WRITE"] }, store: {} },
    });
    outcomes(gateway, "admin", [["DELETE /bucket?policy", "MethodNotAllowed"]]);
  });

  test("s3:GetObjectAttributes alone retrieves attributes, and no object", () => {
    const only = policy(allow(["local:Jane"], "s3:GetObjectAttributes"));
    const gateway = gatewayOf({ ...people(only), store: { store: "minio" } });
    outcomes(gateway, "jane", [
      ["GET /bucket/k?attributes", "forward"],
      ["GET /bucket/k", "allow"],
      ["HEAD /bucket/k", "allow"],
    ]);
    const other = policy(allow(["local:Jane"], "s3:GetObject"));
    const without = gatewayOf({ ...people(other), store: { store: "minio" } });
    outcomes(without, "jane", [["GET /bucket/k?attributes", "allow"]]);
  });

  test("an account's name can be any that the document lists", () => {
    const names = ["local:Jane", "EXAMPLE_DOMAIN\\Jose", "uid:1234", "S-1-5-21-1-2-3-1001"];
    for (const name of names) {
      const gateway = gatewayOf({
        policy: { provider: "qumulo" },
        accounts: { store: {}, [name]: {}, joe: {} },
        buckets: { bucket: { account: "store", policy: policy(allow([name], "s3:GetObject")) } },
      });
      const pair = { accessKeyId: `AKID.${name}`, secret: `secret-${name}` };
      const { facts } = decide(gateway, name, "GET /bucket/k", pair);
      assert.deepEqual([facts.account, facts.denial], [name, undefined]);
      outcomes(gateway, "joe", [["GET /bucket/k", "allow"]]);
    }
  });

  test("a privilege opens neither networks nor blocked actions", () => {
    const gateway = gatewayOf({
      ...people(),
      policy: { provider: "qumulo", blockedActions: ["s3:DeleteBucket"] },
    });
    outcomes(gateway, "admin", [["DELETE /bucket", "blocked-actions"]]);
  });
});

describe("Coscine", () => {
  const gateway = gatewayOf({
    policy: { provider: "coscine" },
    accounts: {
      resource: {
        users: {
          admin: { tier: "coscine-admin" },
          system: { tier: "coscine-system" },
          testing: { tier: "coscine-testing" },
        },
      },
    },
  });

  test("a resource's own key has the active policies and nothing else", () => {
    outcomes(gateway, "resource", [
      ["GET /bucket?list-type=2", "forward"],
      ["GET /bucket", "forward"],
      ["HEAD /bucket", "forward"],
      ["HEAD /bucket/k", "forward"],
      ["GET /bucket/k", "forward"],
      ["GET /bucket/k?acl", "forward"],
      ["GET /bucket/k?versionId=1", "forward"],
      ["PUT /bucket/k", "forward"],
      ["DELETE /bucket/k", "forward"],
      ["POST /bucket/k?uploads", "forward"],
      ["DELETE /bucket/k?uploadId=u", "forward"],
      ["GET /bucket?uploads", "forward"],
      ["GET /bucket/k?uploadId=u", "forward"],
      ["GET /bucket?lifecycle", "tier"],
      ["GET /bucket?versions", "tier"],
      ["GET /bucket?policy", "tier"],
      ["GET /bucket?acl", "tier"],
      ["PUT /new-bucket", "tier"],
    ]);
  });

  test("s3:ListAllMyBuckets is only for admins: a request will throw an error for users", () => {
    outcomes(gateway, "resource", [["GET /", "tier"]]);
    outcomes(gateway, "resource:admin", [["GET /", "forward"]]);
  });

  test("system policy actions: versions are deleted by the system alone", () => {
    outcomes(gateway, "resource", [["DELETE /bucket/k?versionId=1", "blocked-actions"]]);
    outcomes(gateway, "resource:admin", [["DELETE /bucket/k?versionId=null", "blocked-actions"]]);
    outcomes(gateway, "resource:system", [["DELETE /bucket/k?versionId=1", "forward"]]);
  });

  test("rejected policies: nobody changes the lifecycle", () => {
    for (const who of ["resource", "resource:admin", "resource:system"]) {
      outcomes(gateway, who, [
        ["PUT /bucket?lifecycle", "blocked-actions"],
        ["DELETE /bucket?lifecycle", "blocked-actions"],
      ]);
    }
  });

  test("listings are limited to 1,000 entries, also where more are wished for", () => {
    const asked = (line: string): string | undefined => {
      const verdict = decide(gateway, "resource:testing", line);
      return verdict.kind === "forward" ? verdict.request.head.target : word(verdict);
    };
    assert.equal(
      asked("GET /bucket?list-type=2&max-keys=5000"),
      "/bucket?list-type=2&max-keys=1000",
    );
    assert.equal(asked("GET /bucket?list-type=2&max-keys=10"), "/bucket?list-type=2&max-keys=10");
    assert.equal(asked("GET /bucket?list-type=2"), "/bucket?list-type=2");
    assert.equal(asked("GET /bucket?max-keys=1001&versions"), "/bucket?max-keys=1000&versions=");
  });

  test("there are no tenants", () => {
    outcomes(gateway, "resource", [["GET /t:bucket/k", "InvalidBucketName"]]);
    const copy = { headers: { "x-amz-copy-source": "/t:bucket/k" } };
    assert.equal(word(decide(gateway, "resource", "PUT /bucket/k", copy)), "InvalidBucketName");
  });
});

describe("Nutanix", () => {
  const people: People = {
    policy: { provider: "nutanix", signatures: ["v4", "v2"] },
    accounts: { owner: {}, partner: { users: { ann: { tier: "FULL" }, bob: { tier: "READ" } } } },
    buckets: {
      testbucket: {
        account: "owner",
        shares: [
          { with: "partner:ann", permissions: "READ" },
          { with: "partner", permissions: "READWRITE" },
        ],
      },
    },
  };
  const gateway = gatewayOf(people);

  test("only the owner has full access", () => {
    outcomes(gateway, "owner", [["DELETE /testbucket", "forward"]]);
    outcomes(gateway, "partner", [
      ["PUT /testbucket/k", "forward"],
      ["DELETE /testbucket", "allow"],
    ]);
    const unshared = gatewayOf({ ...people, buckets: { testbucket: { account: "owner" } } });
    outcomes(unshared, "partner", [["GET /testbucket/k", "allow"]]);
    outcomes(unshared, "partner:ann", [["GET /testbucket/k", "allow"]]);
  });

  test("admin can share any bucket with any valid IAM user", () => {
    outcomes(gateway, "partner:ann", [
      ["GET /testbucket/k", "forward"],
      ["GET /testbucket?list-type=2", "forward"],
    ]);
    assert.equal(signerOf(decide(gateway, "partner:ann", "GET /testbucket/k")), "STORE-owner");
  });

  test("sharing with an anonymous user: only by presigned URLs", () => {
    outcomes(gateway, undefined, [["GET /testbucket/linux_commands.txt", "authentication"]]);
  });

  /** A V4 URL's head with this lifetime; its signature is none, so what is told is what came before. */
  const expiring = (seconds: string): string => {
    const day = "20261122";
    const query = [
      "X-Amz-Algorithm=AWS4-HMAC-SHA256",
      `X-Amz-Credential=AKID.owner%2F${day}%2Fus-east-1%2Fs3%2Faws4_request`,
      `X-Amz-Date=${day}T120000Z`,
      `X-Amz-Expires=${seconds}`,
      "X-Amz-SignedHeaders=host",
      `X-Amz-Signature=${"0".repeat(64)}`,
    ].join("&");
    const target = parseTarget(`/testbucket/linux_commands.txt?${query}`);
    assert.ok(target.ok);
    const head = {
      method: "GET",
      target: target.value,
      headers: ["host", "gateway.example.org"],
      sourceAddress: "192.0.2.1",
      secure: false,
    };
    const verdict = decided(gateway, head, NOW + 300);
    return verdict.kind === "refuse"
      ? verdict.fault.code + " " + verdict.fault.message
      : verdict.kind;
  };
  test("--expires-in: from 0 to 7 days", () => {
    for (const seconds of ["0", "1", "604800"]) {
      assert.match(expiring(seconds), /^AccessDenied Access Denied$/, seconds);
    }
    for (const seconds of ["604801", "-1", "1h"]) {
      assert.match(expiring(seconds), /^AuthorizationQueryParametersError/, seconds);
    }
  });

  test("revoked or changed keys: the URL returns access denied", () => {
    for (const who of ["owner", "nobody"]) {
      const verdict = decide(gateway, who, "GET /testbucket/k", { secret: "changed" });
      assert.equal(verdict.kind === "refuse" && verdict.fault.code, "AccessDenied");
    }
  });
});
