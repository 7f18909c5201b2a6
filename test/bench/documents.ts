/**
 * Measures the cost of a document before it is refused or read. The hostile families come at a
 * quarter, half and all of 2 MiB, in documents with small bounds, with large ones, and of
 * DeleteObjects; and the largest documents that are read. Aims: time no worse than linear, no step
 * above 10 ms. Run with `npm exec -- node test/bench/documents.ts`.
 */
import { fileURLToPath } from "node:url";
import { endangersHistory } from "../../src/s3/version-guard.ts";
import { asksOfDocument } from "../../src/s3/document-asks.ts";
import { documentReader } from "../../src/s3/document-reader.ts";
import type { OperationName } from "../../src/s3/operations.ts";
import { requestValues } from "../../src/s3/request-values.ts";
import { HOSTILE_XML } from "../support/hostile-xml.ts";

/** The size of the reads in `gateway/document-body.ts`. */
const STEP_BYTES = 16 * 1024;
const SIZES = [512 * 1024, 1024 * 1024, 2 * 1024 * 1024];
const RUNS = 5;

export type DocumentCost = {
  readonly name: string;
  readonly operation: OperationName;
  /** Returns a document of about `size` bytes. */
  readonly bytesOf: (size: number) => Buffer;
};

const ROOTS = [
  ["DeleteObjects", "Delete"],
  ["PutBucketTagging", "Tagging"],
  ["PutBucketLifecycleConfiguration", "LifecycleConfiguration"],
  ["RestoreObject", "RestoreRequest"],
] as const satisfies readonly (readonly [OperationName, string])[];

/** Returns as many rules as the bounds allow: 1,000 of 50 elements each. */
function rules(size: number): string {
  const parts = "<Transition/>".repeat(48);
  const count = Math.min(1000, Math.floor(size / (parts.length + 13)));
  return `<LifecycleConfiguration>${`<Rule>${parts}</Rule>`.repeat(count)}</LifecycleConfiguration>`;
}

function replication(size: number): string {
  const rule =
    "<Rule><Destination><Bucket>arn:aws:s3:::bucket</Bucket></Destination><ID>i</ID></Rule>";
  const count = Math.min(1000, Math.floor(size / rule.length));
  return `<ReplicationConfiguration>${rule.repeat(count)}</ReplicationConfiguration>`;
}

function objects(size: number): string {
  const count = Math.min(1000, Math.floor(size / 1100));
  const object = `<Object><Key>${"&#x6B;".repeat(1024 / 4)}${"k".repeat(768)}</Key></Object>`;
  return `<Delete>${object.repeat(count)}</Delete>`;
}

/** Every family in every kind of document. */
export const DOCUMENT_COSTS: readonly DocumentCost[] = [
  ...ROOTS.flatMap(([operation, root]) =>
    HOSTILE_XML.map(({ name, of }) => ({
      name: `${operation}: ${name}`,
      operation,
      bytesOf: (size: number) => Buffer.from(of(root, size)),
    })),
  ),
  {
    name: "DeleteObjects: as many as are read",
    operation: "DeleteObjects",
    bytesOf: (size) => Buffer.from(objects(size)),
  },
  {
    name: "PutBucketLifecycleConfiguration: as many rules as are read",
    operation: "PutBucketLifecycleConfiguration",
    bytesOf: (size) => Buffer.from(rules(size)),
  },
  {
    name: "PutBucketReplication: as many rules as are read",
    operation: "PutBucketReplication",
    bytesOf: (size) => Buffer.from(replication(size)),
  },
];

/** The time of each synchronous step of reading, in milliseconds, and the end. */
type Reading = { readonly steps: readonly number[]; readonly code: string };

/** Reads `bytes` as the gateway does, up to the questions that a decision asks of the document. */
export function readSteps(operation: OperationName, bytes: Buffer): Reading {
  const steps: number[] = [];
  const timed = <T>(work: () => T): T => {
    const start = performance.now();
    const done = work();
    steps.push(performance.now() - start);
    return done;
  };
  const reader = documentReader(operation, []);
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    const wrong = timed(() => reader.push(bytes.subarray(at, at + STEP_BYTES)));
    if (wrong !== undefined) return { steps, code: wrong.code };
  }
  const document = timed(() => reader.end());
  if (!document.ok) return { steps, code: document.error.code };
  timed(() => {
    asksOfDocument(operation, ADDRESS, document.value);
    requestValues(operation, [], document.value);
    endangersHistory(operation, [], [], document.value);
  });
  return { steps, code: "read" };
}

const ADDRESS = {
  kind: "object",
  bucket: { tenant: undefined, name: "bucket" },
  key: "k",
} as const;

/** Returns each step at its best of some runs, so that other work of the machine is left out. */
function best(operation: OperationName, bytes: Buffer): Reading {
  const runs = Array.from({ length: RUNS }, () => readSteps(operation, bytes));
  const [first, ...others] = runs;
  if (first === undefined) throw new Error("no run");
  const steps = first.steps.map((step, i) =>
    Math.min(step, ...others.map((run) => run.steps[i] ?? Infinity)),
  );
  return { steps, code: first.code };
}

/** Returns a line for each: the time at each size, the longest step, the steps made, the answer. */
export function documentLines(): readonly string[] {
  const lines = [
    lineOf(
      "",
      SIZES.map((size) => `${size / 1024} KiB`),
      "step",
      "steps",
      "answer",
    ),
  ];
  for (const { name, operation, bytesOf } of DOCUMENT_COSTS) {
    const readings = SIZES.map((size) => best(operation, bytesOf(size)));
    const times = readings.map(({ steps }) => `${sum(steps).toFixed(2)} ms`);
    const longest = Math.max(...readings.flatMap(({ steps }) => steps));
    const { steps, code } = readings.at(-1) ?? { steps: [], code: "" };
    lines.push(lineOf(name, times, longest.toFixed(2), String(steps.length), code));
  }
  return lines;
}

function lineOf(
  name: string,
  times: readonly string[],
  longest: string,
  steps: string,
  code: string,
): string {
  const columns = times.map((time) => time.padStart(11)).join("");
  return `${name.padEnd(62)}${columns}${longest.padStart(8)}${steps.padStart(7)}  ${code}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const line of documentLines()) console.log(line);
}
