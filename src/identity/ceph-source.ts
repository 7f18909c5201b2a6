import type { Key } from "../admission/principal.ts";
import { ownKeyOf, type ForeignUser } from "../config/foreign.ts";
import { LRUCache } from "lru-cache";
import { parseAccessKey } from "../config/scalars.ts";
import { unavailable, type AdminAnswer, type AdminQuestion } from "./admin-answer.ts";
import type { Lifetimes } from "./freshness.ts";
import { Health } from "./health.ts";
import { KeyCache } from "./key-cache.ts";
import { LookupQueue, type Lane } from "./lookup-queue.ts";

/** What a source does its work with. */
export type CephPorts = {
  readonly ask: (asked: AdminQuestion) => Promise<AdminAnswer>;
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

/** How long RGW is not asked again about the gateway's own user, which it refused or was silent on. */
const REFUSED_MS = 5_000;

/** How long a source that said the same of a doubted key again is believed without asking. */
const CONFIRMED_MS = 1_000;
/** So many keys are remembered to have been confirmed. */
const CONFIRMED_MAX = 10_000;

/**
 * One Ceph as a source of identities: asked at the first use of an access key, then remembered. A
 * user is remembered in the same place, by one of its own keys: the name of an entry is an access key,
 * or a slash (which no access key that is looked up has) and the id of the user.
 */
export class CephSource {
  readonly #options: CephOptions;
  readonly #ports: CephPorts;
  readonly #cache: KeyCache;
  readonly #queue = new LookupQueue();
  readonly #health = new Health();
  /** Questions under way, by access key; another map after each drop(), whose answers are not kept. */
  #asking = new Map<string, Promise<Found>>();
  /** Questions about what is doubted, by name. */
  readonly #doubting = new Map<string, Promise<Found>>();
  /** When a doubted key was last found as it was, by name. */
  readonly #confirmed = new LRUCache<string, number>({ max: CONFIRMED_MAX });
  /** When RGW last gave a user, and so proved that we may read users. */
  #provedMs: number | undefined;
  #proving: Promise<boolean> | undefined;
  /** When RGW was last asked for the gateway's own user; `undefined`: never. */
  #triedMs: number | undefined;
  #refused = false;

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

  /** Whether RGW refused the gateway's own user when it was last asked for it. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Asks for the gateway's own user, unless RGW has given users since, or was asked just now. */
  async proveOwn(): Promise<void> {
    if (this.#provedMs !== undefined && !this.#refused) return;
    const tried = this.#triedMs;
    if (tried !== undefined && this.#ports.nowMs() - tried < REFUSED_MS) return;
    this.#proving ??= this.#prove().finally(() => (this.#proving = undefined));
    await this.#proving;
  }

  /** What memory holds, without waiting; what ages is asked for again behind the caller's back. */
  find(accessKeyId: string): Key | "nobody" | "unknown" {
    return isPlausible(accessKeyId) ? this.#find(accessKeyId) : "nobody";
  }

  /** The same of the user with the id `userId`: one of its own keys, or "nobody" if it has none. */
  findOwner(userId: string): Key | "nobody" | "unknown" {
    return this.#find(nameOf(userId));
  }

  #find(name: string): Key | "nobody" | "unknown" {
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

  /** Whose key it is, waiting for RGW where memory does not say; a stale answer if RGW gives none. */
  async key(accessKeyId: string): Promise<Found> {
    return isPlausible(accessKeyId) ? this.#key(accessKeyId) : "nobody";
  }

  /** The same of the user with the id `userId`. */
  owner(userId: string): Promise<Found> {
    return this.#key(nameOf(userId));
  }

  /** All keys of the user with the id `userId`, asked for now; "unavailable": they cannot be known. */
  async keysOf(userId: string): Promise<readonly Key[] | "unavailable"> {
    const answer = await this.#believable({ kind: "user", userId });
    if (answer.kind === "unavailable") return "unavailable";
    if (answer.kind === "nobody") return [];
    const { user } = answer;
    const keys = user.keys.map(({ accessKeyId }) => this.#ports.keyOf(user, accessKeyId));
    return keys.filter((key) => key !== undefined);
  }

  /**
   * Whether RGW now says something else than `used` of an access key, or of the user with an id: the
   * store refused a request that was signed so. `sure`: it said that the key is to blame; if not, a key
   * that was found unchanged lately is not asked for again.
   */
  async hasChanged(asked: AdminQuestion, used: Signing, sure: boolean): Promise<boolean> {
    const name = asked.kind === "key" ? asked.accessKeyId : nameOf(asked.userId);
    const known = this.#find(name);
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

  async #key(name: string): Promise<Found> {
    const found = this.#find(name);
    if (found !== "unknown") return found;
    const isKnown = this.#remembered(name) !== undefined;
    const answer = await this.#lookUp(name, isKnown ? "known" : "unknown");
    if (answer !== "unavailable") return answer;
    return this.#remembered(name) ?? "unavailable";
  }

  /** Forgets everything; what was asked before is not kept either. */
  drop(): void {
    this.#cache.drop();
    this.#asking = new Map();
  }

  #remembered(name: string): Key | undefined {
    const remembered = this.#cache.look(name, this.#ports.nowMs());
    if (remembered.kind === "inherited") return this.#keyOf(remembered.user, name);
    return "key" in remembered ? remembered.key : undefined;
  }

  #keyOf(user: ForeignUser, name: string): Key | undefined {
    const { keyOf } = this.#ports;
    if (!name.startsWith(USER)) return keyOf(user, name);
    const own = ownKeyOf(user);
    return own && keyOf(user, own.accessKeyId);
  }

  /** One question for a name at a time, whoever waits for it. */
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
    const { nowMs, onAnswer } = this.#ports;
    const tried = await this.#health.tried(nowMs, async () => {
      // An answer is as old as its question: what changes meanwhile may not be in it.
      const askedMs = nowMs();
      const answer = await this.#believable(questionOf(name));
      const answered = answer.kind !== "unavailable" || answer.about === "key";
      return { answered, askedMs, answer };
    });
    if (tried === undefined) return "unavailable";
    const { askedMs, answer } = tried;
    onAnswer(answer);
    if (answer.kind === "unavailable") return "unavailable";
    const key = answer.kind === "user" ? this.#keyOf(answer.user, name) : undefined;
    const found = answer.kind === "user" && key ? { user: answer.user, key } : undefined;
    if (isCurrent()) this.#cache.keep(name, found, askedMs);
    return key ?? "nobody";
  }

  /** The answer; that a key is nobody's counts only if we may read users at all. */
  async #believable(asked: AdminQuestion): Promise<AdminAnswer> {
    const answer = await this.#ports.ask(asked);
    if (answer.kind === "user") {
      this.#provedMs = this.#ports.nowMs();
      this.#refused = false;
    }
    if (answer.kind !== "nobody" || (await this.#mayReadUsers())) return answer;
    return unavailable("source", "Ceph does not find the gateway's own user either");
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
    this.#triedMs = askedMs;
    const answer = await ask({ kind: "key", accessKeyId: this.#options.accessKey });
    // One that does not answer says nothing of the credential: known keys go on meanwhile.
    if (answer.kind !== "unavailable") this.#refused = answer.kind === "nobody";
    if (answer.kind === "nobody") onPowerless();
    if (answer.kind !== "user") return false;
    this.#provedMs = askedMs;
    return true;
  }
}

/** The name of an entry that is a user's. */
function nameOf(userId: string): string {
  return `${USER}${userId}`;
}

const USER = "/";

function questionOf(name: string): AdminQuestion {
  return name.startsWith(USER)
    ? { kind: "user", userId: name.slice(USER.length) }
    : { kind: "key", accessKeyId: name };
}

/** What signed for the store. */
export type Signing = { readonly accessKeyId: string; readonly secret: string };

function signs({ accessKeyId, secret, signing }: Key, used: Signing): boolean {
  const own = signing ?? { accessKeyId, secret };
  return own.accessKeyId === used.accessKeyId && own.secret === used.secret;
}

/** What no key can be is not asked for. */
function isPlausible(accessKeyId: string): boolean {
  return parseAccessKey(accessKeyId).ok;
}
