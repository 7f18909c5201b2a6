/**
 * Every operation against every permission that it needs, as a client meets them: signed, through
 * `admit` and whatever the verdict asks for. What each needs stands in operation-rows.ts.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { goodConfig } from "../../support/config.ts";
import { word, type Decided } from "../../support/decided.ts";
import type { KeyPair } from "../../support/signed.ts";
import { commands } from "../s3/sdk-model.ts";
import { ROWS, type Row } from "./operation-rows.ts";
import { EVERY_OPERATION_SERVED, heldBack, judgeRow, policyDocument } from "./row-requests.ts";

type Statement = Readonly<Record<string, unknown>>;

/** A policy, and what must become of the row's request under it. */
type Case = {
  readonly row: Row;
  readonly what: string;
  readonly statements: readonly Statement[];
  readonly expected: string;
};

/** One kind of policy: which rows it can speak of, and how it comes into force. */
type Kind = {
  readonly kind: string;
  readonly rows: readonly Row[];
  /** What becomes of operations that are not forwarded although the gates let them through. */
  readonly answers: Readonly<Record<string, string>>;
  /**
   * For each case a snapshot in which `callerOf(index)`, a subuser without a tier, depends on its
   * statements alone. Many may share one, so that a configuration is not parsed for each.
   */
  readonly snapshotsOf: (cases: readonly Case[]) => readonly Snapshot[];
};

const ALL = { Effect: "Allow", Action: "*", Resource: "*" };
/** A subuser must have a policy or a tier; this is about no row. */
const ELSEWHERE = { ...ALL, Resource: "arn:aws:s3:::elsewhere/*" };

/** What a policy of the bucket can speak of: nothing but it and its objects, once it is there. */
const ROWS_OF_BUCKET = ROWS.filter(
  ({ operation, needs }) =>
    operation !== "CreateBucket" && needs.every((need) => / bucket(?:\/|$)/.test(need)),
);

/** The gateway keeps the bucket's policy, so that it answers what is asked about it itself. */
const KEPT_POLICY = {
  GetBucketPolicy: "answer",
  GetBucketPolicyStatus: "answer",
  PutBucketPolicy: "MethodNotAllowed",
  DeleteBucketPolicy: "MethodNotAllowed",
};

/** S3-AUTHORIZATION section 1.5: the policy itself is for its owner's account alone. */
const ABROAD = {
  rows: ROWS_OF_BUCKET,
  answers: {
    ...KEPT_POLICY,
    GetBucketPolicy: "MethodNotAllowed",
    GetBucketPolicyStatus: "MethodNotAllowed",
  },
};

/** So many that no policy of the bucket becomes larger than it may be. */
const CASES_PER_BUCKET = 40;

const KINDS: readonly Kind[] = [
  { kind: "identity policies", rows: ROWS, answers: {}, snapshotsOf: byIdentityPolicies },
  {
    kind: "bucket policies",
    rows: ROWS_OF_BUCKET,
    answers: KEPT_POLICY,
    snapshotsOf: byBucketPolicies,
  },
  // Two accounts must agree: each kind is judged where the other side allows everything.
  {
    kind: "policies of another account's bucket",
    ...ABROAD,
    snapshotsOf: byPoliciesOfOthersBucket,
  },
  {
    kind: "identity policies in another account's bucket",
    ...ABROAD,
    snapshotsOf: byIdentityPoliciesAbroad,
  },
];

for (const { kind, rows, answers, snapshotsOf } of KINDS) {
  describe(`by ${kind}`, () => {
    const cases = rows.flatMap((row) => casesOf(row, answers));
    const snapshots = snapshotsOf(cases);
    for (const [i, { row, what, expected }] of cases.entries()) {
      test(`${nameOf(row)} is judged ${expected} ${what}`, () => {
        const snapshot = snapshots[i];
        assert(snapshot !== undefined);
        const verdict = judgeRow(snapshot, row, callerOf(i));
        assert.equal(outcome(verdict), expected);
        assert.equal(verdict.facts.operation, row.operation);
      });
    }
  });
}

test("the rows are the 112 operations of the SDK, and the browser's form", () => {
  const inSdk = commands.map(({ name }) => name);
  assert.equal(inSdk.length, 112);
  const inRows = new Set(ROWS.map(({ operation }) => operation));
  assert.deepEqual([...inRows].sort(), [...inSdk, "PostObject"].sort());
});

test("a bucket's policy can be about all but the service and buckets that do not exist yet", () => {
  const spoken = new Set(ROWS_OF_BUCKET.map(({ operation }) => operation));
  const others = ROWS.map(({ operation }) => operation).filter((name) => !spoken.has(name));
  const expected = [
    "CreateBucket",
    "ListBuckets",
    "ListDirectoryBuckets",
    "WriteGetObjectResponse",
  ];
  assert.deepEqual([...new Set(others)].sort(), expected);
});

/**
 * "All but one" is the strongest form of one missing: since a further Allow never takes anything
 * away (test/property/gates.test.ts), no smaller policy could do it either.
 */
function casesOf(row: Row, answers: Kind["answers"]): readonly Case[] {
  const expect = (expected: string): string => row.ends ?? expected;
  return [
    {
      row,
      what: "where just what it needs is allowed",
      statements: row.needs.map((need) => ({ Effect: "Allow", ...scopeOf(need) })),
      expected: expect(answers[row.operation] ?? "forward"),
    },
    ...row.needs.map((need) => ({
      row,
      what: `where all but ${need} is allowed`,
      statements: allBut(need),
      expected: expect(refusal("allow", row, need)),
    })),
    ...[...row.needs, ...denialsBesides(row)].map((need) => ({
      row,
      what: `where all is allowed and ${need} denied`,
      statements: [ALL, { Effect: "Deny", ...scopeOf(need) }],
      expected: expect(refusal("explicit-deny", row, need)),
    })),
  ];
}

function denialsBesides({ needs, deniedToo }: Row): readonly string[] {
  const [, resource = ""] = needs[0]?.split(" ") ?? [];
  return (deniedToo ?? []).map((action) => `${action} ${resource}`);
}

function scopeOf(need: string): { readonly Action: string; readonly Resource: string } {
  const [action = "", resource = ""] = need.split(" ");
  return { Action: action, Resource: resource === "*" ? "*" : `arn:aws:s3:::${resource}` };
}

/** Every other action anywhere, and this action on every other resource. */
function allBut(need: string): readonly Statement[] {
  const { Action, Resource } = scopeOf(need);
  const others = { Effect: "Allow", NotAction: Action, Resource: "*" };
  if (Resource === "*") return [others];
  return [others, { Effect: "Allow", Action, NotResource: Resource }];
}

/** DeleteObjects holds back the entry and goes on with the others. */
function refusal(gate: string, { operation }: Row, need: string): string {
  return operation === "DeleteObjects" ? `${gate}, without ${need.split("/")[1]}` : gate;
}

function byIdentityPolicies(all: readonly Case[]): readonly Snapshot[] {
  const snapshot = snapshotOf("lab", identityPolicies(all));
  return all.map(() => snapshot);
}

function byIdentityPoliciesAbroad(all: readonly Case[]): readonly Snapshot[] {
  const everything = { ...inBucket(ALL), Principal: { AWS: "arn:aws:iam::partner:root" } };
  const snapshot = snapshotOf("partner", identityPolicies(all), [everything]);
  return all.map(() => snapshot);
}

/** What callers have of their own, by the index of each. */
type Identities = ReadonlyMap<number, readonly Statement[]>;

function identityPolicies(all: readonly Case[]): Identities {
  return new Map(all.map(({ statements }, i) => [i, statements]));
}

function byBucketPolicies(all: readonly Case[]): readonly Snapshot[] {
  return inChunks(all, "lab", ELSEWHERE);
}

function byPoliciesOfOthersBucket(all: readonly Case[]): readonly Snapshot[] {
  return inChunks(all, "partner", ALL);
}

/** The bucket's policy speaks of some callers of `account` at a time, each of whom has `own`. */
function inChunks(all: readonly Case[], account: string, own: Statement): readonly Snapshot[] {
  return all.flatMap((_, first) => {
    if (first % CASES_PER_BUCKET !== 0) return [];
    const chunk = all.slice(first, first + CASES_PER_BUCKET);
    const identities: Identities = new Map(chunk.map((_, i) => [first + i, [own]]));
    const bucket = chunk.flatMap(({ statements }, i) => {
      const Principal = { AWS: `arn:aws:iam::${account}:user/user${first + i}` };
      return statements.map((statement) => ({ ...inBucket(statement), Principal }));
    });
    const snapshot = snapshotOf(account, identities, bucket);
    return chunk.map(() => snapshot);
  });
}

/** The account lab with its bucket, and the callers as subusers of `account`. */
function snapshotOf(
  account: string,
  identities: Identities,
  bucket?: readonly Statement[],
): Snapshot {
  const subusers = [...identities.keys()].map((i) => ({
    name: `user${i}`,
    policies: [`${i}.json`],
    keys: [callerOf(i)],
  }));
  const upstream = { accessKey: "STOREKEY000000000000", secretKey: "the-stores-secret" };
  const lab = { name: "lab", upstream, subusers: account === "lab" ? subusers : [] };
  const others = account === "lab" ? [] : [{ name: account, subusers }];
  const buckets = [{ name: "bucket", account: "lab", policy: "bucket.json" }];
  const files: Record<string, string> = {
    "gateway.yaml": EVERY_OPERATION_SERVED,
    "accounts.yaml": JSON.stringify({ accounts: [lab, ...others], ...(bucket && { buckets }) }),
  };
  for (const [i, statements] of identities) files[`${i}.json`] = policyDocument(statements);
  if (bucket !== undefined) {
    files["gateway.yaml"] += "policy: { bucketPolicies: gateway }\n";
    files["bucket.json"] = policyDocument(bucket);
  }
  return compileSnapshot(goodConfig(files), 1);
}

/** The statement as the bucket's own policy must say it, which cannot speak of all resources. */
function inBucket(statement: Statement): Statement {
  if (statement["Resource"] !== "*") return statement;
  return { ...statement, Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"] };
}

function callerOf(index: number): KeyPair {
  return { accessKey: `AKIDCASE${String(index).padStart(12, "0")}`, secretKey: `secret-${index}` };
}

/** `forward`, the gate that refused, or else the error; of DeleteObjects what was held back too. */
function outcome(verdict: Decided): string {
  const gate = verdict.facts.denial?.gate;
  if (verdict.kind === "refuse") return gate ?? word(verdict);
  const held = heldBack(verdict);
  return held.length === 0 ? verdict.kind : `${gate}, without ${held.join()}`;
}

function nameOf({ operation, line, headers = {}, form = {} }: Row): string {
  const extras = Object.entries({ ...headers, ...form }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [operation, `(${[line, ...extras].join(", ")})`].join(" ");
}
