import type { Key } from "../admission/principal.ts";
import { ownKeyOf, type ForeignUser } from "../config/foreign.ts";
import { parseAccessKey } from "../config/scalars.ts";
import { ok } from "../lib/result.ts";
import type { AdminAnswer, AdminQuestion } from "./admin-answer.ts";
import { KeySource, type Found, type Signing, type SourceOptions } from "./key-source.ts";
import { unavailable } from "./source-answer.ts";

export type { Found } from "./key-source.ts";

/** The functions that a source works with. */
export type CephPorts = {
  readonly ask: (asked: AdminQuestion) => Promise<AdminAnswer>;
  /** A user's key as this configuration understands it. */
  readonly keyOf: (user: ForeignUser, accessKeyId: string) => Key | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Receives the answer to every question that was asked for a key. */
  readonly onAnswer: (answer: AdminAnswer) => void;
  /** Reports that the gateway's own user is not found: it may not read users. */
  readonly onOwnUserMissing: () => void;
};

export type CephOptions = SourceOptions & {
  /** The gateway's own, for the Admin Ops API. */
  readonly accessKey: string;
};

/** The time for which a proof counts that the gateway's own user may read users. */
const PROOF_MS_MAX = 60_000;

/**
 * The time for which RGW is not asked again about the gateway's own user, after it refused that
 * user or did not answer.
 */
const REFUSED_MS = 5_000;

/**
 * One Ceph as a source of identities. A user is remembered in the same place as access keys, by one of
 * its own keys: the name of an entry is an access key, or a slash (which no access key that is looked
 * up has) and the id of the user.
 */
export class CephSource {
  readonly #options: CephOptions;
  readonly #ports: CephPorts;
  readonly #source: KeySource<ForeignUser>;
  /** The time when RGW last returned a user, and so proved that we may read users. */
  #provedMs: number | undefined;
  #proving: Promise<boolean> | undefined;
  /** The time when RGW was last asked for the gateway's own user; `undefined` if it never was. */
  #triedMs: number | undefined;
  #refused = false;

  /** `before`: the same Ceph as another configuration had it (see `KeySource`). */
  constructor(options: CephOptions, ports: CephPorts, before?: CephSource) {
    this.#options = options;
    this.#ports = ports;
    const { nowMs, onAnswer } = ports;
    this.#source = new KeySource(
      options,
      {
        ask: (name) => this.#believable(questionOf(name)),
        keyOf: (user, name) => ok(this.#keyOf(user, name)),
        nowMs,
        onAnswer,
      },
      before === undefined ? undefined : before.#source,
    );
  }

  /** The number of access keys that are remembered. */
  get size(): number {
    return this.#source.size;
  }

  /** True if RGW refused the gateway's own user when it was last asked for it. */
  get refused(): boolean {
    return this.#refused;
  }

  /** The kind of RGW's last answer; see `IdentityState`. */
  get state(): "ok" | "refused" | "away" | "unasked" {
    if (this.#refused) return "refused";
    if (this.#source.failing) return "away";
    if (this.#provedMs !== undefined) return "ok";
    return this.#triedMs === undefined ? "unasked" : "away";
  }

  /** Asks for the gateway's own user, unless RGW has given users since, or was asked just now. */
  async proveOwn(): Promise<void> {
    if (this.#provedMs !== undefined && !this.#refused) return;
    const tried = this.#triedMs;
    if (tried !== undefined && this.#ports.nowMs() - tried < REFUSED_MS) return;
    await this.#provesOwn();
  }

  /**
   * Returns the key in memory, without waiting; an ageing one is asked for again in the background.
   */
  find(accessKeyId: string): Key | "nobody" | "unknown" {
    return isPlausible(accessKeyId) ? this.#source.find(accessKeyId) : "nobody";
  }

  /** Returns why RGW's last answer about an access key could not be used; see `KeySource`. */
  unusable(accessKeyId: string): string | undefined {
    return this.#source.unusable(accessKeyId);
  }

  /** The same of the user with the id `userId`: one of its own keys, or "nobody" if it has none. */
  findOwner(userId: string): Key | "nobody" | "unknown" {
    return this.#source.find(nameOf(userId));
  }

  /**
   * Returns the key, waiting for RGW if memory does not have it; a stale answer if RGW has none.
   */
  async key(accessKeyId: string): Promise<Found> {
    return isPlausible(accessKeyId) ? this.#source.key(accessKeyId) : "nobody";
  }

  /** The same of the user with the id `userId`. */
  owner(userId: string): Promise<Found> {
    return this.#source.key(nameOf(userId));
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
   * Returns true if RGW's word on an access key, or on the user with an id, now differs from `used`
   * (see `KeySource.hasChanged`).
   */
  hasChanged(asked: AdminQuestion, used: Signing, sure: boolean): Promise<boolean> {
    const name = asked.kind === "key" ? asked.accessKeyId : nameOf(asked.userId);
    return this.#source.hasChanged(name, used, sure);
  }

  /** Forgets everything; answers to earlier questions are not kept either. */
  drop(): void {
    this.#source.drop();
  }

  #keyOf(user: ForeignUser, name: string): Key | undefined {
    const { keyOf } = this.#ports;
    if (!name.startsWith(USER)) return keyOf(user, name);
    const own = ownKeyOf(user);
    return own && keyOf(user, own.accessKeyId);
  }

  /** The answer; that a key is nobody's counts only if we may read users at all. */
  async #believable(asked: AdminQuestion): Promise<AdminAnswer> {
    const answer = await this.#ports.ask(asked);
    if (answer.kind === "user") {
      this.#provedMs = this.#ports.nowMs();
      this.#refused = false;
    }
    if (answer.kind === "unavailable" && answer.about === "source") {
      // Strangers choose keys: the gateway's own, which they do not choose, says how RGW is.
      return (await this.#provesOwn()) ? unavailable("key", answer.why) : answer;
    }
    if (answer.kind !== "nobody" || (await this.#mayReadUsers())) return answer;
    return unavailable("source", "Ceph does not find the gateway's own user either");
  }

  #mayReadUsers(): Promise<boolean> {
    const proved = this.#provedMs;
    if (proved !== undefined && this.#ports.nowMs() - proved < PROOF_MS_MAX) {
      return Promise.resolve(true);
    }
    return this.#provesOwn();
  }

  #provesOwn(): Promise<boolean> {
    this.#proving ??= this.#prove().finally(() => (this.#proving = undefined));
    return this.#proving;
  }

  async #prove(): Promise<boolean> {
    const { ask, nowMs, onOwnUserMissing } = this.#ports;
    const askedMs = nowMs();
    this.#triedMs = askedMs;
    const answer = await ask({ kind: "key", accessKeyId: this.#options.accessKey });
    // One that does not answer says nothing of the credential: known keys go on meanwhile.
    if (answer.kind !== "unavailable") this.#refused = answer.kind === "nobody";
    if (answer.kind === "nobody") onOwnUserMissing();
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

/** Returns false for text that cannot be a key, which is not asked for. */
function isPlausible(accessKeyId: string): boolean {
  return parseAccessKey(accessKeyId).ok;
}
