/**
 * The kind of client for whom a record is read. Names that anybody can invent must not keep those
 * waiting who have proved who they are.
 */
export type Asker = "proved" | "unproved";

/** Reads at once. */
const READS_MAX = 64;
/** The most of those reads for requests that nobody has proved. */
const UNPROVED_READS_MAX = 48;
/** Reads that wait for one of those to end, for each kind of asker. */
const WAITING_MAX = 4_096;

/** Returns true if reads for `asker` come before those for `other`. */
export function isBefore(asker: Asker, other: Asker): boolean {
  return asker === "proved" && other === "unproved";
}

type Slots = {
  /** Returns true if a slot can be had without waiting, whoever asks. */
  readonly free: () => boolean;
  /** Takes a slot. False if too many wait already. */
  readonly take: (asker: Asker) => Promise<boolean>;
  /** Releases a slot. `asker`: the kind of client for whom it was taken. */
  readonly give: (asker: Asker) => void;
};

/**
 * Opens slots, of which at most `READS_MAX` are held. The others wait in turn, the proved before
 * all the unproved, who never have all the slots: a slow state keeps nobody proved waiting for
 * longer than one read.
 */
export function openSlots(): Slots {
  const waiting: Readonly<Record<Asker, (() => void)[]>> = { proved: [], unproved: [] };
  const held: Record<Asker, number> = { proved: 0, unproved: 0 };
  const isFree = (asker: Asker): boolean =>
    held.proved + held.unproved < READS_MAX &&
    (asker === "proved" || held.unproved < UNPROVED_READS_MAX);
  const serveNext = (asker: Asker): boolean => {
    const next = isFree(asker) ? waiting[asker].shift() : undefined;
    if (next === undefined) return false;
    held[asker]++;
    next();
    return true;
  };
  return {
    free: () => isFree("unproved"),
    take: async (asker) => {
      if (isFree(asker)) {
        held[asker]++;
        return true;
      }
      if (waiting[asker].length >= WAITING_MAX) return false;
      await new Promise<void>((resolve) => waiting[asker].push(resolve));
      return true;
    },
    give: (asker) => {
      held[asker]--;
      if (!serveNext("proved")) serveNext("unproved");
    },
  };
}
