import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Config } from "../config/config.ts";
import { bucketJudge, enforcedClaims, type Unkept } from "../prove/enforced.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { RecordJudge } from "../state/change-record.ts";
import type { StoredRecord } from "../state/record.ts";
import { FairTurns } from "./fair-turns.ts";

/** Keeps bucket policies from breaking claims that are marked `enforced`. */
export type ClaimGuard = {
  /**
   * Judges a record. Refuses one that must not be kept: a claim is broken, or not decided in time.
   */
  readonly judge: RecordJudge;
  readonly close: () => void;
};

/** The longest time for one policy, the start of the thread included. */
const JUDGE_MS_MAX = 10_000;
/** Policies that wait, of all accounts and of one account's buckets; more are refused. */
const WAITING = { waitingMax: 16, waitingOfOneMax: 4 };
/** The memory of the thread; a policy that takes more is refused. */
const THREAD_MIB_MAX = 512;
/** After so long without work the thread ends, and its memory is free. */
const IDLE_MS = 30_000;

/** The most that judging one policy may take. */
type JudgeLimits = { readonly judgeMsMax: number; readonly threadMibMax: number };

const LIMITS: JudgeLimits = { judgeMsMax: JUDGE_MS_MAX, threadMibMax: THREAD_MIB_MAX };

/** Judges by the claims of `config`. Returns `undefined` if no claim is enforced. */
export function openClaimGuard(
  config: Config,
  limits: Partial<JudgeLimits> = {},
): ClaimGuard | undefined {
  if (enforcedClaims(config).length === 0) return undefined;
  return new Guard(config, { ...LIMITS, ...limits });
}

/**
 * Judges policies in one thread, which begins with the first policy and knows the configuration
 * from then on: the process goes on serving while a policy is looked at. One policy after the
 * other.
 */
class Guard implements ClaimGuard {
  readonly #config: Config;
  readonly #limits: JudgeLimits;
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  readonly #turns = new FairTurns(WAITING);

  constructor(config: Config, limits: JudgeLimits) {
    this.#config = config;
    this.#limits = limits;
  }

  readonly judge: RecordJudge = async (name, record) => {
    const judged = await this.#turns.run(record.owner, () => this.#judged(name, record));
    return judged === "full" ? fault("SlowDown") : judged;
  };

  readonly close = (): void => {
    clearTimeout(this.#idle);
    void this.#thread?.terminate();
    this.#thread = undefined;
  };

  async #judged(name: string, record: StoredRecord): Promise<Fault | undefined> {
    clearTimeout(this.#idle);
    const thread = (this.#thread ??= this.#start());
    const asked: Asked = { name, record, nowMs: Date.now() };
    let late: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Fault | undefined>((resolve, reject) => {
        late = setTimeout(() => {
          this.close();
          resolve(TOO_LATE);
        }, this.#limits.judgeMsMax);
        thread.once("message", (found: Unkept | undefined) => resolve(faultOf(found)));
        thread.once("error", (error) => {
          if (isOutOfMemory(error)) resolve(TOO_COSTLY);
          else reject(error);
        });
        thread.postMessage(asked, []);
      });
    } finally {
      clearTimeout(late);
      thread.removeAllListeners("message").removeAllListeners("error");
      this.#idle = setTimeout(this.close, IDLE_MS).unref();
    }
  }

  #start(): Worker {
    const thread = new Worker(fileURLToPath(import.meta.url), {
      workerData: this.#config,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.threadMibMax },
    });
    thread.unref();
    thread.once("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }
}

type Asked = { readonly name: string; readonly record: StoredRecord; readonly nowMs: number };

const TOO_LATE = unkeptFault(
  "all enforced claims",
  "It was not decided in time whether the policy keeps the claims of the gateway's operator",
);

const TOO_COSTLY = unkeptFault(
  "all enforced claims",
  "It takes too much memory to decide whether the policy keeps the claims of the gateway's operator",
);

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

/** The client reads the claim; the request that would break it is only logged. */
function faultOf(unkept: Unkept | undefined): Fault | undefined {
  if (unkept === undefined) return undefined;
  const { claim, broken, why } = unkept;
  const message = broken
    ? `The policy would break a claim of the gateway's operator: ${claim}`
    : `It is not decided whether the policy keeps a claim of the gateway's operator: ${claim}`;
  return unkeptFault(claim, message, why);
}

function unkeptFault(claim: string, message: string, rule?: string): Fault {
  return { ...fault("AccessDenied", message, { rule }), claim };
}

// The thread's own part: this very file is its program.
if (!isMainThread) {
  const config: Config = workerData;
  const judge = bucketJudge(config);
  const port = parentPort;
  port?.on("message", ({ name, record, nowMs }: Asked) =>
    port.postMessage(judge(name, record, nowMs), []),
  );
}
