import type { Key } from "../admission/principal.ts";
import type { ForeignUser } from "../config/foreign.ts";
import { parseAccessKey } from "../config/scalars.ts";
import { unavailable, type AdminAnswer } from "./admin-answer.ts";
import type { Lifetimes } from "./freshness.ts";
import { Health } from "./health.ts";
import { KeyCache } from "./key-cache.ts";
import { LookupQueue, type Lane } from "./lookup-queue.ts";

/** What a source does its work with. */
export type CephPorts = {
  readonly ask: (accessKeyId: string) => Promise<AdminAnswer>;
  /** A user's key as this configuration understands it. */
  readonly keyOf: (user: ForeignUser, accessKeyId: string) => Key | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Hears of every question that was asked for a key. */
  readonly onAnswer: (answer: AdminAnswer) => void;
  /** Hears that the gateway's own user is not found: it may not read users. */
  readonly onPowerless: () => void;
};

export type CephOptions = Lifetimes & {
  /** Keys in memory at most. */
  readonly entries: number;
  /** The gateway's own, for the Admin Ops API. */
  readonly accessKey: string;
};

/** A key that was looked up; "unavailable": it cannot be known now. */
export type Found = Key | "nobody" | "unavailable";

/** How long it counts that the gateway's own user may read users. */
const PROOF_MS_MAX = 60_000;

/** One Ceph as a source of identities: asked at the first use of an access key, then remembered. */
export class CephSource {
  readonly #options: CephOptions;
  readonly #ports: CephPorts;
  readonly #cache: KeyCache;
  readonly #queue = new LookupQueue();
  readonly #health = new Health();
  /** Questions under way, by access key; another map after each drop(), whose answers are not kept. */
  #asking = new Map<string, Promise<Found>>();
  /** When RGW last gave a user, and so proved that we may read users. */
  #provedMs: number | undefined;
  #proving: Promise<boolean> | undefined;

  /**
   * `before`: the same Ceph as another configuration had it. Its keys are asked for again before
   * they count; where there is no answer, they count as long as they would have.
   */
  constructor(options: CephOptions, ports: CephPorts, before?: CephSource) {
    this.#options = options;
    this.#ports = ports;
    this.#cache = new KeyCache(options.entries, options);
    if (before !== undefined) this.#cache.inherit(before.#cache);
  }

  /** How many access keys are remembered. */
  get size(): number {
    return this.#cache.size;
  }

  /** What memory holds, without waiting; what ages is asked for again behind the caller's back. */
  find(accessKeyId: string): Key | "nobody" | "unknown" {
    if (!isPlausible(accessKeyId)) return "nobody";
    const remembered = this.#cache.look(accessKeyId, this.#ports.nowMs());
    switch (remembered.kind) {
      case "fresh":
        return remembered.key;
      case "ageing":
        void this.#lookUp(accessKeyId, "known");
        return remembered.key;
      case "nobody":
        return "nobody";
      case "stale":
      case "inherited":
      case "unknown":
        return "unknown";
    }
  }

  /** Whose key it is, waiting for RGW where memory does not say; a stale answer if RGW gives none. */
  async key(accessKeyId: string): Promise<Found> {
    const found = this.find(accessKeyId);
    if (found !== "unknown") return found;
    const isKnown = this.#remembered(accessKeyId) !== undefined;
    const answer = await this.#lookUp(accessKeyId, isKnown ? "known" : "unknown");
    if (answer !== "unavailable") return answer;
    return this.#remembered(accessKeyId) ?? "unavailable";
  }

  /** Forgets everything; what was asked before is not kept either. */
  drop(): void {
    this.#cache.drop();
    this.#asking = new Map();
  }

  #remembered(accessKeyId: string): Key | undefined {
    const remembered = this.#cache.look(accessKeyId, this.#ports.nowMs());
    if (remembered.kind === "inherited") return this.#ports.keyOf(remembered.user, accessKeyId);
    return "key" in remembered ? remembered.key : undefined;
  }

  /** One question for a key at a time, whoever waits for it. */
  #lookUp(accessKeyId: string, lane: Lane): Promise<Found> {
    const asking = this.#asking;
    const under = asking.get(accessKeyId);
    if (under !== undefined) return under;
    const lookup = this.#queue
      .run(lane, () => this.#ask(accessKeyId, asking))
      .then((found) => (found === "full" ? "unavailable" : found))
      .finally(() => asking.delete(accessKeyId));
    asking.set(accessKeyId, lookup);
    return lookup;
  }

  async #ask(accessKeyId: string, asking: ReadonlyMap<string, unknown>): Promise<Found> {
    const { nowMs, keyOf, onAnswer } = this.#ports;
    const tried = await this.#health.tried(nowMs, async () => {
      // An answer is as old as its question: what changes meanwhile may not be in it.
      const askedMs = nowMs();
      const answer = await this.#believable(accessKeyId);
      const answered = answer.kind !== "unavailable" || answer.about === "key";
      return { answered, askedMs, answer };
    });
    if (tried === undefined) return "unavailable";
    const { askedMs, answer } = tried;
    onAnswer(answer);
    if (answer.kind === "unavailable") return "unavailable";
    const found = answer.kind === "user" ? foundIn(answer.user, accessKeyId, keyOf) : undefined;
    if (asking === this.#asking) this.#cache.keep(accessKeyId, found, askedMs);
    return found?.key ?? "nobody";
  }

  /** The answer; that a key is nobody's counts only if we may read users at all. */
  async #believable(accessKeyId: string): Promise<AdminAnswer> {
    const answer = await this.#ports.ask(accessKeyId);
    if (answer.kind === "user") this.#provedMs = this.#ports.nowMs();
    if (answer.kind !== "nobody" || (await this.#mayReadUsers())) return answer;
    return unavailable("source", "The gateway's own user is not found either");
  }

  #mayReadUsers(): Promise<boolean> {
    const proved = this.#provedMs;
    if (proved !== undefined && this.#ports.nowMs() - proved < PROOF_MS_MAX) {
      return Promise.resolve(true);
    }
    this.#proving ??= this.#prove().finally(() => (this.#proving = undefined));
    return this.#proving;
  }

  async #prove(): Promise<boolean> {
    const { ask, nowMs, onPowerless } = this.#ports;
    const askedMs = nowMs();
    const answer = await ask(this.#options.accessKey);
    if (answer.kind === "nobody") onPowerless();
    if (answer.kind !== "user") return false;
    this.#provedMs = askedMs;
    return true;
  }
}

function foundIn(
  user: ForeignUser,
  accessKeyId: string,
  keyOf: CephPorts["keyOf"],
): { readonly user: ForeignUser; readonly key: Key } | undefined {
  const key = keyOf(user, accessKeyId);
  return key && { user, key };
}

/** What no key can be is not asked for. */
function isPlausible(accessKeyId: string): boolean {
  return parseAccessKey(accessKeyId).ok;
}
