import { identityOf, type AuditEntry } from "./audit-entry.ts";
import { count } from "../lib/words.ts";
import type { Redecided } from "./decide-again.ts";
import { WHY_NOT, type WhyNot } from "./recorded-request.ts";

/** Requests that would be decided differently in one and the same way. */
export type Difference = {
  readonly was: Redecided;
  readonly wouldBe: Redecided;
  readonly identity: string;
  readonly operation: string;
  count: number;
  /** The first request ids. */
  readonly examples: string[];
};

const EXAMPLES_MAX = 3;
/** The most kinds of differences that are told apart; the rest is only counted. */
const KINDS_MAX = 10_000;

/** The findings of a replay so far; their size does not grow with the number of requests. */
export class ReplayReport {
  same = 0;
  different = 0;
  /** The number of those in `different` whose kinds are not told apart any more. */
  further = 0;
  /** The lines that are not of an audit log, and the files that end within a line. */
  others = 0;
  torn = 0;
  readonly whyNot = new Map<WhyNot, number>();
  readonly #kinds = new Map<string, Difference>();

  /** The number of lines of the audit log. */
  get requests(): number {
    let not = 0;
    for (const count of this.whyNot.values()) not += count;
    return this.same + this.different + not;
  }

  /** Counts a request that was decided again. */
  decided(entry: AuditEntry, wouldBe: Redecided): void {
    if (entry.decision === wouldBe.decision) {
      this.same++;
      return;
    }
    this.different++;
    const was = wasOf(entry);
    const identity = identityOf(entry);
    const { operation, requestId } = entry;
    const name = JSON.stringify([was, wouldBe, identity, operation]);
    const known = this.#kinds.get(name);
    if (known !== undefined) {
      known.count++;
      if (known.examples.length < EXAMPLES_MAX) known.examples.push(requestId);
    } else if (this.#kinds.size >= KINDS_MAX) {
      this.further++;
    } else {
      const kind = { was, wouldBe, identity, operation, count: 1, examples: [requestId] };
      this.#kinds.set(name, kind);
    }
  }

  undecided(why: WhyNot): void {
    this.whyNot.set(why, (this.whyNot.get(why) ?? 0) + 1);
  }

  /** The most frequent first. */
  differences(): readonly Difference[] {
    return [...this.#kinds.values()].toSorted((a, b) => b.count - a.count);
  }
}

function wasOf({ decision, gate, rule, errorCode }: AuditEntry): Redecided {
  return decision === "none"
    ? { decision, gate: "request", rule: errorCode }
    : { decision, gate, rule };
}

/** Returns the report for tools. */
export function reportJson(report: ReplayReport): string {
  const { requests, same, different, further, others, torn } = report;
  const notDecided = Object.fromEntries(report.whyNot);
  const differences = report.differences();
  const all = { requests, same, different, differences, further, notDecided, others, torn };
  return `${JSON.stringify(all, undefined, 2)}\n`;
}

/** Returns the report for people. */
export function reportText(report: ReplayReport): string {
  const { requests, same, different, further, others, torn } = report;
  const lines: string[] = [];
  for (const difference of report.differences()) {
    const { was, wouldBe, identity, operation, examples } = difference;
    lines.push(`${String(difference.count).padStart(9)}  ${identity}  ${operation}`);
    lines.push(`           was       ${outcomeText(was)}`);
    lines.push(`           would be  ${outcomeText(wouldBe)}`);
    lines.push(`           such as   ${examples.join(", ")}`);
  }
  if (further > 0) lines.push(`${String(further).padStart(9)}  of further kinds`);
  if (lines.length > 0) lines.push("");
  lines.push(`${count(requests, "request")}: ${same} decided alike, ${different} differently`);
  for (const [why, times] of report.whyNot) lines.push(`${times} not decided: ${WHY_NOT[why]}`);
  if (others > 0) lines.push(`${count(others, "line")} of something else`);
  if (torn > 0) lines.push(`${count(torn, "last line")} not whole`);
  return `${lines.join("\n")}\n`;
}

function outcomeText({ decision, gate, rule }: Redecided): string {
  if (gate === undefined) return decision;
  return `${decision} (${rule === undefined ? gate : `${gate}: ${rule}`})`;
}
