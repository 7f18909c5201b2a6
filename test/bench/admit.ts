/**
 * What a decision costs: `admit` alone, and the three parts of it that cost most, in microseconds.
 * Part of `npm run bench`; alone: `npm exec -- node test/bench/admit.ts`.
 */
import { admit } from "../../src/admission/admit.ts";
import { authenticate } from "../../src/admission/authenticate.ts";
import { NOTHING_KNOWN } from "../../src/admission/known.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { NO_FACTS } from "../../src/admission/facts.ts";
import { forwardStreamed } from "../../src/admission/forward.ts";
import type { Subject } from "../../src/admission/subject.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import { firstValue } from "../../src/http/headers.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import type { Result } from "../../src/lib/result.ts";
import { parseAddress } from "../../src/s3/address.ts";
import { classify } from "../../src/s3/classify.ts";
import { liftHeaders } from "../../src/s3/lifted-headers.ts";
import { parseClaim } from "../../src/signature/claim.ts";
import { auditLine } from "../../src/observe/audit-line.ts";
import { requestInputs } from "../../src/observe/request-inputs.ts";
import { accessRecordOf } from "../support/audited.ts";
import { goodConfig } from "../support/config.ts";
import {
  headerSignedGets,
  headerSignedPuts,
  presignedGets,
  v2SignedGets,
  wrongSignatures,
} from "./support/heads.ts";
import { microsOf, quantile } from "./support/measure.ts";
import { CREDENTIAL } from "./support/workload.ts";

export type Cost = { readonly name: string; readonly median: number; readonly p95: number };

/** `admit` under this at the median, for a header-signed GET: the aim, not a limit. */
export const ADMIT_MICROS_AIM = 25;

const { accessKeyId, secretAccessKey } = CREDENTIAL;

/** One account with a key of its own for the store, and SigV2 besides. */
const CONFIG = {
  "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
policy: { signatures: [v4, v2] }
`,
  "accounts.yaml": `accounts:
  - name: bench
    upstream: { accessKey: STORE, secretKey: what-the-store-knows-the-account-by }
    keys: [{ accessKey: ${accessKeyId}, secretKey: ${secretAccessKey} }]
`,
};

/** Every row, the whole decisions first. `calls`: how many are timed of each. */
export function admitCosts(calls: number): readonly Cost[] {
  const snapshot = compileSnapshot(goodConfig(CONFIG), 1);
  const nowMs = Date.now();
  const whole = (name: string, heads: readonly RequestHead[], kind: "forward" | "refuse"): Cost => {
    const expected = `${name}: ${kind}`;
    return cost(name, calls, heads, (head) => {
      const verdict = admit(snapshot, head, nowMs);
      if (verdict.kind !== kind) throw new Error(`Expected ${expected}, got ${verdict.kind}`);
    });
  };
  return [
    whole("admit: header-signed GET", headerSignedGets(), "forward"),
    whole("admit: presigned GET", presignedGets(), "forward"),
    whole("admit: header-signed 4 KiB PUT", headerSignedPuts(), "forward"),
    whole("admit: SigV2 GET", v2SignedGets(), "forward"),
    whole("admit: refused, wrong signature", wrongSignatures(), "refuse"),
    ...partCosts(snapshot, nowMs, calls),
    lineCost(snapshot, nowMs, calls),
  ];
}

/** Of a header-signed GET. What is missing to the whole is the gates, the body plan and the facts. */
function partCosts(snapshot: Snapshot, nowMs: number, calls: number): readonly Cost[] {
  const subjects = headerSignedGets().map((head) => subjectOf(snapshot, head, nowMs));
  return [
    cost("  parse: target, address, operation, claim", calls, subjects, ({ head }) => {
      value(parseTarget(head.target.raw));
      parsed(snapshot, head);
    }),
    cost("  verify: canonical form, signature", calls, subjects, ({ head, claim }) => {
      value(proved(snapshot, head, claim, nowMs));
    }),
    cost("  re-sign: head for the store, signature", calls, subjects, (subject) => {
      const verdict = forwardStreamed(snapshot, subject, NO_FACTS, { kind: "none" }, nowMs);
      if (verdict.kind !== "forward") throw new Error(`Expected forward, got ${verdict.kind}`);
    }),
  ];
}

/** Behind the answer, where there is an audit log. */
function lineCost(snapshot: Snapshot, nowMs: number, calls: number): Cost {
  const heads = headerSignedGets().map((head) => {
    return { head, facts: admit(snapshot, head, nowMs).facts };
  });
  return cost("audit: the line of a header-signed GET", calls, heads, ({ head, facts }) => {
    const record = accessRecordOf(head, facts, nowMs, "0123456789ABCDEF");
    if (auditLine(record, requestInputs(head, facts)) === "") throw new Error("No line");
  });
}

type Parsed = Omit<Subject, "caller" | "payload"> & { readonly claim: ReturnType<typeof claimOf> };

function parsed(snapshot: Snapshot, head: RequestHead): Parsed {
  const { path, query } = head.target;
  const host = firstValue(head.headers, "host");
  const { address } = value(parseAddress(path, host, snapshot.hosts));
  const headers = value(liftHeaders(query, head.headers));
  const operation = value(classify(head.method, address, query, headers));
  const claim = claimOf(snapshot, head);
  return {
    head,
    operation,
    address,
    query,
    headers,
    values: undefined,
    known: NOTHING_KNOWN,
    claim,
  };
}

function claimOf(snapshot: Snapshot, head: RequestHead) {
  return value(parseClaim(head, snapshot.signatures));
}

function proved(snapshot: Snapshot, head: RequestHead, claim: Parsed["claim"], nowMs: number) {
  const caller = authenticate(snapshot, head, claim, undefined, nowMs, NOTHING_KNOWN);
  if ("unknownKey" in caller) throw new Error(`Expected a known key: ${caller.unknownKey}`);
  return caller;
}

function subjectOf(snapshot: Snapshot, head: RequestHead, nowMs: number): Subject & Parsed {
  const request = parsed(snapshot, head);
  const caller = value(proved(snapshot, head, request.claim, nowMs));
  return { ...request, caller, payload: request.claim.payload };
}

function value<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`Expected a value, got ${JSON.stringify(result.error)}`);
  return result.value;
}

/** Each call with the next of `inputs`, each timed alone, so that the p95 is that of a request. */
function cost<T>(name: string, calls: number, inputs: readonly T[], run: (input: T) => void): Cost {
  let next = 0;
  const once = (): void => {
    const input = inputs[next++ % inputs.length];
    if (input !== undefined) run(input);
  };
  const micros = microsOf(once, { warmup: calls, batch: 1, batches: calls });
  return { name, median: quantile(micros, 0.5), p95: quantile(micros, 0.95) };
}

/** Lines for people. */
export function costLines(costs: readonly Cost[]): readonly string[] {
  const header = `${"".padEnd(44)}${"median µs".padStart(10)}${"p95 µs".padStart(10)}`;
  const lines = costs.map(({ name, median, p95 }) => {
    const aim = name === "admit: header-signed GET" ? `   aim: under ${ADMIT_MICROS_AIM}` : "";
    return `${name.padEnd(44)}${median.toFixed(1).padStart(10)}${p95.toFixed(1).padStart(10)}${aim}`;
  });
  return [header, ...lines];
}

if (import.meta.main) for (const line of costLines(admitCosts(20_000))) console.log(line);
