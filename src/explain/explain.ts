import { admit, recognize } from "../admission/admit.ts";
import { NOTHING_KNOWN } from "../admission/known.ts";
import { askedAtStore, askedBy } from "../admission/provider-rules.ts";
import { judgeEach } from "../admission/gates.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { Subject } from "../admission/subject.ts";
import type { Verdict } from "../admission/verdict.ts";
import type { RequestHead } from "../http/head.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { arnOf, asksOf, type Ask } from "../s3/asks.ts";
import type { Tags } from "../s3/tags.ts";
import { withRecords, type ReadRecord } from "./records.ts";
import { askFor, requestFor, type Question } from "./request.ts";

/** A decision and how it came about, as `--json` prints it. */
export type Explanation = {
  readonly decision: "allow" | "deny";
  readonly operation: string;
  readonly identity: string;
  /** Everything that must be allowed. */
  readonly asks: readonly ExplainedAsk[];
  readonly gates: readonly GateOutcome[];
  /** What the client would read. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** What can only be said with the body. */
  readonly note: string | undefined;
};

type ExplainedAsk = {
  readonly action: string;
  readonly resource: string;
  /** The account itself, a tier, or a statement with its file and line; undefined: nothing. */
  readonly allowedBy: string | undefined;
};

type GateOutcome = {
  readonly gate: string;
  readonly outcome: "passed" | "refused";
  /** For the operator: the setting, or the statement with its file and line. */
  readonly rule: string | undefined;
};

/**
 * The decision on the request that the question describes, signed with the identity's own key and
 * put through the very `admit` that serves clients. `read`: what is kept of buckets; undefined:
 * only the configuration says. The error is a sentence about the question.
 */
export async function explain(
  snapshot: Snapshot,
  question: Question,
  clockMs: number,
  read: ReadRecord | undefined,
): Promise<Result<Explanation, string>> {
  return withRecords(read, (elsewhere) =>
    explainKnowing({ ...snapshot, elsewhere }, question, clockMs),
  );
}

function explainKnowing(
  snapshot: Snapshot,
  question: Question,
  clockMs: number,
): Result<Explanation, string> {
  const request = requestFor(snapshot, question, clockMs);
  if (!request.ok) return request;
  const { head, nowMs, identity } = request.value;
  const recognized = recognize(snapshot, head, nowMs);
  if ("kind" in recognized) return ok(withoutGates(recognized, identity));
  const { subject } = recognized;
  const ask = askFor(question);
  if (ask !== undefined) {
    if (!ask.ok) return ask;
    return ok({ ...ofAsks(snapshot, subject, [ask.value], identity, nowMs), operation: "any" });
  }
  const asks = asksOf(subject.operation, subject.address, subject.query, subject.headers);
  if (!asks.ok) return err(asks.error.message);
  const asked = askedBy(snapshot.policy.provider, askedAtStore(snapshot.store, asks.value));
  const explained = ofAsks(snapshot, subject, asked, identity, nowMs);
  return ok({ ...explained, ...verdictOf(withoutStore(snapshot, head, nowMs)) });
}

/** A verdict that came before any gate. */
function withoutGates(verdict: Verdict, identity: string): Explanation {
  const gate = verdict.facts.denial?.gate ?? "request";
  const outcome = verdict.kind === "refuse" ? "refused" : "passed";
  const told = verdictOf({ verdict, untold: false });
  const gates = [{ gate, outcome, rule: verdict.facts.denial?.rule }] as const;
  return { operation: verdict.facts.operation, identity, asks: [], gates, ...told };
}

function ofAsks(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask[],
  identity: string,
  nowMs: number,
): Explanation {
  const { gates, allowed } = judgeEach(snapshot, subject, asks, nowMs);
  const refusal = gates.find((gate) => gate.refusal !== undefined)?.refusal;
  return {
    decision: refusal === undefined ? "allow" : "deny",
    operation: subject.operation,
    identity,
    asks: asks.map((ask, i) => ({
      action: ask.action,
      resource: arnOf(ask),
      allowedBy: allowed[i],
    })),
    gates: gates.map(({ gate, refusal: refused }) => ({
      gate,
      outcome: refused === undefined ? "passed" : "refused",
      rule: refused?.denial.rule,
    })),
    code: refusal?.fault.code,
    message: refusal?.fault.message,
    note: undefined,
  };
}

/** The verdict as it is where the store has no tags, which is not asked here. */
function withoutStore(
  snapshot: Snapshot,
  head: RequestHead,
  nowMs: number,
): { readonly verdict: Verdict; readonly untold: boolean } {
  const tags = new Map<string, Tags>();
  for (;;) {
    const verdict = admit(snapshot, head, nowMs, { ...NOTHING_KNOWN, tags });
    if (verdict.kind !== "need") return { verdict, untold: tags.size > 0 };
    for (const need of verdict.needs) if (need.kind === "tags") tags.set(need.name, new Map());
  }
}

/** The word of the data path itself, which also knows what no gate does. */
function verdictOf({
  verdict,
  untold,
}: ReturnType<typeof withoutStore>): Pick<Explanation, "decision" | "code" | "message" | "note"> {
  const { denial, reported } = verdict.facts;
  if (verdict.kind === "refuse") {
    const { code, message } = verdict.fault;
    return { decision: "deny", code, message, note: untold ? UNTOLD : undefined };
  }
  const note = reported
    ? `Report mode lets it through; ${denial?.gate} would refuse it`
    : untold
      ? UNTOLD
      : NOTES.get(verdict.kind);
  return { decision: "allow", code: undefined, message: undefined, note };
}

const UNTOLD = "It depends on tags that only the store has: judged here as if there were none";

const NOTES: ReadonlyMap<Verdict["kind"], string> = new Map([
  ["read", "The document in the body is judged too: each key of a DeleteObjects by itself"],
  ["form", "The fields of the form say who sends it, and are judged when they have come"],
]);
