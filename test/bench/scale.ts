/**
 * Measures the cost of many identities and bucket records: the time to read and compile them,
 * memory, and one decision among them. Each size is a process of its own, so that memory is that of
 * this size alone. Part of `npm run bench`; alone: `npm exec -- node test/bench/scale.ts`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import aws4 from "aws4";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import { goodConfig } from "../support/config.ts";
import { ended } from "./support/ended.ts";
import { microsOf, quantile } from "./support/measure.ts";
import { scaleTable } from "./support/report.ts";
import { textLines } from "./support/table.ts";

/** The numbers of identities, with as many bucket records, each with a policy. */
const SIZES = [100, 10_000, 100_000];
const SUBUSERS = 9;

export type Scale = {
  readonly size: number;
  /** The time from the files' text to a snapshot. */
  readonly startMs: number;
  /** Resident memory of the whole process, in MiB. */
  readonly residentMib: number;
  /** The part of it that the snapshot holds. */
  readonly heapMib: number;
  /** The median of one `admit`, in microseconds. */
  readonly median: number;
  readonly p95: number;
};

/** Returns a row for each size. `calls`: the number of decisions timed for each. */
export function scaleCosts(calls: number): readonly Scale[] {
  const file = fileURLToPath(import.meta.url);
  return SIZES.map((size) => {
    const args = ["--expose-gc", file, String(size), String(calls)];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`The size ${size} cannot be measured: ${stderr}`);
    const scale: Scale = JSON.parse(stdout);
    return scale;
  });
}

/**
 * Returns files with ten identities to an account and a bucket to each identity; half of the
 * buckets are shared.
 */
function filesOf(size: number): Record<string, string> {
  const accounts: string[] = [];
  const buckets: string[] = [];
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
    for (let b = 0; b <= SUBUSERS; b++) {
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
    "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
policy: { bucketPolicies: gateway }
`,
    "accounts.yaml": `accounts:\n${accounts.join("\n")}\nbuckets:\n${buckets.join("\n")}\n`,
  };
}

/**
 * Returns requests of one in a hundred users, each on a neighbour's bucket that is shared with
 * them.
 */
function headsOf(size: number): readonly RequestHead[] {
  const count = Math.min(100, size / 10 - 1);
  const step = Math.floor((size / 10 - 1) / count);
  return Array.from({ length: count }, (_, i) => {
    const account = 1 + i * step;
    return signed(`/bucket-${account - 1}-3/some/key`, `AK${account}`, `secret-${account}`);
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

function measure(size: number, calls: number): Scale {
  const files = filesOf(size);
  const before = heapBytes();
  const started = performance.now();
  const snapshot: Snapshot = compileSnapshot(goodConfig(files), 1);
  const startMs = performance.now() - started;
  const heapMib = (heapBytes() - before) / 2 ** 20;
  const heads = headsOf(size);
  const nowMs = Date.now();
  let at = 0;
  const run = (): void => {
    const head = heads[at++ % heads.length];
    const verdict = head && ended(snapshot, head, nowMs);
    if (verdict?.kind !== "forward")
      throw new Error(`Expected forward, got ${JSON.stringify(verdict)}`);
  };
  const micros = microsOf(run, { warmup: 20_000, batch: 20, batches: Math.ceil(calls / 20) });
  return {
    size,
    startMs,
    residentMib: process.memoryUsage.rss() / 2 ** 20,
    heapMib,
    median: quantile(micros, 0.5),
    p95: quantile(micros, 0.95),
  };
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

if (import.meta.main) {
  const [size, calls] = process.argv.slice(2).map(Number);
  if (size !== undefined && calls !== undefined) console.log(JSON.stringify(measure(size, calls)));
  else for (const line of textLines(scaleTable(scaleCosts(20_000)))) console.log(line);
}
