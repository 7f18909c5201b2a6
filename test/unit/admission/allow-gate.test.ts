/**
 * Who allows a request, and so in whose name the store is asked: the account, a tier, a policy, a
 * privilege, the store's ACLs (S3-AUTHORIZATION sections 4.3 and 5.2).
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Key } from "../../../src/admission/principal.ts";
import type { Verdict } from "../../../src/admission/verdict.ts";
import type { Provider } from "../../../src/provider/provider.ts";
import { asItself, keeping, settle } from "./asked.ts";
import { gatewayOf, signerOf, word, type People, type Sent } from "./people.ts";
import { PLAIN_SESSION } from "../../support/sessions.ts";

const ON_BUCKET = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"];
const to = (...names: readonly string[]): object => ({
  Principal: { AWS: names.map((name) => `arn:aws:iam::${name}`) },
});
const EVERYBODY = { Principal: "*" };
const allow = (who: object, Action: string, more: object = {}): object => ({
  Effect: "Allow",
  ...who,
  Action,
  Resource: ON_BUCKET,
  ...more,
});
const deny = (who: object, Action: string): object => allow(who, Action, { Effect: "Deny" });
const documentOf = (...Statement: readonly object[]): string | undefined =>
  Statement.length === 0 ? undefined : JSON.stringify({ Version: "2012-10-17", Statement });
const own = (Action: string, Effect = "Allow", Resource = "*"): readonly object[] => [
  { Effect, Action, Resource },
];
const ELSEWHERE = own("s3:*", "Allow", "arn:aws:s3:::elsewhere/*");

/** Account A with `bucket`, and B beside it; N has neither a tier nor a policy for anything here. */
const PEOPLE: People = {
  policy: { bucketPolicies: "gateway", anonymous: "policy", tierMode: "union" },
  accounts: {
    A: {
      users: {
        R: { tier: "READ" },
        P: { policy: own("s3:GetObject") },
        N: { policy: ELSEWHERE },
        F: { tier: "FULL" },
        D: { tier: "FULL", policy: own("s3:*BucketPolicy", "Deny") },
      },
    },
    B: {
      users: {
        R: { tier: "READ" },
        P: { policy: own("s3:GetObject") },
        N: { policy: ELSEWHERE },
      },
    },
  },
};

type World = {
  readonly policy?: readonly object[];
  readonly provider?: Partial<Provider>;
  readonly people?: People;
  /** Changes every key. */
  readonly key?: (key: Key) => Key;
};

/** The verdict on a request to a gateway that finds the record of `bucket`, which is A's. */
function verdictIn(
  { policy = [], provider = {}, people = PEOPLE, key = (one) => one }: World,
  who: string | undefined,
  line: string,
  sent: Sent = {},
): Verdict {
  const { snapshot, records } = keeping(asItself(people, "nobody"), documentOf(...policy));
  const settings = { ...snapshot.policy, provider: { ...snapshot.policy.provider, ...provider } };
  const keys = new Map([...snapshot.keys].map(([id, one]) => [id, key(one)]));
  return settle({ ...snapshot, policy: settings, keys }, who, line, sent, { records, body: "" })
    .verdict;
}

const READ = "GET /bucket/k";
const WRITE = "PUT /bucket/k";

describe("the store is asked", () => {
  const policy = [
    allow(to("A:user/N", "B:root"), "s3:GetObject"),
    allow(EVERYBODY, "s3:GetObject", { Resource: "arn:aws:s3:::bucket/open/*" }),
  ];
  const rows = [
    ["by the account itself", "A", READ, "caller"],
    ["by a tier", "A:R", READ, "caller"],
    ["by a policy of the user", "A:P", READ, "caller"],
    ["by a bucket's policy that names its own user", "A:N", READ, "caller"],
    ["by nothing", "A:N", WRITE, "allow"],
    ["by a bucket's policy that names another account", "B", READ, "owner"],
    ["by a bucket's policy that names everybody", undefined, "GET /bucket/open/k", "owner"],
    ["by a bucket's policy for less", "B", WRITE, "allow"],
    ["where nothing is known of the bucket", "B", "GET /unknown/k", "caller"],
  ] as const;
  for (const [what, who, line, expected] of rows) {
    test(`${what}: as ${expected}`, () => {
      const verdict = verdictIn({ policy }, who, line);
      const { actor } = verdict.facts;
      assert.equal(verdict.kind === "forward" ? actor : word(verdict), expected);
    });
  }

  test("as both, which nobody is, if two buckets need two names", () => {
    const headers = { "x-amz-copy-source": "/bucket/k" };
    const verdict = verdictIn({ policy: [allow(to("B:root"), "s3:*")] }, "B", "PUT /own/k", {
      headers,
    });
    assert.equal(verdict.facts.actor, "both");
    assert.equal(verdict.kind === "refuse" && verdict.fault.code, "AccessDenied");
  });

  test("as nobody in particular, where no records are kept", () => {
    const gateway = gatewayOf({ accounts: PEOPLE.accounts });
    const { verdict } = settle(gateway, "A:R", READ);
    assert.equal(word(verdict), "forward");
    assert.equal(verdict.facts.actor, undefined);
  });

  test("as nobody, where that is left to the store", () => {
    const left = { ...PEOPLE, policy: { ...PEOPLE.policy, anonymous: "upstream" } };
    const shut = verdictIn({ people: left }, undefined, READ);
    assert.deepEqual(
      [word(shut), shut.facts.actor, signerOf(shut)],
      ["forward", "caller", undefined],
    );
    const open = verdictIn({ people: left, policy }, undefined, "GET /bucket/open/k");
    assert.deepEqual([open.facts.actor, signerOf(open)], ["owner", "STORE-A"]);
  });
});

describe("a refusal names", () => {
  const rows = [
    ["A:N", "A:N: no policy"],
    ["B", "B: no policy"],
    [undefined, "anonymous: no policy"],
  ] as const;
  for (const [who, rule] of rows) {
    test(`${rule}, for the operator`, () => {
      const { facts } = verdictIn({}, who, READ);
      assert.deepEqual(facts.denial, { gate: "allow", rule, place: undefined });
    });
  }
});

describe("in another account's bucket", () => {
  const byRoot = [allow(to("B:root"), "s3:*")];
  const byName = [allow(to("B:user/N", "B:user/R", "B:user/P"), "s3:*")];
  const rows = [
    // The account passes on what it has, by its own policy or, where the provider says so, a tier.
    ["both", byRoot, "B", READ, "forward"],
    ["both", byRoot, "B:N", READ, "allow"],
    ["both", byRoot, "B:P", READ, "forward"],
    ["both", byRoot, "B:P", WRITE, "allow"],
    ["both", byRoot, "B:R", READ, "allow"],
    ["both", byName, "B:N", READ, "allow"],
    ["both", byName, "B:P", READ, "forward"],
    ["both", byName, "B:R", READ, "allow"],
    ["resource", byRoot, "B", READ, "forward"],
    ["resource", byRoot, "B:N", READ, "allow"],
    ["resource", byRoot, "B:P", READ, "forward"],
    ["resource", byRoot, "B:P", WRITE, "allow"],
    ["resource", byRoot, "B:R", READ, "forward"],
    ["resource", byRoot, "B:R", WRITE, "allow"],
    ["resource", byName, "B:N", READ, "forward"],
    ["resource", byName, "B:N", WRITE, "forward"],
    ["resource", byName, "B", READ, "allow"],
    ["resource", [], "B:P", READ, "allow"],
  ] as const;
  for (const [crossAccount, policy, who, line, expected] of rows) {
    const whom = policy === byRoot ? "its account" : policy === byName ? "it" : "nobody";
    test(`${who} ${line} where ${whom} is named (${crossAccount}): ${expected}`, () => {
      const verdict = verdictIn({ policy, provider: { crossAccount } }, who, line);
      assert.equal(word(verdict), expected);
      if (expected === "forward") assert.equal(verdict.facts.actor, "owner");
    });
  }
});

test("in its own account's bucket a user needs its own name in the policy, or its own Allow", () => {
  for (const [who, name, expected] of [
    ["A:N", "A:root", "allow"],
    ["A:N", "A:user/N", "forward"],
    ["A:P", "A:root", "forward"],
    ["A:R", "A:root", "forward"],
  ] as const) {
    const verdict = verdictIn({ policy: [allow(to(name), "s3:GetObject")] }, who, READ);
    assert.equal(word(verdict), expected, `${who} by ${name}`);
  }
});

test("an account whose tier the provider bounds may no more than that", () => {
  const { keys } = gatewayOf({ accounts: PEOPLE.accounts });
  const tier = keys.get("AKID.A.R")?.subuser?.tier ?? assert.fail();
  const key = (one: Key): Key => ({ ...one, account: { ...one.account, tier } });
  assert.equal(word(verdictIn({ key }, "A", READ)), "forward");
  assert.equal(word(verdictIn({ key }, "A", WRITE)), "allow");
});

describe("where policies only restrict", () => {
  const provider = { bucketPolicyRole: "restrict", crossAccount: "resource" } as const;
  const rows = [
    ["no policy takes nothing away", [], "A:R", READ, "forward"],
    ["nor from other accounts, whom the store judges", [], "B", READ, "forward"],
    ["who is named still comes as itself", [allow(to("B:root"), "s3:*")], "B", READ, "forward"],
    ["who is not named does not come in", [allow(to("B:root"), "s3:*")], "A", READ, "allow"],
    ["who may nothing gets nothing", [allow(to("B:user/N"), "s3:*")], "B:N", READ, "allow"],
    ["an account has what nobody knows of", [], "A", "GET /unknown/k", "forward"],
    ["a tier stays a ceiling", [allow(to("B:user/R"), "s3:*")], "B:R", READ, "forward"],
    ["and one below it", [allow(to("B:user/R"), "s3:*")], "B:R", WRITE, "allow"],
  ] as const;
  for (const [what, policy, who, line, expected] of rows) {
    test(`${what}: ${who} ${line}`, () => {
      const verdict = verdictIn({ policy, provider }, who, line);
      assert.equal(word(verdict), expected);
      if (expected === "forward") assert.equal(verdict.facts.actor, "caller");
    });
  }
});

describe("a policy that needs a privilege to be changed", () => {
  const provider = { policyManagers: "privilege" } as const;
  const named = [allow(to("A:root"), "s3:*BucketPolicy")];
  const rows = [
    [[], "A", "DELETE /bucket?policy", "allow"],
    [[], "A", "PUT /bucket?policy", "allow"],
    [[], "A", "GET /bucket?policy", "NoSuchBucketPolicy"],
    [named, "A", "DELETE /bucket?policy", "keep"],
    [named, "A:F", "DELETE /bucket?policy", "allow"],
  ] as const;
  for (const [policy, who, line, expected] of rows) {
    test(`${who} ${line}, ${policy === named ? "named" : "not named"}: ${expected}`, () => {
      const verdict = verdictIn({ policy, provider }, who, line);
      assert.equal(word(verdict), expected);
      if (expected === "keep") assert.equal(verdict.facts.actor, "caller");
    });
  }

  test("needs none where the store keeps it", () => {
    const people: People = { policy: { bucketPolicies: "upstream" }, accounts: PEOPLE.accounts };
    const gateway = gatewayOf(people);
    const settings = { ...gateway.policy, provider: { ...gateway.policy.provider, ...provider } };
    const { verdict } = settle({ ...gateway, policy: settings }, "A", "DELETE /bucket?policy");
    assert.equal(word(verdict), "forward");
  });
});

describe("an owner who is locked out", () => {
  const policy = [deny(EVERYBODY, "s3:*")];
  const rows = [
    ["A", "GET /bucket?policy", "answer"],
    ["A", "DELETE /bucket?policy", "keep"],
    ["A", "GET /bucket?policyStatus", "explicit-deny"],
    ["A", READ, "explicit-deny"],
    ["A", "DELETE /bucket", "explicit-deny"],
    ["A:F", "GET /bucket?policy", "explicit-deny"],
    ["A:D", "GET /bucket?policy", "explicit-deny"],
    ["B", "GET /bucket?policy", "explicit-deny"],
    [undefined, "DELETE /bucket?policy", "tier"],
  ] as const;
  for (const [who, line, escaped] of rows) {
    for (const ownerPolicyEscape of [true, false]) {
      const expected = ownerPolicyEscape || who === undefined ? escaped : "explicit-deny";
      test(`${who ?? "nobody"} ${line}, ${ownerPolicyEscape ? "" : "not "}to escape: ${expected}`, () => {
        const provider = { ownerPolicyEscape };
        assert.equal(word(verdictIn({ policy, provider }, who, line)), expected);
      });
    }
  }

  test("may put another policy", () => {
    const { snapshot, records } = keeping(asItself(PEOPLE, "nobody"), documentOf(...policy));
    const body = documentOf(allow(to("A:root"), "s3:*")) ?? "";
    const put = settle(snapshot, "A", "PUT /bucket?policy", {}, { records, body });
    assert.equal(word(put.verdict), "keep");
  });

  test("is denied by its own policy all the same", () => {
    const accounts = { ...PEOPLE.accounts, A: { policy: own("s3:GetBucketPolicy", "Deny") } };
    const people = { ...PEOPLE, accounts };
    assert.equal(word(verdictIn({ people }, "A", "GET /bucket?policy")), "explicit-deny");
  });
});

/** The compiled policy of a user. */
function compiled(...statements: readonly object[]) {
  const { keys } = gatewayOf({ accounts: { X: { users: { Y: { policy: statements } } } } });
  return keys.get("AKID.X.Y")?.subuser?.policies ?? assert.fail();
}

describe("the policy of a session", () => {
  const session = (...statements: readonly object[]) => {
    const policy = statements.length === 0 ? undefined : compiled(...statements);
    return (key: Key): Key => ({ ...key, session: { ...PLAIN_SESSION, policy } });
  };
  const reads = session(...own("s3:GetObject"));
  const denies = session(...own("s3:*"), ...own("s3:GetObject", "Deny"));
  const named = [allow(to("B:root"), "s3:*")];
  const rows = [
    ["lets through what it allows", reads, [], "A", READ, "forward"],
    ["takes away what it does not", reads, [], "A", WRITE, "allow"],
    ["takes away from a tier", reads, [], "A:F", WRITE, "allow"],
    ["gives nothing", reads, [], "A:N", READ, "allow"],
    ["denies", denies, [], "A", READ, "explicit-deny"],
    ["denies no more than it says", denies, [], "A", WRITE, "forward"],
    ["takes away what a bucket's policy gives", reads, named, "B", WRITE, "allow"],
    ["leaves what a bucket's policy gives", reads, named, "B", READ, "forward"],
    ["takes nothing away if there is none", session(), [], "A", WRITE, "forward"],
  ] as const;
  for (const [what, key, policy, who, line, expected] of rows) {
    test(what, () => assert.equal(word(verdictIn({ key, policy }, who, line)), expected));
  }
});

describe("a privilege", () => {
  const people: People = {
    policy: { provider: "qumulo", bucketPolicies: "gateway" },
    accounts: { A: {}, admin: { privileges: ["PRIVILEGE_S3_BUCKETS_WRITE"] } },
  };
  const statement = { Effect: "Deny", Action: ["s3:*"], Principal: { Qumulo: ["Everyone"] } };
  const policy = JSON.stringify({ Statements: [statement] });
  const { snapshot, records } = keeping(asItself(people, "nobody"), policy);
  const outcome = (who: string, line: string, session?: Key["session"]): Verdict => {
    const keys = new Map([...snapshot.keys].map(([id, key]) => [id, { ...key, session }]));
    return settle({ ...snapshot, keys }, who, line, {}, { records }).verdict;
  };

  test("holds whatever a policy denies, and no further", () => {
    const verdict = outcome("admin", "DELETE /bucket?policy");
    assert.deepEqual([word(verdict), verdict.facts.actor], ["keep", "caller"]);
    assert.equal(word(outcome("A", "DELETE /bucket?policy")), "explicit-deny");
    assert.equal(word(outcome("admin", READ)), "explicit-deny");
  });

  test("holds no further than the policy of a session", () => {
    const line = "DELETE /bucket?policy";
    const policyOf = (...statements: readonly object[]) => ({
      ...PLAIN_SESSION,
      policy: compiled(...statements),
    });
    assert.equal(word(outcome("admin", line, policyOf(...own("s3:*BucketPolicy")))), "keep");
    assert.equal(word(outcome("admin", line, policyOf(...own("s3:GetObject")))), "allow");
    const denied = policyOf(...own("s3:*"), ...own("s3:DeleteBucketPolicy", "Deny"));
    assert.equal(word(outcome("admin", line, denied)), "explicit-deny");
  });
});

describe("an account that the store takes for another, too", () => {
  const shared = (key: Key): Key => ({ ...key, account: { ...key.account, shares: true } });
  test("has no bucket that no record gives it", () => {
    for (const line of ["GET /unknown/k", "DELETE /unknown", "GET /unknown?acl"]) {
      const verdict = verdictIn({ key: shared }, "A", line);
      assert(verdict.kind === "refuse");
      assert.equal(verdict.fault.code, "NoSuchBucket", line);
      const rule = "no record of a bucket of a shared upstream";
      assert.deepEqual(verdict.facts.denial, { gate: "allow", rule, place: undefined });
    }
    assert.equal(word(verdictIn({}, "A", "GET /unknown/k")), "forward");
  });
  test("makes buckets, lists them, and has those that a record gives it", () => {
    assert.equal(word(verdictIn({ key: shared }, "A", READ)), "forward");
    assert.equal(word(verdictIn({ key: shared }, "A", "PUT /unknown")), "forward");
    assert.equal(word(verdictIn({ key: shared }, "A", "GET /")), "forward");
    const named = [allow(to("B:root"), "s3:*")];
    assert.equal(word(verdictIn({ key: shared, policy: named }, "B", READ)), "forward");
  });
});

describe("the store's ACLs", () => {
  const provider = { storeAcls: true } as const;
  /** `bucket` is A's of tenant T; B is of another tenant, and C of the same. */
  const accounts = {
    A: { tenant: "T" },
    B: { tenant: "U", users: { R: { tier: "READ" }, N: { policy: ELSEWHERE } } },
    C: { tenant: "T" },
  };
  const people: People = { ...PEOPLE, accounts };
  const at = (
    who: string,
    line: string,
    more: World & {
      readonly store?: string;
      readonly configured?: boolean;
      readonly acls?: "none";
    } = {},
  ): Verdict => {
    const { store = "ceph", policy = [], key = (one: Key) => one } = more;
    const config = asItself({ ...people, store: { store } }, "nobody");
    const { snapshot, records } = keeping(config, documentOf(...policy));
    const found = records["bucket"];
    assert(found !== undefined);
    const record = { ...found, configured: more.configured ?? false };
    const settings = {
      ...snapshot.policy,
      provider: { ...snapshot.policy.provider, ...provider, ...more.provider },
    };
    const keys = new Map([...snapshot.keys].map(([id, one]) => [id, key(one)]));
    const known = { "T:bucket": record, "U:bucket": record, bucket: record };
    const answers = { records: known, body: "" };
    const kept = { ...snapshot.store, acls: more.acls ?? snapshot.store.acls };
    const gateway = { ...snapshot, store: kept, policy: settings, keys };
    return settle(gateway, who, line, {}, answers).verdict;
  };
  const LINE = "GET /T:bucket/k";

  test("decide for another tenant's caller, who comes as itself", () => {
    for (const [who, line] of [
      ["B", LINE],
      ["B", "PUT /T:bucket/k"],
      ["B", "GET /T:bucket"],
      ["B:R", LINE],
    ] as const) {
      const verdict = at(who, line);
      assert.equal(word(verdict), "forward", `${who} ${line}`);
      assert.deepEqual([verdict.facts.actor, signerOf(verdict)], ["caller", "STORE-B"]);
    }
  });

  test("give no user what its own account does not", () => {
    assert.equal(word(at("B:N", LINE)), "allow");
    assert.equal(word(at("B:R", "PUT /T:bucket/k")), "allow");
  });

  test("decide nothing within a tenant, where two keys may be one user's", () => {
    assert.equal(word(at("C", LINE)), "allow");
    assert.equal(word(at("C", "GET /bucket/k")), "allow");
  });

  const never = [
    "PUT /T:bucket",
    "DELETE /T:bucket",
    "GET /T:bucket?policy",
    "GET /T:bucket?policyStatus",
    "PUT /T:bucket?policy",
    "DELETE /T:bucket?policy",
  ];
  for (const line of never) {
    test(`never grant ${line}`, () => {
      const verdict = at("B", line, { provider: { policyDelegation: true }, configured: true });
      assert.equal(word(verdict), "allow");
    });
  }

  test("decide nothing where the provider has none, the store keeps none, or takes one for two", () => {
    const shared = (key: Key): Key => ({ ...key, account: { ...key.account, shares: true } });
    assert.equal(word(at("B", LINE, { provider: { storeAcls: false } })), "allow");
    for (const store of ["minio", "aws"]) {
      assert.equal(word(at("B", LINE, { store })), "allow", store);
    }
    assert.equal(word(at("B", LINE, { acls: "none" })), "allow");
    assert.equal(word(at("B", LINE, { key: shared })), "allow");
  });

  test("decide nothing that a policy of the bucket does", () => {
    const denied = at("B", LINE, { policy: [deny(to("B:root"), "s3:*")] });
    assert.equal(word(denied), "explicit-deny");
    const allowed = at("B", LINE, { policy: [allow(to("B:root"), "s3:*")] });
    assert.deepEqual([word(allowed), signerOf(allowed)], ["forward", "STORE-A"]);
  });
});

describe("a bucket that exists already", () => {
  const policy = [deny(EVERYBODY, "s3:CreateBucket")];
  test("is for its own policy to refuse to its owner", () => {
    assert.equal(word(verdictIn({ policy }, "A", "PUT /bucket")), "explicit-deny");
  });
  test("is for the state to refuse to others, who read no policy of it", () => {
    assert.equal(word(verdictIn({ policy }, "B", "PUT /bucket")), "forward");
  });
  test("is made by nobody", () => {
    const anonymous = { access: "policy", ceiling: undefined } as const;
    for (const provider of [{}, { anonymous }]) {
      assert.equal(verdictIn({ policy, provider }, undefined, "PUT /bucket").kind, "refuse");
    }
  });
});

describe("a list of buckets", () => {
  const rows = [
    ["*", "forward"],
    ["arn:aws:s3:::bucket", "allow"],
    ["arn:aws:s3:::undefined", "allow"],
  ] as const;
  for (const [resource, expected] of rows) {
    test(`is allowed on ${resource}: ${expected}`, () => {
      const policy = own("s3:ListAllMyBuckets", "Allow", resource);
      const accounts = { A: { users: { L: { policy } } } };
      assert.equal(word(verdictIn({ people: { ...PEOPLE, accounts } }, "A:L", "GET /")), expected);
    });
  }
});

describe("where policies name operations, too", () => {
  const outcome = (action: string, line: string, headers = {}): string => {
    const policy = own(action);
    const gateway = gatewayOf({
      policy: { provider: "coscine" },
      accounts: { A: { users: { U: { policy } } } },
    });
    return word(settle(gateway, "A:U", line, { headers }).verdict);
  };

  test("one is allowed by its name", () => {
    assert.equal(outcome("s3:HeadObject", "HEAD /bucket/k"), "forward");
    assert.equal(outcome("s3:HeadObject", READ), "allow");
  });

  test("what it does besides is not", () => {
    assert.equal(outcome("s3:PutObject", WRITE), "forward");
    const tagged = { "x-amz-tagging": "a=b" };
    assert.equal(outcome("s3:PutObject", WRITE, tagged), "allow");
    const begin = "POST /bucket/k?uploads";
    assert.equal(outcome("s3:CreateMultipartUpload", begin), "forward");
    assert.equal(outcome("s3:CreateMultipartUpload", begin, tagged), "allow");
  });
});
