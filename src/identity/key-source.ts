import { LRUCache } from "lru-cache";
import type { Key } from "../admission/principal.ts";
import type { Result } from "../lib/result.ts";
import type { Lifetimes } from "./freshness.ts";
import { Health } from "./health.ts";
import { KeyCache } from "./key-cache.ts";
import { LookupQueue, type Lane } from "./lookup-queue.ts";
import { unavailable, type SourceAnswer } from "./source-answer.ts";

/** The functions that a source of keys works with; `User`: its users, in its own terms. */
export type SourcePorts<User> = {
  /** Asks for the entry of that name. Never rejects for what the other side does. */
  readonly ask: (name: string) => Promise<SourceAnswer<User>>;
  /**
   * Returns the key of an answer as this configuration understands it; `undefined` if it is
   * nobody's here. The error says why the answer cannot be believed.
   */
  readonly keyOf: (user: User, name: string) => Result<Key | undefined, string>;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Receives the answer to every question that was asked for a key. */
  readonly onAnswer: (answer: SourceAnswer<User>) => void;
};

export type SourceOptions = Lifetimes & {
  /** Keys in memory at most. */
  readonly entries: number;
};

/** A key that was looked up; "unavailable": it cannot be known now. */
export type Found = Key | "nobody" | "unavailable";

/** The credential that signed for the store. */
export type Signing = { readonly accessKeyId: string; readonly secret: string };

/**
 * The time for which a source that said the same of a doubted key again is believed without asking.
 */
const CONFIRMED_MS = 1_000;
/** The most keys that are remembered as confirmed. */
const CONFIRMED_MAX = 10_000;
/** The most keys whose last answer is remembered as unusable. */
const UNUSABLE_MAX = 1_000;

/**
 * Keys that another system knows: asked for at the first use, then remembered, within limits of time,
 * memory and questions. An entry is mostly called by its access key; a source may have other names.
 */
export class KeySource<User> {
  readonly #ports: SourcePorts<User>;
  readonly #cache: KeyCache<User>;
  readonly #queue = new LookupQueue();
  readonly #health = new Health();
  /** Questions under way, by name; another map after each drop(), whose answers are not kept. */
  #asking = new Map<string, Promise<Found>>();
  /** The questions about doubted keys, by name. */
  readonly #doubting = new Map<string, Promise<Found>>();
  /** The times when doubted keys were last found unchanged, by name. */
  readonly #confirmed = new LRUCache<string, number>({ max: CONFIRMED_MAX });

  /** The reasons why the last answers about names could not be used, by name. */
  readonly #unusable = new LRUCache<string, string>({ max: UNUSABLE_MAX });

  /**
   * Begins with the keys of `before`: the same source as another configuration had it. They are
   * asked for again before they count; if there is no answer, they count as long as they would
   * have.
   */
  constructor(options: SourceOptions, ports: SourcePorts<User>, before?: KeySource<User>) {
    this.#ports = ports;
    this.#cache = new KeyCache(options.entries, options);
    if (before !== undefined) this.#cache.inherit(before.#cache);
  }

  /** True if there was no answer when it was last asked. */
  get failing(): boolean {
    return this.#health.failing;
  }

  /** The number of access keys that are remembered. */
  get size(): number {
    return this.#cache.size;
  }

  /**
   * Returns why the last answer about a name could not be used; `undefined` if it could. Quotes no
   * answer, nor a secret.
   */
  unusable(name: string): string | undefined {
    return this.#unusable.get(name);
  }

  /**
   * Returns the key in memory, without waiting; an ageing one is asked for again in the background.
   */
  find(name: string): Key | "nobody" | "unknown" {
    const remembered = this.#cache.look(name, this.#ports.nowMs());
    switch (remembered.kind) {
      case "fresh":
        return remembered.key;
      case "ageing":
        void this.#lookUp(name, "known");
        return remembered.key;
      case "nobody":
        return "nobody";
      case "stale":
      case "inherited":
      case "unknown":
        return "unknown";
    }
  }

  /** Returns the key, waiting for an answer if memory has none; a stale one if none comes. */
  async key(name: string): Promise<Found> {
    const found = this.find(name);
    if (found !== "unknown") return found;
    const isKnown = this.#remembered(name) !== undefined;
    const answer = await this.#lookUp(name, isKnown ? "known" : "unknown");
    if (answer !== "unavailable") return answer;
    return this.#remembered(name) ?? "unavailable";
  }

  /**
   * Returns true if the source's word on a name now differs from `used`: the store refused a
   * request that was signed so. `sure`: it said that the key is to blame; if not, a key that was
   * found unchanged lately is not asked for again.
   */
  async hasChanged(name: string, used: Signing, sure: boolean): Promise<boolean> {
    const known = this.find(name);
    if (typeof known === "object" && !signs(known, used)) return true;
    const confirmed = this.#confirmed.get(name);
    const nowMs = this.#ports.nowMs();
    if (!sure && confirmed !== undefined && nowMs - confirmed < CONFIRMED_MS) return false;
    // A question that is under way may be older than the change: then one more is asked.
    const under = this.#doubting.get(name);
    let found = await (under ?? this.#doubt(name));
    if (under !== undefined && typeof found === "object" && signs(found, used)) {
      found = await (this.#doubting.get(name) ?? this.#doubt(name));
    }
    if (found === "unavailable") return false;
    if (found === "nobody" || !signs(found, used)) return true;
    this.#confirmed.set(name, nowMs);
    return false;
  }

  #doubt(name: string): Promise<Found> {
    this.#asking.delete(name);
    const doubting = this.#lookUp(name, "known").finally(() => {
      if (this.#doubting.get(name) === doubting) this.#doubting.delete(name);
    });
    this.#doubting.set(name, doubting);
    return doubting;
  }

  /** Forgets everything; answers to earlier questions are not kept either. */
  drop(): void {
    this.#cache.drop();
    this.#asking = new Map();
  }

  #remembered(name: string): Key | undefined {
    const remembered = this.#cache.look(name, this.#ports.nowMs());
    if (remembered.kind === "inherited") {
      const key = this.#ports.keyOf(remembered.user, name);
      return key.ok ? key.value : undefined;
    }
    return "key" in remembered ? remembered.key : undefined;
  }

  /** Asks one question for a name at a time, however many wait for it. */
  #lookUp(name: string, lane: Lane): Promise<Found> {
    const asking = this.#asking;
    const under = asking.get(name);
    if (under !== undefined) return under;
    // Another question may take its place, and then has the newer answer.
    const isCurrent = (): boolean => asking === this.#asking && asking.get(name) === lookup;
    const lookup: Promise<Found> = this.#queue
      .run(lane, () => this.#ask(name, isCurrent))
      .then((found) => (found === "full" ? "unavailable" : found))
      .finally(() => {
        if (asking.get(name) === lookup) asking.delete(name);
      });
    asking.set(name, lookup);
    return lookup;
  }

  async #ask(name: string, isCurrent: () => boolean): Promise<Found> {
    const { ask, nowMs, onAnswer, keyOf } = this.#ports;
    const tried = await this.#health.tried(nowMs, name, async () => {
      // An answer is as old as its question: what changes meanwhile may not be in it.
      const askedMs = nowMs();
      const answer = await ask(name);
      const answered = answer.kind !== "unavailable" || answer.about === "key";
      return { answered, askedMs, answer };
    });
    if (tried === undefined) return "unavailable";
    const { askedMs, answer } = tried;
    const understood = answer.kind === "user" ? keyOf(answer.user, name) : undefined;
    const judged = understood?.ok === false ? unavailable("key", understood.error) : answer;
    onAnswer(judged);
    if (judged.kind === "unavailable" && judged.about === "key") {
      this.#unusable.set(name, judged.why);
    } else this.#unusable.delete(name);
    if (answer.kind === "unavailable" || understood?.ok === false) return "unavailable";
    const key = understood?.value;
    const found =
      answer.kind === "user" && key
        ? { user: answer.user, key, bytes: answer.bytes ?? 1 }
        : undefined;
    if (isCurrent()) this.#cache.keep(name, found, askedMs);
    return key ?? "nobody";
  }
}

function signs({ accessKeyId, secret, signing }: Key, used: Signing): boolean {
  const own = signing ?? { accessKeyId, secret };
  return own.accessKeyId === used.accessKeyId && own.secret === used.secret;
}
