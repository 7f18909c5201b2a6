import type { WorkerAnswer, WorkerAsk, ToWorker } from "./messages.ts";

/** The longest time of an answer; probes that ask for readiness wait for two seconds themselves. */
const ANSWER_MS_MAX: Readonly<Record<WorkerAsk["of"], number>> = {
  readiness: 1_000,
  metrics: 2_000,
  status: 2_000,
  // The store may have to be asked.
  explanation: 5_000,
};

/** The questions that one process has not answered. */
export class Questions {
  readonly #waiting = new Map<number, (answer: WorkerAnswer | undefined) => void>();
  #id = 0;

  /** Asks by `send`. Undefined: no answer came in time. */
  put(ask: WorkerAsk, send: (message: ToWorker) => void): Promise<WorkerAnswer | undefined> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      const late = setTimeout(() => settle(undefined), ANSWER_MS_MAX[ask.of]);
      const settle = (answer: WorkerAnswer | undefined): void => {
        clearTimeout(late);
        this.#waiting.delete(id);
        resolve(answer);
      };
      this.#waiting.set(id, settle);
      send({ kind: "ask", id, ask });
    });
  }

  answered(id: number, answer: WorkerAnswer): void {
    this.#waiting.get(id)?.(answer);
  }

  /** The process is gone: nothing will be answered any more. */
  abandon(): void {
    for (const settle of this.#waiting.values()) settle(undefined);
  }
}
