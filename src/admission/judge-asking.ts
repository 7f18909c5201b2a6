import type { Ask } from "../s3/asks.ts";
import type { Bucket } from "../s3/bucket.ts";
import { fault } from "../s3/faults.ts";
import { withPassed, type Facts } from "./facts.ts";
import { judge, judgeWithoutPolicies, type Judgement } from "./gates.ts";
import { refusalOfAnyDelete } from "./any-delete.ts";
import type { Deciding } from "./deciding.ts";
import { withTags } from "./need.ts";
import { memoSlot, type MemoSlot, type Question, type Refusal } from "./question.ts";
import { refused, type Refused } from "./refuse.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/**
 * The result of the gates: the facts to go on with, or the end. `subject` has the answers to what
 * was asked.
 */
export type Judged =
  | { readonly kind: "passed"; readonly facts: Facts; readonly subject: Subject }
  | { readonly kind: "verdict"; readonly verdict: Refused; readonly subject: Subject };

/**
 * Puts `asks` through every gate, and asks for stored tags if a policy depends on them. In report
 * mode a refusal is only recorded. `document`: the content of the body, if it has been read.
 * `memo`: shared by all that is judged of this request.
 */
export function* judgeAsking(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask<Bucket>[],
  facts: Facts,
  nowMs: number,
  document?: Question["document"],
  memo: MemoSlot = memoSlot(),
): Deciding<Judged> {
  let about = subject;
  let judged: Judgement = judge(snapshot, about, asks, nowMs, document, memo);
  // A condition is only looked at if those before it hold, so that one tag can follow another.
  while (judged.kind === "wanted") {
    if (judged.wanted.some(({ many }) => many)) {
      const verdict = refused(facts, fault("NotImplemented", OF_EACH, { rule: "policy" }));
      return { kind: "verdict", verdict, subject: about };
    }
    const told = yield* withTags(snapshot, about, facts, judged.wanted, nowMs);
    if (told.kind === "verdict") return { ...told, subject: about };
    about = told.subject;
    judged = judge(snapshot, about, asks, nowMs, document, memo);
  }
  return judged.kind === "allowed"
    ? { kind: "passed", facts: withPassed(facts, judged.actor), subject: about }
    : enforced(snapshot, about, facts, judged.refusal);
}

const OF_EACH =
  "A policy depends on the tags of each object, by which a list of many cannot be judged";

/**
 * Judges what it can of a request whose policies may have to see its document first, so that a
 * document is not read if its caller may do nothing with it. These are the gates that ask no
 * policy, and a policy's no if it does not depend on anything that a document can say.
 */
export function judgeHead(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask<Bucket>[],
  facts: Facts,
  nowMs: number,
): Judged {
  const refusal =
    subject.operation === "DeleteObjects"
      ? refusalOfAnyDelete(snapshot, subject, nowMs)
      : refusalOfHead(snapshot, subject, asks, nowMs);
  return refusal === undefined
    ? { kind: "passed", facts, subject }
    : enforced(snapshot, subject, facts, refusal);
}

function refusalOfHead(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask<Bucket>[],
  nowMs: number,
): Refusal | undefined {
  const memo = memoSlot();
  const judged = judge(snapshot, subject, asks, nowMs, undefined, memo);
  if (judged.kind !== "refused") return undefined;
  return memo.ofDocument ? judgeWithoutPolicies(snapshot, subject, asks, nowMs) : judged.refusal;
}

function enforced(snapshot: Snapshot, subject: Subject, facts: Facts, refusal: Refusal): Judged {
  const withDenial = { ...facts, denial: refusal.denial };
  if (snapshot.policy.mode === "report" && refusal.denial.gate !== "key-state") {
    return { kind: "passed", facts: { ...withDenial, reported: true }, subject };
  }
  return { kind: "verdict", verdict: refused(withDenial, refusal.fault), subject };
}
