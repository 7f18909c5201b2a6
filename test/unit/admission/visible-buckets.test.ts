import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { visibleBuckets } from "../../../src/admission/visible-buckets.ts";
import { listingOf, shown } from "./listings.ts";
import { gatewayOf, type People } from "./people.ts";
import { visibleBuckets as reference } from "./visible-reference.ts";
import { NOW } from "./world.ts";

const NAMES = ["aaa", "aab", "a-b", "bob", "own", "other", "alice", "xyz"];

const bucketPart = fc.constantFrom(
  "aaa",
  "a*",
  "aa?",
  "*",
  "??b",
  "bob",
  "own",
  "x*",
  "*b",
  "${aws:username}",
  "${aws:PrincipalTag/t}*",
  "o*r",
  ":own",
  ":a*",
  "?own",
  "?a*",
);
const keyPart = fc.constantFrom(
  undefined,
  undefined,
  "*",
  "k",
  "k*",
  "??b",
  "*k",
  "a/b",
  "*/b",
  "${aws:username}/*",
  "*-x/k?",
  "${gw:Operation}",
  "",
);
const resource = fc
  .tuple(bucketPart, keyPart)
  .map(([bucket, key]) => `arn:aws:s3:::${bucket}${key === undefined ? "" : `/${key}`}`);
const condition = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  { StringEquals: { "gw:Operation": "HeadObject" } },
  { StringEquals: { "s3:ExistingObjectTag/a": "b" } },
  { StringNotEquals: { "aws:ResourceAccount": "lab" } },
  { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } },
);
const statement = fc
  .record({
    effect: fc.constantFrom("Allow", "Allow", "Deny"),
    action: fc.constantFrom("s3:*", "s3:Get*", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    not: fc.integer({ min: 0, max: 9 }),
    resources: fc.array(resource, { minLength: 1, maxLength: 3 }),
    Condition: condition,
  })
  .map(({ effect: Effect, action, not, resources, Condition }) => ({
    Effect,
    [not === 0 ? "NotAction" : "Action"]: action,
    [not === 1 ? "NotResource" : "Resource"]: resources,
    ...(Condition === undefined ? {} : { Condition }),
  }));
const statements = fc.array(statement, { minLength: 1, maxLength: 5 });

/** Of the bucket "a" or "own", about whom and what it likes. */
const bucketPolicy = (bucket: string): fc.Arbitrary<object> =>
  fc
    .array(
      fc.record({
        Effect: fc.constantFrom("Allow", "Deny"),
        Principal: fc.constantFrom("*", { AWS: "arn:aws:iam::lab:user/alice" }),
        Action: fc.constant("s3:*"),
        Resource: fc.constantFrom(
          [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
          `arn:aws:s3:::${bucket}/k*`,
          `arn:aws:s3:::${bucket}/secret/a`,
        ),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((Statement) => ({ Version: "2012-10-17", Statement }));

const people = fc.record({
  alice: fc.record({
    policy: statements,
    tier: fc.constantFrom(undefined, undefined, undefined, "READ", "READWRITE"),
  }),
  account: fc.option(statements, { nil: undefined, freq: 2 }),
  own: fc.option(bucketPolicy("own"), { nil: undefined }),
  other: fc.option(bucketPolicy("other"), { nil: undefined }),
  a: fc.option(bucketPolicy("aaa"), { nil: undefined, freq: 2 }),
});

test("visibleBuckets() shows what trying every operation on every named key would show", () => {
  fc.assert(
    fc.property(people, ({ alice, account, own, other, a }) => {
      const { tier, policy } = alice;
      const written: People = {
        policy: { anonymous: "policy", listBuckets: "filtered" },
        accounts: {
          lab: {
            ...(account === undefined ? {} : { policy: account }),
            users: {
              alice: { policy, tags: { t: "x" }, ...(tier === undefined ? {} : { tier }) },
            },
          },
          guest: {},
        },
        buckets: {
          own: { account: "lab", ...(own === undefined ? {} : { policy: own }) },
          other: { account: "guest", ...(other === undefined ? {} : { policy: other }) },
          aaa: { account: "guest", ...(a === undefined ? {} : { policy: a }) },
        },
      };
      const snapshot = gatewayOf(written);
      for (const who of ["lab:alice", "lab", undefined]) {
        const subject = listingOf(snapshot, who);
        const filter = visibleBuckets(snapshot, subject, NOW);
        const expected = reference(snapshot, subject, NOW);
        assert.deepEqual(shown(filter, NAMES), shown(expected, NAMES), who);
      }
    }),
    { numRuns: 60 },
  );
});

test("visibleBuckets() takes nothing from a bucket in which an evaluation asks for tags first", () => {
  const policy = [
    {
      Effect: "Allow",
      Action: "s3:GetObject",
      NotResource: "arn:aws:s3:::aaa",
      Condition: { StringEquals: { "s3:ExistingObjectTag/a": "b" } },
    },
    {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: ["arn:aws:s3:::${aws:username}/k", "arn:aws:s3:::x*"],
    },
  ];
  const snapshot = gatewayOf({ accounts: { lab: { users: { alice: { policy } } } } });
  const filter = visibleBuckets(snapshot, listingOf(snapshot, "lab:alice"), NOW);
  assert.deepEqual(shown(filter, ["alice", "xyz"]), ["xyz"]);
});

test("a thousand buckets and two hundred patterns that fit none are judged as one", () => {
  const policy = Array.from({ length: 10 }, (_, i) => ({
    Effect: "Allow",
    Action: "s3:*",
    Resource: Array.from({ length: 20 }, (_, j) => `arn:aws:s3:::none-${i}-*/key-${j}*`),
  }));
  const snapshot = gatewayOf({ accounts: { lab: { users: { alice: { policy } } } } });
  const subject = listingOf(snapshot, "lab:alice");
  let judged = 0;
  const head = {
    ...subject.head,
    // Asked for by a gate, once each time that one request is judged.
    get sourceAddress(): string {
      judged++;
      return "192.0.2.1";
    },
  };
  const filter = visibleBuckets(snapshot, { ...subject, head }, NOW);
  const names = Array.from({ length: 1000 }, (_, i) => `bucket-${i}`);
  assert.deepEqual(shown(filter, names), []);
  assert.ok(judged < 500, `judged ${judged} times`);
});
