/**
 * Measures the cost of a decision: `admit` to its end, and the three parts of it that cost most, in
 * microseconds. Part of `npm run bench`; alone: `npm exec -- node test/bench/admit.ts`.
 */
import { authenticate } from "../../src/admission/authenticate.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { NO_FACTS } from "../../src/admission/facts.ts";
import { forwardStreamed } from "../../src/admission/forward.ts";
import { NOTHING_KNOWN, type Subject } from "../../src/admission/subject.ts";
import { tenantOf } from "../../src/admission/caller.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import { firstValue } from "../../src/http/headers.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget, queryValue } from "../../src/http/target.ts";
import type { Result } from "../../src/lib/result.ts";
import { parseAddress, type Address } from "../../src/s3/address.ts";
import { canonicalAddress } from "../../src/s3/bucket.ts";
import { classify } from "../../src/s3/classify.ts";
import { copySourceOf } from "../../src/s3/copy-source.ts";
import { liftHeaders } from "../../src/s3/lifted-headers.ts";
import { parseClaim } from "../../src/signature/claim.ts";
import { auditLine } from "../../src/observe/audit-line.ts";
import { requestInputs } from "../../src/observe/request-inputs.ts";
import { accessRecordOf } from "../support/audited.ts";
import { goodConfig } from "../support/config.ts";
import { ended } from "./support/ended.ts";
import {
  headerSignedGets,
  headerSignedPuts,
  presignedGets,
  v2SignedGets,
  wrongSignatures,
} from "./support/heads.ts";
import { microsOf, quantile } from "./support/measure.ts";
import { decisionTable } from "./support/report.ts";
import { textLines } from "./support/table.ts";
import { CREDENTIAL } from "./support/workload.ts";

export type Cost = { readonly name: string; readonly median: number; readonly p95: number };

const { accessKeyId, secretAccessKey } = CREDENTIAL;

/** The configuration: one account with its own key for the store, and SigV2 as well. */
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

/** Returns every row, the whole decisions first. `calls`: the number of calls timed for each. */
export function admitCosts(calls: number): readonly Cost[] {
  const snapshot = compileSnapshot(goodConfig(CONFIG), 1);
  const nowMs = Date.now();
  const whole = (name: string, heads: readonly RequestHead[], kind: "forward" | "refuse"): Cost => {
    const expected = `${name}: ${kind}`;
    return cost(name, calls, heads, (head) => {
      const verdict = ended(snapshot, head, nowMs);
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

/**
 * Returns the costs of the parts of a header-signed GET. The gates, the body plan and the facts
 * make up the rest of the whole.
 */
function partCosts(snapshot: Snapshot, nowMs: number, calls: number): readonly Cost[] {
  const subjects = headerSignedGets().map((head) => subjectOf(snapshot, head, nowMs));
  return [
    cost("of it parse: target, address, operation, claim", calls, subjects, ({ head }) => {
      value(parseTarget(head.target.raw));
      parsed(snapshot, head);
    }),
    cost("of it verify: canonical form, signature", calls, subjects, ({ head, claim }) => {
      value(proved(snapshot, head, claim, nowMs));
    }),
    cost("of it re-sign: head for the store, signature", calls, subjects, (subject) => {
      const verdict = forwardStreamed(snapshot, subject, NO_FACTS, { kind: "none" }, nowMs);
      if (verdict.kind !== "forward") throw new Error(`Expected forward, got ${verdict.kind}`);
    }),
  ];
}

/** Returns the cost after the answer, if there is an audit log. */
function lineCost(snapshot: Snapshot, nowMs: number, calls: number): Cost {
  const heads = headerSignedGets().map((head) => {
    return { head, facts: ended(snapshot, head, nowMs).facts };
  });
  return cost("audit: the line of a header-signed GET", calls, heads, ({ head, facts }) => {
    const record = accessRecordOf(head, facts, nowMs, "0123456789ABCDEF");
    if (auditLine(record, requestInputs(head, facts)) === "") throw new Error("No line");
  });
}

type Parsed = Omit<Subject, "address" | "caller" | "payload" | "source"> & {
  readonly address: Address;
  readonly claim: ReturnType<typeof claimOf>;
};

function parsed(snapshot: Snapshot, head: RequestHead): Parsed {
  const { path, query } = head.target;
  const host = firstValue(head.headers, "host");
  const { address } = value(parseAddress(path, host, snapshot.hosts));
  const headers = value(liftHeaders(query, head.headers));
  const operation = value(classify(head.method, address, query, headers));
  if (value(copySourceOf(operation, headers)) !== undefined) throw new Error("Expected no source");
  const claim = claimOf(snapshot, head);
  return {
    head,
    operation,
    address,
    versionId: queryValue(query, "versionId"),
    query,
    headers,
    values: undefined,
    known: NOTHING_KNOWN,
    claim,
  };
}

function claimOf(snapshot: Snapshot, head: RequestHead) {
  const claim = value(parseClaim(head, snapshot.signatures));
  if (claim.kind === "anonymous") throw new Error("Expected a signed request");
  return claim;
}

function proved(snapshot: Snapshot, head: RequestHead, claim: Parsed["claim"], nowMs: number) {
  const key = snapshot.keys.get(claim.accessKeyId);
  return authenticate(snapshot, head, claim, key, undefined, nowMs);
}

function subjectOf(snapshot: Snapshot, head: RequestHead, nowMs: number) {
  const request = parsed(snapshot, head);
  const caller = value(proved(snapshot, head, request.claim, nowMs));
  const address = value(canonicalAddress(request.address, tenantOf(caller), snapshot.store.naming));
  return { ...request, address, source: undefined, caller, payload: request.claim.payload };
}

function value<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`Expected a value, got ${JSON.stringify(result.error)}`);
  return result.value;
}

/** Times each call alone, with the next of `inputs`, so that the p95 is that of a request. */
function cost<T>(name: string, calls: number, inputs: readonly T[], run: (input: T) => void): Cost {
  let next = 0;
  const once = (): void => {
    const input = inputs[next++ % inputs.length];
    if (input !== undefined) run(input);
  };
  const micros = microsOf(once, { warmup: calls, batch: 1, batches: calls });
  return { name, median: quantile(micros, 0.5), p95: quantile(micros, 0.95) };
}

if (import.meta.main) {
  for (const line of textLines(decisionTable(admitCosts(20_000)))) console.log(line);
}
