import { Latest, REQUESTS_KEPT } from "./latest.ts";
import {
  isFailure,
  refuserOf,
  REFUSERS,
  shownDenial,
  shownFailure,
  type RecentDenial,
  type RecentFailure,
  type Refuser,
} from "./recent-requests.ts";
import { OUTCOMES, type AccessRecord, type Outcome } from "./record.ts";

/** The number of minutes that are kept. */
export const MINUTES_KEPT = 60;

export const MINUTE_MS = 60_000;

/** The requests that ended in one minute. */
export type Minute = {
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /**
   * The denials by the gate or claim that refused, or in report mode would have; without those that
   * refused nobody.
   */
  readonly denials: Readonly<Partial<Record<Refuser, number>>>;
  /** The answers with a status from 400, whoever made them. */
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** The body bytes from and to clients. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The number of the store's answers that began, and the sum of the times until they did. */
  readonly storeAnswers: number;
  readonly storeMs: number;
};

/** The last hour of one or several processes, as plain JSON. */
export type RecentActivity = {
  /** MINUTES_KEPT of them without a gap, the oldest first; the last is not over yet. */
  readonly minutes: readonly Minute[];
  /** The newest first, at most REQUESTS_KEPT; so are the failures. */
  readonly denials: readonly RecentDenial[];
  readonly failures: readonly RecentFailure[];
};

/** A minute that is still counted. */
type Counting = {
  -readonly [Name in keyof Minute]: Minute[Name] extends number ? number : Minute[Name];
} & {
  readonly outcomes: Record<Outcome, number>;
  readonly denials: Partial<Record<Refuser, number>>;
};

/**
 * The latest events, for people. Every request passes here, so counting allocates nothing but an
 * object a minute; of a denial and a failure the record is kept, which was made anyway.
 */
export class Recent {
  /** The counts by minute since the epoch, modulo MINUTES_KEPT. */
  readonly #minutes: Counting[] = [];
  readonly #denials = new Latest<AccessRecord>();
  readonly #failures = new Latest<AccessRecord>();

  /** Counts a request in the minute in which it ended. */
  ended(record: AccessRecord): void {
    const minute = this.#minuteOf(record.timeMs + record.durationMs);
    minute.outcomes[record.outcome]++;
    if (record.status >= 500) minute.serverErrors++;
    else if (record.status >= 400) minute.clientErrors++;
    minute.bytesIn += record.bytesIn;
    minute.bytesOut += record.bytesOut;
    if (record.firstByteMs !== undefined) {
      minute.storeAnswers++;
      minute.storeMs += record.firstByteMs;
    }
    const refuser = refuserOf(record);
    if (refuser !== undefined) this.#denied(minute, refuser, record);
    if (isFailure(record)) this.#failures.add(record);
  }

  /** `nowMs`: milliseconds since the epoch. */
  snapshot(nowMs: number): RecentActivity {
    const firstMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - (MINUTES_KEPT - 1) * MINUTE_MS;
    const minutes = Array.from({ length: MINUTES_KEPT }, (_, i) => {
      const startMs = firstMs + i * MINUTE_MS;
      const kept = this.#minutes[rowOf(startMs)];
      return kept?.startMs === startMs ? copied(kept) : emptyMinute(startMs);
    });
    return {
      minutes,
      denials: this.#denials.newestFirst.map(shownDenial),
      failures: this.#failures.newestFirst.map(shownFailure),
    };
  }

  #denied(minute: Counting, refuser: Refuser, record: AccessRecord): void {
    minute.denials[refuser] = (minute.denials[refuser] ?? 0) + 1;
    this.#denials.add(record);
  }

  #minuteOf(timeMs: number): Counting {
    const startMs = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
    const row = rowOf(startMs);
    const kept = this.#minutes[row];
    if (kept?.startMs === startMs) return kept;
    const fresh = emptyMinute(startMs);
    this.#minutes[row] = fresh;
    return fresh;
  }
}

/**
 * The activity of several processes as that of one. They may have been asked in different minutes:
 * the hour ends with the latest.
 */
export function mergeActivity(processes: readonly RecentActivity[]): RecentActivity {
  const lastMs = Math.max(...processes.flatMap(({ minutes }) => minutes.at(-1)?.startMs ?? 0));
  const minutes = Array.from({ length: MINUTES_KEPT }, (_, i) =>
    emptyMinute(lastMs - (MINUTES_KEPT - 1 - i) * MINUTE_MS),
  );
  const byStart = new Map(minutes.map((minute) => [minute.startMs, minute]));
  for (const minute of processes.flatMap((one) => one.minutes)) {
    const sum = byStart.get(minute.startMs);
    if (sum !== undefined) add(sum, minute);
  }
  const denials = newest(processes.flatMap((one) => one.denials));
  return { minutes, denials, failures: newest(processes.flatMap((one) => one.failures)) };
}

function newest<T extends { readonly timeMs: number }>(requests: readonly T[]): readonly T[] {
  return requests.toSorted((a, b) => b.timeMs - a.timeMs).slice(0, REQUESTS_KEPT);
}

function rowOf(startMs: number): number {
  return (startMs / MINUTE_MS) % MINUTES_KEPT;
}

function emptyMinute(startMs: number): Counting {
  return {
    startMs,
    outcomes: {
      forwarded: 0,
      answered: 0,
      refused: 0,
      failed: 0,
      aborted: 0,
      gateway_fault: 0,
    },
    denials: {},
    clientErrors: 0,
    serverErrors: 0,
    bytesIn: 0,
    bytesOut: 0,
    storeAnswers: 0,
    storeMs: 0,
  };
}

function copied(minute: Minute): Minute {
  return { ...minute, outcomes: { ...minute.outcomes }, denials: { ...minute.denials } };
}

function add(sum: Counting, minute: Minute): void {
  for (const outcome of OUTCOMES) sum.outcomes[outcome] += minute.outcomes[outcome];
  for (const gate of REFUSERS) {
    const denied = minute.denials[gate];
    if (denied !== undefined) sum.denials[gate] = (sum.denials[gate] ?? 0) + denied;
  }
  sum.clientErrors += minute.clientErrors;
  sum.serverErrors += minute.serverErrors;
  sum.bytesIn += minute.bytesIn;
  sum.bytesOut += minute.bytesOut;
  sum.storeAnswers += minute.storeAnswers;
  sum.storeMs += minute.storeMs;
}
