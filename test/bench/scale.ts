/**
 * Measures the cost of many identities and bucket records: the start of a gateway with them, its
 * memory, and one decision among them. Each size is a process of its own, so that memory is that of
 * this size alone. Part of `npm run bench`; alone: `npm exec -- node test/bench/scale.ts`.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import aws4 from "aws4";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import { goodConfig } from "../support/config.ts";
import { scratchFolder } from "../support/scratch.ts";
import { endThose } from "./support/child.ts";
import { ended } from "./support/ended.ts";
import { microsOf, quantile } from "./support/measure.ts";
import { scaleTable } from "./support/report.ts";
import { builtMain, startServe } from "./support/systems.ts";
import { textLines } from "./support/table.ts";

/** Numbers of identities, and whether there are as many bucket records, each with a policy. */
const SIZES = [
  [100, true],
  [10_000, true],
  [100_000, false],
  [100_000, true],
] as const;
const SUBUSERS = 9;

export type Scale = {
  readonly size: number;
  /** The number of bucket records. */
  readonly records: number;
  /** The time from starting `s3warden serve` until it listens. */
  readonly startMs: number;
  /** Its resident memory then, in MiB. */
  readonly residentMib: number;
  /** The part of it that the snapshot holds, as measured in a process without a server. */
  readonly heapMib: number;
  /** The median of one `admit`, in microseconds. */
  readonly median: number;
  readonly p95: number;
};

/** The costs of decisions, without those of a server. */
type Decisions = Pick<Scale, "heapMib" | "median" | "p95">;

/** Returns a row for each size. `calls`: the number of decisions timed for each. */
export async function scaleCosts(calls: number): Promise<readonly Scale[]> {
  builtMain();
  const rows: Scale[] = [];
  for (const [size, hasRecords] of SIZES) {
    const records = hasRecords ? size : 0;
    const start = await startOf(size, hasRecords);
    rows.push({ size, records, ...start, ...decisionsAmong(size, hasRecords, calls) });
  }
  return rows;
}

/** Measures a gateway as operators start it. */
async function startOf(
  size: number,
  hasRecords: boolean,
): Promise<Pick<Scale, "startMs" | "residentMib">> {
  const folder = scratchFolder("scale");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(filesOf(size, hasRecords)))
    writeFileSync(join(folder, name), text);
  const started = performance.now();
  const { pid } = await startServe(join(folder, "gateway.yaml"));
  const startMs = performance.now() - started;
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  await endThose([pid]);
  return { startMs, residentMib: Number(kib) / 1024 };
}

function decisionsAmong(size: number, hasRecords: boolean, calls: number): Decisions {
  const numbers = [size, hasRecords ? size : 0, calls].map(String);
  const args = ["--expose-gc", fileURLToPath(import.meta.url), ...numbers];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`The size ${size} cannot be measured: ${stderr}`);
  const decisions: Decisions = JSON.parse(stdout);
  return decisions;
}

/**
 * Returns files with ten identities to an account and, with `hasRecords`, a bucket to each identity
 * that another account shares.
 */
function filesOf(size: number, hasRecords: boolean): Record<string, string> {
  const accounts: string[] = [];
  const buckets: string[] = [];
  const bucketsEach = hasRecords ? SUBUSERS + 1 : 0;
  const files: Record<string, string> = { "shared.json": "" };
  for (let a = 0; a * (SUBUSERS + 1) < size; a++) {
    const subusers = Array.from(
      { length: SUBUSERS },
      (_, u) =>
        `      - { name: u${u}, tier: READ, keys: [{ accessKey: AK${a}U${u}, secretKey: secret-${a}-${u} }] }`,
    );
    accounts.push(
      `  - name: a${a}\n    upstream: { accessKey: STORE${a}, secretKey: the-stores-${a} }\n    keys: [{ accessKey: AK${a}, secretKey: secret-${a} }]\n    subusers:\n${subusers.join("\n")}`,
    );
    for (let b = 0; b < bucketsEach; b++) {
      const name = `bucket-${a}-${b}`;
      files[`${name}.json`] = JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::a${a + 1}:root` },
          Action: ["s3:GetObject", "s3:ListBucket"],
          Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
        },
      });
      buckets.push(`  - { name: ${name}, account: a${a}, policy: ${name}.json }`);
    }
  }
  return {
    ...files,
    "gateway.yaml": `listen: { address: "127.0.0.1:0" }
admin: { address: "127.0.0.1:0" }
upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
identities: [{ accounts: accounts.yaml }]
policy: { bucketPolicies: ${hasRecords ? "gateway" : "upstream"} }
`,
    "accounts.yaml": `accounts:\n${accounts.join("\n")}\n${hasRecords ? "buckets:\n" : ""}${buckets.join("\n")}\n`,
  };
}

/**
 * Returns requests of one in a hundred users, each on a neighbour's bucket that is shared with
 * them; without records of that, on one of their own.
 */
function headsOf(size: number, hasRecords: boolean): readonly RequestHead[] {
  const count = Math.min(100, size / 10 - 1);
  const step = Math.floor((size / 10 - 1) / count);
  return Array.from({ length: count }, (_, i) => {
    const account = 1 + i * step;
    const owner = hasRecords ? account - 1 : account;
    return signed(`/bucket-${owner}-3/some/key`, `AK${account}`, `secret-${account}`);
  });
}

function signed(path: string, accessKeyId: string, secretAccessKey: string): RequestHead {
  const request = { service: "s3", region: "us-east-1", path, headers: { host: "s3.test" } };
  const { headers = {} } = aws4.sign(request, { accessKeyId, secretAccessKey });
  const target = parseTarget(path);
  if (!target.ok) throw new Error(target.error);
  const fields = Object.entries(headers).flatMap(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return {
    method: "GET",
    target: target.value,
    headers: fields,
    sourceAddress: "192.0.2.1",
    secure: false,
  };
}

function measure(size: number, hasRecords: boolean, calls: number): Decisions {
  const files = filesOf(size, hasRecords);
  const before = heapBytes();
  const snapshot: Snapshot = compileSnapshot(goodConfig(files), 1);
  const heapMib = (heapBytes() - before) / 2 ** 20;
  const heads = headsOf(size, hasRecords);
  const nowMs = Date.now();
  let at = 0;
  const run = (): void => {
    const head = heads[at++ % heads.length];
    const verdict = head && ended(snapshot, head, nowMs);
    if (verdict?.kind !== "forward")
      throw new Error(`Expected forward, got ${JSON.stringify(verdict)}`);
  };
  const micros = microsOf(run, { warmup: 20_000, batch: 20, batches: Math.ceil(calls / 20) });
  return { heapMib, median: quantile(micros, 0.5), p95: quantile(micros, 0.95) };
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

if (import.meta.main) {
  const [size, records, calls] = process.argv.slice(2).map(Number);
  if (size !== undefined && calls !== undefined) {
    console.log(JSON.stringify(measure(size, records !== 0, calls)));
  } else for (const line of textLines(scaleTable(await scaleCosts(20_000)))) console.log(line);
}
