/**
 * Measures the cost of signatures for a request: medians in microseconds, printed one a line. Run:
 * `npm exec -- node test/bench/signature.ts`.
 */
import { createHash, createHmac } from "node:crypto";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import { parseClaim, verifyClaim } from "../../src/signature/claim.ts";
import { hmac, signingKeyOf } from "../../src/signature/hmac.ts";
import { KeyRing } from "../../src/signature/key-ring.ts";
import { signHead } from "../../src/signature/sign.ts";
import { microsOf, quantile, type Timing } from "./support/measure.ts";

const TIMING: Timing = { warmup: 20_000, batch: 200, batches: 300 };

function measure(name: string, run: () => void): void {
  const micros = microsOf(run, TIMING);
  const at = (share: number): string => quantile(micros, share).toFixed(2);
  console.log(`${name.padEnd(44)} median ${at(0.5)} us   p90 ${at(0.9)} us`);
}

const EMPTY = createHash("sha256").digest("hex");
const credential = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secret: "not a secret at all, only long",
};
const ring = new KeyRing(100);
const rules = {
  v2: false,
  regions: [],
  clockSkewMs: 900_000,
  presignedExpiryMaxMs: 604_800_000,
  presignedExpiryMinMs: 1000,
  presignedV2: true,
  presignedV2MaxMs: 604_800_000,
};

const headers = [
  ["host", "s3.example.org:8080"],
  ["accept-encoding", "identity"],
  ["user-agent", "Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux md/arch#x86_64 lang/python#3.12"],
  ["x-amz-date", "20130524T000000Z"],
  ["x-amz-content-sha256", EMPTY],
  ["x-amz-checksum-mode", "ENABLED"],
  ["amz-sdk-invocation-id", "00000000-0000-0000-0000-000000000000"],
  ["amz-sdk-request", "attempt=1"],
].flat();
const path = "/bucket/2024/measurements/run-000123/sample.parquet";
const query = "";
const unsigned = { method: "GET", path, query, headers };
const authorization = signHead(unsigned, credential, "us-east-1", ring);
const target = parseTarget(path);
if (!target.ok) throw new Error(target.error);
const head: RequestHead = {
  method: "GET",
  target: target.value,
  headers: [...headers, "authorization", authorization],
  sourceAddress: "192.0.2.1",
  secure: true,
};
const context = { nowMs: Date.UTC(2013, 4, 24), rules, ring, hostBucket: undefined };

function verify(): void {
  const claim = parseClaim(head, rules);
  if (!claim.ok || claim.value.kind === "anonymous") throw new Error("The claim was not read");
  const proved = verifyClaim(claim.value, head, credential.secret, context);
  if (!proved.ok) throw new Error(proved.error.message);
}

const text = "x".repeat(140);
const secretKey = Buffer.alloc(32, 7);
const key = signingKeyOf(secretKey);
measure(
  "createHmac, 140 bytes",
  () => void createHmac("sha256", secretKey).update(text).digest("hex"),
);
measure("hmac, 140 bytes", () => void hmac(key, text));
measure("parseClaim, GET signed in the header", () => void parseClaim(head, rules));
measure("parseClaim + verifyClaim, the same", verify);
measure("signHead, the same", () => void signHead(unsigned, credential, "us-east-1", ring));
