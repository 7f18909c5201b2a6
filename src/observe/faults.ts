import type { AccessRecord, FaultPlace } from "./record.ts";

/** The age from which faults do not count any more. */
const WINDOW_MS = 30_000;
/** The window moves on in steps of one slot. */
const SLOTS = 6;
const SLOT_MS = WINDOW_MS / SLOTS;
/** The least number of faults: fewer are accidents. */
const FAULTS_MIN = 5;
/** The least number of callers: one alone can be somebody who found a bug and makes use of it. */
const CALLERS_MIN = 2;
/** The most callers that are told apart in a slot; later ones do not count. */
const CALLERS_MAX = 4096;

type Log = (what: object, message: string) => void;

/** The requests of one caller in one slot. */
type Tally = { requests: number; faults: number };

type Slot = { number: number; readonly callers: Map<string, Tally> };

/**
 * The gateway's own faults: logs each one, and tells if they keep on, so that `/readyz` can say so.
 *
 * They keep on if at least `FAULTS_MIN` happened within the window, and more than half of the
 * callers of that time, but at least `CALLERS_MIN`, had a fault in more than half of their
 * requests.
 *
 * Callers are counted and not requests, because one client who finds a bug can send it a thousand
 * times a second. By requests it alone would take this gateway out of its load balancer, then the
 * next one that gets its requests, and at last all of them. An account's owner and each of its
 * subusers are a caller. All clients whose key was not proved are one caller together, or addresses
 * would be votes. A gateway that is really broken fails for everybody, so it has the votes of all.
 * (A gateway with a single caller therefore stays ready: nobody else could be kept from it. The
 * metric `faults_total` shows these, too.)
 */
export class Faults {
  readonly #log: Log;
  readonly #slots: readonly Slot[] = Array.from({ length: SLOTS }, () => ({
    number: -1,
    callers: new Map(),
  }));
  /** The time of the last fault; requests are only counted within a window after it. */
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Logs the fault of one request, which happened at `where`. */
  happened(where: FaultPlace, error: unknown, requestId: string): void {
    this.#log({ where, requestId, err: described(error) }, "A bug in the gateway");
  }

  /** A request has ended. `nowMs`: of a clock that only goes forward, as in `failing`. */
  ended({ fault, account, subuser }: AccessRecord, nowMs: number): void {
    if (fault !== undefined) this.#lastMs = nowMs;
    else if (nowMs - this.#lastMs > WINDOW_MS) return;
    const tally = this.#tallyOf(callerOf(account, subuser), nowMs);
    if (tally === undefined) return;
    tally.requests++;
    if (fault !== undefined) tally.faults++;
  }

  /** Returns true if faults keep on for most callers. */
  failing(nowMs: number): boolean {
    if (nowMs - this.#lastMs > WINDOW_MS) return false;
    const callers = this.#within(nowMs);
    let faults = 0;
    let failed = 0;
    for (const tally of callers.values()) {
      faults += tally.faults;
      if (2 * tally.faults > tally.requests) failed++;
    }
    return faults >= FAULTS_MIN && failed >= CALLERS_MIN && 2 * failed > callers.size;
  }

  #tallyOf(caller: string, nowMs: number): Tally | undefined {
    const number = Math.floor(nowMs / SLOT_MS);
    const slot = this.#slots[number % SLOTS];
    if (slot === undefined) return undefined;
    if (slot.number !== number) {
      slot.number = number;
      slot.callers.clear();
    }
    const known = slot.callers.get(caller);
    if (known !== undefined || slot.callers.size >= CALLERS_MAX) return known;
    const tally = { requests: 0, faults: 0 };
    slot.callers.set(caller, tally);
    return tally;
  }

  #within(nowMs: number): ReadonlyMap<string, Tally> {
    const oldest = Math.floor(nowMs / SLOT_MS) - SLOTS + 1;
    const all = new Map<string, Tally>();
    for (const { number, callers } of this.#slots) {
      if (number < oldest) continue;
      for (const [caller, { requests, faults }] of callers) {
        const sum = all.get(caller) ?? { requests: 0, faults: 0 };
        all.set(caller, { requests: sum.requests + requests, faults: sum.faults + faults });
      }
    }
    return all;
  }
}

/** Names of accounts and subusers have no line break. */
function callerOf(account: string | undefined, subuser: string | undefined): string {
  return account === undefined ? "" : `${account}\n${subuser ?? ""}`;
}

/**
 * Returns the parts of an error that show where the bug is. Errors of libraries have further
 * properties, such as a request with its headers, and those can be secrets.
 */
function described(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { type: name, message, stack, code };
}
