/** Who sees which buckets in a list: the rules, each by an example. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BucketRecord } from "../../../src/admission/record.ts";
import type { ListingFilter } from "../../../src/admission/reply-plan.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { allBut } from "../../../src/admission/visible-buckets.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { SESSION_KEY_BYTES, sessionKeyOf, userHolder } from "../../../src/session/session.ts";
import { goodConfig } from "../../support/config.ts";
import { sessionOf, STS, tokenOf } from "../../support/sessions.ts";
import { decide, filesOf, gatewayOf, type People } from "./people.ts";
import {
  allow,
  deny,
  EVERYBODY,
  everythingIn,
  filterFor,
  FILTERED,
  LISTS,
  policyOf,
  shown,
} from "./listings.ts";
import { NOW } from "./world.ts";

describe("what a user may do decides which buckets it sees", () => {
  const NAMES = ["aaa", "aab", "own", "other"];
  const rows: readonly (readonly [
    what: string,
    statements: readonly object[],
    seen: readonly string[],
    more?: object,
    blockedActions?: readonly string[],
  ])[] = [
    ["nothing", [LISTS], []],
    ["to make buckets", [allow("s3:CreateBucket", "*")], []],
    ["to list one", [allow("s3:ListBucket", "aab")], ["aab"]],
    ["to read one's tags", [allow("s3:GetBucketTagging", "aab")], ["aab"]],
    ["to delete one", [allow("s3:DeleteBucket", "own")], ["own"]],
    ["to read one object", [allow("s3:GetObject", "aaa/a/b")], ["aaa"]],
    ["to write one object", [allow("s3:PutObject", "aaa/k")], ["aaa"]],
    ["to abort one upload", [allow("s3:AbortMultipartUpload", "aaa/k")], ["aaa"]],
    ["to read objects by a pattern", [allow("s3:GetObject", "aa?/*.txt")], ["aaa", "aab"]],
    ["to read one object of any", [allow("s3:GetObject", "*/k")], ["aaa", "aab", "own"]],
    ["to read objects, in words for buckets", [allow("s3:GetObject", "aaa")], []],
    ["to list buckets, in words for objects", [allow("s3:ListBucket", "aaa/*")], []],
    ["to read what is denied", [allow("s3:GetObject", "aa*/k"), deny("s3:*", "aab/*")], ["aaa"]],
    [
      "to read the second of two objects",
      [allow("s3:GetObject", "aaa/k"), allow("s3:GetObject", "aaa/l"), deny("s3:*", "*/k")],
      ["aaa"],
    ],
    ["everything of its account", [allow("s3:*", "*")], ["aaa", "aab", "own"]],
    [
      "what is its account's by a condition",
      [allow("s3:*", "*", { Condition: { StringEquals: { "aws:ResourceAccount": "guest" } } })],
      [],
    ],
    ["to read, by its tier", [LISTS], ["aaa", "aab", "own"], { tier: "READ" }],
    [
      "to read, by its tier, but nothing that has a name",
      [LISTS, deny("s3:*", "aab"), deny("s3:*", "aab/?*")],
      ["aaa", "own"],
      { tier: "READ" },
    ],
    [
      "to read objects, by its tier, where no statement is about them",
      [allow("s3:GetObject", "zzz/k")],
      ["aaa", "aab", "own"],
      { tier: "READ" },
      ["s3:List*", "s3:GetBucket*", "s3:Get*Configuration"],
    ],
    ["what is blocked for all", [allow("s3:GetObject", "aaa/*")], [], {}, ["s3:GetObject"]],
    [
      "one thing that is not blocked",
      [allow("s3:GetObject", "aaa/*"), allow("s3:PutObject", "aab/*")],
      ["aab"],
      {},
      ["s3:GetObject"],
    ],
  ];
  for (const [what, policy, expected, more = {}, blockedActions = []] of rows) {
    test(what, () => {
      const snapshot = gatewayOf({
        policy: { ...FILTERED, blockedActions },
        accounts: { lab: { users: { alice: { policy, ...more } } }, guest: {} },
        buckets: { own: { account: "lab" }, other: { account: "guest" } },
      });
      assert.deepEqual(shown(filterFor(snapshot, "lab:alice"), NAMES), expected);
      assert.deepEqual(
        NAMES.flatMap((name) => shown(filterFor(snapshot, "lab:alice"), [name])),
        expected,
      );
    });
  }
});

describe("a bucket's own policy decides on that bucket alone", () => {
  const opened = policyOf(allow("s3:GetObject", "opened/k", EVERYBODY));
  const closed = policyOf({ ...deny("s3:*", "closed"), ...everythingIn("closed") });
  const snapshot = gatewayOf({
    policy: { ...FILTERED, anonymous: "policy" },
    accounts: {
      lab: { users: { alice: { policy: [LISTS] }, bob: { policy: [allow("s3:*", "*")] } } },
      guest: {},
    },
    buckets: {
      plain: { account: "lab" },
      closed: { account: "lab", policy: closed },
      strange: { account: "guest" },
      opened: { account: "guest", policy: opened },
    },
  });
  const NAMES = ["plain", "closed", "strange", "opened", "unknown", "plain"];
  const rows = [
    // An owner can always change the policy that keeps it out.
    ["lab", ["plain", "closed", "opened", "unknown", "plain"]],
    // What another account's bucket opens to all, a user's own account must pass on.
    ["lab:alice", []],
    ["lab:bob", ["plain", "opened", "unknown", "plain"]],
    ["guest", ["strange", "opened", "unknown"]],
    [undefined, ["opened"]],
  ] as const;
  for (const [who, expected] of rows) {
    test(`for ${who ?? "nobody"}`, () => {
      assert.deepEqual(shown(filterFor(snapshot, who), NAMES), expected);
      assert.deepEqual(shown(filterFor(snapshot, who), NAMES.toReversed()), expected.toReversed());
    });
  }
});

describe("a session sees what its own policy leaves of its user's buckets", () => {
  const NAMES = ["a1", "b1", "data"];
  /** The filter for a session of `lab`, whose own policy has the statements `own`. */
  const filterOf = (own: readonly object[], statements: readonly object[]): ListingFilter => {
    const people: People = {
      policy: { listBuckets: "filtered" },
      accounts: { lab: { tenant: "t1", ...(own.length === 0 ? {} : { policy: own }) } },
    };
    const files = filesOf(people);
    const gateway = JSON.parse(files["gateway.yaml"] ?? "");
    const config = { ...files, "gateway.yaml": JSON.stringify({ ...gateway, sts: STS }) };
    const snapshot = compileSnapshot(goodConfig(config), 1);
    const session = sessionOf(NOW, {
      ...sessionKeyOf(Buffer.alloc(SESSION_KEY_BYTES, 7)),
      holder: userHolder("AKID.lab", "secret-lab"),
      policy: JSON.stringify(policyOf(...statements)),
    });
    const { accessKeyId, secret } = session;
    const headers = { "x-amz-security-token": tokenOf(session) };
    return filterFor(snapshot, "lab", { headers, accessKeyId, secret });
  };
  const seen = (own: readonly object[], ...statements: readonly object[]): readonly string[] =>
    shown(filterOf(own, statements), NAMES);
  test("by what it allows", () => {
    assert.deepEqual(seen([], allow("s3:*", "*")), NAMES);
    assert.deepEqual(seen([], LISTS), []);
    assert.deepEqual(seen([], allow("s3:GetObject", "data/a/b")), ["data"]);
  });
  test("as far as its user may", () => {
    const own = [deny("s3:*", "a1*"), deny("s3:*", "t1:b1*")];
    assert.deepEqual(seen(own, allow("s3:*", "*")), ["data"]);
    assert.deepEqual(seen(own, allow("s3:GetObject", "?1/k")), []);
    const some = [deny("s3:GetObject", "a1/*")];
    assert.deepEqual(seen(some, allow("s3:GetObject", "*/k")), ["b1", "data"]);
  });
  test("by statements of both that stand for something else in each question", () => {
    const own = [allow("s3:GetObject", "${gw:Operation}/k")];
    const some = [allow("s3:ListBucket", "other"), allow("s3:ListBucket", "a")];
    assert.deepEqual(shown(filterOf(own, some), ["a", "a1"]), ["a"]);
  });
  test("by their names with the tenant", () => {
    assert.deepEqual(seen([], allow("s3:GetObject", "t1:data/a/b")), ["data"]);
    const some = [allow("s3:GetObject", "*/k"), deny("s3:*", "t?:data/k")];
    assert.deepEqual(seen([], ...some), ["a1", "b1"]);
  });
  test("by a pattern that fits only the tenant's name, if its own policy names tenants", () => {
    const names = allow("s3:GetObject", "t1:other/k");
    const some = allow("s3:ListBucket", "*1*");
    assert.deepEqual(seen([], some), ["a1", "b1"]);
    assert.deepEqual(seen([names], some), ["a1", "b1"]);
    assert.deepEqual(seen([], some, names), NAMES);
  });
});

describe("records that are kept elsewhere", () => {
  const compiled = gatewayOf({
    policy: FILTERED,
    accounts: { lab: {}, guest: {} },
    store: { addressing: "virtual" },
    buckets: { own: { account: "lab" }, other: { account: "guest" } },
  });
  const elsewhere: Snapshot = {
    ...compiled,
    elsewhere: { keys: false, records: true },
    stateBucket: "records",
  };
  const filter = filterFor(elsewhere, "lab");
  const recordOf = (id: string): BucketRecord =>
    [...compiled.buckets.values()].find((one) => String(one.id) === id) ?? assert.fail(id);

  test("are asked for, unless the configuration has them", () => {
    const need = filter.needs("data");
    assert.equal(need?.kind, "record");
    assert.equal(need?.bucket.id, "data");
    assert.equal(need?.fresh, false);
    assert.equal(filter.needs("own"), undefined);
    assert.equal(filterFor(compiled, "lab").needs("data"), undefined);
  });
  test("are of no use for the gateway's own bucket, and for names of no bucket", () => {
    for (const name of ["records", "No_Bucket"]) {
      assert.equal(filter.needs(name), undefined);
      assert.deepEqual(shown(filter, [name]), []);
    }
  });
  test("decide where the configuration has none", () => {
    assert.deepEqual(shown(filter, ["data"]), ["data"]);
    assert.deepEqual(shown(filter, ["data"], recordOf("own")), ["data"]);
    assert.deepEqual(shown(filter, ["data"], recordOf("other")), []);
    assert.deepEqual(shown(filter, ["own"], recordOf("other")), ["own"]);
  });
});

describe("buckets that are named after their accounts", () => {
  const people: People = {
    store: { store: "minio" },
    policy: { bucketNames: { prefix: "{account}-" }, bucketPolicies: "gateway" },
    accounts: { one: { users: { alice: { policy: [allow("s3:*", "ab*")] } } }, two: {} },
  };
  const NAMES = ["one-ab", "one-abc", "one-b", "one-", "one", "two-ab", "records"];
  const filterOf = (snapshot: Snapshot, line = "GET /"): ListingFilter => {
    const verdict = decide(snapshot, "one", line);
    assert.ok(verdict.kind === "forward" && verdict.reply.kind === "filter-buckets");
    return verdict.reply.filter;
  };
  const all = gatewayOf(people);
  const filtered = gatewayOf({ ...people, policy: { ...people.policy, ...FILTERED } });

  test("are shown to their account alone, under its own names", () => {
    assert.deepEqual(shown(filterOf(all), NAMES), ["ab", "abc", "b"]);
    assert.deepEqual(shown(filterOf(filtered), NAMES), ["ab", "abc", "b"]);
    assert.equal(filterOf(all).start, "one-");
  });
  test("are shown by the beginning that was asked for", () => {
    assert.deepEqual(shown(filterOf(all, "GET /?prefix=ab"), NAMES), ["ab", "abc"]);
    assert.deepEqual(shown(filterOf(all, "GET /?prefix=one"), NAMES), []);
  });
  test("are not shown if one is the gateway's own", () => {
    assert.deepEqual(shown(filterOf({ ...all, stateBucket: "one-ab" }), NAMES), ["abc", "b"]);
  });
  test("are shown as far as their user may do anything in them", () => {
    const verdict = filterFor(filtered, "one:alice");
    assert.deepEqual(shown(verdict, ["ab", "abc", "b"]), ["ab", "abc"]);
  });
  test("need what is kept of them, and others' need nothing", () => {
    const elsewhere: Snapshot = {
      ...filtered,
      elsewhere: { keys: false, records: true },
      stateBucket: "records",
    };
    const filter = filterOf(elsewhere);
    assert.equal(filter.needs("one-ab")?.bucket.stored, "one-ab");
    for (const name of ["two-ab", "one-", "ab"]) assert.equal(filter.needs(name), undefined, name);
    assert.equal(filterOf(all).needs("one-ab"), undefined);
  });
});

test("a list from which one bucket is hidden has all others, and needs nothing for that", () => {
  const filter = allBut("records");
  assert.deepEqual(shown(filter, ["a", "records", "b"]), ["a", "b"]);
  assert.equal(filter.needs("a"), undefined);
  assert.deepEqual(shown(allBut(undefined), ["a", "records"]), ["a", "records"]);
});

test("a list goes to its caller as it is if nothing is hidden, and in report mode", () => {
  const shows = (policy: object): string => {
    const verdict = decide(gatewayOf({ policy, accounts: { lab: {} } }), "lab", "GET /");
    return verdict.kind === "forward" ? verdict.reply.kind : verdict.kind;
  };
  assert.equal(shows(FILTERED), "filter-buckets");
  assert.equal(shows({ ...FILTERED, listBuckets: "all" }), "relay");
  assert.equal(shows({ ...FILTERED, mode: "report" }), "relay");
});
