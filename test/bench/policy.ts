import { compilePolicies, type PolicySet } from "../../src/policy/policy-set.ts";
import { evaluate, type PolicyQuestion } from "../../src/policy/evaluate.ts";
import { parsePolicy } from "../../src/policy/parse.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { microsOf, quantile, type Timing } from "./support/measure.ts";
import { policyTable } from "./support/report.ts";
import { textLines } from "./support/table.ts";

/**
 * Statements of one form. One decision under 100 and under 10,000 of them is measured against the
 * limits of 5 µs and 20 µs at the median. Each shape leans on another part of the index. In the
 * worst ones it can skip nothing, and the cost is that of reading every statement. Run with `npm
 * exec -- node test/bench/policy.ts`.
 */
type Shape = {
  readonly name: string;
  /** Numbers of statements, each with the limit in µs that the median must stay under. */
  readonly counts: readonly (readonly [count: number, limit: number])[];
  readonly statement: (n: number) => Record<string, unknown>;
};

const LIMITS = [
  [100, 5],
  [10_000, 20],
] as const;
/**
 * The numbers for a shape of which every statement must be read: the cost of ten thousand is only
 * theirs.
 */
const HUNDRED = [[100, 5]] as const;

const SHAPES: readonly Shape[] = [
  {
    name: "every kind of action, a bucket each",
    counts: LIMITS,
    statement: (n) => ({
      Effect: n % 5 === 0 ? "Deny" : "Allow",
      Action: ACTIONS[n % ACTIONS.length],
      Resource: [`arn:aws:s3:::bucket-${n}`, `arn:aws:s3:::bucket-${n}/*`],
      Condition: { IpAddress: { "aws:SourceIp": [`10.${n % 256}.0.0/16`, "192.0.2.0/24"] } },
    }),
  },
  {
    name: "s3:* on one bucket, a prefix each",
    counts: LIMITS,
    statement: (n) => ({
      Effect: n % 5 === 0 ? "Deny" : "Allow",
      Action: "s3:*",
      Resource: `arn:aws:s3:::bucket-1/project-${n}/*`,
      Condition: { StringNotEquals: { "aws:username": "mallory" } },
    }),
  },
  {
    name: "one action, the user's home in a bucket each",
    counts: LIMITS,
    statement: (n) => ({
      Effect: n % 5 === 0 ? "Deny" : "Allow",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::bucket-${n}/project-1/\${aws:username}/*`,
    }),
  },
  {
    name: "worst: all of everything, an address each",
    counts: HUNDRED,
    statement: (n) => ({
      Effect: "Deny",
      Action: "s3:*",
      Resource: "*",
      Condition: { IpAddress: { "aws:SourceIp": `10.${n % 256}.${n >> 8}.0/24` } },
    }),
  },
  {
    name: "worst: all of everything, a home each",
    counts: HUNDRED,
    statement: (n) => ({
      Effect: "Deny",
      Action: "s3:*",
      Resource: `arn:aws:s3:::*/\${aws:username}/project-${n}/*`,
    }),
  },
];

const ACTIONS = ["s3:GetObject", "s3:Get*", "s3:PutObject", "s3:*Object*", "s3:ListBucket", "s3:*"];

const VALUES: Readonly<Record<string, string>> = {
  "aws:SourceIp": "192.0.2.17",
  "aws:username": "alice",
};

const QUESTION: PolicyQuestion = {
  action: "s3:GetObject",
  operation: "GetObject",
  resource: "arn:aws:s3:::bucket-1/project-1/alice/data/2026/11/22/measurement-000042.parquet",
  principal: {
    kind: "known",
    identifiers: ["arn:aws:iam::lab:user/alice"],
    accountIdentifiers: ["lab"],
  },
  context: (key) => VALUES[key],
};

/** Returns statements in policies of a hundred, since a policy may not have thousands. */
function setOf(shape: Shape, count: number): PolicySet {
  const policies: Policy[] = [];
  for (let first = 0; first < count; first += 100) {
    const statements = Array.from({ length: 100 }, (_, i) => shape.statement(first + i));
    const text = JSON.stringify({ Version: "2012-10-17", Statement: statements });
    const policy = parsePolicy(text, `policy-${first}.json`, "identity");
    if (!policy.ok) throw new Error(policy.error[0]?.message);
    policies.push(policy.value);
  }
  return compilePolicies(policies);
}

/** The timing, with batches short enough to show a pause. */
const TIMING: Timing = { warmup: 20_000, batch: 20, batches: 5_000 };

/** Returns median and 99th percentile in microseconds. */
function measure(set: PolicySet): { median: number; p99: number } {
  const micros = microsOf(() => void evaluate(set, QUESTION), TIMING);
  return { median: quantile(micros, 0.5), p99: quantile(micros, 0.99) };
}

/** The cost of one decision under a number of statements of one shape. */
export type PolicyCost = {
  readonly name: string;
  readonly statements: number;
  /** The median in microseconds. */
  readonly median: number;
  readonly p99: number;
  /** The limit for the median. */
  readonly aim: number;
  readonly compiledMs: number;
};

/** Returns every shape under each number of statements. */
export function policyCosts(): readonly PolicyCost[] {
  return SHAPES.flatMap((shape) =>
    shape.counts.map(([statements, aim]) => {
      const start = performance.now();
      const set = setOf(shape, statements);
      const compiledMs = performance.now() - start;
      return { name: shape.name, statements, aim, compiledMs, ...measure(set) };
    }),
  );
}

if (import.meta.main) {
  const costs = policyCosts();
  for (const line of textLines(policyTable(costs))) console.log(line);
  if (costs.some(({ median, aim }) => median >= aim)) process.exitCode = 1;
}
