import { err, type Result } from "../lib/result.ts";

/** Changes of one record that wait for each other, at most. */
const WAITING_MAX = 1_000;

/** Runs `work` once all that was asked for the same name before is done. */
export type InTurn = <T>(
  name: string,
  work: () => Promise<Result<T, string>>,
) => Promise<Result<T, string>>;

/**
 * A queue for each name, so that the changes of one process never race each other: locks and
 * conditional writes then only have to part processes.
 */
export function openTurns(): InTurn {
  const queues = new Map<string, { last: Promise<unknown>; waiting: number }>();
  return async (name, work) => {
    const queue = queues.get(name) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= WAITING_MAX) return err("Too many changes of one bucket at once");
    queues.set(name, queue);
    queue.waiting++;
    const mine = queue.last.then(work, work);
    queue.last = mine;
    try {
      return await mine;
    } finally {
      queue.waiting--;
      if (queue.waiting === 0) queues.delete(name);
    }
  };
}
